/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sed.c - shortest expected delay.
 *
 * A new connection goes where it would be served soonest if every destination
 * worked at the pace its weight promises: to the smallest (active + 1) /
 * weight. The "+ 1" is the connection being placed.
 */
#include "sched/ranking.h"

static int sed_bind(struct lvs_service *svc)
{
	lvs_ranking_init(svc->sched_state, svc, lvs_rank_soonest);
	return 0;
}

const struct lvs_scheduler lvs_sched_sed = {
	.name = "sed",
	.summary = "shortest expected delay",
	.state_size = sizeof(struct lvs_ranking),
	.bind = sed_bind,
	.unbind = lvs_ranked_unbind,
	.changed = lvs_ranked_changed,
	.pick = lvs_ranked_pick,
	.traits = LVS_SCHED_SLOW_START,
};
