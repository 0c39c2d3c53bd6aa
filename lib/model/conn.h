/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conn.h - connections and the table that finds them.
 *
 * A connection is small: key, state, timer, the index of its destination.
 * What is the same for all connections of a destination is not in it.
 *
 * One table finds a connection from both directions.  A flow is hashed as the
 * packet has it (source, destination); a connection is entered under
 *
 *	request  client:cport -> virt:vport
 *	reply    dest:dport   -> client:cport    by NAT
 *	         virt:vport   -> client:cport    by other methods
 *
 * under the second only if LVS_CONN_REPLY asks for it.  So one look-up a
 * packet finds its connection and tells the direction.
 *
 * The table counts time in ticks and keeps its connections' timers: a packet
 * stores "last seen" and no more; the timer wheel looks when it comes by.
 */
#ifndef LVS_MODEL_CONN_H
#define LVS_MODEL_CONN_H

#include "base/hash.h"
#include "base/wheel.h"
#include "pkt/flow.h"
#include <lvs/base.h>
#include <lvs/engine.h>

/* 2^24 ns = 16.8 ms: 32 bits of them last 2.3 years, differences wrap. */
#define LVS_TICK_SHIFT	  24
#define LVS_TICKS_PER_SEC (1000000000.0 / (1 << LVS_TICK_SHIFT))

static inline uint32_t lvs_tick(lvs_tstamp now)
{
	return (uint32_t)(now >> LVS_TICK_SHIFT);
}

/*
 * Seconds as ticks, rounded up, and one for the tick that has begun already:
 * never early.
 */
static inline uint32_t lvs_secs_to_ticks(uint32_t secs)
{
	uint64_t round_up = (1u << LVS_TICK_SHIFT) - 1;

	return (uint32_t)((secs * LVS_SEC + round_up) >> LVS_TICK_SHIFT) + 1;
}

/* Our own flags; IPVS's values are made of them for listings and sync. */
#define LVS_CONN_ACTIVE	      (1u << 0) /* counted in dest->active */
#define LVS_CONN_NOOUTPUT     (1u << 1) /* no reply was seen */
#define LVS_CONN_REPLY	      (1u << 2) /* entered under its reply key too */
#define LVS_CONN_TEMPLATE     (1u << 3) /* persistence template */
#define LVS_CONN_ONEPACKET    (1u << 4)
#define LVS_CONN_V6	      (1u << 5)
#define LVS_CONN_SYNCED	      (1u << 6)	 /* came by connection sync */
#define LVS_CONN_SHADOWED     (1u << 7)	 /* replies are another's */
#define LVS_CONN_METHOD_SHIFT 8		 /* 3 bits: enum lvs_method */
#define LVS_CONN_CONTROLLED   (1u << 11) /* made by a template */
#define LVS_CONN_ASSURED      (1u << 12) /* ... which knows that it works */
#define LVS_CONN_ANSWERED     (1u << 13) /* a reply was seen */
#define LVS_CONN_FAST	      (1u << 14) /* requests are in the fast path */
#define LVS_CONN_FAST_REPLY   (1u << 15) /* ... and replies */
#define LVS_CONN_FASTS	      (LVS_CONN_FAST | LVS_CONN_FAST_REPLY)

/* Who has an address and a port: by name, or by number in the arrays. */
enum lvs_end {
	LVS_END_CLIENT,
	LVS_END_VIRT,
	LVS_END_DEST,
	LVS_ENDS
};

/*
 * The record of an IPv4 connection ends after `v4`, 48 bytes, that of an IPv6
 * connection after `v6`, 88.  V4 lies where the alignment of v6 leaves a gap.
 */
struct lvs_conn {
	union {
		struct {
			struct lvs_wheel_link timer; /* the table's */
			uint32_t seen;	  /* tick of the last packet */
			uint32_t timeout; /* ticks after `seen` */
			uint32_t dest;	  /* index of it, or LVS_DEST_NONE */
			uint32_t packets; /* requests seen; wraps */
			uint16_t flags;	  /* LVS_CONN_* */
			uint8_t protocol;
			uint8_t state; /* of the protocol's machine */
			union {
				struct {
					uint16_t cport_be, vport_be, dport_be;
				};
				uint16_t ports_be[LVS_ENDS];
			};
			uint16_t hop; /* engine's: next hop to the client */
			union {
				struct {
					uint32_t client_be, virt_be, dest_be;
				} v4;
				uint32_t v4s_be[LVS_ENDS];
			};
		};
		struct {
			uint64_t before_v6[5];
			union {
				struct {
					union lvs_ip client, virt, dest;
				} v6;
				union lvs_ip v6s[LVS_ENDS];
			};
		};
	};
};

#define LVS_CONN_SIZE_V4 (offsetof(struct lvs_conn, v4) + 12)
#define LVS_CONN_SIZE_V6 (offsetof(struct lvs_conn, v6) + 48)

struct lvs_conn_table;

enum lvs_direction {
	LVS_REQUEST,
	LVS_REPLY,
};

/* Of `expired`: the connection was seen after all, and `seen` has moved on. */
#define LVS_CONN_SEEN UINT32_MAX

struct lvs_conn_table_opts {
	const struct lvs_allocator *mem; /* copied */
	uint64_t hash_key[2];
	uint32_t limit; /* connections; 0: none */
	/*
	 * CONN's time is over: return 0 to have it deleted (and freed, after
	 * this call), or ticks to have it live on that long from now, as its
	 * new timeout, or LVS_CONN_SEEN.  Must not add or delete connections.
	 * NULL: deleted.
	 */
	uint32_t (*expired)(void *ctx, struct lvs_conn *conn);
	/*
	 * CONN has lost its replies to another, and is LVS_CONN_SHADOWED now.
	 * Must not add or delete connections.  May be NULL.
	 */
	void (*shadowed)(void *ctx, struct lvs_conn *conn);
	void *ctx;
};

/* LVS_ERR_NOMEM, or 0 and *TAB.  NOW may lie far before the first packet. */
int lvs_conn_table_new(const struct lvs_conn_table_opts *opts, lvs_tstamp now,
		       struct lvs_conn_table **tab);
/* Frees all connections too, without a call of `expired`. */
void lvs_conn_table_free(struct lvs_conn_table *tab);
/* Same, calling EACH (may be NULL) on every connection before. */
void lvs_conn_table_drain(struct lvs_conn_table *tab,
			  void (*each)(void *ctx, struct lvs_conn *conn),
			  void *ctx);

/*
 * A connection for the request FLOW to destination address DEST and port
 * DPORT_BE; FLAGS: LVS_CONN_REPLY, TEMPLATE, ... (V6 is set from the flow).
 * Zeroed but for key, flags, `seen`, `timeout`.  NULL: memory or limit (errno
 * is not set; lvs_conn_table_full tells).  The flow must not be in the table.
 *
 * Two connections can have one reply key: a client's port that talks through
 * two virtual services to the same real server.  Its replies belong to the
 * connection that was added last, or since then was found by a request.
 */
struct lvs_conn *lvs_conn_add(struct lvs_conn_table *tab,
			      const struct lvs_flow *flow,
			      const union lvs_ip *dest, uint16_t dport_be,
			      uint16_t flags, uint32_t timeout_ticks,
			      lvs_tstamp now);
/* The same for a FLOW that was aimed at and has HASH. */
struct lvs_conn *lvs_conn_add_hashed(struct lvs_conn_table *tab,
				     const struct lvs_flow *flow, uint64_t hash,
				     const union lvs_ip *dest,
				     uint16_t dport_be, uint16_t flags,
				     uint32_t timeout_ticks, lvs_tstamp now);
/*
 * Who was added has his replies from now on.  Else he has them when something
 * is looked up, which is soon enough for whoever looks up.
 */
void lvs_conn_settle(struct lvs_conn_table *tab);
/* Takes CONN out and frees it. */
void lvs_conn_del(struct lvs_conn_table *tab, struct lvs_conn *conn);
/* At the limit: nothing can be added. */
bool lvs_conn_table_full(const struct lvs_conn_table *tab);
uint64_t lvs_conn_count(const struct lvs_conn_table *tab);
/* Bytes that the table holds, all included. */
size_t lvs_conn_table_bytes(const struct lvs_conn_table *tab);

/*
 * What is known of the flows of a burst before they are looked up: the words
 * that are hashed of an IPv4 flow, and the hash of any.
 */
struct lvs_conn_aims {
	uint64_t ports[LVS_BURST], addrs[LVS_BURST];
	uint64_t hashes[LVS_BURST];
};

/* Flows to give to one call of lvs_conn_aim, if there are as many. */
#define LVS_CONN_AIM LVS_HASH_LANES

/*
 * The hashes of COUNT (<= LVS_CONN_AIM) flows, the FROM-th and after of a
 * burst, a multiple of LVS_CONN_AIM, into AIMS; memory where lvs_conn_find
 * begins is asked for.  A flow whose pointer is NULL is passed over.
 */
void lvs_conn_aim(const struct lvs_conn_table *tab,
		  const struct lvs_flow *const flows[],
		  struct lvs_conn_aims *aims, size_t from, size_t count);

/*
 * The connections of COUNT (<= LVS_BURST) flows into CONNS, NULL where there
 * is none, and which way each packet travels (enum lvs_direction) into DIRS.
 * All were aimed at.  A flow whose pointer is NULL is passed over (NULL).
 */
void lvs_conn_find(struct lvs_conn_table *tab,
		   const struct lvs_flow *const flows[],
		   const struct lvs_conn_aims *aims, struct lvs_conn *conns[],
		   uint8_t dirs[], size_t count);

/* One flow; NULL: none. */
struct lvs_conn *lvs_conn_find_one(struct lvs_conn_table *tab,
				   const struct lvs_flow *flow, uint8_t *dir);
/* The same for one that was aimed at and has HASH. */
struct lvs_conn *lvs_conn_find_hashed(struct lvs_conn_table *tab,
				      const struct lvs_flow *flow,
				      uint64_t hash, uint8_t *dir);

/* A packet was seen: restart the timer.  Cheap; nothing is moved. */
static inline void lvs_conn_touch(struct lvs_conn *conn, uint32_t tick)
{
	conn->seen = tick;
}

/*
 * CONN's timeout becomes TICKS.  Storing it in `timeout` would do where it
 * becomes longer, but not where it becomes shorter: the wheel has to know.
 */
void lvs_conn_set_timeout(struct lvs_conn_table *tab, struct lvs_conn *conn,
			  uint32_t ticks);

/*
 * Ticks until it expires, 0 if it is due.  It may have been seen after TICK, by
 * somebody whose clock was read later.
 */
static inline uint32_t lvs_conn_left(const struct lvs_conn *conn, uint32_t tick)
{
	int32_t idle = (int32_t)(tick - conn->seen);

	if (idle < 0)
		return conn->timeout;
	return (uint32_t)idle < conn->timeout ? conn->timeout - (uint32_t)idle
					      : 0;
}

/*
 * Go on to NOW, looking at no more than MAX connections; true when there is
 * more to do at this time.  *NEXT: when to call again if false (UINT64_MAX:
 * no need).  Also moves a table that grows or shrinks on by a bounded step.
 *
 * A connection expires in the first call whose tick is `timeout` after
 * `seen`, never before; later only if that call has MAX others to look at.
 */
bool lvs_conn_table_advance(struct lvs_conn_table *tab, lvs_tstamp now,
			    size_t max, lvs_tstamp *next);

/*
 * Up to MAX connections into CONNS; *CURSOR is 0 at first.  0 at the end.
 * Additions and deletions between calls are allowed: what lives through the
 * walk is seen exactly once.
 */
size_t lvs_conn_walk(struct lvs_conn_table *tab, uint64_t *cursor,
		     struct lvs_conn *conns[], size_t max);

/* Family, client, virtual and real address of CONN as lvs_addr. */
void lvs_conn_addrs(const struct lvs_conn *conn, struct lvs_addr *client,
		    struct lvs_addr *virt, struct lvs_addr *dest);

#endif
