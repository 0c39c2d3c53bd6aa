/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * script.h - what the engine's fuzz target plays: a script of bytes, the
 * director and engines it happens to, and what is allowed to be wrong.
 *
 * Each byte is a step or a parameter of one; what is missing is 0.  Packets
 * are lines of tests/flow/packet.h, in the network of tests/flow/net.h, of one
 * family for a whole script.
 */
#ifndef LVS_TESTS_FUZZ_SCRIPT_H
#define LVS_TESTS_FUZZ_SCRIPT_H

#include "engine/engine.h"
#include "flow/net.h"
#include "flow/program.h"
#include "unit/counted.h"

#define SCRIPT_ENGINES 2
#define SCRIPT_BUFFER  4096u

struct script {
	const uint8_t *at, *end;
	int af;
	lvs_tstamp now;
	struct counted counted; /* fails when the script says so */
	struct lvs_director *dir;
	struct lvs_engine *engines[SCRIPT_ENGINES]; /* NULL: is not there */
	struct lvs_engine *eng; /* the one that gets packets now */
	struct program prog;	/* of the first one; no buckets: has none */
	unsigned char bufs[LVS_BURST][SCRIPT_BUFFER];
	struct lvs_pkt pkts[LVS_BURST];
	bool wrong; /* a packet that came in: then what is sent may be, too */
};

static inline uint8_t script_byte(struct script *s)
{
	return s->at < s->end ? *s->at++ : 0;
}

#define ONE_OF(list, n) (list)[(n) % (sizeof(list) / sizeof(*(list)))]

/* Addresses that real servers, and clients, have. */
extern const char *const script_hosts[10];
extern const char *const script_clients[4];

/* ---- script_admin.c -------------------------------------------------------
 */

/* Services, destinations, timeouts, the network; or the next allocation. */
void script_administer(struct script *s);

/* ---- script_packet.c ------------------------------------------------------
 */

/* Lay the next packet in buffer I. */
void script_lay(struct script *s, unsigned i);

/* ---- script_judge.c -------------------------------------------------------
 */

/* COUNT packets were laid; who forwards them is the program or the engine. */
void script_input(struct script *s, unsigned count);

/* Whatever engines want to send. */
void script_output(struct script *s);

/* ---- script_check.c -------------------------------------------------------
 */

/* What must be so between any two steps. */
void script_check(struct script *s);

#endif
