/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fragment.h - which connection the pieces of a packet belong to.
 *
 * Only a packet's first fragment has ports.  The others follow it: what it was
 * looked up by is remembered under addresses and identification.  Those that
 * come before it wait, a few, for a short time.  Nothing is put together: each
 * fragment is forwarded as what it is.
 */
#ifndef LVS_ENGINE_FRAGMENT_H
#define LVS_ENGINE_FRAGMENT_H

#include "engine/parcel.h"
#include "pkt/parse.h"

#define LVS_FRAGMENT_SETS 64
#define LVS_FRAGMENT_WAYS 4

/* A packet of which a fragment was seen. */
struct lvs_datagram {
	struct lvs_flow flow; /* once `known`: what to look up */
	uint32_t id;
	uint8_t protocol; /* as the fragments have it */
	bool known;	  /* the first fragment was here */
	lvs_tstamp until; /* then it is forgotten; 0: no packet */
	struct lvs_parcels waiting;
};

struct lvs_fragments {
	struct lvs_datagram sets[LVS_FRAGMENT_SETS][LVS_FRAGMENT_WAYS];
	uint32_t waiting; /* in all of them */
	uint64_t key[2];
};

void lvs_fragments_init(struct lvs_fragments *frags, const uint64_t key[2]);
void lvs_fragments_free(struct lvs_fragments *frags,
			const struct lvs_allocator *mem);

/* The packet that P is a piece of; NULL: no other piece was seen lately. */
struct lvs_datagram *lvs_fragments_find(struct lvs_fragments *frags,
					const struct lvs_parsed *p,
					lvs_tstamp now);

/*
 * A new one for P, in place of the one in its set that has the least time
 * left; that one's waiting fragments are handed to *LEFT.
 */
struct lvs_datagram *lvs_fragments_add(struct lvs_fragments *frags,
				       const struct lvs_parsed *p,
				       lvs_tstamp until,
				       struct lvs_parcels *left);

/* What waits for nothing any more at NOW goes into LEFT. */
void lvs_fragments_expire(struct lvs_fragments *frags, lvs_tstamp now,
			  struct lvs_parcels *left);

#endif
