/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dest.h - a destination: one real server of one virtual service.
 *
 * It lives from lvs_dest_add until it was removed and no connection or
 * template refers to it: `refs` counts those.  Removed ones wait in their
 * director's trash and are taken back when the same one is added again.
 */
#ifndef LVS_MODEL_DEST_H
#define LVS_MODEL_DEST_H

#include "stats/counters.h"
#include <lvs/director.h>
#include <pthread.h>
#include <stdatomic.h>

struct lvs_director;
struct lvs_service;

#define LVS_DEST_AVAILABLE (1u << 0) /* not removed */
#define LVS_DEST_OVERLOAD  (1u << 1) /* over its upper threshold */

/* Index that no destination has. */
#define LVS_DEST_NONE UINT32_MAX

struct lvs_dest {
	/* What a scheduler looks at: in one cache line, for its walks. */
	_Alignas(64) struct lvs_dest *next; /* of the service (or trash) */
	struct lvs_dest *news_next;	    /* of svc->news (model/news.h) */
	int32_t weight;			    /* conf.weight, but in slow start */
	_Atomic uint32_t flags;		    /* LVS_DEST_AVAILABLE, _OVERLOAD */
	_Atomic uint32_t active;	    /* connections in an active state */
	_Atomic uint32_t total; /* connections, templates not counted */
	uint32_t u_threshold;	/* conf.u_threshold */
	_Atomic uint32_t refs;	/* connections, templates, schedulers' caches */
	struct lvs_service *svc; /* NULL in the trash */
	uint32_t index;		 /* in director->dests; stays */
	uint32_t version;  /* moves on when conf changes: rebuild actions */
	uint32_t place;	   /* the scheduler's own (sched/ranking.h) */
	_Atomic bool told; /* of changes nobody wants to hear */

	struct lvs_dest *prev;
	_Atomic uint32_t persist; /* templates */
	struct lvs_meter meter;	  /* counters, rates (stats/counters.h) */
	struct lvs_dest_conf conf;
	uint16_t family;     /* of conf.id.addr */
	int32_t last_weight; /* last that was not 0, or the first */
	/* Held while LVS_DEST_OVERLOAD is decided anew. */
	pthread_mutex_t overload_lock;
	/* Of the service it last belonged to: what a re-add must match. */
	struct lvs_service_id svc_id;
	uint64_t svc_serial;   /* and whether it is the same one still */
	lvs_tstamp idle_since; /* in the trash without refs; 0: not yet */
	bool rising;		 /* in slow start */
	lvs_tstamp rising_since; /* 0: since after the last tick */
	_Atomic uint64_t setup;	 /* setup_time.c; 0: never seen */
	uint32_t real_next;    /* index + 1 of the next in director->reals */
};

static inline bool lvs_dest_is(const struct lvs_dest *dest, uint32_t flag)
{
	return (atomic_load(&dest->flags) & flag) != 0;
}

/* Weight above 0 and not overloaded: may be given a new connection. */
static inline bool lvs_dest_eligible(const struct lvs_dest *dest)
{
	return dest->weight > 0 && !lvs_dest_is(dest, LVS_DEST_OVERLOAD);
}

static inline uint32_t lvs_dest_active_now(const struct lvs_dest *dest)
{
	return atomic_load(&dest->active);
}

static inline uint32_t lvs_dest_total_now(const struct lvs_dest *dest)
{
	return atomic_load(&dest->total);
}

/* DEST's connections or LVS_DEST_OVERLOAD were changed (model/news.h). */
void lvs_news_put(struct lvs_dest *dest);
static inline void lvs_dest_tell(struct lvs_dest *dest)
{
	if (!atomic_load(&dest->told))
		lvs_news_put(dest);
}

/*
 * A connection (TEMPLATE: a persistence template) binds to DEST, or is freed;
 * with the threshold rules of spec section 3.10.  Its change of activity is
 * lvs_dest_activity: DELTA is +1 or -1.
 */
void lvs_dest_bind(struct lvs_dest *dest, bool is_template);
void lvs_dest_unbind(struct lvs_dest *dest, bool is_template);
static inline void lvs_dest_activity(struct lvs_dest *dest, int delta)
{
	atomic_fetch_add(&dest->active, (uint32_t)delta);
	lvs_dest_tell(dest);
}

/* A connection has taken NS from its SYN to the SYN+ACK of DEST. */
void lvs_dest_setup_took(struct lvs_dest *dest, uint64_t ns, lvs_tstamp now);

/* Who remembers DEST beyond a removal holds it: it is then not freed. */
static inline void lvs_dest_hold(struct lvs_dest *dest)
{
	atomic_fetch_add_explicit(&dest->refs, 1, memory_order_relaxed);
}

static inline void lvs_dest_release(struct lvs_dest *dest)
{
	atomic_fetch_sub_explicit(&dest->refs, 1, memory_order_release);
}

/*
 * The rest is the model's own, with the director's lock held; what engines
 * can see changes only while they are stopped.
 */

/*
 * A destination with a copy of CONF, entered in DIR's table but in no service
 * yet; NULL: no memory.
 */
struct lvs_dest *lvs_dest_new(struct lvs_director *dir,
			      const struct lvs_dest_conf *conf);
void lvs_dest_free(struct lvs_director *dir, struct lvs_dest *dest);

/* Into the list of SVC, at its head; and out of it again. */
void lvs_dest_link(struct lvs_service *svc, struct lvs_dest *dest);
void lvs_dest_unlink(struct lvs_dest *dest);

/* CONF is fit and to be DEST's; ADDED: from a lvs_dest_add. */
void lvs_dest_configure(struct lvs_dest *dest, const struct lvs_dest_conf *conf,
			bool added);

/* Decide OVERLOAD anew after a change of thresholds. */
void lvs_dest_thresholds(struct lvs_dest *dest);

/* DEST of SVC, unlinked, into the trash; engines are told. */
void lvs_trash_put(struct lvs_service *svc, struct lvs_dest *dest);

/* Out of the trash what was SVC's under ID; NULL: it is not there. */
struct lvs_dest *lvs_trash_take(struct lvs_service *svc,
				const struct lvs_dest_id *id);

/* Out of the trash and out of memory. */
void lvs_trash_free(struct lvs_director *dir, struct lvs_dest *dest);

/* Free what has lain unused in the trash for long enough. */
void lvs_trash_tick(struct lvs_director *dir, lvs_tstamp now);

#endif
