/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nq.c - never queue.
 *
 * A new connection goes to an idle destination, however slow; if there is
 * none, as with sed.c.
 */
#include "sched/sched.h"

static struct lvs_dest *nq_pick(struct lvs_service *svc,
				const struct lvs_sched_flow *flow)
{
	for (struct lvs_dest *d = svc->first; d; d = d->next)
		if (lvs_dest_eligible(d) && !lvs_dest_active_now(d))
			return d;
	return lvs_sched_sed.pick(svc, flow);
}

const struct lvs_scheduler lvs_sched_nq = {
	.name = "nq",
	.summary = "never queue",
	.pick = nq_pick,
};
