/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * contract.h - what holds for every backend, as tests.
 *
 * A backend's test program has a rig, which is a port with its other end in
 * the test's hand, includes this file and runs CONTRACT_TESTS with its own.
 */
#ifndef LVS_TESTS_UNIT_IO_CONTRACT_H
#define LVS_TESTS_UNIT_IO_CONTRACT_H

#include "frame.h"
#include <check.h>
#include <lvs/port.h>
#include <poll.h>

struct rig {
	struct lvs_port *port;
	struct lvs_port *other; /* memory backend, to lend from */
	uint32_t link;		/* what the port must say it is */
	int far_fd;		/* of use to the rig only */
};

/* Bytes of link header that the port's packets have. */
#ifndef RIG_L2
#define RIG_L2 FRAME_L2
#endif

/* A port that lends up to BUFFERS packets and can send what the rig takes. */
static void rig_open(struct rig *rig, uint32_t buffers);
static void rig_close(struct rig *rig);
/* Have F arrive at the port. */
static void rig_put(struct rig *rig, const struct frame *f);
/* What the port has sent; waits for it. */
static void rig_take(struct rig *rig, struct frame *f);

/* For a rig's other port. */
static struct lvs_port *open_other(void)
{
	struct lvs_port_opts opts = LVS_OPTS(struct lvs_port_opts);
	struct lvs_port *port;

	opts.link = 99;
	ck_assert_int_eq(lvs_port_open("memory", &opts, &port), 0);
	return port;
}

static const int families[] = { AF_INET, AF_INET6 };

#define EACH_FAMILY(family)                                                    \
	for (size_t i_ = 0, family = 0;                                        \
	     i_ < 2 && ((family = (size_t)families[i_]), true); i_++)

/* Lends WANT packets, and no more, within five seconds. */
static void rx(struct rig *rig, struct lvs_pkt *pkts[], int want, size_t max)
{
	struct pollfd fd = { .fd = lvs_port_fd(rig->port), .events = POLLIN };
	int have = 0;

	for (;;) {
		int got =
			lvs_port_rx(rig->port, pkts + have, max - (size_t)have);

		ck_assert_int_ge(got, 0);
		have += got;
		ck_assert_int_le(have, want);
		if (have == want)
			break;
		ck_assert_msg(poll(&fd, 1, 5000) == 1, "%d of %d packets", have,
			      want);
	}
}

static struct lvs_pkt *rx_one(struct rig *rig)
{
	struct lvs_pkt *pkt;

	rx(rig, &pkt, 1, 1);
	return pkt;
}

static void expect_none(struct rig *rig)
{
	struct lvs_pkt *pkt;

	ck_assert_int_eq(lvs_port_rx(rig->port, &pkt, 1), 0);
}

/* F as the port has it, without what link header it does not keep. */
static const unsigned char *kept(const struct frame *f)
{
	return f->bytes + FRAME_L2 - RIG_L2;
}

static size_t kept_len(const struct frame *f)
{
	return f->len - FRAME_L2 + RIG_L2;
}

static void expect_same(const struct lvs_pkt *pkt, const struct frame *f)
{
	ck_assert_uint_eq(pkt->len, kept_len(f));
	ck_assert_mem_eq(pkt->data, kept(f), pkt->len);
	ck_assert_uint_eq(pkt->off.gso, f->off.gso);
	ck_assert_uint_eq(pkt->off.gso_size, f->off.gso_size);
	ck_assert_uint_eq(pkt->off.flags & LVS_OFF_CSUM,
			  f->off.flags & LVS_OFF_CSUM);
	if (f->off.flags & LVS_OFF_CSUM) {
		ck_assert_uint_eq(pkt->off.csum_start, f->off.csum_start);
		ck_assert_uint_eq(pkt->off.csum_offset, f->off.csum_offset);
	}
}

START_TEST(lends_what_arrives)
{
	struct rig rig;
	struct frame f;

	rig_open(&rig, 4);
	ck_assert_uint_eq(lvs_port_link(rig.port), rig.link);
	expect_none(&rig);
	EACH_FAMILY(family)
	{
		struct lvs_pkt *pkt;

		frame_tcp(&f, (int)family, 100);
		frame_finish(&f);
		rig_put(&rig, &f);
		pkt = rx_one(&rig);
		expect_same(pkt, &f);
		ck_assert_uint_ge(pkt->headroom, LVS_PKT_HEADROOM);
		ck_assert_uint_eq(pkt->l2_len, RIG_L2);
		ck_assert_uint_eq(pkt->link_in, rig.link);
		ck_assert_uint_eq(pkt->to_host, 1);
		/* All the room it has is there to be written to. */
		memset(pkt->data - pkt->headroom, 0xaa, pkt->headroom);
		memset(pkt->data + pkt->len, 0xaa, pkt->tailroom);
		lvs_port_release(rig.port, &pkt, 1);
	}
	rig_close(&rig);
}
END_TEST

#if RIG_L2 > 0
START_TEST(a_broadcast_is_not_to_this_host)
{
	struct rig rig;
	struct frame f;
	struct lvs_pkt *pkt;

	rig_open(&rig, 4);
	frame_tcp(&f, AF_INET, 1);
	frame_finish(&f);
	memset(f.bytes, 0xff, 6);
	rig_put(&rig, &f);
	pkt = rx_one(&rig);
	ck_assert_uint_eq(pkt->to_host, 0);
	lvs_port_release(rig.port, &pkt, 1);
	rig_close(&rig);
}
END_TEST
#define LINK_TESTS a_broadcast_is_not_to_this_host,
#else
#define LINK_TESTS
#endif

/* Frames told apart by the first byte of payload. */
static void put_numbered(struct rig *rig, unsigned char number)
{
	struct frame f;

	frame_tcp(&f, AF_INET, 8);
	f.bytes[f.payload] = number;
	frame_finish(&f);
	rig_put(rig, &f);
}

START_TEST(lends_in_order_and_no_more_than_asked_or_agreed)
{
	struct rig rig;
	struct lvs_pkt *pkts[8], *more[8];

	rig_open(&rig, 3);
	for (unsigned char i = 0; i < 3; i++)
		put_numbered(&rig, i);
	rx(&rig, pkts, 2, 2);
	rx(&rig, pkts + 2, 1, 6);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(pkts[i]->data[pkts[i]->len - 8], i);
	/* Three are on loan: the fourth waits until one comes back. */
	put_numbered(&rig, 3);
	ck_assert_int_eq(lvs_port_rx(rig.port, more, 8), 0);
	lvs_port_release(rig.port, &pkts[1], 1);
	rx(&rig, more, 1, 8);
	ck_assert_uint_eq(more[0]->data[more[0]->len - 8], 3);
	ck_assert_uint_eq(pkts[2]->data[pkts[2]->len - 8], 2);
	lvs_port_release(rig.port, more, 1);
	lvs_port_release(rig.port, &pkts[2], 1);
	lvs_port_release(rig.port, &pkts[0], 1);
	rig_close(&rig);
}
END_TEST

/* Where a backend cannot tell, it never says that something is there. */
START_TEST(says_when_something_is_pending)
{
	struct lvs_pkt *pkts[4];
	struct rig rig;

	rig_open(&rig, 4);
	ck_assert(!lvs_port_pending(rig.port));
	put_numbered(&rig, 0);
	put_numbered(&rig, 1);
	rx(&rig, pkts, 1, 1);
	/* The second is there, as it came by the same way without delay. */
	ck_assert(lvs_port_pending(rig.port) ==
		  (rig.port->backend->pending != NULL));
	rx(&rig, pkts + 1, 1, 3);
	ck_assert(!lvs_port_pending(rig.port));
	lvs_port_release(rig.port, pkts, 2);
	rig_close(&rig);
}
END_TEST

/* F as a packet of the caller's own. */
static void as_packet(struct lvs_pkt *pkt, struct frame *f)
{
	lvs_pkt_init(pkt, f->bytes, (uint32_t)f->len, 0, (uint32_t)f->len,
		     FRAME_L2);
	pkt->off = f->off;
}

START_TEST(sends_in_order)
{
	static struct frame f[3], got;
	struct lvs_pkt pkt[3];
	struct lvs_pkt *pkts[3];
	struct rig rig;

	rig_open(&rig, 4);
	EACH_FAMILY(family)
	{
		for (size_t i = 0; i < 3; i++) {
			frame_tcp(&f[i], (int)family, 60 + i);
			frame_finish(&f[i]);
			as_packet(&pkt[i], &f[i]);
			pkts[i] = &pkt[i];
		}
		ck_assert_uint_eq(lvs_port_tx(rig.port, pkts, 3), 3);
		for (size_t i = 0; i < 3; i++) {
			rig_take(&rig, &got);
			ck_assert_uint_eq(got.len, f[i].len);
			ck_assert_mem_eq(got.bytes, f[i].bytes, got.len);
		}
	}
	rig_close(&rig);
}
END_TEST

START_TEST(sends_more_than_a_burst)
{
	static struct frame f, got;
	struct lvs_pkt pkt;
	struct lvs_pkt *pkts[LVS_BURST + 1];
	struct rig rig;

	rig_open(&rig, 2 * LVS_BURST);
	frame_tcp(&f, AF_INET, 100);
	frame_finish(&f);
	as_packet(&pkt, &f);
	for (size_t i = 0; i <= LVS_BURST; i++)
		pkts[i] = &pkt;
	ck_assert_uint_eq(lvs_port_tx(rig.port, pkts, LVS_BURST + 1),
			  LVS_BURST + 1);
	for (size_t i = 0; i <= LVS_BURST; i++)
		rig_take(&rig, &got);
	rig_close(&rig);
}
END_TEST

START_TEST(sends_what_another_port_lent)
{
	static struct frame f, got;
	struct lvs_pkt *pkt;
	struct rig rig;

	rig_open(&rig, 4);
	frame_tcp(&f, AF_INET6, 500);
	frame_finish(&f);
	ck_assert_int_eq(lvs_memory_put(rig.other, f.bytes, f.len, NULL), 0);
	ck_assert_int_eq(lvs_port_rx(rig.other, &pkt, 1), 1);
	ck_assert_uint_eq(lvs_port_tx(rig.port, &pkt, 1), 1);
	lvs_port_release(rig.other, &pkt, 1);
	rig_take(&rig, &got);
	ck_assert_uint_eq(got.len, f.len);
	ck_assert_mem_eq(got.bytes, f.bytes, got.len);
	rig_close(&rig);
}
END_TEST

START_TEST(what_no_interface_can_cut_is_cut_before)
{
	static const size_t payload = 3 * FRAME_MSS + 7;
	static struct frame f, got;
	struct rig rig;
	struct lvs_pkt pkt;
	struct lvs_pkt *pkts[1] = { &pkt };

	rig_open(&rig, 64);
	EACH_FAMILY(family)
	{
		size_t at = 0;

		frame_tcp(&f, (int)family, payload);
		frame_encap(&f);
		as_packet(&pkt, &f);
		ck_assert_uint_eq(lvs_port_tx(rig.port, pkts, 1), 1);
		for (unsigned i = 0; i < 4; i++) {
			size_t n = i < 3 ? FRAME_MSS : 7;

			rig_take(&rig, &got);
			ck_assert_uint_eq(got.off.gso, LVS_GSO_NONE);
			ck_assert_uint_eq(got.off.flags & LVS_OFF_CSUM, 0);
			ck_assert_uint_eq(got.len, f.payload + n);
			ck_assert_mem_eq(got.bytes + f.payload,
					 f.bytes + f.payload + at, n);
			ck_assert_msg(frame_right(&got, FRAME_L2 + 20),
				      "segment %u: a wrong checksum", i);
			at += n;
		}
	}
	rig_close(&rig);
}
END_TEST

START_TEST(a_checksum_behind_an_outer_header_is_completed)
{
	static struct frame f, got;
	struct rig rig;
	struct lvs_pkt pkt;
	struct lvs_pkt *pkts[1] = { &pkt };

	rig_open(&rig, 4);
	EACH_FAMILY(family)
	{
		frame_tcp(&f, (int)family, 333);
		frame_encap(&f);
		as_packet(&pkt, &f);
		ck_assert_uint_eq(lvs_port_tx(rig.port, pkts, 1), 1);
		rig_take(&rig, &got);
		ck_assert_uint_eq(got.off.flags & LVS_OFF_CSUM, 0);
		ck_assert(frame_right(&got, FRAME_L2 + 20));
	}
	rig_close(&rig);
}
END_TEST

START_TEST(counts)
{
	static struct frame f, got;
	struct lvs_port_stats stats;
	struct lvs_pkt *pkt;
	struct rig rig;

	rig_open(&rig, 4);
	frame_tcp(&f, AF_INET, 100);
	frame_finish(&f);
	rig_put(&rig, &f);
	pkt = rx_one(&rig);
	ck_assert_uint_eq(lvs_port_tx(rig.port, &pkt, 1), 1);
	ck_assert_uint_eq(lvs_port_tx(rig.port, &pkt, 1), 1);
	lvs_port_release(rig.port, &pkt, 1);
	rig_take(&rig, &got);
	rig_take(&rig, &got);
	lvs_port_stats(rig.port, &stats);
	ck_assert_uint_eq(stats.rx_packets, 1);
	ck_assert_uint_eq(stats.rx_bytes, kept_len(&f));
	ck_assert_uint_eq(stats.tx_packets, 2);
	ck_assert_uint_eq(stats.tx_bytes, 2 * kept_len(&f));
	ck_assert_uint_eq(stats.rx_dropped + stats.rx_errors, 0);
	ck_assert_uint_eq(stats.tx_dropped + stats.tx_errors, 0);
	rig_close(&rig);
}
END_TEST

#define CONTRACT_TESTS                                                         \
	LINK_TESTS lends_what_arrives,                                         \
		lends_in_order_and_no_more_than_asked_or_agreed,               \
		says_when_something_is_pending, sends_in_order,                \
		sends_more_than_a_burst, sends_what_another_port_lent,         \
		what_no_interface_can_cut_is_cut_before,                       \
		a_checksum_behind_an_outer_header_is_completed, counts

#endif
