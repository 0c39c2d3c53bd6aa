/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * input.c - a burst of packets, stage by stage.
 *
 *	measure   lengths and headers of all packets, by which flow each is to
 *		  be looked up, and where that begins
 *	find      the connections of all, in one call
 *	fetch     what the connections lead to
 *	treat     each by what it is
 *	tally     verdicts
 *
 * Stages run over the whole burst so that what one packet waits for (memory)
 * is fetched while others are worked on.
 */
#include "base/mem.h"
#include "engine/engine.h"
#include <netinet/in.h>

/*
 * A change of the net that is further back is as good as this far: no
 * connection has been silent so long, and differences of ticks don't wrap.
 */
#define NET_TICKS_MAX (1u << 30)

void lvs_engine_renew_timeouts(struct lvs_engine *eng)
{
	if (memcmp(&eng->timeouts, &eng->dir->timeouts,
		   sizeof(eng->timeouts)) == 0)
		return;
	eng->timeouts = eng->dir->timeouts;
	for (size_t i = 0; i < LVS_TRANSPORTS; i++) {
		struct lvs_transport *t = &eng->transports[i];

		for (unsigned s = 0; s < t->proto->num_states; s++)
			t->ticks[s] = lvs_secs_to_ticks(
				lvs_proto_timeout(t->proto, s, &eng->timeouts));
	}
}

void lvs_engine_begin(struct lvs_engine *eng, lvs_tstamp now)
{
	uint32_t generation = lvs_net_generation(eng->dir->net);

	eng->now = now;
	eng->tick = lvs_tick(now);
	lvs_parcels_free(&eng->lent, &eng->dir->mem);
	if (generation != eng->generation || eng->flows.moved) {
		eng->generation = generation;
		eng->flows.moved = false;
		eng->net_tick = eng->tick;
	} else if (eng->tick - eng->net_tick > NET_TICKS_MAX) {
		eng->net_tick = eng->tick - NET_TICKS_MAX;
	}
	lvs_engine_renew_timeouts(eng);
}

/* The flow that finds the connection of an ICMP error, NULL: none does. */
static const struct lvs_flow *quoted_flow(const struct lvs_parsed *p,
					  struct lvs_flow *key)
{
	const struct lvs_proto *proto = lvs_proto_find(p->inner.protocol);
	const struct lvs_flow back = lvs_quoted_back(p);

	if (!proto || p->inner_fragment)
		return NULL;
	lvs_proto_flow(proto, &back, key);
	return key;
}

/* The flow that P is looked up by; NULL: it has no connection. */
static const struct lvs_flow *flow_of(const struct lvs_parsed *p,
				      struct lvs_flow *key)
{
	switch (p->kind) {
	case LVS_PKT_FLOW:
		return &p->flow;
	case LVS_PKT_IPSEC:
		lvs_proto_flow(lvs_proto_find(p->flow.protocol), &p->flow, key);
		return key;
	case LVS_PKT_ICMP_ERROR:
		return quoted_flow(p, key);
	default:
		return NULL;
	}
}

/* The packets from number FROM up to TO. */
static void measure_some(struct lvs_engine *eng, size_t from, size_t to)
{
	struct lvs_burst *b = &eng->burst;

	for (size_t i = from; i < to; i++) {
		lvs_parse(b->pkts[i], &b->parsed[i]);
		b->flows[i] = b->pkts[i]->to_host
				      ? flow_of(&b->parsed[i], &b->keys[i])
				      : NULL;
	}
	lvs_conn_aim(eng->conns, b->flows, &b->aims, from, to - from);
}

static void measure(struct lvs_engine *eng)
{
	const struct lvs_burst *b = &eng->burst;

	for (size_t i = 0; i < b->count; i++)
		__builtin_prefetch(b->pkts[i]->data + b->pkts[i]->l2_len);
	for (size_t i = 0; i < b->count; i += LVS_CONN_AIM) {
		size_t left = b->count - i;

		measure_some(eng, i,
			     left < LVS_CONN_AIM ? b->count : i + LVS_CONN_AIM);
	}
}

/* The connection of packet I now; a look-up may have been overtaken. */
static struct lvs_conn *current(struct lvs_engine *eng, size_t i)
{
	struct lvs_burst *b = &eng->burst;
	struct lvs_conn *conn = b->conns[i];

	if (!conn && b->changed && b->flows[i])
		conn = lvs_conn_find_hashed(eng->conns, b->flows[i],
					    b->aims.hashes[i], &b->dirs[i]);
	if (!conn || lvs_conn_left(conn, eng->tick) > 0 ||
	    lvs_engine_was_used(eng, conn))
		return conn;
	/* Its time is over, whenever the timer comes by. */
	lvs_engine_forget(eng, conn);
	return NULL;
}

/*
 * A malformed packet is the host's to judge, like all others; but what was
 * sent to a virtual service's address can only be for the director.
 */
static void treat_bad(struct lvs_engine *eng, struct lvs_pkt *pkt,
		      const struct lvs_parsed *p, enum lvs_reason reason)
{
	struct lvs_addr to = { .family = p->flow.family, .ip = p->flow.dst };

	if (to.family && lvs_director_is_vip(eng->dir, &to))
		lvs_pkt_drop(pkt, reason);
	else
		lvs_pkt_pass(pkt);
}

static void treat_flow(struct lvs_engine *eng, size_t i)
{
	struct lvs_burst *b = &eng->burst;
	struct lvs_conn *conn = current(eng, i);

	if (!conn)
		lvs_engine_new_conn(eng, b->pkts[i], &b->parsed[i]);
	else if (b->dirs[i] == LVS_REQUEST)
		lvs_engine_request(eng, b->pkts[i], &b->parsed[i], conn);
	else
		lvs_engine_reply(eng, b->pkts[i], &b->parsed[i], conn);
}

static void treat_icmp(struct lvs_engine *eng, size_t i)
{
	struct lvs_burst *b = &eng->burst;
	struct lvs_conn *conn = current(eng, i);

	if (conn)
		lvs_engine_icmp(eng, b->pkts[i], &b->parsed[i], conn,
				b->dirs[i]);
	else
		lvs_engine_tunnel_error(eng, b->pkts[i], &b->parsed[i]);
}

static void treat(struct lvs_engine *eng, size_t i)
{
	struct lvs_pkt *pkt = eng->burst.pkts[i];
	const struct lvs_parsed *p = &eng->burst.parsed[i];

	if (p->kind == LVS_PKT_ARP || p->kind == LVS_PKT_ND)
		lvs_engine_resolve(eng, pkt, p);
	else if (!pkt->to_host)
		lvs_pkt_pass(pkt);
	else if (!p->ip_csum_ok)
		treat_bad(eng, pkt, p, LVS_REASON_BAD_CSUM);
	else if (p->kind == LVS_PKT_BAD)
		treat_bad(eng, pkt, p, p->reason);
	else if (p->first_fragment || p->kind == LVS_PKT_FRAGMENT)
		lvs_engine_piece(eng, pkt, p, current(eng, i),
				 eng->burst.dirs[i]);
	else if (p->kind == LVS_PKT_FLOW || p->kind == LVS_PKT_IPSEC)
		treat_flow(eng, i);
	else if (p->kind == LVS_PKT_ICMP_ERROR)
		treat_icmp(eng, i);
	else if (p->kind == LVS_PKT_ICMP)
		lvs_engine_echo(eng, pkt, p);
	else
		lvs_pkt_pass(pkt);
}

static void tally(struct lvs_engine *eng)
{
	for (size_t i = 0; i < eng->burst.count; i++) {
		const struct lvs_pkt *pkt = eng->burst.pkts[i];

		if (pkt->verdict == LVS_SEND)
			eng->count.sent++;
		else if (pkt->verdict == LVS_PASS || pkt->verdict == LVS_HOST)
			eng->count.passed++;
		else if (pkt->verdict == LVS_DROP)
			eng->count.dropped[pkt->reason]++;
	}
	eng->count.packets += eng->burst.count;
}

/* What the packets of connections will need next. */
static void fetch(const struct lvs_engine *eng)
{
	const struct lvs_burst *b = &eng->burst;

	for (size_t i = 0; i < b->count; i++) {
		const struct lvs_conn *conn = b->conns[i];
		const struct lvs_action_pair *pair;

		if (!conn || conn->dest >= eng->actions_size)
			continue;
		pair = &eng->actions[conn->dest];
		__builtin_prefetch(b->dirs[i] == LVS_REQUEST ? &pair->request
							     : &pair->reply);
	}
}

static void burst(struct lvs_engine *eng, struct lvs_pkt *pkts[], size_t count)
{
	struct lvs_burst *b = &eng->burst;

	b->pkts = pkts;
	b->count = count;
	b->changed = false;
	b->asked.svc = NULL;
	measure(eng);
	lvs_conn_find(eng->conns, b->flows, &b->aims, b->conns, b->dirs, count);
	fetch(eng);
	for (size_t i = 0; i < count; i++)
		treat(eng, i);
	if (!b->whole)
		tally(eng);
	/* Who lost his replies to another loses his flows now. */
	if (eng->flows.state && b->changed)
		lvs_conn_settle(eng->conns);
	b->count = 0;
}

/*
 * Datagrams that this burst has completed go through as packets of their own.
 * Their fragments were counted, and they are counted by where they end up.
 */
static void burst_of_wholes(struct lvs_engine *eng)
{
	struct lvs_parcel *parcels[LVS_BURST];
	struct lvs_pkt *pkts[LVS_BURST];
	size_t n = 0;

	while (n < LVS_BURST && (parcels[n] = lvs_parcels_take(&eng->whole))) {
		pkts[n] = &parcels[n]->pkt;
		n++;
	}
	eng->burst.whole = true;
	burst(eng, pkts, n);
	eng->burst.whole = false;
	for (size_t i = 0; i < n; i++)
		lvs_engine_settle(eng, parcels[i]);
}

void lvs_engine_input(struct lvs_engine *eng, struct lvs_pkt *pkts[],
		      size_t count, lvs_tstamp now)
{
	while (count > 0) {
		size_t n = count < LVS_BURST ? count : LVS_BURST;

		pthread_mutex_lock(&eng->slot.gate);
		lvs_engine_begin(eng, now);
		burst(eng, pkts, n);
		while (eng->whole.first)
			burst_of_wholes(eng);
		pthread_mutex_unlock(&eng->slot.gate);
		pkts += n;
		count -= n;
	}
}
