/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rr.c - round robin.
 *
 * Each new connection goes to the next destination, whatever its weight, as
 * long as it is not 0.
 */
#include "sched/sched.h"

struct rr {
	struct lvs_dest *last; /* who was picked; NULL: before the first */
};

static int rr_changed(struct lvs_service *svc, struct lvs_dest *dest,
		      enum lvs_dest_event event)
{
	struct rr *rr = svc->sched_state;

	if (event == LVS_DEST_REMOVED && rr->last == dest)
		rr->last = dest->prev;
	return 0;
}

static struct lvs_dest *rr_pick(struct lvs_service *svc,
				const struct lvs_sched_flow *flow)
{
	struct rr *rr = svc->sched_state;
	struct lvs_dest *dest = rr->last;

	(void)flow;
	for (uint32_t i = 0; i < svc->num_dests; i++) {
		dest = dest && dest->next ? dest->next : svc->first;
		if (lvs_dest_eligible(dest))
			return rr->last = dest;
	}
	return NULL;
}

const struct lvs_scheduler lvs_sched_rr = {
	.name = "rr",
	.summary = "round robin",
	.state_size = sizeof(struct rr),
	.changed = rr_changed,
	.pick = rr_pick,
};
