/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conn.c - the life of a connection: states, time, what it counts, its end.
 */
#include "engine/engine.h"
#include <netinet/in.h>

const struct lvs_transport *lvs_engine_transport(const struct lvs_engine *eng,
						 uint8_t protocol)
{
	for (size_t i = 0; i < LVS_TRANSPORTS; i++)
		if (eng->transports[i].proto->number == protocol)
			return &eng->transports[i];
	return NULL;
}

/* STATE is entered: DEST counts the connection as active, or no longer. */
static void enter(struct lvs_conn *conn, struct lvs_dest *dest,
		  const struct lvs_proto *proto, unsigned state)
{
	bool active = proto->states[state].active;

	conn->state = (uint8_t)state;
	if (active == ((conn->flags & LVS_CONN_ACTIVE) != 0))
		return;
	conn->flags ^= LVS_CONN_ACTIVE;
	if (dest)
		lvs_dest_activity(dest, active ? 1 : -1);
}

/*
 * CONN has proved to be one that a client and a server talk over: the template
 * that it was made by is worth keeping.
 */
static void assure(struct lvs_engine *eng, struct lvs_conn *conn)
{
	conn->flags |= LVS_CONN_ASSURED;
	lvs_persist_assure(eng->dir->persist,
			   lvs_control_of(&eng->controls, conn));
}

static bool assures(const struct lvs_conn *conn, const struct lvs_proto *proto,
		    enum lvs_proto_mode mode)
{
	return !(conn->flags & LVS_CONN_ASSURED) &&
	       (proto->states[conn->state].assures ||
		(conn->protocol == IPPROTO_UDP && mode == LVS_PROTO_OUT));
}

void lvs_engine_step(struct lvs_engine *eng, struct lvs_conn *conn,
		     struct lvs_dest *dest, const struct lvs_parsed *p,
		     enum lvs_proto_mode mode)
{
	const struct lvs_transport *t =
		lvs_engine_transport(eng, conn->protocol);
	unsigned state = lvs_proto_next(t->proto, mode, conn->state, p);

	if (conn->flags & LVS_CONN_FASTS) {
		if (state != conn->state)
			lvs_fast_leave(eng, conn);
		else if (!lvs_engine_has_hop(eng, conn))
			lvs_fast_leave_stale(eng, conn);
	}
	if (state != conn->state)
		enter(conn, dest, t->proto, state);
	if (conn->flags & LVS_CONN_CONTROLLED && assures(conn, t->proto, mode))
		assure(eng, conn);
	lvs_engine_seen(eng, conn);
	if (conn->timeout != t->ticks[state])
		lvs_conn_set_timeout(eng->conns, conn, t->ticks[state]);
}

bool lvs_engine_was_used(struct lvs_engine *eng, struct lvs_conn *conn)
{
	if (!(conn->flags & LVS_CONN_FASTS))
		return false;
	/* To look would not do: it could be used once more before it ends. */
	lvs_fast_leave(eng, conn);
	return lvs_conn_left(conn, eng->tick) > 0;
}

void lvs_engine_release(struct lvs_engine *eng, struct lvs_conn *conn)
{
	struct lvs_dest *dest = lvs_director_dest(eng->dir, conn->dest);

	if (conn->flags & LVS_CONN_FASTS)
		lvs_fast_leave(eng, conn);
	if (conn->flags & LVS_CONN_CONTROLLED)
		lvs_persist_release(eng->dir->persist,
				    lvs_control_take(&eng->controls, conn));
	if (!dest)
		return;
	if (conn->flags & LVS_CONN_ACTIVE)
		lvs_dest_activity(dest, -1);
	lvs_dest_unbind(dest, false);
}

void lvs_engine_forget(struct lvs_engine *eng, struct lvs_conn *conn)
{
	struct lvs_burst *burst = &eng->burst;

	for (size_t i = 0; i < burst->count; i++)
		if (burst->conns[i] == conn)
			burst->conns[i] = NULL;
	lvs_engine_release(eng, conn);
	lvs_conn_del(eng->conns, conn);
}
