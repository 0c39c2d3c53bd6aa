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

/* A request of CONN, which is ID, was found: replies it had lost are its own.
 */
static inline void take_back(struct lvs_conn_table *tab, uint32_t id,
			     const struct lvs_conn *conn)
{
	if (conn->flags & LVS_CONN_SHADOWED)
		lvs_conn_enter_reply(tab, id,
				     lvs_conn_hash(tab->opts.hash_key, conn,
						   true));
}

/* SEARCH for FLOW, whose words are at hand, begins at the bucket of HASH. */
static inline void search_begin(const struct lvs_conn_table *tab,
				struct search *search,
				const struct lvs_flow *flow, uint64_t ports,
				uint64_t addrs, uint64_t hash)
{
	search->flow = flow;
	search->ports = ports;
	search->addrs = addrs;
	search->tag = lvs_map_tag(hash);
	search->bucket = lvs_map_first(&tab->map, hash);
	match_tags(tab, search);
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

	lvs_conn_settle(tab);
	for (size_t i = 0; i < count; i++) {
		conns[i] = NULL;
		if (!flows[i])
			continue;
		search_begin(tab, &searches[i], flows[i], aims->ports[i],
			     aims->addrs[i], aims->hashes[i]);
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
	for (size_t i = 0; flags & LVS_CONN_SHADOWED && i < count; i++)
		if (conns[i])
			take_back(tab, searches[i].value, conns[i]);
}

/* The next that SEARCH finds, from where it is on; false: nothing more. */
static bool search_end(const struct lvs_conn_table *tab, struct search *search)
{
	for (;;) {
		if (match_keys(tab, search))
			return true;
		if (!search_on(tab, search))
			return false;
		match_tags(tab, search);
	}
}

/* May a reply key that waits have HASH? */
static bool is_late(const struct lvs_conn_table *tab, uint64_t hash)
{
	for (unsigned i = 0; i < tab->num_late; i++)
		if (tab->late[i].hash == hash)
			return true;
	return false;
}

struct lvs_conn *lvs_conn_find_hashed(struct lvs_conn_table *tab,
				      const struct lvs_flow *flow,
				      uint64_t hash, uint8_t *dir)
{
	struct search search;

	if (is_late(tab, hash))
		lvs_conn_settle(tab);
	search_begin(tab, &search, flow, lvs_flow_ports(flow),
		     lvs_flow_addrs(flow), hash);
	if (!search_end(tab, &search))
		return NULL;
	*dir = direction(search.value);
	/* One that waits may be about to get the replies of this one. */
	lvs_conn_settle(tab);
	take_back(tab, search.value, search.conn);
	return search.conn;
}

struct lvs_conn *lvs_conn_find_one(struct lvs_conn_table *tab,
				   const struct lvs_flow *flow, uint8_t *dir)
{
	return lvs_conn_find_hashed(tab, flow,
				    lvs_flow_hash(tab->opts.hash_key, flow),
				    dir);
}

/* The connection to which replies of FLOW belong; false: none. */
static bool find_reply(const struct lvs_conn_table *tab,
		       const struct lvs_flow *flow, uint64_t hash,
		       struct search *search)
{
	search_begin(tab, search, flow, lvs_flow_ports(flow),
		     lvs_flow_addrs(flow), hash);
	while (search_end(tab, search)) {
		if (search->value & LVS_ID_REPLY)
			return true;
		/* A request that looks the same is passed over. */
		next_slot(tab, search);
	}
	return false;
}

/* The replies of CONN are not its own any more. */
static void shadow(struct lvs_conn_table *tab, struct lvs_conn *conn)
{
	conn->flags |= LVS_CONN_SHADOWED;
	if (tab->opts.shadowed)
		tab->opts.shadowed(tab->opts.ctx, conn);
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
		shadow(tab, search.conn);
	} else if (lvs_map_insert(&tab->map, hash, id | LVS_ID_REPLY) != 0) {
		return false;
	}
	conn->flags &= (uint16_t)~LVS_CONN_SHADOWED;
	return true;
}

/* Memory for those that wait was found when they were added. */
void lvs_conn_settle(struct lvs_conn_table *tab)
{
	for (unsigned i = 0; i < tab->num_late; i++) {
		const struct lvs_conn_late *late = &tab->late[i];

		/* Without memory after all: as if they were another's. */
		if (!lvs_conn_enter_reply(tab, late->id, late->hash))
			shadow(tab, lvs_conn_at(tab, late->id));
	}
	tab->num_late = 0;
}
