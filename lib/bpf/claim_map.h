/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * claim_map.h - what claim.bpf.c and its loader have in common: the layout of
 * the maps.  Compiled for the BPF machine too, so it includes nothing of ours.
 */
#ifndef LVS_BPF_CLAIM_MAP_H
#define LVS_BPF_CLAIM_MAP_H

#include <linux/types.h>

/* IPv4 in the first word, the others 0; network order, as union lvs_ip. */
struct lvs_claim_addr {
	__u32 word_be[4];
};

/* Map `claimed`: an address and port, and what is claimed of it. */
struct lvs_claim_key {
	struct lvs_claim_addr addr;
	__u16 port_be; /* 0: every port */
	__u8 protocol;
	__u8 family; /* AF_INET, AF_INET6 */
};

#define LVS_CLAIM_VIRTUAL (1u << 0) /* packets to it, of a service */
#define LVS_CLAIM_ANSWERS (1u << 1) /* packets from it: DR and TUN replies */
#define LVS_CLAIM_REAL	  (1u << 2) /* packets from it: NAT replies */

/*
 * Map `nets`: networks, of which the one with the longest prefix counts. `plen`
 * counts the bits before the address, too.
 */
struct lvs_claim_net {
	__u32 plen;
	__u8 family;
	__u8 protocol;
	__u16 zero;
	struct lvs_claim_addr addr;
};

#define LVS_CLAIM_NET_HEAD 32

/* From this port on (host order), up to the next step's. */
struct lvs_claim_step {
	__u16 port;
	__u16 claims;
};

/* A power of two: the bounds of 255 ranges, and port 0 as the first step. */
#define LVS_CLAIM_STEP_BITS 9
#define LVS_CLAIM_STEPS	    (1 << LVS_CLAIM_STEP_BITS)

/* Behind the last step, others of port 65535 claim the same. */
struct lvs_claim_ports {
	struct lvs_claim_step steps[LVS_CLAIM_STEPS];
};

/* Map `config`, its one element. */
struct lvs_claim_config {
	__u32 any_port; /* some key has port 0: it is worth a look-up */
	__u32 nets;	/* so is `nets`, which is not empty */
	__u32 late; /* ports are served behind the program: nothing is dropped
		     */
};

/* Map `behind_gate`: the programs of tc filters. */
enum lvs_claim_program {
	LVS_CLAIM_ENTRANCE,
	LVS_CLAIM_DOOR,
	LVS_CLAIM_PROGRAMS
};

/* Map `dropped`: how often, by kind, or marked instead. */
enum lvs_claim_kind {
	LVS_CLAIM_REQUEST,
	LVS_CLAIM_REPLY,
	LVS_CLAIM_ERROR,
	LVS_CLAIM_FRAGMENT,
	LVS_CLAIM_KINDS
};

/* Map `direct`: flows of a real server that are not the director's. */
struct lvs_claim_flow {
	struct lvs_claim_addr src, dst; /* as the real server sends */
	__u16 sport_be, dport_be;
	__u8 protocol;
	__u8 family;
	__u16 zero;
};

/* Map `fragments`: datagrams whose first fragment was dropped. */
struct lvs_claim_datagram {
	struct lvs_claim_addr src, dst;
	__u32 id_be;
	__u8 protocol;
	__u8 family;
	__u16 zero;
};

#endif
