/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * finish.h - from a packet to the frames that an interface can take.
 */
#ifndef LVS_IO_FINISH_H
#define LVS_IO_FINISH_H

#include <lvs/pkt.h>

/* Where packets are cut into segments. */
#define LVS_FINISH_BYTES LVS_PKT_BUFSIZE

struct lvs_finish {
	bool can_csum, can_gso; /* of the interface */
	unsigned char *bytes;	/* LVS_FINISH_BYTES; borrowed */
	/* Sends one frame; false: it could not.  FRAME is the caller's. */
	bool (*emit)(void *ctx, const struct lvs_pkt *frame);
	void *ctx;
};

/*
 * Emit PKT, completed or cut if it has to be.  false: it, or a segment of it,
 * could not be emitted; the segments after that are not tried.
 */
bool lvs_finish(const struct lvs_finish *how, struct lvs_pkt *pkt);

#endif
