/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * encap.h - an outer IP header in front of a packet (RFC 2003, 2473, 4213).
 *
 * The header is prepared once per tunnel; a packet brings only its length,
 * TTL, traffic class and, in IPv4, whether it may be fragmented.  Both inner
 * families go into both outer ones.
 */
#ifndef LVS_PKT_ENCAP_H
#define LVS_PKT_ENCAP_H

#include "pkt/rewrite.h"

/* The longest outer header. */
#define LVS_ENCAP_MAX LVS_IPV6_LEN

struct lvs_encap {
	unsigned char head[LVS_ENCAP_MAX]; /* per packet fields are 0 */
	uint16_t family;		   /* of the outer header */
	uint8_t len;  /* of head: what the MTU is less by */
	bool copy_df; /* IPv4 in IPv4: outer DF is the inner one */
};

/* A tunnel from SRC to DST, both of FAMILY.  COPY_DF is IPVS's pmtu_disc. */
void lvs_encap_init(struct lvs_encap *enc, uint16_t family,
		    const union lvs_ip *src, const union lvs_ip *dst,
		    bool copy_df);

/* Congestion that was met inside is not repeated outside (RFC 3168 9.1.1). */
static inline uint8_t lvs_encap_tos(uint8_t inner)
{
	return (inner & 3) == 3 ? (inner & 0xfc) | 2 : inner;
}

/* A GSO packet may be longer than a header can say; its segments are not. */
static inline uint16_t lvs_encap_len_be(uint32_t len)
{
	return len > LVS_PKT_MAX ? 0 : lvs_swap16((uint16_t)len);
}

/* ENC's header with what the packet P, whose IP header is at INNER, brings. */
static inline void lvs_encap_fill(unsigned char *head,
				  const unsigned char *inner,
				  const struct lvs_parsed *p,
				  const struct lvs_encap *enc, uint16_t id)
{
	bool inner4 = p->flow.family == AF_INET;
	const struct lvs_ipv4 *in4 = (const struct lvs_ipv4 *)inner;
	const struct lvs_ipv6 *in6 = (const struct lvs_ipv6 *)inner;
	uint8_t ttl = inner4 ? in4->ttl : in6->hops;
	uint8_t next = inner4 ? IPPROTO_IPIP : IPPROTO_IPV6;
	uint8_t tos = lvs_encap_tos(p->tos);

	memcpy(head, enc->head, LVS_IPV4_LEN);
	if (enc->family == AF_INET) {
		struct lvs_ipv4 *ip = (struct lvs_ipv4 *)head;
		bool df = inner4 && enc->copy_df &&
			  (in4->frag_be & lvs_swap16(LVS_IPV4_DF));

		ip->tos = tos;
		ip->len_be = lvs_encap_len_be(p->l3_len + LVS_IPV4_LEN);
		ip->id_be = df ? 0 : lvs_swap16(id);
		ip->frag_be = df ? lvs_swap16(LVS_IPV4_DF) : 0;
		ip->ttl = ttl;
		ip->protocol = next;
		ip->csum = lvs_csum_ipv4(head);
	} else {
		struct lvs_ipv6 *ip6 = (struct lvs_ipv6 *)head;

		memcpy(head + LVS_IPV4_LEN, enc->head + LVS_IPV4_LEN,
		       LVS_IPV6_LEN - LVS_IPV4_LEN);
		ip6->vtf_be |= lvs_swap32((uint32_t)tos << 20);
		ip6->len_be = lvs_encap_len_be(p->l3_len);
		ip6->next = next;
		ip6->hops = ttl;
	}
}

/*
 * Put ENC's header between the link header and the IP packet of PKT, which P
 * describes and which has its final TTL: the outer TTL is the inner one.  ID is
 * the IPv4 identification where the outer packet may be fragmented; whoever
 * calls sees that it does not repeat soon.  Padding after the packet goes.
 *
 * P does not describe PKT any more: the IP header is still P->l3 bytes in, all
 * behind it has moved by ENC->len.  An unfinished checksum stays unfinished;
 * it, and a GSO packet, becomes LVS_OFF_ENCAP.
 *
 * LVS_REASON_NONE; or, and nothing changed: LVS_REASON_NO_ROOM (headroom),
 * LVS_REASON_TOO_BIG (over 65535 bytes, and not GSO).
 */
static inline enum lvs_reason lvs_encap(struct lvs_pkt *pkt,
					const struct lvs_parsed *p,
					const struct lvs_encap *enc,
					uint16_t id)
{
	bool gso = pkt->off.gso != LVS_GSO_NONE;
	unsigned char *link, *head;

	if (pkt->headroom < enc->len)
		return LVS_REASON_NO_ROOM;
	if (p->l3_len + enc->len > LVS_PKT_MAX && !gso)
		return LVS_REASON_TOO_BIG;

	lvs_pkt_trim(pkt, p);
	link = pkt->data - enc->len;
	head = link + p->l3;
	memmove(link, pkt->data, p->l3);
	if (p->l3)
		lvs_put16(head - 2,
			  enc->family == AF_INET ? LVS_ETH_IPV4 : LVS_ETH_IPV6);
	lvs_encap_fill(head, pkt->data + p->l3, p, enc, id);
	pkt->data = link;
	pkt->len += enc->len;
	pkt->headroom -= enc->len;
	if (pkt->off.flags & LVS_OFF_CSUM)
		pkt->off.csum_start += enc->len;
	if (gso || pkt->off.flags & LVS_OFF_CSUM)
		pkt->off.flags |= LVS_OFF_ENCAP;
	return LVS_REASON_NONE;
}

/*
 * Take the outer header off an IPIP packet, P->flow.protocol 4 or 41, if it is
 * one, whole and no fragment, with an IP header inside.  The EtherType becomes
 * the inner family's.  Not for GSO packets.
 */
bool lvs_decap(struct lvs_pkt *pkt, const struct lvs_parsed *p);

#endif
