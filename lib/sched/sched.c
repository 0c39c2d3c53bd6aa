/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sched.c - the list of schedulers, and of the names of their flags.
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

static const struct lvs_sched_flag flags[] = {
	{ "sh-fallback", "sh", LVS_SCHED_FALLBACK },
	{ "sh-port", "sh", LVS_SCHED_PORT },
	{ "mh-fallback", "mh", LVS_SCHED_FALLBACK },
	{ "mh-port", "mh", LVS_SCHED_PORT },
	{ "flag-1", NULL, LVS_SVC_SCHED1 },
	{ "flag-2", NULL, LVS_SVC_SCHED2 },
	{ "flag-3", NULL, LVS_SVC_SCHED3 },
};

#define NUM_SCHEDULERS (sizeof(schedulers) / sizeof(*schedulers))
#define NUM_FLAGS      (sizeof(flags) / sizeof(*flags))

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

const struct lvs_sched_flag *lvs_sched_flag_at(size_t index)
{
	return index < NUM_FLAGS ? &flags[index] : NULL;
}
