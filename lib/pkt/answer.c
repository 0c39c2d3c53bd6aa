/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * answer.c - the headers of what goes back to a packet's sender.
 */
#include "config.h"

#include "pkt/answer.h"

#include "pkt/csum.h"
#include "pkt/wire.h"

/* RFC 1700 */
#define ANSWER_TTL 64

void lvs_answer_put_link(unsigned char *to, const struct lvs_pkt *from,
			 uint16_t l3)
{
	unsigned char mac[6];

	memmove(to, from->data, l3);
	if (from->l2_len < LVS_ETH_LEN)
		return;
	memcpy(mac, to, 6);
	memcpy(to, to + 6, 6);
	memcpy(to + 6, mac, 6);
}

static uint32_t put_ipv4(unsigned char *l3, const struct lvs_parsed *p,
			 const struct lvs_answer *answer)
{
	struct lvs_ipv4 *ip = (struct lvs_ipv4 *)l3;

	memset(ip, 0, sizeof(*ip));
	ip->version_ihl = 4 << 4 | LVS_IPV4_LEN / 4;
	ip->tos = answer->tos;
	ip->len_be = lvs_swap16((uint16_t)(LVS_IPV4_LEN + answer->len));
	ip->id_be = lvs_swap16(answer->id);
	ip->frag_be = lvs_swap16(answer->frag);
	ip->ttl = ANSWER_TTL;
	ip->protocol = answer->protocol;
	ip->src_be = answer->src ? answer->src->v4_be : p->flow.dst.v4_be;
	ip->dst_be = p->flow.src.v4_be;
	ip->csum = lvs_csum_ipv4(ip);
	return LVS_IPV4_LEN;
}

static uint32_t put_ipv6(unsigned char *l3, const struct lvs_parsed *p,
			 const struct lvs_answer *answer)
{
	struct lvs_ipv6 *ip6 = (struct lvs_ipv6 *)l3;

	ip6->vtf_be = lvs_swap32(6u << 28);
	ip6->len_be = lvs_swap16((uint16_t)answer->len);
	ip6->next = answer->protocol;
	ip6->hops = ANSWER_TTL;
	memcpy(ip6->src, answer->src ? answer->src->b : p->flow.dst.b, 16);
	memcpy(ip6->dst, p->flow.src.b, 16);
	return LVS_IPV6_LEN;
}

uint32_t lvs_answer_put_ip(unsigned char *l3, const struct lvs_parsed *p,
			   const struct lvs_answer *answer)
{
	return p->flow.family == AF_INET6 ? put_ipv6(l3, p, answer)
					  : put_ipv4(l3, p, answer);
}
