/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * raw.c - IP packets without link layer, for the least privilege.
 *
 * Packets come from a packet socket, cooked, and leave by raw(7) sockets: the
 * host routes them, finds the next hop and puts the link header on.  So a
 * director of NAT and TUN services needs no picture of the network and no
 * more than CAP_NET_RAW.  Not for DR, which is a matter of link headers; and
 * nobody answers ARP here: a VIP must be routed to this host, where a blackhole
 * route to it keeps the kernel from answering that it knows none.
 *
 * A raw socket takes finished packets up to the MTU: every 64 KiB segment is
 * cut here, so this is a slow way for much data.
 */
#include "config.h"

#include "io/batch.h"
#include "io/io.h"
#include "io/psock.h"
#include "pkt/offload.h"
#include "pkt/wire.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Bytes of packets that an interface has not sent yet, the kernel's overhead
 * included: some 1,800 of the longest that an MTU of 1500 lets through.
 */
#define TX_QUEUE_BYTES (4 << 20)

struct raw {
	struct lvs_port port;
	struct lvs_psock ps;
	int out4, out6;
	struct lvs_port_stats sent; /* its tx_ members */
	unsigned char cut[LVS_BATCH_CUT];
};

static struct raw *raw(struct lvs_port *port)
{
	return (struct raw *)port;
}

static void raw_close(struct lvs_port *port)
{
	struct raw *r = raw(port);

	lvs_psock_close(&r->ps);
	if (r->out4 >= 0)
		close(r->out4);
	if (r->out6 >= 0)
		close(r->out6);
	free(r);
}

/*
 * The kernel tells of a packet that the interface's queue had no room for only
 * those who ask for errors; the errors themselves are thrown away.
 */
static void tell_of_losses(int fd, int family)
{
	const int on = 1, least = 0;

	if (family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
	else
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least));
}

/*
 * What a slow interface has not sent yet counts against the socket: by default
 * fewer than a hundred packets of 1500 bytes, which is two large ones.  Past
 * the system's limit if we may.
 */
static void widen(int fd)
{
	const int bytes = TX_QUEUE_BYTES;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

static int open_out(int family)
{
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			IPPROTO_RAW);

	if (fd < 0)
		return fd;
	tell_of_losses(fd, family);
	widen(fd);
	return fd;
}

static int raw_open(const struct lvs_port_opts *opts, struct lvs_port **port)
{
	struct raw *r = calloc(1, sizeof(*r));
	int error;

	if (!r)
		return LVS_ERR_NOMEM;
	r->port.backend = &lvs_backend_raw;
	error = lvs_psock_open(&r->ps, opts, true);
	/* A host without IPv6 has none to forward. */
	r->out6 = open_out(AF_INET6);
	r->out4 = open_out(AF_INET);
	if (!error && r->out4 < 0)
		error = -errno;
	if (error) {
		raw_close(&r->port);
		return error;
	}
	*port = &r->port;
	return 0;
}

static int raw_fd(struct lvs_port *port)
{
	return lvs_psock_fd(&raw(port)->ps);
}

static uint32_t raw_link(struct lvs_port *port)
{
	(void)port;
	return LVS_LINK_NONE;
}

static int raw_rx(struct lvs_port *port, struct lvs_pkt *pkts[], size_t max)
{
	return lvs_psock_rx(&raw(port)->ps, pkts, max);
}

static bool raw_pending(struct lvs_port *port)
{
	return lvs_psock_pending(&raw(port)->ps);
}

static void raw_release(struct lvs_port *port, struct lvs_pkt *const pkts[],
			size_t count)
{
	lvs_psock_release(&raw(port)->ps, pkts, count);
}

static int out_fd(const struct raw *r, const struct lvs_pkt *pkt)
{
	return pkt->data[pkt->l2_len] >> 4 == 4 ? r->out4 : r->out6;
}

/* The kernel routes by the address it is told, not by the header. */
static void add(struct lvs_batch *batch, const struct lvs_pkt *pkt)
{
	unsigned char *l3 = pkt->data + pkt->l2_len;
	const struct lvs_ipv4 *ip4 = (const void *)l3;
	const struct lvs_ipv6 *ip6 = (const void *)l3;
	unsigned i = batch->count++;
	socklen_t len;

	memset(&batch->head[i], 0, sizeof(batch->head[i]));
	if (ip4->version_ihl >> 4 == 4) {
		batch->head[i].v4.sin_family = AF_INET;
		memcpy(&batch->head[i].v4.sin_addr, &ip4->dst_be, 4);
		len = sizeof(batch->head[i].v4);
	} else {
		batch->head[i].v6.sin6_family = AF_INET6;
		memcpy(&batch->head[i].v6.sin6_addr, ip6->dst, 16);
		len = sizeof(batch->head[i].v6);
	}
	batch->iov[i][1] = (struct iovec){ l3, pkt->len - pkt->l2_len };
	batch->msgs[i] = (struct mmsghdr){
		.msg_hdr.msg_name = &batch->head[i],
		.msg_hdr.msg_namelen = len,
		.msg_hdr.msg_iov = &batch->iov[i][1],
		.msg_hdr.msg_iovlen = 1,
	};
}

static bool has_ip_header(const struct lvs_pkt *pkt)
{
	uint32_t head = sizeof(struct lvs_ipv4);

	if (pkt->len < pkt->l2_len + head)
		return false;
	if (pkt->data[pkt->l2_len] >> 4 != 4)
		head = sizeof(struct lvs_ipv6);
	return pkt->len >= pkt->l2_len + head;
}

static size_t raw_tx(struct lvs_port *port, struct lvs_pkt *const pkts[],
		     size_t count)
{
	struct raw *r = raw(port);
	struct lvs_batch batch;

	lvs_batch_init(&batch, -1, false);
	for (size_t i = 0; i < count; i++) {
		struct lvs_pkt *pkt = pkts[i];

		if (!has_ip_header(pkt)) {
			batch.errors++;
			continue;
		}
		if (batch.count == LVS_BATCH || batch.fd != out_fd(r, pkt))
			lvs_batch_flush(&batch);
		batch.fd = out_fd(r, pkt);
		if (pkt->off.gso != LVS_GSO_NONE) {
			lvs_batch_cut(&batch, pkt, r->cut, add);
			continue;
		}
		lvs_csum_complete(pkt);
		add(&batch, pkt);
	}
	lvs_batch_end(&batch, count, &r->sent);
	return batch.sent;
}

static void raw_stats(struct lvs_port *port, struct lvs_port_stats *stats)
{
	*stats = raw(port)->sent;
	lvs_psock_stats(&raw(port)->ps, stats);
}

const struct lvs_backend lvs_backend_raw = {
	.name = "raw",
	.summary = "IP packets without link layer, routed by the host",
	.open = raw_open,
	.close = raw_close,
	.fd = raw_fd,
	.link = raw_link,
	.rx = raw_rx,
	.tx = raw_tx,
	.release = raw_release,
	.stats = raw_stats,
	.pending = raw_pending,
};
