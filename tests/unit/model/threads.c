/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * threads.c - two engines schedule and one administrator changes, all at once.
 *
 * Meant for ThreadSanitizer as much as for its own assertions: afterwards no
 * count is off, and nobody is left overloaded.
 */
#include "unit/model/setup.h"

#include <arpa/inet.h>

#define ENGINES 2
#define ROUNDS	200000 /* enough for threads to meet, also on a busy machine */
#define OPEN	16

static struct lvs_director *dir;
static struct lvs_service_id id;
static pthread_barrier_t together;

struct worker {
	struct fake_engine engine;
	pthread_t thread;
	uint32_t keep; /* connections open at a time, at most OPEN */
	uint64_t picked;
	struct lvs_dest *open[OPEN];
};

static void close_conn(struct lvs_dest **slot)
{
	if (!*slot)
		return;
	lvs_dest_activity(*slot, -1);
	lvs_dest_unbind(*slot, false);
	*slot = NULL;
}

static void *work(void *arg)
{
	struct worker *w = arg;

	pthread_barrier_wait(&together);
	for (uint32_t n = 0; n < ROUNDS; n++) {
		struct lvs_sched_flow flow = flow_of(&id, n);
		struct lvs_dest **slot = &w->open[n % w->keep];
		struct lvs_service *svc;

		pthread_mutex_lock(&w->engine.slot.gate);
		close_conn(slot);
		svc = lvs_director_service(dir, AF_INET, IPPROTO_TCP,
					   &id.addr.ip, htons(id.port), 0);
		*slot = svc ? lvs_service_schedule(svc, &flow) : NULL;
		if (*slot) {
			lvs_dest_activity(*slot, 1);
			lvs_meter_add(&(*slot)->meter, w->engine.slot.number,
				      LVS_COUNT_CONNS, 1);
			w->picked++;
		}
		pthread_mutex_unlock(&w->engine.slot.gate);
	}
	pthread_mutex_lock(&w->engine.slot.gate);
	for (uint32_t n = 0; n < OPEN; n++)
		close_conn(&w->open[n]);
	pthread_mutex_unlock(&w->engine.slot.gate);
	return NULL;
}

static unsigned dests; /* that there may be */

/* The N-th of them, full with one or two connections. */
static struct lvs_dest_conf nth(unsigned n)
{
	struct lvs_dest_conf conf;
	char text[LVS_ENDPOINT_STRLEN];

	snprintf(text, sizeof(text), "10.0.1.%u:80", n % dests + 1);
	conf = dest_conf(text, 1 + (int)n % 4);
	conf.u_threshold = 1 + n % 2;
	return conf;
}

static void administer(void)
{
	lvs_tstamp now = LVS_SEC;
	struct lvs_dest_info info[3];

	for (unsigned n = 0; n < 2000; n++) {
		struct lvs_dest_conf conf = nth(n);

		if (n % 7 == 0)
			lvs_dest_del(dir, &id, &conf.id);
		else if (n % 7 < 4)
			lvs_dest_edit(dir, &id, &conf);
		else
			lvs_dest_add(dir, &id, &conf);
		lvs_dest_list(dir, &id, 0, info, 3);
		lvs_director_tick(dir, now += LVS_SEC);
	}
}

static void start(struct worker *workers, uint32_t keep)
{
	pthread_barrier_init(&together, NULL, ENGINES);
	for (unsigned n = 0; n < ENGINES; n++) {
		struct worker *w = &workers[n];

		memset(w, 0, sizeof(*w));
		fake_init(&w->engine, 0);
		w->keep = keep;
		ck_assert_int_eq(lvs_director_enter(dir, &w->engine.slot), 0);
		ck_assert_int_eq(pthread_create(&w->thread, NULL, work, w), 0);
	}
}

/* Wait for all; how many connections they had. */
static uint64_t stop(struct worker *workers)
{
	uint64_t picked = 0;

	for (unsigned n = 0; n < ENGINES; n++) {
		pthread_join(workers[n].thread, NULL);
		picked += workers[n].picked;
		lvs_director_leave(dir, &workers[n].engine.slot);
	}
	pthread_barrier_destroy(&together);
	return picked;
}

static void check_idle(unsigned n)
{
	struct lvs_dest_conf conf = nth(n);
	const struct lvs_dest *dest =
		lvs_service_dest(lvs_director_exact(dir, &id), &conf.id);

	ck_assert_ptr_nonnull(dest);
	ck_assert_uint_eq(dest->total, 0);
	ck_assert_uint_eq(dest->active, 0);
	ck_assert_uint_eq(dest->refs, 0);
	ck_assert(!lvs_dest_is(dest, LVS_DEST_OVERLOAD));
}

static uint64_t load(const struct lvs_dest *dest)
{
	return dest->active * 256ull + dest->total;
}

/* wlc as it is defined, for as many connections as there is room for. */
static void check_choices(void)
{
	struct lvs_service *svc = lvs_director_exact(dir, &id);
	struct lvs_sched_flow flow = flow_of(&id, 1);
	const struct lvs_dest *best;

	do {
		best = NULL;
		for (struct lvs_dest *d = svc->first; d; d = d->next)
			if (lvs_dest_eligible(d) &&
			    (!best || load(d) * (uint64_t)best->weight <
					      load(best) * (uint64_t)d->weight))
				best = d;
		ck_assert_ptr_eq(lvs_service_schedule(svc, &flow), best);
	} while (best);
}

/* Among a few, and among so many that a scheduler keeps them in order. */
START_TEST(changes_meanwhile)
{
	static const unsigned counts[] = { 3, 60 };

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		static struct worker workers[ENGINES];
		struct lvs_stats stats;
		uint64_t picked;

		dests = counts[i];
		dir = new_director();
		id = add_service(dir, "10.9.0.1:80", "wlc");
		start(workers, OPEN);
		administer();
		picked = stop(workers);
		for (unsigned n = 0; n < dests; n++) {
			struct lvs_dest_conf conf = nth(n);

			lvs_dest_add(dir, &id, &conf);
			check_idle(n);
		}
		lvs_director_stats(dir, &stats);
		ck_assert_uint_eq(stats.conns, picked);
		check_choices();
		lvs_director_free(dir);
	}
}
END_TEST

/*
 * Full with two: one engine's connection makes it so while the other's ends.
 * Deciding that with counts of different moments would leave it full for good.
 */
START_TEST(never_full_for_good)
{
	static struct worker workers[ENGINES];
	struct lvs_dest_conf conf;

	dests = 3;
	conf = nth(1);
	dir = new_director();
	id = add_service(dir, "10.9.0.1:80", "rr");
	ck_assert_int_eq(lvs_dest_add(dir, &id, &conf), 0);
	start(workers, 1);
	ck_assert_uint_gt(stop(workers), ROUNDS / 2);
	check_idle(1);
	lvs_director_free(dir);
}
END_TEST

LVS_TEST_MAIN("model threads", changes_meanwhile, never_full_for_good)
