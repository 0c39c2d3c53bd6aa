/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wheel.c - the geometry of a timer wheel.
 */
#include "base/wheel.h"

#define RING_SLOTS (1u << LVS_WHEEL_RING_BITS)
#define RING_WORDS (RING_SLOTS / 64)

/* log2 of the ticks that a slot of RING lasts. */
static unsigned slot_shift(unsigned ring)
{
	return LVS_WHEEL_STEP_BITS * ring;
}

static unsigned slot_number(unsigned ring, uint32_t turn)
{
	return ring * RING_SLOTS + turn % RING_SLOTS;
}

/* The finest ring that reaches TICKS ahead. */
static unsigned ring_for(uint32_t ticks)
{
	unsigned log = 31u - (unsigned)__builtin_clz(ticks);

	if (log < LVS_WHEEL_RING_BITS)
		return 0;
	return (log - LVS_WHEEL_RING_BITS) / LVS_WHEEL_STEP_BITS + 1;
}

unsigned lvs_wheel_slot(const struct lvs_wheel *wheel, uint32_t ticks)
{
	unsigned ring;

	if (ticks > LVS_WHEEL_REACH)
		ticks = LVS_WHEEL_REACH;
	ring = ring_for(ticks);
	return slot_number(ring, (wheel->tick + ticks) >> slot_shift(ring));
}

/* Slots from AFTER (not itself) to the next busy one in RING; 0: none. */
static unsigned busy_after(const struct lvs_wheel *wheel, unsigned ring,
			   unsigned after)
{
	const uint64_t *words = &wheel->busy[ring * RING_WORDS];
	unsigned from = (after + 1) % RING_SLOTS;
	uint64_t mask = UINT64_MAX << from % 64;

	for (unsigned i = 0; i <= RING_WORDS; i++) {
		unsigned word = (from / 64 + i) % RING_WORDS;
		uint64_t busy = words[word] & mask;

		/* All the way round: what lay before FROM in its word. */
		mask = i + 1 == RING_WORDS ? ~(UINT64_MAX << from % 64)
					   : UINT64_MAX;
		if (busy) {
			unsigned slot =
				word * 64 + (unsigned)__builtin_ctzll(busy);

			return (slot - from) % RING_SLOTS + 1;
		}
	}
	return 0;
}

uint32_t lvs_wheel_next(const struct lvs_wheel *wheel)
{
	uint32_t soonest = 0;

	for (unsigned ring = 0; ring < LVS_WHEEL_RINGS; ring++) {
		unsigned shift = slot_shift(ring);
		uint32_t turn = wheel->tick >> shift;
		unsigned slots = busy_after(wheel, ring, turn % RING_SLOTS);
		uint32_t ticks = ((turn + slots) << shift) - wheel->tick;

		if (slots && (!soonest || ticks < soonest))
			soonest = ticks;
	}
	return soonest;
}

unsigned lvs_wheel_begun(const struct lvs_wheel *wheel,
			 unsigned slots[LVS_WHEEL_RINGS])
{
	unsigned count = 0;

	for (unsigned ring = 0; ring < LVS_WHEEL_RINGS; ring++) {
		uint32_t turn = wheel->tick >> slot_shift(ring);
		unsigned slot = slot_number(ring, turn);

		if (turn << slot_shift(ring) != wheel->tick)
			break;
		if (lvs_wheel_is_busy(wheel, slot))
			slots[count++] = slot;
	}
	return count;
}
