/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * account.c - counters of services and of the whole, which never go backwards.
 */
#include "unit/model/setup.h"

struct world {
	struct lvs_director *dir;
	struct fake_engine engine;
	struct lvs_service_id svc;
};

static void world_init(struct world *w)
{
	w->dir = new_director();
	fake_init(&w->engine, 0);
	ck_assert_int_eq(lvs_director_enter(w->dir, &w->engine.slot), 0);
	w->svc = add_service(w->dir, "10.9.0.1:80", "rr");
	add_dest(w->dir, &w->svc, "10.0.1.1:80", 1);
	add_dest(w->dir, &w->svc, "10.0.1.2:80", 1);
}

static void world_fini(struct world *w)
{
	lvs_director_leave(w->dir, &w->engine.slot);
	lvs_director_free(w->dir);
}

static void count(struct world *w, const char *dest, uint64_t packets)
{
	lvs_meter_add(&the_dest(w->dir, &w->svc, dest)->meter, 0,
		      LVS_COUNT_INPKTS, packets);
}

static uint64_t service_pkts(struct world *w)
{
	struct lvs_service_info info;

	ck_assert_int_eq(lvs_service_get(w->dir, &w->svc, &info), 0);
	return info.stats.inpkts;
}

static uint64_t total_pkts(struct world *w)
{
	struct lvs_stats stats;

	lvs_director_stats(w->dir, &stats);
	return stats.inpkts;
}

START_TEST(sums_stay)
{
	struct world w;

	world_init(&w);
	count(&w, "10.0.1.1:80", 10);
	count(&w, "10.0.1.2:80", 1);
	ck_assert_uint_eq(service_pkts(&w), 11);
	/* Removed, and counting on for a packet that was on its way. */
	lvs_dest_bind(the_dest(w.dir, &w.svc, "10.0.1.1:80"), false);
	del_dest(w.dir, &w.svc, "10.0.1.1:80");
	ck_assert_uint_eq(service_pkts(&w), 11);
	add_dest(w.dir, &w.svc, "10.0.1.1:80", 1);
	ck_assert_uint_eq(service_pkts(&w), 11);
	count(&w, "10.0.1.1:80", 100);
	ck_assert_uint_eq(service_pkts(&w), 111);
	ck_assert_uint_eq(total_pkts(&w), 111);
	lvs_service_del(w.dir, &w.svc);
	ck_assert_uint_eq(total_pkts(&w), 111);
	w.svc = add_service(w.dir, "10.9.0.1:80", "rr");
	add_dest(w.dir, &w.svc, "10.0.1.1:80", 1);
	ck_assert_uint_eq(service_pkts(&w), 0);
	ck_assert_uint_eq(total_pkts(&w), 111);
	world_fini(&w);
}
END_TEST

START_TEST(zeroing)
{
	struct world w;
	struct lvs_service_id other;

	world_init(&w);
	other = add_service(w.dir, "[fd00:9::1]:80", "rr");
	count(&w, "10.0.1.1:80", 10);
	ck_assert_int_eq(lvs_director_zero(w.dir, &other), 0);
	ck_assert_uint_eq(service_pkts(&w), 10);
	ck_assert_int_eq(lvs_director_zero(w.dir, &w.svc), 0);
	ck_assert_uint_eq(service_pkts(&w), 0);
	ck_assert_uint_eq(total_pkts(&w), 10);
	count(&w, "10.0.1.1:80", 5);
	ck_assert_uint_eq(service_pkts(&w), 5);
	/* A zeroed one that comes back from the trash stays zeroed. */
	del_dest(w.dir, &w.svc, "10.0.1.1:80");
	ck_assert_uint_eq(service_pkts(&w), 5);
	add_dest(w.dir, &w.svc, "10.0.1.1:80", 1);
	ck_assert_uint_eq(service_pkts(&w), 5);
	ck_assert_int_eq(lvs_director_zero(w.dir, NULL), 0);
	ck_assert_uint_eq(service_pkts(&w), 0);
	ck_assert_uint_eq(total_pkts(&w), 0);
	world_fini(&w);
}
END_TEST

/* 2000 packets at once, folded every two seconds whatever the calls' beat. */
static const struct {
	const char *what;
	lvs_tstamp step; /* between two calls */
	int calls;	 /* first one included */
	uint64_t inpps;
} beats[] = {
	{ "not before two seconds", 500 * LVS_MSEC, 4, 0 },
	{ "after two seconds", 500 * LVS_MSEC, 5, 250 },
	{ "after four, twice", 500 * LVS_MSEC, 9, 187 },
	{ "once a second", LVS_SEC, 4, 250 },
	{ "every three", 3 * LVS_SEC, 2, 250 },
};

START_TEST(rates)
{
	for (size_t i = 0; i < sizeof(beats) / sizeof(*beats); i++) {
		lvs_tstamp now = LVS_SEC;
		struct lvs_service_info info;
		struct lvs_stats all;
		struct world w;

		world_init(&w);
		count(&w, "10.0.1.1:80", 2000);
		for (int c = 0; c < beats[i].calls; c++, now += beats[i].step)
			lvs_director_tick(w.dir, now);
		lvs_service_get(w.dir, &w.svc, &info);
		lvs_director_stats(w.dir, &all);
		ck_assert_msg(info.stats.inpps == beats[i].inpps, "%s: %llu",
			      beats[i].what,
			      (unsigned long long)info.stats.inpps);
		ck_assert_uint_eq(all.inpps, info.stats.inpps);
		world_fini(&w);
	}
}
END_TEST

LVS_TEST_MAIN("account", sums_stay, zeroing, rates)
