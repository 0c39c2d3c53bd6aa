/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * director.c - a director and its engines; memory that runs out.
 */
#include "unit/counted.h"
#include "unit/model/setup.h"

START_TEST(timeouts)
{
	struct lvs_director *dir = new_director();
	struct lvs_timeouts t;

	lvs_director_timeouts(dir, &t);
	ck_assert_uint_eq(t.tcp, 900);
	ck_assert_uint_eq(t.tcp_fin, 120);
	ck_assert_uint_eq(t.udp, 300);
	t = (struct lvs_timeouts){ .tcp_fin = 60 };
	ck_assert_int_eq(lvs_director_set_timeouts(dir, &t), 0);
	t = (struct lvs_timeouts){ .tcp = 5, .udp = LVS_TIMEOUT_MAX + 1 };
	ck_assert_int_eq(lvs_director_set_timeouts(dir, &t), LVS_ERR_INVAL);
	lvs_director_timeouts(dir, &t);
	ck_assert_uint_eq(t.tcp, 900);
	ck_assert_uint_eq(t.tcp_fin, 60);
	ck_assert_uint_eq(t.udp, 300);
	lvs_director_free(dir);
}
END_TEST

/* Options of a caller compiled against a smaller, or larger, header. */
START_TEST(option_sizes)
{
	struct {
		struct lvs_director_opts opts;
		uint64_t newer;
	} large = { .opts = LVS_OPTS(struct lvs_director_opts) };
	struct lvs_director *dir;

	large.opts.sz = offsetof(struct lvs_director_opts, mem);
	large.opts.mem = (void *)1; /* not looked at */
	ck_assert_int_eq(lvs_director_new(&large.opts, &dir), 0);
	lvs_director_free(dir);
	large.opts = LVS_OPTS(struct lvs_director_opts);
	large.opts.sz = sizeof(large);
	ck_assert_int_eq(lvs_director_new(&large.opts, &dir), 0);
	lvs_director_free(dir);
	large.newer = 1;
	ck_assert_int_eq(lvs_director_new(&large.opts, &dir), LVS_ERR_INVAL);
}
END_TEST

START_TEST(sixty_four_engines)
{
	static struct fake_engine engines[LVS_ENGINES_MAX + 1];
	struct lvs_director *dir = new_director();
	struct lvs_service_id svc = add_service(dir, "10.9.0.1:80", "rr");
	struct lvs_dest *dest;

	add_dest(dir, &svc, "10.0.1.1:80", 1);
	dest = the_dest(dir, &svc, "10.0.1.1:80");
	for (uint32_t i = 0; i < LVS_ENGINES_MAX; i++) {
		fake_init(&engines[i], i);
		ck_assert_int_eq(lvs_director_enter(dir, &engines[i].slot), 0);
		ck_assert_uint_eq(engines[i].slot.number, i);
		/* It can count at once. */
		lvs_meter_add(&dest->meter, i, LVS_COUNT_CONNS, 1);
	}
	fake_init(&engines[LVS_ENGINES_MAX], 0);
	ck_assert_int_eq(lvs_director_enter(dir,
					    &engines[LVS_ENGINES_MAX].slot),
			 LVS_ERR_NOSPC);
	/* A later one takes a free number; nothing counted is lost. */
	lvs_director_leave(dir, &engines[5].slot);
	ck_assert_int_eq(lvs_director_enter(dir,
					    &engines[LVS_ENGINES_MAX].slot),
			 0);
	ck_assert_uint_eq(engines[LVS_ENGINES_MAX].slot.number, 5);
	engines[5] = engines[LVS_ENGINES_MAX];
	lvs_director_leave(dir, &engines[LVS_ENGINES_MAX].slot);
	for (uint32_t i = 0; i < LVS_ENGINES_MAX; i++)
		if (i != 5)
			lvs_director_leave(dir, &engines[i].slot);
	lvs_director_free(dir);
}
END_TEST

START_TEST(walk_over_engines)
{
	static const uint64_t conns[] = { 0, 5, 0, 1, 7 };
	struct fake_engine engines[5];
	struct lvs_director *dir = new_director();
	struct lvs_engine_stats stats = LVS_OPTS(struct lvs_engine_stats);
	struct lvs_conn_info info[3];
	uint64_t cursor = 0;
	size_t got, sum = 0;

	for (int i = 0; i < 5; i++) {
		fake_init(&engines[i], conns[i]);
		ck_assert_int_eq(lvs_director_enter(dir, &engines[i].slot), 0);
	}
	lvs_director_leave(dir, &engines[2].slot);
	while ((got = lvs_director_conns(dir, &cursor, info, 3, 0)) > 0)
		sum += got;
	ck_assert_uint_eq(sum, 13);
	ck_assert_uint_eq(lvs_director_conns(dir, &cursor, info, 3, 0), 0);
	lvs_director_engine_stats(dir, &stats);
	ck_assert_uint_eq(stats.conns, 13);
	ck_assert_uint_eq(stats.dropped[LVS_REASON_TTL], 4);
	for (int i = 0; i < 5; i++)
		if (i != 2)
			lvs_director_leave(dir, &engines[i].slot);
	lvs_director_free(dir);
}
END_TEST

/* No more memory from the N-th allocation on. */
static void starve(struct counted *counted, uint64_t n)
{
	counted->fail_at = counted->calls + n;
	counted->fail_after = true;
}

/*
 * An engine, a service with scheduler NAME, two destinations, another
 * scheduler, with memory for ALLOCATIONS; 0 if that was enough.
 */
static int build(struct counted *counted, const char *name,
		 uint64_t allocations)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_service_conf conf = service_conf("10.9.0.1:80", name);
	struct lvs_service_conf edit = service_conf("10.9.0.1:80", "mh");
	struct lvs_dest_conf a = dest_conf("10.0.1.1:80", 1);
	struct lvs_dest_conf b = dest_conf("10.0.1.2:80", 2);
	struct fake_engine engine;
	struct lvs_director *dir;
	int err;

	opts.mem = &counted->mem;
	starve(counted, allocations + 1);
	err = lvs_director_new(&opts, &dir);
	if (err)
		return err;
	fake_init(&engine, 0);
	ck_assert_int_eq(lvs_director_enter(dir, &engine.slot), 0);
	err = lvs_service_add(dir, &conf);
	if (!err)
		err = lvs_dest_add(dir, &conf.id, &a);
	if (!err)
		err = lvs_dest_add(dir, &conf.id, &b);
	if (!err)
		err = lvs_service_edit(dir, &edit);
	/* What has no error to give must go without memory. */
	starve(counted, 1);
	lvs_dest_del(dir, &conf.id, &a.id);
	lvs_director_tick(dir, LVS_SEC);
	lvs_director_leave(dir, &engine.slot);
	lvs_director_free(dir);
	return err;
}

START_TEST(memory_runs_out)
{
	for (size_t s = 0; lvs_scheduler_at(s); s++) {
		const char *name = lvs_scheduler_at(s)->name;
		uint64_t allocations = 0;
		struct counted counted;
		int err;

		counted_init(&counted);
		while ((err = build(&counted, name, allocations))) {
			ck_assert_msg(err == LVS_ERR_NOMEM, "%s: %s", name,
				      lvs_strerror(err));
			ck_assert_msg(!counted.bytes, "%s: %zu bytes not freed",
				      name, counted.bytes);
			ck_assert_uint_lt(++allocations, 100);
		}
		ck_assert_uint_eq(counted.bytes, 0);
	}
}
END_TEST

LVS_TEST_MAIN("director", timeouts, option_sizes, sixty_four_engines,
	      walk_over_engines, memory_runs_out)
