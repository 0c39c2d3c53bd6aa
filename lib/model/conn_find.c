/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conn_find.c - from flows to connections.
 *
 * A burst is looked up in stages, so that the memory of one flow is on its way
 * while others are worked on: hash all and fetch their buckets; compare tags
 * and fetch the records that they suggest; compare keys.  Few go on from there
 * to another bucket of their chain, through the last two stages again.
 */
#include "model/conn_table.h"

#include <lvs/engine.h>

/* A look-up on its way. */
struct search {
	const struct lvs_bucket *bucket;
	unsigned slots;	       /* of it, that have the tag, as bits */
	uint32_t value;	       /* of the first of those slots */
	struct lvs_conn *conn; /* that value's */
	uint8_t tag;
};

static uint32_t first_value(const struct search *search)
{
	return search->bucket->values[__builtin_ctz(search->slots)];
}

static uint8_t direction(uint32_t value)
{
	enum lvs_direction dir = value & LVS_ID_REPLY ? LVS_REPLY : LVS_REQUEST;

	return (uint8_t)dir;
}

/* Does the first of SEARCH's slots stand for FLOW? */
static inline bool is_for(const struct search *search,
			  const struct lvs_flow *flow)
{
	return lvs_conn_matches(search->conn,
				(search->value & LVS_ID_REPLY) != 0,
				(search->value & LVS_ID_V6) != 0, flow);
}

/*
 * The slots that have the tag; there is rarely a second.  If there is none, the
 * bucket to go on with is on its way.
 */
static inline void match_tags(const struct lvs_conn_table *tab,
			      struct search *search)
{
	search->slots = lvs_bucket_match(search->bucket, search->tag);
	if (!search->slots) {
		if (search->bucket->more)
			__builtin_prefetch(
				lvs_map_more(&tab->map, search->bucket));
		return;
	}
	search->value = first_value(search);
	search->conn = lvs_conn_at(tab, search->value);
	LVS_CONN_PREFETCH(search->conn, search->value);
}

/* Past the first slot that has the tag; false: it was the only one. */
static bool next_slot(const struct lvs_conn_table *tab, struct search *search)
{
	search->slots &= search->slots - 1;
	if (!search->slots)
		return false;
	search->value = first_value(search);
	search->conn = lvs_conn_at(tab, search->value);
	return true;
}

/* Is FLOW's connection one of those that have the tag?  SEARCH is at it. */
static inline bool match_keys(const struct lvs_conn_table *tab,
			      struct search *search,
			      const struct lvs_flow *flow)
{
	if (!search->slots)
		return false;
	do {
		if (is_for(search, flow))
			return true;
	} while (next_slot(tab, search));
	return false;
}

static inline void search_begin(const struct lvs_conn_table *tab,
				struct search *search, uint64_t hash)
{
	search->tag = lvs_map_tag(hash);
	search->bucket = lvs_map_first(&tab->map, hash);
}

/* On to the next bucket of the chain; false: there is none. */
static bool search_on(const struct lvs_conn_table *tab, struct search *search)
{
	search->bucket = lvs_map_more(&tab->map, search->bucket);
	return search->bucket != NULL;
}

void lvs_conn_find(struct lvs_conn_table *tab,
		   const struct lvs_flow *const flows[],
		   struct lvs_conn *conns[], uint8_t dirs[], size_t count)
{
	struct search searches[LVS_BURST], *search;
	uint8_t pending[LVS_BURST]; /* numbers of flows */
	size_t num_pending = 0, go_on;
	unsigned flags = 0; /* of all that were found */

	for (size_t i = 0; i < count; i++) {
		conns[i] = NULL;
		if (!flows[i])
			continue;
		search = &searches[i];
		search_begin(tab, search,
			     lvs_flow_hash(tab->opts.hash_key, flows[i]));
		__builtin_prefetch(search->bucket);
		pending[num_pending++] = (uint8_t)i;
	}
	for (; num_pending > 0; num_pending = go_on) {
		for (size_t i = 0; i < num_pending; i++)
			match_tags(tab, &searches[pending[i]]);
		go_on = 0;
		for (size_t i = 0; i < num_pending; i++) {
			uint8_t number = pending[i];

			search = &searches[number];
			if (match_keys(tab, search, flows[number])) {
				conns[number] = search->conn;
				dirs[number] = direction(search->value);
				flags |= search->conn->flags;
			} else if (search_on(tab, search)) {
				__builtin_prefetch(search->bucket);
				pending[go_on++] = number;
			}
		}
	}
	if (!(flags & LVS_CONN_SHADOWED))
		return;
	/* Who asks takes back the replies that it had lost. */
	for (size_t i = 0; i < count; i++) {
		if (conns[i] && conns[i]->flags & LVS_CONN_SHADOWED)
			lvs_conn_enter_reply(tab, searches[i].value,
					     lvs_conn_hash(tab->opts.hash_key,
							   conns[i], true));
	}
}

struct lvs_conn *lvs_conn_find_one(struct lvs_conn_table *tab,
				   const struct lvs_flow *flow, uint8_t *dir)
{
	struct lvs_conn *conn;

	lvs_conn_find(tab, &flow, &conn, dir, 1);
	return conn;
}

/* The connection to which replies of FLOW belong; false: none. */
static bool find_reply(const struct lvs_conn_table *tab,
		       const struct lvs_flow *flow, uint64_t hash,
		       struct search *search)
{
	search_begin(tab, search, hash);
	do {
		match_tags(tab, search);
		/* A request that looks the same is passed over. */
		while (match_keys(tab, search, flow)) {
			if (search->value & LVS_ID_REPLY)
				return true;
			next_slot(tab, search);
		}
	} while (search_on(tab, search));
	return false;
}

bool lvs_conn_enter_reply(struct lvs_conn_table *tab, uint32_t id,
			  uint64_t hash)
{
	struct lvs_conn *conn = lvs_conn_at(tab, id);
	struct search search;
	struct lvs_flow flow;

	lvs_conn_reply_flow(conn, &flow);
	if (find_reply(tab, &flow, hash, &search)) {
		lvs_map_replace(&tab->map, hash, search.value,
				id | LVS_ID_REPLY);
		search.conn->flags |= LVS_CONN_SHADOWED;
	} else if (lvs_map_insert(&tab->map, hash, id | LVS_ID_REPLY) != 0) {
		return false;
	}
	conn->flags &= (uint16_t)~LVS_CONN_SHADOWED;
	return true;
}
