/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * af_packet.c - the packet socket backend on a veth pair: the contract, and
 * which packets and errors come up.  Compiled a second time for late ports.
 *
 * Each test has a network namespace of its own, which goes with its process.
 * At the far end of the pair is a packet socket of the test's own.
 */
#define _GNU_SOURCE /* unshare(2) */
#include "check.h"
#include "near.h"
#include "offload.h"
#include <linux/if_tun.h>
#include <sys/ioctl.h>

static void rig_open(struct rig *rig, uint32_t buffers)
{
	make_pair();
	rig->far_fd = open_far();
	rig->port = open_port("af_packet", "near", buffers);
	rig->link = if_nametoindex("near");
	rig->other = open_other();
}

static void rig_take(struct rig *rig, struct frame *f)
{
	veth_take(rig->far_fd, f);
}

static void tag(struct frame *f, uint16_t tci)
{
	memmove(f->bytes + 16, f->bytes + 12, f->len - 12);
	frame_put16(f->bytes + 12, 0x8100);
	frame_put16(f->bytes + 14, tci);
	f->len += 4;
}

static void as_it_is(struct frame *f)
{
	(void)f;
}

static void to_another_host(struct frame *f)
{
	f->bytes[5] = 0x77;
}

static void lldp(struct frame *f)
{
	frame_put16(f->bytes + 12, 0x88cc);
}

static void of_vlan_7(struct frame *f)
{
	tag(f, 7);
}

static void with_priority_3(struct frame *f)
{
	tag(f, 3 << 13);
}

static void of_vlan_7_behind_a_priority(struct frame *f)
{
	tag(f, 7);
	tag(f, 3 << 13);
}

static void of_vlan_7_in_vlan_8(struct frame *f)
{
	tag(f, 7);
	tag(f, 8);
}

START_TEST(only_what_concerns_the_interface_is_lent)
{
	static const struct {
		const char *what;
		void (*change)(struct frame *f);
		int lent;
	} rows[] = {
		{ "an IPv4 packet to us", as_it_is, 1 },
		{ "a frame to another host", to_another_host, 0 },
		{ "a protocol that is not ours", lldp, 0 },
		{ "a frame of a VLAN", of_vlan_7, 0 },
		{ "priority without VLAN, untagged", with_priority_3, 1 },
		{ "a VLAN behind a priority", of_vlan_7_behind_a_priority, 0 },
		{ "a VLAN in a VLAN", of_vlan_7_in_vlan_8, 0 },
	};
	static struct frame f, plain;
	struct lvs_pkt *pkts[4];
	struct rig rig;

	rig_open(&rig, 4);
	run("ip link set near promisc on");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		frame_tcp(&f, AF_INET, 50);
		frame_finish(&f);
		plain = f;
		rows[i].change(&f);
		rig_put(&rig, &f);
		/* What comes after it tells that it has been here. */
		frame_tcp(&f, AF_INET6, 50);
		frame_finish(&f);
		rig_put(&rig, &f);
		rx(&rig, pkts, rows[i].lent + 1, 4);
		ck_assert_msg(pkts[rows[i].lent]->len == f.len, "%s",
			      rows[i].what);
		if (rows[i].lent)
			ck_assert_mem_eq(pkts[0]->data, plain.bytes, plain.len);
		lvs_port_release(rig.port, pkts, (size_t)rows[i].lent + 1);
	}
	rig_close(&rig);
}
END_TEST

START_TEST(does_not_hear_itself)
{
	static struct frame f, got;
	struct rig rig;
	struct lvs_pkt pkt;
	struct lvs_pkt *pkts[1] = { &pkt };

	rig_open(&rig, 4);
	frame_tcp(&f, AF_INET, 50);
	frame_finish(&f);
	as_packet(&pkt, &f);
	ck_assert_uint_eq(lvs_port_tx(rig.port, pkts, 1), 1);
	rig_take(&rig, &got);
	expect_none(&rig);
	rig_close(&rig);
}
END_TEST

START_TEST(goes_on_after_down_and_up)
{
	static struct frame f;
	struct rig rig;
	struct lvs_pkt pkt, *got;
	struct lvs_pkt *pkts[1] = { &pkt };
	struct lvs_port_stats stats;

	rig_open(&rig, 4);
	frame_tcp(&f, AF_INET, 50);
	frame_finish(&f);
	as_packet(&pkt, &f);
	run("ip link set near down");
	expect_none(&rig);
	ck_assert_uint_eq(lvs_port_tx(rig.port, pkts, 1), 0);
	lvs_port_stats(rig.port, &stats);
	ck_assert_uint_eq(stats.tx_dropped, 1);
	pair_up();
	rig_put(&rig, &f);
	got = rx_one(&rig);
	ck_assert_uint_eq(lvs_port_tx(rig.port, &got, 1), 1);
	lvs_port_release(rig.port, &got, 1);
	rig_close(&rig);
}
END_TEST

START_TEST(opens_an_interface_that_is_down)
{
	static struct frame f;
	struct lvs_pkt *got;
	struct rig rig;

	rig_open(&rig, 4);
	lvs_port_close(rig.port);
	run("ip link set near down");
	rig.port = open_port("af_packet", "near", 4);
	expect_none(&rig);
	pair_up();
	frame_tcp(&f, AF_INET, 50);
	frame_finish(&f);
	rig_put(&rig, &f);
	got = rx_one(&rig);
	lvs_port_release(rig.port, &got, 1);
	rig_close(&rig);
}
END_TEST

START_TEST(says_when_the_interface_is_gone)
{
	struct lvs_pkt *pkt;
	struct rig rig;

	rig_open(&rig, 4);
	run("ip link del near");
	ck_assert_int_eq(lvs_port_rx(rig.port, &pkt, 1), LVS_ERR_NODEV);
	ck_assert_int_eq(lvs_port_rx(rig.port, &pkt, 1), LVS_ERR_NODEV);
	rig_close(&rig);
}
END_TEST

START_TEST(counts_what_the_kernel_had_no_room_for)
{
	static struct frame f;
	struct lvs_port_stats stats;
	struct lvs_pkt *pkts[4];
	uint64_t before, lent = 0;
	struct rig rig;
	int got;

	rig_open(&rig, 4);
	frame_tcp(&f, AF_INET, 60000);
	for (int i = 0; i < 2000; i++)
		rig_put(&rig, &f);
	/* What has lost its place is known when its turn comes. */
	while ((got = lvs_port_rx(rig.port, pkts, 4)) > 0) {
		lent += (unsigned)got;
		lvs_port_release(rig.port, pkts, (size_t)got);
	}
	lvs_port_stats(rig.port, &stats);
	ck_assert_uint_gt(lent, 0);
	ck_assert_uint_eq(stats.rx_dropped, 2000 - lent);
	before = stats.rx_dropped;
	lvs_port_stats(rig.port, &stats);
	ck_assert_uint_eq(stats.rx_dropped, before);
	rig_close(&rig);
}
END_TEST

/* More small ones than the ring has frames, none of which is taken. */
START_TEST(counts_small_ones_that_the_ring_had_no_room_for)
{
	static struct frame f;
	struct lvs_port_stats stats;
	struct rig rig;

	rig_open(&rig, 4);
	frame_tcp(&f, AF_INET, 50);
	frame_finish(&f);
	for (int i = 0; i < 10000; i++)
		rig_put(&rig, &f);
	lvs_port_stats(rig.port, &stats);
	ck_assert_uint_gt(stats.rx_dropped, 0);
	rig_close(&rig);
}
END_TEST

/* Bytes of payload: in a frame of the ring, just, just not, and far from it. */
static const size_t sizes[] = { 50, 60000, 50, 1460, 1800, 2100, 40000, 1 };

/* The NUMBER-th of a row of packets, told apart by number and size. */
static void make_mixed(struct frame *f, unsigned number)
{
	size_t size = sizes[number * 7 / 3 % 8];

	frame_tcp(f, AF_INET, size);
	f->bytes[f->payload] = (unsigned char)number;
	if (size <= 1460)
		frame_finish(f);
}

START_TEST(small_and_large_come_in_order)
{
	static struct frame f;
	struct lvs_pkt *pkts[8];
	unsigned put = 0, lent = 0;
	struct rig rig;

	rig_open(&rig, 8);
	/* Past the end of the ring, by different numbers at a time. */
	while (lent < 10000) {
		for (unsigned n = lent % 37 % 8 + 1; n > 0; n--) {
			make_mixed(&f, put++);
			rig_put(&rig, &f);
		}
		while (lent < put) {
			unsigned n = lent % 5 + 1;

			n = n < put - lent ? n : put - lent;
			rx(&rig, pkts, (int)n, n);
			for (unsigned i = 0; i < n; i++) {
				make_mixed(&f, lent++);
				expect_same(pkts[i], &f);
			}
			lvs_port_release(rig.port, pkts, n);
		}
		expect_none(&rig);
	}
	rig_close(&rig);
}
END_TEST

START_TEST(counts_what_the_interface_did_not_take)
{
	static struct frame f;
	struct lvs_port_stats stats;
	struct lvs_pkt pkt;
	struct lvs_pkt *pkts[10];
	struct rig rig;

	rig_open(&rig, 4);
	slow_down("near", "3000");
	for (size_t i = 0; i < 10; i++)
		pkts[i] = &pkt;
	frame_tcp(&f, AF_INET, 1000);
	frame_finish(&f);
	as_packet(&pkt, &f);
	ck_assert_uint_lt(lvs_port_tx(rig.port, pkts, 10), 10);
	lvs_port_stats(rig.port, &stats);
	ck_assert_uint_gt(stats.tx_packets, 0);
	ck_assert_uint_eq(stats.tx_packets + stats.tx_dropped, 10);
	ck_assert_uint_eq(stats.tx_bytes, stats.tx_packets * f.len);
	ck_assert_uint_eq(stats.tx_errors, 0);
	frame_tcp(&f, AF_INET, 3000); /* longer than the MTU */
	frame_finish(&f);
	as_packet(&pkt, &f);
	ck_assert_uint_eq(lvs_port_tx(rig.port, pkts, 1), 0);
	lvs_port_stats(rig.port, &stats);
	ck_assert_uint_eq(stats.tx_errors, 1);
	ck_assert_uint_eq(stats.tx_packets + stats.tx_dropped, 10);
	rig_close(&rig);
}
END_TEST

/* What nobody(7) is told; in a process of its own, for there is no way back. */
static int open_as_nobody(const struct lvs_port_opts *opts)
{
	struct lvs_port *port;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (setresuid(65534, 65534, 65534) < 0)
			_exit(EPERM);
		_exit(-lvs_port_open("af_packet", opts, &port));
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return -WEXITSTATUS(status);
}

START_TEST(open_errors)
{
	static const char *const names[] = {
		"nonesuch", "a-name-longer-than-any-interface-has", NULL
	};
	struct lvs_port_opts opts = LVS_OPTS(struct lvs_port_opts);
	struct lvs_port *port = NULL;

	make_pair();
	opts.late = RIG_LATE;
	for (size_t i = 0; i < 3; i++) {
		opts.ifname = names[i];
		ck_assert_int_eq(lvs_port_open("af_packet", &opts, &port),
				 LVS_ERR_NODEV);
	}
	opts.ifname = "near";
	ck_assert_int_eq(open_as_nobody(&opts), LVS_ERR_PERM);
	ck_assert_ptr_null(port);
}
END_TEST

START_TEST(a_device_without_link_header)
{
	struct ifreq req = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	static struct frame f;
	struct lvs_pkt *pkt;
	struct rig rig;
	unsigned char got[100];
	int tun;

	rig_open(&rig, 4);
	tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (tun < 0) {
		rig_close(&rig);
		return;
	}
	lvs_port_close(rig.port);
	strcpy(req.ifr_name, "tun");
	ck_assert_int_eq(ioctl(tun, TUNSETIFF, &req), 0);
	run("ip link set tun up");
	rig.port = open_port("af_packet", "tun", 4);
	frame_tcp(&f, AF_INET, 50);
	frame_finish(&f);
	f.len -= FRAME_L2;
	ck_assert_int_eq(write(tun, f.bytes + FRAME_L2, f.len), (int)f.len);
	pkt = rx_one(&rig);
	ck_assert_uint_eq(pkt->l2_len, 0);
	ck_assert_uint_eq(pkt->to_host, 1);
	ck_assert_uint_eq(pkt->len, f.len);
	ck_assert_mem_eq(pkt->data, f.bytes + FRAME_L2, f.len);
	ck_assert_uint_eq(lvs_port_tx(rig.port, &pkt, 1), 1);
	ck_assert_int_eq(read(tun, got, sizeof(got)), (int)f.len);
	ck_assert_mem_eq(got, f.bytes + FRAME_L2, f.len);
	lvs_port_release(rig.port, &pkt, 1);
	rig_close(&rig);
	close(tun);
}
END_TEST

LVS_TEST_MAIN_UNLESS(
	why_not(), RIG_LATE ? "io/af_packet, late" : "io/af_packet",
	CONTRACT_TESTS, OFFLOAD_TESTS, only_what_concerns_the_interface_is_lent,
	does_not_hear_itself, goes_on_after_down_and_up,
	opens_an_interface_that_is_down, says_when_the_interface_is_gone,
	counts_what_the_kernel_had_no_room_for,
	counts_small_ones_that_the_ring_had_no_room_for,
	small_and_large_come_in_order, counts_what_the_interface_did_not_take,
	open_errors, a_device_without_link_header)
