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
#include "sched/ranking.h"

#define CHBL_SIZE 65537

/* What a destination may have above its share: 1 / 4. */
#define SLACK_SHARE 4

/* Places that are tried before the lightest one is looked for. */
#define TRIES 32

struct chbl {
	struct lvs_maglev maglev;   /* first, for its hooks */
	struct lvs_ranking ranking; /* the emptiest first */
};

static struct lvs_rank emptiest(const struct lvs_dest *dest)
{
	return (struct lvs_rank){
		.load = lvs_dest_total_now(dest),
		.weight = (uint64_t)dest->weight,
	};
}

static int chbl_prepare(struct lvs_service *svc, void *state,
			const struct lvs_sched_plan *plan)
{
	return lvs_maglev_prepare(svc, state, plan, CHBL_SIZE,
				  LVS_MAGLEV_STEADY);
}

static int chbl_bind(struct lvs_service *svc)
{
	struct chbl *chbl = svc->sched_state;

	lvs_ranking_init(&chbl->ranking, svc, emptiest);
	return lvs_maglev_bind(svc);
}

static void chbl_unbind(struct lvs_service *svc)
{
	struct chbl *chbl = svc->sched_state;

	lvs_ranking_fini(&chbl->ranking, svc);
	lvs_maglev_unbind(svc);
}

static int chbl_changed(struct lvs_service *svc, struct lvs_dest *dest,
			enum lvs_dest_event event)
{
	struct chbl *chbl = svc->sched_state;

	lvs_ranking_changed(&chbl->ranking, svc, dest, event);
	return lvs_maglev_changed(svc, dest, event);
}

/*
 * total < 5/4 * share, rounded up: the share that SUM, of all connections and
 * weights, gives to DEST's weight when one more is placed.
 */
static bool has_room(const struct lvs_dest *dest,
		     const struct lvs_rank_sum *sum)
{
	uint64_t share = (sum->load + 1) * (uint64_t)dest->weight;

	return lvs_dest_eligible(dest) &&
	       lvs_dest_total_now(dest) * sum->weight * SLACK_SHARE <
		       share * (SLACK_SHARE + 1);
}

static struct lvs_dest *chbl_pick(struct lvs_service *svc,
				  const struct lvs_sched_flow *flow)
{
	struct chbl *chbl = svc->sched_state;
	const struct lvs_maglev *maglev = &chbl->maglev;
	uint32_t word = lvs_maglev_word(svc, flow);
	struct lvs_rank_sum sum = lvs_ranking_sum(&chbl->ranking, svc);
	uint32_t slot = lvs_maglev_slot(maglev, word);

	for (uint32_t i = 1; i <= TRIES; i++) {
		struct lvs_dest *dest = maglev->slots[slot];

		if (dest && has_room(dest, &sum))
			return dest;
		slot = lvs_maglev_slot(maglev, slot + i + word);
	}
	return lvs_ranking_best(&chbl->ranking, svc);
}

const struct lvs_scheduler lvs_sched_chbl = {
	.name = "chbl",
	.summary = "consistent hashing with bounded loads",
	.state_size = sizeof(struct chbl),
	.bind = chbl_bind,
	.unbind = chbl_unbind,
	.changed = chbl_changed,
	.pick = chbl_pick,
	.prepare = chbl_prepare,
	.settle = lvs_maglev_settle,
	.traits = LVS_SCHED_SIZED,
};
