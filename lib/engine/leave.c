/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * leave.c - the last step: a link header, or a wait for it.
 *
 * Packets whose next hop is not resolved are copied and held, a few for each
 * hop, while its link address is asked for (lvs_net_want).  lvs_engine_look
 * goes through them when the net has changed or their time is over.
 */
#include "engine/engine.h"

/* Packets held for one hop and for all, with their parts; how long. */
#define HOLD_PER_HOP 3
#define HOLD_MAX     64
#define HOLD_TIME    (3 * LVS_SEC)

/* Packets made and not yet fetched: a burst of 64 KiB datagrams in fragments.
 */
#define MADE_MAX 2048

/* Send PKT by HOP, which is up and resolved. */
static inline void send_by(struct lvs_pkt *pkt, uint16_t l3,
			   const struct lvs_hop *hop)
{
	if (!lvs_link_write(pkt, l3, hop->l2, hop->l2_len)) {
		lvs_pkt_drop(pkt, LVS_REASON_NO_ROOM);
		return;
	}
	pkt->link_out = hop->link;
	pkt->vlan = 0;
	pkt->verdict = LVS_SEND;
}

static void send_bare(struct lvs_pkt *pkt)
{
	pkt->link_out = LVS_LINK_NONE;
	pkt->verdict = LVS_SEND;
}

/* Whom EXIT leads to: the real server, or the connection's client. */
static struct lvs_addr target(const struct lvs_exit *exit)
{
	struct lvs_addr client, virt, dest;

	if (exit->act->to.family)
		return exit->act->to;
	lvs_conn_addrs(exit->conn, &client, &virt, &dest);
	return client;
}

/* No room is left for one more packet that waits for hop NUMBER. */
static bool hold_full(const struct lvs_engine *eng, uint16_t number)
{
	uint32_t same = 0, all = 0;

	for (const struct lvs_parcel *q = eng->held.first; q; q = q->next) {
		if (q->follows)
			continue;
		all++;
		same += q->hop == number;
	}
	return same >= HOLD_PER_HOP || all >= HOLD_MAX;
}

static void hold(struct lvs_engine *eng, struct lvs_parcel *parcel,
		 const struct lvs_exit *exit)
{
	parcel->to = target(exit);
	parcel->hop = exit->number;
	parcel->generation = eng->generation;
	parcel->until = eng->now + HOLD_TIME;
	parcel->failed = exit->hop->failed;
	lvs_parcels_put(&eng->held, parcel);
	eng->count.held++;
	lvs_net_want(eng->dir->net, exit->number);
}

/* The next hop is not there, or not yet. */
static void wait_for_hop(struct lvs_engine *eng, struct lvs_pkt *pkt,
			 uint16_t l3, const struct lvs_exit *exit)
{
	struct lvs_parcel *parcel;

	if (hold_full(eng, exit->number)) {
		lvs_pkt_drop(pkt, LVS_REASON_HOLD_FULL);
		return;
	}
	parcel = lvs_parcel_copy(&eng->dir->mem, pkt, l3);
	if (!parcel) {
		lvs_pkt_drop(pkt, LVS_REASON_NO_MEMORY);
		return;
	}
	hold(eng, parcel, exit);
	pkt->verdict = LVS_HELD;
}

void lvs_engine_leave(struct lvs_engine *eng, struct lvs_pkt *pkt, uint16_t l3,
		      const struct lvs_exit *exit)
{
	if (lvs_pkt_is_bare(pkt)) {
		send_bare(pkt);
		return;
	}
	if (!exit->hop->resolved) {
		wait_for_hop(eng, pkt, l3, exit);
		return;
	}
	if (exit->hop->stale)
		lvs_net_want(eng->dir->net, exit->number);
	send_by(pkt, l3, exit->hop);
}

void lvs_engine_settle(struct lvs_engine *eng, struct lvs_parcel *parcel)
{
	struct lvs_pkt *pkt = &parcel->pkt;

	if (pkt->verdict != LVS_DROP && eng->made.count >= MADE_MAX)
		lvs_pkt_drop(pkt, LVS_REASON_TX);
	if (pkt->verdict == LVS_SEND || pkt->verdict == LVS_PASS ||
	    pkt->verdict == LVS_HOST) {
		lvs_parcels_put(&eng->made, parcel);
		return;
	}
	if (pkt->verdict == LVS_DROP)
		eng->count.dropped[pkt->reason]++;
	lvs_parcel_free(parcel, &eng->dir->mem);
}

bool lvs_engine_leave_made(struct lvs_engine *eng, struct lvs_parcel *parcel,
			   uint16_t l3, const struct lvs_exit *exit)
{
	struct lvs_pkt *pkt = &parcel->pkt;
	bool sent;

	if (lvs_pkt_is_bare(pkt))
		send_bare(pkt);
	else if (exit->hop->resolved)
		send_by(pkt, l3, exit->hop);
	else if (!lvs_link_write(pkt, l3, NULL, 0))
		lvs_pkt_drop(pkt, LVS_REASON_NO_ROOM);
	else if (!parcel->follows && hold_full(eng, exit->number))
		lvs_pkt_drop(pkt, LVS_REASON_HOLD_FULL);
	else {
		hold(eng, parcel, exit);
		return true;
	}
	sent = pkt->verdict == LVS_SEND;
	lvs_engine_settle(eng, parcel);
	return sent;
}

/* What becomes of PARCEL now; LVS_HELD: it goes on waiting. */
static void look_at(struct lvs_engine *eng, struct lvs_parcel *parcel)
{
	struct lvs_pkt *pkt = &parcel->pkt;
	const struct lvs_hop *hop;

	if (parcel->generation != eng->generation) {
		parcel->generation = eng->generation;
		parcel->hop = lvs_net_hop(eng->dir->net, &parcel->to);
		if (parcel->hop != LVS_HOP_NONE)
			lvs_net_want(eng->dir->net, parcel->hop);
	}
	hop = lvs_net_hop_at(eng->dir->net, parcel->hop);
	pkt->verdict = LVS_HELD;
	if (parcel->hop == LVS_HOP_NONE || hop->local)
		lvs_pkt_drop(pkt, LVS_REASON_NO_ROUTE);
	else if (!hop->up)
		lvs_pkt_drop(pkt, LVS_REASON_LINK_DOWN);
	else if (hop->resolved)
		send_by(pkt, 0, hop);
	else if ((hop->failed && !parcel->failed) || eng->now >= parcel->until)
		lvs_pkt_drop(pkt, LVS_REASON_NO_NEIGH);
	parcel->failed = hop->failed;
}

void lvs_engine_look(struct lvs_engine *eng)
{
	struct lvs_parcels all = eng->held;
	struct lvs_parcel *parcel;

	eng->look = false;
	if (!all.first)
		return;
	lvs_parcels_init(&eng->held);
	while ((parcel = lvs_parcels_take(&all))) {
		look_at(eng, parcel);
		if (parcel->pkt.verdict == LVS_HELD)
			lvs_parcels_put(&eng->held, parcel);
		else
			lvs_engine_settle(eng, parcel);
	}
}

size_t lvs_engine_output(struct lvs_engine *eng, struct lvs_pkt *pkts[],
			 size_t max, lvs_tstamp now)
{
	struct lvs_parcel *parcel;
	size_t count = 0, passed = 0;

	pthread_mutex_lock(&eng->slot.gate);
	lvs_engine_begin(eng, now);
	if (eng->look)
		lvs_engine_look(eng);
	while (count < max && (parcel = lvs_parcels_take(&eng->made))) {
		lvs_parcels_put(&eng->lent, parcel);
		passed += parcel->pkt.verdict != LVS_SEND;
		pkts[count++] = &parcel->pkt;
	}
	eng->count.sent += count - passed;
	eng->count.passed += passed;
	pthread_mutex_unlock(&eng->slot.gate);
	return count;
}
