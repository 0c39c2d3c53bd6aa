/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * p2c.c - power of two choices (Mitzenmacher, IEEE TPDS 2001).  Not one of
 * IPVS's.
 *
 * Two different destinations are drawn, each as likely as its weight says, and
 * the one with less load for its weight is taken.  As twos.c in its idea, but
 * its cost hardly grows with the number of destinations: a draw is a search in
 * the sums of weights, which are made when weights change.
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

static struct lvs_dest *p2c_pick(struct lvs_service *svc,
				 const struct lvs_sched_flow *flow)
{
	struct p2c *p2c = svc->sched_state;
	struct lvs_dest *first = NULL;

	(void)flow;
	for (int i = 0; i < TRIES && p2c->count > 1; i++) {
		struct lvs_dest *dest = draw(svc, p2c);

		if (!lvs_dest_eligible(dest) || dest == first)
			continue;
		if (first)
			return lvs_sched_lighter(dest, first) ? dest : first;
		first = dest;
	}
	return lvs_sched_best(svc, lvs_sched_lighter);
}

const struct lvs_scheduler lvs_sched_p2c = {
	.name = "p2c",
	.summary = "power of two choices",
	.state_size = sizeof(struct p2c),
	.bind = p2c_bind,
	.unbind = p2c_unbind,
	.changed = p2c_changed,
	.pick = p2c_pick,
	.traits = LVS_SCHED_SLOW_START,
};
