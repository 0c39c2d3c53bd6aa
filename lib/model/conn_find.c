/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conn_find.c - from flows to connections.
 *
 * A burst is looked up in stages, so that the memory of one flow is on its way
 * while others are worked on: hash all and fetch their buckets (lvs_conn_aim);
 * compare tags and fetch the records that they suggest; compare keys.  Few go
 * on from there to another bucket of their chain, through the last two stages
 * again.
 */
#include "model/conn_table.h"

/* A look-up on its way. */
struct search {
	const struct lvs_flow *flow;
	uint64_t ports, addrs; /* of it, as in struct lvs_conn_aims */
	const struct lvs_bucket *bucket;
	unsigned slots;	       /* of it, that have the tag, as bits */
	uint32_t value;	       /* of the first of those slots */
	struct lvs_conn *conn; /* that value's */
	uint8_t tag;
};

static uint8_t direction(uint32_t value)
{
	enum lvs_direction dir = value & LVS_ID_REPLY ? LVS_REPLY : LVS_REQUEST;

	return (uint8_t)dir;
}

/* Does the first of SEARCH's slots stand for its flow? */
static inline bool is_for(const struct search *search)
{
	const struct lvs_conn *conn = search->conn;
	bool v6 = (search->value & LVS_ID_V6) != 0;
	struct lvs_ends ends =
		lvs_conn_ends(conn, (search->value & LVS_ID_REPLY) != 0);

	if (lvs_conn_ports(conn, ends, v6) != search->ports)
		return false;
	if (!v6)
		return lvs_conn_addrs_v4(conn, ends) == search->addrs;
	return lvs_ip_equal(&conn->v6s[ends.src], &search->flow->src) &&
	       lvs_ip_equal(&conn->v6s[ends.dst], &search->flow->dst);
}

/* The connection that the first of SEARCH's slots stands for. */
static inline void at_slot(const struct lvs_conn_table *tab,
			   struct search *search)
{
	search->value = search->bucket->values[__builtin_ctz(search->slots)];
	search->conn = lvs_conn_at(tab, search->value);
}

/*
 * The slots that have the tag; there is rarely a second.  If there is none, the
 * bucket to go on with is on its way.
 */
static inline void match_tags(const struct lvs_conn_table *tab,
			      struct search *search)
{
	search->slots = lvs_bucket_match(search->bucket, search->tag);
	if (search->slots) {
		at_slot(tab, search);
		LVS_CONN_PREFETCH(search->conn, search->value);
	} else if (search->bucket->more) {
		__builtin_prefetch(lvs_map_more(&tab->map, search->bucket));
	}
}

/* Past the first slot that has the tag; false: it was the only one. */
static inline bool next_slot(const struct lvs_conn_table *tab,
			     struct search *search)
{
	search->slots &= search->slots - 1;
	if (!search->slots)
		return false;
	at_slot(tab, search);
	return true;
}

/* Another connection has the same tag; is one of those behind it the flow's? */
static bool match_others(const struct lvs_conn_table *tab,
			 struct search *search)
{
	while (next_slot(tab, search)) {
		if (is_for(search))
			return true;
	}
	return false;
}

/* Is it one of those that have the tag?  SEARCH is then at it. */
static inline bool match_keys(const struct lvs_conn_table *tab,
			      struct search *search)
{
	if (!search->slots)
		return false;
	return is_for(search) || match_others(tab, search);
}

/* On to the next bucket of the chain; false: there is none. */
static inline bool search_on(const struct lvs_conn_table *tab,
			     struct search *search)
{
	search->bucket = lvs_map_more(&tab->map, search->bucket);
	return search->bucket != NULL;
}

/* What is hashed of FLOW (NULL: nothing) as the I-th of AIMS; is it IPv6? */
static inline bool take_words(const struct lvs_flow *flow,
			      struct lvs_conn_aims *aims, size_t i)
{
	aims->ports[i] = flow ? lvs_flow_ports(flow) : 0;
	aims->addrs[i] = flow ? lvs_flow_addrs(flow) : 0;
	return flow && flow->family == AF_INET6;
}

void lvs_conn_aim(const struct lvs_conn_table *tab,
		  const struct lvs_flow *const flows[],
		  struct lvs_conn_aims *aims, size_t from, size_t count)
{
	const uint64_t *key = tab->opts.hash_key;
	bool v6 = false;

	for (size_t i = from; i < from + LVS_CONN_AIM; i++)
		v6 |= take_words(i < from + count ? flows[i] : NULL, aims, i);
	lvs_hash_pairs(key, &aims->ports[from], &aims->addrs[from],
		       &aims->hashes[from]);
	for (size_t i = from; i < from + count; i++) {
		if (v6 && flows[i] && flows[i]->family == AF_INET6)
			aims->hashes[i] = lvs_flow_hash(key, flows[i]);
		__builtin_prefetch(lvs_map_first(&tab->map, aims->hashes[i]));
	}
}

/* Those of the requests found that had lost their replies take them back. */
static void take_back(struct lvs_conn_table *tab,
		      const struct search searches[],
		      struct lvs_conn *const conns[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (conns[i] && conns[i]->flags & LVS_CONN_SHADOWED)
			lvs_conn_enter_reply(tab, searches[i].value,
					     lvs_conn_hash(tab->opts.hash_key,
							   conns[i], true));
	}
}

void lvs_conn_find(struct lvs_conn_table *tab,
		   const struct lvs_flow *const flows[],
		   const struct lvs_conn_aims *aims, struct lvs_conn *conns[],
		   uint8_t dirs[], size_t count)
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
		search->flow = flows[i];
		search->ports = aims->ports[i];
		search->addrs = aims->addrs[i];
		search->tag = lvs_map_tag(aims->hashes[i]);
		search->bucket = lvs_map_first(&tab->map, aims->hashes[i]);
		match_tags(tab, search);
		pending[num_pending++] = (uint8_t)i;
	}
	while (num_pending > 0) {
		go_on = 0;
		for (size_t i = 0; i < num_pending; i++) {
			uint8_t number = pending[i];

			search = &searches[number];
			if (match_keys(tab, search)) {
				conns[number] = search->conn;
				dirs[number] = direction(search->value);
				flags |= search->conn->flags;
			} else if (search_on(tab, search)) {
				__builtin_prefetch(search->bucket);
				pending[go_on++] = number;
			}
		}
		num_pending = go_on;
		for (size_t i = 0; i < num_pending; i++)
			match_tags(tab, &searches[pending[i]]);
	}
	if (flags & LVS_CONN_SHADOWED)
		take_back(tab, searches, conns, count);
}

struct lvs_conn *lvs_conn_find_one(struct lvs_conn_table *tab,
				   const struct lvs_flow *flow, uint8_t *dir)
{
	struct lvs_conn_aims aims;
	struct lvs_conn *conn;

	lvs_conn_aim(tab, &flow, &aims, 0, 1);
	lvs_conn_find(tab, &flow, &aims, &conn, dir, 1);
	return conn;
}

/* The connection to which replies of FLOW belong; false: none. */
static bool find_reply(const struct lvs_conn_table *tab,
		       const struct lvs_flow *flow, uint64_t hash,
		       struct search *search)
{
	*search = (struct search){
		.flow = flow,
		.ports = lvs_flow_ports(flow),
		.addrs = lvs_flow_addrs(flow),
		.bucket = lvs_map_first(&tab->map, hash),
		.tag = lvs_map_tag(hash),
	};
	do {
		match_tags(tab, search);
		/* A request that looks the same is passed over. */
		while (match_keys(tab, search)) {
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
