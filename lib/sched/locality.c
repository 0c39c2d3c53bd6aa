/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * locality.c - hooks of lblc and lblcr, and when an address moves on.
 */
#include "sched/locality.h"

#include "model/director.h"

int lvs_locality_bind(struct lvs_service *svc)
{
	struct lvs_locality *locality = svc->sched_state;

	lvs_ranking_init(&locality->ranking, svc, lvs_rank_lightest);
	return 0;
}

void lvs_locality_unbind(struct lvs_service *svc)
{
	struct lvs_locality *locality = svc->sched_state;

	lvs_ranking_fini(&locality->ranking, svc);
	lvs_cache_fini(&locality->cache, &svc->dir->mem);
}

int lvs_locality_changed(struct lvs_service *svc, struct lvs_dest *dest,
			 enum lvs_dest_event event)
{
	struct lvs_locality *locality = svc->sched_state;

	lvs_ranking_changed(&locality->ranking, svc, dest, event);
	return 0;
}

void lvs_locality_tick(struct lvs_service *svc, lvs_tstamp now)
{
	struct lvs_locality *locality = svc->sched_state;

	lvs_cache_tick(&locality->cache, &svc->dir->mem, now);
}

bool lvs_locality_should_relieve(const struct lvs_service *svc,
				 const struct lvs_dest *dest)
{
	if (lvs_dest_active_now(dest) <= (uint32_t)dest->weight)
		return false;
	for (const struct lvs_dest *d = svc->first; d; d = d->next)
		if ((uint64_t)lvs_dest_active_now(d) * 2 < (uint32_t)d->weight)
			return true;
	return false;
}
