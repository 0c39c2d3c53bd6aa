/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * setup.h - how long destinations take to agree to a TCP connection: from the
 * SYN that is sent to them to their SYN+ACK.
 *
 * Measured for schedulers that ask for it, and where replies come by: with
 * NAT.  A connection's record has no room for a time in nanoseconds and needs
 * it only this once, so those of connections being set up stand in a table
 * of their own, each in the one place that its connection has there.  Two on
 * the same place: the older one is not measured.
 */
#ifndef LVS_ENGINE_SETUP_H
#define LVS_ENGINE_SETUP_H

#include "model/conn.h"
#include "model/director.h"
#include "pkt/parse.h"

#define LVS_SETUPS_BITS 12

struct lvs_setup {
	const struct lvs_conn *conn; /* never followed; NULL: free */
	lvs_tstamp begun;
};

/* Zeroed, it is empty. */
struct lvs_setups {
	struct lvs_setup *places; /* NULL: nobody has asked yet */
};

void lvs_setups_fini(struct lvs_setups *setups,
		     const struct lvs_allocator *mem);

/* CONN, to DEST, begins NOW. */
void lvs_setup_begin(struct lvs_setups *setups, const struct lvs_allocator *mem,
		     const struct lvs_conn *conn, const struct lvs_dest *dest,
		     lvs_tstamp now);

/* P is the first reply of CONN: DEST has agreed, or not. */
void lvs_setup_end(struct lvs_setups *setups, const struct lvs_conn *conn,
		   struct lvs_dest *dest, const struct lvs_parsed *p,
		   lvs_tstamp now);

#endif
