/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lvs/director.h - what is configured: virtual services, their real servers.
 *
 * A director forwards nothing by itself; engines (lvs/engine.h) do, any number
 * of them on one director.  Every call here may come from any thread, and
 * takes effect between two bursts of packets: a change is whole or not at all.
 *
 * Not to be called from inside a callback of the library, except for the
 * reading calls of lvs/sched.h from inside a scheduler.
 */
#ifndef LVS_DIRECTOR_H
#define LVS_DIRECTOR_H

#include <lvs/addr.h>
#include <lvs/base.h>
#include <lvs/stats.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lvs_director;
struct lvs_scheduler;

struct lvs_director_opts {
	size_t sz;
	uint64_t hash_key[2]; /* secret, from getrandom(2): the tables' key */
	const struct lvs_allocator *mem; /* borrowed; NULL: malloc(3) */
	/*
	 * Copied; emit NULL: silence.  Engines call it too, from their own
	 * threads and between two packets, but seldom.
	 */
	struct lvs_log log;
	/* Schedulers of the caller's own, NULL-terminated; borrowed. */
	const struct lvs_scheduler *const *schedulers;
};

/*
 * A new director with nothing configured, in *DIR.
 * LVS_ERR_NOMEM; LVS_ERR_INVAL (sz; or a scheduler whose name is taken).
 */
LVS_API int lvs_director_new(const struct lvs_director_opts *opts,
			     struct lvs_director **dir);

/* Free DIR (or NULL).  Its engines must have been freed before. */
LVS_API void lvs_director_free(struct lvs_director *dir);

/* How packets reach the real server; values of <linux/ip_vs.h>. */
enum lvs_method {
	LVS_METHOD_NAT = 0,    /* destination rewritten, replies come back */
	LVS_METHOD_LOCAL = 1,  /* the real server is this host */
	LVS_METHOD_TUN = 2,    /* in an outer IP packet; replies go direct */
	LVS_METHOD_DR = 3,     /* link address only; replies go direct */
	LVS_METHOD_BYPASS = 4, /* never configured; no real server */
};

/* Outer header of LVS_METHOD_TUN. */
enum lvs_tun_type {
	LVS_TUN_IPIP,
	LVS_TUN_GUE,
	LVS_TUN_GRE,
};

#define LVS_TUN_NOCSUM 0u
#define LVS_TUN_CSUM (1u << 0)
#define LVS_TUN_REMCSUM (1u << 1)

#define LVS_SVC_PERSISTENT (1u << 0)
#define LVS_SVC_HASHED (1u << 1) /* reported only */
#define LVS_SVC_ONEPACKET (1u << 2)
#define LVS_SVC_SCHED1 (1u << 3) /* sh-fallback, mh-fallback */
#define LVS_SVC_SCHED2 (1u << 4) /* sh-port, mh-port */
#define LVS_SVC_SCHED3 (1u << 5)

/* Longest scheduler and persistence engine name, with the final 0. */
#define LVS_NAME_MAX 16

/*
 * Which service.  By address: protocol (IPPROTO_TCP, UDP or SCTP), addr and
 * port.  By mark: fwmark != 0 and addr.family; protocol, addr.ip and port 0.
 */
struct lvs_service_id {
	struct lvs_addr addr;
	uint32_t fwmark;
	uint16_t port;
	uint8_t protocol;
	uint8_t zero;
};

#define LVS_TABLE_SIZE_MAX 16777213u /* the greatest prime of 24 bits */

struct lvs_service_conf {
	size_t sz;
	struct lvs_service_id id;
	char scheduler[LVS_NAME_MAX]; /* "": wlc */
	char pe[LVS_NAME_MAX];        /* persistence engine; "": none */
	uint32_t flags;               /* LVS_SVC_* */
	uint32_t timeout; /* of persistence, seconds; at most 31 days */
	uint32_t plen; /* client network of persistence; 0: whole address */
	/*
	 * Bits that are not in its mask nevertheless, network order: IPVS
	 * takes any mask for IPv4, 0.0.0.0 ("all clients are one") included.
	 */
	uint32_t holes_be;
	/*
	 * Slots of the hash table of mh, mh64k or chbl: a prime, at most
	 * LVS_TABLE_SIZE_MAX; 0: 4093 for mh, 65537 for the others.
	 */
	uint32_t table_size;
	/*
	 * Seconds in which the weight of a destination rises to what is
	 * configured when it is added, or had weight 0; at most 31 days; 0: at
	 * once.  For schedulers that go by the proportion of weights: wrr,
	 * wlc, sed, nq, twos, p2c.
	 */
	uint32_t slow_start;
};

struct lvs_dest_id {
	struct lvs_addr addr;
	uint16_t port; /* 0: the service's, or the packet's */
	uint16_t zero;
	uint32_t zero2;
};

struct lvs_dest_conf {
	size_t sz;
	struct lvs_dest_id id;
	uint8_t method;   /* enum lvs_method */
	uint8_t tun_type; /* enum lvs_tun_type */
	uint16_t tun_flags;
	uint16_t tun_port;
	int32_t weight;       /* 0: quiesced, no new connections */
	uint32_t u_threshold; /* overloaded from so many connections; 0: off */
	uint32_t l_threshold; /* and until below so many; 0: 3/4 of upper */
};

struct lvs_service_info {
	struct lvs_service_conf conf;
	uint32_t num_dests;
	struct lvs_stats stats;
};

struct lvs_dest_info {
	struct lvs_dest_conf conf;
	bool overloaded;
	uint32_t active;  /* connections in an active state */
	uint32_t inact;   /* the others */
	uint32_t persist; /* persistence templates */
	struct lvs_stats stats;
};

/*
 * Add, edit or delete the service CONF->id.  All of CONF is copied.  Editing
 * replaces scheduler, flags, timeout, plen and engine; connections stay.
 * Deleting also removes the service's destinations.
 *
 * LVS_ERR_EXIST (add), LVS_ERR_SRCH (edit, del: no such service),
 * LVS_ERR_NOENT (no such scheduler or persistence engine),
 * LVS_ERR_AFNOSUPPORT, LVS_ERR_INVAL, LVS_ERR_NOTSUP (a flag this version
 * does not carry out; table_size or slow_start for a scheduler without),
 * LVS_ERR_RANGE (table_size), LVS_ERR_NOMEM.  On error nothing has changed.
 */
LVS_API int lvs_service_add(struct lvs_director *dir,
			    const struct lvs_service_conf *conf);
LVS_API int lvs_service_edit(struct lvs_director *dir,
			     const struct lvs_service_conf *conf);
LVS_API int lvs_service_del(struct lvs_director *dir,
			    const struct lvs_service_id *id);

/* Delete every service. */
LVS_API void lvs_service_flush(struct lvs_director *dir);

/* LVS_ERR_SRCH if there is none; INFO is then as before. */
LVS_API int lvs_service_get(struct lvs_director *dir,
			    const struct lvs_service_id *id,
			    struct lvs_service_info *info);

/*
 * Services, newest first, but for the first FROM: up to MAX of them into INFO.
 * Returns how many services there are in all, so a listing can be made whole
 * or piece by piece.
 */
LVS_API size_t lvs_service_list(struct lvs_director *dir, size_t from,
				struct lvs_service_info *info, size_t max);

/*
 * Add, edit or delete a destination of service ID.  Editing weight, method or
 * thresholds touches no connection that exists.  Deleting leaves connections
 * to time out; adding the same address and port again while some remain takes
 * them back, with their counts.
 *
 * LVS_ERR_SRCH (no such service), LVS_ERR_EXIST (add), LVS_ERR_NOENT (edit,
 * del), LVS_ERR_RANGE (weight < 0, l_threshold > u_threshold), LVS_ERR_INVAL
 * (address not unicast; families mixed without tunnel; GUE without port),
 * LVS_ERR_NOTSUP, LVS_ERR_NOMEM.  On error nothing has changed.
 */
LVS_API int lvs_dest_add(struct lvs_director *dir,
			 const struct lvs_service_id *id,
			 const struct lvs_dest_conf *conf);
LVS_API int lvs_dest_edit(struct lvs_director *dir,
			  const struct lvs_service_id *id,
			  const struct lvs_dest_conf *conf);
LVS_API int lvs_dest_del(struct lvs_director *dir,
			 const struct lvs_service_id *id,
			 const struct lvs_dest_id *dest);

/* LVS_ERR_SRCH, LVS_ERR_NOENT. */
LVS_API int lvs_dest_get(struct lvs_director *dir,
			 const struct lvs_service_id *id,
			 const struct lvs_dest_id *dest,
			 struct lvs_dest_info *info);

/* As lvs_service_list; 0 if there is no such service. */
LVS_API size_t lvs_dest_list(struct lvs_director *dir,
			     const struct lvs_service_id *id, size_t from,
			     struct lvs_dest_info *info, size_t max);

/* Zero the counters of service ID and its destinations; NULL: of all. */
LVS_API int lvs_director_zero(struct lvs_director *dir,
			      const struct lvs_service_id *id);

/* Sums over all services, deleted ones included. */
LVS_API void lvs_director_stats(struct lvs_director *dir,
				struct lvs_stats *stats);

/*
 * Fold rates and free what was deleted and is used no more.  Call it about
 * once a second with the time; lvs_engine_tick does not do it.
 */
LVS_API void lvs_director_tick(struct lvs_director *dir, lvs_tstamp now);

/* Seconds; the ones `ipvsadm --set` sets. */
struct lvs_timeouts {
	uint32_t tcp;
	uint32_t tcp_fin;
	uint32_t udp;
};

LVS_API void lvs_director_timeouts(struct lvs_director *dir,
				   struct lvs_timeouts *timeouts);
/*
 * A member that is 0 keeps its value.  LVS_ERR_INVAL for one above 31 days
 * (2678400), and nothing has changed.
 */
LVS_API int lvs_director_set_timeouts(struct lvs_director *dir,
				      const struct lvs_timeouts *timeouts);

/* A connection, as listings show it. */
struct lvs_conn_info {
	struct lvs_addr client, virt, dest;
	uint16_t client_port, virt_port, dest_port;
	uint8_t protocol;
	uint8_t method;        /* enum lvs_method */
	bool persist_template; /* a persistence template */
	const char *state;     /* static */
	uint32_t expires;      /* seconds from now, rounded down */
	uint32_t flags;        /* IP_VS_CONN_F_* of <linux/ip_vs.h> */
};

/*
 * Connections of all engines, in no order: up to MAX into INFO; returns how
 * many were written, 0 at the end.  *CURSOR is 0 to begin and otherwise left
 * alone.  A connection that lives through the whole walk is seen once.
 */
LVS_API size_t lvs_director_conns(struct lvs_director *dir, uint64_t *cursor,
				  struct lvs_conn_info *info, size_t max,
				  lvs_tstamp now);

#ifdef __cplusplus
}
#endif

#endif
