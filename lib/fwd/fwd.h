/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fwd.h - the forwarding methods: each fills the actions of a destination.
 */
#ifndef LVS_FWD_FWD_H
#define LVS_FWD_FWD_H

#include "fwd/action.h"
#include "model/dest.h"
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
 * Make PAIR for connections of METHOD to DEST, as NET is now.  Where DEST is
 * an address of the host itself, DR and TUN become local: the host may have
 * the packets as they are.
 */
void lvs_fwd_make(struct lvs_action_pair *pair, const struct lvs_dest *dest,
		  uint8_t method, struct lvs_net *net);

extern const struct lvs_forwarding lvs_fwd_nat;
extern const struct lvs_forwarding lvs_fwd_dr;
extern const struct lvs_forwarding lvs_fwd_tunnel;
extern const struct lvs_forwarding lvs_fwd_local;

#endif
