/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tap.h - a packet socket that receives what concerns us of an interface.
 *
 * One that hears all protocols is served before the programs at tc ingress, one
 * that hears a single protocol after them.
 */
#ifndef LVS_IO_TAP_H
#define LVS_IO_TAP_H

#include "io/ring.h"
#include <lvs/port.h>

struct lvs_tap {
	int fd;
	struct lvs_ring ring;
	size_t queued; /* packets in the queue that the ring has told of */
};

/* What is received. */
struct lvs_tap_conf {
	const char *ifname; /* for the log */
	struct lvs_log log;
	uint32_t ifindex;
	uint16_t protocol; /* ETH_P_*; of all, IP and ARP are taken */
	bool cooked;	   /* only IP, and only what is sent to this host */
};

/* A packet socket that hears nothing yet, nor is bound; or -errno. */
int lvs_tap_socket(void);

/*
 * Have *TAP receive by its socket, all else of it being 0.  Negative errno; it
 * can then be closed.  One that hears all protocols can be sent by too: the
 * kernel takes what a socket hears for the protocol of what it sends.
 */
int lvs_tap_open(struct lvs_tap *tap, const struct lvs_tap_conf *conf);
void lvs_tap_close(struct lvs_tap *tap);

/* Have the socket FD send only, packets of any protocol. */
int lvs_tap_send_only(int fd, const struct lvs_tap_conf *conf);

#endif
