/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tell.h - changes as lines of the log.  Nothing is changed here.
 */
#ifndef LVS_RTNL_TELL_H
#define LVS_RTNL_TELL_H

#include "rtnl/decode.h"

#include <lvs/base.h>
#include <lvs/net.h>
#include <time.h>

struct lvs_rtnl_tell {
	struct lvs_director *dir;
	struct lvs_log log;
	bool opened;	/* everything was read once */
	time_t second;	/* that MOVED counts lines of */
	unsigned moved; /* neighbours that were told of */
};

/* WAS: NULL if there was none. */
void lvs_rtnl_tell_link(const struct lvs_rtnl_tell *tell,
			const struct lvs_link *was, const struct lvs_link *now);

/* WHAT: has happened to it. */
void lvs_rtnl_tell_addr(const struct lvs_rtnl_tell *tell,
			const struct lvs_rtnl_addr *addr, const char *what);

void lvs_rtnl_tell_neigh(struct lvs_rtnl_tell *tell,
			 const struct lvs_neigh *was,
			 const struct lvs_neigh *now);

#endif
