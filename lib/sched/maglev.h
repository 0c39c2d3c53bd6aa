/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * maglev.h - a Maglev table (Eisenbud and others, NSDI 2016): slots shared out
 * among destinations so that few change hands when destinations do.
 *
 * Each destination has its own order in which it would like the slots; they
 * take turns, as often as their weights say, and in a turn each takes the
 * first one still free.  Slots go by the last weight that was not 0, so
 * quiescing a destination moves nobody else.
 *
 * The table is made beside the one in use, and comes in its place by an
 * exchange of two pointers.
 *
 * The hash is not secret: directors side by side must choose alike.
 */
#ifndef LVS_SCHED_MAGLEV_H
#define LVS_SCHED_MAGLEV_H

#include "sched/sched.h"

enum lvs_maglev_way {
	/* Bit for bit as IPVS: in the order of the list, in whole turns. */
	LVS_MAGLEV_IPVS,
	/*
	 * A turn comes when it is due by the destination's own weight, so no
	 * other's weight moves it, nor the order in which they were added.
	 */
	LVS_MAGLEV_STEADY,
};

struct lvs_maglev {
	uint32_t size;		 /* slots: a prime, so every step reaches all */
	struct lvs_dest **slots; /* size of them, a NULL is nobody's */
	struct lvs_dest **spare; /* prepared or replaced; NULL: neither */
};

/*
 * The hooks of a scheduler whose state begins with such a table; SIZE is what
 * it has if PLAN leaves it open.  More destinations than slots are
 * LVS_ERR_INVAL at bind; later they are no error, as with IPVS, and the last
 * ones get no client.
 */
int lvs_maglev_prepare(struct lvs_service *svc, struct lvs_maglev *maglev,
		       const struct lvs_sched_plan *plan, uint32_t size,
		       enum lvs_maglev_way way);
int lvs_maglev_bind(struct lvs_service *svc);
void lvs_maglev_unbind(struct lvs_service *svc);
int lvs_maglev_changed(struct lvs_service *svc, struct lvs_dest *dest,
		       enum lvs_dest_event event);
void lvs_maglev_settle(struct lvs_service *svc, void *state);

/* The slot of WORD, which is made of the client's address and port. */
uint32_t lvs_maglev_slot(const struct lvs_maglev *maglev, uint32_t word);

/* The word of FLOW for SVC, with the port if the service has LVS_SCHED_PORT. */
static inline uint32_t lvs_maglev_word(const struct lvs_service *svc,
				       const struct lvs_sched_flow *flow)
{
	uint32_t port =
		svc->conf.flags & LVS_SCHED_PORT ? flow->client_port : 0;

	return port + lvs_sched_fold(&flow->client);
}

#endif
