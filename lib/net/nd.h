/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nd.h - neighbour discovery (RFC 4861): solicitations read and answered,
 * unsolicited advertisements made.
 *
 * Nothing is learnt here, the kernel does that; and whether an address is
 * ours to answer for is the caller's decision.
 */
#ifndef LVS_NET_ND_H
#define LVS_NET_ND_H

#include "pkt/parse.h"
#include <lvs/addr.h>
#include <lvs/net.h>
#include <lvs/pkt.h>

/* Ethernet, IPv6, advertisement with target link-layer address option. */
#define LVS_ND_FRAME_LEN 86

/* Bytes of tailroom with which every solicitation can be answered. */
#define LVS_ND_TAILROOM 8

/* A new holder of an address says so up to three times (RFC 4861, 7.2.6). */
#define LVS_ND_ANNOUNCE_COUNT	 3
#define LVS_ND_ANNOUNCE_INTERVAL (1 * LVS_SEC)

enum lvs_nd_kind {
	LVS_ND_OTHER,	 /* solicited advertisement, or not valid */
	LVS_ND_ASK,	 /* who has `target`? */
	LVS_ND_PROBE,	 /* the same, before taking it (RFC 4862, 5.4) */
	LVS_ND_ANNOUNCE, /* the sender has `target`, unasked */
};

struct lvs_nd_msg {
	uint8_t kind; /* enum lvs_nd_kind */
	struct lvs_addr target;
	struct lvs_addr sender; /* AF_UNSPEC in a probe */
	bool has_lladdr;
	uint8_t sender_lladdr[LVS_LLADDR_LEN]; /* from the option */
};

/*
 * Read PKT, measured as LVS_PKT_ND in PARSED.  What RFC 4861 (7.1.1, 7.1.2)
 * calls invalid is LVS_ND_OTHER.
 */
void lvs_nd_read(const struct lvs_pkt *pkt, const struct lvs_parsed *parsed,
		 struct lvs_nd_msg *out);

/*
 * Make PKT, read as LVS_ND_ASK or LVS_ND_PROBE into ND, the answer that its
 * target is at LLADDR, link header included.  False, and PKT is as before, if
 * PKT has no room for it (LVS_ND_TAILROOM).
 */
bool lvs_nd_answer(struct lvs_pkt *pkt, const struct lvs_parsed *parsed,
		   const struct lvs_nd_msg *nd,
		   const uint8_t lladdr[LVS_LLADDR_LEN]);

/*
 * A frame that tells all nodes of the link that the IPv6 address ADDR is at
 * LLADDR.
 */
void lvs_nd_announce(uint8_t frame[LVS_ND_FRAME_LEN],
		     const uint8_t lladdr[LVS_LLADDR_LEN],
		     const struct lvs_addr *addr);

#endif
