/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dh.c - destination hashing.
 *
 * All connections to one virtual address go to one destination: for caches
 * behind a mark service that covers many addresses.  Weights do not matter but
 * for 0.  Nobody stands in for a destination that cannot be used.
 */
#include "sched/sched.h"

#define DH_BITS 8
#define DH_SIZE (1u << DH_BITS)

struct dh {
	struct lvs_dest *table[DH_SIZE]; /* NULL without destinations */
};

static int dh_bind(struct lvs_service *svc)
{
	struct dh *dh = svc->sched_state;
	struct lvs_dest *dest = svc->first;

	for (unsigned i = 0; i < DH_SIZE; i++) {
		dh->table[i] = dest;
		if (dest)
			dest = dest->next ? dest->next : svc->first;
	}
	return 0;
}

static int dh_changed(struct lvs_service *svc, struct lvs_dest *dest,
		      enum lvs_dest_event event)
{
	(void)dest;
	return event == LVS_DEST_EDITED ? 0 : dh_bind(svc);
}

static struct lvs_dest *dh_pick(struct lvs_service *svc,
				const struct lvs_sched_flow *flow)
{
	struct dh *dh = svc->sched_state;
	uint32_t fold = lvs_sched_fold(&flow->virt);
	struct lvs_dest *dest = dh->table[lvs_sched_hash32(fold, DH_BITS)];

	return dest && lvs_dest_eligible(dest) ? dest : NULL;
}

const struct lvs_scheduler lvs_sched_dh = {
	.name = "dh",
	.summary = "destination hashing",
	.state_size = sizeof(struct dh),
	.bind = dh_bind,
	.changed = dh_changed,
	.pick = dh_pick,
};
