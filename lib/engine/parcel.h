/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parcel.h - packets of the engine's own: held for a next hop, or made here.
 *
 * A parcel is one piece of memory: what is known of the packet, and its bytes.
 * Nothing here decides when it may go.
 */
#ifndef LVS_ENGINE_PARCEL_H
#define LVS_ENGINE_PARCEL_H

#include "pkt/frag.h"
#include <lvs/addr.h>
#include <lvs/pkt.h>

struct lvs_parcel {
	struct lvs_pkt pkt;
	struct lvs_parcel *next;
	struct lvs_addr to;  /* whom its hop was chosen for */
	lvs_tstamp until;    /* then it is given up */
	uint32_t generation; /* of the net that `hop` is of */
	uint16_t hop;
	bool failed;  /* so was the hop already: no news */
	bool follows; /* a part of the packet whose first part is held */
	struct lvs_frag_how how; /* put together: as it came in fragments */
	uint32_t room;		 /* bytes of buf */
	unsigned char buf[];
};

/* A queue, first in, first out. */
struct lvs_parcels {
	struct lvs_parcel *first;
	struct lvs_parcel **last; /* where the next one is hung */
	uint32_t count;
};

void lvs_parcels_init(struct lvs_parcels *queue);
void lvs_parcels_put(struct lvs_parcels *queue, struct lvs_parcel *parcel);
/* NULL: it is empty. */
struct lvs_parcel *lvs_parcels_take(struct lvs_parcels *queue);
void lvs_parcels_free(struct lvs_parcels *queue,
		      const struct lvs_allocator *mem);

/*
 * An empty packet without link header, with LVS_PKT_HEADROOM bytes before it
 * and ROOM for it; NULL: no memory.
 */
struct lvs_parcel *lvs_parcel_new(const struct lvs_allocator *mem,
				  uint32_t room);
void lvs_parcel_free(struct lvs_parcel *parcel,
		     const struct lvs_allocator *mem);

/* The IP packet L3 bytes into PKT, copied with its offload state. */
struct lvs_parcel *lvs_parcel_copy(const struct lvs_allocator *mem,
				   const struct lvs_pkt *pkt, uint16_t l3);

#endif
