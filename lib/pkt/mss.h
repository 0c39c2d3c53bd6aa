/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mss.h - the maximum segment size that a TCP SYN announces (RFC 9293 3.7.1).
 *
 * What fits is the caller's to know.
 */
#ifndef LVS_PKT_MSS_H
#define LVS_PKT_MSS_H

#include "pkt/parse.h"

/*
 * Lower the MSS option of PKT, a SYN as parsed in P, so that segments of it
 * fit into IP packets of MTU bytes; the checksum follows.  Without the option,
 * which stands for 536 or 1220 bytes (RFC 9293, RFC 8200), nothing is done, nor
 * for an MTU below those.
 */
void lvs_mss_clamp(struct lvs_pkt *pkt, const struct lvs_parsed *p,
		   uint32_t mtu);

#endif
