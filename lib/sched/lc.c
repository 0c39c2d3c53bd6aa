/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lc.c - least connections.
 *
 * A new connection goes where there are fewest, whatever the weights.
 */
#include "sched/sched.h"

static bool fewer(const struct lvs_dest *a, const struct lvs_dest *b)
{
	return lvs_sched_load(a) < lvs_sched_load(b);
}

static struct lvs_dest *lc_pick(struct lvs_service *svc,
				const struct lvs_sched_flow *flow)
{
	(void)flow;
	return lvs_sched_best(svc, fewer);
}

const struct lvs_scheduler lvs_sched_lc = {
	.name = "lc",
	.summary = "least connections",
	.pick = lc_pick,
};
