/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bufs.h - the packets that a port lends, each with a buffer for the longest.
 *
 * All are made when the port is opened; lending one takes nothing from the
 * system.  The one given back last is lent first: it is still in the cache.
 */
#ifndef LVS_IO_BUFS_H
#define LVS_IO_BUFS_H

#include <lvs/pkt.h>

struct lvs_bufs {
	uint32_t count, left;
	struct lvs_pkt *pkts;  /* of each, owner is its buffer */
	struct lvs_pkt **free; /* a stack of LEFT */
	unsigned char *bytes;
};

/* Bytes that a received frame may have. */
#define LVS_BUFS_ROOM (LVS_PKT_BUFSIZE - LVS_PKT_HEADROOM)

/* LVS_ERR_NOMEM; BUFS can then be passed to lvs_bufs_fini, as when zeroed. */
int lvs_bufs_init(struct lvs_bufs *bufs, uint32_t count);
void lvs_bufs_fini(struct lvs_bufs *bufs);

/* The INDEX-th of those that would be lent next; INDEX < left. */
static inline struct lvs_pkt *lvs_bufs_peek(const struct lvs_bufs *bufs,
					    uint32_t index)
{
	return bufs->free[bufs->left - 1 - index];
}

/* Where the frame goes that PKT is going to be. */
static inline unsigned char *lvs_bufs_data(const struct lvs_pkt *pkt)
{
	return (unsigned char *)pkt->owner + LVS_PKT_HEADROOM;
}

/* Take the first COUNT off; lvs_bufs_peek has said which they are. */
static inline void lvs_bufs_take(struct lvs_bufs *bufs, uint32_t count)
{
	bufs->left -= count;
}

static inline void lvs_bufs_give(struct lvs_bufs *bufs, struct lvs_pkt *pkt)
{
	bufs->free[bufs->left++] = pkt;
}

/* PKT is now the frame of LEN bytes that has been put at lvs_bufs_data. */
void lvs_bufs_fill(struct lvs_pkt *pkt, uint32_t len, uint16_t l2_len,
		   uint32_t link);

/* Take the link header, and all else before L3 bytes, off PKT. */
void lvs_bufs_bare(struct lvs_pkt *pkt, uint16_t l3);

#endif
