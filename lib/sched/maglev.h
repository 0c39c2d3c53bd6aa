/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * maglev.h - a Maglev table (Eisenbud and others, NSDI 2016): slots shared out
 * among destinations so that few change hands when destinations do.
 *
 * Each destination has its own order in which it would like the slots; in
 * turns, as many a round as its weight says, each takes the first one still
 * free.  Slots go by the last weight that was not 0, so quiescing a
 * destination moves nobody else.
 *
 * The hash is not secret: directors side by side must choose alike.
 */
#ifndef LVS_SCHED_MAGLEV_H
#define LVS_SCHED_MAGLEV_H

#include "sched/sched.h"

struct lvs_maglev {
	uint32_t size;	     /* slots: a prime, so every step reaches all */
	unsigned turns_bits; /* a round gives one destination at most 2^ that */
	struct lvs_dest **slots; /* NULL: nobody's */
};

/* A table of the destinations of SVC.  LVS_ERR_NOMEM, LVS_ERR_INVAL. */
int lvs_maglev_init(struct lvs_maglev *maglev, struct lvs_service *svc,
		    uint32_t size, unsigned turns_bits);
void lvs_maglev_fini(struct lvs_maglev *maglev, struct lvs_service *svc);

/*
 * The destinations of SVC have changed.  LVS_ERR_INVAL: more than slots;
 * LVS_ERR_NOMEM.  On error the table is as before.
 */
int lvs_maglev_rebuild(struct lvs_maglev *maglev, struct lvs_service *svc);

/*
 * The scheduler's hook of that name: more destinations than slots are no error
 * then, as with IPVS; the last ones get no client.  DEST is out of the table
 * when it is removed, whatever happens.
 */
int lvs_maglev_changed(struct lvs_maglev *maglev, struct lvs_service *svc,
		       const struct lvs_dest *dest, enum lvs_dest_event event);

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
