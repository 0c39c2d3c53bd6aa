/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trash.c - removed destinations: taken back with their counts, or freed.
 */
#include "unit/model/setup.h"

#define DEST "10.0.1.1:80"

/* What happens between removal and the second add, and what is left then. */
static const struct {
	const char *what;
	const char *addr; /* where DEST is added again */
	bool new_service; /* the service was deleted and made anew */
	const char *dest;
	uint32_t total; /* of five connections */
	uint64_t conns; /* of the counter, which said 7 */
} rows[] = {
	{ "the same comes back with all", "10.9.0.1:80", false, DEST, 5, 7 },
	{ "a new service begins its counters anew", "10.9.0.1:80", true, DEST,
	  5, 0 },
	{ "another port is another one", "10.9.0.1:80", false, "10.0.1.1:81", 0,
	  0 },
	{ "another address is another one", "10.9.0.1:80", false, "10.0.1.2:80",
	  0, 0 },
	{ "another service is another one", "10.9.0.1:81", false, DEST, 0, 0 },
	{ "a mark is another service", "mark4 1", false, DEST, 0, 0 },
};

START_TEST(comes_back)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct lvs_director *dir = new_director();
		struct lvs_service_id svc =
			add_service(dir, "10.9.0.1:80", "rr");
		struct lvs_service_id other =
			service_conf(rows[i].addr, "rr").id;
		struct fake_engine engine;
		struct lvs_dest_info info;
		struct lvs_dest_conf conf = dest_conf(rows[i].dest, 3);
		struct lvs_dest *dest;

		fake_init(&engine, 0);
		ck_assert_int_eq(lvs_director_enter(dir, &engine.slot), 0);
		add_dest(dir, &svc, DEST, 1);
		dest = the_dest(dir, &svc, DEST);
		for (int c = 0; c < 5; c++)
			lvs_dest_bind(dest, false);
		lvs_dest_activity(dest, 1);
		lvs_meter_add(&dest->meter, 0, LVS_COUNT_CONNS, 7);
		ck_assert_int_eq(del_dest(dir, &svc, DEST), 0);
		ck_assert_uint_eq(engine.gone, 1);
		ck_assert(!lvs_dest_is(dest, LVS_DEST_AVAILABLE));
		if (rows[i].new_service)
			lvs_service_del(dir, &svc);
		if (lvs_director_exact(dir, &other) == NULL)
			add_service(dir, rows[i].addr, "rr");
		ck_assert_int_eq(lvs_dest_add(dir, &other, &conf), 0);
		ck_assert_int_eq(lvs_dest_get(dir, &other, &conf.id, &info), 0);
		ck_assert_msg(info.active + info.inact == rows[i].total,
			      "%s: %u connections", rows[i].what,
			      info.active + info.inact);
		ck_assert_msg(info.stats.conns == rows[i].conns,
			      "%s: counted %llu", rows[i].what,
			      (unsigned long long)info.stats.conns);
		ck_assert_int_eq(info.conf.weight, 3);
		lvs_director_leave(dir, &engine.slot);
		lvs_director_free(dir);
	}
}
END_TEST

static void tick_to(struct lvs_director *dir, lvs_tstamp *now, lvs_tstamp secs)
{
	for (lvs_tstamp i = 0; i < secs; i++) {
		*now += LVS_SEC;
		lvs_director_tick(dir, *now);
	}
}

/* Looked at once a minute, freed when idle for two: after three at most. */
START_TEST(freed_when_idle)
{
	struct lvs_director *dir = new_director();
	struct lvs_service_id svc = add_service(dir, "10.9.0.1:80", "rr");
	lvs_tstamp now = LVS_SEC;
	struct fake_engine engine;
	struct lvs_dest *dest;
	uint32_t index;

	fake_init(&engine, 0);
	ck_assert_int_eq(lvs_director_enter(dir, &engine.slot), 0);
	add_dest(dir, &svc, DEST, 1);
	dest = the_dest(dir, &svc, DEST);
	index = dest->index;
	lvs_dest_bind(dest, false);
	ck_assert_int_eq(del_dest(dir, &svc, DEST), 0);
	tick_to(dir, &now, 1000);
	ck_assert_ptr_eq(lvs_director_dest(dir, index), dest);
	lvs_dest_unbind(dest, false);
	tick_to(dir, &now, 119);
	ck_assert_ptr_eq(lvs_director_dest(dir, index), dest);
	ck_assert_uint_eq(engine.gone, 1);
	tick_to(dir, &now, 121);
	ck_assert_ptr_null(lvs_director_dest(dir, index));
	/* Told again before it was freed, and only then is its number used. */
	ck_assert_uint_eq(engine.gone, 2);
	add_dest(dir, &svc, "10.0.1.2:80", 1);
	ck_assert_uint_eq(the_dest(dir, &svc, "10.0.1.2:80")->index, index);
	lvs_director_leave(dir, &engine.slot);
	lvs_director_free(dir);
}
END_TEST

/* lblc remembers a removed destination: it must not be freed under it. */
START_TEST(held_by_a_cache)
{
	struct lvs_director *dir = new_director();
	struct lvs_service_id svc = add_service(dir, "10.9.0.1:80", "lblc");
	struct lvs_sched_flow flow = flow_of(&svc, 1);
	lvs_tstamp now = LVS_SEC;
	struct lvs_dest *dest;

	add_dest(dir, &svc, DEST, 1);
	dest = lvs_service_schedule(lvs_director_exact(dir, &svc), &flow);
	ck_assert_ptr_nonnull(dest);
	lvs_dest_unbind(dest, false);
	ck_assert_int_eq(del_dest(dir, &svc, DEST), 0);
	tick_to(dir, &now, 1000);
	ck_assert_ptr_eq(lvs_director_dest(dir, 0), dest);
	ck_assert_ptr_null(
		lvs_service_schedule(lvs_director_exact(dir, &svc), &flow));
	lvs_service_del(dir, &svc);
	tick_to(dir, &now, 300);
	ck_assert_ptr_null(lvs_director_dest(dir, 0));
	lvs_director_free(dir);
}
END_TEST

/* Without a tick, and with connections, the end of a director frees all. */
START_TEST(freed_with_the_director)
{
	struct lvs_director *dir = new_director();
	struct lvs_service_id svc = add_service(dir, "10.9.0.1:80", "rr");

	for (int i = 0; i < 3; i++) {
		add_dest(dir, &svc, DEST, 1);
		add_dest(dir, &svc, "10.0.1.2:80", 1);
		ck_assert_int_eq(del_dest(dir, &svc, DEST), 0);
		lvs_service_flush(dir);
		add_service(dir, "10.9.0.1:80", "rr");
	}
	lvs_director_free(dir);
}
END_TEST

LVS_TEST_MAIN("trash", comes_back, freed_when_idle, held_by_a_cache,
	      freed_with_the_director)
