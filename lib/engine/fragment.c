/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fragment.c - a small table of packets that came in pieces.
 */
#include "engine/fragment.h"
#include "base/hash.h"
#include <netinet/in.h>

void lvs_fragments_init(struct lvs_fragments *frags, const uint64_t key[2])
{
	frags->key[0] = key[0];
	frags->key[1] = key[1];
	for (size_t i = 0; i < LVS_FRAGMENT_SETS; i++)
		for (size_t j = 0; j < LVS_FRAGMENT_WAYS; j++)
			lvs_parcels_init(&frags->sets[i][j].waiting);
}

void lvs_fragments_free(struct lvs_fragments *frags,
			const struct lvs_allocator *mem)
{
	for (size_t i = 0; i < LVS_FRAGMENT_SETS; i++)
		for (size_t j = 0; j < LVS_FRAGMENT_WAYS; j++)
			lvs_parcels_free(&frags->sets[i][j].waiting, mem);
}

static struct lvs_datagram *set_of(struct lvs_fragments *frags,
				   const struct lvs_parsed *p)
{
	struct lvs_hash hash;

	lvs_hash_begin(&hash, frags->key);
	lvs_hash_add(&hash, p->flow.src.d[0]);
	lvs_hash_add(&hash, p->flow.src.d[1]);
	lvs_hash_add(&hash, p->flow.dst.d[0]);
	lvs_hash_add(&hash, p->flow.dst.d[1]);
	lvs_hash_add(&hash, p->frag_id);
	return frags->sets[lvs_hash_end(&hash) % LVS_FRAGMENT_SETS];
}

/* RFC 791 3.2; RFC 8200 4.5, where the protocol is no part of it. */
static bool same(const struct lvs_datagram *d, const struct lvs_parsed *p)
{
	return d->id == p->frag_id && d->flow.family == p->flow.family &&
	       lvs_ip_equal(&d->flow.src, &p->flow.src) &&
	       lvs_ip_equal(&d->flow.dst, &p->flow.dst) &&
	       (d->flow.family == AF_INET6 || d->protocol == p->flow.protocol);
}

struct lvs_datagram *lvs_fragments_find(struct lvs_fragments *frags,
					const struct lvs_parsed *p,
					lvs_tstamp now)
{
	struct lvs_datagram *set = set_of(frags, p);

	for (size_t i = 0; i < LVS_FRAGMENT_WAYS; i++)
		if (set[i].until > now && same(&set[i], p))
			return &set[i];
	return NULL;
}

/* D is forgotten; what waited for it goes into LEFT. */
static void empty(struct lvs_fragments *frags, struct lvs_datagram *d,
		  struct lvs_parcels *left)
{
	struct lvs_parcel *parcel;

	frags->waiting -= d->waiting.count;
	while ((parcel = lvs_parcels_take(&d->waiting)))
		lvs_parcels_put(left, parcel);
	d->until = 0;
	d->known = false;
}

struct lvs_datagram *lvs_fragments_add(struct lvs_fragments *frags,
				       const struct lvs_parsed *p,
				       lvs_tstamp until,
				       struct lvs_parcels *left)
{
	struct lvs_datagram *set = set_of(frags, p), *d = &set[0];

	for (size_t i = 1; i < LVS_FRAGMENT_WAYS; i++)
		if (set[i].until < d->until)
			d = &set[i];
	empty(frags, d, left);
	d->flow = p->flow;
	d->protocol = p->flow.protocol;
	d->id = p->frag_id;
	d->until = until;
	return d;
}

void lvs_fragments_expire(struct lvs_fragments *frags, lvs_tstamp now,
			  struct lvs_parcels *left)
{
	for (size_t i = 0; i < LVS_FRAGMENT_SETS; i++) {
		for (size_t j = 0; j < LVS_FRAGMENT_WAYS; j++) {
			struct lvs_datagram *d = &frags->sets[i][j];

			if (d->waiting.first && d->until <= now)
				empty(frags, d, left);
		}
	}
}
