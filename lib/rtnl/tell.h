/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tell.h - changes as lines of the log.  Nothing is changed here.
 */
#ifndef LVS_RTNL_TELL_H
#define LVS_RTNL_TELL_H

#include "base/limit.h"
#include "rtnl/decode.h"

#include <lvs/base.h>
#include <lvs/net.h>

struct lvs_rtnl_tell {
	struct lvs_director *dir;
	struct lvs_log log;
	bool opened;		/* everything was read once */
	struct lvs_limit moved; /* lines about neighbours */
	struct lvs_limit refused;
};

/* DIR is borrowed. */
void lvs_rtnl_tell_init(struct lvs_rtnl_tell *tell, struct lvs_director *dir,
			const struct lvs_log *log);

/* WAS: NULL if there was none. */
void lvs_rtnl_tell_link(const struct lvs_rtnl_tell *tell,
			const struct lvs_link *was, const struct lvs_link *now);

/* WHAT: has happened to it. */
void lvs_rtnl_tell_addr(const struct lvs_rtnl_tell *tell,
			const struct lvs_rtnl_addr *addr, const char *what);

/* WHEN never runs backwards. */
void lvs_rtnl_tell_neigh(struct lvs_rtnl_tell *tell,
			 const struct lvs_neigh *was,
			 const struct lvs_neigh *now, lvs_tstamp when);

/* A request to resolve a neighbour met ERROR. */
void lvs_rtnl_tell_refused(struct lvs_rtnl_tell *tell, int error,
			   lvs_tstamp when);

#endif
