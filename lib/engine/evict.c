/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * evict.c - who makes room when the connection table is full.
 *
 * A hand goes round over the records, in the order in which they lie, and
 * takes the first that is worth least; it looks at a few at a time, so what a
 * new connection costs is bounded.  A record that is freed is filled by the
 * newcomer it was freed for.  So in a flood the hand meets the oldest first,
 * and every handshake has as long as the whole table takes to turn over.
 */
#include "base/log.h"
#include "engine/engine.h"

/* Records that the hand passes for one newcomer. */
#define LOOKS 32

/*
 * Requests of a connection that says no more than its handshake: whoever
 * forges addresses can send these too, but has to send more to go on.
 */
#define HANDSHAKE 2

/* How bad it would be to lose a connection: enum lvs_eviction, and this. */
#define KEPT LVS_EVICT_COUNT

/* Whether the real server was seen to take part, or would not be seen. */
static bool was_answered(const struct lvs_conn *conn)
{
	return conn->flags & (LVS_CONN_ANSWERED | LVS_CONN_SYNCED) ||
	       (conn->flags >> LVS_CONN_METHOD_SHIFT & 7) != LVS_METHOD_NAT;
}

static unsigned worth(const struct lvs_conn *conn)
{
	const struct lvs_proto *proto = lvs_proto_find(conn->protocol);
	uint8_t phase = proto->states[conn->state].phase;

	if (phase == LVS_PHASE_OPENING || !was_answered(conn))
		return LVS_EVICT_HALF_OPEN;
	if (phase == LVS_PHASE_CLOSING)
		return LVS_EVICT_CLOSING;
	return conn->packets <= HANDSHAKE ? LVS_EVICT_BARE : KEPT;
}

/* The connection under the hand, which goes on; NULL: there is none at all. */
static struct lvs_conn *next_conn(struct lvs_engine *eng)
{
	struct lvs_conn *conn;

	if (lvs_conn_walk(eng->conns, &eng->hand, &conn, 1) == 1)
		return conn;
	eng->hand = 0;
	return lvs_conn_walk(eng->conns, &eng->hand, &conn, 1) ? conn : NULL;
}

/* The one of the next few to lose, and what it is worth. */
static struct lvs_conn *choose(struct lvs_engine *eng, unsigned *least)
{
	struct lvs_conn *chosen = NULL;

	*least = KEPT;
	for (unsigned i = 0; i<LOOKS && * least> LVS_EVICT_HALF_OPEN; i++) {
		struct lvs_conn *conn = next_conn(eng);
		unsigned w;

		if (!conn)
			break;
		w = worth(conn);
		if (w == LVS_EVICT_BARE && conn->flags & LVS_CONN_FASTS) {
			lvs_fast_look(eng, conn);
			w = worth(conn);
		}
		if (w > *least || w == KEPT)
			continue;
		if (w == *least && (int32_t)(conn->seen - chosen->seen) >= 0)
			continue;
		chosen = conn;
		*least = w;
	}
	return chosen;
}

/* Take CONN out, and the template that it alone made and never confirmed. */
static void evict(struct lvs_engine *eng, struct lvs_conn *conn)
{
	if (conn->flags & LVS_CONN_CONTROLLED)
		lvs_persist_drop(eng->dir->persist,
				 lvs_control_take(&eng->controls, conn));
	lvs_engine_forget(eng, conn);
}

static void complain(struct lvs_engine *eng)
{
	if (lvs_limit_take(&eng->full_log, eng->now))
		lvs_log_line(&eng->dir->log, LVS_LOG_WARNING,
			     "the connection table is full (%llu): half-open "
			     "connections give way to new ones first, "
			     "established ones never",
			     (unsigned long long)lvs_conn_count(eng->conns));
}

bool lvs_engine_make_way(struct lvs_engine *eng)
{
	struct lvs_conn *conn;
	unsigned class;

	if (!lvs_conn_table_full(eng->conns))
		return true;
	complain(eng);
	conn = choose(eng, &class);
	if (!conn)
		return false;
	eng->count.evicted[class]++;
	evict(eng, conn);
	return true;
}
