/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * action.h - what forwarding does to a packet, as one piece of data.
 *
 * Made once for each destination and direction by the forwarding method
 * (fwd.h), and carried out by lvs_action_apply, which is all that is done to a
 * packet of NAT, DR or TUN, request or reply:
 *
 *	LVS_ACT_DST, _SRC   write address and port, differences at hand
 *	LVS_ACT_TTL         one hop less to live
 *	LVS_ACT_OUTER       an outer header in front
 *
 * Not here: whether the packet may live and is small enough, and its link
 * header, which is that of the hop and always current there.
 */
#ifndef LVS_FWD_ACTION_H
#define LVS_FWD_ACTION_H

#include "model/conn.h"
#include "pkt/encap.h"
#include "pkt/icmp.h"
#include "pkt/rewrite.h"

#define LVS_ACT_DST   (1u << 0)
#define LVS_ACT_SRC   (1u << 1)
#define LVS_ACT_TTL   (1u << 2)
#define LVS_ACT_OUTER (1u << 3)
/*
 * What is written differs between connections of this destination (a service
 * by mark or of any port): it is made from the connection.
 */
#define LVS_ACT_OWN (1u << 4)
/* Nothing is done: the host is the real server. */
#define LVS_ACT_HOST (1u << 5)
/* Nothing is done: the packet is the host's as if there were no director. */
#define LVS_ACT_PASS (1u << 6)

struct lvs_action {
	uint8_t steps;	/* LVS_ACT_* */
	uint8_t reason; /* why nothing can be forwarded; LVS_REASON_NONE */
	uint16_t hop;	/* by which it leaves; LVS_HOP_NONE: the client's */
	struct lvs_rewrite rewrite;
	struct lvs_encap encap;
	struct lvs_addr to; /* whom `hop` leads to */
	/* A tunnel: the path's MTU, as somebody on it said; until when. */
	uint32_t path_mtu;
	lvs_tstamp path_until;
};

/*
 * Both directions of a destination, and what they were made of.  What a NAT
 * packet needs is in one cache line, either way.
 */
struct lvs_action_pair {
	_Alignas(64) uint32_t generation; /* of the net */
	uint32_t version;		  /* of the destination */
	uint8_t method;			  /* enum lvs_method */
	bool made;
	struct lvs_action request;
	_Alignas(64) struct lvs_action reply;
};

/* Bytes that ACT puts in front: so much less is the MTU. */
static inline uint32_t lvs_action_overhead(const struct lvs_action *act)
{
	return act->steps & LVS_ACT_OUTER ? act->encap.len : 0;
}

/* The rewriting of CONN's own addresses that ACT stands for, in RW. */
void lvs_action_own(const struct lvs_action *act, const struct lvs_conn *conn,
		    struct lvs_rewrite *rw);

/* Addresses and ports; what an ICMP error quotes changes with it. */
static inline enum lvs_reason lvs_action_rewrite(const struct lvs_action *act,
						 const struct lvs_conn *conn,
						 struct lvs_pkt *pkt,
						 const struct lvs_parsed *p)
{
	const struct lvs_rewrite *rw = &act->rewrite;
	struct lvs_rewrite own;

	if (act->steps & LVS_ACT_OWN) {
		lvs_action_own(act, conn, &own);
		rw = &own;
	}
	if (p->kind == LVS_PKT_ICMP_ERROR)
		return act->steps & LVS_ACT_DST
			       ? lvs_icmp_rewrite_dst(pkt, p, rw)
			       : lvs_icmp_rewrite_src(pkt, p, rw);
	return act->steps & LVS_ACT_DST ? lvs_rewrite_dst(pkt, p, rw)
					: lvs_rewrite_src(pkt, p, rw);
}

/*
 * Do ACT to PKT, which P describes and which belongs to CONN.  ID is the
 * identification of an outer IPv4 header.  The IP header stays where it was,
 * P->l3 bytes in; with an outer header, that one is there.
 *
 * LVS_REASON_NONE, or why it could not be done.
 */
static inline enum lvs_reason
lvs_action_apply(const struct lvs_action *act, const struct lvs_conn *conn,
		 struct lvs_pkt *pkt, const struct lvs_parsed *p, uint16_t id)
{
	enum lvs_reason reason = LVS_REASON_NONE;

	if (act->steps & (LVS_ACT_DST | LVS_ACT_SRC))
		reason = lvs_action_rewrite(act, conn, pkt, p);
	if (reason == LVS_REASON_NONE && act->steps & LVS_ACT_TTL)
		lvs_ttl_decrement(pkt->data + p->l3, p->flow.family);
	if (reason == LVS_REASON_NONE && act->steps & LVS_ACT_OUTER)
		reason = lvs_encap(pkt, p, &act->encap, id);
	return reason;
}

#endif
