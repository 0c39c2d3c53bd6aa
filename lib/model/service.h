/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * service.h - a virtual service with its destinations and scheduler.
 */
#ifndef LVS_MODEL_SERVICE_H
#define LVS_MODEL_SERVICE_H

#include "base/limit.h"
#include "base/prng.h"
#include "model/dest.h"
#include <arpa/inet.h>
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
	bool rising; /* weights are other than configured: slow start */
	pthread_mutex_t lock; /* held while a hook of sched runs */
	struct lvs_prng prng; /* under lock */
	/* The host is a real server, at this generation of the net; 0: not
	 * known.  Under lock. */
	bool host_serves;
	uint32_t host_generation;
	/* Lines that say that nobody takes a connection; under lock. */
	struct lvs_limit complaints;
	struct lvs_meter meter; /* what deleted destinations counted */
};

/* Whether SVC is one of a mark, not of an address. */
static inline bool lvs_service_by_mark(const struct lvs_service *svc)
{
	return svc->conf.id.fwmark != 0;
}

/*
 * Whether packets to port PORT_BE with MARK of their own are only SVC's, by the
 * address or a rule of ours: not where that mark tells, nor on ports that FTP
 * data might come to.
 */
static inline bool lvs_service_owns(const struct lvs_service_id *svc,
				    uint16_t port_be, uint32_t mark)
{
	if (svc->fwmark)
		return mark == 0;
	return svc->port == 0 || htons(svc->port) == port_be;
}

/* What programs have counted for SVC's destinations counts with them. */
void lvs_service_gather(const struct lvs_service *svc);

/* Everything that SVC's destinations, also those it had, have counted. */
void lvs_service_counts(const struct lvs_service *svc,
			uint64_t count[LVS_COUNTERS]);

/* The destination of SVC with ID, or NULL. */
struct lvs_dest *lvs_service_dest(const struct lvs_service *svc,
				  const struct lvs_dest_id *id);

/*
 * scheduler.c: a service and its scheduler.  A change goes in three steps:
 * prepare while engines run, change while they are stopped, settle when they
 * run again, whatever came of it.  All with the director's lock held.
 */

/* A scheduler and its state, before or after a service has it. */
struct lvs_binding {
	const struct lvs_scheduler *sched; /* NULL: "none" */
	void *state;
};

/* SCHED for SVC with its destinations when it will be as CONF; LVS_ERR_*. */
int lvs_binding_prepare(struct lvs_service *svc,
			const struct lvs_service_conf *conf,
			const struct lvs_scheduler *sched,
			struct lvs_binding *binding);

/* SVC gets it, and *BINDING is the one that it had; on error as before. */
int lvs_binding_change(struct lvs_service *svc, struct lvs_binding *binding);

/* SVC is about to go, and its scheduler knows of no destination any more. */
void lvs_service_unbind(struct lvs_service *svc);

/* *BINDING ends, which SVC does not have, or not any more. */
void lvs_binding_settle(struct lvs_service *svc, struct lvs_binding *binding);

/* DEST of SVC will be added, removed, or edited to be as CONF. */
int lvs_service_prepare(struct lvs_service *svc, struct lvs_dest *dest,
			enum lvs_dest_event event,
			const struct lvs_dest_conf *conf);
int lvs_service_changed(struct lvs_service *svc, struct lvs_dest *dest,
			enum lvs_dest_event event);
void lvs_service_settle(struct lvs_service *svc);

/*
 * slow_start.c; engines are stopped.  DEST has come up in SVC; weights are to
 * be what they should be, after any change of destinations or of the service.
 */
void lvs_slow_start_begin(struct lvs_service *svc, struct lvs_dest *dest);
void lvs_slow_start_reweigh(struct lvs_service *svc);

/* Weights rise; engines are not stopped yet. */
void lvs_slow_start_tick(struct lvs_director *dir, lvs_tstamp now);

/* The flags of SVC are others. */
int lvs_service_reconfigured(struct lvs_service *svc);

#endif
