/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world.h - clients, a director and servers in simulated time.
 *
 * A connection is six packets: three to open it, three to close it.  Each goes
 * through the director, and what the director does is all that the simulation
 * knows of its choice.
 */
#ifndef LVS_TESTS_SIM_WORLD_H
#define LVS_TESTS_SIM_WORLD_H

#include "arrivals.h"
#include "director.h"
#include "events.h"
#include "servers.h"

struct sim_conn {
	struct sim_flow flow;
	int server; /* SIM_NOBODY: not in use */
	lvs_tstamp lasts;
	uint32_t next; /* of those not in use */
};

/* Live at once at most; a few times what there are in the mean. */
#define SIM_CONNS_MAX 16384u

/* What happened since sim_world_forget. */
struct sim_tally {
	uint64_t calls;	  /* of clients */
	uint64_t refused; /* the director found no server */
	uint64_t lost;	  /* the server did not answer */
	uint64_t cut;	  /* ended by anybody but client and server */
	unsigned seconds;
	struct sim_evenness sum; /* of each second's */
};

struct sim_world {
	const char *scheduler;
	uint32_t unit;	       /* what weight 1 is to the director */
	uint32_t first_client; /* each seed has clients of its own */
	lvs_tstamp now;
	struct sim_director *director;
	struct sim_arrivals arrivals;
	struct sim_events events;
	struct sim_servers servers;
	struct sim_conn *conns; /* SIM_CONNS_MAX */
	uint32_t room;		/* the first one not in use */
	uint16_t ports[SIM_CLIENTS];
	/*
	 * Where each client's last connection went, which was its last one
	 * before sim_world_forget, and its first one since; SIM_NOBODY: it
	 * had none, or was refused.
	 */
	int8_t latest[SIM_CLIENTS];
	int8_t before[SIM_CLIENTS];
	int8_t after[SIM_CLIENTS];
	bool called[SIM_CLIENTS]; /* since then */
	struct sim_tally tally;
};

/* Servers may still be changed in WORLD->servers until it first runs. */
void sim_world_init(struct sim_world *world, const char *scheduler,
		    uint64_t seed);
void sim_world_fini(struct sim_world *world);

/* Let SECONDS pass. */
void sim_world_run(struct sim_world *world, unsigned seconds);

/* What has been is the past; what comes is compared with it. */
void sim_world_forget(struct sim_world *world);

/* What is done to the servers, and told to the director. */
void sim_world_add(struct sim_world *world, uint32_t weight);
void sim_world_weigh(struct sim_world *world, unsigned server, uint32_t weight);
void sim_world_remove(struct sim_world *world, unsigned server);

/* The mean since sim_world_forget, a look a second. */
struct sim_evenness sim_world_evenness(const struct sim_world *world);

/*
 * The share of clients that called before and after sim_world_forget and met
 * another server, or none, at the first call after it.
 */
double sim_world_moved(const struct sim_world *world);

/* The share of calls since then that found no server. */
double sim_world_refused(const struct sim_world *world);

/*
 * The share of live connections on which a packet sent now does not arrive,
 * or at another server than before.
 */
double sim_world_broken(struct sim_world *world);

/*
 * The share of live connections that a second director with the same
 * configuration and no connections would give to another server.
 */
double sim_world_disagreed(const struct sim_world *world);

#endif
