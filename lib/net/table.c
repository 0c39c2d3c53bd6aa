/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table.c - the hash table of table.h.
 */
#include "net/table.h"

#define FIRST_SIZE 64

int lvs_net_table_init(struct lvs_net_table *tab,
		       const struct lvs_allocator *mem)
{
	tab->mem = mem;
	tab->size = FIRST_SIZE;
	tab->count = 0;
	tab->buckets = lvs_mem_array(mem, tab->size, sizeof(*tab->buckets));
	return tab->buckets ? 0 : LVS_ERR_NOMEM;
}

void lvs_net_table_fini(struct lvs_net_table *tab)
{
	lvs_mem_free(tab->mem, tab->buckets, tab->size * sizeof(*tab->buckets));
	tab->buckets = NULL;
}

static struct lvs_net_node **bucket(const struct lvs_net_table *tab,
				    uint64_t hash)
{
	return &tab->buckets[hash & (tab->size - 1)];
}

/* To the end of the chain: records of one hash are found oldest first. */
static void append(struct lvs_net_table *tab, struct lvs_net_node *node)
{
	struct lvs_net_node **at = bucket(tab, node->hash);

	while (*at)
		at = &(*at)->next;
	node->next = NULL;
	*at = node;
}

/* Without memory for it the table stays as it is and its chains get longer. */
static void grow(struct lvs_net_table *tab)
{
	struct lvs_net_table old = *tab;
	struct lvs_net_node **buckets;

	buckets = lvs_mem_array(tab->mem, tab->size * 2, sizeof(*buckets));
	if (!buckets)
		return;
	tab->buckets = buckets;
	tab->size *= 2;
	for (size_t i = 0; i < old.size; i++) {
		struct lvs_net_node *node, *next;

		for (node = old.buckets[i]; node; node = next) {
			next = node->next;
			append(tab, node);
		}
	}
	lvs_net_table_fini(&old);
}

void lvs_net_table_add(struct lvs_net_table *tab, struct lvs_net_node *node,
		       uint64_t hash)
{
	if (tab->count >= tab->size)
		grow(tab);
	node->hash = hash;
	append(tab, node);
	tab->count++;
}

void lvs_net_table_del(struct lvs_net_table *tab, struct lvs_net_node *node)
{
	struct lvs_net_node **at = bucket(tab, node->hash);

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	tab->count--;
}

static struct lvs_net_node *from(struct lvs_net_node *node, uint64_t hash)
{
	while (node && node->hash != hash)
		node = node->next;
	return node;
}

struct lvs_net_node *lvs_net_table_find(const struct lvs_net_table *tab,
					uint64_t hash)
{
	return from(*bucket(tab, hash), hash);
}

struct lvs_net_node *lvs_net_table_more(const struct lvs_net_node *node)
{
	return from(node->next, node->hash);
}

void lvs_net_table_filter(struct lvs_net_table *tab,
			  bool (*gone)(void *ctx, struct lvs_net_node *node),
			  void *ctx)
{
	for (size_t i = 0; i < tab->size; i++) {
		struct lvs_net_node **at = &tab->buckets[i];

		while (*at) {
			struct lvs_net_node *node = *at, *next = node->next;

			if (gone(ctx, node)) {
				*at = next;
				tab->count--;
			} else {
				at = &node->next;
			}
		}
	}
}
