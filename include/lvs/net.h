/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lvs/net.h - the director's picture of the network around it.
 *
 * Links, addresses, routes and neighbours, as its caller tells of them: by
 * hand, or by mirroring the kernel's (lvs/rtnl.h).  Nothing here talks to a
 * kernel.  Calls may come from any thread and take effect between bursts.
 *
 * The director answers ARP and neighbour solicitations for its VIPs on every
 * link, unless the host does so itself: for an IPv4 address of its own it does
 * on every link, for an IPv6 one on the link that has it.
 */
#ifndef LVS_NET_H
#define LVS_NET_H

#include <lvs/addr.h>
#include <lvs/base.h>
#include <lvs/director.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LVS_LLADDR_LEN 6

struct lvs_link {
	uint32_t index; /* the kernel's ifindex, or any number but 0 */
	uint32_t mtu;   /* of the IP packet, bytes */
	uint8_t lladdr[LVS_LLADDR_LEN];
	bool up;        /* administratively up, with carrier */
	bool ethernet;  /* false: no link header (tun, ppp) */
	bool loopback;
	char name[16];
};

enum lvs_route_type {
	LVS_ROUTE_UNICAST,
	LVS_ROUTE_LOCAL,       /* an address of the host */
	LVS_ROUTE_UNREACHABLE, /* blackhole, prohibit and throw too */
};

struct lvs_route {
	struct lvs_addr dst; /* masked */
	uint8_t plen;
	uint8_t type;             /* enum lvs_route_type */
	uint32_t metric;          /* the smallest of a prefix is used */
	uint32_t link;
	uint32_t mtu;             /* 0: the link's */
	struct lvs_addr gateway;  /* AF_UNSPEC: on link */
	struct lvs_addr prefsrc;  /* AF_UNSPEC: none */
};

enum lvs_neigh_state {
	LVS_NEIGH_INCOMPLETE, /* being resolved */
	LVS_NEIGH_REACHABLE,
	LVS_NEIGH_FAILED,
	LVS_NEIGH_STALE, /* usable, but not confirmed for a while */
};

struct lvs_neigh {
	struct lvs_addr addr;
	uint32_t link;
	uint8_t state; /* enum lvs_neigh_state */
	uint8_t lladdr[LVS_LLADDR_LEN];
};

/*
 * Add or change, and delete.  LVS_ERR_NOMEM, LVS_ERR_INVAL, LVS_ERR_NODEV (the
 * link is not known); deleting what is not there is LVS_ERR_NOENT
 * (LVS_ERR_NODEV for a link).  Deleting a link deletes its addresses, routes
 * and neighbours.
 *
 * A route is named by dst, plen, metric, link and gateway.  Where several have
 * the same prefix, one whose link is up is preferred, then the smallest
 * metric, then the one that was there first.
 *
 * An address of the host is named by address and link.  PLEN serves to choose
 * a source address; an address brings no route to its network along.
 */
LVS_API int lvs_net_link_set(struct lvs_director *dir,
			     const struct lvs_link *link);
LVS_API int lvs_net_link_del(struct lvs_director *dir, uint32_t index);
LVS_API int lvs_net_addr_set(struct lvs_director *dir, uint32_t link,
			     const struct lvs_addr *addr, unsigned plen);
LVS_API int lvs_net_addr_del(struct lvs_director *dir, uint32_t link,
			     const struct lvs_addr *addr);
LVS_API int lvs_net_route_set(struct lvs_director *dir,
			      const struct lvs_route *route);
LVS_API int lvs_net_route_del(struct lvs_director *dir,
			      const struct lvs_route *route);
/*
 * As lvs_net_route_set, and all other routes of the same dst, plen and metric
 * go.  Returns how many those were.
 */
LVS_API int lvs_net_route_replace(struct lvs_director *dir,
				  const struct lvs_route *route);
LVS_API int lvs_net_neigh_set(struct lvs_director *dir,
			      const struct lvs_neigh *neigh);
LVS_API int lvs_net_neigh_del(struct lvs_director *dir, uint32_t link,
			      const struct lvs_addr *addr);

/* Everything is forgotten. */
LVS_API void lvs_net_clear(struct lvs_director *dir);

/*
 * Reading everything anew, without a moment in which nothing is known: what of
 * KINDS is not set again after lvs_net_mark is deleted by lvs_net_sweep.
 */
#define LVS_NET_LINKS (1u << 0)
#define LVS_NET_ADDRS (1u << 1)
#define LVS_NET_ROUTES (1u << 2)
#define LVS_NET_NEIGHS (1u << 3)

LVS_API void lvs_net_mark(struct lvs_director *dir, unsigned kinds);
LVS_API void lvs_net_sweep(struct lvs_director *dir, unsigned kinds);

/* LVS_ERR_NODEV; LINK is then as before. */
LVS_API int lvs_net_link_get(struct lvs_director *dir, uint32_t index,
			     struct lvs_link *link);

/* LVS_ERR_NOENT; NEIGH is then as before. */
LVS_API int lvs_net_neigh_get(struct lvs_director *dir, uint32_t link,
			      const struct lvs_addr *addr,
			      struct lvs_neigh *neigh);

/* Whether ADDR is one of the host's own. */
LVS_API bool lvs_net_is_local(struct lvs_director *dir,
			      const struct lvs_addr *addr);

/*
 * Whether the host itself would be the real server DEST of a service SVC, which
 * need not exist: packets for it get verdict LVS_HOST.  It is if both addresses
 * are its own (of a service by mark, DEST's); by NAT only where neither address
 * nor port would be translated.
 */
LVS_API bool lvs_net_is_real_server(struct lvs_director *dir,
				    const struct lvs_service_id *svc,
				    const struct lvs_dest_conf *dest);

/* Bytes of the longest announcement. */
#define LVS_ANNOUNCEMENT_MAX 86

/*
 * Make FRAME one that tells all hosts on LINK that the director has the virtual
 * address ADDR now, so that they forget who had it before: gratuitous ARP (RFC
 * 5227) or an unsolicited neighbour advertisement (RFC 4861, 7.2.6).  Returns
 * its length; 0 if it is not the director who answers for ADDR there, as on a
 * link that is down or without link header.  To be sent on LINK as it is.
 */
LVS_API size_t lvs_net_announcement(struct lvs_director *dir, uint32_t link,
				    const struct lvs_addr *addr,
				    uint8_t frame[LVS_ANNOUNCEMENT_MAX]);

/*
 * Next hops that packets wait for or, being stale, go to, and nobody was asked
 * about yet: one a call into *LINK and *ADDR; false when there is none.  The
 * caller has them resolved and answers with lvs_net_neigh_set; until an answer
 * other than LVS_NEIGH_INCOMPLETE comes, the same is not given again.
 */
LVS_API bool lvs_net_wanted(struct lvs_director *dir, uint32_t *link,
			    struct lvs_addr *addr);

/*
 * How often a next hop became wanted: a number that wraps.  While it stays,
 * lvs_net_wanted has nothing new.  From any thread, and for a look after each
 * burst: it takes no lock.
 */
LVS_API uint32_t lvs_net_wants(const struct lvs_director *dir);

#ifdef __cplusplus
}
#endif

#endif
