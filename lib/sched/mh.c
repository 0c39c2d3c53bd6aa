/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mh.c - Maglev hashing: all connections of one client to one destination.
 *
 * "mh" has IPVS's table and chooses as IPVS does; "mh64k" has a larger one, in
 * which a change of weight moves hardly more clients than it must.
 *
 * Flags: mh-port hashes the client's port too; with mh-fallback another slot
 * is tried where the destination cannot be used, otherwise its clients are
 * refused.
 */
#include "sched/maglev.h"

#define MH_SIZE	   4093
#define MH64K_SIZE 65537

static int mh_prepare(struct lvs_service *svc, void *state,
		      const struct lvs_sched_plan *plan)
{
	return lvs_maglev_prepare(svc, state, plan, MH_SIZE, LVS_MAGLEV_IPVS);
}

static int mh64k_prepare(struct lvs_service *svc, void *state,
			 const struct lvs_sched_plan *plan)
{
	return lvs_maglev_prepare(svc, state, plan, MH64K_SIZE,
				  LVS_MAGLEV_STEADY);
}

static struct lvs_dest *fall_back(const struct lvs_maglev *maglev,
				  uint32_t word, uint32_t first)
{
	for (uint32_t i = 0; i < maglev->size; i++) {
		uint32_t offset = (i + first) % maglev->size;
		uint32_t slot = lvs_maglev_slot(maglev, offset + word);
		struct lvs_dest *dest = maglev->slots[slot];

		if (!dest || lvs_dest_eligible(dest))
			return dest;
	}
	return NULL;
}

static struct lvs_dest *mh_pick(struct lvs_service *svc,
				const struct lvs_sched_flow *flow)
{
	const struct lvs_maglev *maglev = svc->sched_state;
	uint32_t word = lvs_maglev_word(svc, flow);
	uint32_t slot = lvs_maglev_slot(maglev, word);
	struct lvs_dest *dest = maglev->slots[slot];

	if (!dest || lvs_dest_eligible(dest))
		return dest;
	return svc->conf.flags & LVS_SCHED_FALLBACK
		       ? fall_back(maglev, word, slot)
		       : NULL;
}

const struct lvs_scheduler lvs_sched_mh = {
	.name = "mh",
	.summary = "Maglev hashing",
	.state_size = sizeof(struct lvs_maglev),
	.bind = lvs_maglev_bind,
	.unbind = lvs_maglev_unbind,
	.changed = lvs_maglev_changed,
	.pick = mh_pick,
	.prepare = mh_prepare,
	.settle = lvs_maglev_settle,
	.traits = LVS_SCHED_SIZED,
};

const struct lvs_scheduler lvs_sched_mh64k = {
	.name = "mh64k",
	.summary = "Maglev hashing, evener and steadier",
	.state_size = sizeof(struct lvs_maglev),
	.bind = lvs_maglev_bind,
	.unbind = lvs_maglev_unbind,
	.changed = lvs_maglev_changed,
	.pick = mh_pick,
	.prepare = mh64k_prepare,
	.settle = lvs_maglev_settle,
	.traits = LVS_SCHED_SIZED,
};
