/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * chbl.c - consistent hashing with bounded loads (Mirrokni, Thorup and
 * Zadimoghaddam, SODA 2018).  Not one of IPVS's.
 *
 * A client's connections go to one destination, as with Maglev hashing, as
 * long as that has no more than a quarter above its fair share of all
 * connections; then to the next one in the client's own order.  So a busy
 * client, or an unlucky hash, cannot drown a destination.
 *
 * Flag sh-port hashes the client's port too.
 */
#include "sched/maglev.h"

#define CHBL_SIZE	65537
#define CHBL_TURNS_BITS 8

/* What a destination may have above its share: 1 / 4. */
#define SLACK_SHARE 4

/* Places that are tried before the lightest one is looked for. */
#define TRIES 32

static int chbl_bind(struct lvs_service *svc)
{
	return lvs_maglev_init(svc->sched_state, svc, CHBL_SIZE,
			       CHBL_TURNS_BITS);
}

static void chbl_unbind(struct lvs_service *svc)
{
	lvs_maglev_fini(svc->sched_state, svc);
}

static int chbl_changed(struct lvs_service *svc, struct lvs_dest *dest,
			enum lvs_dest_event event)
{
	return lvs_maglev_changed(svc->sched_state, svc, dest, event);
}

/* What is there to be shared, the connection being placed included. */
struct sum {
	uint64_t conns, weight;
};

static struct sum add_up(const struct lvs_service *svc)
{
	struct sum sum = { .conns = 1 };

	for (const struct lvs_dest *d = svc->first; d; d = d->next) {
		if (!lvs_dest_eligible(d))
			continue;
		sum.conns += lvs_dest_total_now(d);
		sum.weight += (uint64_t)d->weight;
	}
	return sum;
}

/* total < 5/4 * conns * weight / sum of weights, rounded up. */
static bool has_room(const struct lvs_dest *dest, const struct sum *sum)
{
	uint64_t share = sum->conns * (uint64_t)dest->weight;

	return lvs_dest_eligible(dest) &&
	       lvs_dest_total_now(dest) * sum->weight * SLACK_SHARE <
		       share * (SLACK_SHARE + 1);
}

static bool emptier(const struct lvs_dest *a, const struct lvs_dest *b)
{
	return (uint64_t)lvs_dest_total_now(a) * (uint64_t)b->weight <
	       (uint64_t)lvs_dest_total_now(b) * (uint64_t)a->weight;
}

static struct lvs_dest *chbl_pick(struct lvs_service *svc,
				  const struct lvs_sched_flow *flow)
{
	const struct lvs_maglev *maglev = svc->sched_state;
	uint32_t word = lvs_maglev_word(svc, flow);
	struct sum sum = add_up(svc);
	uint32_t slot = lvs_maglev_slot(maglev, word);

	for (uint32_t i = 1; i <= TRIES; i++) {
		struct lvs_dest *dest = maglev->slots[slot];

		if (dest && has_room(dest, &sum))
			return dest;
		slot = lvs_maglev_slot(maglev, slot + i + word);
	}
	return lvs_sched_best(svc, emptier);
}

const struct lvs_scheduler lvs_sched_chbl = {
	.name = "chbl",
	.summary = "consistent hashing with bounded loads",
	.state_size = sizeof(struct lvs_maglev),
	.bind = chbl_bind,
	.unbind = chbl_unbind,
	.changed = chbl_changed,
	.pick = chbl_pick,
};
