/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mh.c - Maglev hashing: all connections of one client to one destination.
 *
 * "mh" has IPVS's table and chooses as IPVS does; "mh64k" has a larger one,
 * for hundreds of destinations or weights that differ much.
 *
 * Flags: mh-port hashes the client's port too; with mh-fallback another slot
 * is tried where the destination cannot be used, otherwise its clients are
 * refused.
 */
#include "sched/maglev.h"

#define MH_SIZE		 4093
#define MH_TURNS_BITS	 6
#define MH64K_SIZE	 65537
#define MH64K_TURNS_BITS 8

static int mh_bind(struct lvs_service *svc)
{
	return lvs_maglev_init(svc->sched_state, svc, MH_SIZE, MH_TURNS_BITS);
}

static int mh64k_bind(struct lvs_service *svc)
{
	return lvs_maglev_init(svc->sched_state, svc, MH64K_SIZE,
			       MH64K_TURNS_BITS);
}

static void mh_unbind(struct lvs_service *svc)
{
	lvs_maglev_fini(svc->sched_state, svc);
}

static int mh_changed(struct lvs_service *svc, struct lvs_dest *dest,
		      enum lvs_dest_event event)
{
	return lvs_maglev_changed(svc->sched_state, svc, dest, event);
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
	.bind = mh_bind,
	.unbind = mh_unbind,
	.changed = mh_changed,
	.pick = mh_pick,
};

const struct lvs_scheduler lvs_sched_mh64k = {
	.name = "mh64k",
	.summary = "Maglev hashing with 65537 slots",
	.state_size = sizeof(struct lvs_maglev),
	.bind = mh64k_bind,
	.unbind = mh_unbind,
	.changed = mh_changed,
	.pick = mh_pick,
};
