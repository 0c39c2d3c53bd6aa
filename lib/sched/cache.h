/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cache.h - which destinations serve a virtual address, as lblc and lblcr
 * remember it.
 *
 * An entry has a set of destinations, the newest first; lblc keeps one in it.
 * The cache holds them, so a destination that was removed stays in the trash
 * until its entries are gone, and is found again if it comes back.
 */
#ifndef LVS_SCHED_CACHE_H
#define LVS_SCHED_CACHE_H

#include "sched/sched.h"

#define LVS_CACHE_BITS 10
#define LVS_CACHE_SIZE (1u << LVS_CACHE_BITS)

/* An entry unused for so long is forgotten; lblcr's sets shrink as rarely. */
#define LVS_CACHE_EXPIRATION (24 * 3600 * LVS_SEC)

struct lvs_cache_member {
	struct lvs_cache_member *next;
	struct lvs_dest *dest;
};

struct lvs_cache_entry {
	struct lvs_cache_entry *next;
	struct lvs_addr addr;
	lvs_tstamp used;
	lvs_tstamp changed; /* when a member came or went */
	uint32_t num_members;
	struct lvs_cache_member *members;
};

/* All zero is an empty cache. */
struct lvs_cache {
	struct lvs_cache_entry *buckets[LVS_CACHE_SIZE];
	uint32_t num_entries;
	uint32_t rover;	     /* bucket that was last looked at for room */
	uint32_t ticks;	     /* since all entries were looked at */
	lvs_tstamp clean_at; /* next tick; 0: not yet known */
};

struct lvs_cache_entry *lvs_cache_find(const struct lvs_cache *cache,
				       const struct lvs_addr *addr);

/*
 * An entry for ADDR, which has none yet, without members.  NULL: no memory, or
 * half as many again as the cache is meant for; go on without.
 */
struct lvs_cache_entry *lvs_cache_add(struct lvs_cache *cache,
				      const struct lvs_allocator *mem,
				      const struct lvs_addr *addr,
				      lvs_tstamp now);

/* DEST becomes a member if it is not one, memory permitting. */
void lvs_cache_insert(struct lvs_cache_entry *entry,
		      const struct lvs_allocator *mem, struct lvs_dest *dest,
		      lvs_tstamp now);

/* DEST, or with NULL every member, goes. */
void lvs_cache_erase(struct lvs_cache_entry *entry,
		     const struct lvs_allocator *mem,
		     const struct lvs_dest *dest, lvs_tstamp now);

/* Forget what is old; call it at least once a minute. */
void lvs_cache_tick(struct lvs_cache *cache, const struct lvs_allocator *mem,
		    lvs_tstamp now);

/* Forget everything. */
void lvs_cache_fini(struct lvs_cache *cache, const struct lvs_allocator *mem);

#endif
