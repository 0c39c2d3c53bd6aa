/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fast_table.c - how the fast path finds a flow in the table, and counts what
 * it has forwarded, while an engine writes there.
 */
#include "unit/bpf/fast_run.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

/* ---- the table ----------------------------------------------------------- */

static bool is_forwarded(struct lvs_fastpath *fast, int af, const char *packet)
{
	struct result result;
	struct lvs_pkt pkt;

	make(&pkt, packet, af);
	run(fast, &pkt, &(struct about){ 0 }, &result);
	if (result.action != TC_ACT_REDIRECT)
		expect_left("left alone", af, &pkt, &result);
	return result.action == TC_ACT_REDIRECT;
}

static bool requests_are_forwarded(struct lvs_fastpath *fast, int af)
{
	return is_forwarded(fast, af, "C:1000 > V:80 tcp A len 9");
}

START_TEST(any_place_of_the_right_bucket)
{
	for (size_t f = 0; f < 2; f++) {
		struct lvs_fastpath *fast = open_fast(4096);
		const struct lvs_fast_table *table = lvs_fastpath_table(fast);
		int af = families[f];

		ck_assert_uint_eq(table->buckets, 1024);
		for (unsigned way = 0; way < LVS_FAST_WAYS; way++) {
			struct lvs_fast_flow *flow =
				flow_place(table, &request, af, way);

			ck_assert(!requests_are_forwarded(fast, af));
			flow_fill(table, flow, &request, af);
			ck_assert(requests_are_forwarded(fast, af));
			ck_assert_uint_eq(flow->packets, 1);
			flow->version++;
		}
		flow_fill(table,
			  flow_place(table, &request, af, 0) + LVS_FAST_WAYS,
			  &request, af);
		ck_assert(!requests_are_forwarded(fast, af));
		lvs_fastpath_close(fast);
	}
}
END_TEST

START_TEST(every_byte_of_the_key_counts)
{
	for (size_t f = 0; f < 2; f++) {
		struct lvs_fastpath *fast = open_fast(4);
		const struct lvs_fast_table *table = lvs_fastpath_table(fast);
		int af = families[f];
		struct lvs_fast_flow *flow = flow_put(table, &request, af);
		unsigned char *key = (unsigned char *)&flow->key;

		for (size_t i = 0; i < sizeof(flow->key); i++) {
			key[i] ^= 0x10;
			ck_assert_msg(!requests_are_forwarded(fast, af),
				      "byte %zu", i);
			key[i] ^= 0x10;
		}
		ck_assert(requests_are_forwarded(fast, af));
		lvs_fastpath_close(fast);
	}
}
END_TEST

START_TEST(versions_and_generations)
{
	struct lvs_fastpath *fast = open_fast(64);
	const struct lvs_fast_table *table = lvs_fastpath_table(fast);
	struct lvs_fast_flow *flow = flow_put(table, &request, AF_INET);

	ck_assert(requests_are_forwarded(fast, AF_INET));
	flow->version++;
	ck_assert(!requests_are_forwarded(fast, AF_INET));
	flow->version++;
	ck_assert(requests_are_forwarded(fast, AF_INET));
	table->state->generation++;
	ck_assert(!requests_are_forwarded(fast, AF_INET));
	flow->generation++;
	ck_assert(requests_are_forwarded(fast, AF_INET));
	lvs_fastpath_close(fast);
}
END_TEST

/* A flow that was taken out may stand before the one that counts. */
START_TEST(the_dead_hide_nobody)
{
	struct lvs_fastpath *fast = open_fast(64);
	const struct lvs_fast_table *table = lvs_fastpath_table(fast);
	struct lvs_fast_flow *first = flow_put(table, &request, AF_INET);
	struct lvs_fast_flow *old = first + 1, *last = first + 3;

	flow_fill(table, old, &request, AF_INET);
	flow_fill(table, last, &request, AF_INET);
	first->version++;
	old->generation--;
	ck_assert(requests_are_forwarded(fast, AF_INET));
	ck_assert_uint_eq(last->packets, 1);
	lvs_fastpath_close(fast);
}
END_TEST

static uint64_t monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

START_TEST(counting)
{
	for (size_t f = 0; f < 2; f++) {
		struct lvs_fastpath *fast = open_fast(64);
		const struct lvs_fast_table *table = lvs_fastpath_table(fast);
		int af = families[f];
		struct lvs_fast_flow *flow = flow_put(table, &request, af);
		uint32_t head = af == AF_INET ? 40 : 60;
		const struct about segments = { .gso_size = 1000,
						.gso_segs = 3 };
		uint64_t before = monotonic();
		struct result result;
		struct lvs_pkt pkt;

		is_forwarded(fast, af, "C:1000 > V:80 tcp A len 9 pad 6");
		ck_assert_uint_eq(flow->packets, 1);
		ck_assert_uint_eq(flow->bytes, head + 9);
		ck_assert_uint_ge(flow->used, before);
		ck_assert_uint_le(flow->used, monotonic());
		is_forwarded(fast, af, "C:1000 > V:80 tcp FA len 9");
		make(&pkt, "C:1000 > V:80 tcp A len 2500", af);
		run(fast, &pkt, &segments, &result);
		ck_assert_uint_eq(flow->packets, 2);
		ck_assert_uint_eq(flow->bytes, head + 9 + head + 2500);
		lvs_fastpath_close(fast);
	}
}
END_TEST

/* ---- beside an engine that writes ---------------------------------------- */

struct writer {
	const struct lvs_fast_table *table;
	struct lvs_fast_flow *flow;
	atomic_bool stop;
};

/* What one place has in turns: of two the key is the same. */
static const struct rule turns[] = {
	{
		.from = "C:1000",
		.to = "V:80",
		.steps = LVS_FAST_DST,
		.write = "R1:8080",
		.link = 1,
	},
	{
		.from = "C:1000",
		.to = "V:80",
		.steps = LVS_FAST_DST,
		.write = "R2:9999",
		.link = 1,
	},
	{
		.from = "C:1000",
		.to = "V2:81",
		.steps = LVS_FAST_DST,
		.write = "R3:7777",
		.link = 1,
	},
};

/* Now shorter than a look at a flow takes, now longer. */
static void dawdle(unsigned turn)
{
	for (unsigned i = 0; i < turn % 32 * 8; i++)
		__asm__ volatile("" : : : "memory");
}

static void write_slowly(struct lvs_fast_flow *flow,
			 const struct lvs_fast_flow *what, unsigned turn)
{
	const uint32_t version = flow->version | 1;

	__atomic_store_n(&flow->version, version, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	flow->key = what->key;
	memcpy(flow->addr_be, what->addr_be, sizeof(flow->addr_be));
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	dawdle(turn);
	flow->port_be = what->port_be;
	__atomic_store_n(&flow->version, version + 1, __ATOMIC_SEQ_CST);
}

static void *write_in_turns(void *arg)
{
	struct lvs_fast_flow flows[NUM(turns)] = { 0 };
	struct writer *w = arg;

	for (size_t i = 0; i < NUM(turns); i++)
		flow_fill(w->table, &flows[i], &turns[i], AF_INET);
	for (unsigned i = 0; !atomic_load(&w->stop); i++) {
		write_slowly(w->flow, &flows[i % NUM(turns)], i);
		dawdle(i / 32);
	}
	return NULL;
}

/* That RESULT is of one of the first two. */
static unsigned which_turn(const struct result *result)
{
	const unsigned char *dst = result->bytes + ETH_LEN + 16;
	struct lvs_addr addr;
	uint16_t port;

	for (unsigned i = 0; i < 2; i++) {
		port = read_endpoint(turns[i].write, AF_INET, &addr.ip);
		if (memcmp(dst, &addr.ip, 4) == 0 &&
		    memcmp(dst + 6, &port, 2) == 0)
			return i;
	}
	ck_abort_msg("to %u.%u.%u.%u, port %u", dst[0], dst[1], dst[2], dst[3],
		     (unsigned)(dst[6] << 8 | dst[7]));
	return 0;
}

#define RACES 50000

START_TEST(a_flow_is_read_whole)
{
	struct lvs_fastpath *fast = open_fast(4);
	struct writer w = { .table = lvs_fastpath_table(fast) };
	unsigned forwarded[2] = { 0 };
	struct result result;
	struct lvs_pkt pkt;
	pthread_t thread;

	w.flow = flow_put(w.table, &turns[0], AF_INET);
	make(&pkt, "C:1000 > V:80 tcp A", AF_INET);
	ck_assert_int_eq(pthread_create(&thread, NULL, write_in_turns, &w), 0);
	for (unsigned i = 0; i < RACES; i++) {
		run(fast, &pkt, &(struct about){ 0 }, &result);
		if (result.action == TC_ACT_REDIRECT)
			forwarded[which_turn(&result)]++;
	}
	atomic_store(&w.stop, true);
	pthread_join(thread, NULL);
	ck_assert_uint_gt(forwarded[0], 0);
	ck_assert_uint_gt(forwarded[1], 0);
	ck_assert_uint_lt(forwarded[0] + forwarded[1], RACES);
	lvs_fastpath_close(fast);
}
END_TEST

/* ---- open and close ------------------------------------------------------ */

START_TEST(sizes)
{
	static const struct {
		uint32_t flows, buckets;
	} rows[] = {
		{ 0, 16384 }, { 1, 1 },	     { 4, 1 },
		{ 5, 2 },     { 1000, 256 }, { 1 << 16, 1 << 14 },
	};
	struct lvs_fastpath_opts opts = LVS_OPTS(struct lvs_fastpath_opts);
	struct lvs_fastpath *fast;

	for (size_t i = 0; i < NUM(rows); i++) {
		const struct lvs_fast_table *table;

		fast = open_fast(rows[i].flows);
		table = lvs_fastpath_table(fast);
		ck_assert_uint_eq(table->buckets, rows[i].buckets);
		ck_assert_uint_eq((uintptr_t)table->flows % 64, 0);
		/* The last place is there. */
		ck_assert_uint_eq(
			table->flows[table->buckets * LVS_FAST_WAYS - 1]
				.version,
			0);
		lvs_fastpath_close(fast);
	}
	opts.flows = (1 << 24) + 1;
	ck_assert_int_eq(lvs_fastpath_open(&opts, &fast), LVS_ERR_INVAL);
	lvs_fastpath_close(NULL);
}
END_TEST

LVS_TEST_MAIN_UNLESS(missing(), "bpf/fast_table", any_place_of_the_right_bucket,
		     every_byte_of_the_key_counts, versions_and_generations,
		     the_dead_hide_nobody, counting, a_flow_is_read_whole,
		     sizes)
