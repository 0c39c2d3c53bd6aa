/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * losses.h - what an interface lost, as lines of the log.
 *
 * The first loss is told at once, what follows once a minute as one line.
 */
#ifndef LVSD_LOSSES_H
#define LVSD_LOSSES_H

#include <lvs/port.h>

#define LOSSES_KINDS 4

/* Of one interface; zeroed at first. */
struct losses {
	struct {
		uint64_t told; /* of the counter, so much */
		lvs_tstamp at; /* 0: nothing yet */
	} kind[LOSSES_KINDS];
};

/* STATS are the counters of the interface NAMEd so, since it was first open. */
void losses_look(struct losses *l, const char *name,
		 const struct lvs_port_stats *stats, lvs_tstamp now);

#endif
