/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dest.c - a destination itself: its making, its place in lists, its counts.
 */
#include "model/director.h"
#include "model/news.h"

#include "base/mem.h"

#define TABLE_MIN 16

/* A free index; the table is enlarged if there is none. */
static int find_index(struct lvs_director *dir, uint32_t *index)
{
	uint32_t size = dir->dests_size ? dir->dests_size * 2 : TABLE_MIN;
	struct lvs_dest **dests;
	uint32_t *reals;

	for (uint32_t i = 0; i < dir->dests_size; i++) {
		if (!dir->dests[i]) {
			*index = i;
			return 0;
		}
	}
	dests = lvs_mem_array(&dir->mem, size, sizeof(*dests));
	reals = lvs_mem_array(&dir->mem, size, sizeof(*reals));
	if (!dests || !reals) {
		lvs_mem_free(&dir->mem, dests, size * sizeof(*dests));
		lvs_mem_free(&dir->mem, reals, size * sizeof(*reals));
		return LVS_ERR_NOMEM;
	}
	for (uint32_t i = 0; i < dir->dests_size; i++)
		dests[i] = dir->dests[i];
	lvs_mem_free(&dir->mem, dir->dests, dir->dests_size * sizeof(*dests));
	lvs_mem_free(&dir->mem, dir->reals, dir->dests_size * sizeof(*reals));
	*index = dir->dests_size;
	dir->dests = dests;
	dir->reals = reals;
	dir->dests_size = size;
	lvs_director_rehash_reals(dir);
	return 0;
}

struct lvs_dest *lvs_dest_new(struct lvs_director *dir,
			      const struct lvs_dest_conf *conf)
{
	struct lvs_dest *dest = lvs_mem_alloc(&dir->mem, sizeof(*dest));

	if (!dest)
		return NULL;
	if (lvs_meter_grow(&dest->meter, &dir->mem, dir->num_shards) ||
	    find_index(dir, &dest->index)) {
		lvs_meter_fini(&dest->meter, &dir->mem);
		lvs_mem_free(&dir->mem, dest, sizeof(*dest));
		return NULL;
	}
	pthread_mutex_init(&dest->overload_lock, NULL);
	dest->conf.id = conf->id;
	dest->family = conf->id.addr.family;
	dest->told = true;
	dir->dests[dest->index] = dest;
	lvs_director_add_real(dir, dest);
	return dest;
}

void lvs_dest_free(struct lvs_director *dir, struct lvs_dest *dest)
{
	lvs_director_del_real(dir, dest);
	dir->dests[dest->index] = NULL;
	pthread_mutex_destroy(&dest->overload_lock);
	lvs_meter_fini(&dest->meter, &dir->mem);
	lvs_mem_free(&dir->mem, dest, sizeof(*dest));
}

void lvs_dest_link(struct lvs_service *svc, struct lvs_dest *dest)
{
	dest->svc = svc;
	dest->svc_id = svc->conf.id;
	dest->svc_serial = svc->serial;
	dest->prev = NULL;
	dest->next = svc->first;
	if (svc->first)
		svc->first->prev = dest;
	svc->first = dest;
	svc->num_dests++;
	svc->host_generation = 0;
	atomic_fetch_or(&dest->flags, LVS_DEST_AVAILABLE);
}

/* Leaves next and prev as they are, for a scheduler that stood here. */
void lvs_dest_unlink(struct lvs_dest *dest)
{
	struct lvs_service *svc = dest->svc;

	lvs_news_leave(dest);
	if (dest->prev)
		dest->prev->next = dest->next;
	else
		svc->first = dest->next;
	if (dest->next)
		dest->next->prev = dest->prev;
	svc->num_dests--;
	svc->host_generation = 0;
	dest->svc = NULL;
	atomic_fetch_and(&dest->flags, ~LVS_DEST_AVAILABLE);
}

void lvs_dest_configure(struct lvs_dest *dest, const struct lvs_dest_conf *conf,
			bool added)
{
	bool thresholds = dest->conf.u_threshold != conf->u_threshold ||
			  dest->conf.l_threshold != conf->l_threshold;

	if (dest->svc)
		dest->svc->host_generation = 0;
	dest->conf = *conf;
	dest->weight = conf->weight;
	dest->u_threshold = conf->u_threshold;
	if (added || conf->weight)
		dest->last_weight = conf->weight;
	dest->version++;
	if (thresholds)
		lvs_dest_thresholds(dest);
}

/* Connections at which DEST stops being overloaded, when they fall below. */
static uint32_t lower_threshold(const struct lvs_dest *dest)
{
	uint32_t upper = dest->conf.u_threshold;

	return dest->conf.l_threshold ? dest->conf.l_threshold
				      : upper - upper / 4;
}

/*
 * Set from SET connections on, keep from KEEP on, clear below.  Under a lock,
 * and with the count of now: otherwise one who read it earlier could decide
 * later, and a destination without connections stay overloaded for ever.
 */
static void decide_overload(struct lvs_dest *dest, uint32_t set, uint32_t keep)
{
	uint32_t total;

	pthread_mutex_lock(&dest->overload_lock);
	total = lvs_dest_total_now(dest);
	if (dest->conf.u_threshold && total >= set)
		atomic_fetch_or(&dest->flags, LVS_DEST_OVERLOAD);
	else if (!dest->conf.u_threshold || total < keep)
		atomic_fetch_and(&dest->flags, ~LVS_DEST_OVERLOAD);
	pthread_mutex_unlock(&dest->overload_lock);
	lvs_dest_tell(dest);
}

void lvs_dest_thresholds(struct lvs_dest *dest)
{
	decide_overload(dest, dest->conf.u_threshold, lower_threshold(dest));
}

void lvs_dest_bind(struct lvs_dest *dest, bool is_template)
{
	uint32_t upper = dest->u_threshold;
	uint32_t before;

	lvs_dest_hold(dest);
	if (is_template) {
		atomic_fetch_add_explicit(&dest->persist, 1,
					  memory_order_relaxed);
		return;
	}
	before = atomic_fetch_add(&dest->total, 1);
	lvs_dest_tell(dest);
	if (upper && before + 1 == upper)
		decide_overload(dest, lower_threshold(dest),
				lower_threshold(dest));
}

void lvs_dest_unbind(struct lvs_dest *dest, bool is_template)
{
	uint32_t upper = dest->u_threshold;
	uint32_t before;

	if (is_template) {
		atomic_fetch_sub_explicit(&dest->persist, 1,
					  memory_order_relaxed);
	} else {
		before = atomic_fetch_sub(&dest->total, 1);
		lvs_dest_tell(dest);
		if (upper && before == lower_threshold(dest))
			decide_overload(dest, upper, upper);
	}
	lvs_dest_release(dest);
}
