/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * threads.c - several engines on one director, each in a thread of its own,
 * while another thread configures: choices and counts stay exact.
 *
 * Worth most under ThreadSanitizer (-fsanitize=thread).
 */
#include "check.h"
#include "world.h"
#include <pthread.h>
#include <stdatomic.h>

#define ENGINES 2
#define CLIENTS 4000 /* of each engine */

static struct world all; /* without an engine: each worker has its own */
static atomic_bool over;

/* What one thread does with its engine. */
struct worker {
	pthread_t thread;
	struct world w;
	const char *client;
	unsigned sent;
};

/* A SYN and a packet on it, CLIENTS times; time goes on all the while. */
static void *work(void *arg)
{
	struct worker *self = arg;
	struct world *w = &self->w;

	for (unsigned i = 0; i < CLIENTS; i++) {
		if (world_sends(w, LINK_C, "%s:%u > V:80 tcp S", self->client,
				1024 + i))
			self->sent++;
		world_sends(w, LINK_C, "%s:%u > V:80 tcp A", self->client,
			    1024 + i);
		w->now += LVS_MSEC;
		if (i % 64 == 0)
			lvs_engine_tick(w->eng, w->now);
	}
	return NULL;
}

static void set_dest(const char *name, uint32_t weight)
{
	struct lvs_dest_conf conf = LVS_OPTS(struct lvs_dest_conf);

	ck_assert(net_addr(name, AF_INET, &conf.id.addr));
	conf.id.port = 8000;
	conf.weight = (int32_t)weight;
	if (lvs_dest_add(all.dir, &all.svc, &conf) == LVS_ERR_EXIST)
		ck_assert_int_eq(lvs_dest_edit(all.dir, &all.svc, &conf), 0);
}

static struct lvs_dest_info info_of(const char *name)
{
	struct lvs_dest_info info = { 0 };
	struct lvs_dest_id id = { .port = 8000 };

	ck_assert(net_addr(name, AF_INET, &id.addr));
	ck_assert_int_eq(lvs_dest_get(all.dir, &all.svc, &id, &info), 0);
	return info;
}

static void set_up(struct worker workers[ENGINES], const char *scheduler,
		   uint32_t flags)
{
	static const char *const clients[ENGINES] = { "C", "C2" };

	world_open(&all, AF_INET, NULL);
	world_service(&all, scheduler, flags);
	set_dest("R1", 1);
	set_dest("R2", 1);
	atomic_store(&over, false);
	for (unsigned i = 0; i < ENGINES; i++) {
		workers[i] = (struct worker){ .w = all, .client = clients[i] };
		world_engine(&workers[i].w, 0);
	}
}

static void run(struct worker workers[ENGINES])
{
	for (unsigned i = 0; i < ENGINES; i++)
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
}

static void join(struct worker workers[ENGINES])
{
	for (unsigned i = 0; i < ENGINES; i++)
		pthread_join(workers[i].thread, NULL);
}

static void tear_down(struct worker workers[ENGINES])
{
	for (unsigned i = 0; i < ENGINES; i++)
		lvs_engine_free(workers[i].w.eng);
	world_close(&all);
}

/* All connections stay, so by load they are dealt as by turns. */
static void deal(const char *scheduler)
{
	struct worker workers[ENGINES];
	struct lvs_dest_info r1, r2;

	set_up(workers, scheduler, 0);
	run(workers);
	join(workers);
	r1 = info_of("R1");
	r2 = info_of("R2");
	ck_assert_uint_eq(workers[0].sent + workers[1].sent, ENGINES * CLIENTS);
	ck_assert_uint_eq(r1.stats.conns, CLIENTS * ENGINES / 2);
	ck_assert_uint_eq(r2.stats.conns, CLIENTS * ENGINES / 2);
	ck_assert_uint_eq(r1.stats.inpkts + r2.stats.inpkts,
			  2ull * CLIENTS * ENGINES);
	ck_assert_uint_eq(r1.active + r2.active, CLIENTS * ENGINES);
	tear_down(workers);
}

START_TEST(choices_are_exact)
{
	deal("rr");
	deal("wrr");
}
END_TEST

START_TEST(choices_by_load_are_exact)
{
	deal("lc");
	deal("wlc");
	deal("sed");
	deal("nq");
}
END_TEST

/* What an administrator does, all at once. */
static void *administer(void *arg)
{
	struct lvs_engine_stats stats = LVS_OPTS(struct lvs_engine_stats);
	struct lvs_conn_info conns[16];
	struct lvs_dest_id id = { .port = 8000 };
	lvs_tstamp now = all.now;

	(void)arg;
	ck_assert(net_addr("R3", AF_INET, &id.addr));
	for (unsigned i = 0; !atomic_load(&over); i++) {
		uint64_t cursor = 0;

		set_dest("R3", i % 3);
		set_dest("R1", i % 2);
		if (i % 4 == 0)
			lvs_dest_del(all.dir, &all.svc, &id);
		net_neigh(all.dir, AF_INET, "R3",
			  i % 5 ? LVS_NEIGH_REACHABLE : LVS_NEIGH_FAILED);
		lvs_director_conns(all.dir, &cursor, conns, 16, now);
		lvs_director_engine_stats(all.dir, &stats);
		info_of("R2");
		lvs_director_tick(all.dir, now += LVS_SEC);
	}
	return NULL;
}

/* Nothing is left of a removed real server but its connections. */
static void check_counts(void)
{
	struct lvs_dest_info info[4];
	struct lvs_engine_stats stats = LVS_OPTS(struct lvs_engine_stats);
	uint64_t conns = 0;
	size_t n;

	set_dest("R3", 1);
	n = lvs_dest_list(all.dir, &all.svc, 0, info, 4);
	ck_assert_uint_eq(n, 3);
	for (size_t i = 0; i < n; i++)
		conns += info[i].active + info[i].inact;
	lvs_director_engine_stats(all.dir, &stats);
	ck_assert_uint_eq(conns, stats.conns);
}

static void churn(const char *scheduler, uint32_t flags)
{
	struct worker workers[ENGINES];
	pthread_t admin;

	set_up(workers, scheduler, flags);
	pthread_create(&admin, NULL, administer, NULL);
	run(workers);
	join(workers);
	atomic_store(&over, true);
	pthread_join(admin, NULL);
	if (!flags)
		check_counts();
	tear_down(workers);
}

START_TEST(counts_survive_changes)
{
	churn("rr", 0);
	churn("wlc", 0);
	churn("p2c", 0);
	churn("chbl", 0);
}
END_TEST

START_TEST(persistent_services_too)
{
	churn("wlc", LVS_SVC_PERSISTENT);
}
END_TEST

LVS_TEST_MAIN("flow/threads", choices_are_exact, choices_by_load_are_exact,
	      counts_survive_changes, persistent_services_too)
