/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * figures.c - the same world over and over, each time changed in another way.
 */
#include "figures.h"
#include "must.h"

#define SEED	 20261122u
#define BEFORE	 150u /* seconds */
#define AFTER	 150u
#define SLOWNESS 4u

static void apply(struct sim_world *world, enum sim_change change)
{
	switch (change) {
	case SIM_ADDED:
		sim_world_add(world, SIM_VICTIM_WEIGHT);
		break;
	case SIM_REMOVED:
		sim_world_remove(world, SIM_VICTIM);
		break;
	case SIM_WEIGHED:
		sim_world_weigh(world, SIM_VICTIM, 2 * SIM_VICTIM_WEIGHT);
		break;
	case SIM_QUIESCED:
		sim_world_weigh(world, SIM_VICTIM, 0);
		break;
	default:
		break;
	}
}

/* What is only looked at where nothing is changed. */
static void look(const struct sim_world *world, struct sim_figures *figures)
{
	must(world->tally.cut == 0);
	figures->evenness = sim_world_evenness(world);
	figures->disagreed = sim_world_disagreed(world);
}

static void take_effect(const char *scheduler, enum sim_change change,
			struct sim_figures *figures)
{
	struct sim_effect *effect = &figures->effects[change];
	struct sim_world world;

	sim_world_init(&world, scheduler, SEED);
	sim_world_run(&world, BEFORE);
	sim_world_forget(&world);
	apply(&world, change);
	effect->broken = sim_world_broken(&world);
	sim_world_run(&world, AFTER);
	effect->moved = sim_world_moved(&world);
	effect->refused = sim_world_refused(&world);
	if (change == SIM_NONE)
		look(&world, figures);
	sim_world_fini(&world);
}

static double take_slow(const char *scheduler)
{
	struct sim_world world;
	double share;

	sim_world_init(&world, scheduler, SEED);
	world.servers.at[SIM_VICTIM].slowness = SLOWNESS;
	sim_world_run(&world, BEFORE);
	sim_world_forget(&world);
	sim_world_run(&world, AFTER);
	share = sim_servers_share(&world.servers, SIM_VICTIM);
	sim_world_fini(&world);
	return share;
}

struct sim_figures sim_figures_of(const char *scheduler)
{
	struct sim_figures figures = { 0 };

	for (enum sim_change i = 0; i < SIM_CHANGES; i++)
		take_effect(scheduler, i, &figures);
	figures.slow = take_slow(scheduler);
	return figures;
}
