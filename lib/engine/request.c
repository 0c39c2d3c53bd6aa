/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * request.c - packets of a connection that exists, in both directions.
 */
#include "engine/engine.h"

/* P begins another connection with the tuple of CONN, which is over. */
static bool reuses(const struct lvs_engine *eng, const struct lvs_conn *conn,
		   const struct lvs_parsed *p)
{
	const struct lvs_transport *t =
		lvs_engine_transport(eng, conn->protocol);

	return p->kind == LVS_PKT_FLOW &&
	       lvs_proto_reuses(t->proto, conn->state, p);
}

void lvs_engine_request(struct lvs_engine *eng, struct lvs_pkt *pkt,
			const struct lvs_parsed *p, struct lvs_conn *conn)
{
	struct lvs_dest *dest = lvs_director_dest(eng->dir, conn->dest);
	const struct lvs_action_pair *pair;

	if (reuses(eng, conn, p)) {
		lvs_engine_forget(eng, conn);
		lvs_engine_new_conn(eng, pkt, p);
		return;
	}
	if (!dest || !lvs_dest_is(dest, LVS_DEST_AVAILABLE)) {
		/* Its time goes on: dropped packets don't keep it (3.7). */
		lvs_pkt_drop(pkt, LVS_REASON_DEST_GONE);
		return;
	}
	lvs_engine_count(eng, dest, LVS_REQUEST, p);
	lvs_engine_step(eng, conn, dest, p,
			conn->flags & LVS_CONN_NOOUTPUT ? LVS_PROTO_IN_ONLY
							: LVS_PROTO_IN);
	conn->packets++;
	pair = lvs_engine_actions(eng, dest, conn);
	lvs_engine_clamp_mss(eng, pkt, p, pair, conn);
	if (lvs_engine_forward(eng, pkt, p, &pair->request, conn,
			       pair->request.hop))
		lvs_fast_offer(eng, p, conn, LVS_REQUEST, &pair->request,
			       pair->request.hop);
}

void lvs_engine_reply(struct lvs_engine *eng, struct lvs_pkt *pkt,
		      const struct lvs_parsed *p, struct lvs_conn *conn)
{
	struct lvs_dest *dest = lvs_director_dest(eng->dir, conn->dest);
	const struct lvs_action_pair *pair;
	uint16_t hop;

	if (!dest) {
		lvs_pkt_drop(pkt, LVS_REASON_DEST_GONE);
		return;
	}
	lvs_engine_count(eng, dest, LVS_REPLY, p);
	if (!(conn->flags & LVS_CONN_ANSWERED))
		lvs_setup_end(&eng->setups, conn, dest, p, eng->now);
	conn->flags &= (uint16_t)~LVS_CONN_NOOUTPUT;
	conn->flags |= LVS_CONN_ANSWERED;
	lvs_engine_step(eng, conn, dest, p, LVS_PROTO_OUT);
	pair = lvs_engine_actions(eng, dest, conn);
	lvs_engine_clamp_mss(eng, pkt, p, pair, conn);
	hop = lvs_engine_client_hop(eng, conn);
	if (lvs_engine_forward(eng, pkt, p, &pair->reply, conn, hop))
		lvs_fast_offer(eng, p, conn, LVS_REPLY, &pair->reply, hop);
}

void lvs_engine_icmp(struct lvs_engine *eng, struct lvs_pkt *pkt,
		     const struct lvs_parsed *p, struct lvs_conn *conn,
		     enum lvs_direction dir)
{
	struct lvs_dest *dest = lvs_director_dest(eng->dir, conn->dest);
	const struct lvs_action_pair *pair;

	if (!dest) {
		lvs_pkt_drop(pkt, LVS_REASON_DEST_GONE);
		return;
	}
	lvs_engine_count(eng, dest, dir, p);
	pair = lvs_engine_actions(eng, dest, conn);
	if (dir == LVS_REQUEST)
		lvs_engine_forward(eng, pkt, p, &pair->request, conn,
				   pair->request.hop);
	else
		lvs_engine_forward(eng, pkt, p, &pair->reply, conn,
				   lvs_engine_client_hop(eng, conn));
}
