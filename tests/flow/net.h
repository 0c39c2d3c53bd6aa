/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net.h - the network in which flow tests take place, in both families.
 *
 *	       link c                    link s
 *	C ---- DC  director  DS ---------------- R1 R2 R3
 *	G           |                            (R4 does not answer)
 *	(routes to  | link t, a tun: no link layer
 *	 the rest)  T, and S behind s with an MTU of 1400
 */
#ifndef LVS_TESTS_FLOW_NET_H
#define LVS_TESTS_FLOW_NET_H

#include <lvs/director.h>
#include <lvs/net.h>
#include <stdio.h>
#include <stdlib.h>

/* What a test is built on: ends the program if it is not so. */
#define need(what)                                                             \
	((what) ? (void)0                                                      \
		: (fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__,  \
			   #what),                                             \
		   abort()))

enum {
	LINK_C = 1,
	LINK_S,
	LINK_T
};

/* The address called NAME in family AF; false: none is called so. */
bool net_addr(const char *name, int af, struct lvs_addr *addr);

/* Its name, or itself as text, in BUF. */
const char *net_name(const struct lvs_addr *addr, char *buf, size_t size);

/* The link called so, or its name. */
uint32_t net_link(const char *name);
const char *net_link_name(uint32_t link);

/* Link address of NAME, "?" has none; and the name it belongs to. */
void net_mac(const char *name, uint8_t mac[LVS_LLADDR_LEN]);
const char *net_mac_name(const uint8_t mac[LVS_LLADDR_LEN]);

/* Links, addresses, routes and neighbours of family AF, told to DIR. */
void net_fill(struct lvs_director *dir, int af);

/* The one route to the network of NAME becomes by LINK and GATEWAY or NULL. */
void net_route(struct lvs_director *dir, int af, const char *name,
	       uint32_t link, const char *gateway);

/* NAME's link address becomes known (LVS_NEIGH_REACHABLE), or is lost. */
void net_neigh(struct lvs_director *dir, int af, const char *name,
	       uint8_t state);

#endif
