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
#include <stdatomic.h>

struct lvs_service;

#define LVS_DEST_AVAILABLE (1u << 0) /* not removed */
#define LVS_DEST_OVERLOAD (1u << 1)  /* over its upper threshold */

/* Index that no destination has. */
#define LVS_DEST_NONE UINT32_MAX

struct lvs_dest {
	struct lvs_dest *next, *prev; /* of the service (or trash) */
	struct lvs_service *svc;      /* NULL in the trash */
	uint32_t index;               /* in director->dests; stays */
	struct lvs_dest_conf conf;
	uint16_t family;          /* of conf.id.addr */
	int32_t weight;           /* conf.weight */
	int32_t last_weight;      /* last that was not 0 */
	_Atomic uint32_t flags;   /* LVS_DEST_AVAILABLE, _OVERLOAD */
	_Atomic uint32_t active;  /* connections in an active state */
	_Atomic uint32_t total;   /* connections, templates not counted */
	_Atomic uint32_t persist; /* templates */
	_Atomic uint32_t refs;    /* connections and templates */
	uint32_t version;         /* moves on when conf changes: rebuild actions */
	struct lvs_meter meter;   /* counters, rates (stats/counters.h) */
	/* Of the service it last belonged to: what a re-add must match. */
	struct lvs_service_id svc_id;
	lvs_tstamp idle_since;    /* in the trash without refs; 0: not yet */
};

static inline bool lvs_dest_is(const struct lvs_dest *dest, uint32_t flag)
{
	return (atomic_load_explicit(&dest->flags, memory_order_relaxed) &
		flag) != 0;
}

/* Weight above 0 and not overloaded: may be given a new connection. */
static inline bool lvs_dest_eligible(const struct lvs_dest *dest)
{
	return dest->weight > 0 && !lvs_dest_is(dest, LVS_DEST_OVERLOAD);
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
	atomic_fetch_add_explicit(&dest->active, (uint32_t)delta,
				  memory_order_relaxed);
}

#endif
