/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * facts.c - what must come out of the simulation, whatever its figures are.
 *
 * That the figures are those of the manual is table.sh's to say.
 */
#include "check.h"
#include "figures.h"

#include <lvs/sched.h>
#include <string.h>

/* Of which a client's next connection goes where the last one went. */
static const char *const by_address[] = { "dh", "sh", "mh", "mh64k" };

#define NUM_BY_ADDRESS (sizeof(by_address) / sizeof(*by_address))

/* ---- the simulation itself ------------------------------------------------
 */

START_TEST(arrivals_are_as_described)
{
	static struct sim_arrivals arrivals;
	double time = 0, squares = 0, busiest = 0, length = 0;
	const int draws = 200000;

	sim_arrivals_init(&arrivals, 1, 100);
	for (int i = 0; i < draws; i++) {
		struct sim_arrival arrival = sim_arrivals_next(&arrivals);
		double gap = (double)arrival.after / 1e7;

		time += gap;
		squares += gap * gap;
		length += (double)arrival.lasts / 1e9;
		busiest += arrival.client == 0;
	}
	/* An exponential law has mean 1 and mean square 2. */
	ck_assert_double_eq_tol(time / draws, 1, 0.01);
	ck_assert_double_eq_tol(squares / draws, 2, 0.05);
	ck_assert_double_eq_tol(length / draws, 13, 1);
	ck_assert_double_eq_tol(busiest / draws, 0.016, 0.002);
}
END_TEST

START_TEST(events_come_in_order)
{
	struct sim_events events = { 0 };
	struct sim_random random = { 7 };
	struct sim_event event, last = { 0 };
	int count = 0;

	for (int i = 0; i < 5000; i++)
		sim_events_plan(&events, sim_random_below(&random, 1000),
				SIM_ENDS, 0);
	while (sim_events_due(&events, 998, &event)) {
		LVS_MUST(count == 0 || event.at > last.at ||
			 (event.at == last.at && event.serial > last.serial));
		last = event;
		count++;
	}
	ck_assert_int_gt(count, 4900);
	ck_assert_uint_eq(events.count, 5000u - (unsigned)count);
	sim_events_fini(&events);
}
END_TEST

START_TEST(a_run_is_repeatable)
{
	struct sim_figures one = sim_figures_of("p2c");
	struct sim_figures two = sim_figures_of("p2c");

	ck_assert(memcmp(&one, &two, sizeof(one)) == 0);
}
END_TEST

/* ---- every scheduler ------------------------------------------------------
 */

static struct sim_world world;

static void warm_up(const char *scheduler)
{
	sim_world_init(&world, scheduler, 1);
	sim_world_run(&world, 20);
	sim_world_forget(&world);
}

/* What it carries, of all live connections. */
static double load_of(unsigned server)
{
	double live = 0;

	for (unsigned i = 0; i < world.servers.count; i++)
		live += world.servers.at[i].live;
	return world.servers.at[server].live / live;
}

static void only_the_gone_are_cut(const char *scheduler)
{
	double load;

	warm_up(scheduler);
	sim_world_add(&world, 1);
	sim_world_weigh(&world, 1, 7);
	sim_world_weigh(&world, 2, 0);
	sim_world_run(&world, 20);
	ck_assert_msg(world.tally.cut == 0, "%s cuts", scheduler);
	ck_assert_msg(sim_world_broken(&world) <= 0, "%s breaks", scheduler);
	load = load_of(SIM_VICTIM);
	world.servers.at[SIM_VICTIM].there = false;
	ck_assert_double_eq(sim_world_broken(&world), load);
	world.servers.at[SIM_VICTIM].there = true;
	sim_world_remove(&world, SIM_VICTIM);
	ck_assert_double_eq(sim_world_broken(&world), load);
	sim_world_fini(&world);
}

START_TEST(only_a_server_that_goes_cuts_connections)
{
	const struct lvs_scheduler *scheduler;

	for (size_t i = 0; (scheduler = lvs_scheduler_at(i)); i++)
		only_the_gone_are_cut(scheduler->name);
}
END_TEST

/* ---- some of them ---------------------------------------------------------
 */

START_TEST(turns_are_exact)
{
	warm_up("wrr");
	sim_world_run(&world, 100);
	for (unsigned i = 0; i < world.servers.count; i++) {
		const struct sim_server *server = &world.servers.at[i];
		double due = (double)world.tally.calls * server->weight / 21;

		/* The first round had begun already. */
		ck_assert_double_eq_tol((double)server->taken, due,
					server->weight + 1);
	}
	sim_world_fini(&world);
}
END_TEST

START_TEST(hashes_stay)
{
	for (size_t i = 0; i < NUM_BY_ADDRESS; i++) {
		warm_up(by_address[i]);
		ck_assert(sim_world_disagreed(&world) <= 0);
		sim_world_run(&world, 20);
		ck_assert(sim_world_moved(&world) <= 0);
		ck_assert_uint_gt(world.tally.calls, 1800);
		sim_world_fini(&world);
	}
}
END_TEST

/* Of clients, when a server of weight 2 joins others of 21. */
static double moved_by_newcomer(const char *scheduler)
{
	double moved;

	warm_up(scheduler);
	sim_world_add(&world, SIM_VICTIM_WEIGHT);
	sim_world_run(&world, 60);
	moved = sim_world_moved(&world);
	sim_world_fini(&world);
	return moved;
}

START_TEST(consistent_hashes_move_few)
{
	/* 2 / 23 must move. */
	ck_assert_double_le(moved_by_newcomer("mh"), 0.12);
	ck_assert_double_ge(moved_by_newcomer("mh"), 0.06);
	ck_assert_double_le(moved_by_newcomer("mh64k"), 0.12);
	ck_assert_double_ge(moved_by_newcomer("sh"), 0.6);
	ck_assert_double_ge(moved_by_newcomer("rr"), 0.8);
}
END_TEST

START_TEST(load_is_seen)
{
	static const char *const by_load[] = { "wlc", "sed", "nq", "twos",
					       "p2c" };

	for (size_t i = 0; i < sizeof(by_load) / sizeof(*by_load); i++) {
		sim_world_init(&world, by_load[i], 1);
		world.servers.at[SIM_VICTIM].slowness = 4;
		sim_world_run(&world, 60);
		sim_world_forget(&world);
		sim_world_run(&world, 60);
		ck_assert_double_le(sim_world_evenness(&world).worst, 1.15);
		ck_assert_double_le(sim_servers_share(&world.servers,
						      SIM_VICTIM),
				    0.6);
		sim_world_fini(&world);
	}
}
END_TEST

LVS_TEST_MAIN("sim/facts", arrivals_are_as_described, events_come_in_order,
	      a_run_is_repeatable, only_a_server_that_goes_cuts_connections,
	      turns_are_exact, hashes_stay, consistent_hashes_move_few,
	      load_is_seen)
