/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arrivals.c - drawing times, clients and lengths, in whole numbers.
 */
#include "arrivals.h"

#define FLATNESS 10u /* added to a rank */
#define BUSY	 (1u << 24)

#define SHORTEST  (4 * LVS_SEC)
#define DOUBLINGS 12

/* 2^-1.5, as a part of 2^64. */
#define ONCE_MORE 0x5a827999fcef3242u

void sim_arrivals_init(struct sim_arrivals *arrivals, uint64_t seed,
		       unsigned rate)
{
	uint64_t sum = 0;

	arrivals->random.state = seed;
	arrivals->gap = LVS_SEC / rate;
	for (uint32_t i = 0; i < SIM_CLIENTS; i++) {
		sum += BUSY / (i + 1 + FLATNESS);
		arrivals->sums[i] = sum;
		arrivals->sites[i] =
			(uint16_t)sim_random_below(&arrivals->random,
						   SIM_SITES);
	}
}

/*
 * An exponentially distributed time of mean GAP, by comparing numbers only:
 * the chance that a row of them falls n times running is 1 / n!, and the
 * series of e^-x is made of these (von Neumann, 1951).
 */
static lvs_tstamp draw_gap(struct sim_random *random, lvs_tstamp gap)
{
	for (lvs_tstamp whole = 0;; whole += gap) {
		uint64_t first = sim_random_next(random), last = first, next;
		unsigned falls = 0;

		while ((next = sim_random_next(random)) < last) {
			last = next;
			falls++;
		}
		if (falls % 2 == 0)
			return whole +
			       (lvs_tstamp)(((unsigned __int128)first * gap) >>
					    64);
	}
}

static uint32_t draw_client(struct sim_arrivals *arrivals)
{
	uint64_t draw = sim_random_below(&arrivals->random,
					 arrivals->sums[SIM_CLIENTS - 1]);
	uint32_t low = 0, high = SIM_CLIENTS - 1;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (draw < arrivals->sums[middle])
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static lvs_tstamp draw_length(struct sim_random *random)
{
	lvs_tstamp length = SHORTEST;

	for (int i = 0; i < DOUBLINGS; i++) {
		if (sim_random_next(random) >= ONCE_MORE)
			break;
		length *= 2;
	}
	return length + sim_random_below(random, length);
}

struct sim_arrival sim_arrivals_next(struct sim_arrivals *arrivals)
{
	struct sim_arrival arrival;

	arrival.after = draw_gap(&arrivals->random, arrivals->gap);
	arrival.client = draw_client(arrivals);
	arrival.lasts = draw_length(&arrivals->random);
	return arrival;
}
