/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * director.h - everything configured, and the engines that use it.
 *
 * Locking: `lock` serialises admin calls.  One that changes anything an engine
 * reads also takes every engine's gate (lvs_director_stop), in the order of
 * their slots; engines hold their own gate during a burst and take nothing
 * but a service's lock inside it.  So the order is lock, gates, service lock.
 */
#ifndef LVS_MODEL_DIRECTOR_H
#define LVS_MODEL_DIRECTOR_H

#include "model/mark.h"
#include "model/service.h"
#include "net/net.h"
#include "pkt/flow.h"
#include <lvs/engine.h>

#define LVS_ENGINES_MAX 64

/* The longest timeout that can be asked for: 31 days, in seconds. */
#define LVS_TIMEOUT_MAX 2678400u

/*
 * What the director must be able to ask of an engine; the engine's struct
 * begins with it, so that the model need not know engines.
 */
struct lvs_engine_slot {
	pthread_mutex_t gate; /* made and destroyed by enter and leave */
	uint32_t number; /* 0 .. LVS_ENGINES_MAX - 1; shard of the counters */
	/* Called with the gate held. */
	size_t (*conns)(struct lvs_engine_slot *slot, uint64_t *cursor,
			struct lvs_conn_info *info, size_t max, lvs_tstamp now);
	void (*stats)(struct lvs_engine_slot *slot,
		      struct lvs_engine_stats *stats);
	/* DEST was removed, or is about to be freed: forget its actions. */
	void (*dest_gone)(struct lvs_engine_slot *slot, struct lvs_dest *dest);
	/* Sees a next hop's state change: held packets may go. */
	void (*net_changed)(struct lvs_engine_slot *slot);
	/*
	 * What programs have forwarded and counted for the engine (lvs/fast.h)
	 * is counted here too, for all destinations or DEST alone: some with
	 * each call.  FROM is LVS_GATHER_ALL at first, then what was returned,
	 * until that is 0.  NULL, and the next too: there are no programs.
	 */
	uint32_t (*gather)(struct lvs_engine_slot *slot,
			   const struct lvs_dest *dest, uint32_t from);
	/* From now on no program forwards for DEST, soon to be removed. */
	void (*dest_leaves)(struct lvs_engine_slot *slot,
			    struct lvs_dest *dest);
};

#define LVS_GATHER_ALL UINT32_MAX

struct lvs_director {
	struct lvs_allocator mem;
	struct lvs_log log;
	uint64_t hash_key[2];
	const struct lvs_scheduler *const *schedulers; /* the caller's own */
	pthread_mutex_t lock;
	struct lvs_engine_slot *engines[LVS_ENGINES_MAX];

	uint32_t num_shards; /* of every destination's meter */

	struct lvs_service *first; /* newest first */
	uint32_t num_services;
	uint32_t num_any_port; /* services on port 0 */
	uint32_t num_ftp;      /* services on port 21 */
	uint64_t next_serial;
	struct lvs_service **buckets; /* by address and port, and by mark */
	struct lvs_service **vips;    /* by address alone */
	uint32_t num_buckets;	      /* of either; a power of two */
	struct lvs_marks *marks;      /* NULL: no rules */

	struct lvs_dest **dests; /* by index; holes are NULL */
	uint32_t dests_size;
	uint32_t *reals; /* by address: index + 1 of the first; dests_size */
	struct lvs_dest *trash; /* newest first */

	struct lvs_timeouts timeouts;
	struct lvs_meter meter; /* what deleted services counted */
	lvs_tstamp rates_at;	/* when rates are folded next; 0: never were */
	lvs_tstamp ticked;	/* when the last tick was */
	lvs_tstamp trash_at;	/* when trash is looked at next; 0: is empty */
	struct lvs_net *net;	/* owned */
	struct lvs_persist *persist; /* of the engines; NULL without any */
};

/* Stop all engines between two bursts, and let them go on. */
void lvs_director_stop(struct lvs_director *dir);
void lvs_director_go(struct lvs_director *dir);

/*
 * What programs have counted for DEST (NULL: for all) is counted: before
 * counters are read, with the director's lock held and engines running.
 */
void lvs_director_gather(struct lvs_director *dir, const struct lvs_dest *dest);
/* The same with engines stopped, for all. */
void lvs_director_gather_stopped(struct lvs_director *dir);
/* The same for one engine, from any thread. */
void lvs_slot_gather(struct lvs_engine_slot *slot, const struct lvs_dest *dest);

/*
 * DEST is about to be removed; engines are stopped.  From now on nothing is
 * counted for it.
 */
void lvs_director_withdraw(struct lvs_director *dir, struct lvs_dest *dest);

/* Give SLOT a number and enter it; LVS_ERR_NOSPC.  And take it out again. */
int lvs_director_enter(struct lvs_director *dir, struct lvs_engine_slot *slot);
void lvs_director_leave(struct lvs_director *dir, struct lvs_engine_slot *slot);

/*
 * The service for a packet to ADDR:PORT_BE with MARK (0: what our own rules
 * give it), in IPVS's order: mark, exact address, port 21 if it may be FTP
 * data, port 0.  For engines, inside their gate; NULL: none.
 */
struct lvs_service *lvs_director_service(const struct lvs_director *dir,
					 uint16_t family, uint8_t protocol,
					 const union lvs_ip *addr,
					 uint16_t port_be, uint32_t mark);

/* The service with this very ID, or NULL; with the director's lock held. */
struct lvs_service *lvs_director_exact(const struct lvs_director *dir,
				       const struct lvs_service_id *id);

/*
 * Enter SVC, and take it out; engines are stopped.  LVS_ERR_NOMEM (then it is
 * not entered).
 */
int lvs_director_insert(struct lvs_director *dir, struct lvs_service *svc);
void lvs_director_remove(struct lvs_director *dir, struct lvs_service *svc);

/* ID as services are looked up by: what its kind does not use is zero. */
struct lvs_service_id lvs_service_id_clean(const struct lvs_service_id *id);

/*
 * Whether ADDR is the address of any service, or of a rule that marks what is
 * sent to it for one; for ARP and ND answers.
 */
bool lvs_director_is_vip(const struct lvs_director *dir,
			 const struct lvs_addr *addr);

/*
 * A destination with the address ADDR, the next one after AFTER (NULL: the
 * first), also one that was removed and still has connections; NULL: no more.
 * For engines, inside their gate.
 */
const struct lvs_dest *lvs_director_real(const struct lvs_director *dir,
					 const struct lvs_addr *addr,
					 const struct lvs_dest *after);

/* DEST was entered in DIR's table, or is about to leave it. */
void lvs_director_add_real(struct lvs_director *dir, struct lvs_dest *dest);
void lvs_director_del_real(struct lvs_director *dir, struct lvs_dest *dest);
/* The same for all of DIR's after the table has grown. */
void lvs_director_rehash_reals(struct lvs_director *dir);

/*
 * Who takes FLOW: SVC's scheduler under SVC's lock; the destination comes
 * bound for one connection (lvs_dest_bind), so that the next choice counts it.
 * NULL: nobody can.
 */
struct lvs_dest *lvs_service_schedule(struct lvs_service *svc,
				      const struct lvs_sched_flow *flow);
/* The same for a packet of FLOW that came NOW. */
struct lvs_dest *lvs_service_schedule_flow(struct lvs_service *svc,
					   const struct lvs_flow *flow,
					   lvs_tstamp now);

static inline struct lvs_dest *lvs_director_dest(const struct lvs_director *dir,
						 uint32_t index)
{
	return index == LVS_DEST_NONE ? NULL : dir->dests[index];
}

#endif
