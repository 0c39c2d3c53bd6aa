/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.c - an interface that is two queues.
 *
 * For tests, simulation and programs that get their packets elsewhere: what
 * lvs_memory_put puts in, rx lends; what tx is given, lvs_memory_take takes
 * out.  Each frame has memory of exactly its size, so that a checker of
 * memory sees a step beside it.
 */
#include "io/finish.h"
#include "io/io.h"
#include <stdlib.h>
#include <string.h>

struct frame {
	struct frame *next;
	struct lvs_pkt pkt;
	unsigned char buf[]; /* headroom, and the frame */
};

struct queue {
	struct frame *first;
	struct frame **last;
	uint32_t count;
};

struct memory {
	struct lvs_port port;
	uint32_t link;
	uint32_t limit; /* of each queue, and of frames on loan */
	uint32_t lent;
	bool can_csum, can_gso;
	struct queue in, out;
	struct lvs_port_stats stats;
	unsigned char finish[LVS_FINISH_BYTES];
};

static struct memory *memory(struct lvs_port *port)
{
	return (struct memory *)port;
}

static void push(struct queue *queue, struct frame *frame)
{
	frame->next = NULL;
	*queue->last = frame;
	queue->last = &frame->next;
	queue->count++;
}

static struct frame *pop(struct queue *queue)
{
	struct frame *frame = queue->first;

	if (!frame)
		return NULL;
	queue->first = frame->next;
	if (!queue->first)
		queue->last = &queue->first;
	queue->count--;
	return frame;
}

/* A frame with room for LEN bytes, or NULL. */
static struct frame *frame_new(uint32_t len)
{
	struct frame *frame;

	frame = malloc(sizeof(*frame) + LVS_PKT_HEADROOM + len);
	if (!frame)
		return NULL;
	lvs_pkt_init(&frame->pkt, frame->buf, LVS_PKT_HEADROOM + len,
		     LVS_PKT_HEADROOM, len, 14);
	frame->pkt.owner = frame;
	return frame;
}

static int memory_open(const struct lvs_port_opts *opts, struct lvs_port **port)
{
	struct memory *mem = calloc(1, sizeof(*mem));

	if (!mem)
		return LVS_ERR_NOMEM;
	mem->port.backend = &lvs_backend_memory;
	mem->link = opts->link;
	mem->limit = opts->buffers;
	mem->can_csum = opts->can_csum;
	mem->can_gso = opts->can_gso;
	mem->in.last = &mem->in.first;
	mem->out.last = &mem->out.first;
	*port = &mem->port;
	return 0;
}

static void memory_close(struct lvs_port *port)
{
	struct memory *mem = memory(port);
	struct frame *frame;

	while ((frame = pop(&mem->in)) || (frame = pop(&mem->out)))
		free(frame);
	free(mem);
}

static int memory_fd(struct lvs_port *port)
{
	(void)port;
	return -1;
}

static uint32_t memory_link(struct lvs_port *port)
{
	return memory(port)->link;
}

static int memory_rx(struct lvs_port *port, struct lvs_pkt *pkts[], size_t max)
{
	struct memory *mem = memory(port);
	struct frame *frame;
	int lent = 0;

	while ((size_t)lent < max && mem->lent < mem->limit &&
	       (frame = pop(&mem->in))) {
		mem->lent++;
		mem->stats.rx_packets++;
		mem->stats.rx_bytes += frame->pkt.len;
		pkts[lent++] = &frame->pkt;
	}
	return lent;
}

static bool memory_pending(struct lvs_port *port)
{
	return memory(port)->in.count > 0;
}

static void memory_release(struct lvs_port *port, struct lvs_pkt *const pkts[],
			   size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(pkts[i]->owner);
	memory(port)->lent -= (uint32_t)count;
}

static bool send_copy(void *ctx, const struct lvs_pkt *pkt)
{
	struct memory *mem = ctx;
	struct frame *frame;

	if (mem->out.count >= mem->limit)
		return false;
	frame = frame_new(pkt->len);
	if (!frame)
		return false;
	memcpy(frame->pkt.data, pkt->data, pkt->len);
	frame->pkt.off = pkt->off;
	push(&mem->out, frame);
	return true;
}

static size_t memory_tx(struct lvs_port *port, struct lvs_pkt *const pkts[],
			size_t count)
{
	struct memory *mem = memory(port);
	struct lvs_finish how = {
		.can_csum = mem->can_csum,
		.can_gso = mem->can_gso,
		.bytes = mem->finish,
		.emit = send_copy,
		.ctx = mem,
	};
	size_t sent = 0;

	for (size_t i = 0; i < count; i++) {
		if (!lvs_finish(&how, pkts[i]))
			continue;
		sent++;
		mem->stats.tx_bytes += pkts[i]->len;
	}
	mem->stats.tx_packets += sent;
	mem->stats.tx_dropped += count - sent;
	return sent;
}

static void memory_stats(struct lvs_port *port, struct lvs_port_stats *stats)
{
	*stats = memory(port)->stats;
}

const struct lvs_backend lvs_backend_memory = {
	.name = "memory",
	.summary = "two queues, for tests, simulation and embedding",
	.open = memory_open,
	.close = memory_close,
	.fd = memory_fd,
	.link = memory_link,
	.rx = memory_rx,
	.tx = memory_tx,
	.release = memory_release,
	.stats = memory_stats,
	.pending = memory_pending,
};

int lvs_memory_put(struct lvs_port *port, const void *bytes, size_t len,
		   const struct lvs_offload *off)
{
	struct memory *mem = memory(port);
	struct frame *frame;

	if (port->backend != &lvs_backend_memory ||
	    len > LVS_PKT_BUFSIZE - LVS_PKT_HEADROOM)
		return LVS_ERR_INVAL;
	if (mem->in.count >= mem->limit)
		return LVS_ERR_NOSPC;
	frame = frame_new((uint32_t)len);
	if (!frame)
		return LVS_ERR_NOMEM;
	memcpy(frame->pkt.data, bytes, len);
	if (off)
		frame->pkt.off = *off;
	frame->pkt.link_in = mem->link;
	frame->pkt.to_host = len < 1 || !(frame->pkt.data[0] & 1);
	push(&mem->in, frame);
	return 0;
}

int lvs_memory_take(struct lvs_port *port, void *buf, size_t size,
		    struct lvs_offload *off)
{
	struct memory *mem = memory(port);
	struct frame *frame;
	uint32_t len;

	if (port->backend != &lvs_backend_memory)
		return LVS_ERR_INVAL;
	if (!mem->out.first)
		return 0;
	len = mem->out.first->pkt.len;
	if (len > size)
		return LVS_ERR_MSGSIZE;
	frame = pop(&mem->out);
	memcpy(buf, frame->pkt.data, len);
	if (off)
		*off = frame->pkt.off;
	free(frame);
	return (int)len;
}
