/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * figures.c - the same world over and over, each time changed in another way.
 */
#include "figures.h"
#include "must.h"

/*
 * Worlds of which a figure is the mean: to a scheduler that hashes addresses,
 * much depends on where the busiest clients happen to belong.
 */
#define SEEDS	 3u
#define BEFORE	 120u /* seconds */
#define AFTER	 60u
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

static void settle(struct sim_world *world)
{
	sim_world_run(world, BEFORE);
	sim_world_forget(world);
}

/* What is only looked at where nothing was changed. */
static void look(const struct sim_world *world, struct sim_figures *figures)
{
	struct sim_evenness evenness = sim_world_evenness(world);

	must(world->tally.cut == 0);
	figures->evenness.worst += evenness.worst / SEEDS;
	figures->evenness.cv += evenness.cv / SEEDS;
	figures->disagreed += sim_world_disagreed(world) / SEEDS;
}

static void add_effect(const char *scheduler, uint64_t seed,
		       enum sim_change change, struct sim_figures *figures)
{
	struct sim_effect *effect = &figures->effects[change];
	struct sim_world world;

	sim_world_init(&world, scheduler, seed);
	settle(&world);
	apply(&world, change);
	effect->broken += sim_world_broken(&world) / SEEDS;
	sim_world_run(&world, AFTER);
	effect->moved += sim_world_moved(&world) / SEEDS;
	effect->refused += sim_world_refused(&world) / SEEDS;
	if (change == SIM_NONE)
		look(&world, figures);
	sim_world_fini(&world);
}

static void add_slow(const char *scheduler, uint64_t seed,
		     struct sim_figures *figures)
{
	struct sim_world world;

	sim_world_init(&world, scheduler, seed);
	world.servers.at[SIM_VICTIM].slowness = SLOWNESS;
	settle(&world);
	sim_world_run(&world, AFTER);
	figures->slow += sim_servers_share(&world.servers, SIM_VICTIM) / SEEDS;
	sim_world_fini(&world);
}

struct sim_figures sim_figures_of(const char *scheduler)
{
	struct sim_figures figures = { 0 };

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		for (enum sim_change i = 0; i < SIM_CHANGES; i++)
			add_effect(scheduler, seed, i, &figures);
		add_slow(scheduler, seed, &figures);
	}
	return figures;
}
