/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lvs/fast.h - the fast path: flows that a program below the engine forwards.
 *
 * Most packets belong to a connection that is established, and all that is
 * done to them is known since the first of them.  An engine that was given a
 * table of flows writes down there what it would do; a program that sees
 * packets before the engine does it (in liblvs-bpf one at tc ingress,
 * lvs/fastpath.h; or any other, this header is all that it needs) and counts.
 * What it does not find, or not understand, goes on to the engine as ever.
 *
 * The program forwards a packet if all of this holds, else it leaves it alone:
 *   - its flow is in the table, with the table's generation
 *   - it was sent to this host, and is no fragment; it has no VLAN tag, IP
 *     options or IPv6 extension headers
 *   - its headers are right: the IPv4 checksum (not the transport's, which
 *     stays as wrong as it was), and all lengths: no header or UDP length
 *     says more than is there, or less than a header has
 *   - TCP, with ACK and without SYN, FIN and RST; or UDP, if it has a checksum
 *     or nothing is rewritten
 *   - its time to live is over 1
 *   - it, or each of its segments, is not larger than the flow's MTU
 * Its time to live is then less by one, whatever else is done to it.  One of
 * several segments counts as one packet, with all its bytes.
 *
 * The engine remains the only one that decides.  Once a connection is
 * established it enters each direction by NAT, the requests by DR or TUN, with
 * the next packet that it forwards itself, so that the table never says
 * anything that was not done before; and takes them out with the first FIN or
 * RST, with the connection's end, or when its real server goes.  A change of
 * links or routes, or of a neighbour that packets go to, empties the table at
 * one stroke: the generation moves on, and each connection is entered anew with
 * its next packet.  What was counted is with the destinations when somebody
 * asks for it, and with the timers of connections before they matter, as if the
 * engine had seen the packets.
 *
 * One engine writes; any number of programs read, on any processor.  The
 * layout is the kernel's business too: it changes with the library's ABI only.
 */
#ifndef LVS_FAST_H
#define LVS_FAST_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A flow as its packets have it.  Byte for byte what is compared. */
struct lvs_fast_key {
	uint32_t src_be[4], dst_be[4]; /* IPv4: in the first, the others 0 */
	uint16_t sport_be, dport_be;
	uint8_t protocol; /* of IP: TCP or UDP */
	uint8_t family;	  /* AF_INET, AF_INET6, as Linux numbers them */
	uint16_t zero;
};

#define LVS_FAST_SRC   (1u << 0) /* write address and port as the source's */
#define LVS_FAST_DST   (1u << 1) /* ... as the destination's */
#define LVS_FAST_OUTER (1u << 2) /* put `outer` in front */
#define LVS_FAST_DF    (1u << 3) /* the outer DF is the inner one (IPv4) */

/*
 * Each is in three cache lines of 64 bytes: the first finds it, what NAT and DR
 * need of it is in the first two.
 */
struct lvs_fast_flow {
	struct lvs_fast_key key;
	/*
	 * Odd: nobody may use what is here, it is being written, or was taken
	 * out; 0: nothing ever was here.  It only goes up, so it is never the
	 * same for two flows that one place has had: what was read between two
	 * looks at the same version is of one flow.
	 */
	uint32_t version;
	uint32_t generation;
	uint64_t bytes;	  /* of IP packets, both counted up by programs, set */
	uint64_t packets; /* back to 0 by the engine, atomically */

	uint64_t used; /* when a program last did, in the engine's time */
	uint32_t link; /* interface to leave by */
	uint32_t mtu;  /* of the way, an outer header taken off; never 0 */
	unsigned char l2[14]; /* Ethernet header to write */
	uint8_t steps;	      /* LVS_FAST_* */
	uint8_t outer_len;    /* 20, 40; 0: none */
	uint32_t addr_be[4];
	uint16_t port_be;
	uint8_t outer_family;
	uint8_t spare;
	uint32_t dest; /* the engine's */

	/*
	 * The outer header.  0 is what differs by packet: its length; the time
	 * to live, which is the inner one when that was taken down; the type of
	 * service, the inner one's but for ECN's CE, which is ECT(0) outside;
	 * of IPv4 the checksum, and the identification, 0 if DF is set, else
	 * any that does not come again soon.
	 */
	unsigned char outer[40];
	uint64_t owner[4]; /* the engine's, which writes it at any time */
};

/* What all flows have in common. */
struct lvs_fast_state {
	uint32_t generation; /* of flows that are good */
	uint32_t zero;
	uint64_t seed; /* of lvs_fast_hash; 0: the engine makes one */
};

/* Flows with one hash; they may stand in any order, with gaps. */
#define LVS_FAST_WAYS 4

/* The memory of a table, shared by the engine and programs. */
struct lvs_fast_table {
	struct lvs_fast_state *state;
	/*
	 * Zeroed, and aligned to 64 bytes; `buckets` (a power of two) times
	 * LVS_FAST_WAYS.  A flow is in the bucket that its hash says, of which
	 * the lowest bits count.
	 */
	struct lvs_fast_flow *flows;
	uint32_t buckets;
};

/*
 * Where KEY's flow is to be found.  Who knows SEED, or can tell by the time
 * that his packets take, can fill a bucket: what finds no place in it goes to
 * the engine.
 */
static inline uint32_t lvs_fast_hash(const struct lvs_fast_key *key,
				     uint64_t seed)
{
	const unsigned char *bytes = (const unsigned char *)key;
	uint64_t hash = seed, word;

	for (unsigned i = 0; i < sizeof(*key); i += sizeof(word)) {
		__builtin_memcpy(&word, bytes + i, sizeof(word));
		hash ^= word;
		hash *= 0x9e3779b97f4a7c15u;
		hash ^= hash >> 32;
	}
	return (uint32_t)hash;
}

#ifdef __cplusplus
}
#endif

#endif
