/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flood.c - a million SYNs from random addresses, while real clients talk and
 * others come: all that were there go on, newcomers get in, memory is bounded
 * and comes back, and every count is exact.
 *
 * What the limit does to single connections is in cases/limit.flow; what a
 * flood costs in time tests/bench/flood measures.
 */
#include "check.h"

#include "base/prng.h"
#include "engine/engine.h"
#include "packet.h"
#include "sum.h"
#include "unit/counted.h"
#include "world.h"
#include <string.h>

#define LIMIT	    20000u
#define ESTABLISHED 5000u
#define SYNS	    1000000u
#define NEWCOMERS   20u /* handshakes in the midst of it */

/* Bytes of a connection, all included, and what there is without any. */
#define CONN_BYTES 130u
#define BASE_BYTES (1u << 20)

struct flood {
	struct world w;
	struct counted counted;
	struct lvs_prng prng;
	unsigned char syn[128]; /* the flood's, but for who it is from */
	int syn_len;
	size_t bytes_max;
};

/* A SYN from anywhere. */
static enum lvs_verdict syn(struct flood *f)
{
	unsigned char *ip = world_ip(&f->w);
	bool v4 = f->w.af == AF_INET;
	uint64_t random[2] = { lvs_prng_next(&f->prng),
			       lvs_prng_next(&f->prng) };

	memcpy(ip, f->syn, (size_t)f->syn_len);
	memcpy(ip + (v4 ? 12 : 8), random, v4 ? 4 : 14);
	ip[v4 ? 12 : 8] = 0x20; /* a single host's, whatever follows */
	memcpy(ip + (v4 ? 20 : 40), &random[1], 2);
	ip[v4 ? 20 : 40] |= 4; /* not from port 20 */
	if (v4) {
		unsigned sum;

		memset(ip + 10, 0, 2);
		sum = sum_of(ip, 20);
		ip[10] = (unsigned char)(sum >> 8);
		ip[11] = (unsigned char)sum;
	}
	return world_hand_in(&f->w, f->syn_len, LINK_C);
}

static void set_up(struct flood *f, int af)
{
	struct lvs_offload off;

	memset(f, 0, sizeof(*f));
	lvs_prng_seed(&f->prng, 7);
	counted_init(&f->counted);
	world_open(&f->w, af, &f->counted.mem);
	world_engine(&f->w, LIMIT);
	world_service(&f->w, "wlc", 0);
	world_dest(&f->w, "R1", 8000, LVS_METHOD_NAT);
	f->syn_len = packet_build("F:1 > V:80 tcp S", af, f->syn,
				  sizeof(f->syn), &off);
}

static bool handshake(struct flood *f, unsigned port)
{
	return world_sends(&f->w, LINK_C, "F:%u > V:80 tcp S", port) &&
	       world_sends(&f->w, LINK_S, "R1:8000 > F:%u tcp SA", port) &&
	       world_sends(&f->w, LINK_C, "F:%u > V:80 tcp A", port) &&
	       world_sends(&f->w, LINK_C, "F:%u > V:80 tcp PA len 9", port);
}

/* One that comes in the midst of SYNs, and has to try again if refused. */
static unsigned newcomer(struct flood *f, unsigned port)
{
	unsigned tries = 1;

	while (!world_sends(&f->w, LINK_C, "F:%u > V:80 tcp S", port)) {
		tries++;
		for (unsigned i = 0; i < 1000; i++)
			syn(f);
	}
	for (unsigned i = 0; i < LIMIT / 4; i++)
		syn(f);
	ck_assert(world_sends(&f->w, LINK_S, "R1:8000 > F:%u tcp SA", port));
	for (unsigned i = 0; i < LIMIT / 4; i++)
		syn(f);
	ck_assert(world_sends(&f->w, LINK_C, "F:%u > V:80 tcp A", port));
	ck_assert(world_sends(&f->w, LINK_C, "F:%u > V:80 tcp PA len 9", port));
	return tries;
}

static void flood(struct flood *f)
{
	for (unsigned i = 0; i < SYNS; i++) {
		syn(f);
		if (f->counted.bytes > f->bytes_max)
			f->bytes_max = f->counted.bytes;
		if (i % 50 == 0)
			f->w.now += LVS_MSEC / 10;
		if (i % 1000 == 0)
			lvs_engine_tick(f->w.eng, f->w.now);
	}
}

static void all_still_talk(struct flood *f)
{
	for (unsigned i = 0; i < ESTABLISHED + NEWCOMERS; i++) {
		ck_assert(world_sends(&f->w, LINK_C, "F:%u > V:80 tcp PA len 3",
				      1024 + i));
		ck_assert(world_sends(&f->w, LINK_S,
				      "R1:8000 > F:%u tcp PA len 3", 1024 + i));
	}
}

/* What is in the table, what was counted, and that nothing is missing. */
static void check_counts(const struct flood *f)
{
	struct lvs_engine_stats stats = LVS_OPTS(struct lvs_engine_stats);
	struct lvs_dest_info info;
	uint64_t evicted, refused;

	lvs_engine_stats(f->w.eng, &stats);
	ck_assert_uint_eq(lvs_dest_list(f->w.dir, &f->w.svc, 0, &info, 1), 1);
	evicted = stats.evicted[LVS_EVICT_HALF_OPEN];
	refused = stats.dropped[LVS_REASON_CONN_LIMIT];
	ck_assert_uint_eq(stats.conns, LIMIT);
	ck_assert_uint_eq(stats.conn_limit, LIMIT);
	ck_assert_uint_eq(stats.evicted[LVS_EVICT_CLOSING], 0);
	ck_assert_uint_eq(stats.evicted[LVS_EVICT_BARE], 0);
	ck_assert_uint_eq(info.active, LIMIT);
	ck_assert_uint_eq(info.inact, 0);
	ck_assert_uint_eq(info.stats.conns, LIMIT + evicted);
	/* The hand meets all that stay in one place: few are refused. */
	ck_assert_uint_lt(refused, SYNS / 50);
	ck_assert_uint_eq(stats.packets, stats.sent + refused);
}

static uint64_t conns_after(struct flood *f, lvs_tstamp time)
{
	struct lvs_engine_stats stats = LVS_OPTS(struct lvs_engine_stats);

	f->w.now += time;
	while (lvs_engine_tick(f->w.eng, f->w.now) <= f->w.now)
		;
	lvs_engine_stats(f->w.eng, &stats);
	return stats.conns;
}

/* Half-open ones go first; when all are gone, so is their memory. */
static void calm(struct flood *f)
{
	ck_assert_uint_eq(conns_after(f, 70 * LVS_SEC),
			  ESTABLISHED + NEWCOMERS);
	all_still_talk(f);
	ck_assert_uint_eq(conns_after(f, 1000 * LVS_SEC), 0);
	ck_assert_uint_lt(f->counted.bytes, f->bytes_max / 3);
}

static void million(int af)
{
	static struct flood f;
	unsigned tries = 0;

	set_up(&f, af);
	for (unsigned i = 0; i < ESTABLISHED; i++)
		ck_assert(handshake(&f, 1024 + i));
	flood(&f);
	for (unsigned i = 0; i < NEWCOMERS; i++)
		tries += newcomer(&f, 1024 + ESTABLISHED + i);
	ck_assert_uint_lt(tries, 3 * NEWCOMERS);
	all_still_talk(&f);
	check_counts(&f);
	ck_assert_uint_lt(f.bytes_max, LIMIT * CONN_BYTES + BASE_BYTES);
	calm(&f);
	world_close(&f.w);
	ck_assert_uint_eq(f.counted.bytes, 0);
}

START_TEST(a_million_syns_v4)
{
	million(AF_INET);
}
END_TEST

START_TEST(a_million_syns_v6)
{
	million(AF_INET6);
}
END_TEST

LVS_TEST_MAIN("flow/flood", a_million_syns_v4, a_million_syns_v6)
