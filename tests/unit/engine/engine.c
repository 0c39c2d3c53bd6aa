/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An engine's coming and going, and what it does when memory or room is short;
 * what it does to packets is in tests/flow.
 */
#include "check.h"

#include "engine/engine.h"
#include "unit/counted.h"
#include "unit/model/setup.h"

static const char *const families[][2] = {
	{ "10.9.0.1:80", "10.1.0.1:8000" },
	{ "[fd00:9::1]:80", "[fd00:1::1]:8000" },
};

static struct lvs_director *director_of(struct counted *counted)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_director *dir;

	counted_init(counted);
	opts.mem = &counted->mem;
	ck_assert_int_eq(lvs_director_new(&opts, &dir), 0);
	return dir;
}

static struct lvs_service_id serve(struct lvs_director *dir, size_t family,
				   uint32_t flags)
{
	struct lvs_service_conf conf = service_conf(families[family][0], "rr");

	conf.flags = flags;
	conf.timeout = 300;
	ck_assert_int_eq(lvs_service_add(dir, &conf), 0);
	add_dest(dir, &conf.id, families[family][1], 1);
	return conf.id;
}

/* A bare SYN from the N-th client port to the service; what became of it. */
static struct lvs_pkt syn_later(struct lvs_engine *eng,
				const struct lvs_service_id *svc, uint16_t n,
				lvs_tstamp now)
{
	static unsigned char buf[512];
	struct lvs_pkt pkt, *pkts[] = { &pkt };
	bool v6 = svc->addr.family == AF_INET6;
	unsigned char *ip, *tcp;

	lvs_pkt_init(&pkt, buf, sizeof(buf), LVS_PKT_HEADROOM, v6 ? 60 : 40, 0);
	memset(pkt.data, 0, pkt.len);
	ip = pkt.data;
	tcp = ip + (v6 ? 40 : 20);
	ip[0] = v6 ? 0x60 : 0x45;
	ip[v6 ? 5 : 3] = v6 ? 20 : 40;
	ip[v6 ? 6 : 9] = IPPROTO_TCP;
	ip[v6 ? 7 : 8] = 64;
	ip[v6 ? 23 : 15] = 9;
	memcpy(ip + (v6 ? 24 : 16), svc->addr.ip.b, v6 ? 16 : 4);
	if (!v6) {
		uint16_t sum = lvs_csum_of(ip, 20);

		memcpy(ip + 10, &sum, 2);
	}
	tcp[0] = 40;
	tcp[1] = (unsigned char)n;
	tcp[3] = 80;
	tcp[12] = 5 << 4;
	tcp[13] = LVS_TCP_SYN;
	lvs_engine_input(eng, pkts, 1, now);
	return pkt;
}

static struct lvs_pkt syn(struct lvs_engine *eng,
			  const struct lvs_service_id *svc, uint16_t n)
{
	return syn_later(eng, svc, n, LVS_SEC);
}

START_TEST(as_many_as_a_director_takes)
{
	struct lvs_engine *eng[LVS_ENGINES_MAX + 1];
	struct lvs_director *dir = new_director();

	for (size_t i = 0; i < LVS_ENGINES_MAX; i++)
		ck_assert_int_eq(lvs_engine_new(dir, NULL, &eng[i]), 0);
	eng[LVS_ENGINES_MAX] = NULL;
	ck_assert_int_eq(lvs_engine_new(dir, NULL, &eng[LVS_ENGINES_MAX]),
			 LVS_ERR_NOSPC);
	ck_assert_ptr_null(eng[LVS_ENGINES_MAX]);
	lvs_engine_free(eng[7]);
	ck_assert_int_eq(lvs_engine_new(dir, NULL, &eng[7]), 0);
	for (size_t i = 0; i < LVS_ENGINES_MAX; i++)
		lvs_engine_free(eng[i]);
	lvs_engine_free(NULL);
	lvs_director_free(dir);
}
END_TEST

START_TEST(options_of_another_version)
{
	struct {
		struct lvs_engine_opts opts;
		uint64_t later;
	} newer = { .opts = { .sz = sizeof(newer) } };
	struct lvs_director *dir = new_director();
	struct lvs_engine *eng;

	ck_assert_int_eq(lvs_engine_new(dir, &newer.opts, &eng), 0);
	lvs_engine_free(eng);
	newer.later = 1;
	ck_assert_int_eq(lvs_engine_new(dir, &newer.opts, &eng), LVS_ERR_INVAL);
	newer.opts.sz = 0;
	ck_assert_int_eq(lvs_engine_new(dir, &newer.opts, &eng), LVS_ERR_INVAL);
	lvs_director_free(dir);
}
END_TEST

START_TEST(what_an_engine_leaves)
{
	struct counted counted;
	struct lvs_director *dir = director_of(&counted);
	struct lvs_service_id svc = serve(dir, (size_t)_i, 0);
	struct lvs_engine *eng;
	struct lvs_dest *dest = the_dest(dir, &svc, families[_i][1]);

	ck_assert_int_eq(lvs_engine_new(dir, NULL, &eng), 0);
	for (uint16_t i = 1; i <= 100; i++)
		ck_assert_uint_eq(syn(eng, &svc, i).verdict, LVS_SEND);
	ck_assert_uint_eq(dest->refs, 100);
	ck_assert_uint_eq(dest->active, 100);
	lvs_engine_free(eng);
	ck_assert_uint_eq(dest->refs, 0);
	ck_assert_uint_eq(dest->active, 0);
	ck_assert_uint_eq(dest->total, 0);
	lvs_director_free(dir);
	ck_assert_uint_eq(counted.bytes, 0);
}
END_TEST

START_TEST(the_limit_of_connections)
{
	struct lvs_engine_opts opts = LVS_OPTS(struct lvs_engine_opts);
	struct lvs_engine_stats stats = LVS_OPTS(struct lvs_engine_stats);
	struct lvs_director *dir = new_director();
	struct lvs_service_id svc = serve(dir, (size_t)_i, 0);
	struct lvs_dest *dest = the_dest(dir, &svc, families[_i][1]);
	struct lvs_engine *eng;

	opts.conn_limit = 10;
	ck_assert_int_eq(lvs_engine_new(dir, &opts, &eng), 0);
	for (uint16_t i = 1; i <= 10; i++)
		ck_assert_uint_eq(syn(eng, &svc, i).verdict, LVS_SEND);
	/* One of those gives way; what that does is in tests/flow. */
	ck_assert_uint_eq(syn(eng, &svc, 11).verdict, LVS_SEND);
	ck_assert_uint_eq(dest->total, 10);
	lvs_engine_stats(eng, &stats);
	ck_assert_uint_eq(stats.conns, 10);
	ck_assert_uint_eq(stats.conn_limit, 10);
	ck_assert_uint_eq(stats.packets, 11);
	ck_assert_uint_eq(stats.sent, 11);
	ck_assert_uint_eq(stats.evicted[LVS_EVICT_HALF_OPEN], 1);
	lvs_engine_free(eng);
	lvs_director_free(dir);
}
END_TEST

struct lines {
	unsigned count;
	enum lvs_level level;
	char last[256];
};

static void note(void *ctx, enum lvs_level level, const char *text)
{
	struct lines *lines = ctx;

	lines->count++;
	lines->level = level;
	snprintf(lines->last, sizeof(lines->last), "%s", text);
}

static void syn_at(struct lvs_engine *eng, const struct lvs_service_id *svc,
		   lvs_tstamp now)
{
	lvs_engine_tick(eng, now);
	syn_later(eng, svc, 1, now);
}

START_TEST(nobody_takes_it_is_said_seldom)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lines lines = { 0 };
	struct lvs_director *dir;
	struct lvs_service_conf conf = service_conf(families[_i][0], "wlc");
	struct lvs_engine *eng;
	char wanted[128];

	opts.log = (struct lvs_log){ .emit = note, .ctx = &lines };
	ck_assert_int_eq(lvs_director_new(&opts, &dir), 0);
	ck_assert_int_eq(lvs_service_add(dir, &conf), 0);
	ck_assert_int_eq(lvs_engine_new(dir, NULL, &eng), 0);
	for (unsigned i = 0; i < 100; i++)
		syn_at(eng, &conf.id, LVS_SEC + i * LVS_MSEC);
	ck_assert_uint_eq(lines.count, 1);
	ck_assert_int_eq(lines.level, LVS_LOG_ERR);
	snprintf(wanted, sizeof(wanted),
		 "wlc: TCP %s - no destination available", families[_i][0]);
	ck_assert_str_eq(lines.last, wanted);
	syn_at(eng, &conf.id, 6 * LVS_SEC - 1);
	ck_assert_uint_eq(lines.count, 1);
	syn_at(eng, &conf.id, 6 * LVS_SEC);
	ck_assert_uint_eq(lines.count, 2);
	lvs_engine_free(eng);
	lvs_director_free(dir);
}
END_TEST

START_TEST(a_full_table_is_said_seldom)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_engine_opts limited = LVS_OPTS(struct lvs_engine_opts);
	struct lines lines = { 0 };
	struct lvs_director *dir;
	struct lvs_service_id svc;
	struct lvs_engine *eng;

	opts.log = (struct lvs_log){ .emit = note, .ctx = &lines };
	limited.conn_limit = 10;
	ck_assert_int_eq(lvs_director_new(&opts, &dir), 0);
	svc = serve(dir, (size_t)_i, 0);
	ck_assert_int_eq(lvs_engine_new(dir, &limited, &eng), 0);
	for (uint16_t i = 1; i <= 10; i++)
		syn_later(eng, &svc, i, LVS_SEC);
	ck_assert_uint_eq(lines.count, 0);
	for (uint16_t i = 11; i <= 99; i++)
		syn_later(eng, &svc, i, LVS_SEC + i * LVS_MSEC);
	ck_assert_uint_eq(lines.count, 1);
	ck_assert_int_eq(lines.level, LVS_LOG_WARNING);
	syn_later(eng, &svc, 100, 62 * LVS_SEC);
	ck_assert_uint_eq(lines.count, 2);
	lvs_engine_free(eng);
	lvs_director_free(dir);
}
END_TEST

/* Any one allocation fails, in turn; FLAGS are the service's. */
static void starve(size_t family, uint32_t flags)
{
	for (uint64_t nth = 1;; nth++) {
		struct counted counted;
		struct lvs_director *dir = director_of(&counted);
		struct lvs_service_id svc = serve(dir, family, flags);
		struct lvs_dest *dest =
			the_dest(dir, &svc, families[family][1]);
		uint64_t before = counted.calls;
		struct lvs_engine *eng = NULL;

		counted.fail_at = before + nth;
		if (lvs_engine_new(dir, NULL, &eng) == 0) {
			unsigned sent = 0;

			for (uint16_t i = 1; i <= 40; i++) {
				struct lvs_pkt pkt = syn(eng, &svc, i);

				sent += pkt.verdict == LVS_SEND;
				if (pkt.verdict == LVS_DROP)
					ck_assert_uint_eq(pkt.reason,
							  LVS_REASON_NO_MEMORY);
			}
			ck_assert_uint_eq(dest->total, sent);
			ck_assert_uint_ge(sent, 39);
		} else {
			ck_assert_ptr_null(eng);
		}
		lvs_engine_free(eng);
		ck_assert_uint_eq(dest->refs, 0);
		lvs_director_free(dir);
		ck_assert_uint_eq(counted.bytes, 0);
		if (counted.calls < before + nth)
			break;
	}
}

START_TEST(any_allocation_may_fail)
{
	starve((size_t)_i, 0);
	starve((size_t)_i, LVS_SVC_PERSISTENT);
}
END_TEST

/* Every test in both families; those that don't care run twice. */
int main(void)
{
	const TTest *const tests[] = {
		as_many_as_a_director_takes, options_of_another_version,
		what_an_engine_leaves,	     the_limit_of_connections,
		any_allocation_may_fail,     nobody_takes_it_is_said_seldom,
		a_full_table_is_said_seldom,
	};
	Suite *suite = suite_create("engine/engine");
	SRunner *runner = srunner_create(suite);
	TCase *tc = tcase_create("engine");
	int failed;

	tcase_set_timeout(tc, 120);
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)
		tcase_add_loop_test(tc, tests[i], 0, 2);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
