/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conn.c - the connection table against a model that is a plain array.
 */
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

static union lvs_ip address(bool v6, uint32_t a, uint32_t b)
{
	union lvs_ip ip = { .d = { 0, 0 } };

	ip.v4_be = htonl(10u << 24 | a << 16 | b);
	if (v6)
		ip.w_be[3] = htonl(0xabcd0000 | b);
	return ip;
}

/* Even numbers are IPv4, odd ones IPv6; every third is not NAT. */
static uint16_t flags_of(uint32_t number)
{
	static const enum lvs_method methods[] = {
		LVS_METHOD_NAT,
		LVS_METHOD_NAT,
		LVS_METHOD_DR,
	};

	return (uint16_t)(methods[number % 3] << LVS_CONN_METHOD_SHIFT |
			  (number % 7 ? LVS_CONN_REPLY : 0));
}

static void request_of(uint32_t number, struct lvs_flow *flow)
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

static union lvs_ip dest_of(uint32_t number)
{
	return address(number % 2, 3, number % 10);
}

#define DPORT 8080

static void reply_of(uint32_t number, struct lvs_flow *flow)
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
static uint32_t expired(void *ctx, struct lvs_conn *conn)
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

static void setup(struct fixture *f, uint32_t count, uint32_t limit,
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

static void teardown(struct fixture *f)
{
	lvs_conn_table_free(f->tab);
	LVS_MUST(f->counted.bytes == 0);
	free(f->all);
}

static bool add(struct fixture *f, uint32_t number, uint32_t timeout)
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

static void del(struct fixture *f, uint32_t number)
{
	lvs_conn_del(f->tab, f->all[number].conn);
	f->all[number].conn = NULL;
	f->all[number].replies = false;
	f->live--;
}

/* A burst of look-ups of connections from FIRST on, both ways, and a gap. */
static void find_from(struct fixture *f, uint32_t first)
{
	struct lvs_flow flows[LVS_BURST];
	const struct lvs_flow *ptrs[LVS_BURST];
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
	lvs_conn_find(f->tab, ptrs, conns, dirs, LVS_BURST);
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

static void check_all(struct fixture *f)
{
	LVS_MUST(lvs_conn_count(f->tab) == f->live);
	LVS_MUST(lvs_conn_table_bytes(f->tab) == f->counted.bytes);
	for (uint32_t i = 0; i < f->count; i += LVS_BURST / 2)
		find_from(f, i);
}

/* How many of the model are due, and must therefore expire. */
static uint32_t count_due(const struct fixture *f)
{
	uint32_t due = 0;

	for (uint32_t i = 0; i < f->count; i++) {
		const struct expected *x = &f->all[i];

		due += x->conn && f->tick - x->seen >= x->timeout;
	}
	return due;
}

/* Time goes on by TICKS; what is due goes, in calls of at most MAX. */
static void advance(struct fixture *f, uint32_t ticks, size_t max)
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

static void touch(struct expected *x, lvs_tstamp now)
{
	x->seen = lvs_tick(now);
	lvs_conn_touch(x->conn, x->seen);
}

static uint32_t some_timeout(struct fixture *f)
{
	static const uint32_t below[] = { 3, 50, 2000, 60000, 5000000 };

	return (uint32_t)lvs_prng_below(&f->prng,
					below[lvs_prng_below(&f->prng, 5)]);
}

static void random_step(struct fixture *f)
{
	uint32_t number = (uint32_t)lvs_prng_below(&f->prng, f->count);
	struct expected *x = &f->all[number];
	uint64_t dice = lvs_prng_below(&f->prng, 100);

	if (dice < 5) {
		static const uint32_t below[] = { 3, 300, 20000, 300000 };

		advance(f,
			(uint32_t)lvs_prng_below(
				&f->prng, below[lvs_prng_below(&f->prng, 4)]),
			dice == 0 ? 3 : 1000);
	} else if (dice < 10) {
		find_from(f, number);
	} else if (!x->conn) {
		LVS_MUST(add(f, number, some_timeout(f)));
	} else if (dice < 20) {
		del(f, number);
	} else if (dice < 60) {
		touch(x, f->now);
	} else {
		x->timeout = some_timeout(f);
		lvs_conn_set_timeout(f->tab, x->conn, x->timeout);
	}
}

/* Times around which 32 bits of ticks, or half of them, are used up. */
static const lvs_tstamp beginnings[] = {
	0,
	((lvs_tstamp)INT32_MAX - 100000) << LVS_TICK_SHIFT,
	((lvs_tstamp)UINT32_MAX - 100000) << LVS_TICK_SHIFT,
};

START_TEST(random_use)
{
	struct fixture f;

	setup(&f, 2000, 0, beginnings[_i]);
	f.renew = _i == 1 ? 700 : 0;
	for (int step = 0; step < 60000; step++) {
		random_step(&f);
		if (step % 5000 == 0)
			check_all(&f);
	}
	check_all(&f);
	f.renew = 0;
	advance(&f, 10000000, 1000);
	LVS_MUST(f.live == 0);
	check_all(&f);
	teardown(&f);
}
END_TEST

/* Each timeout exactly: there one tick before, gone at it. */
START_TEST(expires_at_the_tick)
{
	struct fixture f;

	setup(&f, 1, 0, 12345 * LVS_SEC);
	for (uint32_t timeout = 1; timeout < 100000;
	     timeout += 1 + timeout / 3) {
		LVS_MUST(add(&f, 0, timeout));
		advance(&f, timeout - 1, 10);
		LVS_MUST(f.all[0].conn);
		advance(&f, 1, 10);
		LVS_MUST(!f.all[0].conn);
	}
	teardown(&f);
}
END_TEST

/* The caller that does as it is told by *NEXT is never late. */
START_TEST(next_is_in_time)
{
	struct fixture f;
	lvs_tstamp next;

	setup(&f, 500, 0, 77 * LVS_SEC);
	for (uint32_t i = 0; i < f.count; i++)
		LVS_MUST(add(&f, i, 1 + i * i));
	while (f.live > 0) {
		LVS_MUST(!lvs_conn_table_advance(f.tab, f.now, 1000, &next));
		if (f.live == 0)
			break;
		LVS_MUST(next < UINT64_MAX);
		for (uint32_t i = 0; i < f.count; i++) {
			const struct expected *x = &f.all[i];

			LVS_MUST(!x->conn ||
				 lvs_tick(next) - x->seen <= x->timeout);
		}
		f.now = next;
		f.tick = lvs_tick(next);
	}
	lvs_conn_table_advance(f.tab, f.now, 1000, &next);
	LVS_MUST(next == UINT64_MAX);
	teardown(&f);
}
END_TEST

/* Long after it was made the table sees its first packet. */
START_TEST(late_beginning)
{
	struct fixture f;

	setup(&f, 1, 0, 0);
	f.now = (lvs_tstamp)1000 * 86400 * LVS_SEC;
	LVS_MUST(add(&f, 0, 500));
	advance(&f, 499, 10);
	LVS_MUST(f.all[0].conn);
	advance(&f, 1, 10);
	LVS_MUST(!f.all[0].conn);
	teardown(&f);
}
END_TEST

/* As long as ticks can say: looked at now and then, and left alone. */
START_TEST(longest_timeout)
{
	struct fixture f;

	setup(&f, 2, 0, beginnings[_i]);
	for (uint32_t i = 0; i < f.count; i++)
		LVS_MUST(add(&f, i, i ? UINT32_MAX : 10));
	/* The wheel looks at tick 10 when the last packet was at 1000. */
	f.now += (lvs_tstamp)1000 << LVS_TICK_SHIFT;
	touch(&f.all[0], f.now);
	f.all[0].timeout = UINT32_MAX;
	lvs_conn_set_timeout(f.tab, f.all[0].conn, UINT32_MAX);
	for (uint32_t step = 0; step < 1500; step++) {
		lvs_tstamp next;
		bool more;

		if (step > 0)
			f.now += (lvs_tstamp)lvs_prng_below(&f.prng, 1u << 21)
				 << LVS_TICK_SHIFT;
		f.tick = lvs_tick(f.now);
		more = lvs_conn_table_advance(f.tab, f.now, 3, &next);
		LVS_MUST(!more);
		LVS_MUST(next > f.now);
		LVS_MUST(f.live == 2);
	}
	check_all(&f);
	teardown(&f);
}
END_TEST

/* Over several rounds of growing everything is found all the time. */
START_TEST(growth)
{
	struct fixture f;

	setup(&f, 200000, 0, 0);
	for (uint32_t i = 0; i < f.count; i++) {
		LVS_MUST(add(&f, i, 1000));
		if (i % 16 == 0)
			find_from(&f, (uint32_t)lvs_prng_below(&f.prng, i + 1));
	}
	check_all(&f);
	LVS_MUST(f.counted.bytes < f.count * 112);
	advance(&f, 1000, 256);
	LVS_MUST(f.live == 0);
	teardown(&f);
}
END_TEST

START_TEST(limit)
{
	struct fixture f;

	setup(&f, 200, 100, 0);
	for (uint32_t i = 0; i < 100; i++) {
		LVS_MUST(!lvs_conn_table_full(f.tab));
		LVS_MUST(add(&f, i, 10));
	}
	LVS_MUST(lvs_conn_table_full(f.tab));
	LVS_MUST(!add(&f, 100, 10));
	check_all(&f);
	del(&f, 50);
	LVS_MUST(!lvs_conn_table_full(f.tab));
	LVS_MUST(add(&f, 100, 10));
	check_all(&f);
	teardown(&f);
}
END_TEST

/* Whatever allocation fails, one connection is refused and none is harmed. */
START_TEST(no_memory)
{
	for (uint64_t fail_at = 1; fail_at < 200; fail_at++) {
		struct fixture f;
		struct lvs_conn_table_opts opts = { .expired = expired,
						    .ctx = &f };

		setup(&f, 30000, 0, 0);
		lvs_conn_table_free(f.tab);
		f.counted.calls = 0;
		f.counted.fail_at = fail_at;
		f.counted.fail_after = fail_at % 2;
		opts.mem = &f.counted.mem;
		if (lvs_conn_table_new(&opts, 0, &f.tab) != 0) {
			LVS_MUST(f.counted.bytes == 0);
			free(f.all);
			continue;
		}
		for (uint32_t i = 0; i < f.count; i++)
			add(&f, i, 10);
		if (f.counted.calls < fail_at) {
			teardown(&f);
			break;
		}
		check_all(&f);
		advance(&f, 10, 64);
		LVS_MUST(f.live == 0);
		teardown(&f);
	}
}
END_TEST

/* Two services, one real server, one client port: a reply key twice. */
START_TEST(shared_reply_key)
{
	for (int v6 = 0; v6 < 2; v6++) {
		struct fixture f;
		struct lvs_flow a, b, reply;
		union lvs_ip dest = address(v6, 3, 1);
		struct lvs_conn *first, *second;
		uint8_t dir;

		setup(&f, 1, 0, 0);
		request_of((uint32_t)v6, &a);
		b = a;
		b.dst = address(v6, 2, 2);
		reply = a;
		reply.src = dest;
		reply.sport_be = htons(53);
		reply.dst = a.src;
		reply.dport_be = a.sport_be;

		first = lvs_conn_add(f.tab, &a, &dest, htons(53),
				     LVS_CONN_REPLY, 10, 0);
		second = lvs_conn_add(f.tab, &b, &dest, htons(53),
				      LVS_CONN_REPLY, 10, 0);
		/* The newer one has it, */
		LVS_MUST(lvs_conn_find_one(f.tab, &reply, &dir) == second);
		LVS_MUST(dir == LVS_REPLY);
		LVS_MUST(lvs_conn_find_one(f.tab, &b, &dir) == second);
		LVS_MUST(lvs_conn_find_one(f.tab, &reply, &dir) == second);
		/* until the other one asks, */
		LVS_MUST(lvs_conn_find_one(f.tab, &a, &dir) == first);
		LVS_MUST(lvs_conn_find_one(f.tab, &reply, &dir) == first);
		/* or has gone, and the one that is left asks. */
		lvs_conn_del(f.tab, first);
		LVS_MUST(!lvs_conn_find_one(f.tab, &reply, &dir));
		LVS_MUST(lvs_conn_find_one(f.tab, &b, &dir) == second);
		LVS_MUST(lvs_conn_find_one(f.tab, &reply, &dir) == second);
		lvs_conn_del(f.tab, second);
		LVS_MUST(!lvs_conn_find_one(f.tab, &reply, &dir));
		teardown(&f);
	}
}
END_TEST

/* What lives through a walk is seen exactly once, whatever else happens. */
START_TEST(walk_under_churn)
{
	struct fixture f;
	struct lvs_conn *conns[7];
	uint64_t cursor = 0;
	size_t got;
	uint32_t stays = 0, seen = 0;

	setup(&f, 20000, 0, 0);
	for (uint32_t i = 0; i < f.count; i++) {
		if (lvs_prng_below(&f.prng, 2))
			LVS_MUST(add(&f, i, 100));
	}
	while ((got = lvs_conn_walk(f.tab, &cursor, conns, 7)) > 0) {
		for (size_t i = 0; i < got; i++) {
			struct expected *x = &f.all[conns[i]->dest];

			LVS_MUST(x->conn == conns[i]);
			/* Those of a number divisible by 3 are left alone. */
			LVS_MUST(conns[i]->dest % 3 || !x->walked);
			x->walked = true;
		}
		for (int i = 0; i < 10; i++) {
			uint32_t number =
				(uint32_t)lvs_prng_below(&f.prng, f.count);

			if (number % 3 == 0)
				continue;
			if (f.all[number].conn)
				del(&f, number);
			else
				LVS_MUST(add(&f, number, 100));
		}
	}
	for (uint32_t i = 0; i < f.count; i += 3) {
		stays += f.all[i].conn != NULL;
		seen += f.all[i].walked;
	}
	LVS_MUST(seen == stays);
	check_all(&f);
	teardown(&f);
}
END_TEST

static void drained(void *ctx, struct lvs_conn *conn)
{
	struct fixture *f = ctx;

	LVS_MUST(f->all[conn->dest].conn == conn);
	f->all[conn->dest].conn = NULL;
	f->live--;
}

START_TEST(drain_calls_each_once)
{
	struct fixture f;

	setup(&f, 5000, 0, 0);
	for (uint32_t i = 0; i < f.count; i++)
		LVS_MUST(add(&f, i, 100));
	lvs_conn_table_drain(f.tab, drained, &f);
	LVS_MUST(f.live == 0);
	LVS_MUST(f.counted.bytes == 0);
	free(f.all);
}
END_TEST

START_TEST(record_keeps_its_key)
{
	for (uint32_t number = 0; number < 2; number++) {
		struct fixture f;
		struct lvs_addr client, virt, dest;
		const struct lvs_conn *conn;
		union lvs_ip expected_dest = dest_of(number);
		struct lvs_flow flow;

		setup(&f, 2, 0, 5 * LVS_SEC);
		LVS_MUST(add(&f, number, 100));
		conn = f.all[number].conn;
		request_of(number, &flow);
		lvs_conn_addrs(conn, &client, &virt, &dest);
		LVS_MUST(client.family == flow.family);
		LVS_MUST(lvs_ip_equal(&client.ip, &flow.src));
		LVS_MUST(lvs_ip_equal(&virt.ip, &flow.dst));
		LVS_MUST(lvs_ip_equal(&dest.ip, &expected_dest));
		LVS_MUST(conn->cport_be == flow.sport_be);
		LVS_MUST(conn->vport_be == flow.dport_be);
		LVS_MUST(conn->dport_be == htons(DPORT));
		LVS_MUST(conn->protocol == flow.protocol);
		LVS_MUST(conn->packets == 0);
		LVS_MUST(conn->state == 0);
		LVS_MUST(conn->seen == lvs_tick(5 * LVS_SEC));
		LVS_MUST(lvs_conn_left(conn, f.tick) == 100);
		teardown(&f);
	}
	LVS_MUST(LVS_CONN_SIZE_V4 == 48);
	LVS_MUST(LVS_CONN_SIZE_V6 == 88);
}
END_TEST

/* Seconds are never too few ticks, wherever in its tick a packet came. */
START_TEST(seconds_are_not_early)
{
	for (uint32_t secs = 0; secs < 100000; secs += 1 + secs / 7) {
		lvs_tstamp seen = (lvs_tstamp)77 * LVS_SEC + secs * 1234567;
		lvs_tstamp due =
			(lvs_tstamp)(lvs_tick(seen) + lvs_secs_to_ticks(secs))
			<< LVS_TICK_SHIFT;

		LVS_MUST(due >= seen + secs * LVS_SEC);
		LVS_MUST(due <= seen + secs * LVS_SEC + (2u << LVS_TICK_SHIFT));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("model/conn");
	TCase *tc = tcase_create("conn");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, random_use, 0, 3);
	tcase_add_test(tc, expires_at_the_tick);
	tcase_add_test(tc, next_is_in_time);
	tcase_add_test(tc, late_beginning);
	tcase_add_loop_test(tc, longest_timeout, 0, 3);
	tcase_add_test(tc, growth);
	tcase_add_test(tc, limit);
	tcase_add_test(tc, no_memory);
	tcase_add_test(tc, shared_reply_key);
	tcase_add_test(tc, walk_under_churn);
	tcase_add_test(tc, drain_calls_each_once);
	tcase_add_test(tc, record_keeps_its_key);
	tcase_add_test(tc, seconds_are_not_early);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
