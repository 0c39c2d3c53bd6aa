/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * psock.h - an interface by packet sockets, and what is received.
 *
 * The receiving half of the backends that have one; they differ in how they
 * send.  With or without the link header; offload state as the kernel has it.
 *
 * Usually there is one socket.  A late port has one for each protocol, as such
 * are served after the programs at tc ingress.
 */
#ifndef LVS_IO_PSOCK_H
#define LVS_IO_PSOCK_H

#include "io/bufs.h"
#include "io/tap.h"
#include <lvs/port.h>

#define LVS_VNET_LEN sizeof(struct virtio_net_hdr)
#define LVS_TAPS_MAX 3u

struct lvs_psock {
	struct lvs_tap taps[LVS_TAPS_MAX];
	unsigned num_taps;
	unsigned turn; /* which is served first */
	int epoll_fd;  /* over all; -1: there is one */
	int out_fd;    /* sends only; -1: none */
	uint32_t ifindex;
	uint16_t l2_len;
	bool cooked; /* the link header is taken off */
	bool down;   /* the kernel said so, and nothing came since */
	uint64_t rx_packets, rx_bytes, rx_dropped, rx_errors;
	struct lvs_bufs bufs;
};

/*
 * Open OPTS->ifname in *PS, which is zeroed.  COOKED: without link header and
 * link number, and only IP that is sent to this host.  The errors are
 * lvs_port_open's; in any case *PS can be closed.
 */
int lvs_psock_open(struct lvs_psock *ps, const struct lvs_port_opts *opts,
		   bool cooked);
/*
 * Have the interface receive every multicast group while PS is open: who asks
 * for an IPv6 VIP that the host has not asks a group that the host is not in.
 * An interface that knows no groups receives them anyway.
 */
void lvs_psock_hear_groups(struct lvs_psock *ps);

void lvs_psock_close(struct lvs_psock *ps);

/* To be sent by, not for one that is cooked. */
static inline int lvs_psock_out(const struct lvs_psock *ps)
{
	return ps->out_fd >= 0 ? ps->out_fd : ps->taps[0].fd;
}

/* As a backend's. */
static inline int lvs_psock_fd(const struct lvs_psock *ps)
{
	return ps->epoll_fd >= 0 ? ps->epoll_fd : ps->taps[0].fd;
}

int lvs_psock_rx(struct lvs_psock *ps, struct lvs_pkt *pkts[], size_t max);
bool lvs_psock_pending(const struct lvs_psock *ps);
void lvs_psock_release(struct lvs_psock *ps, struct lvs_pkt *const pkts[],
		       size_t count);

/* What was received into STATS; what was sent stays as it is there. */
void lvs_psock_stats(struct lvs_psock *ps, struct lvs_port_stats *stats);

#endif
