/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slow_start.c - the weight of a destination that comes up rises to what is
 * configured.
 *
 * Only proportions of weights count here, so while any destination of a
 * service is rising, all have SCALE times their weights: a part of a weight of
 * 1 is a whole number then.  Those that came up at the same time have the same
 * part of their weights, and among themselves what is configured.
 *
 * An admin call brings no time with it; what has come since the last tick
 * begins to rise with the next one.
 */
#include "model/director.h"

#define SCALE 64

/* A destination begins with one part in so many. */
#define FIRST_PART 16

#define MS (LVS_SEC / 1000)

void lvs_slow_start_begin(struct lvs_service *svc, struct lvs_dest *dest)
{
	dest->rising = svc->conf.slow_start && dest->conf.weight;
	dest->rising_since = 0;
}

/* WEIGHT after ELAPSED milliseconds of TOTAL. */
static int32_t part_of(int32_t weight, uint64_t elapsed, uint64_t total)
{
	uint64_t first = (uint64_t)weight / FIRST_PART;
	uint64_t rest = (uint64_t)weight - first;

	if (!first)
		first = 1, rest = (uint64_t)weight - 1;
	return (int32_t)(first + rest * elapsed / total);
}

/* So much that no weight of SVC overflows. */
static int32_t scale_for(const struct lvs_service *svc)
{
	int32_t greatest = 1;

	for (const struct lvs_dest *d = svc->first; d; d = d->next)
		if (d->conf.weight > greatest)
			greatest = d->conf.weight;
	return greatest > INT32_MAX / SCALE ? INT32_MAX / greatest : SCALE;
}

/* Who has not risen long enough; false: nobody. */
static bool anybody_rises(struct lvs_service *svc, lvs_tstamp now)
{
	lvs_tstamp total = svc->conf.slow_start * LVS_SEC;
	bool any = false;

	for (struct lvs_dest *d = svc->first; d; d = d->next) {
		if (!total ||
		    (d->rising_since && now - d->rising_since >= total))
			d->rising = false;
		any |= d->rising;
	}
	return any;
}

/* What DEST weighs at NOW; all weights are SCALE times as high. */
static int32_t weight_at(const struct lvs_service *svc,
			 const struct lvs_dest *dest, int32_t scale,
			 lvs_tstamp now)
{
	int32_t weight = dest->conf.weight * scale;
	lvs_tstamp since = dest->rising_since;

	if (!dest->rising)
		return weight;
	return part_of(weight, since ? (now - since) / MS : 0,
		       svc->conf.slow_start * (uint64_t)1000);
}

void lvs_slow_start_reweigh(struct lvs_service *svc)
{
	lvs_tstamp now = svc->dir->ticked;
	bool rises = anybody_rises(svc, now);
	int32_t scale = rises ? scale_for(svc) : 1;
	bool any = false;

	if (!rises && !svc->rising)
		return;
	svc->rising = rises;
	for (struct lvs_dest *d = svc->first; d; d = d->next) {
		int32_t weight = weight_at(svc, d, scale, now);

		any |= weight != d->weight;
		d->weight = weight;
	}
	if (any)
		lvs_service_changed(svc, NULL, LVS_DEST_REWEIGHED);
}

static void begin_to_rise(struct lvs_service *svc, lvs_tstamp now)
{
	for (struct lvs_dest *d = svc->first; d; d = d->next)
		if (d->rising && !d->rising_since)
			d->rising_since = now;
}

void lvs_slow_start_tick(struct lvs_director *dir, lvs_tstamp now)
{
	dir->ticked = now;
	for (struct lvs_service *s = dir->first; s; s = s->next) {
		if (!s->rising)
			continue;
		begin_to_rise(s, now);
		lvs_director_stop(dir);
		lvs_slow_start_reweigh(s);
		lvs_director_go(dir);
	}
}
