/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * join.h - fragments put together to what was cut (RFC 791 3.2, RFC 8200 4.5).
 *
 * Of one datagram: which fragments are of one, how long one waits for them and
 * how much memory they may take is the caller's to know.
 *
 * As Linux does, fragments that overlap are the end of the whole datagram
 * (RFC 5722, in IPv4 as well), but for one that brings nothing new.
 */
#ifndef LVS_PKT_JOIN_H
#define LVS_PKT_JOIN_H

#include "pkt/frag.h"

/* Fragments of one datagram at most: 64 KiB in pieces of 256 bytes. */
#define LVS_JOIN_MAX 256

struct lvs_join_piece;

struct lvs_join {
	struct lvs_join_piece *first, *last; /* by offset */
	uint32_t have;			     /* payload bytes */
	uint32_t end;	     /* of the last one; 0: it is not here */
	uint32_t longest;    /* fragment as an IP packet */
	uint32_t longest_df; /* of those with DF */
	uint16_t count;
	uint8_t ecn; /* values that came: 1 << ECN field */
};

enum lvs_join_result {
	LVS_JOIN_TAKEN, /* a copy; there is more to come */
	LVS_JOIN_WHOLE, /* it was the last that lacked */
	LVS_JOIN_TWICE, /* it brings nothing new */
	LVS_JOIN_OVERLAP,
	LVS_JOIN_BAD,  /* contradicts the others */
	LVS_JOIN_MANY, /* over LVS_JOIN_MAX */
	LVS_JOIN_NO_MEMORY,
};

/* Bytes of memory that INFO's fragment takes here. */
uint32_t lvs_join_bytes(const struct lvs_frag_info *info);

/*
 * Add PKT, of which INFO tells, to JOIN, which begins as zeros.  *BYTES grows
 * by what was allocated.  After OVERLAP and BAD the datagram cannot become
 * whole in a way that all would agree on.
 */
enum lvs_join_result
lvs_join_add(struct lvs_join *join, const struct lvs_allocator *mem,
	     const struct lvs_pkt *pkt, const struct lvs_parsed *p,
	     const struct lvs_frag_info *info, size_t *bytes);

/* Forget all pieces; *BYTES shrinks. */
void lvs_join_free(struct lvs_join *join, const struct lvs_allocator *mem,
		   size_t *bytes);

/*
 * The first fragment, an IP packet of *LEN bytes as it came; NULL: it is not
 * here.
 */
const unsigned char *lvs_join_first(const struct lvs_join *join, uint32_t *len);

/* Bytes of the whole IP packet: over LVS_PKT_MAX, there is none. */
uint32_t lvs_join_len(const struct lvs_join *join);

/*
 * The whole IP packet of JOIN into OUT, an empty packet without link layer
 * with room for lvs_join_len bytes, its headers those of the first fragment
 * but for what made it one.  HOW says how to cut it again as it was, but for
 * its id: to fragments not larger than the largest, and with DF if that had it.
 */
void lvs_join_make(const struct lvs_join *join, struct lvs_pkt *out,
		   struct lvs_frag_how *how);

#endif
