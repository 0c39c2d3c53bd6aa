/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * forward.c - an action carried out on a packet, and what may be in the way:
 * no route, a time to live at its end, a packet larger than the MTU.
 */
#include "engine/engine.h"
#include "pkt/mss.h"
#include "pkt/offload.h"

/* The least MTU of a link: RFC 791, RFC 8200. */
#define MTU_MIN_V4 68
#define MTU_MIN_V6 1280

static const struct lvs_action_pair *renewed(struct lvs_engine *eng,
					     struct lvs_action_pair *pair,
					     const struct lvs_dest *dest,
					     uint8_t method)
{
	lvs_fwd_make(pair, dest, method, eng->dir->net);
	return pair;
}

const struct lvs_action_pair *lvs_engine_actions(struct lvs_engine *eng,
						 const struct lvs_dest *dest,
						 const struct lvs_conn *conn)
{
	uint8_t method = (uint8_t)(conn->flags >> LVS_CONN_METHOD_SHIFT & 7);
	struct lvs_action_pair *pair = &eng->odd;

	if (dest->index < eng->actions_size && method == dest->conf.method)
		pair = &eng->actions[dest->index];
	if (pair != &eng->odd && pair->made &&
	    pair->generation == eng->generation &&
	    pair->version == dest->version)
		return pair;
	return renewed(eng, pair, dest, method);
}

uint16_t lvs_engine_client_hop(struct lvs_engine *eng, struct lvs_conn *conn)
{
	struct lvs_addr client, virt, dest;

	if (conn->hop != LVS_HOP_NONE &&
	    (int32_t)(conn->seen - eng->net_tick) > 0)
		return conn->hop;
	lvs_conn_addrs(conn, &client, &virt, &dest);
	conn->hop = lvs_net_hop(eng->dir->net, &client);
	return conn->hop;
}

/*
 * The MTU of the way out by HOP: the hop's, or less if the path of our own
 * outer packets was said to have less.  Without a hop nobody knows: 0.
 */
static uint32_t way_mtu(const struct lvs_engine *eng,
			const struct lvs_action *act, const struct lvs_hop *hop)
{
	uint32_t mtu = hop->mtu;

	if (act->steps & LVS_ACT_OUTER && act->path_mtu &&
	    eng->now < act->path_until && (!mtu || act->path_mtu < mtu))
		return act->path_mtu;
	return mtu;
}

uint32_t lvs_engine_room(const struct lvs_engine *eng,
			 const struct lvs_action *act,
			 const struct lvs_hop *hop)
{
	uint32_t overhead = lvs_action_overhead(act);
	uint32_t mtu = way_mtu(eng, act, hop);

	if (mtu == 0)
		return UINT32_MAX;
	return mtu > overhead ? mtu - overhead : 0;
}

void lvs_engine_clamp_mss(struct lvs_engine *eng, struct lvs_pkt *pkt,
			  const struct lvs_parsed *p,
			  const struct lvs_action_pair *pair,
			  struct lvs_conn *conn)
{
	const struct lvs_net *net = eng->dir->net;
	uint32_t in, out;

	if (!eng->mss_clamp || !(p->tcp_flags & LVS_TCP_SYN))
		return;
	in = lvs_engine_room(eng, &pair->request,
			     lvs_net_hop_at(net, pair->request.hop));
	out = lvs_engine_room(eng, &pair->reply,
			      lvs_net_hop_at(net,
					     lvs_engine_client_hop(eng, conn)));
	lvs_mss_clamp(pkt, p, in < out ? in : out);
}

/*
 * Whether PKT, which is larger than MTU, may be fragmented on its way: in IPv4
 * without DF, and if it came in fragments that were not too large.
 */
static bool may_cut(const struct lvs_engine *eng, const struct lvs_pkt *pkt,
		    const struct lvs_parsed *p, uint32_t mtu)
{
	const struct lvs_frag_how *was = lvs_engine_was_cut(eng, pkt);

	if (was && was->mtu <= mtu)
		return true;
	return p->may_fragment && !(was && was->df);
}

/* PKT, too large to leave as it is: true if in fragments, else answered. */
static bool cut_or_answer(struct lvs_engine *eng, struct lvs_pkt *pkt,
			  const struct lvs_parsed *p,
			  const struct lvs_action *act, uint32_t mtu)
{
	if (act->steps & LVS_ACT_OUTER &&
	    mtu < (act->encap.family == AF_INET ? MTU_MIN_V4 : MTU_MIN_V6)) {
		lvs_pkt_drop(pkt, LVS_REASON_TOO_BIG);
		return false;
	}
	if (may_cut(eng, pkt, p, mtu))
		return true;
	/* As the kernel does: the hop is taken off before the size is seen. */
	lvs_ttl_decrement(pkt->data + p->l3, p->flow.family);
	lvs_engine_answer(eng, pkt, p, LVS_ICMP_BIG, mtu, LVS_REASON_TOO_BIG);
	return false;
}

/*
 * How to cut PKT on its way out by EXIT: the outer packet, if there is one, is
 * our own; else as it came.
 */
static struct lvs_frag_how how_to_cut(struct lvs_engine *eng,
				      const struct lvs_pkt *pkt,
				      const struct lvs_exit *exit)
{
	const struct lvs_frag_how *was = lvs_engine_was_cut(eng, pkt);
	struct lvs_frag_how how = {
		.mtu = way_mtu(eng, exit->act, exit->hop),
		.id = eng->ip_id,
		.common = LVS_IPV6_LEN,
		.next = offsetof(struct lvs_ipv6, next),
	};

	if (was && !(exit->act->steps & LVS_ACT_OUTER)) {
		how = *was;
		if (how.mtu > exit->hop->mtu && exit->hop->mtu)
			how.mtu = exit->hop->mtu;
	}
	return how;
}

/* The largest packet that PKT may leave as without being cut. */
static uint32_t whole_max(const struct lvs_engine *eng,
			  const struct lvs_pkt *pkt,
			  const struct lvs_action *act, uint32_t mtu)
{
	const struct lvs_frag_how *was = lvs_engine_was_cut(eng, pkt);

	if (was && was->mtu < mtu && !(act->steps & LVS_ACT_OUTER))
		return was->mtu;
	return mtu;
}

/* Whether ACT can be done to P at all and has a way; else PKT is answered. */
static bool can_go(struct lvs_engine *eng, struct lvs_pkt *pkt,
		   const struct lvs_parsed *p, const struct lvs_action *act,
		   const struct lvs_exit *exit)
{
	if (p->ttl <= 1) {
		lvs_engine_answer(eng, pkt, p, LVS_ICMP_TTL, 0, LVS_REASON_TTL);
		return false;
	}
	if (act->reason || exit->hop->local ||
	    (exit->number == LVS_HOP_NONE && !lvs_pkt_is_bare(pkt))) {
		lvs_engine_answer(eng, pkt, p, LVS_ICMP_HOST, 0,
				  LVS_REASON_NO_ROUTE);
		return false;
	}
	if (!exit->hop->up && !lvs_pkt_is_bare(pkt)) {
		lvs_pkt_drop(pkt, LVS_REASON_LINK_DOWN);
		return false;
	}
	return true;
}

bool lvs_engine_hands(const struct lvs_engine *eng, const struct lvs_pkt *pkt,
		      const struct lvs_action *act, const struct lvs_conn *conn)
{
	const struct lvs_dest *dest = lvs_director_dest(eng->dir, conn->dest);

	return act->steps & LVS_ACT_HOST && dest &&
	       lvs_service_owns(&dest->svc_id, conn->vport_be, pkt->mark);
}

/* What somebody keeps from the host goes back to it; all else it has. */
static void give_host(struct lvs_engine *eng, struct lvs_pkt *pkt,
		      const struct lvs_parsed *p, const struct lvs_action *act,
		      const struct lvs_conn *conn)
{
	struct lvs_addr virt = { .family = p->flow.family, .ip = p->flow.dst };

	if (!lvs_engine_hands(eng, pkt, act, conn))
		lvs_pkt_pass(pkt);
	else if (lvs_fwd_is_own(eng->dir->net, &virt))
		pkt->verdict = LVS_HOST;
	else /* What a rule marks need not be an address of the host's. */
		lvs_engine_answer(eng, pkt, p, LVS_ICMP_HOST, 0,
				  LVS_REASON_NO_ROUTE);
}

__attribute__((flatten)) bool
lvs_engine_forward(struct lvs_engine *eng, struct lvs_pkt *pkt,
		   const struct lvs_parsed *p, const struct lvs_action *act,
		   const struct lvs_conn *conn, uint16_t hop)
{
	struct lvs_exit exit = {
		.number = hop,
		.hop = lvs_net_hop_at(eng->dir->net, hop),
		.act = act,
		.conn = conn,
	};
	uint32_t mtu = lvs_engine_room(eng, act, exit.hop);
	enum lvs_reason reason;
	struct lvs_frag_how how;
	uint32_t max;
	bool pieces;

	if (act->steps & (LVS_ACT_HOST | LVS_ACT_PASS) && !act->reason) {
		give_host(eng, pkt, p, act, conn);
		return false;
	}
	if (!can_go(eng, pkt, p, act, &exit))
		return false;
	max = whole_max(eng, pkt, act, mtu);
	pieces = p->l3_len > max && lvs_seg_max_len(pkt, p) > max;
	if (pieces && !cut_or_answer(eng, pkt, p, act, mtu))
		return false;
	reason = lvs_action_apply(act, conn, pkt, p, eng->ip_id++);
	if (reason != LVS_REASON_NONE)
		lvs_pkt_drop(pkt, reason);
	else if (pieces) {
		how = how_to_cut(eng, pkt, &exit);
		lvs_engine_leave_cut(eng, pkt, p->l3, &how, &exit);
	} else {
		lvs_engine_leave(eng, pkt, p->l3, &exit);
		return pkt->verdict == LVS_SEND;
	}
	return false;
}
