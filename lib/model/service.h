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
	struct lvs_service *hash_next;
	struct lvs_director *dir;
	struct lvs_service_conf conf;
	struct lvs_dest *first;  /* newest first */
	uint32_t num_dests;
	const struct lvs_scheduler *sched; /* NULL: "none" */
	void *sched_state;
	pthread_mutex_t lock;    /* held while scheduling */
	struct lvs_prng prng;    /* under lock */
	struct lvs_meter meter;  /* what deleted destinations counted */
};

#endif
