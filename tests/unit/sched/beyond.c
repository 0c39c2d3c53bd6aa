/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * beyond.c - schedulers that IPVS has not: what each promises.
 */
#include "unit/model/setup.h"

#include <arpa/inet.h>

#define DESTS 10

struct world {
	struct lvs_director *dir;
	struct lvs_service_id id;
	struct lvs_service *svc;
};

static struct lvs_dest_conf nth_dest(int n, int32_t weight)
{
	char text[LVS_ENDPOINT_STRLEN];

	snprintf(text, sizeof(text), "10.0.1.%d:80", n + 1);
	return dest_conf(text, weight);
}

/* Ten destinations; weights 1, or 1 to 10. */
static void world_init(struct world *w, const char *scheduler, bool weighted)
{
	w->dir = new_director();
	w->id = add_service(w->dir, "10.9.0.1:80", scheduler);
	w->svc = lvs_director_exact(w->dir, &w->id);
	for (int n = 0; n < DESTS; n++) {
		struct lvs_dest_conf conf = nth_dest(n, weighted ? n + 1 : 1);

		ck_assert_int_eq(lvs_dest_add(w->dir, &w->id, &conf), 0);
	}
}

static struct lvs_dest *choose(struct world *w, uint32_t client)
{
	struct lvs_sched_flow flow = flow_of(&w->id, client);

	return w->svc->sched->pick(w->svc, &flow);
}

/* COUNT connections that stay open, of CLIENTS clients in turn. */
static void open_conns(struct world *w, uint32_t count, uint32_t clients)
{
	for (uint32_t n = 0; n < count; n++) {
		struct lvs_dest *dest = choose(w, n % clients * 7919);

		ck_assert_ptr_nonnull(dest);
		lvs_dest_bind(dest, false);
	}
}

/* The greatest total / (share of all connections by weight). */
static double worst(const struct world *w)
{
	double conns = 0, weight = 0, most = 0;

	for (const struct lvs_dest *d = w->svc->first; d; d = d->next) {
		conns += lvs_dest_total_now(d);
		weight += d->weight;
	}
	for (const struct lvs_dest *d = w->svc->first; d; d = d->next) {
		double share = conns * d->weight / weight;
		double load = lvs_dest_total_now(d) / share;

		if (load > most)
			most = load;
	}
	return most;
}

static const struct {
	const char *what, *scheduler;
	bool weighted;
	uint32_t conns, clients;
	double at_least, at_most; /* of worst() */
} loads[] = {
	{ "Maglev: one client, one destination", "mh64k", false, 1000, 1, 10,
	  10 },
	{ "bounded: one client is spread", "chbl", false, 1000, 1, 1, 1.251 },
	{ "bounded: one client, by weight", "chbl", true, 5500, 1, 1, 1.251 },
	{ "bounded: some clients", "chbl", false, 1000, 7, 1, 1.251 },
	{ "bounded: many clients", "chbl", true, 5500, 5500, 1, 1.251 },
	{ "two choices", "p2c", false, 1000, 1000, 1, 1.06 },
	{ "two choices, by weight", "p2c", true, 5500, 5500, 1, 1.06 },
};

START_TEST(bounds)
{
	for (size_t i = 0; i < sizeof(loads) / sizeof(*loads); i++) {
		struct world w;
		double got;

		world_init(&w, loads[i].scheduler, loads[i].weighted);
		open_conns(&w, loads[i].conns, loads[i].clients);
		got = worst(&w);
		ck_assert_msg(got >= loads[i].at_least &&
				      got <= loads[i].at_most,
			      "%s: %.3f times its share", loads[i].what, got);
		lvs_director_free(w.dir);
	}
}
END_TEST

/* Share of clients that a removal or an added one sends elsewhere. */
static const struct {
	const char *what, *scheduler;
	int32_t weight; /* of the tenth destination afterwards; -1: removed */
	double at_most;
} moves[] = {
	{ "mh64k, one of ten removed", "mh64k", -1, 0.12 },
	{ "mh64k, one of ten quiesced", "mh64k", 0, 0.105 },
	{ "mh64k, one of ten twice as heavy", "mh64k", 2, 0.2 },
	{ "chbl, one of ten removed", "chbl", -1, 0.25 },
	{ "chbl, one of ten quiesced", "chbl", 0, 0.25 },
};

START_TEST(few_move)
{
	enum {
		CLIENTS = 5000
	};

	for (size_t i = 0; i < sizeof(moves) / sizeof(*moves); i++) {
		static struct lvs_dest *before[CLIENTS];
		struct lvs_dest_conf conf =
			nth_dest(DESTS - 1, moves[i].weight);
		struct lvs_service_conf service =
			service_conf("10.9.0.1:80", moves[i].scheduler);
		struct world w;
		uint32_t moved = 0;

		world_init(&w, moves[i].scheduler, false);
		service.flags = LVS_SVC_SCHED1;
		ck_assert_int_eq(lvs_service_edit(w.dir, &service), 0);
		open_conns(&w, CLIENTS, CLIENTS);
		for (uint32_t n = 0; n < CLIENTS; n++)
			before[n] = choose(&w, n * 7919);
		if (moves[i].weight < 0)
			lvs_dest_del(w.dir, &w.id, &conf.id);
		else
			lvs_dest_edit(w.dir, &w.id, &conf);
		for (uint32_t n = 0; n < CLIENTS; n++)
			moved += choose(&w, n * 7919) != before[n];
		ck_assert_msg(moved <= moves[i].at_most * CLIENTS,
			      "%s: %u of %d clients moved", moves[i].what,
			      moved, CLIENTS);
		lvs_director_free(w.dir);
	}
}
END_TEST

/* Draws fall on overloaded ones mostly: whoever is left is found. */
START_TEST(p2c_finds_the_last)
{
	struct world w;

	world_init(&w, "p2c", true);
	for (struct lvs_dest *d = w.svc->first; d; d = d->next)
		if (d->weight != 1)
			atomic_fetch_or(&d->flags, LVS_DEST_OVERLOAD);
	for (uint32_t n = 0; n < 1000; n++)
		ck_assert_int_eq(choose(&w, n)->weight, 1);
	lvs_director_free(w.dir);
}
END_TEST

LVS_TEST_MAIN("sched beyond IPVS", bounds, few_move, p2c_finds_the_last)
