/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * af_packet.c - an interface through a packet socket, both ways.
 *
 * What is sent goes out past the host's routing.  Offloads are kept: a packet
 * of 64 KiB leaves as it came, and the interface, or the kernel right before
 * it, cuts it and sums it.
 */
#include "config.h"

#include "io/io.h"
#include "io/psock.h"
#include "pkt/mark.h"
#include "pkt/offload.h"
#include "pkt/wire.h"
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* Where packets are cut into segments, before they are sent. */
#define CUT_BYTES (2 * LVS_PKT_BUFSIZE)

struct af_packet {
	struct lvs_port port;
	struct lvs_psock ps;
	struct lvs_port_stats sent; /* its tx_ members */
	unsigned char *cut;	    /* CUT_BYTES */
	bool tunnels;		    /* a program sees to outer headers */
};

static struct af_packet *af_packet(struct lvs_port *port)
{
	return (struct af_packet *)port;
}

static void af_packet_close(struct lvs_port *port)
{
	struct af_packet *ap = af_packet(port);

	lvs_psock_close(&ap->ps);
	free(ap->cut);
	free(ap);
}

/* Its packets are known to the program by their mark. */
static int set_mark(struct af_packet *ap)
{
	const uint32_t mark = LVS_TUNNEL_MARK;

	if (setsockopt(ap->ps.fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) < 0)
		return -errno;
	ap->tunnels = true;
	return 0;
}

static int af_packet_open(const struct lvs_port_opts *opts,
			  struct lvs_port **port)
{
	struct af_packet *ap = calloc(1, sizeof(*ap));
	int error;

	if (!ap)
		return LVS_ERR_NOMEM;
	ap->port.backend = &lvs_backend_af_packet;
	error = lvs_psock_open(&ap->ps, opts, false);
	if (!error)
		lvs_psock_hear_groups(&ap->ps);
	if (!error && opts->tunnels)
		error = set_mark(ap);
	ap->cut = malloc(CUT_BYTES);
	if (!error && !ap->cut)
		error = LVS_ERR_NOMEM;
	if (error) {
		af_packet_close(&ap->port);
		return error;
	}
	*port = &ap->port;
	return 0;
}

static int af_packet_fd(struct lvs_port *port)
{
	return af_packet(port)->ps.fd;
}

static uint32_t af_packet_link(struct lvs_port *port)
{
	return af_packet(port)->ps.ifindex;
}

static int af_packet_rx(struct lvs_port *port, struct lvs_pkt *pkts[],
			size_t max)
{
	return lvs_psock_rx(&af_packet(port)->ps, pkts, max);
}

static void af_packet_release(struct lvs_port *port,
			      struct lvs_pkt *const pkts[], size_t count)
{
	lvs_psock_release(&af_packet(port)->ps, pkts, count);
}

/* Frames that wait for one sendmmsg(2). */
struct batch {
	struct af_packet *ap;
	unsigned count;
	struct mmsghdr msgs[LVS_BURST];
	struct iovec iov[LVS_BURST][2];
	struct virtio_net_hdr vnet[LVS_BURST];
};

/*
 * Send what waits; returns how many frames the interface took.  What it has
 * no room for is lost, as on a wire: to wait here would hold up the others.
 */
static unsigned flush(struct batch *batch)
{
	unsigned at = 0, sent = 0;

	while (at < batch->count) {
		int n = sendmmsg(batch->ap->ps.fd, batch->msgs + at,
				 batch->count - at, MSG_DONTWAIT);

		if (n > 0) {
			at += (unsigned)n;
			sent += (unsigned)n;
		} else if (errno == EAGAIN || errno == ENETDOWN ||
			   errno == ENXIO) {
			break;
		} else if (errno != EINTR) {
			at++;
		}
	}
	batch->count = 0;
	return sent;
}

static void add(struct batch *batch, const struct lvs_pkt *pkt)
{
	unsigned i = batch->count++;

	lvs_offload_to_vnet(&batch->vnet[i], pkt);
	batch->iov[i][0] = (struct iovec){ &batch->vnet[i], LVS_VNET_LEN };
	batch->iov[i][1] = (struct iovec){ pkt->data, pkt->len };
	batch->msgs[i] = (struct mmsghdr){
		.msg_hdr.msg_iov = batch->iov[i],
		.msg_hdr.msg_iovlen = 2,
	};
}

/*
 * Send PKT as the segments it stands for, with nothing left to be done to
 * them.  false: not all of them went out.
 */
static bool send_cut(struct batch *batch, const struct lvs_pkt *pkt)
{
	struct lvs_seg seg;
	uint32_t bytes, at;
	unsigned sent = 0;

	if (lvs_seg_init(&seg, pkt) < 0)
		return false;
	bytes = lvs_seg_bytes(&seg);
	do {
		for (at = 0; at + bytes <= CUT_BYTES; at += bytes) {
			struct lvs_pkt out = { .data = batch->ap->cut + at,
					       .tailroom = bytes };

			if (batch->count == LVS_BURST ||
			    !lvs_seg_next(&seg, &out))
				break;
			add(batch, &out);
		}
		sent += flush(batch);
	} while (at > 0);
	return sent == seg.count;
}

/*
 * TCP segments behind an outer header can go out as they are, if the header can
 * say how long all of it is.
 */
static bool is_tunnelled(const struct lvs_pkt *pkt)
{
	return (pkt->off.gso == LVS_GSO_TCPV4 ||
		pkt->off.gso == LVS_GSO_TCPV6) &&
	       pkt->off.flags & LVS_OFF_CSUM &&
	       pkt->off.flags & LVS_OFF_ENCAP && pkt->l2_len == LVS_ETH_LEN &&
	       pkt->len - pkt->l2_len <= LVS_PKT_MAX;
}

static size_t af_packet_tx(struct lvs_port *port, struct lvs_pkt *const pkts[],
			   size_t count)
{
	struct af_packet *ap = af_packet(port);
	struct batch batch = { .ap = ap };
	size_t sent = 0;

	for (size_t i = 0; i < count; i++) {
		struct lvs_pkt *pkt = pkts[i];

		ap->sent.tx_bytes += pkt->len;
		if (batch.count == LVS_BURST)
			sent += flush(&batch);
		if (lvs_offload_fits(pkt, true, true) ||
		    (ap->tunnels && is_tunnelled(pkt))) {
			add(&batch, pkt);
		} else if (pkt->off.gso == LVS_GSO_NONE) {
			lvs_csum_complete(pkt);
			add(&batch, pkt);
		} else {
			sent += flush(&batch);
			sent += send_cut(&batch, pkt);
		}
	}
	sent += flush(&batch);
	ap->sent.tx_packets += sent;
	ap->sent.tx_dropped += count - sent;
	return sent;
}

static void af_packet_stats(struct lvs_port *port, struct lvs_port_stats *stats)
{
	*stats = af_packet(port)->sent;
	lvs_psock_stats(&af_packet(port)->ps, stats);
}

const struct lvs_backend lvs_backend_af_packet = {
	.name = "af_packet",
	.summary = "an interface through a packet socket, offloads kept",
	.open = af_packet_open,
	.close = af_packet_close,
	.fd = af_packet_fd,
	.link = af_packet_link,
	.rx = af_packet_rx,
	.tx = af_packet_tx,
	.release = af_packet_release,
	.stats = af_packet_stats,
};
