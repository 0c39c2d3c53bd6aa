/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * service.h - a virtual service with its destinations and scheduler.
 */
#ifndef LVS_MODEL_SERVICE_H
#define LVS_MODEL_SERVICE_H

#include "base/prng.h"
#include "model/dest.h"
#include <lvs/sched.h>
#include <pthread.h>

struct lvs_director;

struct lvs_service {
	struct lvs_service *next, *prev; /* of the director, newest first */
	struct lvs_service *hash_next;	 /* in the director's buckets */
	struct lvs_service *vip_next;	 /* in its vips */
	struct lvs_director *dir;
	uint64_t serial; /* no two services have the same */
	struct lvs_service_conf conf;
	struct lvs_dest *first;		 /* newest first */
	_Atomic(struct lvs_dest *) news; /* whose counts changed (news.h) */
	uint32_t num_dests;
	const struct lvs_scheduler *sched; /* NULL: "none" */
	void *sched_state;
	pthread_mutex_t lock;	/* held while a hook of sched runs */
	struct lvs_prng prng;	/* under lock */
	struct lvs_meter meter; /* what deleted destinations counted */
};

/* Whether SVC is one of a mark, not of an address. */
static inline bool lvs_service_by_mark(const struct lvs_service *svc)
{
	return svc->conf.id.fwmark != 0;
}

/* Everything that SVC's destinations, also those it had, have counted. */
void lvs_service_counts(const struct lvs_service *svc,
			uint64_t count[LVS_COUNTERS]);

/* The destination of SVC with ID, or NULL. */
struct lvs_dest *lvs_service_dest(const struct lvs_service *svc,
				  const struct lvs_dest_id *id);

/* Tell the scheduler of a change; nothing if it does not ask for it. */
int lvs_service_changed(struct lvs_service *svc, struct lvs_dest *dest,
			enum lvs_dest_event event);

#endif
