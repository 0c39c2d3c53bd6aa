/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bufs.c - the packets that a port lends.
 */
#include "io/bufs.h"
#include <lvs/base.h>
#include <stdlib.h>

int lvs_bufs_init(struct lvs_bufs *bufs, uint32_t count)
{
	bufs->pkts = calloc(count, sizeof(*bufs->pkts));
	bufs->free = calloc(count, sizeof(struct lvs_pkt *));
	/* Untouched pages cost nothing, so most of a buffer is free. */
	bufs->bytes = calloc(count, LVS_PKT_BUFSIZE);
	if (!bufs->pkts || !bufs->free || !bufs->bytes)
		return LVS_ERR_NOMEM;
	bufs->count = count;
	for (uint32_t i = 0; i < count; i++) {
		bufs->pkts[i].owner = bufs->bytes + (size_t)i * LVS_PKT_BUFSIZE;
		lvs_bufs_give(bufs, &bufs->pkts[i]);
	}
	return 0;
}

void lvs_bufs_fini(struct lvs_bufs *bufs)
{
	free(bufs->bytes);
	free(bufs->free);
	free(bufs->pkts);
}

void lvs_bufs_fill(struct lvs_pkt *pkt, uint32_t len, uint16_t l2_len,
		   uint32_t link)
{
	void *buffer = pkt->owner;

	lvs_pkt_init(pkt, buffer, LVS_PKT_BUFSIZE, LVS_PKT_HEADROOM, len,
		     l2_len);
	pkt->owner = buffer;
	pkt->link_in = link;
	/* The first bit of an Ethernet address says that it is a group's. */
	pkt->to_host = l2_len == 0 || !(pkt->data[0] & 1);
}

void lvs_bufs_bare(struct lvs_pkt *pkt, uint16_t l3)
{
	pkt->data += l3;
	pkt->len -= l3;
	pkt->headroom += l3;
	pkt->l2_len = 0;
	pkt->link_in = LVS_LINK_NONE;
	if (pkt->off.flags & LVS_OFF_CSUM)
		pkt->off.csum_start = (uint16_t)(pkt->off.csum_start - l3);
}
