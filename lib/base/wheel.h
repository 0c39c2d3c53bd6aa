/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wheel.h - where in a timer wheel a deadline belongs, and what comes next.
 *
 * Eight rings of 256 slots; a slot of ring n lasts 8^n ticks.  A deadline is
 * put into the finest ring that reaches it, in the slot in which it falls;
 * when that slot begins it is looked at, and put into a finer ring for what
 * is left.  A slot lasts at most 1/32 of the time it was set for, so those
 * looks are few and come spread over time, and from 255 ticks before its time
 * a deadline is kept to the tick.
 *
 * The wheel knows slots only.  What is in them is linked by its owner with
 * struct lvs_wheel_link, through identifiers rather than pointers.
 */
#ifndef LVS_BASE_WHEEL_H
#define LVS_BASE_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#define LVS_WHEEL_RINGS	    8u
#define LVS_WHEEL_RING_BITS 8u
#define LVS_WHEEL_STEP_BITS 3u
#define LVS_WHEEL_SLOTS	    (LVS_WHEEL_RINGS << LVS_WHEEL_RING_BITS)
/* Deadlines farther away are looked at after this many ticks. */
#define LVS_WHEEL_REACH                                                        \
	((1u << (LVS_WHEEL_RING_BITS +                                         \
		 LVS_WHEEL_STEP_BITS * (LVS_WHEEL_RINGS - 1))) -               \
	 1)

struct lvs_wheel_link {
	uint32_t next, prev;
};

struct lvs_wheel {
	uint32_t tick; /* slots up to here have begun; wraps */
	uint64_t busy[LVS_WHEEL_SLOTS / 64];
};

/* The slot for a deadline TICKS, at least 1, from wheel->tick. */
unsigned lvs_wheel_slot(const struct lvs_wheel *wheel, uint32_t ticks);

/* Ticks (at least 1) until a busy slot begins; 0: no slot is busy. */
uint32_t lvs_wheel_next(const struct lvs_wheel *wheel);

/*
 * Up to LVS_WHEEL_RINGS busy slots that begin at wheel->tick, into SLOTS;
 * returns how many.
 */
unsigned lvs_wheel_begun(const struct lvs_wheel *wheel,
			 unsigned slots[LVS_WHEEL_RINGS]);

/* SLOT holds something from now on; nothing any more. */
static inline void lvs_wheel_fill(struct lvs_wheel *wheel, unsigned slot)
{
	wheel->busy[slot / 64] |= UINT64_C(1) << slot % 64;
}

static inline void lvs_wheel_empty(struct lvs_wheel *wheel, unsigned slot)
{
	wheel->busy[slot / 64] &= ~(UINT64_C(1) << slot % 64);
}

static inline bool lvs_wheel_is_busy(const struct lvs_wheel *wheel,
				     unsigned slot)
{
	return wheel->busy[slot / 64] >> slot % 64 & 1;
}

#endif
