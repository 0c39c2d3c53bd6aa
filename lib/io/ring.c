/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ring.c - small packets of a packet socket, in memory shared with the kernel.
 */
#include "io/ring.h"
#include <errno.h>
#include <linux/if_packet.h>
#include <lvs/engine.h>
#include <sys/mman.h>
#include <sys/socket.h>

/*
 * A frame holds what an Ethernet of MTU 1500 carries.  It is not a power of two
 * long, or the beginnings of all frames, which small packets fill, would share
 * a few sets of every cache.  Frames do not cross from block to block; blocks
 * of 64 KiB the kernel finds also on a host that has been up for long.
 *
 * 1,984 frames outlast a millisecond or two at the rate at which packets can be
 * taken; with more of them each packet finds its frame farther from the
 * processor.
 */
#define FRAME_BYTES 2112u
#define BLOCK_BYTES (64u << 10)
#define IN_BLOCK    (BLOCK_BYTES / FRAME_BYTES)
#define NUM_BLOCKS  64u
#define NUM_FRAMES  (NUM_BLOCKS * IN_BLOCK)
#define RING_BYTES  ((size_t)NUM_BLOCKS * BLOCK_BYTES)

static void *frame_at(const struct lvs_ring *ring, uint32_t number)
{
	return ring->frames + (size_t)(number / IN_BLOCK) * BLOCK_BYTES +
	       (size_t)(number % IN_BLOCK) * FRAME_BYTES;
}

static struct tpacket2_hdr *header(const struct lvs_ring *ring)
{
	return frame_at(ring, ring->next);
}

int lvs_ring_open(struct lvs_ring *ring, int fd)
{
	const struct tpacket_req req = {
		.tp_block_size = BLOCK_BYTES,
		.tp_block_nr = NUM_BLOCKS,
		.tp_frame_size = FRAME_BYTES,
		.tp_frame_nr = NUM_FRAMES,
	};
	const int version = TPACKET_V2, on = 1;
	void *at;

	if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version,
		       sizeof(version)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_COPY_THRESH, &on, sizeof(on)) <
		    0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)) < 0)
		return -errno;
	at = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	ring->frames = at;
	return 0;
}

void lvs_ring_close(struct lvs_ring *ring)
{
	if (ring->frames)
		munmap(ring->frames, RING_BYTES);
	ring->frames = NULL;
}

enum lvs_ring_is lvs_ring_look(const struct lvs_ring *ring,
			       struct lvs_ring_frame *frame)
{
	const struct tpacket2_hdr *hdr = header(ring);
	/* Nothing of the frame is read before this says that it is ours. */
	uint32_t status = __atomic_load_n(&hdr->tp_status, __ATOMIC_ACQUIRE);

	if (!(status & TP_STATUS_USER))
		return LVS_RING_EMPTY;
	if (status & TP_STATUS_COPY)
		return LVS_RING_QUEUED;
	if (hdr->tp_snaplen < hdr->tp_len)
		return LVS_RING_CUT;
	frame->data = (const unsigned char *)hdr + hdr->tp_mac;
	frame->vnet =
		(const void *)(frame->data - sizeof(struct virtio_net_hdr));
	frame->len = hdr->tp_snaplen;
	return LVS_RING_PACKET;
}

/*
 * Ask for where the kernel will write after what it has written by now, which
 * is rarely more than a burst: headers and the beginning of a packet.
 */
static void fetch(const struct lvs_ring *ring)
{
	const unsigned char *at =
		frame_at(ring, (ring->next + LVS_BURST) % NUM_FRAMES);

	for (unsigned i = 0; i < 3; i++)
		__builtin_prefetch(at + 64 * i, 1);
}

void lvs_ring_give(struct lvs_ring *ring)
{
	__atomic_store_n(&header(ring)->tp_status, TP_STATUS_KERNEL,
			 __ATOMIC_RELEASE);
	ring->next = (ring->next + 1) % NUM_FRAMES;
	fetch(ring);
}
