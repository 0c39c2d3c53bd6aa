/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reset.c - the TCP segment that says "there is no such connection".
 */
#include "config.h"

#include "pkt/reset.h"

#include "pkt/csum.h"
#include "pkt/icmp.h"
#include "pkt/wire.h"

/* RFC 1700 */
#define RESET_TTL 64

/* What a reset says, of the segment it answers. */
struct answer {
	uint16_t sport_be, dport_be;
	uint32_t seq_be, ack_be;
	uint8_t flags;
};

static uint32_t tcp_len(const struct lvs_parsed *p)
{
	return p->l3_len - (uint32_t)(p->l4 - p->l3);
}

static bool csum_ok(const struct lvs_pkt *pkt, const struct lvs_parsed *p)
{
	uint32_t sum = lvs_csum_pseudo(pkt->data + p->l3, p->flow.family,
				       IPPROTO_TCP, tcp_len(p));

	if (pkt->off.flags & (LVS_OFF_CSUM | LVS_OFF_VALID))
		return true;
	sum = lvs_csum_add(sum, lvs_csum_bytes(pkt->data + p->l4, tcp_len(p)));
	return lvs_csum_fold(sum) == 0xffff;
}

bool lvs_reset_may_answer(const struct lvs_pkt *pkt, const struct lvs_parsed *p)
{
	return p->kind == LVS_PKT_FLOW && p->flow.protocol == IPPROTO_TCP &&
	       !(p->tcp_flags & LVS_TCP_RST) && !p->first_fragment &&
	       lvs_icmp_may_answer(pkt, p, LVS_ICMP_PORT) && csum_ok(pkt, p);
}

/*
 * RFC 9293 3.10.7.1: where the segment acknowledges something, that is where
 * its sender expects us to go on; else we acknowledge all that it sent.
 */
static struct answer answer_to(const struct lvs_tcp *tcp,
			       const struct lvs_parsed *p)
{
	struct answer a = {
		.sport_be = tcp->dport_be,
		.dport_be = tcp->sport_be,
		.flags = LVS_TCP_RST,
	};
	uint32_t len = tcp_len(p) - (uint32_t)(p->payload - p->l4);

	if (p->tcp_flags & LVS_TCP_ACK) {
		a.seq_be = tcp->ack_be;
		return a;
	}
	len += (p->tcp_flags & LVS_TCP_SYN) != 0;
	len += (p->tcp_flags & LVS_TCP_FIN) != 0;
	a.ack_be = lvs_swap32(lvs_swap32(tcp->seq_be) + len);
	a.flags |= LVS_TCP_ACK;
	return a;
}

/* The IP header at L3, for LVS_TCP_LEN bytes behind it; returns its length. */
static uint32_t put_ip(unsigned char *l3, const struct lvs_parsed *p)
{
	struct lvs_ipv4 *ip = (struct lvs_ipv4 *)l3;
	struct lvs_ipv6 *ip6 = (struct lvs_ipv6 *)l3;

	if (p->flow.family == AF_INET6) {
		ip6->vtf_be = lvs_swap32(6u << 28);
		ip6->len_be = lvs_swap16(LVS_TCP_LEN);
		ip6->next = IPPROTO_TCP;
		ip6->hops = RESET_TTL;
		memcpy(ip6->src, p->flow.dst.b, 16);
		memcpy(ip6->dst, p->flow.src.b, 16);
		return LVS_IPV6_LEN;
	}
	memset(ip, 0, sizeof(*ip));
	ip->version_ihl = 4 << 4 | LVS_IPV4_LEN / 4;
	ip->len_be = lvs_swap16(LVS_IPV4_LEN + LVS_TCP_LEN);
	ip->frag_be = lvs_swap16(LVS_IPV4_DF); /* so it needs no id: RFC 6864 */
	ip->ttl = RESET_TTL;
	ip->protocol = IPPROTO_TCP;
	ip->src_be = p->flow.dst.v4_be;
	ip->dst_be = p->flow.src.v4_be;
	ip->csum = lvs_csum_ipv4(ip);
	return LVS_IPV4_LEN;
}

static void put_tcp(unsigned char *l4, const unsigned char *l3,
		    const struct answer *a, uint16_t family)
{
	struct lvs_tcp *tcp = (struct lvs_tcp *)l4;
	uint32_t sum = lvs_csum_pseudo(l3, family, IPPROTO_TCP, LVS_TCP_LEN);

	memset(tcp, 0, sizeof(*tcp));
	tcp->sport_be = a->sport_be;
	tcp->dport_be = a->dport_be;
	tcp->seq_be = a->seq_be;
	tcp->ack_be = a->ack_be;
	tcp->offset = LVS_TCP_LEN / 4 << 4;
	tcp->flags = a->flags;
	sum = lvs_csum_add(sum, lvs_csum_bytes(tcp, LVS_TCP_LEN));
	tcp->csum = (uint16_t)~lvs_csum_fold(sum);
}

static void turn_link(struct lvs_pkt *pkt)
{
	unsigned char mac[6];

	if (pkt->l2_len < LVS_ETH_LEN)
		return;
	memcpy(mac, pkt->data, 6);
	memcpy(pkt->data, pkt->data + 6, 6);
	memcpy(pkt->data + 6, mac, 6);
}

/* It is no longer than what it answers, which had both headers too. */
void lvs_reset_make(struct lvs_pkt *pkt, const struct lvs_parsed *p)
{
	struct answer a =
		answer_to((const struct lvs_tcp *)(pkt->data + p->l4), p);
	unsigned char *l3 = pkt->data + p->l3;
	uint32_t room = pkt->len + pkt->tailroom;
	uint32_t head = put_ip(l3, p);

	put_tcp(l3 + head, l3, &a, p->flow.family);
	turn_link(pkt);
	pkt->len = p->l3 + head + LVS_TCP_LEN;
	pkt->tailroom = room - pkt->len;
	pkt->off = (struct lvs_offload){ 0 };
}
