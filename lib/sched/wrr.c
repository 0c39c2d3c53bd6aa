/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wrr.c - weighted round robin.
 *
 * Goes round the destinations again and again with a level that sinks from the
 * greatest weight to 1 in steps of the weights' common divisor, and picks whom
 * it meets with a weight that reaches the level.  So in one sinking each is
 * picked as often as its weight is a multiple of the step:
 *
 *	weights 3 2 1:  level 3: a   level 2: a b   level 1: a b c
 */
#include "sched/sched.h"

struct wrr {
	struct lvs_dest *last; /* where we stand; NULL: before the first */
	uint32_t level;	       /* 1 more than a multiple of step */
	uint32_t top;	       /* highest level; 0: no weight above 0 */
	uint32_t step;
};

static void measure(const struct lvs_service *svc, struct wrr *wrr)
{
	uint32_t greatest = 0, divisor = 0;

	for (const struct lvs_dest *d = svc->first; d; d = d->next) {
		uint32_t weight = (uint32_t)d->weight;

		divisor = lvs_sched_gcd(weight, divisor);
		if (weight > greatest)
			greatest = weight;
	}
	wrr->step = divisor ? divisor : 1;
	wrr->top = greatest - (wrr->step - 1);
}

static int wrr_bind(struct lvs_service *svc)
{
	struct wrr *wrr = svc->sched_state;

	measure(svc, wrr);
	wrr->level = wrr->top;
	return 0;
}

/* The highest level that a weight of at least 1 reaches. */
static uint32_t level_below(const struct wrr *wrr, uint32_t weight)
{
	return (weight - 1) / wrr->step * wrr->step + 1;
}

static int wrr_changed(struct lvs_service *svc, struct lvs_dest *dest,
		       enum lvs_dest_event event)
{
	struct wrr *wrr = svc->sched_state;

	(void)dest;
	measure(svc, wrr);
	if (event != LVS_DEST_REWEIGHED)
		wrr->last = NULL;
	if (wrr->level > wrr->top || !wrr->level)
		wrr->level = wrr->top;
	else if (wrr->step > 1)
		wrr->level = wrr->level / wrr->step * wrr->step + 1;
	return 0;
}

static uint32_t heaviest(const struct lvs_service *svc)
{
	uint32_t weight = 0;

	for (const struct lvs_dest *d = svc->first; d; d = d->next)
		if (lvs_dest_eligible(d) && (uint32_t)d->weight > weight)
			weight = (uint32_t)d->weight;
	return weight;
}

/* From DEST to the end of the list: the first that reaches the level. */
static struct lvs_dest *walk(const struct wrr *wrr, struct lvs_dest *dest)
{
	while (dest && !(lvs_dest_eligible(dest) &&
			 (uint32_t)dest->weight >= wrr->level))
		dest = dest->next;
	return dest;
}

/*
 * At the end of the list: go on to the next level that anybody reaches.  False
 * if nobody can be picked: then every level has been gone through, down to
 * where the walk began.
 */
static bool sink(const struct lvs_service *svc, struct wrr *wrr)
{
	uint32_t weight = heaviest(svc);

	if (!weight) {
		wrr->level = wrr->last ? 1 : wrr->top;
		return false;
	}
	wrr->level = wrr->level > wrr->step ? wrr->level - wrr->step : wrr->top;
	if (wrr->level > weight)
		wrr->level = level_below(wrr, weight);
	return true;
}

static struct lvs_dest *wrr_pick(struct lvs_service *svc,
				 const struct lvs_sched_flow *flow)
{
	struct wrr *wrr = svc->sched_state;
	struct lvs_dest *dest;

	(void)flow;
	if (!wrr->top)
		return NULL;
	dest = walk(wrr, wrr->last ? wrr->last->next : svc->first);
	if (!dest && sink(svc, wrr))
		dest = walk(wrr, svc->first);
	if (dest)
		wrr->last = dest;
	return dest;
}

const struct lvs_scheduler lvs_sched_wrr = {
	.name = "wrr",
	.summary = "weighted round robin",
	.state_size = sizeof(struct wrr),
	.bind = wrr_bind,
	.changed = wrr_changed,
	.pick = wrr_pick,
	.traits = LVS_SCHED_SLOW_START,
};
