/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tunnel.c - ICMP errors about outer packets of the engine's own.
 *
 * The path between director and real server reports to the director, which
 * sent the outer packet; it is the client who has to know.  So the quoted inner
 * packet is taken out of the error and put into one to its sender (RFC 2003 4
 * and 5, RFC 2473 8).  How much fits through the path is remembered too, so
 * that the next packet that is too large is answered at once.
 *
 *	error: to us [ quoted outer: us > real server [ inner: client > VIP
 *	error: to the client [ quoted: client > VIP
 */
#include "engine/engine.h"

/* An MTU is believed for so long, as Linux does, and not if below this. */
#define PATH_TIME      (600 * LVS_SEC)
#define PATH_MTU_MIN   552
#define PATH_MTU_MIN_6 1280

static bool is_too_big(const struct lvs_parsed *p)
{
	return p->flow.family == AF_INET
		       ? p->icmp_type == LVS_ICMP_UNREACH &&
				 p->icmp_code == LVS_ICMP_UNREACH_FRAG
		       : p->icmp_type == LVS_ICMP6_TOO_BIG;
}

/* The MTU that the error P tells, for outer packets. */
static uint32_t mtu_told(const struct lvs_pkt *pkt, const struct lvs_parsed *p)
{
	const struct lvs_icmp *icmp =
		(const struct lvs_icmp *)(pkt->data + p->l4);
	uint32_t mtu = lvs_swap32(icmp->info_be);
	uint32_t min = PATH_MTU_MIN_6;

	if (p->flow.family == AF_INET) {
		mtu &= 0xffff; /* RFC 1191 4: the other half is unused */
		min = PATH_MTU_MIN;
	}
	return mtu > min ? mtu : min;
}

/* From now on packets by ACT to DEST are to fit into MTU. */
static void remember_for(struct lvs_engine *eng, const struct lvs_dest *dest,
			 struct lvs_action *act, uint32_t mtu)
{
	const struct lvs_hop *hop = lvs_net_hop_at(eng->dir->net, act->hop);
	uint32_t room = lvs_engine_room(eng, act, hop);

	act->path_mtu = mtu;
	act->path_until = eng->now + PATH_TIME;
	if (lvs_engine_room(eng, act, hop) < room)
		lvs_fast_leave_dest(eng, dest);
}

/* The same for all packets to the real server ADDR. */
static void remember(struct lvs_engine *eng, const struct lvs_addr *addr,
		     uint32_t mtu)
{
	const struct lvs_dest *dest = NULL;

	while ((dest = lvs_director_real(eng->dir, addr, dest))) {
		if (dest->index < eng->actions_size)
			remember_for(eng, dest,
				     &eng->actions[dest->index].request, mtu);
	}
}

/* The inner packet that P quotes in an outer one, as far as it does. */
static bool read_inner(const struct lvs_pkt *pkt, const struct lvs_parsed *p,
		       struct lvs_quote *inner)
{
	uint16_t family =
		p->inner.protocol == IPPROTO_IPIP ? AF_INET : AF_INET6;

	return lvs_parse_quote(pkt->data, p->inner_l4, p->l3 + p->l3_len,
			       family, inner);
}

/* The connection that INNER is a request of; NULL: none. */
static struct lvs_conn *conn_of(struct lvs_engine *eng,
				const struct lvs_quote *inner)
{
	const struct lvs_proto *proto = lvs_proto_find(inner->flow.protocol);
	struct lvs_conn *conn;
	struct lvs_flow key;
	uint8_t dir;

	if (!proto || inner->fragment)
		return NULL;
	lvs_proto_flow(proto, &inner->flow, &key);
	conn = lvs_conn_find_one(eng->conns, &key, &dir);
	return conn && dir == LVS_REQUEST ? conn : NULL;
}

/* What the client is told: the same, where its family has the same. */
static enum lvs_icmp_error error_for(const struct lvs_parsed *p,
				     const struct lvs_quote *inner)
{
	if (is_too_big(p))
		return LVS_ICMP_BIG;
	if (inner->flow.family != p->flow.family ||
	    (p->flow.family == AF_INET6 && p->icmp_type == LVS_ICMP6_PARAM))
		return LVS_ICMP_HOST;
	return LVS_ICMP_SAME;
}

/*
 * PKT becomes its own link header with nothing but the quoted INNER behind it;
 * OUT describes that as if it were a packet received.
 */
static void take_out(struct lvs_pkt *pkt, const struct lvs_parsed *p,
		     const struct lvs_quote *inner, struct lvs_parsed *out)
{
	uint16_t gone = (uint16_t)(inner->l3 - p->l3);

	lvs_pkt_trim(pkt, p);
	memmove(pkt->data + gone, pkt->data, p->l3);
	pkt->data += gone;
	pkt->headroom += gone;
	pkt->len -= gone;
	pkt->off = (struct lvs_offload){ 0 };
	*out = (struct lvs_parsed){
		.flow = inner->flow,
		.kind = lvs_has_ports(inner->flow.protocol) ? LVS_PKT_FLOW
							    : LVS_PKT_IPSEC,
		.l3 = p->l3,
		.l3_len = pkt->len - p->l3,
	};
}

/* Whether the sender of the packet at L3 wants to hear that it is too big. */
static bool wants_size(const unsigned char *l3)
{
	const struct lvs_ipv4 *ip = (const struct lvs_ipv4 *)l3;

	return l3[0] >> 4 == 6 || (ip->frag_be & lvs_swap16(LVS_IPV4_DF));
}

/* Tell the client of CONN what P says of its packet INNER. */
static void tell_client(struct lvs_engine *eng, struct lvs_pkt *pkt,
			const struct lvs_parsed *p,
			const struct lvs_quote *inner, struct lvs_conn *conn,
			struct lvs_dest *dest)
{
	const struct lvs_action_pair *pair =
		lvs_engine_actions(eng, dest, conn);
	enum lvs_icmp_error error = error_for(p, inner);
	struct lvs_icmp_args args = {
		.id = eng->ip_id++,
		.type = p->icmp_type,
		.code = p->icmp_code,
	};
	struct lvs_exit exit = { .act = &pair->reply, .conn = conn };
	struct lvs_parsed told;

	if (error == LVS_ICMP_BIG)
		args.mtu =
			mtu_told(pkt, p) - lvs_action_overhead(&pair->request);
	lvs_engine_count(eng, dest, LVS_REPLY, p);
	take_out(pkt, p, inner, &told);
	exit.number = lvs_engine_client_hop(eng, conn);
	exit.hop = lvs_net_hop_at(eng->dir->net, exit.number);
	if (exit.number == LVS_HOP_NONE && !lvs_pkt_is_bare(pkt))
		lvs_pkt_drop(pkt, LVS_REASON_NO_ROUTE);
	else if (!exit.hop->up && !lvs_pkt_is_bare(pkt))
		lvs_pkt_drop(pkt, LVS_REASON_LINK_DOWN);
	else if (!lvs_icmp_make(pkt, pkt, &told, error, &args))
		lvs_pkt_drop(pkt, LVS_REASON_BAD_HEADER);
	else
		lvs_engine_leave(eng, pkt, p->l3, &exit);
}

/* Whether what P quotes may be of a connection that only the host knows. */
static bool is_about_host(const struct lvs_engine *eng,
			  const struct lvs_parsed *p)
{
	const struct lvs_flow back = lvs_quoted_back(p);

	return !p->inner_fragment && lvs_engine_host_knows(eng, &back);
}

void lvs_engine_tunnel_error(struct lvs_engine *eng, struct lvs_pkt *pkt,
			     const struct lvs_parsed *p)
{
	struct lvs_addr real = { .family = p->inner.family,
				 .ip = p->inner.dst };
	struct lvs_quote inner;
	struct lvs_dest *dest;
	struct lvs_conn *conn;

	lvs_pkt_pass(pkt);
	if (is_about_host(eng, p))
		pkt->verdict = LVS_HOST;
	if ((p->inner.protocol != IPPROTO_IPIP &&
	     p->inner.protocol != IPPROTO_IPV6) ||
	    p->inner_fragment || !lvs_director_real(eng->dir, &real, NULL))
		return;
	if (!lvs_icmp_csum_ok(pkt, p)) {
		lvs_pkt_drop(pkt, LVS_REASON_BAD_CSUM);
		return;
	}
	if (!read_inner(pkt, p, &inner) || !(conn = conn_of(eng, &inner)))
		return;
	dest = lvs_director_dest(eng->dir, conn->dest);
	if (!dest || !lvs_addr_equal(&dest->conf.id.addr, &real))
		return;
	if (is_too_big(p)) {
		remember(eng, &real, mtu_told(pkt, p));
		if (!wants_size(pkt->data + inner.l3))
			return;
	}
	tell_client(eng, pkt, p, &inner, conn, dest);
}
