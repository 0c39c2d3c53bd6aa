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

#include "io/finish.h"
#include "io/io.h"
#include "io/psock.h"
#include "pkt/wire.h"
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct raw {
	struct lvs_port port;
	struct lvs_psock ps;
	int out4, out6;
	struct lvs_port_stats sent; /* its tx_ members */
	unsigned char finish[LVS_FINISH_BYTES];
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

static int open_out(int family)
{
	return socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		      IPPROTO_RAW);
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
	return raw(port)->ps.fd;
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

static void raw_release(struct lvs_port *port, struct lvs_pkt *const pkts[],
			size_t count)
{
	lvs_psock_release(&raw(port)->ps, pkts, count);
}

/* The kernel routes by the address it is told, not by the header. */
static bool send_packet(void *ctx, const struct lvs_pkt *pkt)
{
	const struct lvs_ipv4 *ip4 = (const void *)(pkt->data + pkt->l2_len);
	const struct lvs_ipv6 *ip6 = (const void *)ip4;
	size_t len = pkt->len - pkt->l2_len;
	struct sockaddr_in to4 = { .sin_family = AF_INET };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6 };
	struct raw *r = ctx;

	if (ip4->version_ihl >> 4 == 4) {
		memcpy(&to4.sin_addr, &ip4->dst_be, 4);
		return sendto(r->out4, ip4, len, 0, (void *)&to4,
			      sizeof(to4)) == (ssize_t)len;
	}
	memcpy(&to6.sin6_addr, ip6->dst, 16);
	return sendto(r->out6, ip6, len, 0, (void *)&to6, sizeof(to6)) ==
	       (ssize_t)len;
}

static size_t raw_tx(struct lvs_port *port, struct lvs_pkt *const pkts[],
		     size_t count)
{
	struct raw *r = raw(port);
	struct lvs_finish how = {
		.bytes = r->finish,
		.emit = send_packet,
		.ctx = r,
	};
	size_t sent = 0;

	for (size_t i = 0; i < count; i++) {
		if (pkts[i]->len < pkts[i]->l2_len + sizeof(struct lvs_ipv4) ||
		    !lvs_finish(&how, pkts[i]))
			continue;
		sent++;
		r->sent.tx_bytes += pkts[i]->len;
	}
	r->sent.tx_packets += sent;
	r->sent.tx_dropped += count - sent;
	return sent;
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
};
