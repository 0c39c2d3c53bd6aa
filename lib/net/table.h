/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table.h - a chained hash table of records that carry their own node.
 *
 * It grows and never shrinks, allocates nothing but its buckets, and owns no
 * record.  The node must be a record's first member.
 */
#ifndef LVS_NET_TABLE_H
#define LVS_NET_TABLE_H

#include "base/mem.h"
#include <lvs/addr.h>

struct lvs_net_node {
	struct lvs_net_node *next;
	uint64_t hash;
};

struct lvs_net_table {
	const struct lvs_allocator *mem; /* borrowed */
	struct lvs_net_node **buckets;
	size_t size; /* a power of two */
	size_t count;
};

int lvs_net_table_init(struct lvs_net_table *tab,
		       const struct lvs_allocator *mem);
/* The table must be empty, or its records forgotten. */
void lvs_net_table_fini(struct lvs_net_table *tab);

void lvs_net_table_add(struct lvs_net_table *tab, struct lvs_net_node *node,
		       uint64_t hash);
void lvs_net_table_del(struct lvs_net_table *tab, struct lvs_net_node *node);

/* The first record with HASH, and the next one with the same; NULL: none. */
struct lvs_net_node *lvs_net_table_find(const struct lvs_net_table *tab,
					uint64_t hash);
struct lvs_net_node *lvs_net_table_more(const struct lvs_net_node *node);

/*
 * Take out every record that GONE says true of; GONE may free it then.  Also
 * the way to see each record, with a GONE that is always false.
 */
void lvs_net_table_filter(struct lvs_net_table *tab,
			  bool (*gone)(void *ctx, struct lvs_net_node *node),
			  void *ctx);

/* Of an interface index; these are small and dense. */
static inline uint64_t lvs_net_hash_index(uint32_t index)
{
	return index * 0x9e3779b97f4a7c15u >> 32;
}

/*
 * Of ADDR (family too) and NUMBER.  Not keyed: what lies in these tables are
 * the host's own routes and neighbours, which the kernel bounds.
 */
static inline uint64_t lvs_net_hash(const struct lvs_addr *addr,
				    uint32_t number)
{
	uint64_t h = addr->family ^ ((uint64_t)number << 32);

	h = (h ^ addr->ip.d[0]) * 0x9e3779b97f4a7c15u;
	h ^= h >> 32;
	h = (h ^ addr->ip.d[1]) * 0xd6e8feb86659fd93u;
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	return h ^ (h >> 32);
}

#endif
