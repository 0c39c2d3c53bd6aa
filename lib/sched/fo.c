/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fo.c - failover.
 *
 * Every new connection goes to the destination of greatest weight; the others
 * are for when it is quiesced or overloaded.
 */
#include "sched/sched.h"

static bool heavier(const struct lvs_dest *a, const struct lvs_dest *b)
{
	return a->weight > b->weight;
}

static struct lvs_dest *fo_pick(struct lvs_service *svc,
				const struct lvs_sched_flow *flow)
{
	(void)flow;
	return lvs_sched_best(svc, heavier);
}

const struct lvs_scheduler lvs_sched_fo = {
	.name = "fo",
	.summary = "failover: the greatest weight",
	.pick = fo_pick,
};
