/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sh.c - source hashing.
 *
 * All connections of one client go to one destination.  The table gives each
 * destination as many buckets in a row as its weight, round and round; so most
 * clients move when weights or destinations change (mh.c moves few).
 *
 * Flags: sh-port hashes the client's port too; with sh-fallback another bucket
 * is tried where the destination cannot be used, otherwise nobody stands in.
 */
#include "sched/sched.h"

#define SH_BITS 8
#define SH_SIZE (1u << SH_BITS)

struct sh {
	struct lvs_dest *table[SH_SIZE]; /* NULL without destinations */
};

static int sh_bind(struct lvs_service *svc)
{
	struct sh *sh = svc->sched_state;
	struct lvs_dest *dest = svc->first;
	int32_t taken = 0;

	for (unsigned i = 0; i < SH_SIZE; i++) {
		sh->table[i] = dest;
		if (dest && ++taken >= dest->weight) {
			dest = dest->next ? dest->next : svc->first;
			taken = 0;
		}
	}
	return 0;
}

static int sh_changed(struct lvs_service *svc, struct lvs_dest *dest,
		      enum lvs_dest_event event)
{
	(void)dest;
	(void)event;
	return sh_bind(svc);
}

static struct lvs_dest *fall_back(const struct sh *sh, uint32_t hash)
{
	for (uint32_t i = 0; i < SH_SIZE; i++) {
		uint32_t offset = (i + hash) % SH_SIZE;
		struct lvs_dest *dest = sh->table[(offset + hash) % SH_SIZE];

		if (!dest || lvs_dest_eligible(dest))
			return dest;
	}
	return NULL;
}

static struct lvs_dest *sh_pick(struct lvs_service *svc,
				const struct lvs_sched_flow *flow)
{
	const struct sh *sh = svc->sched_state;
	uint32_t flags = svc->conf.flags;
	uint32_t port = flags & LVS_SCHED_PORT ? flow->client_port : 0;
	uint32_t fold = lvs_sched_fold(&flow->client);
	uint32_t hash = lvs_sched_hash32(port + fold, SH_BITS);
	struct lvs_dest *dest = sh->table[hash];

	if (!dest || lvs_dest_eligible(dest))
		return dest;
	return flags & LVS_SCHED_FALLBACK ? fall_back(sh, hash) : NULL;
}

const struct lvs_scheduler lvs_sched_sh = {
	.name = "sh",
	.summary = "source hashing",
	.state_size = sizeof(struct sh),
	.bind = sh_bind,
	.changed = sh_changed,
	.pick = sh_pick,
};
