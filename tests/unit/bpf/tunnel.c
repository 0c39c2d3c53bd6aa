/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tunnel.c - TCP segments behind an outer header, sent by an af_packet port
 * through the program: in one piece where the interface takes it, cut by the
 * kernel where not.
 */
#define _GNU_SOURCE /* unshare(2) */
#include "check.h"

#include "unit/io/veth.h"

#include <lvs/port.h>
#include <lvs/tunnel.h>

#define PAYLOAD ((size_t)(3 * FRAME_MSS + 7))

static const struct kind {
	const char *name;
	int inner, outer;
} kinds[] = {
	{ "IPv4 in IPv4", AF_INET, AF_INET },
	{ "IPv6 in IPv4", AF_INET6, AF_INET },
	{ "IPv4 in IPv6", AF_INET, AF_INET6 },
	{ "IPv6 in IPv6", AF_INET6, AF_INET6 },
};

#define NUM_KINDS (sizeof(kinds) / sizeof(*kinds))

struct rig {
	struct lvs_tunnel *tunnel;
	struct lvs_port *port;
	int link_fd, far_fd;
};

static void open_rig(struct rig *rig)
{
	struct lvs_port_opts opts = LVS_OPTS(struct lvs_port_opts);

	make_pair();
	rig->far_fd = open_far();
	ck_assert_int_eq(lvs_tunnel_open(NULL, &rig->tunnel), 0);
	rig->link_fd = lvs_tunnel_add_link(rig->tunnel, if_nametoindex("near"));
	ck_assert_int_ge(rig->link_fd, 0);
	opts.ifname = "near";
	opts.tunnels = true;
	ck_assert_int_eq(lvs_port_open("af_packet", &opts, &rig->port), 0);
}

static void close_rig(struct rig *rig)
{
	lvs_port_close(rig->port);
	close(rig->link_fd);
	lvs_tunnel_close(rig->tunnel);
	close(rig->far_fd);
}

static void make(struct frame *f, const struct kind *kind, size_t payload)
{
	frame_tcp(f, kind->inner, payload);
	if (kind->outer == AF_INET)
		frame_encap(f);
	else
		frame_encap6(f);
}

static void send_frame(struct rig *rig, struct frame *f)
{
	struct lvs_pkt pkt, *pkts[1] = { &pkt };

	lvs_pkt_init(&pkt, f->bytes, (uint32_t)f->len, 0, (uint32_t)f->len,
		     FRAME_L2);
	pkt.off = f->off;
	ck_assert_uint_eq(lvs_port_tx(rig->port, pkts, 1), 1);
}

static void expect_whole(const struct kind *kind)
{
	static struct frame f, got;
	struct rig rig;

	open_rig(&rig);
	make(&f, kind, 60000);
	send_frame(&rig, &f);
	veth_take(rig.far_fd, &got);
	ck_assert_msg(got.len == f.len, "%s: %zu bytes of %zu", kind->name,
		      got.len, f.len);
	ck_assert_mem_eq(got.bytes, f.bytes, f.len);
	ck_assert_uint_eq(got.off.gso, f.off.gso);
	ck_assert_uint_eq(got.off.gso_size, FRAME_MSS);
	close_rig(&rig);
}

START_TEST(large_packets_stay_whole)
{
	for (size_t i = 0; i < NUM_KINDS; i++)
		expect_whole(&kinds[i]);
}
END_TEST

/* Whether their checksum is complete is the interface's business. */
static void expect_segments(const struct kind *kind)
{
	static struct frame f, got;
	struct rig rig;
	size_t at = 0;

	open_rig(&rig);
	run("ip link set near gso_max_size 1400 gso_ipv4_max_size 1400 "
	    "2>/dev/null || ip link set near gso_max_size 1400");
	make(&f, kind, PAYLOAD);
	send_frame(&rig, &f);
	while (at < PAYLOAD) {
		size_t n = PAYLOAD - at < FRAME_MSS ? PAYLOAD - at : FRAME_MSS;

		veth_take(rig.far_fd, &got);
		ck_assert_msg(got.len == f.payload + n,
			      "%s: %zu bytes at %zu of the payload", kind->name,
			      got.len, at);
		ck_assert_mem_eq(got.bytes + f.payload,
				 f.bytes + f.payload + at, n);
		ck_assert_uint_eq(got.off.gso, LVS_GSO_NONE);
		at += n;
	}
	close_rig(&rig);
}

START_TEST(an_interface_that_cuts_nothing_gets_segments)
{
	for (size_t i = 0; i < NUM_KINDS; i++)
		expect_segments(&kinds[i]);
}
END_TEST

static void expect_same(struct rig *rig, struct frame *f)
{
	static struct frame got;

	send_frame(rig, f);
	veth_take(rig->far_fd, &got);
	ck_assert_uint_eq(got.len, f->len);
	ck_assert_mem_eq(got.bytes, f->bytes, FRAME_L2 + 20);
}

START_TEST(other_packets_pass)
{
	static struct frame f;
	struct rig rig;

	open_rig(&rig);
	frame_tcp(&f, AF_INET, 60000);
	expect_same(&rig, &f);
	frame_tcp(&f, AF_INET6, 60000);
	expect_same(&rig, &f);
	for (size_t i = 0; i < NUM_KINDS; i++) {
		make(&f, &kinds[i], 100);
		expect_same(&rig, &f);
	}
	close_rig(&rig);
}
END_TEST

START_TEST(hangs_once_and_as_long_as_its_descriptor)
{
	uint32_t link;
	struct rig rig;
	int fd;

	open_rig(&rig);
	link = if_nametoindex("near");
	ck_assert_int_eq(lvs_tunnel_add_link(rig.tunnel, link), LVS_ERR_EXIST);
	ck_assert_int_eq(lvs_tunnel_add_link(rig.tunnel, 0), LVS_ERR_NODEV);
	ck_assert_int_eq(lvs_tunnel_add_link(rig.tunnel, 4711), LVS_ERR_NODEV);
	close(rig.link_fd);
	fd = lvs_tunnel_add_link(rig.tunnel, link);
	ck_assert_int_ge(fd, 0);
	rig.link_fd = fd;
	close_rig(&rig);
}
END_TEST

/* Old kernels, and containers, have no such programs. */
static const char *why_no_program(void)
{
	struct lvs_tunnel *tunnel;
	int fd, err;

	if (why_not())
		return why_not();
	if (geteuid() != 0)
		return "needs root";
	err = lvs_tunnel_open(NULL, &tunnel);
	if (err)
		return lvs_strerror(err);
	fd = lvs_tunnel_add_link(tunnel, if_nametoindex("lo"));
	lvs_tunnel_close(tunnel);
	if (fd < 0)
		return lvs_strerror(fd);
	close(fd);
	return NULL;
}

LVS_TEST_MAIN_UNLESS(why_no_program(), "bpf/tunnel", large_packets_stay_whole,
		     an_interface_that_cuts_nothing_gets_segments,
		     other_packets_pass,
		     hangs_once_and_as_long_as_its_descriptor)
