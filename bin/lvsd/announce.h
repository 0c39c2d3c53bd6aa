/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * announce.h - telling the neighbours where virtual addresses are now.
 *
 * Who had talked to an address while another director had it, or to a host of
 * that address, would go on sending there until its neighbour entry runs out.
 */
#ifndef LVSD_ANNOUNCE_H
#define LVSD_ANNOUNCE_H

#include "interfaces.h"
#include "worker.h"

struct announce;

/* All are borrowed.  NULL: out of memory. */
struct announce *announce_new(struct lvs_director *dir, struct worker *worker,
			      const struct interfaces *ifs);
void announce_free(struct announce *a); /* or NULL */

/* Announce nothing (WANTED false), or what is new from now on. */
void announce_set(struct announce *a, bool wanted);

/*
 * Announce what the director has begun to answer for on an interface: after a
 * change of services, addresses or links.
 */
void announce_look(struct announce *a, lvs_tstamp now);

/* Repeat what is due to be repeated; once a second. */
void announce_repeat(struct announce *a, lvs_tstamp now);

#endif
