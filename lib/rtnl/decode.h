/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decode.h - rtnetlink(7) messages as the structs of lvs/net.h.
 *
 * Nothing is remembered or asked for here.  A message that says nothing to a
 * director (a bridge port's state, another routing table, a multicast
 * address) decodes to nothing.
 */
#ifndef LVS_RTNL_DECODE_H
#define LVS_RTNL_DECODE_H

#include <libmnl/libmnl.h>
#include <lvs/net.h>

/* Next hops of a route beyond this many are not looked at. */
#define LVS_RTNL_HOPS 64

/* RTM_NEWLINK, RTM_DELLINK */
bool lvs_rtnl_link(const struct nlmsghdr *nlh, struct lvs_link *link);

struct lvs_rtnl_addr {
	uint32_t link;
	struct lvs_addr addr;
	uint8_t plen;
	bool refused; /* another host has it (RFC 4862, 5.4.5) */
};

/* RTM_NEWADDR, RTM_DELADDR */
bool lvs_rtnl_addr(const struct nlmsghdr *nlh, struct lvs_rtnl_addr *addr);

/*
 * RTM_NEWROUTE, RTM_DELROUTE: one route for each next hop, all else the same.
 * Returns how many.
 */
size_t lvs_rtnl_route(const struct nlmsghdr *nlh,
		      struct lvs_route routes[LVS_RTNL_HOPS]);

/* RTM_NEWNEIGH, RTM_DELNEIGH; *KNOWN: not NUD_NONE. */
bool lvs_rtnl_neigh(const struct nlmsghdr *nlh, struct lvs_neigh *neigh,
		    bool *known);

#endif
