/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * prng.h - repeatable pseudo-random numbers; not for secrets.
 */
#ifndef LVS_BASE_PRNG_H
#define LVS_BASE_PRNG_H

#include <stdint.h>

struct lvs_prng {
	uint64_t state;
};

static inline void lvs_prng_seed(struct lvs_prng *prng, uint64_t seed)
{
	prng->state = seed;
}

/* 64 bits; splitmix64 (Steele, Lea, Flood, OOPSLA 2014). */
static inline uint64_t lvs_prng_next(struct lvs_prng *prng)
{
	uint64_t z = prng->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* Uniform in [0, BOUND); BOUND > 0 (Lemire, TOMACS 2019, without rejection:
 * the bias is below BOUND / 2^64). */
static inline uint64_t lvs_prng_below(struct lvs_prng *prng, uint64_t bound)
{
	return (uint64_t)(((unsigned __int128)lvs_prng_next(prng) * bound) >>
			  64);
}

#endif
