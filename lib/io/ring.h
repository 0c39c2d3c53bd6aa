/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ring.h - small packets of a packet socket, in memory shared with the kernel.
 *
 * packet(7), TPACKET_V2: the kernel writes each packet into the next frame of
 * a ring, virtio header first, and nobody calls anybody.  A packet that is
 * longer than a frame waits in the socket's queue instead; its frame only
 * keeps its place in the order.
 *
 *	     | next
 *	+----v---+--------+--------+--------+--
 *	| packet | queued | packet | kernel |
 *	+--------+--------+--------+--------+--
 */
#ifndef LVS_IO_RING_H
#define LVS_IO_RING_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lvs_ring {
	unsigned char *frames; /* NULL: none */
	uint32_t next;
};

enum lvs_ring_is {
	LVS_RING_EMPTY,
	LVS_RING_PACKET,
	LVS_RING_QUEUED, /* the packet is the first in the socket's queue */
	LVS_RING_CUT,	 /* too long, and there was no room in the queue */
};

/* A packet where the kernel has put it; void when the frame goes back. */
struct lvs_ring_frame {
	const struct virtio_net_hdr *vnet;
	const unsigned char *data;
	uint32_t len;
};

/*
 * Give the packet socket FD a ring.  Before bind(2), and after
 * PACKET_VNET_HDR.  Negative errno; *RING can then be closed, as when zeroed.
 */
int lvs_ring_open(struct lvs_ring *ring, int fd);
void lvs_ring_close(struct lvs_ring *ring);

/* What the next frame is; *FRAME is written for LVS_RING_PACKET. */
enum lvs_ring_is lvs_ring_look(const struct lvs_ring *ring,
			       struct lvs_ring_frame *frame);

/* The kernel may have the next frame again. */
void lvs_ring_give(struct lvs_ring *ring);

#endif
