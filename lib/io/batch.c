/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * batch.c - packets that wait to be sent by one sendmmsg(2).
 */
#include "config.h"

#include "io/batch.h"
#include "pkt/offload.h"

/*
 * What the packet that errno is about means to those behind it: true, they
 * cannot go either.
 */
static bool stops(struct lvs_batch *b, unsigned *at)
{
	switch (errno) {
	case EINTR:
		return false;
	case EAGAIN:
		return true;
	case ENETDOWN:
	case ENXIO:
		if (b->one_link)
			return true;
		break;
	case ENOBUFS:
		break;
	default:
		b->errors++;
	}
	++*at;
	return false;
}

void lvs_batch_flush(struct lvs_batch *b)
{
	unsigned at = 0;

	while (at < b->count) {
		int n = sendmmsg(b->fd, b->msgs + at, b->count - at,
				 MSG_DONTWAIT);

		if (n <= 0 && stops(b, &at))
			break;
		for (; n > 0; n--) {
			b->bytes += b->iov[at++][1].iov_len;
			b->sent++;
		}
	}
	b->count = 0;
}

/* How many segments went out. */
static size_t cut(struct lvs_batch *b, struct lvs_seg *seg,
		  unsigned char *bytes, lvs_batch_add_fn add)
{
	const uint32_t longest = lvs_seg_bytes(seg);
	const size_t before = b->sent;
	uint32_t at;

	do {
		for (at = 0; at + longest <= LVS_BATCH_CUT; at += longest) {
			struct lvs_pkt out = { .data = bytes + at,
					       .tailroom = longest };

			if (b->count == LVS_BATCH || !lvs_seg_next(seg, &out))
				break;
			add(b, &out);
		}
		lvs_batch_flush(b);
	} while (at > 0);
	return b->sent - before;
}

void lvs_batch_cut(struct lvs_batch *b, const struct lvs_pkt *pkt,
		   unsigned char *bytes, lvs_batch_add_fn add)
{
	struct lvs_seg seg;
	size_t sent, errors, segments;

	lvs_batch_flush(b);
	sent = b->sent;
	errors = b->errors;
	if (lvs_seg_init(&seg, pkt) < 0) {
		b->errors++;
		return;
	}
	segments = cut(b, &seg, bytes, add);
	/* One packet, which was sent, refused or lost. */
	b->sent = sent + (segments == seg.count);
	b->errors = errors + (b->errors > errors);
}

void lvs_batch_end(struct lvs_batch *b, size_t count,
		   struct lvs_port_stats *stats)
{
	lvs_batch_flush(b);
	stats->tx_packets += b->sent;
	stats->tx_bytes += b->bytes;
	stats->tx_errors += b->errors;
	stats->tx_dropped += count - b->sent - b->errors;
}
