/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * p2c.c - power of two choices (Mitzenmacher, IEEE TPDS 2001).  Not one of
 * IPVS's.
 *
 * Two different destinations are drawn, each as likely as its weight says, and
 * the one that costs less is taken.  As twos.c in its idea, but the time a
 * choice takes hardly grows with the number of destinations: a draw is a search
 * in the sums of weights, which are made when weights change.
 *
 * What a destination costs is its load for its weight, one more included so
 * that idle ones differ too, and if it is known of both how long they take to
 * agree to a connection, times (that + 1 ms).  So a server that takes 9 ms more
 * than another gets about a tenth, as long as it does; some 100 us more, which
 * is only farther away, make no difference to speak of.
 */
#include "sched/sched.h"

#include "base/mem.h"
#include "model/director.h"

/* Draws before everybody is looked at: many are overloaded, or one is left. */
#define TRIES 8

struct place {
	struct lvs_dest *dest;
	uint64_t sum; /* of weights, up to and with its own */
};

struct p2c {
	struct place *places; /* destinations with a weight above 0 */
	uint32_t count;
	uint32_t size; /* places there is memory for */
};

static int reserve(struct lvs_service *svc, struct p2c *p2c)
{
	const struct lvs_allocator *mem = &svc->dir->mem;
	uint32_t size = svc->num_dests * 2;
	struct place *places;

	if (svc->num_dests <= p2c->size)
		return 0;
	places = lvs_mem_array(mem, size, sizeof(*places));
	if (!places)
		return LVS_ERR_NOMEM;
	lvs_mem_free(mem, p2c->places, p2c->size * sizeof(*places));
	p2c->places = places;
	p2c->size = size;
	return 0;
}

static int p2c_bind(struct lvs_service *svc)
{
	struct p2c *p2c = svc->sched_state;
	uint64_t sum = 0;
	int err = reserve(svc, p2c);

	if (err)
		return err;
	p2c->count = 0;
	for (struct lvs_dest *d = svc->first; d; d = d->next) {
		if (d->weight <= 0)
			continue;
		sum += (uint64_t)d->weight;
		p2c->places[p2c->count++] = (struct place){ d, sum };
	}
	return 0;
}

static void p2c_unbind(struct lvs_service *svc)
{
	struct p2c *p2c = svc->sched_state;

	lvs_mem_free(&svc->dir->mem, p2c->places,
		     p2c->size * sizeof(*p2c->places));
}

/* A removal needs no memory, so it cannot fail. */
static int p2c_changed(struct lvs_service *svc, struct lvs_dest *dest,
		       enum lvs_dest_event event)
{
	(void)dest;
	(void)event;
	return p2c_bind(svc);
}

static struct lvs_dest *draw(struct lvs_service *svc, const struct p2c *p2c)
{
	uint64_t all = p2c->places[p2c->count - 1].sum;
	uint64_t at = lvs_prng_below(&svc->prng, all);
	uint32_t low = 0, high = p2c->count - 1;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (at < p2c->places[middle].sum)
			high = middle;
		else
			low = middle + 1;
	}
	return p2c->places[low].dest;
}

/* Exact where it matters: two close ones are as good as each other. */
static double cost(const struct lvs_dest *dest, uint64_t setup)
{
	return (double)(lvs_sched_load(dest) + 1) *
	       (double)(setup + LVS_SEC / 1000) / (double)dest->weight;
}

static bool cheaper(const struct lvs_dest *a, const struct lvs_dest *b,
		    lvs_tstamp now)
{
	uint64_t of_a = lvs_dest_setup_time(a, now);
	uint64_t of_b = lvs_dest_setup_time(b, now);

	if (!of_a || !of_b)
		of_a = of_b = 0;
	return cost(a, of_a) < cost(b, of_b);
}

static struct lvs_dest *cheapest(const struct lvs_service *svc, lvs_tstamp now)
{
	struct lvs_dest *best = NULL;

	for (struct lvs_dest *d = svc->first; d; d = d->next)
		if (lvs_dest_eligible(d) && (!best || cheaper(d, best, now)))
			best = d;
	return best;
}

static struct lvs_dest *p2c_pick(struct lvs_service *svc,
				 const struct lvs_sched_flow *flow)
{
	struct p2c *p2c = svc->sched_state;
	struct lvs_dest *first = NULL;

	for (int i = 0; i < TRIES && p2c->count > 1; i++) {
		struct lvs_dest *dest = draw(svc, p2c);

		if (!lvs_dest_eligible(dest) || dest == first)
			continue;
		if (first)
			return cheaper(dest, first, flow->now) ? dest : first;
		first = dest;
	}
	return cheapest(svc, flow->now);
}

const struct lvs_scheduler lvs_sched_p2c = {
	.name = "p2c",
	.summary = "power of two choices",
	.state_size = sizeof(struct p2c),
	.bind = p2c_bind,
	.unbind = p2c_unbind,
	.changed = p2c_changed,
	.pick = p2c_pick,
	.traits = LVS_SCHED_SLOW_START | LVS_SCHED_SETUP_TIMES,
};
