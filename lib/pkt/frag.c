/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frag.c - a packet cut into fragments (RFC 791 3.2, RFC 8200 4.5), and what a
 * fragment's headers say.
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

#define FRAG6_LEN ((uint16_t)sizeof(struct lvs_ipv6_frag))

uint16_t lvs_frag6_find(const unsigned char *l3, uint16_t *next)
{
	uint16_t at = LVS_IPV6_LEN;

	*next = offsetof(struct lvs_ipv6, next);
	while (l3[*next] != IPPROTO_FRAGMENT) {
		*next = at;
		at = (uint16_t)(at + (l3[at + 1] + 1) * 8);
	}
	return at;
}

static void read_ipv6(const unsigned char *l3, struct lvs_frag_info *info)
{
	const struct lvs_ipv6_frag *frag;
	uint16_t field;

	info->common = lvs_frag6_find(l3, &info->next);
	frag = (const struct lvs_ipv6_frag *)(l3 + info->common);
	field = lvs_swap16(frag->frag_be);
	info->at = field & LVS_IPV6_OFFSET;
	info->more = (field & LVS_IPV6_MORE) != 0;
	info->head = (uint16_t)(info->common + FRAG6_LEN);
}

void lvs_frag_read(const struct lvs_pkt *pkt, const struct lvs_parsed *p,
		   struct lvs_frag_info *info)
{
	const unsigned char *l3 = pkt->data + p->l3;
	const struct lvs_ipv4 *ip = (const struct lvs_ipv4 *)l3;

	*info = (struct lvs_frag_info){ 0 };
	if (p->flow.family == AF_INET6) {
		read_ipv6(l3, info);
	} else {
		uint16_t field = lvs_swap16(ip->frag_be);

		info->at = (field & LVS_IPV4_OFFSET) * 8u;
		info->more = (field & LVS_IPV4_MF) != 0;
		info->df = (field & LVS_IPV4_DF) != 0;
		info->head = (uint16_t)((ip->version_ihl & 15) * 4);
	}
	info->len = p->l3_len - info->head;
}

/* A fragment header behind what PKT's fragments have in common. */
static void add_frag6(struct lvs_pkt *pkt, uint16_t l3,
		      const struct lvs_frag_how *how)
{
	uint16_t common = (uint16_t)(l3 + how->common);
	struct lvs_ipv6_frag *frag;
	struct lvs_ipv6 *ip6;

	memmove(pkt->data - FRAG6_LEN, pkt->data, common);
	pkt->data -= FRAG6_LEN;
	pkt->headroom -= FRAG6_LEN;
	pkt->len += FRAG6_LEN;
	ip6 = (struct lvs_ipv6 *)(pkt->data + l3);
	frag = (struct lvs_ipv6_frag *)(pkt->data + common);
	*frag = (struct lvs_ipv6_frag){
		.next = pkt->data[l3 + how->next],
		.id_be = how->id,
	};
	pkt->data[l3 + how->next] = IPPROTO_FRAGMENT;
	/* What is longer than this field can say is never sent so. */
	ip6->len_be = (uint16_t)lvs_swap16(
		(uint16_t)(lvs_swap16(ip6->len_be) + FRAG6_LEN));
}

static int init_ipv6(struct lvs_frag *frag, struct lvs_pkt *pkt, uint16_t l3,
		     const struct lvs_frag_how *how)
{
	const struct lvs_ipv6 *ip6 = (const struct lvs_ipv6 *)(pkt->data + l3);
	uint32_t len = LVS_IPV6_LEN + lvs_swap16(ip6->len_be);
	uint16_t head = (uint16_t)(how->common + FRAG6_LEN);

	if (how->mtu < head + 8u || pkt->headroom < FRAG6_LEN)
		return LVS_ERR_MSGSIZE;
	lvs_csum_complete(pkt);
	add_frag6(pkt, l3, how);
	frag->head = (uint16_t)(l3 + head);
	frag->end = l3 + len + FRAG6_LEN;
	frag->max = how->mtu - head;
	return 0;
}

static int init_ipv4(struct lvs_frag *frag, struct lvs_pkt *pkt, uint16_t l3,
		     const struct lvs_frag_how *how)
{
	const struct lvs_ipv4 *ip = (const struct lvs_ipv4 *)(pkt->data + l3);
	uint32_t head = (ip->version_ihl & 15) * 4u;

	if ((ip->frag_be & lvs_swap16(LVS_IPV4_DF)) || how->mtu < head + 8)
		return LVS_ERR_MSGSIZE;
	frag->head = (uint16_t)(l3 + head);
	frag->end = l3 + lvs_swap16(ip->len_be);
	frag->max = how->mtu - head;
	frag->flags = how->df ? LVS_IPV4_DF : 0;
	/* Last: where a careless sender's field lies, nobody knows. */
	lvs_csum_complete(pkt);
	return 0;
}

int lvs_frag_init(struct lvs_frag *frag, struct lvs_pkt *pkt, uint16_t l3,
		  const struct lvs_frag_how *how)
{
	int ret;

	memset(frag, 0, sizeof(*frag));
	if (pkt->data[l3] >> 4 == 6)
		ret = init_ipv6(frag, pkt, l3, how);
	else
		ret = init_ipv4(frag, pkt, l3, how);
	frag->pkt = pkt;
	frag->l3 = l3;
	frag->pos = frag->head;
	return ret;
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

/* The header of a fragment of LEN bytes, BEFORE bytes after the first. */
static void fix_ipv4(const struct lvs_frag *frag, unsigned char *l3,
		     uint32_t before, uint32_t len)
{
	struct lvs_ipv4 *ip = (struct lvs_ipv4 *)l3;
	uint32_t head = (uint32_t)(frag->head - frag->l3);
	/* What is cut may be a fragment: its offset and "more" stay true. */
	uint16_t field = (uint16_t)(lvs_swap16(ip->frag_be) + before / 8);

	if (!frag->done)
		field |= LVS_IPV4_MF;
	if (before)
		drop_options((unsigned char *)(ip + 1), head - LVS_IPV4_LEN);
	ip->frag_be = lvs_swap16(field | frag->flags);
	ip->len_be = lvs_swap16((uint16_t)(head + len));
	ip->csum = 0;
	ip->csum = lvs_csum_of(ip, head);
}

static void fix_ipv6(const struct lvs_frag *frag, unsigned char *l3,
		     uint32_t before, uint32_t len)
{
	struct lvs_ipv6 *ip6 = (struct lvs_ipv6 *)l3;
	uint32_t head = (uint32_t)(frag->head - frag->l3);
	struct lvs_ipv6_frag *ext =
		(struct lvs_ipv6_frag *)(l3 + head - FRAG6_LEN);

	ext->frag_be = lvs_swap16(
		(uint16_t)(before | (frag->done ? 0 : LVS_IPV6_MORE)));
	ip6->len_be = lvs_swap16((uint16_t)(head - LVS_IPV6_LEN + len));
}

bool lvs_frag_next(struct lvs_frag *frag, struct lvs_pkt *out)
{
	uint32_t len = frag->end - frag->pos;
	uint32_t before = frag->pos - frag->head;
	unsigned char *l3;

	if (frag->done)
		return false;
	frag->done = len <= frag->max;
	if (!frag->done)
		len = frag->max & ~7u;
	lvs_piece_copy(out, frag->pkt, frag->head, frag->pos, len);
	frag->pos += len;
	l3 = out->data + frag->l3;
	if (l3[0] >> 4 == 6)
		fix_ipv6(frag, l3, before, len);
	else
		fix_ipv4(frag, l3, before, len);
	return true;
}
