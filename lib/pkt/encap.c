/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * encap.c - prepare an outer header; take one off.
 */
#include "config.h"

#include "pkt/encap.h"

void lvs_encap_init(struct lvs_encap *enc, uint16_t family,
		    const union lvs_ip *src, const union lvs_ip *dst,
		    bool copy_df)
{
	memset(enc, 0, sizeof(*enc));
	enc->family = family;
	enc->copy_df = copy_df;
	if (family == AF_INET) {
		struct lvs_ipv4 *ip = (struct lvs_ipv4 *)enc->head;

		enc->len = LVS_IPV4_LEN;
		ip->version_ihl = 4 << 4 | LVS_IPV4_LEN / 4;
		ip->src_be = src->v4_be;
		ip->dst_be = dst->v4_be;
	} else {
		struct lvs_ipv6 *ip6 = (struct lvs_ipv6 *)enc->head;

		enc->len = LVS_IPV6_LEN;
		ip6->vtf_be = lvs_swap32(6u << 28);
		memcpy(ip6->src, src->b, 16);
		memcpy(ip6->dst, dst->b, 16);
	}
}

bool lvs_decap(struct lvs_pkt *pkt, const struct lvs_parsed *p)
{
	bool inner4 = p->flow.protocol == IPPROTO_IPIP;
	uint16_t outer = (uint16_t)(p->l4 - p->l3);
	uint32_t inner_len = p->l3_len - outer;
	unsigned char *l3;

	if (p->kind != LVS_PKT_OTHER || p->flow.family == AF_UNSPEC ||
	    p->first_fragment || pkt->off.gso != LVS_GSO_NONE ||
	    (!inner4 && p->flow.protocol != IPPROTO_IPV6))
		return false;
	if (inner_len < (inner4 ? LVS_IPV4_LEN : LVS_IPV6_LEN) ||
	    pkt->data[p->l4] >> 4 != (inner4 ? 4 : 6))
		return false;
	if ((pkt->off.flags & LVS_OFF_CSUM) && pkt->off.csum_start < p->l4)
		return false;

	lvs_pkt_trim(pkt, p);
	memmove(pkt->data + outer, pkt->data, p->l3);
	pkt->data += outer;
	pkt->headroom += outer;
	pkt->len -= outer;
	l3 = pkt->data + p->l3;
	if (p->l3)
		lvs_put16(l3 - 2, inner4 ? LVS_ETH_IPV4 : LVS_ETH_IPV6);
	if (pkt->off.flags & LVS_OFF_CSUM)
		pkt->off.csum_start = (uint16_t)(pkt->off.csum_start - outer);
	return true;
}
