/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * af_packet.c - an interface through a packet socket, both ways.
 *
 * What is sent goes out past the host's routing.  Offloads are kept: a packet
 * of 64 KiB leaves as it came, and the interface, or the kernel right before
 * it, cuts it and sums it.
 */
#include "config.h"

#include "io/batch.h"
#include "io/io.h"
#include "io/psock.h"
#include "pkt/mark.h"
#include "pkt/offload.h"
#include "pkt/wire.h"
#include <stdlib.h>

struct af_packet {
	struct lvs_port port;
	struct lvs_psock ps;
	struct lvs_port_stats sent; /* its tx_ members */
	unsigned char *cut;	    /* LVS_BATCH_CUT */
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

	if (setsockopt(lvs_psock_out(&ap->ps), SOL_SOCKET, SO_MARK, &mark,
		       sizeof(mark)) < 0)
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
	ap->cut = malloc(LVS_BATCH_CUT);
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
	return lvs_psock_fd(&af_packet(port)->ps);
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

static bool af_packet_pending(struct lvs_port *port)
{
	return lvs_psock_pending(&af_packet(port)->ps);
}

static void af_packet_release(struct lvs_port *port,
			      struct lvs_pkt *const pkts[], size_t count)
{
	lvs_psock_release(&af_packet(port)->ps, pkts, count);
}

static void add(struct lvs_batch *batch, const struct lvs_pkt *pkt)
{
	unsigned i = batch->count++;

	lvs_offload_to_vnet(&batch->head[i].vnet, pkt);
	batch->iov[i][0] = (struct iovec){ &batch->head[i].vnet, LVS_VNET_LEN };
	batch->iov[i][1] = (struct iovec){ pkt->data, pkt->len };
	batch->msgs[i] = (struct mmsghdr){
		.msg_hdr.msg_iov = batch->iov[i],
		.msg_hdr.msg_iovlen = 2,
	};
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
	struct lvs_batch batch;

	lvs_batch_init(&batch, lvs_psock_out(&ap->ps), true);
	for (size_t i = 0; i < count; i++) {
		struct lvs_pkt *pkt = pkts[i];

		if (batch.count == LVS_BATCH)
			lvs_batch_flush(&batch);
		if (lvs_offload_fits(pkt, true, true) ||
		    (ap->tunnels && is_tunnelled(pkt))) {
			add(&batch, pkt);
		} else if (pkt->off.gso == LVS_GSO_NONE) {
			lvs_csum_complete(pkt);
			add(&batch, pkt);
		} else {
			lvs_batch_cut(&batch, pkt, ap->cut, add);
		}
	}
	lvs_batch_end(&batch, count, &ap->sent);
	return batch.sent;
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
	.pending = af_packet_pending,
};
