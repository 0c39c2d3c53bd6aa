/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.c - the memory backend: the contract, and its other side.
 */
#include "check.h"
#include "offload.h"

static struct lvs_port *open_memory(uint32_t link, uint32_t buffers,
				    bool can_all)
{
	struct lvs_port_opts opts = LVS_OPTS(struct lvs_port_opts);
	struct lvs_port *port;

	opts.link = link;
	opts.buffers = buffers;
	opts.can_csum = opts.can_gso = can_all;
	ck_assert_int_eq(lvs_port_open("memory", &opts, &port), 0);
	return port;
}

static void rig_open(struct rig *rig, uint32_t buffers)
{
	rig->link = 5;
	rig->port = open_memory(rig->link, buffers, true);
	rig->other = open_other();
}

static void rig_close(struct rig *rig)
{
	lvs_port_close(rig->port);
	lvs_port_close(rig->other);
}

static void rig_put(struct rig *rig, const struct frame *f)
{
	ck_assert_int_eq(lvs_memory_put(rig->port, f->bytes, f->len, &f->off),
			 0);
}

static void rig_take(struct rig *rig, struct frame *f)
{
	int got =
		lvs_memory_take(rig->port, f->bytes, sizeof(f->bytes), &f->off);

	ck_assert_int_gt(got, 0);
	f->len = (size_t)got;
}

START_TEST(a_full_queue_takes_no_more)
{
	struct lvs_port *port = open_memory(1, 2, false);
	struct lvs_port_stats stats;
	static struct frame f;
	struct lvs_pkt pkt;
	struct lvs_pkt *pkts[3] = { &pkt, &pkt, &pkt };

	frame_tcp(&f, AF_INET, 10);
	frame_finish(&f);
	ck_assert_int_eq(lvs_memory_put(port, f.bytes, f.len, NULL), 0);
	ck_assert_int_eq(lvs_memory_put(port, f.bytes, f.len, NULL), 0);
	ck_assert_int_eq(lvs_memory_put(port, f.bytes, f.len, NULL),
			 LVS_ERR_NOSPC);
	as_packet(&pkt, &f);
	ck_assert_uint_eq(lvs_port_tx(port, pkts, 3), 2);
	lvs_port_stats(port, &stats);
	ck_assert_uint_eq(stats.tx_packets, 2);
	ck_assert_uint_eq(stats.tx_dropped, 1);
	lvs_port_close(port);
}
END_TEST

START_TEST(take_says_when_the_buffer_is_too_small)
{
	struct lvs_port *port = open_memory(1, 2, false);
	static struct frame f;
	struct lvs_pkt pkt;
	struct lvs_pkt *pkts[1] = { &pkt };
	unsigned char small[20];

	ck_assert_int_eq(lvs_memory_take(port, f.bytes, sizeof(f.bytes), NULL),
			 0);
	frame_tcp(&f, AF_INET, 10);
	frame_finish(&f);
	as_packet(&pkt, &f);
	ck_assert_uint_eq(lvs_port_tx(port, pkts, 1), 1);
	ck_assert_int_eq(lvs_memory_take(port, small, sizeof(small), NULL),
			 LVS_ERR_MSGSIZE);
	ck_assert_int_eq(lvs_memory_take(port, f.bytes, sizeof(f.bytes), NULL),
			 (int)f.len);
	lvs_port_close(port);
}
END_TEST

/* An interface that can nothing gets finished frames, no longer than the MSS
 * makes them. */
START_TEST(what_the_interface_cannot_do_is_done_before)
{
	static struct frame f, got;
	struct lvs_port *port = open_memory(1, 16, false);
	struct lvs_pkt pkt;
	struct lvs_pkt *pkts[1] = { &pkt };

	EACH_FAMILY(family)
	{
		frame_tcp(&f, (int)family, 2 * FRAME_MSS);
		as_packet(&pkt, &f);
		ck_assert_uint_eq(lvs_port_tx(port, pkts, 1), 1);
		for (unsigned i = 0; i < 2; i++) {
			int n = lvs_memory_take(port, got.bytes,
						sizeof(got.bytes), &got.off);

			ck_assert_int_eq(n, (int)f.payload + FRAME_MSS);
			got.len = (size_t)n;
			ck_assert_uint_eq(got.off.gso, LVS_GSO_NONE);
			ck_assert(frame_right(&got, FRAME_L2));
		}
		frame_tcp(&f, (int)family, 9);
		as_packet(&pkt, &f);
		ck_assert_uint_eq(lvs_port_tx(port, pkts, 1), 1);
		got.len = (size_t)lvs_memory_take(port, got.bytes,
						  sizeof(got.bytes), &got.off);
		ck_assert(frame_right(&got, FRAME_L2));
	}
	ck_assert_int_eq(lvs_memory_take(port, got.bytes, sizeof(got.bytes),
					 NULL),
			 0);
	lvs_port_close(port);
}
END_TEST

START_TEST(open_says_what_is_wrong)
{
	struct lvs_port_opts opts = LVS_OPTS(struct lvs_port_opts);
	struct lvs_port *port = NULL;

	ck_assert_int_eq(lvs_port_open("carrier-pigeon", &opts, &port),
			 LVS_ERR_NOENT);
	opts.sz = 0;
	ck_assert_int_eq(lvs_port_open("memory", &opts, &port), LVS_ERR_INVAL);
	ck_assert_ptr_null(port);
}
END_TEST

START_TEST(backends_can_be_listed_and_found)
{
	const struct lvs_backend *backend;
	size_t n;

	for (n = 0; (backend = lvs_backend_at(n)); n++) {
		ck_assert_ptr_eq(lvs_backend_find(backend->name), backend);
		ck_assert_uint_gt(strlen(backend->summary), 0);
	}
	ck_assert_uint_gt(n, 1);
	ck_assert_ptr_null(lvs_backend_at(n + 1));
	ck_assert_ptr_null(lvs_backend_find(""));
}
END_TEST

LVS_TEST_MAIN("io/memory", CONTRACT_TESTS, OFFLOAD_TESTS,
	      a_full_queue_takes_no_more,
	      take_says_when_the_buffer_is_too_small,
	      what_the_interface_cannot_do_is_done_before,
	      open_says_what_is_wrong, backends_can_be_listed_and_found)
