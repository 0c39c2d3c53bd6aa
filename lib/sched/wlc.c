/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wlc.c - weighted least connections.
 *
 * A new connection goes where there are fewest for each unit of weight; of
 * equals, to the one first in the list.
 */
#include "sched/ranking.h"

static int wlc_bind(struct lvs_service *svc)
{
	lvs_ranking_init(svc->sched_state, svc, lvs_rank_lightest);
	return 0;
}

const struct lvs_scheduler lvs_sched_wlc = {
	.name = "wlc",
	.summary = "weighted least connections",
	.state_size = sizeof(struct lvs_ranking),
	.bind = wlc_bind,
	.unbind = lvs_ranked_unbind,
	.changed = lvs_ranked_changed,
	.pick = lvs_ranked_pick,
	.traits = LVS_SCHED_SLOW_START,
};
