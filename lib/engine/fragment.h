/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fragment.h - the datagrams that an engine has seen a part of.
 *
 * Which fragments are of one datagram, whose it is, how long and in how much
 * memory all of that is kept.  What is to be done about a fragment is decided
 * in pieces.c, how fragments fit together in pkt/join.h.
 */
#ifndef LVS_ENGINE_FRAGMENT_H
#define LVS_ENGINE_FRAGMENT_H

#include "pkt/join.h"

/*
 * Bytes of all fragments of an engine, and how long one waits for the rest of
 * a datagram, all three as Linux has it.
 */
#define LVS_FRAGMENTS_BYTES (4u << 20)
#define LVS_FRAGMENTS_V4    (30 * LVS_SEC)
#define LVS_FRAGMENTS_V6    (60 * LVS_SEC)

#define LVS_FRAGMENTS_BUCKETS 1024

/* Known from a datagram's first fragment, which alone has ports. */
enum lvs_datagram_state {
	LVS_DATAGRAM_OPEN, /* it was not here yet */
	LVS_DATAGRAM_OURS, /* no fragment is the host's any more */
	LVS_DATAGRAM_HOST, /* all are the host's, nothing is kept */
};

/* How a packet came: what is made of it comes, or goes back, the same way. */
struct lvs_came {
	uint32_t link_in;
	uint32_t mark;
	uint16_t l2_len, vlan;
	uint16_t len; /* of the link header, up to the IP header */
	unsigned char header[LVS_LINK_MAX];
};

struct lvs_datagram {
	struct lvs_datagram *next;	    /* of its bucket */
	struct lvs_datagram *older, *newer; /* of its family */
	uint32_t bucket;
	union lvs_ip src, dst;
	uint32_t id;
	uint8_t family;
	uint8_t protocol; /* 0 in IPv6, where it is no part of the key */
	uint8_t state;	  /* enum lvs_datagram_state */
	uint8_t dead; /* enum lvs_reason: why it can't become whole; 0: it can
		       */
	bool request; /* OURS: to a virtual service, whom we answer for */
	lvs_tstamp until;     /* then it is forgotten */
	struct lvs_came came; /* OURS: the first fragment */
	struct lvs_join join;
	uint32_t seen; /* HOST: payload bytes that went by */
	uint32_t end;  /* HOST: bytes in all, 0: not known */
};

struct lvs_fragments {
	const struct lvs_allocator *mem; /* borrowed */
	uint64_t key[2];
	struct lvs_datagram *buckets[LVS_FRAGMENTS_BUCKETS];
	struct {
		struct lvs_datagram *oldest, *newest;
	} ages[2]; /* IPv4, IPv6: each waits equally long */
	uint32_t count;
	size_t bytes; /* of datagrams and their pieces */
};

void lvs_fragments_init(struct lvs_fragments *frags,
			const struct lvs_allocator *mem, const uint64_t key[2]);
void lvs_fragments_free(struct lvs_fragments *frags);

/* The datagram that P is a fragment of; NULL: no other was seen lately. */
struct lvs_datagram *lvs_fragments_find(struct lvs_fragments *frags,
					const struct lvs_parsed *p);

/* A new one for P, which came at NOW; NULL: no memory. */
struct lvs_datagram *lvs_fragments_add(struct lvs_fragments *frags,
				       const struct lvs_parsed *p,
				       lvs_tstamp now);

/* PKT, whose IP packet begins L3 bytes in, as it came. */
void lvs_came_note(struct lvs_came *came, const struct lvs_pkt *pkt,
		   uint16_t l3);

/* PKT, an IP packet without link header, is to have come so. */
void lvs_came_put(const struct lvs_came *came, struct lvs_pkt *pkt);

/* Forget D. */
void lvs_fragments_del(struct lvs_fragments *frags, struct lvs_datagram *d);

/* One that has waited long enough at NOW; NULL: none. */
struct lvs_datagram *lvs_fragments_over(const struct lvs_fragments *frags,
					lvs_tstamp now);

/* The one that waits longest; NULL: none. */
struct lvs_datagram *lvs_fragments_oldest(const struct lvs_fragments *frags);

#endif
