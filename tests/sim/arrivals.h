/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arrivals.h - who opens a connection, when, and for how long.
 *
 * Connections arrive as a Poisson process.  A few clients open many of them
 * and many clients few: the one of rank r is 1 / (r + 10) as busy as others
 * (Zipf and Mandelbrot).  Most connections are short, a few very long: of each
 * doubling of the length there are 0.354 times as many as of the one before,
 * as with Pareto's law of exponent 1.5.  The mean is some 13 s.
 *
 * Each client has one site that it visits, an address of the virtual service;
 * schedulers that look at the destination find clients grouped so.
 */
#ifndef LVS_TESTS_SIM_ARRIVALS_H
#define LVS_TESTS_SIM_ARRIVALS_H

#include "random.h"
#include <lvs/base.h>

#define SIM_CLIENTS 3000u
#define SIM_SITES   1000u

struct sim_arrivals {
	struct sim_random random;
	uint64_t sums[SIM_CLIENTS];  /* how busy they are, added up */
	uint16_t sites[SIM_CLIENTS]; /* which one each visits */
	lvs_tstamp gap;		     /* mean time between two */
};

struct sim_arrival {
	lvs_tstamp after; /* the one before */
	lvs_tstamp lasts;
	uint32_t client; /* below SIM_CLIENTS */
};

/* RATE connections a second. */
void sim_arrivals_init(struct sim_arrivals *arrivals, uint64_t seed,
		       unsigned rate);

struct sim_arrival sim_arrivals_next(struct sim_arrivals *arrivals);

#endif
