/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sched.c - the list of schedulers.
 *
 * "none", the service that schedules nothing, is not one of them: the model
 * knows it by name.
 */
#include "sched/sched.h"

#include <string.h>

static const struct lvs_scheduler *const schedulers[] = {
	&lvs_sched_rr,
	&lvs_sched_wrr,
	&lvs_sched_lc,
	&lvs_sched_wlc,
	&lvs_sched_fo,
	&lvs_sched_ovf,
	&lvs_sched_lblc,
	&lvs_sched_lblcr,
	&lvs_sched_dh,
	&lvs_sched_sh,
	&lvs_sched_mh,
	&lvs_sched_sed,
	&lvs_sched_nq,
	&lvs_sched_twos,
	/* Beyond IPVS's. */
	&lvs_sched_mh64k,
	&lvs_sched_chbl,
	&lvs_sched_p2c,
};

#define NUM_SCHEDULERS (sizeof(schedulers) / sizeof(*schedulers))

const struct lvs_scheduler *lvs_scheduler_at(size_t index)
{
	return index < NUM_SCHEDULERS ? schedulers[index] : NULL;
}

const struct lvs_scheduler *lvs_scheduler_find(const char *name)
{
	for (size_t i = 0; i < NUM_SCHEDULERS; i++)
		if (!strcmp(schedulers[i]->name, name))
			return schedulers[i];
	return NULL;
}
