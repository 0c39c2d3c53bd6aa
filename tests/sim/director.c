/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * director.c - a director, its engine, and packets through them.
 *
 * Packets have no link layer, so no picture of the network is needed: where
 * one leaves is told by the address that it leaves for.
 */
#include "director.h"
#include "must.h"
#include "wire.h"

#include <arpa/inet.h>
#include <lvs/engine.h>
#include <netinet/in.h>

/* Number 0 of each kind has the address behind these. */
#define CLIENTS 0x0a000001u /* 10.0.0.1 */
#define SITES	0xc6120001u /* 198.18.0.1 */
#define SERVERS 0xac100001u /* 172.16.0.1 */
#define PORT	80

#define MARK 1

struct sim_director {
	struct lvs_director *dir;
	struct lvs_engine *eng;
	struct lvs_service_id service;
};

struct sim_director *sim_director_new(const char *scheduler)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_service_conf conf = LVS_OPTS(struct lvs_service_conf);
	struct sim_director *director = calloc(1, sizeof(*director));

	must(director);
	/* No secret: each run is to be the same. */
	opts.hash_key[0] = 1;
	must(lvs_director_new(&opts, &director->dir) == 0);
	conf.id.fwmark = MARK;
	conf.id.addr.family = AF_INET;
	snprintf(conf.scheduler, sizeof(conf.scheduler), "%s", scheduler);
	must(lvs_service_add(director->dir, &conf) == 0);
	director->service = conf.id;
	must(lvs_engine_new(director->dir, NULL, &director->eng) == 0);
	return director;
}

void sim_director_free(struct sim_director *director)
{
	lvs_engine_free(director->eng);
	lvs_director_free(director->dir);
	free(director);
}

static struct lvs_dest_conf describe(unsigned server, uint32_t weight)
{
	struct lvs_dest_conf conf = LVS_OPTS(struct lvs_dest_conf);

	conf.id.addr = lvs_addr_v4(htonl(SERVERS + server));
	conf.method = LVS_METHOD_NAT;
	conf.weight = (int32_t)weight;
	return conf;
}

void sim_director_add(struct sim_director *director, unsigned server,
		      uint32_t weight)
{
	struct lvs_dest_conf conf = describe(server, weight);

	must(lvs_dest_add(director->dir, &director->service, &conf) == 0);
}

void sim_director_weigh(struct sim_director *director, unsigned server,
			uint32_t weight)
{
	struct lvs_dest_conf conf = describe(server, weight);

	must(lvs_dest_edit(director->dir, &director->service, &conf) == 0);
}

void sim_director_remove(struct sim_director *director, unsigned server)
{
	struct lvs_dest_conf conf = describe(server, 0);

	must(lvs_dest_del(director->dir, &director->service, &conf.id) == 0);
}

void sim_director_tick(struct sim_director *director, lvs_tstamp now)
{
	while (lvs_engine_tick(director->eng, now) <= now)
		;
	lvs_director_tick(director->dir, now);
}

/* Take the packet WIRE through; if it is sent, WIRE is what has become of it.
 */
static bool pass(struct sim_director *director, struct sim_wire *wire,
		 uint8_t flags, uint32_t mark, lvs_tstamp now)
{
	unsigned char buf[LVS_PKT_HEADROOM + SIM_WIRE_LEN];
	struct lvs_pkt pkt, *pkts[] = { &pkt };

	lvs_pkt_init(&pkt, buf, sizeof(buf), LVS_PKT_HEADROOM, SIM_WIRE_LEN, 0);
	sim_wire_write(pkt.data, wire, flags);
	pkt.off.flags = LVS_OFF_CSUM;
	pkt.off.csum_start = 20;
	pkt.off.csum_offset = 16;
	pkt.mark = mark;
	lvs_engine_input(director->eng, pkts, 1, now);
	if (pkt.verdict != LVS_SEND)
		return false;
	must(pkt.len == SIM_WIRE_LEN);
	*wire = sim_wire_read(pkt.data);
	return true;
}

int sim_director_request(struct sim_director *director,
			 const struct sim_flow *flow, uint8_t flags,
			 lvs_tstamp now)
{
	struct sim_wire wire = {
		.src = CLIENTS + flow->client,
		.dst = SITES + flow->site,
		.sport = flow->port,
		.dport = PORT,
	};

	if (!pass(director, &wire, flags, MARK, now))
		return SIM_NOBODY;
	must(wire.src == CLIENTS + flow->client && wire.sport == flow->port);
	return (int)(wire.dst - SERVERS);
}

bool sim_director_reply(struct sim_director *director,
			const struct sim_flow *flow, int server, uint8_t flags,
			lvs_tstamp now)
{
	struct sim_wire wire = {
		.src = SERVERS + (uint32_t)server,
		.dst = CLIENTS + flow->client,
		.sport = PORT,
		.dport = flow->port,
	};

	return pass(director, &wire, flags, 0, now) &&
	       wire.src == SITES + flow->site &&
	       wire.dst == CLIENTS + flow->client;
}
