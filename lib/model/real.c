/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * real.c - which addresses are real servers': destinations by address, for a
 * packet that has no ports to ask by.
 *
 * Chains of indices, as many as the table of destinations has places.
 */
#include "model/director.h"

#include "base/hash.h"

static uint32_t *head_of(const struct lvs_director *dir,
			 const struct lvs_addr *addr)
{
	struct lvs_hash hash;

	lvs_hash_begin(&hash, dir->hash_key);
	lvs_hash_add(&hash, addr->ip.d[0]);
	lvs_hash_add(&hash, addr->ip.d[1]);
	return &dir->reals[lvs_hash_end(&hash) % dir->dests_size];
}

const struct lvs_dest *lvs_director_real(const struct lvs_director *dir,
					 const struct lvs_addr *addr,
					 const struct lvs_dest *after)
{
	const struct lvs_dest *dest;
	uint32_t i;

	if (!dir->dests_size)
		return NULL;
	for (i = after ? after->real_next : *head_of(dir, addr); i;
	     i = dest->real_next) {
		dest = dir->dests[i - 1];
		if (lvs_addr_equal(&dest->conf.id.addr, addr))
			return dest;
	}
	return NULL;
}

void lvs_director_add_real(struct lvs_director *dir, struct lvs_dest *dest)
{
	uint32_t *head = head_of(dir, &dest->conf.id.addr);

	dest->real_next = *head;
	*head = dest->index + 1;
}

void lvs_director_del_real(struct lvs_director *dir, struct lvs_dest *dest)
{
	uint32_t *link = head_of(dir, &dest->conf.id.addr);

	while (*link != dest->index + 1)
		link = &dir->dests[*link - 1]->real_next;
	*link = dest->real_next;
}

void lvs_director_rehash_reals(struct lvs_director *dir)
{
	for (uint32_t i = 0; i < dir->dests_size; i++)
		if (dir->dests[i])
			lvs_director_add_real(dir, dir->dests[i]);
}
