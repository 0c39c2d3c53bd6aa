/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * join.c - fragments put together to what was cut.
 *
 * Pieces are copies in a list by offset.  Nearly always one comes behind all
 * others; else the list is walked, which is short.
 */
#include "config.h"

#include "base/mem.h"
#include "pkt/csum.h"
#include "pkt/join.h"
#include "pkt/wire.h"

#define ECN_MASK    3
#define ECN_CE	    3
#define ECN_NOT_ECT 0

struct lvs_join_piece {
	struct lvs_join_piece *next;
	uint32_t at, len; /* of the payload */
	uint32_t head;	  /* bytes of headers before it: of the first only */
	unsigned char buf[];
};

static uint32_t head_kept(const struct lvs_frag_info *info)
{
	return info->at ? 0 : info->head;
}

uint32_t lvs_join_bytes(const struct lvs_frag_info *info)
{
	return (uint32_t)sizeof(struct lvs_join_piece) + head_kept(info) +
	       info->len;
}

static uint32_t end_of(const struct lvs_join_piece *piece)
{
	return piece->at + piece->len;
}

static struct lvs_join_piece *copy(const struct lvs_allocator *mem,
				   const struct lvs_pkt *pkt,
				   const struct lvs_parsed *p,
				   const struct lvs_frag_info *info)
{
	struct lvs_join_piece *piece = lvs_mem_alloc(mem, lvs_join_bytes(info));

	if (!piece)
		return NULL;
	piece->at = info->at;
	piece->len = info->len;
	piece->head = head_kept(info);
	memcpy(piece->buf, pkt->data + p->l3 + info->head - piece->head,
	       piece->head + info->len);
	return piece;
}

/*
 * The piece that INFO's is to follow in *AFTER; NULL: it is the first.  TAKEN,
 * or what else there is to say.
 */
static enum lvs_join_result place(const struct lvs_join *join,
				  const struct lvs_frag_info *info,
				  struct lvs_join_piece **after)
{
	uint32_t end = info->at + info->len;
	struct lvs_join_piece *next = join->first;

	*after = join->last;
	if (!join->last || info->at >= end_of(join->last))
		return LVS_JOIN_TAKEN;
	*after = NULL;
	while (end_of(next) <= info->at) {
		*after = next;
		next = next->next;
	}
	if (end <= next->at)
		return LVS_JOIN_TAKEN;
	return info->at >= next->at && end <= end_of(next) ? LVS_JOIN_TWICE
							   : LVS_JOIN_OVERLAP;
}

/* Whether INFO and the others agree on where the datagram ends. */
static bool ends_agree(const struct lvs_join *join,
		       const struct lvs_frag_info *info)
{
	uint32_t end = info->at + info->len;

	if (info->len == 0)
		return false;
	if (info->more)
		return !join->end || end < join->end;
	return (!join->end || end == join->end) &&
	       (!join->last || end >= end_of(join->last));
}

static void insert(struct lvs_join *join, struct lvs_join_piece *piece,
		   struct lvs_join_piece *after)
{
	struct lvs_join_piece **link = after ? &after->next : &join->first;

	piece->next = *link;
	*link = piece;
	if (!piece->next)
		join->last = piece;
	join->have += piece->len;
	join->count++;
}

/* What all fragments together say. */
static void note(struct lvs_join *join, const struct lvs_parsed *p,
		 const struct lvs_frag_info *info)
{
	if (!info->more)
		join->end = info->at + info->len;
	if (p->l3_len > join->longest)
		join->longest = p->l3_len;
	if (info->df && p->l3_len > join->longest_df)
		join->longest_df = p->l3_len;
	join->ecn |= (uint8_t)(1u << (p->tos & ECN_MASK));
}

/* RFC 3168 5.3: who can ECN and who cannot don't mix. */
static bool ecn_agrees(const struct lvs_join *join, const struct lvs_parsed *p)
{
	unsigned all = join->ecn | 1u << (p->tos & ECN_MASK);

	return all == 1u << ECN_NOT_ECT || !(all & 1u << ECN_NOT_ECT);
}

enum lvs_join_result
lvs_join_add(struct lvs_join *join, const struct lvs_allocator *mem,
	     const struct lvs_pkt *pkt, const struct lvs_parsed *p,
	     const struct lvs_frag_info *info, size_t *bytes)
{
	struct lvs_join_piece *piece, *after;
	enum lvs_join_result result = place(join, info, &after);

	if (result != LVS_JOIN_TAKEN)
		return result;
	if (!ends_agree(join, info) || !ecn_agrees(join, p))
		return LVS_JOIN_BAD;
	if (join->count >= LVS_JOIN_MAX)
		return LVS_JOIN_MANY;
	piece = copy(mem, pkt, p, info);
	if (!piece)
		return LVS_JOIN_NO_MEMORY;
	*bytes += lvs_join_bytes(info);
	insert(join, piece, after);
	note(join, p, info);
	return join->have == join->end ? LVS_JOIN_WHOLE : LVS_JOIN_TAKEN;
}

void lvs_join_free(struct lvs_join *join, const struct lvs_allocator *mem,
		   size_t *bytes)
{
	struct lvs_join_piece *piece;

	while ((piece = join->first)) {
		size_t size = sizeof(*piece) + piece->head + piece->len;

		join->first = piece->next;
		*bytes -= size;
		lvs_mem_free(mem, piece, size);
	}
	*join = (struct lvs_join){ 0 };
}

const unsigned char *lvs_join_first(const struct lvs_join *join, uint32_t *len)
{
	if (!join->first || join->first->at)
		return NULL;
	*len = join->first->head + join->first->len;
	return join->first->buf;
}

static bool is_ipv6(const struct lvs_join *join)
{
	return join->first->buf[0] >> 4 == 6;
}

/* Header bytes that the whole packet has. */
static uint32_t head_of(const struct lvs_join *join)
{
	return join->first->head -
	       (is_ipv6(join) ? (uint32_t)sizeof(struct lvs_ipv6_frag) : 0);
}

uint32_t lvs_join_len(const struct lvs_join *join)
{
	return head_of(join) + join->end;
}

/* Congestion that any fragment has met is the datagram's. */
static uint8_t tos_of(const struct lvs_join *join, uint8_t tos)
{
	return join->ecn & 1u << ECN_CE ? tos | ECN_CE : tos;
}

static void make_ipv4(const struct lvs_join *join, unsigned char *l3,
		      struct lvs_frag_how *how)
{
	struct lvs_ipv4 *ip = (struct lvs_ipv4 *)l3;

	ip->tos = tos_of(join, ip->tos);
	ip->len_be = lvs_swap16((uint16_t)lvs_join_len(join));
	ip->frag_be = 0;
	ip->csum = 0;
	ip->csum = lvs_csum_of(ip, head_of(join));
	how->df = join->longest_df == join->longest;
}

/* The header at L3 lacks its last part, the fragment header: that is at EXT. */
static void make_ipv6(const struct lvs_join *join, unsigned char *l3,
		      const unsigned char *ext, struct lvs_frag_how *how)
{
	struct lvs_ipv6 *ip6 = (struct lvs_ipv6 *)l3;
	uint32_t vtf = lvs_swap32(ip6->vtf_be);

	how->common = lvs_frag6_find(l3, &how->next);
	l3[how->next] = ext[offsetof(struct lvs_ipv6_frag, next)];
	vtf |= (uint32_t)tos_of(join, 0) << 20;
	ip6->vtf_be = lvs_swap32(vtf);
	ip6->len_be = lvs_swap16((uint16_t)(lvs_join_len(join) - LVS_IPV6_LEN));
}

void lvs_join_make(const struct lvs_join *join, struct lvs_pkt *out,
		   struct lvs_frag_how *how)
{
	uint32_t len = lvs_join_len(join), head = head_of(join);
	const unsigned char *first = join->first->buf;
	unsigned char *at = out->data + head;

	memcpy(out->data, first, head);
	for (const struct lvs_join_piece *q = join->first; q; q = q->next) {
		memcpy(at, q->buf + q->head, q->len);
		at += q->len;
	}
	out->len = len;
	out->tailroom -= len;
	*how = (struct lvs_frag_how){ .mtu = join->longest };
	if (is_ipv6(join))
		make_ipv6(join, out->data, first + head, how);
	else
		make_ipv4(join, out->data, how);
}
