/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * events.h - what is to happen, soonest first; of the same time, what was
 * planned first.  A binary heap.
 */
#ifndef LVS_TESTS_SIM_EVENTS_H
#define LVS_TESTS_SIM_EVENTS_H

#include <lvs/base.h>

enum sim_event_kind {
	SIM_ARRIVES, /* a client calls */
	SIM_ANSWERS, /* a server takes the connection `number` */
	SIM_ENDS,    /* connection `number` is over */
	SIM_TICKS,   /* a second has gone */
};

struct sim_event {
	lvs_tstamp at;
	uint64_t serial;
	uint32_t number;
	enum sim_event_kind kind;
};

struct sim_events {
	struct sim_event *heap;
	size_t count, size;
	uint64_t serial;
};

void sim_events_plan(struct sim_events *events, lvs_tstamp at,
		     enum sim_event_kind kind, uint32_t number);

/* The next one that is due at NOW into EVENT; false: there is none. */
bool sim_events_due(struct sim_events *events, lvs_tstamp now,
		    struct sim_event *event);

void sim_events_fini(struct sim_events *events);

#endif
