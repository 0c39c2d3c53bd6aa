/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lvs/sched.h - schedulers: who takes a new connection.
 *
 * A scheduler is a const struct.  The library's own are in one list; a
 * program's own are given in lvs_director_opts.schedulers and are then named
 * like the others.  All hooks of one service run under that service's lock.
 */
#ifndef LVS_SCHED_H
#define LVS_SCHED_H

#include <lvs/addr.h>
#include <lvs/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lvs_service;
struct lvs_service_conf;
struct lvs_dest;

/* What is known of the connection to be placed. */
struct lvs_sched_flow {
	struct lvs_addr client;
	struct lvs_addr virt; /* destination of the packet */
	uint16_t client_port;
	uint16_t virt_port;
	uint8_t protocol;
	lvs_tstamp now;
};

enum lvs_dest_event {
	LVS_DEST_ADDED,   /* already in the list */
	LVS_DEST_REMOVED, /* no longer in the list; lvs_dest_next as before */
	LVS_DEST_EDITED,  /* weight or thresholds */
	/* Weights of any number of them, which is NULL; must not fail. */
	LVS_DEST_REWEIGHED,
};

/* A service as it will be when a change has been made; valid for a call. */
struct lvs_sched_member {
	struct lvs_dest *dest;
	int32_t weight;
	int32_t last_weight; /* the last that was not 0, or the first */
};

struct lvs_sched_plan {
	const struct lvs_service_conf *conf;
	const struct lvs_sched_member *members; /* newest first */
	size_t count;
};

/* lvs_scheduler.traits */
#define LVS_SCHED_SIZED (1u << 0) /* heeds lvs_service_conf.table_size */
/*
 * Goes by the proportion of weights, so lvs_service_conf.slow_start may be
 * asked for: weights are then not what is configured, and multiples of it.
 * Not together with prepare.
 */
#define LVS_SCHED_SLOW_START (1u << 1)
#define LVS_SCHED_SETUP_TIMES (1u << 2) /* looks at lvs_dest_setup_time */

struct lvs_scheduler {
	const char *name; /* at most LVS_NAME_MAX - 1 bytes */
	const char *summary;
	/* Bytes of state a service; zeroed before bind; 0: none. */
	size_t state_size;
	/* Each may be NULL.  bind and changed: 0 or LVS_ERR_*. */
	int (*bind)(struct lvs_service *svc);
	void (*unbind)(struct lvs_service *svc);
	int (*changed)(struct lvs_service *svc, struct lvs_dest *dest,
		       enum lvs_dest_event event);
	/* The service's flags were edited, the scheduler not. */
	int (*reconfigured)(struct lvs_service *svc);
	/* Who takes FLOW; NULL: nobody can. */
	struct lvs_dest *(*pick)(struct lvs_service *svc,
				 const struct lvs_sched_flow *flow);
	/* Called about once a second. */
	void (*tick)(struct lvs_service *svc, lvs_tstamp now);
	/*
	 * For state that takes long to make, so that no packet waits for it:
	 * engines stand still during bind, unbind and changed, but not during
	 * these two, which run beside pick, without the service's lock, one at
	 * a time.
	 *
	 * prepare is called before bind, with a new STATE, and before changed,
	 * with the present one.  In STATE it makes what PLAN will need, and
	 * leaves alone what pick reads; bind or changed then puts it in place.
	 * 0 or LVS_ERR_*: nothing is changed then.  Only a removal goes on all
	 * the same, with nothing prepared.
	 *
	 * settle is called after bind, changed and unbind, or when none of
	 * them was called after all: what is prepared or replaced and is not
	 * used by pick is to be freed.
	 */
	int (*prepare)(struct lvs_service *svc, void *state,
		       const struct lvs_sched_plan *plan);
	void (*settle)(struct lvs_service *svc, void *state);
	uint32_t traits; /* LVS_SCHED_* above */
};

/* The library's own schedulers: the INDEX-th, or NULL past the last. */
LVS_API const struct lvs_scheduler *lvs_scheduler_at(size_t index);

/* The one NAMEd so, or NULL. */
LVS_API const struct lvs_scheduler *lvs_scheduler_find(const char *name);

/* What one of LVS_SVC_SCHED* is called in files and on command lines. */
struct lvs_sched_flag {
	const char *name;
	const char *scheduler; /* the only one it is a flag of; NULL: any */
	uint32_t flag;
};

/*
 * The INDEX-th, or NULL past the last.  Names of one scheduler come before
 * those of any: who writes a flag takes the first name that fits.
 */
LVS_API const struct lvs_sched_flag *lvs_sched_flag_at(size_t index);

/*
 * For pick and the other hooks, and valid only inside them.  Destinations come
 * newest first, as IPVS keeps them.
 */
LVS_API void *lvs_service_state(struct lvs_service *svc);
LVS_API uint32_t lvs_service_flags(const struct lvs_service *svc);
LVS_API struct lvs_dest *lvs_service_first(const struct lvs_service *svc);
LVS_API struct lvs_dest *lvs_dest_next(const struct lvs_dest *dest);
LVS_API size_t lvs_service_count(const struct lvs_service *svc);
/* 64 random bits from a generator of the service's own. */
LVS_API uint64_t lvs_service_random(struct lvs_service *svc);

LVS_API const struct lvs_addr *lvs_dest_addr(const struct lvs_dest *dest);
LVS_API uint16_t lvs_dest_port(const struct lvs_dest *dest);
LVS_API int32_t lvs_dest_weight(const struct lvs_dest *dest);
/* Connections in an active state, and all. */
LVS_API uint32_t lvs_dest_active(const struct lvs_dest *dest);
LVS_API uint32_t lvs_dest_total(const struct lvs_dest *dest);
/*
 * Nanoseconds that it takes to agree to a TCP connection, from the SYN to its
 * SYN+ACK: a moving average, at most 10 s; 0: not known, because replies do
 * not come by, or none came in the last 10 s.  Measured for schedulers with
 * LVS_SCHED_SETUP_TIMES only.
 */
LVS_API uint64_t lvs_dest_setup_time(const struct lvs_dest *dest,
				     lvs_tstamp now);
LVS_API bool lvs_dest_overloaded(const struct lvs_dest *dest);
/* Weight above 0 and not overloaded. */
LVS_API bool lvs_dest_usable(const struct lvs_dest *dest);

#ifdef __cplusplus
}
#endif

#endif
