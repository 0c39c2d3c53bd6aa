/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cache.c - virtual addresses and who serves them; what is old is forgotten.
 *
 * A tick comes once a minute.  Every thirtieth looks at all entries; the others
 * only make room, from where the last one stopped, when there are too many.
 */
#include "sched/cache.h"

#include "base/mem.h"

#define ENTRIES_MAX 16384u
#define TICK	    (60 * LVS_SEC)
#define TICKS_FULL  30u
#define IDLE_ENOUGH (360 * LVS_SEC) /* to be dropped when room is needed */

static uint32_t bucket_of(const struct lvs_addr *addr)
{
	return lvs_sched_hash32(lvs_sched_fold(addr), LVS_CACHE_BITS);
}

struct lvs_cache_entry *lvs_cache_find(const struct lvs_cache *cache,
				       const struct lvs_addr *addr)
{
	struct lvs_cache_entry *entry = cache->buckets[bucket_of(addr)];

	while (entry && !lvs_addr_equal(&entry->addr, addr))
		entry = entry->next;
	return entry;
}

struct lvs_cache_entry *lvs_cache_add(struct lvs_cache *cache,
				      const struct lvs_allocator *mem,
				      const struct lvs_addr *addr,
				      lvs_tstamp now)
{
	struct lvs_cache_entry **head = &cache->buckets[bucket_of(addr)];
	struct lvs_cache_entry *entry;

	if (cache->num_entries >= ENTRIES_MAX + ENTRIES_MAX / 2)
		return NULL;
	entry = lvs_mem_alloc(mem, sizeof(*entry));
	if (!entry)
		return NULL;
	entry->addr = *addr;
	entry->used = entry->changed = now;
	entry->next = *head;
	*head = entry;
	cache->num_entries++;
	return entry;
}

void lvs_cache_insert(struct lvs_cache_entry *entry,
		      const struct lvs_allocator *mem, struct lvs_dest *dest,
		      lvs_tstamp now)
{
	struct lvs_cache_member *m;

	for (m = entry->members; m; m = m->next)
		if (m->dest == dest)
			return;
	m = lvs_mem_alloc(mem, sizeof(*m));
	if (!m)
		return;
	lvs_dest_hold(dest);
	m->dest = dest;
	m->next = entry->members;
	entry->members = m;
	entry->num_members++;
	entry->changed = now;
}

void lvs_cache_erase(struct lvs_cache_entry *entry,
		     const struct lvs_allocator *mem,
		     const struct lvs_dest *dest, lvs_tstamp now)
{
	struct lvs_cache_member **link = &entry->members;

	while (*link) {
		struct lvs_cache_member *m = *link;

		if (dest && m->dest != dest) {
			link = &m->next;
			continue;
		}
		*link = m->next;
		lvs_dest_release(m->dest);
		lvs_mem_free(mem, m, sizeof(*m));
		entry->num_members--;
		entry->changed = now;
	}
}

/* Drop up to MAX entries of bucket B that are unused since IDLE; how many. */
static uint32_t drop_idle(struct lvs_cache *cache,
			  const struct lvs_allocator *mem, uint32_t b,
			  lvs_tstamp idle, uint32_t max, lvs_tstamp now)
{
	struct lvs_cache_entry **link = &cache->buckets[b];
	uint32_t dropped = 0;

	while (*link && dropped < max) {
		struct lvs_cache_entry *entry = *link;

		if (now - entry->used < idle) {
			link = &entry->next;
			continue;
		}
		*link = entry->next;
		lvs_cache_erase(entry, mem, NULL, now);
		lvs_mem_free(mem, entry, sizeof(*entry));
		cache->num_entries--;
		dropped++;
	}
	return dropped;
}

static void check_all(struct lvs_cache *cache, const struct lvs_allocator *mem,
		      lvs_tstamp now)
{
	for (uint32_t b = 0; b < LVS_CACHE_SIZE; b++)
		drop_idle(cache, mem, b, LVS_CACHE_EXPIRATION, UINT32_MAX, now);
}

static void make_room(struct lvs_cache *cache, const struct lvs_allocator *mem,
		      lvs_tstamp now)
{
	uint32_t goal = (cache->num_entries - ENTRIES_MAX) * 4 / 3;

	if (goal > ENTRIES_MAX / 2)
		goal = ENTRIES_MAX / 2;
	for (uint32_t i = 0; i < LVS_CACHE_SIZE && goal; i++) {
		cache->rover = (cache->rover + 1) % LVS_CACHE_SIZE;
		goal -= drop_idle(cache, mem, cache->rover, IDLE_ENOUGH, goal,
				  now);
	}
}

void lvs_cache_tick(struct lvs_cache *cache, const struct lvs_allocator *mem,
		    lvs_tstamp now)
{
	if (!cache->clean_at)
		cache->clean_at = now + TICK;
	if (now < cache->clean_at)
		return;
	cache->clean_at = now + TICK;
	if (cache->ticks >= TICKS_FULL - 1) {
		check_all(cache, mem, now);
		cache->ticks = 0;
	} else if (cache->num_entries > ENTRIES_MAX) {
		make_room(cache, mem, now);
	} else {
		cache->ticks++;
	}
}

void lvs_cache_fini(struct lvs_cache *cache, const struct lvs_allocator *mem)
{
	for (uint32_t b = 0; b < LVS_CACHE_SIZE; b++)
		drop_idle(cache, mem, b, 0, UINT32_MAX, 0);
}
