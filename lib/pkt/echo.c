/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * echo.c - the answer to an ICMP or ICMPv6 echo request.
 */
#include "config.h"

#include "pkt/echo.h"

#include "pkt/csum.h"
#include "pkt/icmp.h"
#include "pkt/offload.h"
#include "pkt/wire.h"

/* RFC 1700 */
#define ECHO_TTL 64

bool lvs_echo_is_request(const struct lvs_parsed *p)
{
	uint8_t type =
		p->flow.family == AF_INET6 ? LVS_ICMP6_ECHO : LVS_ICMP_ECHO;

	return p->kind == LVS_PKT_ICMP && p->icmp_type == type;
}

/* The IP header at L3, for LEN bytes behind it.  RFC 1122 3.2.2.6: its TOS. */
static void put_ip(unsigned char *l3, const struct lvs_parsed *p, uint32_t len,
		   uint16_t id)
{
	struct lvs_ipv4 *ip = (struct lvs_ipv4 *)l3;
	struct lvs_ipv6 *ip6 = (struct lvs_ipv6 *)l3;

	if (p->flow.family == AF_INET6) {
		ip6->vtf_be = lvs_swap32(6u << 28);
		ip6->len_be = lvs_swap16((uint16_t)len);
		ip6->next = IPPROTO_ICMPV6;
		ip6->hops = ECHO_TTL;
		memcpy(ip6->src, p->flow.dst.b, 16);
		memcpy(ip6->dst, p->flow.src.b, 16);
		return;
	}
	memset(ip, 0, sizeof(*ip));
	ip->version_ihl = 4 << 4 | LVS_IPV4_LEN / 4;
	ip->tos = p->tos;
	ip->len_be = lvs_swap16((uint16_t)(LVS_IPV4_LEN + len));
	ip->id_be = lvs_swap16(id);
	ip->ttl = ECHO_TTL;
	ip->protocol = IPPROTO_ICMP;
	ip->src_be = p->flow.dst.v4_be;
	ip->dst_be = p->flow.src.v4_be;
	ip->csum = lvs_csum_ipv4(ip);
}

static void put_icmp(unsigned char *l4, uint16_t family)
{
	struct lvs_icmp *icmp = (struct lvs_icmp *)l4;
	uint16_t was, now;

	memcpy(&was, icmp, sizeof(was));
	icmp->type =
		family == AF_INET6 ? LVS_ICMP6_ECHO_REPLY : LVS_ICMP_ECHO_REPLY;
	memcpy(&now, icmp, sizeof(now));
	icmp->csum = lvs_csum_patch(icmp->csum, lvs_csum_diff16(was, now));
}

/* The message stays where it is, and what is before it comes closer. */
void lvs_echo_make(struct lvs_pkt *pkt, const struct lvs_parsed *p, uint16_t id)
{
	uint32_t head =
		p->flow.family == AF_INET6 ? LVS_IPV6_LEN : LVS_IPV4_LEN;
	uint32_t between = (uint32_t)(p->l4 - p->l3) - head;
	uint32_t len = p->l3_len - (uint32_t)(p->l4 - p->l3);
	uint32_t room = pkt->len + pkt->tailroom - between;
	unsigned char *data = pkt->data + between;

	lvs_csum_complete(pkt);
	put_icmp(pkt->data + p->l4, p->flow.family);
	lvs_icmp_put_link(data, pkt, p->l3);
	put_ip(data + p->l3, p, len, id);
	pkt->data = data;
	pkt->headroom += between;
	pkt->len = p->l3 + head + len;
	pkt->tailroom = room - pkt->len;
	pkt->off = (struct lvs_offload){ 0 };
}
