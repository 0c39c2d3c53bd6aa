/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drive.c - what a client and a real server would send, one after the other.
 */
#include "drive.h"

#include "wire.h"
#include <netinet/in.h>
#include <stdlib.h>

#define STEP_TIME LVS_MSEC

struct drive {
	const struct golden *g;
	struct lvs_director *dir;
	struct lvs_engine *eng;
	lvs_tstamp now;
	struct endpoint *servers; /* of each connection; family 0: none */
};

struct drive *drive_new(const struct golden *g)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct drive *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->g = g;
	d->now = LVS_SEC;
	d->servers = calloc(g->num_conns + 1, sizeof(*d->servers));
	if (!d->servers || lvs_director_new(&opts, &d->dir) ||
	    lvs_engine_new(d->dir, NULL, &d->eng)) {
		drive_free(d);
		return NULL;
	}
	return d;
}

void drive_free(struct drive *d)
{
	if (!d)
		return;
	lvs_engine_free(d->eng);
	lvs_director_free(d->dir);
	free(d->servers);
	free(d);
}

struct lvs_director *drive_director(struct drive *d)
{
	return d->dir;
}

/* ICMP errors to the client, say: taken and forgotten. */
static void drain(struct drive *d)
{
	struct lvs_pkt *made[8];

	while (lvs_engine_output(d->eng, made, 8, d->now) > 0)
		continue;
}

/*
 * One packet through the engine.  True if it is sent on: then FROM and TO are
 * its ends afterwards.
 */
static bool pass(struct drive *d, struct endpoint *from, struct endpoint *to,
		 uint8_t flags, uint32_t mark)
{
	unsigned char buf[LVS_PKT_HEADROOM + WIRE_MAX];
	struct lvs_pkt pkt, *pkts[] = { &pkt };
	size_t len = wire_build(buf + LVS_PKT_HEADROOM, d->g->protocol, from,
				to, flags);

	lvs_pkt_init(&pkt, buf, sizeof(buf), LVS_PKT_HEADROOM, (uint32_t)len,
		     0);
	pkt.mark = mark;
	lvs_engine_input(d->eng, pkts, 1, d->now);
	drain(d);
	return pkt.verdict == LVS_SEND &&
	       wire_read(pkt.data, pkt.len, from, to);
}

/* From the client; the real server that has it, or 0. */
static int request(struct drive *d, size_t index, uint8_t flags)
{
	struct endpoint from = d->g->conns[index].client;
	struct endpoint to = d->g->conns[index].virt;

	if (!pass(d, &from, &to, flags, d->g->fwmark))
		return 0;
	d->servers[index] = to;
	return golden_rs(d->g, &to.addr);
}

/* From the real server that got the connection. */
static void reply(struct drive *d, size_t index, uint8_t flags)
{
	struct endpoint from = d->servers[index];
	struct endpoint to = d->g->conns[index].client;

	if (from.addr.family)
		pass(d, &from, &to, flags, 0);
}

int drive_conn(struct drive *d, size_t index)
{
	int rs;

	d->now += STEP_TIME;
	lvs_engine_tick(d->eng, d->now);
	lvs_director_tick(d->dir, d->now);
	if (d->g->protocol == IPPROTO_UDP)
		return request(d, index, 0);
	rs = request(d, index, WIRE_SYN);
	if (!rs)
		return 0;
	reply(d, index, WIRE_SYN | WIRE_ACK);
	request(d, index, WIRE_ACK);
	if (d->g->closed)
		drive_close(d, index);
	return rs;
}

void drive_close(struct drive *d, size_t index)
{
	if (d->g->protocol != IPPROTO_TCP)
		return;
	request(d, index, WIRE_FIN | WIRE_ACK);
	reply(d, index, WIRE_ACK);
	reply(d, index, WIRE_FIN | WIRE_ACK);
	request(d, index, WIRE_ACK);
}

void drive_rst(struct drive *d, size_t index)
{
	if (d->g->protocol == IPPROTO_TCP)
		request(d, index, WIRE_RST);
}

void drive_sleep(struct drive *d, size_t secs)
{
	for (size_t i = 0; i < secs; i++) {
		d->now += LVS_SEC;
		lvs_engine_tick(d->eng, d->now);
		lvs_director_tick(d->dir, d->now);
	}
}
