/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reset.h - the TCP segment that says "there is no such connection".
 *
 * Nothing here decides that one is due, or limits how many are sent.
 */
#ifndef LVS_PKT_RESET_H
#define LVS_PKT_RESET_H

#include "pkt/parse.h"

/*
 * Whether a reset may answer PKT: a TCP segment from a single host to another
 * with a right checksum, not a reset itself (RFC 9293 3.10.7.1), and whole.
 */
bool lvs_reset_may_answer(const struct lvs_pkt *pkt,
			  const struct lvs_parsed *p);

/*
 * Turn PKT, for which lvs_reset_may_answer says yes, in place into the reset
 * that goes back to its sender.  Its link header has its ends exchanged.
 */
void lvs_reset_make(struct lvs_pkt *pkt, const struct lvs_parsed *p);

#endif
