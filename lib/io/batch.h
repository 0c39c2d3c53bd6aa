/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * batch.h - packets that wait to be sent by one sendmmsg(2).
 *
 * The sending half of the backends that have a socket; they differ in what
 * goes in front of a packet.  What an interface cannot cut is cut here, many
 * segments a call; lvs_finish does it for who sends one by one.
 */
#ifndef LVS_IO_BATCH_H
#define LVS_IO_BATCH_H

#include <linux/virtio_net.h>
#include <lvs/port.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* Packets sent by one call: the segments of 64 KiB at an MTU of 1500. */
#define LVS_BATCH 64
/* Where packets are cut into segments, before they are sent. */
#define LVS_BATCH_CUT (2 * LVS_PKT_BUFSIZE)

struct lvs_batch {
	int fd;
	bool one_link; /* all leave by one interface: when it is down, none */
	unsigned count;
	size_t sent, errors; /* packets; a cut one is one */
	uint64_t bytes;	     /* sent, the headers of each segment included */
	struct mmsghdr msgs[LVS_BATCH];
	struct iovec iov[LVS_BATCH][2]; /* the second is the packet */
	union {
		struct virtio_net_hdr vnet;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} head[LVS_BATCH]; /* for the owner's use */
};

/* Without the arrays, which need no value before they are used. */
static inline void lvs_batch_init(struct lvs_batch *b, int fd, bool one_link)
{
	b->fd = fd;
	b->one_link = one_link;
	b->count = 0;
	b->sent = b->errors = 0;
	b->bytes = 0;
}

/* Appends PKT to B, in which there is room; its bytes are borrowed. */
typedef void (*lvs_batch_add_fn)(struct lvs_batch *b,
				 const struct lvs_pkt *pkt);

/*
 * Send what waits, and count it.  What the kernel has no room for is lost, as
 * on a wire: to wait here would hold up the others.
 */
void lvs_batch_flush(struct lvs_batch *b);

/*
 * Send what waits, then PKT as the segments it stands for, with nothing left
 * to be done to them; BYTES has LVS_BATCH_CUT.
 */
void lvs_batch_cut(struct lvs_batch *b, const struct lvs_pkt *pkt,
		   unsigned char *bytes, lvs_batch_add_fn add);

/* Send what waits, and enter into STATS what became of COUNT packets in all. */
void lvs_batch_end(struct lvs_batch *b, size_t count,
		   struct lvs_port_stats *stats);

#endif
