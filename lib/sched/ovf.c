/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ovf.c - overflow.
 *
 * The destination of greatest weight takes every new connection until its
 * active ones are more than its weight; then the next one does.
 */
#include "sched/sched.h"

static struct lvs_dest *ovf_pick(struct lvs_service *svc,
				 const struct lvs_sched_flow *flow)
{
	struct lvs_dest *best = NULL;

	(void)flow;
	for (struct lvs_dest *d = svc->first; d; d = d->next) {
		if (!lvs_dest_eligible(d) ||
		    lvs_dest_active_now(d) > (uint32_t)d->weight)
			continue;
		if (!best || d->weight > best->weight)
			best = d;
	}
	return best;
}

const struct lvs_scheduler lvs_sched_ovf = {
	.name = "ovf",
	.summary = "overflow: fill the greatest weight first",
	.pick = ovf_pick,
};
