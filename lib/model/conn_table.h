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

#include "base/map.h"
#include "base/slab.h"
#include "base/wheel.h"
#include "model/conn.h"
#include "model/conn_key.h"

#define LVS_ID_REPLY (1u << 31)
#define LVS_ID_LIST  (1u << 31)
#define LVS_ID_V6    (1u << 30)

/* The list of those to look at now; the others are the wheel's slots. */
#define LVS_LIST_DUE  LVS_WHEEL_SLOTS
#define LVS_NUM_LISTS (LVS_WHEEL_SLOTS + 1)

/*
 * Reply keys that wait to be entered.  Their buckets are known only when the
 * connection is made and are seldom in the cache: they come while the next
 * packets are worked on.
 */
#define LVS_CONN_LATE 4u

struct lvs_conn_late {
	uint64_t hash;
	uint32_t id;
};

struct lvs_conn_table {
	struct lvs_map map;
	struct lvs_conn_late late[LVS_CONN_LATE]; /* oldest first */
	unsigned num_late;
	struct lvs_slab slabs[2]; /* IPv4, IPv6 */
	struct lvs_conn_table_opts opts;
	struct lvs_allocator mem;
	struct lvs_wheel wheel;
	struct lvs_wheel_link lists[LVS_NUM_LISTS]; /* circular */
};

/* The connection of an identifier, with or without the reply's mark. */
static inline struct lvs_conn *lvs_conn_at(const struct lvs_conn_table *tab,
					   uint32_t id)
{
	return lvs_slab_at(&tab->slabs[(id & LVS_ID_V6) != 0],
			   id & ~(LVS_ID_REPLY | LVS_ID_V6));
}

/*
 * Ask for the record of ID, at CONN, before it is used.  A macro because gcc 12
 * finds that a function which does nothing else has no effect.
 */
#define LVS_CONN_PREFETCH(conn, id)                                            \
	do {                                                                   \
		const char *record_ = (const char *)(conn);                    \
                                                                               \
		__builtin_prefetch(record_);                                   \
		__builtin_prefetch(record_ + LVS_CONN_SIZE_V4 - 1);            \
		if ((id)&LVS_ID_V6)                                            \
			__builtin_prefetch(record_ + LVS_CONN_SIZE_V6 - 1);    \
	} while (0)

/* Under what a connection is entered; `reply` counts if it has a reply key. */
struct lvs_conn_hashes {
	uint64_t request, reply;
};

/* The hashes of CONN; asks for the buckets that they lead to. */
static inline struct lvs_conn_hashes
lvs_conn_hashes(const struct lvs_conn_table *tab, const struct lvs_conn *conn)
{
	struct lvs_conn_hashes hashes = { 0, 0 };

	hashes.request = lvs_conn_hash(tab->opts.hash_key, conn, false);
	__builtin_prefetch(lvs_map_first(&tab->map, hashes.request));
	if (conn->flags & LVS_CONN_REPLY) {
		hashes.reply = lvs_conn_hash(tab->opts.hash_key, conn, true);
		__builtin_prefetch(lvs_map_first(&tab->map, hashes.reply));
	}
	return hashes;
}

/*
 * ID's reply key, which has HASH, into the map; of another connection that has
 * it already the replies become ID's.  False: no memory, and nothing changed.
 */
bool lvs_conn_enter_reply(struct lvs_conn_table *tab, uint32_t id,
			  uint64_t hash);

/*
 * Takes ID out of the map and frees it; its timer is stopped already, and no
 * reply key waits.
 */
void lvs_conn_drop(struct lvs_conn_table *tab, uint32_t id,
		   const struct lvs_conn_hashes *hashes);

void lvs_conn_timers_init(struct lvs_conn_table *tab, lvs_tstamp now);
/* ID, in no list, is looked at in TICKS from the wheel's tick; 0: next. */
void lvs_conn_timer_start(struct lvs_conn_table *tab, uint32_t id,
			  uint64_t ticks);
void lvs_conn_timer_stop(struct lvs_conn_table *tab, struct lvs_conn *conn);
/* The identifier of CONN, whose timer runs. */
uint32_t lvs_conn_id(const struct lvs_conn_table *tab,
		     const struct lvs_conn *conn);

#endif
