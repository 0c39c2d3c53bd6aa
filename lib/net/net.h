/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net.h - links, addresses, routes, neighbours: data and look-ups, no I/O.
 *
 * What a packet needs is a hop: the link to leave by and the link addresses
 * to write.  Hops are numbered and shared by all who leave the same way; a
 * connection remembers a number.  `generation` moves on with every change
 * that can make a choice of hop wrong; a hop's own state (lladdr, resolved)
 * is always current in place.
 *
 * Locking is the caller's: engines read inside their gate, changes come with
 * all engines stopped.  Exceptions, as engines do them: wanting a hop
 * (lvs_net_want) and making one (lvs_net_hop), which take net's own lock.
 */
#ifndef LVS_NET_NET_H
#define LVS_NET_NET_H

#include <lvs/net.h>
#include <stdatomic.h>

struct lvs_net;

/* Number that no hop has. */
#define LVS_HOP_NONE 0

struct lvs_hop {
	struct lvs_addr addr; /* of the neighbour */
	uint32_t link;
	uint32_t mtu;	     /* of the way: route's, else link's */
	struct lvs_addr src; /* our address towards it: for tunnels, errors */
	bool up;	     /* the link is up */
	bool resolved;	     /* l2 is right */
	bool stale;	     /* it was, long ago: use it, and want it */
	bool failed;	     /* it does not answer */
	bool local;	     /* the destination is the host itself */
	uint8_t l2_len;	     /* 14, or 0 on a link without link layer */
	uint8_t l2[14];	     /* destination, source, EtherType of the packet */
};

int lvs_net_new(const struct lvs_allocator *mem, struct lvs_net **net);
void lvs_net_free(struct lvs_net *net);

/* As the public calls, without any lock. */
int lvs_net_do_link_set(struct lvs_net *net, const struct lvs_link *link);
int lvs_net_do_link_del(struct lvs_net *net, uint32_t index);
int lvs_net_do_addr_set(struct lvs_net *net, uint32_t link,
			const struct lvs_addr *addr, unsigned plen);
int lvs_net_do_addr_del(struct lvs_net *net, uint32_t link,
			const struct lvs_addr *addr);
int lvs_net_do_route_set(struct lvs_net *net, const struct lvs_route *route);
int lvs_net_do_route_del(struct lvs_net *net, const struct lvs_route *route);
int lvs_net_do_route_replace(struct lvs_net *net,
			     const struct lvs_route *route);
int lvs_net_do_neigh_set(struct lvs_net *net, const struct lvs_neigh *neigh);
int lvs_net_do_neigh_del(struct lvs_net *net, uint32_t link,
			 const struct lvs_addr *addr);
void lvs_net_do_clear(struct lvs_net *net);
void lvs_net_do_mark(struct lvs_net *net, unsigned kinds);
void lvs_net_do_sweep(struct lvs_net *net, unsigned kinds);
const struct lvs_link *lvs_net_do_link(const struct lvs_net *net,
				       uint32_t index);
const struct lvs_neigh *lvs_net_do_neigh(const struct lvs_net *net,
					 uint32_t link,
					 const struct lvs_addr *addr);
bool lvs_net_do_is_local(const struct lvs_net *net,
			 const struct lvs_addr *addr);
bool lvs_net_do_wanted(struct lvs_net *net, uint32_t *link,
		       struct lvs_addr *addr);

/*
 * Whether the host itself answers who asks for ADDR on LINK: Linux does for an
 * IPv4 address of its own on every link, for an IPv6 one on the link that has
 * it.
 */
bool lvs_net_host_answers(const struct lvs_net *net, uint32_t link,
			  const struct lvs_addr *addr);

/* Whether anything is known: without a link there is no routing to do. */
bool lvs_net_is_empty(const struct lvs_net *net);

uint32_t lvs_net_generation(const struct lvs_net *net);

/*
 * The hop for packets to ADDR: longest prefix, then the neighbour.
 * LVS_HOP_NONE: no route, an unreachable one, not a unicast address; or the
 * numbers are used up.  A hop stays where it is and keeps its number as long
 * as the generation stays.
 */
uint16_t lvs_net_hop(struct lvs_net *net, const struct lvs_addr *addr);

/* Never NULL: LVS_HOP_NONE and numbers not given out are down, unresolved. */
const struct lvs_hop *lvs_net_hop_at(const struct lvs_net *net,
				     uint16_t number);

/*
 * How often a hop by which packets left at once, without being waited or asked
 * for, ceased to be so, or leads elsewhere.  What was copied from such hops is
 * good as long as this and the generation stay.
 */
uint32_t lvs_net_hop_losses(const struct lvs_net *net);

/*
 * No number is left for a new hop: with all engines stopped,
 * lvs_net_recycle_hops takes all of them back and moves the generation on.
 * To be looked after where lvs_net_do_wanted is called; every change does so
 * by itself.
 */
bool lvs_net_hops_full(const struct lvs_net *net);
void lvs_net_recycle_hops(struct lvs_net *net);

/*
 * Packets wait for hop NUMBER, or went to it though it is stale: have it asked
 * for (lvs_net_do_wanted), once until news of it comes.  Cheap if it was.
 */
void lvs_net_want(struct lvs_net *net, uint16_t number);

/*
 * Whether hop NUMBER was, and no news of it has come since.  Of a stale one it
 * will: it is being confirmed, of which the kernel says nothing for 5 s.
 */
bool lvs_net_is_asked(const struct lvs_net *net, uint16_t number);

/* How often lvs_net_want had somebody asked for; from any thread. */
uint32_t lvs_net_count_wants(const struct lvs_net *net);

#endif
