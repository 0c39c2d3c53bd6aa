/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * case.h - one recorded case: a service, what was done to it, and who was
 * chosen by a real kernel's IPVS.
 *
 * Recordings are JSON, a case a line; what the members mean is told in
 * tests/golden/README.  Real servers have numbers; 0 is "none".
 */
#ifndef LVS_GOLDEN_CASE_H
#define LVS_GOLDEN_CASE_H

#include <jansson.h>
#include <lvs/lvs.h>

#define RS_MAX 8

enum step_kind {
	STEP_CONN,  /* the index-th connection is opened */
	STEP_CLOSE, /* the index-th is closed by both ends */
	STEP_RST,   /* the index-th is reset by the client */
	STEP_SLEEP, /* index seconds pass */
	STEP_CMD,   /* an ipvsadm command */
};

struct step {
	enum step_kind kind;
	size_t index;
	const char *cmd;
};

struct endpoint {
	struct lvs_addr addr;
	uint16_t port;
};

/* A connection: its ends, and what became of it. */
struct conn {
	struct endpoint client, virt;
	int chosen;
};

struct golden {
	json_t *json; /* owns every text below */
	const char *id, *sched;
	uint16_t family;
	uint8_t protocol; /* IPPROTO_TCP or IPPROTO_UDP */
	bool closed;	  /* connections are closed as soon as they are open */
	bool random;	  /* only the distribution of choices can agree */
	uint32_t fwmark;  /* 0: service by address */
	struct endpoint vip;
	struct endpoint rs[RS_MAX]; /* by number; family 0: none */
	size_t num_steps, num_conns;
	struct step *steps;
	struct conn *conns;
	json_t *setup;				/* lines of ipvsadm -R */
	json_t *dests, *trace, *final, *counts; /* counts: NULL if not random */
};

/*
 * LINE as a case; 0, or -1 and a sentence of at most SIZE bytes in WHY, when it
 * is not one.
 */
int golden_parse(const char *line, struct golden *g, char *why, size_t size);
void golden_free(struct golden *g);

/* The number of the real server with ADDR, or 0. */
int golden_rs(const struct golden *g, const struct lvs_addr *addr);

#endif
