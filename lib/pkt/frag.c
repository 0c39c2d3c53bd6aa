/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frag.c - an IPv4 packet cut into fragments (RFC 791 3.2).
 */
#include "config.h"

#include "pkt/csum.h"
#include "pkt/frag.h"
#include "pkt/offload.h"
#include "pkt/piece.h"
#include "pkt/wire.h"

#define OPT_END	   0
#define OPT_NOP	   1
#define OPT_COPIED 0x80 /* into all fragments */

int lvs_frag_init(struct lvs_frag *frag, struct lvs_pkt *pkt, uint16_t l3,
		  uint32_t mtu)
{
	const struct lvs_ipv4 *ip = (const struct lvs_ipv4 *)(pkt->data + l3);
	uint32_t head = (ip->version_ihl & 15) * 4u;

	if ((ip->frag_be & lvs_swap16(LVS_IPV4_DF)) || mtu < head + 8)
		return LVS_ERR_MSGSIZE;
	frag->pkt = pkt;
	frag->l3 = l3;
	frag->head = (uint16_t)(l3 + head);
	frag->pos = frag->head;
	frag->end = l3 + lvs_swap16(ip->len_be);
	frag->max = mtu - head;
	frag->done = false;
	/* Last: where a careless sender's field lies, nobody knows. */
	lvs_csum_complete(pkt);
	return 0;
}

/* Blank those of LEN bytes of options that only the first fragment has. */
static void drop_options(unsigned char *opt, uint32_t len)
{
	uint32_t n;

	for (uint32_t i = 0; i < len && opt[i] != OPT_END; i += n) {
		n = opt[i] == OPT_NOP ? 1 : i + 1 < len ? opt[i + 1] : 0;
		if (n < 1 || (opt[i] != OPT_NOP && n < 2) || n > len - i)
			return; /* malformed: left as it came */
		if (!(opt[i] & OPT_COPIED))
			memset(opt + i, OPT_NOP, n);
	}
}

bool lvs_frag_next(struct lvs_frag *frag, struct lvs_pkt *out)
{
	uint32_t len = frag->end - frag->pos;
	uint32_t before = frag->pos - frag->head;
	uint32_t head = (uint32_t)(frag->head - frag->l3);
	struct lvs_ipv4 *ip;
	uint16_t field;

	if (frag->done)
		return false;
	frag->done = len <= frag->max;
	if (!frag->done)
		len = frag->max & ~7u;
	lvs_piece_copy(out, frag->pkt, frag->head, frag->pos, len);
	frag->pos += len;

	ip = (struct lvs_ipv4 *)(out->data + frag->l3);
	/* What is cut may be a fragment: its offset and "more" stay true. */
	field = (uint16_t)(lvs_swap16(ip->frag_be) + before / 8);
	if (!frag->done)
		field |= LVS_IPV4_MF;
	if (before)
		drop_options((unsigned char *)(ip + 1), head - LVS_IPV4_LEN);
	ip->frag_be = lvs_swap16(field);
	ip->len_be = lvs_swap16((uint16_t)(head + len));
	ip->csum = 0;
	ip->csum = lvs_csum_of(ip, head);
	return true;
}
