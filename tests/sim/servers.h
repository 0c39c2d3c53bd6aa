/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * servers.h - real servers: what each is worth, what it carries, how evenly.
 */
#ifndef LVS_TESTS_SIM_SERVERS_H
#define LVS_TESTS_SIM_SERVERS_H

#include <lvs/base.h>

#define SIM_SERVERS_MAX 16

struct sim_server {
	uint32_t weight;
	uint32_t slowness; /* 1; or all takes so many times as long */
	bool there;	   /* it answers */
	uint32_t live;	   /* connections now */
	uint64_t taken;	   /* ever */
};

struct sim_servers {
	struct sim_server at[SIM_SERVERS_MAX];
	unsigned count;
};

/* How even it is; the load of a server is its connections for its weight. */
struct sim_evenness {
	double worst; /* greatest load / mean load */
	double cv;    /* standard deviation of loads / mean load */
};

/* Nine servers of weights 1, 2, 4, three times over. */
void sim_servers_init(struct sim_servers *servers);

/* The mean load is that of all servers together. */
struct sim_evenness sim_servers_evenness(const struct sim_servers *servers);

/* What SERVER took, to what it would have by its weight. */
double sim_servers_share(const struct sim_servers *servers, unsigned server);

/* How long SERVER takes to accept a connection. */
lvs_tstamp sim_server_setup(const struct sim_server *server);

#endif
