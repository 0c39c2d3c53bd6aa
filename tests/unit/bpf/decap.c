/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decap.c - tunnels that come by an interface with the program, and what the
 * host has of them: sockets bound to one protocol are served behind it.
 *
 * Frames are made by hand (unit/io/frame.h) and sent as lvsd does, from the far
 * end of a veth pair to the near one.
 */
#define _GNU_SOURCE /* unshare(2) */
#include "check.h"

#include "unit/bpf/decap.h"

#include <linux/if_tun.h>
#include <lvs/port.h>
#include <lvs/tunnel.h>

static const struct mix {
	const char *name;
	int inner, outer;
} mixes[] = {
	{ "IPv4 in IPv4", AF_INET, AF_INET },
	{ "IPv6 in IPv4", AF_INET6, AF_INET },
	{ "IPv4 in IPv6", AF_INET, AF_INET6 },
	{ "IPv6 in IPv6", AF_INET6, AF_INET6 },
};

#define NUM(array) (sizeof(array) / sizeof(*(array)))

/* Where frame.h's outer headers come from and go to. */
#define SRC4  "10.9.0.1"
#define DST4  "10.9.0.2"
#define ADDR6 "fd00::"

struct rig {
	struct lvs_decap *decap;
	struct lvs_tunnel *tunnel; /* at the far end, with its port */
	struct lvs_port *port;
	int tunnel_fd;
	int near4, near6; /* behind the program, by protocol */
};

static struct lvs_addr addr(const char *text)
{
	struct lvs_addr a;

	ck_assert_int_eq(lvs_addr_parse(text, &a), 0);
	return a;
}

static void add_own(struct lvs_decap *decap, const char *text)
{
	struct lvs_addr a = addr(text);

	ck_assert_int_eq(lvs_decap_add_own(decap, &a), 0);
}

static void add_peer(struct lvs_decap *decap, const char *text)
{
	struct lvs_addr a = addr(text);

	ck_assert_int_eq(lvs_decap_add_peer(decap, &a), 0);
}

static int open_near(const char *link, uint16_t protocol)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = (int)if_nametoindex(link),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), on = 1;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on,
				    sizeof(on)),
			 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void open_sender(struct rig *rig)
{
	struct lvs_port_opts opts = LVS_OPTS(struct lvs_port_opts);

	ck_assert_int_eq(lvs_tunnel_open(NULL, &rig->tunnel), 0);
	rig->tunnel_fd =
		lvs_tunnel_add_link(rig->tunnel, if_nametoindex("far"));
	ck_assert_int_ge(rig->tunnel_fd, 0);
	opts.ifname = "far";
	opts.tunnels = true;
	ck_assert_int_eq(lvs_port_open("af_packet", &opts, &rig->port), 0);
}

static void put(struct rig *rig, struct frame *f)
{
	struct lvs_pkt pkt, *pkts[1] = { &pkt };

	lvs_pkt_init(&pkt, f->bytes, (uint32_t)f->len, 0, (uint32_t)f->len,
		     FRAME_L2);
	pkt.off = f->off;
	ck_assert_uint_eq(lvs_port_tx(rig->port, pkts, 1), 1);
}

static void open_rig(struct rig *rig, uint8_t attach)
{
	struct lvs_decap_opts opts = LVS_OPTS(struct lvs_decap_opts);

	make_pair();
	opts.attach = attach;
	ck_assert_int_eq(lvs_decap_open(&opts, &rig->decap), 0);
	add_own(rig->decap, DST4);
	add_own(rig->decap, ADDR6);
	ck_assert_int_eq(lvs_decap_add_link(rig->decap, if_nametoindex("near")),
			 0);
	open_sender(rig);
	rig->near4 = open_near("near", ETH_P_IP);
	rig->near6 = open_near("near", ETH_P_IPV6);
}

/* The namespace, and what is in it, goes with the process. */
static void close_rig(struct rig *rig)
{
	lvs_port_close(rig->port);
	close(rig->tunnel_fd);
	lvs_tunnel_close(rig->tunnel);
	close(rig->near4);
	close(rig->near6);
	lvs_decap_close(rig->decap);
}

static struct lvs_decap_stats stats_of(const struct rig *rig)
{
	struct lvs_decap_stats stats = LVS_OPTS(struct lvs_decap_stats);

	lvs_decap_stats(rig->decap, &stats);
	return stats;
}

/* What is not to be cut has its checksum when it leaves. */
static void make_inner(struct frame *f, int family, size_t payload)
{
	frame_tcp(f, family, payload);
	if (f->off.gso == LVS_GSO_NONE)
		frame_finish(f);
}

static void wrap(struct frame *f, int outer)
{
	bool finished = f->off.gso == LVS_GSO_NONE;

	if (outer == AF_INET)
		frame_encap(f);
	else
		frame_encap6(f);
	if (finished)
		memset(&f->off, 0, sizeof(f->off));
}

static void make(struct frame *f, const struct mix *mix, size_t payload)
{
	make_inner(f, mix->inner, payload);
	wrap(f, mix->outer);
}

/* IPv4: of the header behind the link header of F, which was changed. */
static void sum_again(struct frame *f)
{
	unsigned char *l3 = f->bytes + FRAME_L2;

	if (l3[0] >> 4 != 4)
		return;
	memset(l3 + 10, 0, 2);
	frame_put16(l3 + 10, 0xffff & ~frame_sum(0, l3, 20));
}

static void expect(const struct rig *rig, int family, const struct frame *f,
		   const char *what)
{
	static struct frame got;

	veth_take(family == AF_INET ? rig->near4 : rig->near6, &got);
	ck_assert_msg(got.len == f->len, "%s: %zu bytes of %zu", what, got.len,
		      f->len);
	ck_assert_msg(memcmp(got.bytes, f->bytes, f->len) == 0, "%s: bytes",
		      what);
	ck_assert_msg(got.off.gso == f->off.gso, "%s: segments", what);
	ck_assert_msg(got.off.gso_size == f->off.gso_size, "%s: size", what);
}

/* ---- what is taken apart --------------------------------------------------
 */

static void expect_inner(struct rig *rig, const struct mix *mix, size_t payload)
{
	static struct frame tunnel, inner;

	make(&tunnel, mix, payload);
	make_inner(&inner, mix->inner, payload);
	put(rig, &tunnel);
	expect(rig, mix->inner, &inner, mix->name);
}

static void expect_all(uint8_t attach)
{
	static const size_t payloads[] = { 0, 100, 60000 };
	struct rig rig;

	open_rig(&rig, attach);
	for (size_t i = 0; i < NUM(mixes); i++)
		for (size_t j = 0; j < NUM(payloads); j++)
			expect_inner(&rig, &mixes[i], payloads[j]);
	ck_assert_uint_eq(stats_of(&rig).taken, NUM(mixes) * NUM(payloads));
	close_rig(&rig);
}

START_TEST(the_outer_header_is_gone)
{
	expect_all(LVS_DECAP_AUTO);
}
END_TEST

START_TEST(and_by_a_tc_filter)
{
	expect_all(LVS_DECAP_CLSACT);
}
END_TEST

/* A tun device has packets without link header. */
static int open_tun(void)
{
	struct ifreq req = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	strcpy(req.ifr_name, "bare");
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ioctl(fd, TUNSETIFF, &req), 0);
	run("ip link set bare up");
	return fd;
}

START_TEST(links_without_header)
{
	static struct frame tunnel, inner, got;
	int tun, near[2];
	struct rig rig;

	open_rig(&rig, LVS_DECAP_AUTO);
	tun = open_tun();
	near[0] = open_near("bare", ETH_P_IP);
	near[1] = open_near("bare", ETH_P_IPV6);
	ck_assert_int_eq(lvs_decap_add_link(rig.decap, if_nametoindex("bare")),
			 0);
	for (size_t i = 0; i < NUM(mixes); i++) {
		size_t len;

		make(&tunnel, &mixes[i], 100);
		make_inner(&inner, mixes[i].inner, 100);
		len = tunnel.len - FRAME_L2;
		ck_assert_int_eq(write(tun, tunnel.bytes + FRAME_L2, len),
				 (ssize_t)len);
		veth_take(near[mixes[i].inner == AF_INET6], &got);
		ck_assert_uint_eq(got.len, inner.len - FRAME_L2);
		ck_assert_mem_eq(got.bytes, inner.bytes + FRAME_L2, got.len);
	}
	close(tun);
	close_rig(&rig);
}
END_TEST

/* ---- congestion ---------------------------------------------------------- */

enum {
	NOT_ECT,
	ECT1,
	ECT0,
	CE,
	DROPPED
};

static void set_ecn(unsigned char *l3, unsigned ecn)
{
	if (l3[0] >> 4 == 4)
		l3[1] = (unsigned char)ecn;
	else
		l3[1] = (unsigned char)(ecn << 4);
}

static const struct ecn_row {
	unsigned outer, inner, comes;
} ecn_rows[] = {
	{ NOT_ECT, NOT_ECT, NOT_ECT },
	{ NOT_ECT, ECT0, ECT0 },
	{ ECT0, ECT0, ECT0 },
	{ CE, ECT0, CE },
	{ CE, ECT1, CE },
	{ CE, CE, CE },
	{ NOT_ECT, CE, CE },
	{ CE, NOT_ECT, DROPPED },
};

static void expect_ecn(struct rig *rig, const struct mix *mix,
		       const struct ecn_row *row)
{
	static struct frame tunnel, inner;
	uint64_t dropped = stats_of(rig).congested;

	make_inner(&tunnel, mix->inner, 100);
	set_ecn(tunnel.bytes + FRAME_L2, row->inner);
	sum_again(&tunnel);
	wrap(&tunnel, mix->outer);
	set_ecn(tunnel.bytes + FRAME_L2, row->outer);
	sum_again(&tunnel);
	put(rig, &tunnel);

	make_inner(&inner, mix->inner, 100);
	if (row->comes == DROPPED) {
		/* The next one is what comes. */
		expect_inner(rig, mix, 200);
		ck_assert_uint_eq(stats_of(rig).congested, dropped + 1);
		return;
	}
	set_ecn(inner.bytes + FRAME_L2, row->comes);
	sum_again(&inner);
	expect(rig, mix->inner, &inner, mix->name);
}

START_TEST(congestion_is_told)
{
	struct rig rig;

	open_rig(&rig, LVS_DECAP_AUTO);
	for (size_t i = 0; i < NUM(mixes); i++)
		for (size_t j = 0; j < NUM(ecn_rows); j++)
			expect_ecn(&rig, &mixes[i], &ecn_rows[j]);
	close_rig(&rig);
}
END_TEST

/* ---- what is left to the host -------------------------------------------- */

static void to_another(unsigned char *l3)
{
	l3[l3[0] >> 4 == 4 ? 19 : 39] ^= 1;
}

static void from_another(unsigned char *l3)
{
	l3[l3[0] >> 4 == 4 ? 15 : 23] ^= 1;
}

static void first_fragment(unsigned char *l3)
{
	l3[6] = 0x20;
}

static void last_fragment(unsigned char *l3)
{
	l3[6] = 0;
	l3[7] = 185;
}

static void other_inside(unsigned char *l3)
{
	l3[l3[0] >> 4 == 4 ? 20 : 40] ^= 0x20;
}

static void not_ip_inside(unsigned char *l3)
{
	l3[l3[0] >> 4 == 4 ? 9 : 6] = 47;
}

/* The first eight bytes of the packet inside become a fragment header. */
static void fragment6(unsigned char *l3)
{
	l3[40] = l3[6];
	l3[41] = 0;
	l3[43] |= 1;
	l3[6] = 44;
}

static const struct left_row {
	const char *what;
	int outer; /* 0: both */
	void (*change)(unsigned char *l3);
	uint64_t fragments, strangers, odd;
} left_rows[] = {
	{ "to another address", 0, to_another, 0, 0, 0 },
	{ "not from a peer", 0, from_another, 0, 1, 0 },
	{ "the first fragment", AF_INET, first_fragment, 1, 0, 0 },
	{ "the last fragment", AF_INET, last_fragment, 1, 0, 0 },
	{ "a fragment", AF_INET6, fragment6, 1, 0, 0 },
	{ "another version inside than said", 0, other_inside, 0, 0, 1 },
	{ "something else inside", 0, not_ip_inside, 0, 0, 0 },
};

static void expect_left(struct rig *rig, const struct mix *mix,
			const struct left_row *row)
{
	struct lvs_decap_stats was = stats_of(rig), is;
	static struct frame f;

	make(&f, mix, 100);
	row->change(f.bytes + FRAME_L2);
	sum_again(&f);
	put(rig, &f);
	expect(rig, mix->outer, &f, row->what);
	is = stats_of(rig);
	ck_assert_msg(is.fragments - was.fragments == row->fragments &&
			      is.strangers - was.strangers == row->strangers &&
			      is.odd - was.odd == row->odd &&
			      is.taken == was.taken,
		      "%s, %s: counted otherwise", mix->name, row->what);
}

START_TEST(the_rest_is_left_to_the_host)
{
	struct rig rig;

	open_rig(&rig, LVS_DECAP_AUTO);
	add_peer(rig.decap, SRC4);
	add_peer(rig.decap, ADDR6);
	for (size_t i = 0; i < NUM(mixes); i++)
		for (size_t j = 0; j < NUM(left_rows); j++)
			if (!left_rows[j].outer ||
			    left_rows[j].outer == mixes[i].outer)
				expect_left(&rig, &mixes[i], &left_rows[j]);
	for (size_t i = 0; i < NUM(mixes); i++)
		expect_inner(&rig, &mixes[i], 100);
	close_rig(&rig);
}
END_TEST

START_TEST(a_wrong_outer_checksum_is_the_hosts)
{
	static struct frame f;
	struct rig rig;

	open_rig(&rig, LVS_DECAP_AUTO);
	make(&f, &mixes[0], 100);
	f.bytes[FRAME_L2 + 10] ^= 1;
	put(&rig, &f);
	expect(&rig, AF_INET, &f, "wrong checksum");
	ck_assert_uint_eq(stats_of(&rig).odd, 1);
	close_rig(&rig);
}
END_TEST

START_TEST(without_peers_everybody_is_believed)
{
	static struct frame f, inner;
	struct rig rig;

	open_rig(&rig, LVS_DECAP_AUTO);
	make(&f, &mixes[0], 100);
	from_another(f.bytes + FRAME_L2);
	sum_again(&f);
	make_inner(&inner, AF_INET, 100);
	put(&rig, &f);
	expect(&rig, AF_INET, &inner, "from anybody");
	close_rig(&rig);
}
END_TEST

/* ---- interfaces and processes -------------------------------------------- */

static void expect_kept(uint8_t attach)
{
	struct lvs_decap *found;
	struct rig rig;
	uint32_t link;

	open_rig(&rig, attach);
	link = if_nametoindex("near");
	expect_inner(&rig, &mixes[0], 100);
	ck_assert_int_eq(lvs_decap_add_link(rig.decap, link), LVS_ERR_EXIST);
	/* As by a process that ends, and another one. */
	lvs_decap_close(rig.decap);
	expect_inner(&rig, &mixes[1], 100);
	ck_assert_int_eq(lvs_decap_find(NULL, link, &found), 0);
	rig.decap = found;
	ck_assert_uint_eq(stats_of(&rig).taken, 2);
	add_peer(found, "10.9.0.77");
	ck_assert_int_eq(lvs_decap_del_link(found, link), 0);
	ck_assert_int_eq(lvs_decap_del_link(found, link), LVS_ERR_NOENT);
	ck_assert_int_eq(lvs_decap_find(NULL, link, &found), LVS_ERR_NOENT);
	close_rig(&rig);
}

START_TEST(it_stays_and_is_found)
{
	expect_kept(LVS_DECAP_AUTO);
	expect_kept(LVS_DECAP_CLSACT);
}
END_TEST

START_TEST(errors)
{
	struct lvs_decap *other;
	struct lvs_addr a = addr("224.0.0.1");
	struct rig rig;

	open_rig(&rig, LVS_DECAP_AUTO);
	ck_assert_int_eq(lvs_decap_add_own(rig.decap, &a), LVS_ERR_INVAL);
	ck_assert_int_eq(lvs_decap_add_peer(rig.decap, &a), LVS_ERR_INVAL);
	ck_assert_int_eq(lvs_decap_add_link(rig.decap, 0), LVS_ERR_NODEV);
	ck_assert_int_eq(lvs_decap_add_link(rig.decap, 4711), LVS_ERR_NODEV);
	ck_assert_int_eq(lvs_decap_del_link(rig.decap, 4711), LVS_ERR_NOENT);
	ck_assert_int_eq(lvs_decap_find(NULL, 4711, &other), LVS_ERR_NOENT);
	/* Another of its kind takes the same packets. */
	ck_assert_int_eq(lvs_decap_open(NULL, &other), 0);
	ck_assert_int_eq(lvs_decap_add_link(other, if_nametoindex("near")),
			 LVS_ERR_EXIST);
	lvs_decap_close(other);
	close_rig(&rig);
}
END_TEST

START_TEST(as_many_addresses_as_there_is_room_for)
{
	struct lvs_addr a = addr("10.0.0.0");
	struct rig rig;
	int err = 0;

	open_rig(&rig, LVS_DECAP_AUTO);
	for (uint32_t i = 0; i < 4094 && !err; i++) {
		a.ip.v4_be = htonl(0x0a000000 + i);
		err = lvs_decap_add_own(rig.decap, &a);
	}
	ck_assert_int_eq(err, 0);
	ck_assert_int_eq(lvs_decap_add_own(rig.decap, &a), 0);
	a.ip.v4_be = htonl(0x0b000000);
	ck_assert_int_eq(lvs_decap_add_own(rig.decap, &a), LVS_ERR_NOSPC);
	close_rig(&rig);
}
END_TEST

LVS_TEST_MAIN_UNLESS(why_no_program(), "bpf/decap", the_outer_header_is_gone,
		     and_by_a_tc_filter, links_without_header,
		     congestion_is_told, the_rest_is_left_to_the_host,
		     a_wrong_outer_checksum_is_the_hosts,
		     without_peers_everybody_is_believed, it_stays_and_is_found,
		     errors, as_many_addresses_as_there_is_room_for)
