/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lvs/engine.h - the packet engine.
 *
 * An engine opens nothing, reads no clock and starts no thread.  Its caller
 * hands it packets together with the time, and does what the verdicts say;
 * so everything the engine will ever do can be replayed from a file.
 *
 * An engine belongs to one director and, for all calls below, to one thread.
 */
#ifndef LVS_ENGINE_H
#define LVS_ENGINE_H

#include <lvs/base.h>
#include <lvs/director.h>
#include <lvs/fast.h>
#include <lvs/pkt.h>
#include <lvs/stats.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lvs_engine;

/* The most packets that one burst takes in one stage; more are cut up. */
#define LVS_BURST 32

struct lvs_engine_opts {
	size_t sz;
	/*
	 * Connections at most, and as many persistence templates again for
	 * the director; 0: as many as memory holds, whoever asks for them.
	 */
	uint32_t conn_limit;
	/*
	 * ICMP errors (but "too big") and TCP resets that are sent, a second
	 * and at once, and as many echo replies; 0: 1000 and 50.
	 */
	uint32_t answer_rate;
	uint32_t answer_burst;
	/*
	 * Not 0: a TCP packet of no connection to a virtual service is
	 * answered with a reset.  0: it is passed, for the host to answer,
	 * which it will if it has the virtual address and is not kept from it
	 * (lvs/claim.h).
	 */
	uint32_t resets;
	/*
	 * Not 0: the MSS that a TCP SYN announces is lowered to what fits
	 * both ways, an outer header included.
	 */
	uint32_t mss_clamp;
	/*
	 * Where established connections are entered for programs that forward
	 * them (borrowed; of no other engine); NULL: nowhere.
	 */
	const struct lvs_fast_table *fast;
};

/*
 * A new engine of DIR (borrowed) in *ENG; OPTS may be NULL.
 * LVS_ERR_NOMEM, LVS_ERR_INVAL (`fast` is no table as lvs/fast.h says),
 * LVS_ERR_NOSPC (over 64 engines).
 */
LVS_API int lvs_engine_new(struct lvs_director *dir,
			   const struct lvs_engine_opts *opts,
			   struct lvs_engine **eng);

/* Free ENG (or NULL) with its connections. */
LVS_API void lvs_engine_free(struct lvs_engine *eng);

/*
 * Take COUNT received packets through the engine.  Each is rewritten where it
 * lies and gets a verdict; the packets stay the caller's.  There is no error
 * to return: what cannot be handled has verdict LVS_DROP and a reason, and is
 * counted under that reason.
 *
 * Passed, that is left to the host, is what is for no virtual service, and what
 * has no connection and may not begin one (but see `resets`).
 *
 * A real server that is the host itself, one whose address and whose virtual
 * address are both the host's, has its packets as they came: LVS_HOST.  By NAT
 * it can only be one where there is nothing to translate (else no-route).  Of
 * a service by mark it has them as LVS_PASS.  Where the host is one, it has
 * also what is for the service and of no connection (LVS_HOST), whatever
 * `resets` is.
 *
 * An ICMP echo request to a virtual address that is no address of the host's is
 * answered.
 *
 * Fragments are held until all of a packet are there; that then goes through
 * as one packet and is fragmented again.  Those that come before the first one,
 * which alone has ports, are passed as well.  Fragments of one packet must come
 * to one engine.  At most 4 MiB of them are kept, for 30 s (IPv6: 60 s); then
 * who sent a first one to a virtual service has an ICMP error by
 * lvs_engine_output: "fragment reassembly time exceeded".
 *
 * A packet without link layer (l2_len 0, link_in LVS_LINK_NONE) gets none:
 * with LVS_SEND, where it goes is then the caller's routing's choice.
 *
 * NOW never runs backwards.  Not to be called from inside a callback.
 */
LVS_API void lvs_engine_input(struct lvs_engine *eng, struct lvs_pkt *pkts[],
			      size_t count, lvs_tstamp now);

/*
 * Packets that the engine made (fragments, errors, advertisements), put
 * together, or held while a next hop was resolved: up to MAX into PKTS, each
 * with its verdict: LVS_SEND, to be sent on its link_out, or LVS_HOST or
 * LVS_PASS, one put together of fragments that were held and after all the
 * host's (for a real server that is the host itself).  Returns how many.  They
 * are lent until the next call with ENG.  Call it after every lvs_engine_input
 * and lvs_engine_tick until it gives 0.
 */
LVS_API size_t lvs_engine_output(struct lvs_engine *eng, struct lvs_pkt *pkts[],
				 size_t max, lvs_tstamp now);

/*
 * Do what is due: connections expire, held packets are given up.  A call does
 * a bounded amount of work.  Returns when it should be called again, at the
 * latest one second from now.
 */
LVS_API lvs_tstamp lvs_engine_tick(struct lvs_engine *eng, lvs_tstamp now);

struct lvs_engine_stats {
	size_t sz;
	uint64_t conns;	  /* connections now */
	uint64_t packets; /* taken in */
	uint64_t passed;  /* left to the host */
	uint64_t sent;	  /* with verdict LVS_SEND, or by lvs_engine_output */
	uint64_t held;
	uint64_t conn_limit; /* connections at most; 0: as memory holds */
	uint64_t evicted[LVS_EVICT_COUNT]; /* connections, for new ones */
	uint64_t dropped[LVS_REASON_COUNT];
	uint64_t fast_flows;   /* in the table of lvs/fast.h now */
	uint64_t fast_packets; /* forwarded by it; in no other count here */
};

/* From any thread.  STATS->sz as with LVS_OPTS. */
LVS_API void lvs_engine_stats(struct lvs_engine *eng,
			      struct lvs_engine_stats *stats);

/* The same summed over all engines of DIR. */
LVS_API void lvs_director_engine_stats(struct lvs_director *dir,
				       struct lvs_engine_stats *stats);

/* Count a packet of verdict LVS_SEND that its interface did not take. */
LVS_API void lvs_engine_count_tx_drop(struct lvs_engine *eng, uint64_t count);

#ifdef __cplusplus
}
#endif

#endif
