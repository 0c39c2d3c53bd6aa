/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * answer.c - what the engine answers itself: ICMP errors and TCP resets to
 * senders, and ARP and neighbour discovery for virtual addresses that the host
 * has not.
 *
 * An answer is made where the packet lies and goes back where it came from.
 * Errors and resets go to whoever a packet says it is from, so they are
 * limited; ARP and neighbour discovery only go to neighbours, and without them
 * nothing else arrives.
 */
#include "engine/engine.h"
#include "net/arp.h"
#include "net/nd.h"
#include "pkt/reset.h"

static void send_back(struct lvs_pkt *pkt)
{
	pkt->link_out = pkt->link_in;
	pkt->verdict = LVS_SEND;
}

/*
 * Who an error about P comes from: as with the kernel's IPVS the virtual
 * address in IPv4, and else our address towards the sender.  NULL: whom the
 * packet was sent to; false: nobody that we may speak for.
 */
static bool speaker(const struct lvs_engine *eng, const struct lvs_parsed *p,
		    const union lvs_ip **src)
{
	struct lvs_addr asked = { .family = p->flow.family, .ip = p->flow.dst };
	struct lvs_addr sender = { .family = p->flow.family,
				   .ip = p->flow.src };
	bool vip = lvs_director_is_vip(eng->dir, &asked) ||
		   lvs_director_marks(eng->dir, &asked, true);
	const struct lvs_hop *hop;

	*src = NULL;
	if (vip && p->flow.family == AF_INET)
		return true;
	hop = lvs_net_hop_at(eng->dir->net,
			     lvs_net_hop(eng->dir->net, &sender));
	if (hop->src.family == p->flow.family)
		*src = &hop->src.ip;
	return vip || *src;
}

void lvs_engine_answer(struct lvs_engine *eng, struct lvs_pkt *pkt,
		       const struct lvs_parsed *p, enum lvs_icmp_error error,
		       uint32_t mtu, enum lvs_reason reason)
{
	struct lvs_icmp_args args = { .mtu = mtu, .id = eng->ip_id++ };

	if (!speaker(eng, p, &args.src) ||
	    !lvs_icmp_may_answer(pkt, p, error)) {
		lvs_pkt_drop(pkt, reason);
		return;
	}
	/* As Linux does: without these, connections hang. */
	if (error != LVS_ICMP_BIG && !lvs_limit_take(&eng->answers, eng->now)) {
		lvs_pkt_drop(pkt, LVS_REASON_ANSWER_LIMIT);
		return;
	}
	if (!lvs_icmp_make(pkt, pkt, p, error, &args)) {
		lvs_pkt_drop(pkt, reason);
		return;
	}
	eng->count.dropped[reason]++;
	send_back(pkt);
}

void lvs_engine_reset(struct lvs_engine *eng, struct lvs_pkt *pkt,
		      const struct lvs_parsed *p)
{
	if (!lvs_limit_take(&eng->answers, eng->now)) {
		lvs_pkt_drop(pkt, LVS_REASON_ANSWER_LIMIT);
		return;
	}
	lvs_reset_make(pkt, p);
	eng->count.dropped[LVS_REASON_NO_CONN]++;
	send_back(pkt);
}

static void resolve_arp(struct lvs_engine *eng, struct lvs_pkt *pkt,
			const struct lvs_parsed *p)
{
	const struct lvs_link *link;
	struct lvs_arp_msg arp;

	lvs_arp_read(pkt, p->l3, &arp);
	if (arp.kind != LVS_ARP_ASK && arp.kind != LVS_ARP_PROBE)
		return;
	link = lvs_director_speaks(eng->dir, pkt->link_in, &arp.target);
	if (!link)
		return;
	lvs_arp_answer(pkt, p->l3, link->lladdr);
	send_back(pkt);
}

static void resolve_nd(struct lvs_engine *eng, struct lvs_pkt *pkt,
		       const struct lvs_parsed *p)
{
	const struct lvs_link *link;
	struct lvs_nd_msg nd;

	lvs_nd_read(pkt, p, &nd);
	if (nd.kind != LVS_ND_ASK && nd.kind != LVS_ND_PROBE)
		return;
	link = lvs_director_speaks(eng->dir, pkt->link_in, &nd.target);
	if (link && lvs_nd_answer(pkt, p, &nd, link->lladdr))
		send_back(pkt);
}

void lvs_engine_resolve(struct lvs_engine *eng, struct lvs_pkt *pkt,
			const struct lvs_parsed *p)
{
	bool group = pkt->l2_len >= 6 && pkt->data[0] & 1;

	lvs_pkt_pass(pkt);
	if (!group && !pkt->to_host)
		return;
	if (p->kind == LVS_PKT_ARP)
		resolve_arp(eng, pkt, p);
	else
		resolve_nd(eng, pkt, p);
}
