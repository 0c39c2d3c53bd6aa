/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lblcr.c - locality-based least connections with replication.
 *
 * As lblc.c, but a virtual address may be served by a set of destinations,
 * which grows when the lightest of it carries too much, and loses its heaviest
 * when nothing has changed in it for a day.
 */
#include "model/director.h"
#include "sched/locality.h"

static struct lvs_dest *lightest(const struct lvs_cache_entry *entry)
{
	struct lvs_dest *best = NULL;

	for (struct lvs_cache_member *m = entry->members; m; m = m->next)
		if (lvs_dest_is(m->dest, LVS_DEST_AVAILABLE) &&
		    lvs_dest_eligible(m->dest) &&
		    (!best || lvs_sched_lighter(m->dest, best)))
			best = m->dest;
	return best;
}

static struct lvs_dest *heaviest(const struct lvs_cache_entry *entry)
{
	struct lvs_dest *worst = NULL;

	for (struct lvs_cache_member *m = entry->members; m; m = m->next)
		if (m->dest->weight > 0 &&
		    (!worst || lvs_sched_lighter(worst, m->dest)))
			worst = m->dest;
	return worst;
}

static void shrink(struct lvs_cache_entry *entry,
		   const struct lvs_allocator *mem, lvs_tstamp now)
{
	struct lvs_dest *dest;

	if (entry->num_members < 2 ||
	    now - entry->changed <= LVS_CACHE_EXPIRATION)
		return;
	dest = heaviest(entry);
	if (dest)
		lvs_cache_erase(entry, mem, dest, now);
}

static struct lvs_dest *lblcr_pick(struct lvs_service *svc,
				   const struct lvs_sched_flow *flow)
{
	const struct lvs_allocator *mem = &svc->dir->mem;
	struct lvs_locality *locality = svc->sched_state;
	struct lvs_cache *cache = &locality->cache;
	struct lvs_cache_entry *entry = lvs_cache_find(cache, &flow->virt);
	struct lvs_dest *dest = NULL;

	if (entry) {
		entry->used = flow->now;
		dest = lightest(entry);
		shrink(entry, mem, flow->now);
	}
	if (dest && !lvs_locality_should_relieve(svc, dest))
		return dest;
	dest = lvs_ranking_best(&locality->ranking, svc);
	if (!dest)
		return NULL;
	if (!entry)
		entry = lvs_cache_add(cache, mem, &flow->virt, flow->now);
	if (entry)
		lvs_cache_insert(entry, mem, dest, flow->now);
	return dest;
}

const struct lvs_scheduler lvs_sched_lblcr = {
	.name = "lblcr",
	.summary = "locality-based least connections with replication",
	.state_size = sizeof(struct lvs_locality),
	.bind = lvs_locality_bind,
	.unbind = lvs_locality_unbind,
	.changed = lvs_locality_changed,
	.pick = lblcr_pick,
	.tick = lvs_locality_tick,
};
