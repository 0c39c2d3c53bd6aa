/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * picture.h - a picture of the network told as text, for tables of tests.
 *
 * One change a line, words as in ip(8); links are numbers, their MAC address
 * is 02:00:00:00:00:NUMBER if none is given, and they are up.
 *
 *	link 1 [down] [mtu 1500] [mac 02:..] [bare | lo]    unlink 1
 *	addr 10.0.0.5/24 dev 1                              unaddr ...
 *	route 10.0.0.0/8 [via 10.0.0.1] [dev 1] [metric 5] [mtu 1400]
 *	      [src 10.0.0.5] [local | unreachable]          unroute, replace
 *	neigh 10.0.0.1 dev 1 [stale | incomplete | failed] [mac 02:..]  unneigh
 *	mark links|addrs|routes|neighs|all                  sweep ...
 *
 * A line that begins with "-ERRNO " must fail with it: "-22 route 10.0.0.1/8".
 */
#ifndef LVS_TESTS_PICTURE_H
#define LVS_TESTS_PICTURE_H

#include "check.h"

#include "net/net.h"

/* Carry out every line of TEXT; WHAT is the sentence of a failure. */
void picture_apply(struct lvs_net *net, const char *what, const char *text);

/*
 * HOP as text: "local dev 1", or
 * "10.0.0.1 dev 1 mtu 1500 src 10.0.0.5 up ready MAC>MAC/0800" with "ready"
 * or "stale", or without MACs "waiting" or "failed"; and "bare" for MACs.
 */
const char *picture_hop_text(const struct lvs_hop *hop);

/* The same for the hop of packets to DEST, or "none". */
const char *picture_hop(struct lvs_net *net, const char *dest);

struct lvs_addr picture_addr(const char *text);

struct lvs_net *picture_new(void);

#endif
