/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world.c - simulated time: one event after the other.
 */
#include "world.h"
#include "must.h"

#include <string.h>

#define RATE	   100u /* new connections a second */
#define FIRST_PORT 1024u

/* Schedulers for which a weight is a number of connections, not a ratio. */
static const char *const by_number[] = { "ovf", "lblc", "lblcr" };
#define NUMBER 100u

static uint32_t unit_of(const char *scheduler)
{
	for (size_t i = 0; i < sizeof(by_number) / sizeof(*by_number); i++)
		if (!strcmp(by_number[i], scheduler))
			return NUMBER;
	return 1;
}

static struct sim_director *make_director(const struct sim_world *world)
{
	struct sim_director *director = sim_director_new(world->scheduler);

	for (unsigned i = 0; i < world->servers.count; i++)
		sim_director_add(director, i,
				 world->servers.at[i].weight * world->unit);
	return director;
}

void sim_world_init(struct sim_world *world, const char *scheduler,
		    uint64_t seed)
{
	memset(world, 0, sizeof(*world));
	world->scheduler = scheduler;
	world->unit = unit_of(scheduler);
	world->first_client = (uint32_t)(seed % 1000) * SIM_CLIENTS;
	world->now = LVS_SEC;
	sim_servers_init(&world->servers);
	sim_arrivals_init(&world->arrivals, seed, RATE);
	world->director = make_director(world);
	world->conns = calloc(SIM_CONNS_MAX, sizeof(*world->conns));
	must(world->conns);
	for (uint32_t i = 0; i < SIM_CONNS_MAX; i++) {
		world->conns[i].server = SIM_NOBODY;
		world->conns[i].next = i + 1;
	}
	memset(world->latest, SIM_NOBODY, sizeof(world->latest));
	sim_world_forget(world);
	sim_events_plan(&world->events, world->now, SIM_ARRIVES, 0);
	sim_events_plan(&world->events, world->now, SIM_TICKS, 0);
}

void sim_world_fini(struct sim_world *world)
{
	sim_director_free(world->director);
	sim_events_fini(&world->events);
	free(world->conns);
}

/* ---- connections ----------------------------------------------------------
 */

static struct sim_server *server_of(struct sim_world *world,
				    const struct sim_conn *conn)
{
	return &world->servers.at[conn->server];
}

static bool request(struct sim_world *world, const struct sim_conn *conn,
		    uint8_t flags)
{
	return sim_director_request(world->director, &conn->flow, flags,
				    world->now) == conn->server &&
	       server_of(world, conn)->there;
}

static bool reply(struct sim_world *world, const struct sim_conn *conn,
		  uint8_t flags)
{
	return server_of(world, conn)->there &&
	       sim_director_reply(world->director, &conn->flow, conn->server,
				  flags, world->now);
}

static void note(struct sim_world *world, uint32_t client, int server)
{
	if (!world->called[client]) {
		world->called[client] = true;
		world->after[client] = (int8_t)server;
	}
	world->latest[client] = (int8_t)server;
}

static void begin(struct sim_world *world, const struct sim_conn *conn)
{
	uint32_t number = world->room;
	struct sim_server *server = server_of(world, conn);

	must(number < SIM_CONNS_MAX);
	world->room = world->conns[number].next;
	world->conns[number] = *conn;
	server->live++;
	server->taken++;
	sim_events_plan(&world->events, world->now + sim_server_setup(server),
			SIM_ANSWERS, number);
}

static void end(struct sim_world *world, uint32_t number)
{
	struct sim_conn *conn = &world->conns[number];

	server_of(world, conn)->live--;
	conn->server = SIM_NOBODY;
	conn->next = world->room;
	world->room = number;
}

static void arrive(struct sim_world *world)
{
	struct sim_arrival arrival = sim_arrivals_next(&world->arrivals);
	uint32_t client = arrival.client;
	struct sim_conn conn = {
		.flow.client = world->first_client + client,
		.flow.site = world->arrivals.sites[client],
		.flow.port = (uint16_t)(FIRST_PORT + world->ports[client]++),
		.lasts = arrival.lasts,
	};

	conn.server = sim_director_request(world->director, &conn.flow, SIM_SYN,
					   world->now);
	world->tally.calls++;
	note(world, client, conn.server);
	if (conn.server == SIM_NOBODY)
		world->tally.refused++;
	else if (!server_of(world, &conn)->there)
		world->tally.lost++;
	else
		begin(world, &conn);
	sim_events_plan(&world->events, world->now + arrival.after, SIM_ARRIVES,
			0);
}

static void answer(struct sim_world *world, uint32_t number)
{
	const struct sim_conn *conn = &world->conns[number];

	if (!reply(world, conn, SIM_SYN | SIM_ACK) ||
	    !request(world, conn, SIM_ACK)) {
		world->tally.cut++;
		end(world, number);
		return;
	}
	sim_events_plan(&world->events,
			world->now +
				conn->lasts * server_of(world, conn)->slowness,
			SIM_ENDS, number);
}

static void finish(struct sim_world *world, uint32_t number)
{
	const struct sim_conn *conn = &world->conns[number];

	if (!request(world, conn, SIM_FIN | SIM_ACK) ||
	    !reply(world, conn, SIM_FIN | SIM_ACK) ||
	    !request(world, conn, SIM_ACK))
		world->tally.cut++;
	end(world, number);
}

/* ---- time -----------------------------------------------------------------
 */

static void tick(struct sim_world *world)
{
	struct sim_evenness now = sim_servers_evenness(&world->servers);

	world->tally.seconds++;
	world->tally.sum.worst += now.worst;
	world->tally.sum.cv += now.cv;
	sim_director_tick(world->director, world->now);
	sim_events_plan(&world->events, world->now + LVS_SEC, SIM_TICKS, 0);
}

static void happen(struct sim_world *world, const struct sim_event *event)
{
	world->now = event->at;
	switch (event->kind) {
	case SIM_ARRIVES:
		arrive(world);
		break;
	case SIM_ANSWERS:
		answer(world, event->number);
		break;
	case SIM_ENDS:
		finish(world, event->number);
		break;
	case SIM_TICKS:
		tick(world);
	}
}

void sim_world_run(struct sim_world *world, unsigned seconds)
{
	lvs_tstamp until = world->now + seconds * LVS_SEC;
	struct sim_event event;

	while (sim_events_due(&world->events, until, &event))
		happen(world, &event);
	world->now = until;
}

void sim_world_forget(struct sim_world *world)
{
	memcpy(world->before, world->latest, sizeof(world->before));
	memset(world->called, 0, sizeof(world->called));
	world->tally = (struct sim_tally){ 0 };
	for (unsigned i = 0; i < world->servers.count; i++)
		world->servers.at[i].taken = 0;
}

/* ---- changes --------------------------------------------------------------
 */

void sim_world_add(struct sim_world *world, uint32_t weight)
{
	unsigned number = world->servers.count++;

	must(number < SIM_SERVERS_MAX);
	world->servers.at[number] = (struct sim_server){ .weight = weight,
							 .slowness = 1,
							 .there = true };
	sim_director_add(world->director, number, weight * world->unit);
}

void sim_world_weigh(struct sim_world *world, unsigned server, uint32_t weight)
{
	world->servers.at[server].weight = weight;
	sim_director_weigh(world->director, server, weight * world->unit);
}

void sim_world_remove(struct sim_world *world, unsigned server)
{
	sim_director_remove(world->director, server);
}

/* ---- what has become of it ------------------------------------------------
 */

struct sim_evenness sim_world_evenness(const struct sim_world *world)
{
	const struct sim_tally *tally = &world->tally;

	return (struct sim_evenness){
		.worst = tally->sum.worst / tally->seconds,
		.cv = tally->sum.cv / tally->seconds,
	};
}

double sim_world_moved(const struct sim_world *world)
{
	unsigned both = 0, moved = 0;

	for (uint32_t i = 0; i < SIM_CLIENTS; i++) {
		if (world->before[i] == SIM_NOBODY || !world->called[i])
			continue;
		both++;
		moved += world->after[i] != world->before[i];
	}
	return (double)moved / both;
}

double sim_world_refused(const struct sim_world *world)
{
	return (double)world->tally.refused / (double)world->tally.calls;
}

double sim_world_broken(struct sim_world *world)
{
	unsigned live = 0, broken = 0;

	for (uint32_t i = 0; i < SIM_CONNS_MAX; i++) {
		const struct sim_conn *conn = &world->conns[i];

		if (conn->server == SIM_NOBODY)
			continue;
		live++;
		broken += !request(world, conn, SIM_ACK);
	}
	return (double)broken / live;
}

double sim_world_disagreed(const struct sim_world *world)
{
	struct sim_director *other = make_director(world);
	unsigned live = 0, elsewhere = 0;

	for (uint32_t i = 0; i < SIM_CONNS_MAX; i++) {
		const struct sim_conn *conn = &world->conns[i];

		if (conn->server == SIM_NOBODY)
			continue;
		live++;
		elsewhere += sim_director_request(other, &conn->flow, SIM_SYN,
						  world->now) != conn->server;
	}
	sim_director_free(other);
	return (double)elsewhere / live;
}
