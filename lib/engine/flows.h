/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flows.h - the table of lvs/fast.h, as the one that writes it keeps it.
 *
 * Where a flow belongs, what is in the table, and how it is written so that
 * programs on other processors never see half of one.  Not here: which flows
 * belong there, and what is done with their counts (fast.c).
 *
 * Besides the buckets, in which programs look, flows are in an array, by which
 * all of them can be visited at the cost of those that there are; and in a list
 * for each destination.
 */
#ifndef LVS_ENGINE_FLOWS_H
#define LVS_ENGINE_FLOWS_H

#include <lvs/base.h>
#include <lvs/fast.h>

struct lvs_flows {
	struct lvs_fast_state *state; /* NULL: there is no table */
	struct lvs_fast_flow *flows;
	uint32_t num_buckets;
	uint32_t generation;
	uint32_t *places; /* that have a flow, in no order */
	uint32_t count;	  /* of them */
	uint32_t *heads;  /* by destination: place + 1 of its first flow */
	uint32_t num_heads;
	uint32_t walk; /* place + 1 of the next in a walk over a list */
	uint32_t hand; /* visits all: so many of `places` are to come */
	uint32_t pass; /* so many may not enter, since one found no room */
	uint32_t full; /* how many that was the last time; 0: had room */
	bool moved;    /* the generation has */
	lvs_tstamp visit_at; /* when some are visited next */
};

/* What programs have counted of a flow since somebody looked. */
struct lvs_fast_count {
	uint64_t packets, bytes;
	uint64_t used; /* when the last was; not set back */
};

/* What is written in a flow for ourselves. */
enum lvs_fast_own {
	LVS_OWN_CONN,	/* the connection's address */
	LVS_OWN_NUMBER, /* where in `places` */
	LVS_OWN_NEXT,	/* of its destination's: place + 1 */
	LVS_OWN_PREV,
};

/*
 * FLOWS of TABLE (NULL: none); SEED for its hash, if it has none.
 * LVS_ERR_INVAL: it is not as lvs/fast.h wants it; LVS_ERR_NOMEM.
 */
int lvs_flows_init(struct lvs_flows *flows, const struct lvs_fast_table *table,
		   uint64_t seed, const struct lvs_allocator *mem);
/* No flow is in it any more. */
void lvs_flows_fini(struct lvs_flows *flows, const struct lvs_allocator *mem);

/* All flows that are there are useless to programs, at once. */
void lvs_flows_move_on(struct lvs_flows *flows);

/* The flow of KEY; NULL: there is none. */
struct lvs_fast_flow *lvs_flows_find(const struct lvs_flows *flows,
				     const struct lvs_fast_key *key);

/*
 * Where a flow of KEY belongs; NULL: all places are others', who used them
 * after UNUSED.  What is there has to be taken out before (lvs_flows_has).
 */
struct lvs_fast_flow *lvs_flows_room(const struct lvs_flows *flows,
				     const struct lvs_fast_key *key,
				     uint64_t unused);

static inline bool lvs_flows_has(const struct lvs_fast_flow *place)
{
	return place->version && !(place->version & 1);
}

/*
 * FLOW into PLACE, where none is; programs may use it from now on.  Version,
 * generation, counts and all of `owner` but the connection are set here. False:
 * no memory.
 */
bool lvs_flows_put(struct lvs_flows *flows, struct lvs_fast_flow *place,
		   const struct lvs_fast_flow *flow,
		   const struct lvs_allocator *mem);

/* The counts of FLOW into COUNT, which begin at 0 again. */
void lvs_flows_read(struct lvs_fast_flow *flow, struct lvs_fast_count *count);

/* FLOW leaves the table; its last counts into COUNT. */
void lvs_flows_take(struct lvs_flows *flows, struct lvs_fast_flow *flow,
		    struct lvs_fast_count *count);

/* The first flow of destination INDEX; NULL: it has none. */
struct lvs_fast_flow *lvs_flows_first(const struct lvs_flows *flows,
				      uint32_t index);

/*
 * The next in a walk over the list of destination INDEX; NULL: it is at its
 * end.  lvs_flows_walk begins one; flows may come (they are passed over) and
 * go meanwhile.
 */
void lvs_flows_walk(struct lvs_flows *flows, uint32_t index);
struct lvs_fast_flow *lvs_flows_next(struct lvs_flows *flows);

static inline bool lvs_flows_counted(const struct lvs_fast_flow *flow)
{
	return __atomic_load_n(&flow->packets, __ATOMIC_RELAXED) != 0;
}

#endif
