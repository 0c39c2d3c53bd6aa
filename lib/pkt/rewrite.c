/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rewrite.c - transport checksums that have to be made from the whole packet.
 */
#include "config.h"

#include "pkt/rewrite.h"

/*
 * The checksum of a GSO packet is that of its segments, made when it is cut:
 * until then it holds the pseudo-header's sum.
 */
static void defer(struct lvs_pkt *pkt, const struct lvs_parsed *p,
		  uint32_t pseudo)
{
	struct lvs_udp *udp = (struct lvs_udp *)(pkt->data + p->l4);

	udp->csum = lvs_csum_fold(pseudo);
	pkt->off.flags |= LVS_OFF_CSUM;
	pkt->off.csum_start = p->l4;
	pkt->off.csum_offset = offsetof(struct lvs_udp, csum);
}

void lvs_udp_csum_make(struct lvs_pkt *pkt, const struct lvs_parsed *p)
{
	struct lvs_udp *udp = (struct lvs_udp *)(pkt->data + p->l4);
	uint16_t len = lvs_swap16(udp->len_be);
	uint32_t sum = lvs_csum_pseudo(pkt->data + p->l3, p->flow.family,
				       IPPROTO_UDP, len);

	udp->csum = 0;
	if (pkt->off.gso != LVS_GSO_NONE) {
		defer(pkt, p, sum);
		return;
	}
	sum = lvs_csum_add(sum, lvs_csum_bytes(udp, len));
	udp->csum = (uint16_t)~lvs_csum_fold(sum);
	if (!udp->csum) /* 0 would mean "none" */
		udp->csum = 0xffff;
}

void lvs_sctp_crc_make(struct lvs_pkt *pkt, const struct lvs_parsed *p)
{
	struct lvs_sctp *sctp = (struct lvs_sctp *)(pkt->data + p->l4);
	size_t len = p->l3_len - (size_t)(p->l4 - p->l3);

	sctp->crc_le = 0;
	sctp->crc_le = lvs_crc32c_le(lvs_crc32c(0, sctp, len));
}
