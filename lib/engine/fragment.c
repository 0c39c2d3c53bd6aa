/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fragment.c - a table of datagrams that came in fragments, and a queue of
 * them by age for each family.
 */
#include "engine/fragment.h"
#include "base/hash.h"
#include "base/mem.h"

void lvs_fragments_init(struct lvs_fragments *frags,
			const struct lvs_allocator *mem, const uint64_t key[2])
{
	frags->mem = mem;
	frags->key[0] = key[0];
	frags->key[1] = key[1];
}

static uint32_t bucket_of(const struct lvs_fragments *frags,
			  const struct lvs_parsed *p)
{
	struct lvs_hash hash;

	lvs_hash_begin(&hash, frags->key);
	lvs_hash_add(&hash, p->flow.src.d[0]);
	lvs_hash_add(&hash, p->flow.src.d[1]);
	lvs_hash_add(&hash, p->flow.dst.d[0]);
	lvs_hash_add(&hash, p->flow.dst.d[1]);
	lvs_hash_add(&hash, p->frag_id);
	return (uint32_t)lvs_hash_end(&hash) % LVS_FRAGMENTS_BUCKETS;
}

/* RFC 791 3.2; RFC 8200 4.5, where the protocol is no part of it. */
static uint8_t protocol_of(const struct lvs_parsed *p)
{
	return p->flow.family == AF_INET ? p->flow.protocol : 0;
}

static bool same(const struct lvs_datagram *d, const struct lvs_parsed *p)
{
	return d->id == p->frag_id && d->family == p->flow.family &&
	       d->protocol == protocol_of(p) &&
	       lvs_ip_equal(&d->src, &p->flow.src) &&
	       lvs_ip_equal(&d->dst, &p->flow.dst);
}

struct lvs_datagram *lvs_fragments_find(struct lvs_fragments *frags,
					const struct lvs_parsed *p)
{
	struct lvs_datagram *d;

	if (!frags->count)
		return NULL;
	d = frags->buckets[bucket_of(frags, p)];
	while (d && !same(d, p))
		d = d->next;
	return d;
}

static unsigned age_of(const struct lvs_datagram *d)
{
	return d->family == AF_INET6;
}

struct lvs_datagram *lvs_fragments_add(struct lvs_fragments *frags,
				       const struct lvs_parsed *p,
				       lvs_tstamp now)
{
	struct lvs_datagram *d = lvs_mem_alloc(frags->mem, sizeof(*d));
	struct lvs_datagram **newest;

	if (!d)
		return NULL;
	d->bucket = bucket_of(frags, p);
	d->src = p->flow.src;
	d->dst = p->flow.dst;
	d->id = p->frag_id;
	d->family = p->flow.family;
	d->protocol = protocol_of(p);
	d->until = now +
		   (d->family == AF_INET ? LVS_FRAGMENTS_V4 : LVS_FRAGMENTS_V6);
	d->next = frags->buckets[d->bucket];
	frags->buckets[d->bucket] = d;
	newest = &frags->ages[age_of(d)].newest;
	d->older = *newest;
	if (*newest)
		(*newest)->newer = d;
	else
		frags->ages[age_of(d)].oldest = d;
	*newest = d;
	frags->count++;
	frags->bytes += sizeof(*d);
	return d;
}

void lvs_fragments_del(struct lvs_fragments *frags, struct lvs_datagram *d)
{
	struct lvs_datagram **link = &frags->buckets[d->bucket];

	while (*link != d)
		link = &(*link)->next;
	*link = d->next;
	if (d->older)
		d->older->newer = d->newer;
	else
		frags->ages[age_of(d)].oldest = d->newer;
	if (d->newer)
		d->newer->older = d->older;
	else
		frags->ages[age_of(d)].newest = d->older;
	lvs_join_free(&d->join, frags->mem, &frags->bytes);
	frags->count--;
	frags->bytes -= sizeof(*d);
	lvs_mem_free(frags->mem, d, sizeof(*d));
}

void lvs_fragments_free(struct lvs_fragments *frags)
{
	for (size_t i = 0; i < 2; i++)
		while (frags->ages[i].oldest)
			lvs_fragments_del(frags, frags->ages[i].oldest);
}

struct lvs_datagram *lvs_fragments_over(const struct lvs_fragments *frags,
					lvs_tstamp now)
{
	for (size_t i = 0; i < 2; i++) {
		struct lvs_datagram *d = frags->ages[i].oldest;

		if (d && d->until <= now)
			return d;
	}
	return NULL;
}

/* When D's first fragment to arrive did. */
static lvs_tstamp since(const struct lvs_datagram *d)
{
	return d->until -
	       (d->family == AF_INET ? LVS_FRAGMENTS_V4 : LVS_FRAGMENTS_V6);
}

struct lvs_datagram *lvs_fragments_oldest(const struct lvs_fragments *frags)
{
	struct lvs_datagram *oldest = NULL;

	for (size_t i = 0; i < 2; i++) {
		struct lvs_datagram *d = frags->ages[i].oldest;

		if (d && (!oldest || since(d) < since(oldest)))
			oldest = d;
	}
	return oldest;
}

void lvs_came_note(struct lvs_came *came, const struct lvs_pkt *pkt,
		   uint16_t l3)
{
	came->link_in = pkt->link_in;
	came->mark = pkt->mark;
	came->l2_len = pkt->l2_len;
	came->vlan = pkt->vlan;
	came->len = l3;
	memcpy(came->header, pkt->data, l3);
}

void lvs_came_put(const struct lvs_came *came, struct lvs_pkt *pkt)
{
	pkt->data -= came->len;
	pkt->headroom -= came->len;
	pkt->len += came->len;
	memcpy(pkt->data, came->header, came->len);
	pkt->l2_len = came->l2_len;
	pkt->vlan = came->vlan;
	pkt->link_in = came->link_in;
	pkt->mark = came->mark;
}
