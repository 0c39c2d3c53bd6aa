/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nq.c - never queue.
 *
 * A new connection goes to an idle destination, however slow; if there is
 * none, as with sed.c.
 */
#include "sched/ranking.h"

/* All idle ones are equal, and better than anybody else. */
static struct lvs_rank idlest(const struct lvs_dest *dest)
{
	if (!lvs_dest_active_now(dest))
		return (struct lvs_rank){ .load = 0, .weight = 1 };
	return lvs_rank_soonest(dest);
}

static int nq_bind(struct lvs_service *svc)
{
	lvs_ranking_init(svc->sched_state, svc, idlest);
	return 0;
}

const struct lvs_scheduler lvs_sched_nq = {
	.name = "nq",
	.summary = "never queue",
	.state_size = sizeof(struct lvs_ranking),
	.bind = nq_bind,
	.unbind = lvs_ranked_unbind,
	.changed = lvs_ranked_changed,
	.pick = lvs_ranked_pick,
	.traits = LVS_SCHED_SLOW_START,
};
