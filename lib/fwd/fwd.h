/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fwd.h - the forwarding methods: each fills the actions of a destination.
 */
#ifndef LVS_FWD_FWD_H
#define LVS_FWD_FWD_H

#include "fwd/action.h"
#include "model/service.h"
#include "net/net.h"

/* What a method has to go by. */
struct lvs_fwd_way {
	const struct lvs_dest *dest;
	const struct lvs_hop *hop; /* towards it; NULL: not known */
	/*
	 * Nothing is known of the net: whoever carries the packets routes
	 * them, and a tunnel begins at the virtual address.
	 */
	bool blind;
};

struct lvs_forwarding {
	const char *name;
	uint8_t method; /* enum lvs_method */
	/*
	 * Complete REQUEST, whose hop, rewrite (destination of a service by
	 * address) and `to` are set, and REPLY.
	 */
	void (*fill)(const struct lvs_fwd_way *way, struct lvs_action *request,
		     struct lvs_action *reply);
};

/* The one for METHOD; NULL: none. */
const struct lvs_forwarding *lvs_fwd_find(uint8_t method);

/* The library's methods: the INDEX-th, or NULL past the last. */
const struct lvs_forwarding *lvs_fwd_at(size_t index);

/*
 * Whether the host itself is the real server of connections over SVC by METHOD
 * to DEST, as NET is now: it may have the packets as they are.  It is if both
 * addresses are its own; by NAT only where there is nothing to translate.
 */
bool lvs_fwd_is_host(struct lvs_net *net, const struct lvs_service_id *svc,
		     const struct lvs_dest_id *dest, uint8_t method);

/*
 * Whether it is for one of SVC's destinations and packets to VIRT, which a
 * service by mark does not tell; any thread, engines running.
 */
bool lvs_fwd_serves(struct lvs_net *net, struct lvs_service *svc,
		    const struct lvs_addr *virt);

/* Whether ADDR is one of the host's own; of no network, all are. */
bool lvs_fwd_is_own(struct lvs_net *net, const struct lvs_addr *addr);

/*
 * Make PAIR for connections of METHOD to DEST, as NET is now; where the host is
 * the real server, whatever METHOD is becomes LVS_METHOD_LOCAL.
 */
void lvs_fwd_make(struct lvs_action_pair *pair, const struct lvs_dest *dest,
		  uint8_t method, struct lvs_net *net);

extern const struct lvs_forwarding lvs_fwd_nat;
extern const struct lvs_forwarding lvs_fwd_dr;
extern const struct lvs_forwarding lvs_fwd_tunnel;
extern const struct lvs_forwarding lvs_fwd_local;

#endif
