/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * twos.c - weighted random twos choice.
 *
 * Two destinations are drawn, each as likely as its weight says, and the one
 * with less load for its weight is taken: nearly as even as looking at all of
 * them, and no crowd runs to one that has just become idle.
 */
#include "sched/sched.h"

/*
 * Who DRAW, from 0 to the sum of eligible weights, falls on.  0 falls on the
 * first as well, which so is a little likelier, as with IPVS.
 */
static struct lvs_dest *drawn(const struct lvs_service *svc, uint64_t draw)
{
	struct lvs_dest *dest = NULL;

	for (struct lvs_dest *d = svc->first; d; d = d->next) {
		if (!lvs_dest_eligible(d))
			continue;
		dest = d;
		if (draw <= (uint64_t)d->weight)
			break;
		draw -= (uint64_t)d->weight;
	}
	return dest;
}

static struct lvs_dest *twos_pick(struct lvs_service *svc,
				  const struct lvs_sched_flow *flow)
{
	struct lvs_dest *a, *b;
	uint64_t sum = 0;

	(void)flow;
	for (const struct lvs_dest *d = svc->first; d; d = d->next)
		if (lvs_dest_eligible(d))
			sum += (uint64_t)d->weight;
	if (!sum)
		return NULL;
	a = drawn(svc, lvs_prng_below(&svc->prng, sum + 1));
	b = drawn(svc, lvs_prng_below(&svc->prng, sum + 1));
	return lvs_sched_lighter(b, a) ? b : a;
}

const struct lvs_scheduler lvs_sched_twos = {
	.name = "twos",
	.summary = "the lighter one of two drawn at random",
	.pick = twos_pick,
	.traits = LVS_SCHED_SLOW_START,
};
