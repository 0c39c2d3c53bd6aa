/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conn_model.h - a connection table, and beside it a plain array of what must
 * be in it.
 */
#ifndef LVS_TESTS_MODEL_CONN_MODEL_H
#define LVS_TESTS_MODEL_CONN_MODEL_H

#include "check.h"

#include "base/prng.h"
#include "model/conn.h"
#include "unit/counted.h"

#include <lvs/director.h>
#include <lvs/engine.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* One connection that may be, numbered: its keys follow from its number. */
struct expected {
	struct lvs_conn *conn; /* NULL: not in the table */
	uint32_t seen, timeout;
	bool replies; /* its reply key finds it */
	bool walked;
};

struct fixture {
	struct lvs_conn_table *tab;
	struct counted counted;
	struct lvs_prng prng;
	struct expected *all;
	uint32_t count; /* of all[] */
	uint32_t live;
	uint32_t tick;	  /* of the last advance */
	uint32_t expired; /* in the last advance */
	uint32_t renew;	  /* ticks that every 4th is given at its end */
	lvs_tstamp now;
};

static inline union lvs_ip address(bool v6, uint32_t a, uint32_t b)
{
	union lvs_ip ip = { .d = { 0, 0 } };

	ip.v4_be = htonl(10u << 24 | a << 16 | b);
	if (v6)
		ip.w_be[3] = htonl(0xabcd0000 | b);
	return ip;
}

/* Even numbers are IPv4, odd ones IPv6; every third is not NAT. */
static inline uint16_t flags_of(uint32_t number)
{
	static const enum lvs_method methods[] = {
		LVS_METHOD_NAT,
		LVS_METHOD_NAT,
		LVS_METHOD_DR,
	};

	return (uint16_t)(methods[number % 3] << LVS_CONN_METHOD_SHIFT |
			  (number % 7 ? LVS_CONN_REPLY : 0));
}

static inline void request_of(uint32_t number, struct lvs_flow *flow)
{
	bool v6 = number % 2;

	memset(flow, 0, sizeof(*flow));
	flow->family = v6 ? AF_INET6 : AF_INET;
	flow->protocol = number % 5 ? IPPROTO_TCP : IPPROTO_UDP;
	flow->src = address(v6, 1, number / 16);
	flow->sport_be = htons((uint16_t)(1024 + number % 16));
	flow->dst = address(v6, 2, 1);
	flow->dport_be = htons(80);
}

static inline union lvs_ip dest_of(uint32_t number)
{
	return address(number % 2, 3, number % 10);
}

#define DPORT 8080

static inline void reply_of(uint32_t number, struct lvs_flow *flow)
{
	struct lvs_flow request;
	bool nat = flags_of(number) >> LVS_CONN_METHOD_SHIFT == LVS_METHOD_NAT;

	request_of(number, &request);
	*flow = request;
	flow->src = nat ? dest_of(number) : request.dst;
	flow->sport_be = nat ? htons(DPORT) : request.dport_be;
	flow->dst = request.src;
	flow->dport_be = request.sport_be;
}

/* The number of CONN goes with it, in a field that is the engine's. */
static inline uint32_t expired(void *ctx, struct lvs_conn *conn)
{
	struct fixture *f = ctx;
	struct expected *x = &f->all[conn->dest];

	LVS_MUST(x->conn == conn);
	LVS_MUST(f->tick - x->seen >= x->timeout);
	f->expired++;
	if (f->renew && conn->dest % 4 == 0) {
		x->seen = f->tick;
		x->timeout = f->renew;
		return f->renew;
	}
	x->conn = NULL;
	x->replies = false;
	f->live--;
	return 0;
}

static inline void setup(struct fixture *f, uint32_t count, uint32_t limit,
			 lvs_tstamp now)
{
	struct lvs_conn_table_opts opts = {
		.hash_key = { 11, 12 },
		.limit = limit,
		.expired = expired,
		.ctx = f,
	};

	memset(f, 0, sizeof(*f));
	counted_init(&f->counted);
	opts.mem = &f->counted.mem;
	lvs_prng_seed(&f->prng, count);
	f->all = calloc(count, sizeof(*f->all));
	f->count = count;
	f->now = now;
	f->tick = lvs_tick(now);
	LVS_MUST(lvs_conn_table_new(&opts, now, &f->tab) == 0);
}

static inline void teardown(struct fixture *f)
{
	lvs_conn_table_free(f->tab);
	LVS_MUST(f->counted.bytes == 0);
	free(f->all);
}

static inline bool add(struct fixture *f, uint32_t number, uint32_t timeout)
{
	struct expected *x = &f->all[number];
	union lvs_ip dest = dest_of(number);
	struct lvs_flow flow;

	request_of(number, &flow);
	x->conn = lvs_conn_add(f->tab, &flow, &dest, htons(DPORT),
			       flags_of(number), timeout, f->now);
	if (!x->conn)
		return false;
	x->conn->dest = number;
	x->seen = lvs_tick(f->now);
	x->timeout = timeout;
	x->replies = flags_of(number) & LVS_CONN_REPLY;
	f->live++;
	return true;
}

static inline void del(struct fixture *f, uint32_t number)
{
	lvs_conn_del(f->tab, f->all[number].conn);
	f->all[number].conn = NULL;
	f->all[number].replies = false;
	f->live--;
}

/* A burst of look-ups of connections from FIRST on, both ways, and a gap. */
static inline void find_from(struct fixture *f, uint32_t first)
{
	struct lvs_flow flows[LVS_BURST];
	const struct lvs_flow *ptrs[LVS_BURST];
	struct lvs_conn_aims aims;
	struct lvs_conn *conns[LVS_BURST];
	uint8_t dirs[LVS_BURST];

	for (uint32_t i = 0; i < LVS_BURST; i++) {
		uint32_t number = (first + i / 2) % f->count;

		if (i % 2)
			reply_of(number, &flows[i]);
		else
			request_of(number, &flows[i]);
		ptrs[i] = i == 6 ? NULL : &flows[i];
	}
	for (size_t i = 0; i < LVS_BURST; i += LVS_CONN_AIM)
		lvs_conn_aim(f->tab, ptrs, &aims, i, LVS_CONN_AIM);
	lvs_conn_find(f->tab, ptrs, &aims, conns, dirs, LVS_BURST);
	for (uint32_t i = 0; i < LVS_BURST; i++) {
		const struct expected *x = &f->all[(first + i / 2) % f->count];
		bool there = i % 2 ? x->replies : x->conn != NULL;

		if (i == 6 || !there) {
			LVS_MUST(!conns[i]);
			continue;
		}
		LVS_MUST(conns[i] == x->conn);
		LVS_MUST(dirs[i] == i % 2 ? LVS_REPLY : LVS_REQUEST);
	}
}

static inline void check_all(struct fixture *f)
{
	LVS_MUST(lvs_conn_count(f->tab) == f->live);
	LVS_MUST(lvs_conn_table_bytes(f->tab) == f->counted.bytes);
	for (uint32_t i = 0; i < f->count; i += LVS_BURST / 2)
		find_from(f, i);
}

/* How many of the model are due, and must therefore expire. */
static inline uint32_t count_due(const struct fixture *f)
{
	uint32_t due = 0;

	for (uint32_t i = 0; i < f->count; i++) {
		const struct expected *x = &f->all[i];

		due += x->conn && f->tick - x->seen >= x->timeout;
	}
	return due;
}

/* Time goes on by TICKS; what is due goes, in calls of at most MAX. */
static inline void advance(struct fixture *f, uint32_t ticks, size_t max)
{
	lvs_tstamp next;
	uint32_t due;

	f->now += (lvs_tstamp)ticks << LVS_TICK_SHIFT;
	f->tick = lvs_tick(f->now);
	f->expired = 0;
	due = count_due(f);
	for (uint32_t before = 0;; before = f->expired) {
		bool more = lvs_conn_table_advance(f->tab, f->now, max, &next);

		LVS_MUST(f->expired - before <= max);
		if (!more)
			break;
	}
	LVS_MUST(f->expired == due);
	LVS_MUST(next > f->now);
}

static inline void touch(struct expected *x, lvs_tstamp now)
{
	x->seen = lvs_tick(now);
	lvs_conn_touch(x->conn, x->seen);
}

/* Times around which 32 bits of ticks, or half of them, are used up. */
static const lvs_tstamp beginnings[] = {
	0,
	((lvs_tstamp)INT32_MAX - 100000) << LVS_TICK_SHIFT,
	((lvs_tstamp)UINT32_MAX - 100000) << LVS_TICK_SHIFT,
};

#endif
