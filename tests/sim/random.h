/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * random.h - the simulation's own random numbers: xorshift64* (Vigna, TOMS
 * 2016), seeded, and whole numbers only, so that a run is the same on every
 * machine.
 */
#ifndef LVS_TESTS_SIM_RANDOM_H
#define LVS_TESTS_SIM_RANDOM_H

#include <stdint.h>

struct sim_random {
	uint64_t state; /* any seed but 0 */
};

static inline uint64_t sim_random_next(struct sim_random *random)
{
	uint64_t x = random->state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	random->state = x;
	return x * 0x2545f4914f6cdd1du;
}

/* VALUE times a random fraction: uniform in [0, VALUE). */
static inline uint64_t sim_random_below(struct sim_random *random,
					uint64_t value)
{
	return (uint64_t)(((unsigned __int128)sim_random_next(random) *
			   value) >>
			  64);
}

#endif
