/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pieces.c - fragments of packets to virtual services, and of replies.
 *
 * They move no state machine, but keep their connection alive and are counted
 * one by one.  A fragment that comes before its first is held if it was sent
 * to a virtual address; a reply's can't be told from other people's packets
 * and is left to the host.
 */
#include "engine/engine.h"

/* How long the first fragment is remembered, and waited for. */
#define KNOWN_TIME (30 * LVS_SEC)
#define WAIT_TIME  (1 * LVS_SEC)

/* Fragments that wait, for all of an engine's packets. */
#define WAIT_MAX 64

/* Fragments that waited in vain. */
static void drop_all(struct lvs_engine *eng, struct lvs_parcels *left)
{
	eng->count.dropped[LVS_REASON_FRAGMENT] += left->count;
	lvs_parcels_free(left, &eng->dir->mem);
}

/* PKT, a later fragment of D, whose first one was seen. */
static void follow(struct lvs_engine *eng, struct lvs_pkt *pkt,
		   const struct lvs_parsed *p, const struct lvs_datagram *d)
{
	const struct lvs_action_pair *pair;
	struct lvs_dest *dest;
	struct lvs_conn *conn;
	uint8_t dir;

	conn = lvs_conn_find_one(eng->conns, &d->flow, &dir);
	if (!conn) {
		lvs_pkt_drop(pkt, LVS_REASON_FRAGMENT);
		return;
	}
	dest = lvs_director_dest(eng->dir, conn->dest);
	if (!dest ||
	    (dir == LVS_REQUEST && !lvs_dest_is(dest, LVS_DEST_AVAILABLE))) {
		lvs_pkt_drop(pkt, LVS_REASON_DEST_GONE);
		return;
	}
	lvs_engine_count(eng, dest, dir, p);
	lvs_engine_seen(eng, conn);
	pair = lvs_engine_actions(eng, dest, conn);
	if (dir == LVS_REQUEST)
		lvs_engine_forward(eng, pkt, p, &pair->request, conn,
				   pair->request.hop);
	else
		lvs_engine_forward(eng, pkt, p, &pair->reply, conn,
				   lvs_engine_client_hop(eng, conn));
}

/* The first fragment of D was forwarded: those that came before it go too. */
static void release(struct lvs_engine *eng, struct lvs_datagram *d)
{
	struct lvs_parcel *parcel;

	while ((parcel = lvs_parcels_take(&d->waiting))) {
		struct lvs_parsed p;

		eng->fragments.waiting--;
		lvs_parse(&parcel->pkt, &p);
		follow(eng, &parcel->pkt, &p, d);
		/* The host can't have what was already taken from it. */
		if (parcel->pkt.verdict == LVS_PASS)
			lvs_pkt_drop(&parcel->pkt, LVS_REASON_FRAGMENT);
		lvs_engine_settle(eng, parcel);
	}
}

void lvs_engine_first_piece(struct lvs_engine *eng, const struct lvs_parsed *p,
			    const struct lvs_flow *flow)
{
	struct lvs_datagram *d =
		lvs_fragments_find(&eng->fragments, p, eng->now);
	struct lvs_parcels left;

	lvs_parcels_init(&left);
	if (!d)
		d = lvs_fragments_add(&eng->fragments, p, 0, &left);
	drop_all(eng, &left);
	d->flow = *flow;
	d->known = true;
	d->until = eng->now + KNOWN_TIME;
	release(eng, d);
}

/* PKT came before its first fragment: it waits if it can only be for us. */
static void wait_for_first(struct lvs_engine *eng, struct lvs_pkt *pkt,
			   const struct lvs_parsed *p, struct lvs_datagram *d)
{
	struct lvs_parcels left;
	struct lvs_parcel *parcel;

	lvs_parcels_init(&left);
	if (!d)
		d = lvs_fragments_add(&eng->fragments, p, eng->now + WAIT_TIME,
				      &left);
	drop_all(eng, &left);
	parcel = eng->fragments.waiting < WAIT_MAX
			 ? lvs_parcel_copy(&eng->dir->mem, pkt, p->l3)
			 : NULL;
	if (!parcel) {
		lvs_pkt_drop(pkt, LVS_REASON_FRAGMENT);
		return;
	}
	lvs_parcels_put(&d->waiting, parcel);
	eng->fragments.waiting++;
	eng->count.held++;
	pkt->verdict = LVS_HELD;
}

void lvs_engine_piece(struct lvs_engine *eng, struct lvs_pkt *pkt,
		      const struct lvs_parsed *p)
{
	struct lvs_addr to = { .family = p->flow.family, .ip = p->flow.dst };
	struct lvs_datagram *d =
		lvs_fragments_find(&eng->fragments, p, eng->now);

	if (d && d->known)
		follow(eng, pkt, p, d);
	else if (lvs_director_is_vip(eng->dir, &to))
		wait_for_first(eng, pkt, p, d);
	else
		lvs_pkt_pass(pkt);
}

void lvs_engine_expire_pieces(struct lvs_engine *eng)
{
	struct lvs_parcels left;

	if (!eng->fragments.waiting)
		return;
	lvs_parcels_init(&left);
	lvs_fragments_expire(&eng->fragments, eng->now, &left);
	drop_all(eng, &left);
}
