/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world.h - the test network (net.h) with an engine and a service in it, for
 * tests that are written in C.
 */
#ifndef LVS_TESTS_FLOW_WORLD_H
#define LVS_TESTS_FLOW_WORLD_H

#include "net.h"
#include <lvs/engine.h>

struct world {
	int af;
	struct lvs_director *dir;
	struct lvs_engine *eng;
	struct lvs_service_id svc;	    /* tcp V:80 */
	const struct lvs_fast_table *table; /* of the engine; NULL: none */
	lvs_tstamp now;
	unsigned char buf[512]; /* of one packet */
};

/* A director that has its memory from MEM, or malloc(3) if that is NULL. */
void world_open(struct world *w, int af, const struct lvs_allocator *mem);

/* An engine of it, of at most LIMIT connections, or of the default if 0. */
void world_engine(struct world *w, uint32_t limit);

void world_service(struct world *w, const char *scheduler, uint32_t flags);

/* The real server called NAME, of weight 1. */
void world_dest(struct world *w, const char *name, uint16_t port,
		uint8_t method);

void world_close(struct world *w);

/* Where an IP packet is laid, and that of LEN bytes there handed in. */
unsigned char *world_ip(struct world *w);
enum lvs_verdict world_hand_in(struct world *w, int len, uint32_t link);

/* The packet of a line (packet.h) comes in by LINK, and whether it is sent. */
bool world_sends(struct world *w, uint32_t link, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
