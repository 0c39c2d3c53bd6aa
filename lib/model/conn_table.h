/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conn_table.h - the inside of the connection table.
 *
 * Only for conn_*.c: who uses a table includes model/conn.h.
 *
 * Records lie in two slabs, one for each family, and are named by identifiers:
 *
 *	 31      30      29                            0
 *	+-------+-------+-------------------------------+
 *	| mark  | IPv6  | index in the family's slab    |
 *	+-------+-------+-------------------------------+
 *
 * In the map the mark says that the entry is the reply key's, in a timer link
 * that the rest is the number of a list rather than a connection.
 */
#ifndef LVS_MODEL_CONN_TABLE_H
#define LVS_MODEL_CONN_TABLE_H

#include "base/hash.h"
#include "base/map.h"
#include "base/slab.h"
#include "base/wheel.h"
#include "model/conn.h"

#define LVS_ID_REPLY (1u << 31)
#define LVS_ID_LIST  (1u << 31)
#define LVS_ID_V6    (1u << 30)

/* The list of those to look at now; the others are the wheel's slots. */
#define LVS_LIST_DUE  LVS_WHEEL_SLOTS
#define LVS_NUM_LISTS (LVS_WHEEL_SLOTS + 1)

struct lvs_conn_table {
	struct lvs_map map;
	struct lvs_slab slabs[2]; /* IPv4, IPv6 */
	struct lvs_conn_table_opts opts;
	struct lvs_allocator mem;
	struct lvs_wheel wheel;
	struct lvs_wheel_link lists[LVS_NUM_LISTS]; /* circular */
};

static inline struct lvs_conn *lvs_conn_at(const struct lvs_conn_table *tab,
					   uint32_t id)
{
	return lvs_slab_at(&tab->slabs[(id & LVS_ID_V6) != 0],
			   id & ~(LVS_ID_REPLY | LVS_ID_V6));
}

/* The flow of a packet that CONN's client (or real server) sends. */
void lvs_conn_flow(const struct lvs_conn *conn, enum lvs_direction dir,
		   struct lvs_flow *flow);

static inline uint64_t lvs_conn_hash(const struct lvs_conn_table *tab,
				     const struct lvs_flow *flow)
{
	bool v6 = flow->family == AF_INET6;
	struct lvs_hash hash;

	lvs_hash_begin(&hash, tab->opts.hash_key);
	lvs_hash_add(&hash, flow->sport_be | (uint64_t)flow->dport_be << 16 |
				    (uint64_t)flow->protocol << 32 |
				    (uint64_t)v6 << 40);
	if (v6) {
		lvs_hash_add(&hash, flow->src.d[0]);
		lvs_hash_add(&hash, flow->src.d[1]);
		lvs_hash_add(&hash, flow->dst.d[0]);
		lvs_hash_add(&hash, flow->dst.d[1]);
	} else {
		lvs_hash_add(&hash,
			     flow->src.v4_be | (uint64_t)flow->dst.v4_be << 32);
	}
	return lvs_hash_end(&hash);
}

/*
 * ID's reply key into the map; of another connection that has it already the
 * replies become ID's.  False: no memory, and nothing changed.
 */
bool lvs_conn_enter_reply(struct lvs_conn_table *tab, uint32_t id);

/* Takes ID out of the map and frees it; its timer is stopped already. */
void lvs_conn_drop(struct lvs_conn_table *tab, uint32_t id);

void lvs_conn_timers_init(struct lvs_conn_table *tab, lvs_tstamp now);
/* ID, in no list, is looked at in TICKS from the wheel's tick; 0: next. */
void lvs_conn_timer_start(struct lvs_conn_table *tab, uint32_t id,
			  uint32_t ticks);
void lvs_conn_timer_stop(struct lvs_conn_table *tab, struct lvs_conn *conn);
/* The identifier of CONN, whose timer runs. */
uint32_t lvs_conn_id(const struct lvs_conn_table *tab,
		     const struct lvs_conn *conn);

#endif
