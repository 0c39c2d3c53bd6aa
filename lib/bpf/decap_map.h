/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decap_map.h - what decap.bpf.c and its loader have in common: the layout of
 * the maps.  Compiled for the BPF machine too, so it includes nothing of ours.
 */
#ifndef LVS_BPF_DECAP_MAP_H
#define LVS_BPF_DECAP_MAP_H

#include <linux/types.h>

/* Map `decap_addrs`: an address, and what it is (LVS_DECAP_OWN...). */
struct lvs_decap_key {
	__u32 word_be[4]; /* IPv4 in the first, the others 0 */
	__u32 family;	  /* AF_INET, AF_INET6 */
};

#define LVS_DECAP_OWN  (1u << 0) /* tunnels may end there */
#define LVS_DECAP_PEER (1u << 1) /* tunnels may begin there */

/* Map `decap_config`, its one element. */
struct lvs_decap_config {
	__u32 has_peers; /* tunnels begin at peers only */
};

/* Map `decap_counts`: how often, by kind. */
enum lvs_decap_kind {
	LVS_DECAP_TAKEN,     /* taken apart */
	LVS_DECAP_FRAGMENT,  /* left to the host: a fragment */
	LVS_DECAP_STRANGER,  /* left to the host: not from a peer */
	LVS_DECAP_ODD,	     /* left to the host: options, or not right */
	LVS_DECAP_CONGESTED, /* dropped: congestion that it cannot tell of */
	LVS_DECAP_KINDS
};

#endif
