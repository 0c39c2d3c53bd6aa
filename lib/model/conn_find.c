/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conn_find.c - from flows to connections.
 */
#include "model/conn_table.h"

#include <lvs/engine.h>

/* A look-up on its way. */
struct search {
	const struct lvs_bucket *bucket;
	unsigned slots; /* of it, that have the tag */
	uint8_t tag;
};

static bool keys_equal(const struct lvs_flow *a, const struct lvs_flow *b)
{
	return ((unsigned)(a->sport_be ^ b->sport_be) |
		(unsigned)(a->dport_be ^ b->dport_be) |
		(unsigned)(a->protocol ^ b->protocol) |
		(unsigned)(a->family ^ b->family)) == 0 &&
	       lvs_ip_equal(&a->src, &b->src) && lvs_ip_equal(&a->dst, &b->dst);
}

/* Does VALUE, of the map, stand for FLOW? */
static bool is_for(const struct lvs_conn_table *tab, uint32_t value,
		   const struct lvs_flow *flow)
{
	struct lvs_flow key;

	lvs_conn_flow(lvs_conn_at(tab, value),
		      value & LVS_ID_REPLY ? LVS_REPLY : LVS_REQUEST, &key);
	return keys_equal(&key, flow);
}

static void prefetch_records(const struct lvs_conn_table *tab,
			     const struct search *search)
{
	for (unsigned slots = search->slots; slots; slots &= slots - 1) {
		uint32_t value = search->bucket->values[__builtin_ctz(slots)];
		const char *record = (const char *)lvs_conn_at(tab, value);

		__builtin_prefetch(record);
		__builtin_prefetch(record + LVS_CONN_SIZE_V4 - 1);
	}
}

/* The value that stands for FLOW among the slots of SEARCH; false: none. */
static bool compare(const struct lvs_conn_table *tab,
		    const struct search *search, const struct lvs_flow *flow,
		    uint32_t *value)
{
	for (unsigned slots = search->slots; slots; slots &= slots - 1) {
		*value = search->bucket->values[__builtin_ctz(slots)];
		if (is_for(tab, *value, flow))
			return true;
	}
	return false;
}

/* A request came for a connection that had lost its replies: it is the last. */
static void reclaim_reply(struct lvs_conn_table *tab, uint32_t id,
			  const struct lvs_conn *conn)
{
	if (conn->flags & LVS_CONN_SHADOWED)
		lvs_conn_enter_reply(tab, id);
}

/*
 * One stage for those of PENDING whose bucket is at hand: to the records that
 * their tags suggest, then, where the keys differ, to the next bucket of the
 * chain.  Nearly all end here; returns how many have to go on.
 */
static size_t stage(struct lvs_conn_table *tab, struct search searches[],
		    uint8_t pending[], size_t count,
		    const struct lvs_flow *const flows[], uint32_t values[])
{
	size_t left = 0;

	for (size_t i = 0; i < count; i++) {
		struct search *search = &searches[pending[i]];

		search->slots = lvs_bucket_match(search->bucket, search->tag);
		prefetch_records(tab, search);
	}
	for (size_t i = 0; i < count; i++) {
		uint8_t number = pending[i];
		struct search *search = &searches[number];

		if (compare(tab, search, flows[number], &values[number]))
			continue;
		values[number] = LVS_SLAB_NONE;
		search->bucket = lvs_map_more(&tab->map, search->bucket);
		if (!search->bucket)
			continue;
		__builtin_prefetch(search->bucket);
		pending[left++] = number;
	}
	return left;
}

void lvs_conn_find(struct lvs_conn_table *tab,
		   const struct lvs_flow *const flows[],
		   struct lvs_conn *conns[], uint8_t dirs[], size_t count)
{
	struct search searches[LVS_BURST];
	uint32_t values[LVS_BURST];
	uint8_t pending[LVS_BURST];
	size_t left = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t hash;

		values[i] = LVS_SLAB_NONE;
		if (!flows[i])
			continue;
		hash = lvs_conn_hash(tab, flows[i]);
		searches[i].tag = lvs_map_tag(hash);
		searches[i].bucket = lvs_map_first(&tab->map, hash);
		__builtin_prefetch(searches[i].bucket);
		pending[left++] = (uint8_t)i;
	}
	while (left)
		left = stage(tab, searches, pending, left, flows, values);
	for (size_t i = 0; i < count; i++) {
		conns[i] = NULL;
		if (values[i] == LVS_SLAB_NONE)
			continue;
		conns[i] = lvs_conn_at(tab, values[i]);
		dirs[i] = LVS_REPLY;
		if (values[i] & LVS_ID_REPLY)
			continue;
		dirs[i] = LVS_REQUEST;
		reclaim_reply(tab, values[i], conns[i]);
	}
}

struct lvs_conn *lvs_conn_find_one(struct lvs_conn_table *tab,
				   const struct lvs_flow *flow, uint8_t *dir)
{
	struct lvs_conn *conn;

	lvs_conn_find(tab, &flow, &conn, dir, 1);
	return conn;
}

bool lvs_conn_enter_reply(struct lvs_conn_table *tab, uint32_t id)
{
	struct lvs_conn *conn = lvs_conn_at(tab, id);
	struct search search;
	struct lvs_flow flow;
	uint32_t value;
	uint64_t hash;

	lvs_conn_flow(conn, LVS_REPLY, &flow);
	hash = lvs_conn_hash(tab, &flow);
	search.tag = lvs_map_tag(hash);
	search.bucket = lvs_map_first(&tab->map, hash);
	for (; search.bucket;
	     search.bucket = lvs_map_more(&tab->map, search.bucket)) {
		search.slots = lvs_bucket_match(search.bucket, search.tag);
		for (; search.slots; search.slots &= search.slots - 1) {
			value = search.bucket
					->values[__builtin_ctz(search.slots)];
			if (!(value & LVS_ID_REPLY) ||
			    !is_for(tab, value, &flow))
				continue;
			lvs_map_replace(&tab->map, hash, value,
					id | LVS_ID_REPLY);
			lvs_conn_at(tab, value)->flags |= LVS_CONN_SHADOWED;
			conn->flags &= (uint16_t)~LVS_CONN_SHADOWED;
			return true;
		}
	}
	if (lvs_map_insert(&tab->map, hash, id | LVS_ID_REPLY) != 0)
		return false;
	conn->flags &= (uint16_t)~LVS_CONN_SHADOWED;
	return true;
}
