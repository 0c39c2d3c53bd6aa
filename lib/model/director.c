/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * director.c - a director from its making to its end, and its timeouts.
 */
#include "model/director.h"

#include "base/mem.h"
#include "base/opts.h"
#include <string.h>

#define BUCKETS_MIN 64

/* IPVS's own, in seconds. */
static const struct lvs_timeouts timeouts_default = {
	.tcp = 900,
	.tcp_fin = 120,
	.udp = 300,
};

static bool name_taken(const struct lvs_scheduler *const *schedulers,
		       size_t count, const char *name)
{
	if (!strcmp(name, "none") || lvs_scheduler_find(name))
		return true;
	for (size_t i = 0; i < count; i++)
		if (!strcmp(schedulers[i]->name, name))
			return true;
	return false;
}

/* Whether the caller's own schedulers can be named and used. */
static bool schedulers_fit(const struct lvs_scheduler *const *schedulers)
{
	for (size_t i = 0; schedulers && schedulers[i]; i++) {
		const struct lvs_scheduler *sched = schedulers[i];

		if (sched->prepare && sched->traits & LVS_SCHED_SLOW_START)
			return false;
		if (!sched->pick || !sched->name || !*sched->name ||
		    strlen(sched->name) >= LVS_NAME_MAX ||
		    name_taken(schedulers, i, sched->name))
			return false;
	}
	return true;
}

static int director_init(struct lvs_director *dir)
{
	dir->num_buckets = BUCKETS_MIN;
	dir->buckets = lvs_mem_array(&dir->mem, dir->num_buckets,
				     sizeof(struct lvs_service *));
	dir->vips = lvs_mem_array(&dir->mem, dir->num_buckets,
				  sizeof(struct lvs_service *));
	if (!dir->buckets || !dir->vips)
		return LVS_ERR_NOMEM;
	return lvs_net_new(&dir->mem, &dir->net);
}

int lvs_director_new(const struct lvs_director_opts *opts,
		     struct lvs_director **dir)
{
	struct lvs_director_opts o;
	struct lvs_director *d;
	int err = lvs_opts_read(&o, sizeof(o), opts);

	if (err)
		return err;
	if (!schedulers_fit(o.schedulers))
		return LVS_ERR_INVAL;
	if (!o.mem)
		o.mem = &lvs_mem_default;
	d = lvs_mem_alloc(o.mem, sizeof(*d));
	if (!d)
		return LVS_ERR_NOMEM;
	d->mem = *o.mem;
	d->log = o.log;
	memcpy(d->hash_key, o.hash_key, sizeof(d->hash_key));
	d->schedulers = o.schedulers;
	d->timeouts = timeouts_default;
	pthread_mutex_init(&d->lock, NULL);
	err = director_init(d);
	if (err) {
		lvs_director_free(d);
		return err;
	}
	*dir = d;
	return 0;
}

void lvs_director_free(struct lvs_director *dir)
{
	struct lvs_allocator mem;

	if (!dir)
		return;
	lvs_service_flush(dir);
	while (dir->trash)
		lvs_trash_free(dir, dir->trash);
	mem = dir->mem;
	lvs_net_free(dir->net);
	lvs_marks_free(dir);
	lvs_mem_free(&mem, dir->buckets,
		     dir->num_buckets * sizeof(*dir->buckets));
	lvs_mem_free(&mem, dir->vips, dir->num_buckets * sizeof(*dir->vips));
	lvs_mem_free(&mem, dir->dests, dir->dests_size * sizeof(*dir->dests));
	lvs_mem_free(&mem, dir->reals, dir->dests_size * sizeof(*dir->reals));
	pthread_mutex_destroy(&dir->lock);
	lvs_mem_free(&mem, dir, sizeof(*dir));
}

void lvs_director_timeouts(struct lvs_director *dir,
			   struct lvs_timeouts *timeouts)
{
	pthread_mutex_lock(&dir->lock);
	*timeouts = dir->timeouts;
	pthread_mutex_unlock(&dir->lock);
}

int lvs_director_set_timeouts(struct lvs_director *dir,
			      const struct lvs_timeouts *timeouts)
{
	if (timeouts->tcp > LVS_TIMEOUT_MAX ||
	    timeouts->tcp_fin > LVS_TIMEOUT_MAX ||
	    timeouts->udp > LVS_TIMEOUT_MAX)
		return LVS_ERR_INVAL;
	pthread_mutex_lock(&dir->lock);
	lvs_director_stop(dir);
	/* What was forwarded until now goes by the old ones. */
	lvs_director_gather_stopped(dir);
	if (timeouts->tcp)
		dir->timeouts.tcp = timeouts->tcp;
	if (timeouts->tcp_fin)
		dir->timeouts.tcp_fin = timeouts->tcp_fin;
	if (timeouts->udp)
		dir->timeouts.udp = timeouts->udp;
	lvs_director_go(dir);
	pthread_mutex_unlock(&dir->lock);
	return 0;
}
