/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lblc.c - locality-based least connections.
 *
 * For caches: connections to one virtual address go to one destination, chosen
 * as wlc does at the first of them, until it is removed, quiesced, or carries
 * more than its weight while another is half idle.
 */
#include "model/director.h"
#include "sched/locality.h"

/* Who serves ENTRY, if it still may; a threshold does not matter here. */
static struct lvs_dest *remembered(const struct lvs_service *svc,
				   const struct lvs_cache_entry *entry)
{
	struct lvs_dest *dest = entry->members ? entry->members->dest : NULL;

	if (!dest || !lvs_dest_is(dest, LVS_DEST_AVAILABLE) ||
	    dest->weight <= 0 || lvs_locality_should_relieve(svc, dest))
		return NULL;
	return dest;
}

static struct lvs_dest *lblc_pick(struct lvs_service *svc,
				  const struct lvs_sched_flow *flow)
{
	const struct lvs_allocator *mem = &svc->dir->mem;
	struct lvs_locality *locality = svc->sched_state;
	struct lvs_cache *cache = &locality->cache;
	struct lvs_cache_entry *entry = lvs_cache_find(cache, &flow->virt);
	struct lvs_dest *dest = NULL;

	if (entry) {
		entry->used = flow->now;
		dest = remembered(svc, entry);
	}
	if (dest)
		return dest;
	dest = lvs_ranking_best(&locality->ranking, svc);
	if (!dest)
		return NULL;
	if (!entry)
		entry = lvs_cache_add(cache, mem, &flow->virt, flow->now);
	if (entry) {
		lvs_cache_erase(entry, mem, NULL, flow->now);
		lvs_cache_insert(entry, mem, dest, flow->now);
	}
	return dest;
}

const struct lvs_scheduler lvs_sched_lblc = {
	.name = "lblc",
	.summary = "locality-based least connections",
	.state_size = sizeof(struct lvs_locality),
	.bind = lvs_locality_bind,
	.unbind = lvs_locality_unbind,
	.changed = lvs_locality_changed,
	.pick = lblc_pick,
	.tick = lvs_locality_tick,
};
