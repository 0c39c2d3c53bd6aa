/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lvs/stats.h - counters, rates, why packets are dropped and which connections
 * give way.
 *
 * Counters are live and 64 bits wide; nothing has to be folded before it can
 * be read.  Bytes count from the IP header on.
 */
#ifndef LVS_STATS_H
#define LVS_STATS_H

#include <lvs/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lvs_stats {
	uint64_t conns;    /* connections scheduled */
	uint64_t inpkts;   /* from clients */
	uint64_t outpkts;  /* to clients, where they pass here */
	uint64_t inbytes;
	uint64_t outbytes;
	uint64_t cps;      /* per second, averaged as IPVS does: every */
	uint64_t inpps;    /* 2 s a quarter of the way to the newest sample */
	uint64_t outpps;
	uint64_t inbps;    /* bytes */
	uint64_t outbps;
};

/* Why a packet was dropped.  X(name, "name", sentence) */
#define LVS_REASONS(X)                                                         \
	X(NONE, "none", "not dropped")                                         \
	X(SHORT, "short", "shorter than its headers say")                      \
	X(BAD_HEADER, "bad-header", "a header field that cannot be")           \
	X(BAD_CSUM, "bad-csum", "wrong checksum")                              \
	X(NO_DEST, "no-dest", "no real server can take the connection")        \
	X(DEST_GONE, "dest-gone", "the connection's real server was removed")  \
	X(NO_ROUTE, "no-route", "no route to the next hop")                    \
	X(LINK_DOWN, "link-down", "the interface to leave by is down")         \
	X(NO_NEIGH, "no-neigh", "the next hop does not answer")                \
	X(HOLD_FULL, "hold-full", "too many packets wait for the next hop")    \
	X(TTL, "ttl", "time to live exceeded")                                 \
	X(TOO_BIG, "too-big", "larger than the MTU, may not be fragmented")    \
	X(FRAGMENT, "fragment", "a fragment that cannot be placed")            \
	X(NO_ROOM, "no-room", "no room in the buffer for an outer header")     \
	X(NO_MEMORY, "no-memory", "out of memory")                             \
	X(CONN_LIMIT, "conn-limit", "the connection table is full")            \
	X(EXPIRED, "expired", "the connection was expired with its server")    \
	X(TX, "tx", "the interface did not take it")                           \
	X(DEFENCE, "defence", "dropped by the overload defence")               \
	X(FRAG_OVERLAP, "frag-overlap", "fragments that overlap")              \
	X(FRAG_TIMEOUT, "frag-timeout", "the other fragments did not come")    \
	X(FRAG_LIMIT, "frag-limit", "too many fragments wait for others")      \
	X(NO_CONN, "no-conn", "of a connection that does not exist")           \
	X(ANSWER_LIMIT, "answer-limit", "too many answers were sent already")

enum lvs_reason {
#define LVS_REASON_ENUM(name, text, sentence) LVS_REASON_##name,
	LVS_REASONS(LVS_REASON_ENUM)
#undef LVS_REASON_ENUM
	LVS_REASON_COUNT
};

/* "no-route", or "?" for no known reason; static. */
LVS_API const char *lvs_reason_name(unsigned reason);
/* The sentence to it; static. */
LVS_API const char *lvs_reason_text(unsigned reason);

/*
 * Connections that give way to new ones when an engine has as many as it may,
 * in this order; others never do.  X(name, "name", sentence)
 */
#define LVS_EVICTIONS(X)                                                       \
	X(HALF_OPEN, "half-open", "not answered by the real server yet")       \
	X(CLOSING, "closing", "ended by one side or both")                     \
	X(BARE, "bare", "established, and nothing after the handshake")

enum lvs_eviction {
#define LVS_EVICT_ENUM(name, text, sentence) LVS_EVICT_##name,
	LVS_EVICTIONS(LVS_EVICT_ENUM)
#undef LVS_EVICT_ENUM
	LVS_EVICT_COUNT
};

/* "half-open", or "?" for no known class; static. */
LVS_API const char *lvs_eviction_name(unsigned eviction);
/* The sentence to it; static. */
LVS_API const char *lvs_eviction_text(unsigned eviction);

#ifdef __cplusplus
}
#endif

#endif
