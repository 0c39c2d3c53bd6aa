/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parts.h - what struct lvs_net is made of; for the files of this folder.
 *
 *	links       index            -> link
 *	addrs       address          -> addr, one for each link that has it
 *	prefixes    dst, plen        -> prefix -> routes, best first
 *	neighs      link, address    -> neigh
 *	hops        link, neighbour  -> hop_rec, which is also found by number
 *
 * `lock` is for what engines do while others run: hops are made, looked up
 * and wanted under it.  Everything else changes only with all engines stopped.
 */
#ifndef LVS_NET_PARTS_H
#define LVS_NET_PARTS_H

#include "net/net.h"
#include "net/table.h"
#include <lvs/pkt.h>
#include <pthread.h>

#define LVS_NET_KINDS 4

/* Records begin with their node: a node's address is its record's. */

struct link {
	struct lvs_net_node node;
	struct lvs_link conf;
	uint8_t mark;
};

struct host_addr {
	struct lvs_net_node node;
	struct host_addr *next; /* of all, in the order they came */
	struct lvs_addr addr;
	uint32_t link;
	uint8_t plen;
	uint8_t mark;
};

struct route {
	struct route *next; /* of its prefix, by metric */
	struct lvs_route conf;
	uint8_t mark;
	struct lvs_addr src;	 /* our address by it, found once */
	uint32_t src_generation; /* 0: not yet */
};

struct prefix {
	struct lvs_net_node node;
	struct lvs_addr dst;
	uint8_t plen;
	struct route *first; /* never NULL */
};

struct neigh {
	struct lvs_net_node node;
	struct lvs_neigh conf;
	uint8_t mark;
};

struct hop_rec {
	struct lvs_net_node node;
	struct lvs_hop hop;
	uint16_t family; /* of the packets, not of the neighbour */
	uint16_t number;
	uint16_t next_wanted; /* number; LVS_HOP_NONE: the last */
	bool queued;	      /* among the wanted */
	_Atomic bool asked;   /* wanted, and no news since */
};

/* Hops are allocated in pieces that never move: engines hold no lock. */
#define HOP_PIECE  256
#define HOP_PIECES (65536 / HOP_PIECE)

/* Where a destination went lately; one slot for each remainder of its hash. */
#define HOP_CACHE 1024

struct cached_hop {
	struct lvs_addr addr;
	uint32_t generation; /* 0: empty */
	uint16_t hop;
};

struct lvs_net {
	struct lvs_allocator mem;
	uint32_t generation; /* never 0 */
	uint8_t mark[LVS_NET_KINDS];

	struct lvs_net_table links;
	struct lvs_net_table addrs;
	struct host_addr *addr_list;
	struct lvs_net_table prefixes;
	uint32_t used[2][129]; /* prefixes by family and length */
	struct lvs_net_table neighs;

	pthread_mutex_t lock;
	struct lvs_net_table hops;
	struct hop_rec *pieces[HOP_PIECES];
	uint32_t num_hops; /* the number that comes next */
	_Atomic bool full;
	uint16_t wanted_first, wanted_last;
	uint32_t hop_losses;
	_Atomic uint32_t wants; /* hops that became wanted; read unlocked */
	struct cached_hop *cache;
};

/* Choices of hop made so far may be wrong; a chance to get numbers back. */
static inline void lvs_net_moved(struct lvs_net *net)
{
	net->generation++;
	if (net->generation == 0)
		net->generation = 1;
	if (net->full)
		lvs_net_recycle_hops(net);
}

/* The index of KIND (LVS_NET_*, one bit) in net->mark. */
static inline unsigned lvs_net_kind(unsigned kind)
{
	return (unsigned)__builtin_ctz(kind);
}

static inline uint8_t lvs_net_marking(const struct lvs_net *net, unsigned kind)
{
	return net->mark[lvs_net_kind(kind)];
}

/*
 * Each part deletes what is of LINK (0: any link) and, unless ALL, has an old
 * mark.
 */
void lvs_net_drop_links(struct lvs_net *net, bool all);
void lvs_net_drop_addrs(struct lvs_net *net, uint32_t link, bool all);
void lvs_net_drop_routes(struct lvs_net *net, uint32_t link, bool all);
void lvs_net_drop_neighs(struct lvs_net *net, uint32_t link, bool all);

/* NULL: not known. */
struct link *lvs_net_link_find(const struct lvs_net *net, uint32_t index);
/* The route that packets to ADDR take; NULL: none. */
struct route *lvs_net_route_find(const struct lvs_net *net,
				 const struct lvs_addr *addr);
/*
 * Our address for packets that leave by LINK to DST, by way of the neighbour
 * NEAR; AF_UNSPEC: there is none.
 */
struct lvs_addr lvs_net_source(const struct lvs_net *net, uint32_t link,
			       const struct lvs_addr *dst,
			       const struct lvs_addr *near);
/* LVS_LINK_NONE if ADDR is on none. */
uint32_t lvs_net_addr_link(const struct lvs_net *net,
			   const struct lvs_addr *addr);
/* NULL: nothing is known of it. */
const struct lvs_neigh *lvs_net_neigh_find(const struct lvs_net *net,
					   uint32_t link,
					   const struct lvs_addr *addr);

/* Bring hops up to date with their link, or with a neighbour's new state. */
void lvs_net_hops_relink(struct lvs_net *net, uint32_t index);
void lvs_net_hops_reneigh(struct lvs_net *net, uint32_t link,
			  const struct lvs_addr *addr);
/* News that will not come: whoever was asked about is to be asked again. */
void lvs_net_hops_unask(struct lvs_net *net);

int lvs_net_hops_init(struct lvs_net *net);
void lvs_net_hops_fini(struct lvs_net *net);

#endif
