/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * maglev_turns.h - who may take slots of a Maglev table when, and which ones.
 */
#ifndef LVS_SCHED_MAGLEV_TURNS_H
#define LVS_SCHED_MAGLEV_TURNS_H

#include "sched/maglev.h"

/* A destination while a table is filled. */
struct lvs_maglev_filler {
	struct lvs_dest *dest;
	uint32_t slot;	 /* the next one that it would like */
	uint32_t skip;	 /* from there to the one after */
	uint64_t step;	 /* turns a round, times 2^32; below 2^63 */
	uint32_t credit; /* of a turn, times 2^32 */
};

/*
 * FILLERS for the members of PLAN, in the order in which their turns come in
 * a round; false: nobody has any.
 */
bool lvs_maglev_turns(struct lvs_maglev_filler *fillers,
		      const struct lvs_sched_plan *plan,
		      enum lvs_maglev_way way, uint32_t size);

/* IPVS's hash of WORD. */
uint32_t lvs_maglev_hash(const uint64_t key[2], uint32_t word);

#endif
