/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * events.c - the heap of what is to happen.
 */
#include "events.h"
#include "must.h"

static bool sooner(const struct sim_event *a, const struct sim_event *b)
{
	return a->at < b->at || (a->at == b->at && a->serial < b->serial);
}

void sim_events_plan(struct sim_events *events, lvs_tstamp at,
		     enum sim_event_kind kind, uint32_t number)
{
	struct sim_event event = { at, events->serial++, number, kind };
	size_t i;

	if (events->count == events->size) {
		events->size = events->size ? 2 * events->size : 1024;
		events->heap = realloc(events->heap,
				       events->size * sizeof(*events->heap));
		must(events->heap);
	}
	for (i = events->count++; i > 0; i = (i - 1) / 2) {
		if (!sooner(&event, &events->heap[(i - 1) / 2]))
			break;
		events->heap[i] = events->heap[(i - 1) / 2];
	}
	events->heap[i] = event;
}

/* The hole at the top sinks to where LAST, taken from the end, belongs. */
static void sink(struct sim_events *events, const struct sim_event *last)
{
	struct sim_event *heap = events->heap;
	size_t i = 0, child;

	while ((child = 2 * i + 1) < events->count) {
		if (child + 1 < events->count &&
		    sooner(&heap[child + 1], &heap[child]))
			child++;
		if (!sooner(&heap[child], last))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = *last;
}

bool sim_events_due(struct sim_events *events, lvs_tstamp now,
		    struct sim_event *event)
{
	struct sim_event last;

	if (events->count == 0 || events->heap[0].at > now)
		return false;
	*event = events->heap[0];
	last = events->heap[--events->count];
	if (events->count)
		sink(events, &last);
	return true;
}

void sim_events_fini(struct sim_events *events)
{
	free(events->heap);
}
