/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wheel.c - slots of deadlines: reached in time, and never missed.
 */
#include "check.h"

#include "base/prng.h"
#include "base/wheel.h"

#include <string.h>

/* Ticks until SLOT begins, by looking at every tick. */
static uint32_t ticks_until(struct lvs_wheel wheel, unsigned slot,
			    uint32_t within)
{
	unsigned slots[LVS_WHEEL_RINGS];

	for (uint32_t ticks = 1; ticks <= within; ticks++) {
		unsigned count;

		wheel.tick++;
		count = lvs_wheel_begun(&wheel, slots);
		for (unsigned i = 0; i < count; i++) {
			if (slots[i] == slot)
				return ticks;
		}
	}
	return 0;
}

static const uint32_t starts[] = {
	0, 1, 7, 8, 255, 256, 2047, 123456789, UINT32_MAX - 300, UINT32_MAX
};

/* A slot begins at its deadline, or before it by less than it lasts. */
START_TEST(slots_begin_in_time)
{
	for (size_t s = 0; s < sizeof(starts) / sizeof(*starts); s++) {
		for (uint32_t ticks = 1; ticks < 40000;
		     ticks += ticks < 3000 ? 1 : 97) {
			struct lvs_wheel wheel = { .tick = starts[s] };
			unsigned slot = lvs_wheel_slot(&wheel, ticks);
			uint32_t got;

			lvs_wheel_fill(&wheel, slot);
			got = lvs_wheel_next(&wheel);
			LVS_MUST(got <= ticks);
			LVS_MUST(got >= ticks - ticks / 32);
			if (ticks < 256)
				LVS_MUST(got == ticks);
			if (ticks < 3000)
				LVS_MUST(ticks_until(wheel, slot, 3000) == got);
		}
	}
}
END_TEST

START_TEST(far_deadlines)
{
	static const uint32_t far[] = { 1u << 20,
					1u << 24,
					1u << 28,
					LVS_WHEEL_REACH,
					LVS_WHEEL_REACH + 1,
					1u << 30,
					UINT32_MAX };

	for (size_t s = 0; s < sizeof(starts) / sizeof(*starts); s++) {
		for (size_t i = 0; i < sizeof(far) / sizeof(*far); i++) {
			struct lvs_wheel wheel = { .tick = starts[s] };
			unsigned slot = lvs_wheel_slot(&wheel, far[i]);
			uint32_t got, least = LVS_WHEEL_REACH / 32 * 31;

			if (far[i] < LVS_WHEEL_REACH)
				least = far[i] - far[i] / 32;
			LVS_MUST(slot < LVS_WHEEL_SLOTS);
			lvs_wheel_fill(&wheel, slot);
			got = lvs_wheel_next(&wheel);
			LVS_MUST(got <= far[i]);
			LVS_MUST(got >= least);
		}
	}
}
END_TEST

/* With many slots busy, the next is the one that looking tick by tick finds. */
START_TEST(next_is_soonest)
{
	struct lvs_prng prng;

	lvs_prng_seed(&prng, 3);
	for (int round = 0; round < 2000; round++) {
		struct lvs_wheel wheel = { .tick = (uint32_t)lvs_prng_next(
						   &prng) };
		struct lvs_wheel at;
		unsigned slots[LVS_WHEEL_RINGS];
		uint32_t soonest = UINT32_MAX;

		for (int i = 0; i < 5; i++) {
			uint32_t ticks =
				(uint32_t)lvs_prng_below(&prng, 5000) + 1;
			unsigned slot = lvs_wheel_slot(&wheel, ticks);
			uint32_t until;

			lvs_wheel_fill(&wheel, slot);
			until = ticks_until(wheel, slot, 5000);
			LVS_MUST(until != 0);
			if (until < soonest)
				soonest = until;
		}
		LVS_MUST(lvs_wheel_next(&wheel) == soonest);
		at = wheel;
		at.tick += soonest;
		LVS_MUST(lvs_wheel_begun(&at, slots) >= 1);
	}
}
END_TEST

START_TEST(empty_wheel)
{
	struct lvs_wheel wheel = { .tick = 5 };
	unsigned slots[LVS_WHEEL_RINGS];
	unsigned slot = lvs_wheel_slot(&wheel, 100);

	LVS_MUST(lvs_wheel_next(&wheel) == 0);
	lvs_wheel_fill(&wheel, slot);
	LVS_MUST(lvs_wheel_is_busy(&wheel, slot));
	lvs_wheel_empty(&wheel, slot);
	LVS_MUST(lvs_wheel_next(&wheel) == 0);
	wheel.tick += 100;
	LVS_MUST(lvs_wheel_begun(&wheel, slots) == 0);
}
END_TEST

LVS_TEST_MAIN("base/wheel", slots_begin_in_time, far_deadlines, next_is_soonest,
	      empty_wheel)
