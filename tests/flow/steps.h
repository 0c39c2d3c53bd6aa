/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * steps.h - what the steps of a case share.
 */
#ifndef LVS_TESTS_FLOW_STEPS_H
#define LVS_TESTS_FLOW_STEPS_H

#include <check.h>
#include <lvs/engine.h>
#include <stdio.h>

#define MAX_ENGINES 4
#define MAX_PACKETS 8
#define BUFFER	    (LVS_PKT_BUFSIZE + 64)

/* A case that is being run. */
struct run {
	int af;
	const char *file;
	int line;
	lvs_tstamp now;
	struct lvs_director *dir;
	struct lvs_engine *engines[MAX_ENGINES];
	struct lvs_engine *eng;
	struct lvs_service_id svc; /* that was named last */
	uint32_t mark;
	/* The last burst, and which of its packets is looked at next. */
	unsigned char *bufs; /* MAX_PACKETS times BUFFER bytes */
	struct lvs_pkt pkts[MAX_PACKETS];
	size_t count, next;
	bool queueing; /* it was not handed in yet */
};

#define FAIL(r, ...)                                                           \
	do {                                                                   \
		char what_[8192];                                              \
		snprintf(what_, sizeof(what_), __VA_ARGS__);                   \
		ck_abort_msg("%s:%d (IPv%c): %s", (r)->file, (r)->line,        \
			     (r)->af == AF_INET ? '4' : '6', what_);           \
	} while (0)

/* One kind of step, and the least number of words behind it. */
struct step {
	const char *word;
	size_t least;
	void (*run)(struct run *r, char **w, size_t n);
};

/* Each ends with one whose word is NULL. */
extern const struct step conf_steps[];
extern const struct step packet_steps[];
extern const struct step conn_steps[];

/* The address and port of "R1:80" or "R1"; fails if there is no such name. */
uint16_t read_endpoint(struct run *r, const char *word, struct lvs_addr *addr);

/* RET of a call for WHAT must not be an error. */
void must(struct run *r, int ret, const char *what);

/* N words with a space between. */
char *join(char **w, size_t n, char *text, size_t size);

#endif
