/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * account.c - what services and the whole have counted, zeroing, the tick.
 *
 * Only destinations count packets.  A service has counted what its
 * destinations have and what removed ones had; the director what its services
 * have and what deleted ones had.
 */
#include "model/director.h"

void lvs_service_gather(const struct lvs_service *svc)
{
	for (const struct lvs_dest *d = svc->first; d; d = d->next)
		lvs_director_gather(svc->dir, d);
}

void lvs_service_counts(const struct lvs_service *svc,
			uint64_t count[LVS_COUNTERS])
{
	uint64_t one[LVS_COUNTERS];

	lvs_meter_read(&svc->meter, count);
	for (const struct lvs_dest *d = svc->first; d; d = d->next) {
		lvs_meter_read(&d->meter, one);
		for (int c = 0; c < LVS_COUNTERS; c++)
			count[c] += one[c];
	}
}

static void director_counts(const struct lvs_director *dir,
			    uint64_t count[LVS_COUNTERS])
{
	uint64_t one[LVS_COUNTERS];

	lvs_meter_read(&dir->meter, count);
	for (const struct lvs_service *s = dir->first; s; s = s->next) {
		lvs_service_counts(s, one);
		for (int c = 0; c < LVS_COUNTERS; c++)
			count[c] += one[c];
	}
}

void lvs_director_stats(struct lvs_director *dir, struct lvs_stats *stats)
{
	uint64_t count[LVS_COUNTERS];

	pthread_mutex_lock(&dir->lock);
	lvs_director_gather(dir, NULL);
	director_counts(dir, count);
	lvs_stats_show(stats, count, dir->meter.zero, &dir->meter.rates);
	pthread_mutex_unlock(&dir->lock);
}

static void zero_service(struct lvs_service *svc)
{
	uint64_t count[LVS_COUNTERS];

	for (struct lvs_dest *d = svc->first; d; d = d->next) {
		lvs_meter_read(&d->meter, count);
		lvs_meter_zero(&d->meter, count);
	}
	lvs_service_counts(svc, count);
	lvs_meter_zero(&svc->meter, count);
}

static void zero_all(struct lvs_director *dir)
{
	uint64_t count[LVS_COUNTERS];

	for (struct lvs_service *s = dir->first; s; s = s->next)
		zero_service(s);
	director_counts(dir, count);
	lvs_meter_zero(&dir->meter, count);
}

int lvs_director_zero(struct lvs_director *dir, const struct lvs_service_id *id)
{
	struct lvs_service_id clean;
	struct lvs_service *svc = NULL;

	pthread_mutex_lock(&dir->lock);
	lvs_director_gather(dir, NULL);
	if (id) {
		clean = lvs_service_id_clean(id);
		svc = lvs_director_exact(dir, &clean);
		if (svc)
			zero_service(svc);
	} else {
		zero_all(dir);
	}
	pthread_mutex_unlock(&dir->lock);
	return id && !svc ? LVS_ERR_SRCH : 0;
}

static void fold_rates(struct lvs_director *dir)
{
	uint64_t count[LVS_COUNTERS];

	lvs_director_gather(dir, NULL);
	for (struct lvs_service *s = dir->first; s; s = s->next) {
		for (struct lvs_dest *d = s->first; d; d = d->next) {
			lvs_meter_read(&d->meter, count);
			lvs_rates_fold(&d->meter.rates, count);
		}
		lvs_service_counts(s, count);
		lvs_rates_fold(&s->meter.rates, count);
	}
	director_counts(dir, count);
	lvs_rates_fold(&dir->meter.rates, count);
}

/*
 * Every two seconds, however unevenly the calls come; after a long pause the
 * beat starts anew.
 */
static bool rates_due(struct lvs_director *dir, lvs_tstamp now)
{
	if (!dir->rates_at)
		dir->rates_at = now + LVS_RATES_INTERVAL;
	if (now < dir->rates_at)
		return false;
	dir->rates_at += LVS_RATES_INTERVAL;
	if (dir->rates_at <= now)
		dir->rates_at = now + LVS_RATES_INTERVAL;
	return true;
}

static void tick_schedulers(struct lvs_director *dir, lvs_tstamp now)
{
	for (struct lvs_service *s = dir->first; s; s = s->next) {
		if (!s->sched || !s->sched->tick)
			continue;
		pthread_mutex_lock(&s->lock);
		s->sched->tick(s, now);
		pthread_mutex_unlock(&s->lock);
	}
}

void lvs_director_tick(struct lvs_director *dir, lvs_tstamp now)
{
	pthread_mutex_lock(&dir->lock);
	if (rates_due(dir, now))
		fold_rates(dir);
	lvs_slow_start_tick(dir, now);
	tick_schedulers(dir, now);
	lvs_trash_tick(dir, now);
	pthread_mutex_unlock(&dir->lock);
}
