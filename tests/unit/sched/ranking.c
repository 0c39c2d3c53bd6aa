/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ranking.c - schedulers that keep their destinations ranked choose as a walk
 * through all of them does, whatever happens in between.
 *
 * The walks here are the definitions of those schedulers, and share nothing
 * with how they are carried out.
 */
#include "unit/counted.h"
#include "unit/model/setup.h"

#include "sched/ranking.h"

#include <arpa/inet.h>

typedef bool better_fn(const struct lvs_dest *a, const struct lvs_dest *b);

static uint64_t load(const struct lvs_dest *dest)
{
	return (uint64_t)dest->active * 256 + dest->total;
}

static bool fewer(const struct lvs_dest *a, const struct lvs_dest *b)
{
	return load(a) < load(b);
}

static bool lighter(const struct lvs_dest *a, const struct lvs_dest *b)
{
	return load(a) * (uint64_t)b->weight < load(b) * (uint64_t)a->weight;
}

static bool sooner(const struct lvs_dest *a, const struct lvs_dest *b)
{
	return (a->active + 1) * (uint64_t)b->weight <
	       (b->active + 1) * (uint64_t)a->weight;
}

static bool idler(const struct lvs_dest *a, const struct lvs_dest *b)
{
	if (!a->active || !b->active)
		return !a->active && b->active;
	return sooner(a, b);
}

static bool emptier(const struct lvs_dest *a, const struct lvs_dest *b)
{
	return a->total * (uint64_t)b->weight < b->total * (uint64_t)a->weight;
}

/* The least total for its weight: what chbl falls back on. */
static struct lvs_rank emptiest_rank(const struct lvs_dest *dest)
{
	return (struct lvs_rank){
		.load = dest->total,
		.weight = (uint64_t)dest->weight,
	};
}

static int emptiest_bind(struct lvs_service *svc)
{
	lvs_ranking_init(svc->sched_state, svc, emptiest_rank);
	return 0;
}

static const struct lvs_scheduler emptiest = {
	.name = "emptiest",
	.summary = "for this test",
	.state_size = sizeof(struct lvs_ranking),
	.bind = emptiest_bind,
	.unbind = lvs_ranked_unbind,
	.changed = lvs_ranked_changed,
	.pick = lvs_ranked_pick,
};

static const struct {
	const char *name;
	better_fn *better;
} ranked[] = {
	{ "lc", fewer }, { "wlc", lighter },	  { "sed", sooner },
	{ "nq", idler }, { "emptiest", emptier },
};

#define NUM_RANKED (sizeof(ranked) / sizeof(*ranked))

#define OPEN 4096

struct world {
	struct lvs_director *dir;
	struct lvs_service_id id;
	struct lvs_service *svc;
	struct lvs_prng prng;
	struct counted mem;
	unsigned which;	    /* of ranked */
	unsigned dests;	    /* that there may be */
	uint32_t num_conns; /* open */
	struct {
		struct lvs_dest *dest;
		bool active;
	} conns[OPEN];
};

static void world_init(struct world *w, unsigned which, unsigned dests)
{
	static const struct lvs_scheduler *const own[] = { &emptiest, NULL };
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);

	memset(w, 0, sizeof(*w));
	counted_init(&w->mem);
	opts.schedulers = own;
	opts.mem = &w->mem.mem;
	ck_assert_int_eq(lvs_director_new(&opts, &w->dir), 0);
	w->id = add_service(w->dir, "10.9.0.1:80", ranked[which].name);
	w->svc = lvs_director_exact(w->dir, &w->id);
	w->which = which;
	w->dests = dests;
	lvs_prng_seed(&w->prng, which * 1000 + dests);
}

static uint32_t below(struct world *w, uint32_t limit)
{
	return (uint32_t)lvs_prng_below(&w->prng, limit);
}

static struct lvs_dest *walk(const struct world *w)
{
	struct lvs_dest *best = NULL;

	for (struct lvs_dest *d = w->svc->first; d; d = d->next) {
		if (d->weight <= 0 || d->flags & LVS_DEST_OVERLOAD)
			continue;
		if (!best || ranked[w->which].better(d, best))
			best = d;
	}
	return best;
}

static struct lvs_dest *pick(struct world *w)
{
	struct lvs_sched_flow flow = flow_of(&w->id, 1);
	struct lvs_dest *want = walk(w);
	struct lvs_dest *got = lvs_service_schedule(w->svc, &flow);

	ck_assert_msg(got == want, "%s of %u: %p, not %p",
		      ranked[w->which].name, w->svc->num_dests, (void *)got,
		      (void *)want);
	return got;
}

static void open_conn(struct world *w)
{
	struct lvs_dest *dest = pick(w);

	if (!dest)
		return;
	if (w->num_conns == OPEN) {
		lvs_dest_unbind(dest, false);
		return;
	}
	w->conns[w->num_conns].dest = dest;
	w->conns[w->num_conns++].active = false;
}

static void step_conn(struct world *w, uint32_t n)
{
	w->conns[n].active = !w->conns[n].active;
	lvs_dest_activity(w->conns[n].dest, w->conns[n].active ? 1 : -1);
}

static void close_conn(struct world *w, uint32_t n)
{
	if (w->conns[n].active)
		step_conn(w, n);
	lvs_dest_unbind(w->conns[n].dest, false);
	w->conns[n] = w->conns[--w->num_conns];
}

static struct lvs_dest_conf some_dest(struct world *w)
{
	char text[LVS_ENDPOINT_STRLEN];
	uint32_t n = below(w, w->dests);
	struct lvs_dest_conf conf;

	snprintf(text, sizeof(text), "10.1.%u.%u:80", n / 250, n % 250 + 1);
	conf = dest_conf(text, (int32_t)below(w, 6));
	if (below(w, 3) == 0)
		conf.u_threshold = below(w, 12);
	return conf;
}

static void change(struct world *w)
{
	struct lvs_dest_conf conf = some_dest(w);

	switch (below(w, 4)) {
	case 0:
	case 1:
		lvs_dest_add(w->dir, &w->id, &conf);
		break;
	case 2:
		lvs_dest_edit(w->dir, &w->id, &conf);
		break;
	default:
		lvs_dest_del(w->dir, &w->id, &conf.id);
	}
}

/* To another scheduler and perhaps back, with picks and changes meanwhile. */
static void replace(struct world *w)
{
	static const char *const others[] = { "rr", "lblc", "chbl" };
	unsigned other = below(w, 3);
	struct lvs_service_conf conf =
		service_conf("10.9.0.1:80", others[other]);

	w->mem.fail_at = 0;
	ck_assert_int_eq(lvs_service_edit(w->dir, &conf), 0);
	for (int i = 0; i < 20; i++) {
		if (w->num_conns)
			close_conn(w, below(w, w->num_conns));
		change(w);
	}
	conf = service_conf("10.9.0.1:80", ranked[w->which].name);
	ck_assert_int_eq(lvs_service_edit(w->dir, &conf), 0);
}

/* Sums over everybody who is eligible, kept beside the order. */
static void check_sum(struct world *w)
{
	struct lvs_rank_sum sum = lvs_ranking_sum(w->svc->sched_state, w->svc);
	uint64_t total = 0, weight = 0;

	for (const struct lvs_dest *d = w->svc->first; d; d = d->next) {
		if (d->weight <= 0 || d->flags & LVS_DEST_OVERLOAD)
			continue;
		total += d->total;
		weight += (uint64_t)d->weight;
	}
	ck_assert_uint_eq(sum.load, total);
	ck_assert_uint_eq(sum.weight, weight);
}

static void step(struct world *w)
{
	uint32_t dice = below(w, 100), n = below(w, w->num_conns + 1);

	if (dice < 50)
		open_conn(w);
	else if (dice < 70 && n < w->num_conns)
		step_conn(w, n);
	else if (dice < 95 && n < w->num_conns)
		close_conn(w, n);
	else if (dice < 99)
		change(w);
	else if (below(w, 20) == 0)
		replace(w);
	if (ranked[w->which].better == emptier)
		check_sum(w);
}

static void close_all(struct world *w)
{
	while (w->num_conns)
		close_conn(w, 0);
}

static void free_world(struct world *w)
{
	close_all(w);
	lvs_director_free(w->dir);
	ck_assert_uint_eq(w->mem.bytes, 0);
}

/* Few, about as many as are walked through, and many. */
static const unsigned sizes[] = { 1, 3, 8, 12, 30, 100, 400 };

START_TEST(as_the_walk)
{
	static struct world w;

	for (unsigned s = 0; s < NUM_RANKED; s++) {
		for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
			world_init(&w, s, sizes[i]);
			for (int n = 0; n < 12000; n++)
				step(&w);
			free_world(&w);
		}
	}
}
END_TEST

/* Everybody has news at once; and none of them is there any more. */
START_TEST(all_at_once)
{
	static struct world w;

	for (unsigned s = 0; s < NUM_RANKED; s++) {
		world_init(&w, s, 300);
		for (int round = 0; round < 5; round++) {
			for (int n = 0; n < 1500; n++)
				change(&w);
			while (w.num_conns < OPEN)
				open_conn(&w);
			for (uint32_t n = 0; n < w.num_conns; n += 2)
				step_conn(&w, n);
			open_conn(&w);
			close_all(&w);
			for (int n = 0; n < 10; n++)
				open_conn(&w);
			while (w.svc->first)
				lvs_dest_del(w.dir, &w.id,
					     &w.svc->first->conf.id);
			ck_assert_ptr_null(pick(&w));
		}
		free_world(&w);
	}
}
END_TEST

/* Without memory for its tree a ranking is a walk, until there is some. */
START_TEST(no_memory)
{
	static struct world w;

	for (unsigned s = 0; s < NUM_RANKED; s++) {
		world_init(&w, s, 60);
		for (int n = 0; n < 6000; n++) {
			w.mem.fail_at =
				n % 3 ? 0 : w.mem.calls + 1 + below(&w, 8);
			step(&w);
			if (below(&w, 10) == 0)
				change(&w);
		}
		w.mem.fail_at = 0;
		free_world(&w);
	}
}
END_TEST

LVS_TEST_MAIN("sched ranking", as_the_walk, all_at_once, no_memory)
