/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * setup_time.c - how long a destination takes to agree to a connection.
 *
 * A moving average in which each new time counts an eighth, as RFC 6298 has
 * it for round trips.  Without a new one it is not known any more after some
 * seconds: who was slow once is tried again.
 *
 * The average and when it was made are one 64-bit number, so that engines need
 * no lock; if two add a time at once, both count.
 */
#include "model/dest.h"

#include "model/conn.h"
#include <lvs/sched.h>

#define GAIN_SHIFT 3
#define UNIT_SHIFT 6 /* units of 64 ns */
#define LONGEST	   (10 * LVS_SEC)
#define FORGOTTEN  (10 * LVS_SEC)

static uint64_t packed(uint32_t units, lvs_tstamp now)
{
	return (uint64_t)lvs_tick(now) << 32 | units;
}

/* In units, at least 1; 0: not known. */
static uint32_t units_at(uint64_t setup, lvs_tstamp now)
{
	/* Below 0: another engine's time, whose clock was read later. */
	int32_t age = (int32_t)(lvs_tick(now) - (uint32_t)(setup >> 32));

	return age > (int32_t)(FORGOTTEN >> LVS_TICK_SHIFT) ? 0
							    : (uint32_t)setup;
}

void lvs_dest_setup_took(struct lvs_dest *dest, uint64_t ns, lvs_tstamp now)
{
	uint64_t old = atomic_load_explicit(&dest->setup, memory_order_relaxed);
	int64_t took = (int64_t)((ns < LONGEST ? ns : LONGEST) >> UNIT_SHIFT);
	uint32_t units;

	do {
		int64_t before = units_at(old, now);
		int64_t after = took;

		if (before)
			after = before + (took - before) / (1 << GAIN_SHIFT);
		units = after > 0 ? (uint32_t)after : 1;
	} while (!atomic_compare_exchange_weak_explicit(&dest->setup, &old,
							packed(units, now),
							memory_order_relaxed,
							memory_order_relaxed));
}

uint64_t lvs_dest_setup_time(const struct lvs_dest *dest, lvs_tstamp now)
{
	uint64_t setup =
		atomic_load_explicit(&dest->setup, memory_order_relaxed);

	return (uint64_t)units_at(setup, now) << UNIT_SHIFT;
}
