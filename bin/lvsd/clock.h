/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clock.h - the one clock of lvsd, which the library is told the time by.
 */
#ifndef LVSD_CLOCK_H
#define LVSD_CLOCK_H

#include <lvs/base.h>
#include <time.h>

/* CTX is not used: it makes this fit where the library asks for a clock. */
static inline lvs_tstamp clock_now(void *ctx)
{
	struct timespec ts;

	(void)ctx;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (lvs_tstamp)ts.tv_sec * LVS_SEC + (lvs_tstamp)ts.tv_nsec;
}

#endif
