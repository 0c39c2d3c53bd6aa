/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * icmp.h - ICMP and ICMPv6 errors: made about a packet, and translated.
 *
 * Nothing here decides that an error is due, or limits how many are sent.
 */
#ifndef LVS_PKT_ICMP_H
#define LVS_PKT_ICMP_H

#include "pkt/parse.h"
#include "pkt/rewrite.h"

enum lvs_icmp_error {
	LVS_ICMP_PORT, /* port unreachable: 3/3, v6 1/4 */
	LVS_ICMP_HOST, /* host unreachable: 3/1, v6 1/3 */
	LVS_ICMP_TTL,  /* time exceeded in transit: 11/0, v6 3/0 */
	LVS_ICMP_PART, /* fragment reassembly time exceeded: 11/1, v6 3/1 */
	LVS_ICMP_BIG,  /* fragmentation needed: 3/4; packet too big: v6 2/0 */
	LVS_ICMP_SAME, /* type and code of the arguments */
};

/* The longest IP packet that lvs_icmp_make makes of either family. */
#define LVS_ICMP_ERROR_MAX 1280

struct lvs_icmp_args {
	const union lvs_ip *src; /* whom it is from; NULL: who was asked */
	uint32_t mtu;		 /* with LVS_ICMP_BIG */
	uint16_t id;		 /* IPv4 identification */
	uint8_t type, code;	 /* with LVS_ICMP_SAME */
};

/*
 * Whether an error may be sent about PKT: not about an ICMP error or redirect,
 * a fragment but the first, or anything not from and to a single host (RFC
 * 1122 3.2.2, RFC 4443 2.4 (e)).  ERROR counts: a multicast IPv6 packet may be
 * too big.
 */
bool lvs_icmp_may_answer(const struct lvs_pkt *pkt, const struct lvs_parsed *p,
			 enum lvs_icmp_error error);

/*
 * Make ERROR about PKT, as received and parsed in P, addressed to its sender:
 * in OUT, a packet whose data points to LVS_ICMP_ERROR_MAX + P->l3 bytes of
 * tailroom (len 0), or in PKT itself when OUT == PKT.  The link header is PKT's
 * with source and destination exchanged; offload state is none; metadata (link,
 * mark) of OUT is not touched.  Quotes what RFC 1812 4.3.2.3 (576 bytes in all)
 * and RFC 4443 2.4 (c) (1280) allow.
 *
 * false, and nothing changed: lvs_icmp_may_answer says no, or no room.
 */
bool lvs_icmp_make(struct lvs_pkt *out, const struct lvs_pkt *pkt,
		   const struct lvs_parsed *p, enum lvs_icmp_error error,
		   const struct lvs_icmp_args *args);

/* Whether the checksum of an ICMP or ICMPv6 packet is right; one that is still
 * to be completed is.  Not for fragments. */
bool lvs_icmp_csum_ok(const struct lvs_pkt *pkt, const struct lvs_parsed *p);

/*
 * Translate the ICMP error P (LVS_PKT_ICMP_ERROR) about a packet that was
 * rewritten on its way out, so that who sent that packet knows it again.
 *
 *	lvs_icmp_rewrite_src	RW undoes the other's destination: a server's
 *				error on its way to the client.  The source of
 *				the error and the destination in the quoted
 *				packet become RW's.
 *	lvs_icmp_rewrite_dst	a client's error on its way to the server: the
 *				destination of the error and the source in the
 *				quoted packet become RW's.
 *
 * RW is the one that the flow's packets in the same direction have.  Header
 * checksums, also the quoted one, and the ICMP checksum are made anew; the
 * quoted transport checksum stays.  To be called before lvs_ttl_decrement or
 * after, as one likes.
 *
 * LVS_REASON_NONE; or, and nothing changed: LVS_REASON_BAD_CSUM,
 * LVS_REASON_FRAGMENT (a fragment: there is no telling).
 */
enum lvs_reason lvs_icmp_rewrite_src(struct lvs_pkt *pkt,
				     const struct lvs_parsed *p,
				     const struct lvs_rewrite *rw);
enum lvs_reason lvs_icmp_rewrite_dst(struct lvs_pkt *pkt,
				     const struct lvs_parsed *p,
				     const struct lvs_rewrite *rw);

#endif
