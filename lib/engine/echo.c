/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * echo.c - ping(8) is answered for virtual addresses that the host has not, as
 * a host that had them would.
 *
 * A reply goes back where the request came from; one that came in fragments
 * leaves in fragments, by the route to whom it is for.
 */
#include "pkt/echo.h"
#include "engine/engine.h"

bool lvs_engine_is_pinged(const struct lvs_engine *eng,
			  const struct lvs_parsed *p)
{
	struct lvs_addr to = { .family = p->flow.family, .ip = p->flow.dst };

	/* Of no network nobody knows what the host has. */
	return lvs_echo_is_request(p) && !lvs_net_is_empty(eng->dir->net) &&
	       lvs_director_is_vip(eng->dir, &to) &&
	       !lvs_net_do_is_local(eng->dir->net, &to);
}

/* A whole that came as WAS. */
static void leave_in_pieces(struct lvs_engine *eng, struct lvs_pkt *pkt,
			    const struct lvs_parsed *p,
			    const struct lvs_frag_how *was)
{
	const struct lvs_action act = {
		.to = { .family = p->flow.family, .ip = p->flow.src },
	};
	struct lvs_exit exit = {
		.number = lvs_net_hop(eng->dir->net, &act.to),
		.act = &act,
	};
	struct lvs_frag_how how = {
		.mtu = was->mtu,
		.id = eng->ip_id,
		.common = LVS_IPV6_LEN,
		.next = offsetof(struct lvs_ipv6, next),
	};

	exit.hop = lvs_net_hop_at(eng->dir->net, exit.number);
	if (exit.hop->mtu && exit.hop->mtu < how.mtu)
		how.mtu = exit.hop->mtu;
	if (!lvs_pkt_is_bare(pkt) &&
	    (exit.number == LVS_HOP_NONE || exit.hop->local))
		lvs_pkt_drop(pkt, LVS_REASON_NO_ROUTE);
	else if (!lvs_pkt_is_bare(pkt) && !exit.hop->up)
		lvs_pkt_drop(pkt, LVS_REASON_LINK_DOWN);
	else
		lvs_engine_leave_cut(eng, pkt, p->l3, &how, &exit);
}

void lvs_engine_echo(struct lvs_engine *eng, struct lvs_pkt *pkt,
		     const struct lvs_parsed *p)
{
	const struct lvs_frag_how *was = lvs_engine_was_cut(eng, pkt);

	lvs_pkt_pass(pkt);
	if (!lvs_engine_is_pinged(eng, p) ||
	    !lvs_icmp_may_answer(pkt, p, LVS_ICMP_PORT))
		return;
	if (!lvs_icmp_csum_ok(pkt, p)) {
		lvs_pkt_drop(pkt, LVS_REASON_BAD_CSUM);
		return;
	}
	if (!lvs_limit_take(&eng->echoes, eng->now)) {
		lvs_pkt_drop(pkt, LVS_REASON_ANSWER_LIMIT);
		return;
	}
	lvs_echo_make(pkt, p, eng->ip_id++);
	if (was) {
		leave_in_pieces(eng, pkt, p, was);
		return;
	}
	pkt->link_out = pkt->link_in;
	pkt->verdict = LVS_SEND;
}
