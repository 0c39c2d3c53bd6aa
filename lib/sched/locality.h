/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * locality.h - what lblc and lblcr share: who serves which virtual address,
 * and everybody ranked as wlc does, for addresses that nobody serves yet.
 */
#ifndef LVS_SCHED_LOCALITY_H
#define LVS_SCHED_LOCALITY_H

#include "sched/cache.h"
#include "sched/ranking.h"

struct lvs_locality {
	struct lvs_cache cache;
	struct lvs_ranking ranking;
};

/* Hooks of a scheduler whose state it is. */
int lvs_locality_bind(struct lvs_service *svc);
void lvs_locality_unbind(struct lvs_service *svc);
int lvs_locality_changed(struct lvs_service *svc, struct lvs_dest *dest,
			 enum lvs_dest_event event);
void lvs_locality_tick(struct lvs_service *svc, lvs_tstamp now);

/*
 * Whether DEST, remembered or not, should not get the next connection: it has
 * more active ones than its weight, and another less than half of its weight.
 */
bool lvs_locality_should_relieve(const struct lvs_service *svc,
				 const struct lvs_dest *dest);

#endif
