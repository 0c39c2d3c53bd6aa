/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sed.c - shortest expected delay.
 *
 * A new connection goes where it would be served soonest if every destination
 * worked at the pace its weight promises: to the smallest (active + 1) /
 * weight. The "+ 1" is the connection being placed.
 */
#include "sched/sched.h"

static bool sooner(const struct lvs_dest *a, const struct lvs_dest *b)
{
	return ((uint64_t)lvs_dest_active_now(a) + 1) * (uint64_t)b->weight <
	       ((uint64_t)lvs_dest_active_now(b) + 1) * (uint64_t)a->weight;
}

static struct lvs_dest *sed_pick(struct lvs_service *svc,
				 const struct lvs_sched_flow *flow)
{
	(void)flow;
	return lvs_sched_best(svc, sooner);
}

const struct lvs_scheduler lvs_sched_sed = {
	.name = "sed",
	.summary = "shortest expected delay",
	.pick = sed_pick,
};
