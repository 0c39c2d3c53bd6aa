/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ranking.h - the best destination of many, without asking all of them.
 *
 * What is best is a number: a fraction that the scheduler makes of a
 * destination's counts and weight, and the least is taken; of equal ones, the
 * one that comes first in the service's list.
 *
 * Destinations play a knock-out tournament.  They stand in the order of the
 * list; each node of a binary tree above them has the place of the better one
 * of its two, so the root has that of the best of all:
 *
 *	won[1]                  1
 *	                    /       \
 *	won[2..3]         1           3
 *	                /   \       /   \
 *	place         0       1   2       3
 *	            (free)    A   B       C
 *
 * Whose counts have changed (model/news.h) plays again when the next one is
 * picked, on its way to the root only.  New destinations come at the head of
 * the list: they are put to the left, where places are left free for them.
 *
 * A few destinations are rather walked through, and so are many for which
 * there is no memory; the choice is the same.
 */
#ifndef LVS_SCHED_RANKING_H
#define LVS_SCHED_RANKING_H

#include "sched/sched.h"

struct lvs_rank {
	uint64_t load;
	uint64_t weight; /* 0: not eligible */
};

/* The rank of DEST, which is eligible: load and a weight above 0. */
typedef struct lvs_rank lvs_rank_of(const struct lvs_dest *dest);

/* Over all eligible destinations. */
struct lvs_rank_sum {
	uint64_t load, weight;
};

/* Zeroed, it has no destinations. */
struct lvs_ranking {
	lvs_rank_of *of;
	struct lvs_rank *ranks;	 /* by place, as is the next one */
	struct lvs_dest **dests; /* NULL: nobody stands there */
	uint32_t *won;		 /* by node; the children of i are 2i, 2i + 1 */
	uint32_t size;		 /* places, a power of two; 0: walk */
	uint32_t free;		 /* so many on the left were never used */
	uint32_t many;		 /* play all matches rather than theirs */
	struct lvs_dest *chosen; /* claimed: its news come unasked */
	struct lvs_rank_sum sum;
};

/* All of SVC's destinations, ranked by OF. */
void lvs_ranking_init(struct lvs_ranking *ranking, struct lvs_service *svc,
		      lvs_rank_of *of);
void lvs_ranking_fini(struct lvs_ranking *ranking, struct lvs_service *svc);

/* As the scheduler's hook of that name, but it cannot fail. */
void lvs_ranking_changed(struct lvs_ranking *ranking, struct lvs_service *svc,
			 struct lvs_dest *dest, enum lvs_dest_event event);

/* The best, or NULL: nobody is eligible. */
struct lvs_dest *lvs_ranking_best(struct lvs_ranking *ranking,
				  struct lvs_service *svc);

struct lvs_rank_sum lvs_ranking_sum(struct lvs_ranking *ranking,
				    struct lvs_service *svc);

/* The hooks of a scheduler whose state is a ranking, but for bind. */
void lvs_ranked_unbind(struct lvs_service *svc);
int lvs_ranked_changed(struct lvs_service *svc, struct lvs_dest *dest,
		       enum lvs_dest_event event);
struct lvs_dest *lvs_ranked_pick(struct lvs_service *svc,
				 const struct lvs_sched_flow *flow);

/* Load for its weight, as wlc has it. */
struct lvs_rank lvs_rank_lightest(const struct lvs_dest *dest);

/* (active + 1) / weight: the shortest expected delay. */
struct lvs_rank lvs_rank_soonest(const struct lvs_dest *dest);

static inline bool lvs_rank_better(const struct lvs_rank *a,
				   const struct lvs_rank *b)
{
	return a->load * b->weight < b->load * a->weight;
}

#endif
