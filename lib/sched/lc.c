/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lc.c - least connections.
 *
 * A new connection goes where there are fewest, whatever the weights.
 */
#include "sched/ranking.h"

static struct lvs_rank fewest(const struct lvs_dest *dest)
{
	return (struct lvs_rank){ .load = lvs_sched_load(dest), .weight = 1 };
}

static int lc_bind(struct lvs_service *svc)
{
	lvs_ranking_init(svc->sched_state, svc, fewest);
	return 0;
}

const struct lvs_scheduler lvs_sched_lc = {
	.name = "lc",
	.summary = "least connections",
	.state_size = sizeof(struct lvs_ranking),
	.bind = lc_bind,
	.unbind = lvs_ranked_unbind,
	.changed = lvs_ranked_changed,
	.pick = lvs_ranked_pick,
};
