/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * servers.c - real servers, and how evenly they are loaded.
 */
#include "servers.h"

#include <math.h>

#define SETUP LVS_MSEC

void sim_servers_init(struct sim_servers *servers)
{
	*servers = (struct sim_servers){ .count = 9 };
	for (unsigned i = 0; i < servers->count; i++)
		servers->at[i] = (struct sim_server){
			.weight = 1u << i % 3,
			.slowness = 1,
			.there = true,
		};
}

struct sim_evenness sim_servers_evenness(const struct sim_servers *servers)
{
	double live = 0, weight = 0, worst = 0, squares = 0, mean;

	for (unsigned i = 0; i < servers->count; i++) {
		live += servers->at[i].live;
		weight += servers->at[i].weight;
	}
	if (live <= 0)
		return (struct sim_evenness){ 1, 0 };
	mean = live / weight;
	for (unsigned i = 0; i < servers->count; i++) {
		const struct sim_server *server = &servers->at[i];
		double load;

		if (!server->weight)
			continue;
		load = (double)server->live / server->weight / mean;
		worst = fmax(worst, load);
		squares += (load - 1) * (load - 1);
	}
	return (struct sim_evenness){ worst, sqrt(squares / servers->count) };
}

double sim_servers_share(const struct sim_servers *servers, unsigned server)
{
	const struct sim_server *own = &servers->at[server];
	double taken = 0, weight = 0;

	for (unsigned i = 0; i < servers->count; i++) {
		taken += (double)servers->at[i].taken;
		weight += servers->at[i].weight;
	}
	return (double)own->taken / taken / (own->weight / weight);
}

lvs_tstamp sim_server_setup(const struct sim_server *server)
{
	return SETUP * server->slowness;
}
