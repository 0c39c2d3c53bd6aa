/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * figures.h - what the simulation measures of a scheduler.
 *
 * Each figure is of worlds that have run for a while, and then are left alone
 * or changed: worlds that differ in nothing else.
 */
#ifndef LVS_TESTS_SIM_FIGURES_H
#define LVS_TESTS_SIM_FIGURES_H

#include "world.h"

/* Who is changed, goes, or is slow: a server of weight 2 of 21. */
#define SIM_VICTIM	  4u
#define SIM_VICTIM_WEIGHT 2u

enum sim_change {
	SIM_NONE,
	SIM_ADDED,    /* another server like it */
	SIM_REMOVED,  /* it is deleted */
	SIM_WEIGHED,  /* its weight is doubled */
	SIM_QUIESCED, /* its weight becomes 0 */
	SIM_CHANGES
};

/* Shares, from 0 to 1. */
struct sim_effect {
	double moved;	/* clients: sim_world_moved */
	double broken;	/* connections: sim_world_broken */
	double refused; /* calls */
};

struct sim_figures {
	struct sim_evenness evenness;
	double slow; /* sim_servers_share of one four times as slow */
	struct sim_effect effects[SIM_CHANGES];
	double disagreed; /* connections: sim_world_disagreed */
};

struct sim_figures sim_figures_of(const char *scheduler);

#endif
