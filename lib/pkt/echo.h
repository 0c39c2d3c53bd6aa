/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * echo.h - the answer to an ICMP or ICMPv6 echo request (RFC 792, RFC 4443
 * 4.2), what ping(8) waits for.
 *
 * Nothing here decides that one is due, or limits how many are sent.
 */
#ifndef LVS_PKT_ECHO_H
#define LVS_PKT_ECHO_H

#include "pkt/parse.h"

/* Whether P, or what it is the first fragment of, is an echo request. */
bool lvs_echo_is_request(const struct lvs_parsed *p);

/*
 * Turn PKT, a whole echo request with a right checksum, in place into the reply
 * that goes back to its sender: its payload as it is, without IP options or
 * extension headers, IPv4 identification ID.  Its link header has its ends
 * exchanged; the IP header begins P->l3 bytes in.
 */
void lvs_echo_make(struct lvs_pkt *pkt, const struct lvs_parsed *p,
		   uint16_t id);

#endif
