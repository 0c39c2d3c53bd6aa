/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * raw.c - the raw backend: the contract; IP packets in, and out by the host's
 * routing.  Compiled a second time for late ports.
 */
#define _GNU_SOURCE /* unshare(2) */
#define RIG_L2	    0
#include "check.h"
#include "near.h"

/* The near end is 10.9.0.9 and fd00::9, and knows 10.9.0.2 and fd00...::2. */
static struct lvs_port *open_raw_of(uint32_t buffers, int *far_fd)
{
	struct lvs_port *port;

	make_pair();
	write_file("/proc/sys/net/ipv6/conf/near/disable_ipv6", "0");
	write_file("/proc/sys/net/ipv6/conf/near/accept_dad", "0");
	run("ip addr add 10.9.0.9/24 dev near");
	run("ip addr add fd00::9/64 dev near nodad");
	run("ip route add fd00::/16 dev near");
	run("ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev near");
	run("ip neigh add fd00::2 lladdr 02:00:00:00:00:02 dev near");
	*far_fd = open_far();
	port = open_port("raw", "near", buffers);
	ck_assert_uint_eq(lvs_port_link(port), LVS_LINK_NONE);
	return port;
}

static struct lvs_port *open_raw(int *far_fd)
{
	return open_raw_of(0, far_fd);
}

static void rig_open(struct rig *rig, uint32_t buffers)
{
	rig->port = open_raw_of(buffers, &rig->far_fd);
	rig->link = LVS_LINK_NONE;
	rig->other = open_other();
}

/* Of the addresses that frames are from, which the host does not have. */
static bool is_ours(const struct frame *f)
{
	static const unsigned char v4[] = { 10, 9, 0, 1 };
	static const unsigned char v6[16] = { 0xfd, [15] = 1 };
	const unsigned char *l3 = f->bytes + FRAME_L2;

	return l3[0] >> 4 == 4 ? !memcmp(l3 + 12, v4, sizeof(v4))
			       : !memcmp(l3 + 8, v6, sizeof(v6));
}

/* The host's link header is not what is being tested: as frame_tcp has it. */
static void rig_take(struct rig *rig, struct frame *f)
{
	do {
		veth_take(rig->far_fd, f);
	} while (!is_ours(f));
	memcpy(f->bytes, "\x02\0\0\0\0\x01\x02\0\0\0\0\x02", 12);
}

static struct lvs_pkt *rx_from(struct lvs_port *port)
{
	struct rig rig = { .port = port };

	return rx_one(&rig);
}

/* The next frame with TCP in it: the host says things of its own, too. */
static void take_tcp(int far_fd, struct frame *f)
{
	const unsigned char *l3 = f->bytes + FRAME_L2;

	do {
		veth_take(far_fd, f);
	} while (!(l3[0] >> 4 == 4 && l3[9] == 6) &&
		 !(l3[0] >> 4 == 6 && l3[6] == 6));
}

START_TEST(lends_ip_without_link_header)
{
	static struct frame f;
	int far_fd;
	struct lvs_port *port = open_raw(&far_fd);

	for (size_t i = 0; i < 2; i++) {
		struct lvs_pkt *pkt;

		/* 60000 bytes nobody has cut, or summed. */
		frame_tcp(&f, families[i], 60000);
		veth_put(far_fd, &f);
		pkt = rx_from(port);
		ck_assert_uint_eq(pkt->l2_len, 0);
		ck_assert_uint_eq(pkt->link_in, LVS_LINK_NONE);
		ck_assert_uint_eq(pkt->to_host, 1);
		ck_assert_uint_eq(pkt->len, f.len - FRAME_L2);
		ck_assert_mem_eq(pkt->data, f.bytes + FRAME_L2, pkt->len);
		ck_assert_uint_eq(pkt->off.gso, f.off.gso);
		ck_assert_uint_eq(pkt->off.csum_start,
				  f.off.csum_start - FRAME_L2);
		lvs_port_release(port, &pkt, 1);
	}
	lvs_port_close(port);
}
END_TEST

START_TEST(lends_nothing_but_ip_to_this_host)
{
	static struct frame f;
	int far_fd;
	struct lvs_port *port = open_raw(&far_fd);
	struct lvs_pkt *pkt;

	frame_tcp(&f, AF_INET, 10);
	frame_finish(&f);
	memset(f.bytes, 0xff, 6);
	veth_put(far_fd, &f); /* broadcast */
	frame_tcp(&f, AF_INET, 10);
	frame_put16(f.bytes + 12, 0x0806);
	veth_put(far_fd, &f); /* ARP */
	frame_tcp(&f, AF_INET, 77);
	frame_finish(&f);
	veth_put(far_fd, &f);
	pkt = rx_from(port);
	ck_assert_uint_eq(pkt->len, f.len - FRAME_L2);
	lvs_port_release(port, &pkt, 1);
	lvs_port_close(port);
}
END_TEST

START_TEST(the_host_routes_what_is_sent_finished)
{
	static struct frame f, got;
	int far_fd;
	struct lvs_port *port = open_raw(&far_fd);
	struct lvs_port_stats stats;

	for (size_t i = 0; i < 2; i++) {
		struct lvs_pkt pkt;
		struct lvs_pkt *pkts[1] = { &pkt };

		frame_tcp(&f, families[i], 2 * FRAME_MSS);
		if (families[i] == AF_INET6) /* to fd00::2 */
			f.bytes[FRAME_L2 + 23] = 0;
		if (families[i] == AF_INET6)
			f.bytes[FRAME_L2 + 24] = 0xfd;
		frame_put16(f.bytes + f.off.csum_start + 16,
			    frame_pseudo(f.bytes + FRAME_L2,
					 f.len - f.off.csum_start));
		lvs_pkt_init(&pkt, f.bytes, (uint32_t)f.len, 0, (uint32_t)f.len,
			     FRAME_L2);
		pkt.off = f.off;
		ck_assert_uint_eq(lvs_port_tx(port, pkts, 1), 1);
		for (size_t seg = 0; seg < 2; seg++) {
			take_tcp(far_fd, &got);
			ck_assert_uint_eq(got.len, f.payload + FRAME_MSS);
			ck_assert_mem_eq(got.bytes + f.payload,
					 f.bytes + f.payload + seg * FRAME_MSS,
					 FRAME_MSS);
			ck_assert(frame_right(&got, FRAME_L2));
			/* From an address that the host does not have. */
			ck_assert_mem_eq(got.bytes + FRAME_L2 + 12,
					 f.bytes + FRAME_L2 + 12,
					 i == 0 ? 4 : 12);
		}
	}
	lvs_port_stats(port, &stats);
	ck_assert_uint_eq(stats.tx_packets, 2);
	ck_assert_uint_eq(stats.tx_dropped, 0);
	lvs_port_close(port);
}
END_TEST

/* PAYLOAD bytes for the far end, or for nobody the host knows. */
static void outgoing(struct frame *f, struct lvs_pkt *pkt, int family,
		     size_t payload, bool routed)
{
	unsigned char *l3 = f->bytes + FRAME_L2;

	frame_tcp(f, family, payload);
	if (family == AF_INET6) { /* to fd00::2 */
		l3[23] = 0;
		l3[24] = 0xfd;
	} else if (!routed) {
		l3[16] = 11;
	}
	frame_put16(f->bytes + f->off.csum_start + 16,
		    frame_pseudo(l3, f->len - f->off.csum_start));
	lvs_pkt_init(pkt, f->bytes, (uint32_t)f->len, 0, (uint32_t)f->len,
		     FRAME_L2);
	pkt->off = f->off;
	if (payload > FRAME_MSS)
		pkt->off.gso_size = FRAME_MSS / 2;
}

START_TEST(a_burst_leaves_in_order_past_what_cannot)
{
	static const struct {
		const char *what;
		int family;
		size_t payload;
		bool routed;
	} burst[] = {
		{ "small", AF_INET, 10, true },
		{ "without a route", AF_INET, 20, false },
		{ "behind one without a route", AF_INET, 30, true },
		{ "of the other family", AF_INET6, 40, true },
		{ "more segments than one call takes", AF_INET, 60001, true },
		{ "behind segments", AF_INET6, 50, true },
	};
	enum {
		COUNT = sizeof(burst) / sizeof(*burst)
	};
	static struct frame f[COUNT], got;
	struct lvs_pkt packets[COUNT], *pkts[COUNT];
	struct lvs_port_stats stats;
	int far_fd;
	struct lvs_port *port = open_raw(&far_fd);

	for (size_t i = 0; i < COUNT; i++) {
		pkts[i] = &packets[i];
		outgoing(&f[i], pkts[i], burst[i].family, burst[i].payload,
			 burst[i].routed);
	}
	ck_assert_uint_eq(lvs_port_tx(port, pkts, COUNT), COUNT - 1);
	for (size_t i = 0; i < COUNT; i++) {
		size_t at = 0;

		while (burst[i].routed && at < burst[i].payload) {
			take_tcp(far_fd, &got);
			ck_assert_msg(frame_right(&got, FRAME_L2) &&
					      !memcmp(got.bytes + f[i].payload,
						      f[i].bytes +
							      f[i].payload + at,
						      got.len - f[i].payload),
				      "%s, at %zu", burst[i].what, at);
			at += got.len - f[i].payload;
		}
		ck_assert_msg(!burst[i].routed || at == burst[i].payload, "%s",
			      burst[i].what);
	}
	lvs_port_stats(port, &stats);
	ck_assert_uint_eq(stats.tx_packets, COUNT - 1);
	ck_assert_uint_eq(stats.tx_errors, 1);
	ck_assert_uint_eq(stats.tx_dropped, 0);
	lvs_port_close(port);
}
END_TEST

START_TEST(what_cannot_be_routed_is_counted)
{
	static struct frame f;
	int far_fd;
	struct lvs_port *port = open_raw(&far_fd);
	struct lvs_port_stats stats;
	struct lvs_pkt pkt;
	struct lvs_pkt *pkts[1] = { &pkt };

	frame_tcp(&f, AF_INET, 10);
	frame_finish(&f);
	f.bytes[FRAME_L2 + 16] = 11; /* 11.9.0.2 */
	lvs_pkt_init(&pkt, f.bytes, (uint32_t)f.len, 0, (uint32_t)f.len,
		     FRAME_L2);
	ck_assert_uint_eq(lvs_port_tx(port, pkts, 1), 0);
	lvs_port_stats(port, &stats);
	ck_assert_uint_eq(stats.tx_errors, 1);
	ck_assert_uint_eq(stats.tx_dropped, 0);
	lvs_port_close(port);
}
END_TEST

START_TEST(counts_what_the_interface_did_not_take)
{
	static struct frame f;
	struct lvs_pkt *pkts[10], pkt;
	struct lvs_port_stats stats;
	int far_fd;
	struct lvs_port *port = open_raw(&far_fd);

	slow_down("near", "3000");
	for (size_t i = 0; i < 10; i++)
		pkts[i] = &pkt;
	for (size_t i = 0; i < 2; i++) {
		uint64_t before;

		lvs_port_stats(port, &stats);
		before = stats.tx_dropped;
		outgoing(&f, &pkt, families[i], FRAME_MSS, true);
		lvs_port_tx(port, pkts, 10);
		lvs_port_stats(port, &stats);
		ck_assert_uint_gt(stats.tx_dropped, before);
		ck_assert_uint_eq(stats.tx_packets + stats.tx_dropped,
				  10 * (i + 1));
		ck_assert_uint_eq(stats.tx_errors, 0);
	}
	lvs_port_close(port);
}
END_TEST

START_TEST(large_packets_wait_for_a_slow_interface)
{
	static struct frame f;
	struct lvs_pkt *pkts[10], pkt;
	struct lvs_port_stats stats;
	int far_fd;
	struct lvs_port *port = open_raw(&far_fd);

	slow_down("near", "10mb");
	for (size_t i = 0; i < 10; i++)
		pkts[i] = &pkt;
	outgoing(&f, &pkt, AF_INET, 60000, true);
	ck_assert_uint_eq(lvs_port_tx(port, pkts, 10), 10);
	lvs_port_stats(port, &stats);
	ck_assert_uint_eq(stats.tx_dropped, 0);
	lvs_port_close(port);
}
END_TEST

START_TEST(what_is_too_long_is_refused)
{
	static struct frame f;
	struct lvs_pkt pkt;
	struct lvs_pkt *pkts[1] = { &pkt };
	struct lvs_port_stats stats;
	int far_fd;
	struct lvs_port *port = open_raw(&far_fd);

	for (size_t i = 0; i < 2; i++) {
		outgoing(&f, &pkt, families[i], 3 * FRAME_MSS, true);
		pkt.off.gso = LVS_GSO_NONE;
		ck_assert_uint_eq(lvs_port_tx(port, pkts, 1), 0);
		lvs_port_stats(port, &stats);
		ck_assert_uint_eq(stats.tx_errors, i + 1);
		ck_assert_uint_eq(stats.tx_dropped, 0);
	}
	lvs_port_close(port);
}
END_TEST

LVS_TEST_MAIN_UNLESS(why_not(), RIG_LATE ? "io/raw, late" : "io/raw",
		     CONTRACT_TESTS, lends_ip_without_link_header,
		     lends_nothing_but_ip_to_this_host,
		     the_host_routes_what_is_sent_finished,
		     a_burst_leaves_in_order_past_what_cannot,
		     what_cannot_be_routed_is_counted,
		     counts_what_the_interface_did_not_take,
		     large_packets_wait_for_a_slow_interface,
		     what_is_too_long_is_refused)
