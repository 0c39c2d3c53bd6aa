/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wlc.c - weighted least connections.
 *
 * A new connection goes where there are fewest for each unit of weight; of
 * equals, to the one first in the list.
 */
#include "sched/sched.h"

static struct lvs_dest *wlc_pick(struct lvs_service *svc,
				 const struct lvs_sched_flow *flow)
{
	(void)flow;
	return lvs_sched_best(svc, lvs_sched_lighter);
}

const struct lvs_scheduler lvs_sched_wlc = {
	.name = "wlc",
	.summary = "weighted least connections",
	.pick = wlc_pick,
};
