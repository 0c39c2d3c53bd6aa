/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conn.c - the connection table: what is found in it, whatever was done to it.
 */
#include "unit/model/conn_model.h"

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

/* The same, asked and deleted while neither reply key is in the map yet. */
START_TEST(shared_reply_key_at_once)
{
	for (int gone = 0; gone < 2; gone++) {
		struct fixture f;
		struct lvs_flow a, b, reply;
		union lvs_ip dest = address(0, 3, 1);
		struct lvs_conn *first, *second;
		uint8_t dir;

		setup(&f, 1, 0, 0);
		request_of(0, &a);
		b = a;
		b.dst = address(0, 2, 2);
		reply = a;
		reply.src = dest;
		reply.sport_be = htons(53);
		reply.dst = a.src;
		reply.dport_be = a.sport_be;

		first = lvs_conn_add(f.tab, &a, &dest, htons(53),
				     LVS_CONN_REPLY, 10, 0);
		second = lvs_conn_add(f.tab, &b, &dest, htons(53),
				      LVS_CONN_REPLY, 10, 0);
		if (gone) {
			lvs_conn_del(f.tab, second);
			LVS_MUST(!lvs_conn_find_one(f.tab, &reply, &dir));
		}
		LVS_MUST(lvs_conn_find_one(f.tab, &a, &dir) == first);
		LVS_MUST(dir == LVS_REQUEST);
		LVS_MUST(lvs_conn_find_one(f.tab, &reply, &dir) == first);
		LVS_MUST(dir == LVS_REPLY);
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

int main(void)
{
	Suite *suite = suite_create("model/conn");
	TCase *tc = tcase_create("conn");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, random_use, 0, 3);
	tcase_add_test(tc, growth);
	tcase_add_test(tc, limit);
	tcase_add_test(tc, no_memory);
	tcase_add_test(tc, shared_reply_key);
	tcase_add_test(tc, shared_reply_key_at_once);
	tcase_add_test(tc, walk_under_churn);
	tcase_add_test(tc, drain_calls_each_once);
	tcase_add_test(tc, record_keeps_its_key);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
