/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * limit.h - at most so many a second, with so many at once after a pause.
 *
 * A bucket of BURST tokens that fills at an even pace.  All that is kept is
 * when it will be full again; every token taken puts that off by one interval.
 */
#ifndef LVS_BASE_LIMIT_H
#define LVS_BASE_LIMIT_H

#include <lvs/base.h>

struct lvs_limit {
	lvs_tstamp interval; /* in which a token comes back; 0: no limit */
	lvs_tstamp depth;    /* in which an empty bucket fills but for one */
	lvs_tstamp full_at;
};

/* One every INTERVAL, and after a pause BURST (at least 1) at once. */
static inline void lvs_limit_init(struct lvs_limit *limit, lvs_tstamp interval,
				  uint32_t burst)
{
	limit->interval = interval;
	limit->depth = (burst - 1) * interval;
	limit->full_at = 0;
}

/* Take a token; false: there is none. */
static inline bool lvs_limit_take(struct lvs_limit *limit, lvs_tstamp now)
{
	if (limit->full_at < now)
		limit->full_at = now;
	if (limit->full_at - now > limit->depth)
		return false;
	limit->full_at += limit->interval;
	return true;
}

#endif
