/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * director.h - a real director with one engine, as clients and servers of the
 * simulation see it: they hand it TCP packets and learn where each comes out.
 *
 * Its one service is by mark, NAT, and so has as many addresses as there are
 * sites.  Only what <lvs/...> declares is used.
 */
#ifndef LVS_TESTS_SIM_DIRECTOR_H
#define LVS_TESTS_SIM_DIRECTOR_H

#include <lvs/base.h>

struct sim_director;

/* A connection, by numbers from 0. */
struct sim_flow {
	uint32_t client;
	uint16_t site;
	uint16_t port; /* the client's */
};

#define SIM_NOBODY (-1)

#define SIM_FIN (1u << 0)
#define SIM_SYN (1u << 1)
#define SIM_ACK (1u << 4)

struct sim_director *sim_director_new(const char *scheduler);
void sim_director_free(struct sim_director *director);

/* Server number SERVER comes, gets another weight, goes. */
void sim_director_add(struct sim_director *director, unsigned server,
		      uint32_t weight);
void sim_director_weigh(struct sim_director *director, unsigned server,
			uint32_t weight);
void sim_director_remove(struct sim_director *director, unsigned server);

/* A second has gone. */
void sim_director_tick(struct sim_director *director, lvs_tstamp now);

/* A client's packet: the server that it comes out to, or SIM_NOBODY. */
int sim_director_request(struct sim_director *director,
			 const struct sim_flow *flow, uint8_t flags,
			 lvs_tstamp now);

/* A server's packet: whether it comes out to the client, from the site. */
bool sim_director_reply(struct sim_director *director,
			const struct sim_flow *flow, int server, uint8_t flags,
			lvs_tstamp now);

#endif
