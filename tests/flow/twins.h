/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * twins.h - two directors that are told the same and get the same packets, one
 * of them with a table of flows and a program that forwards by it.
 *
 * Whatever comes out must be the same, and so must be all that can be asked.
 */
#ifndef LVS_TESTS_FLOW_TWINS_H
#define LVS_TESTS_FLOW_TWINS_H

#include "program.h"
#include "world.h"

struct twins {
	struct world plain, fast;
	struct program prog;
	int af;		/* of packets */
	lvs_tstamp due; /* when something is to be done */
	unsigned compared;
};

/* With a table of BUCKETS buckets; engines of at most LIMIT connections. */
void twins_open(struct twins *t, int af, uint32_t buckets, uint32_t limit);
void twins_close(struct twins *t);

/* Both are told: BODY, with W one and the other. */
#define TWINS_BOTH(t, w, body)                                                 \
	do {                                                                   \
		struct world *w = &(t)->plain;                                 \
		body;                                                          \
		w = &(t)->fast;                                                \
		body;                                                          \
	} while (0)

/* Of both: the service V:PORT of PROTOCOL, or by MARK if that is not 0. */
void twins_service(struct twins *t, uint8_t protocol, uint16_t port,
		   uint32_t mark, const char *scheduler, uint32_t flags);

/* Destination NAME, an address of family AF, of the service added last. */
void twins_dest(struct twins *t, const char *name, int af, uint16_t port,
		uint8_t method);
void twins_del_dest(struct twins *t, const char *name, int af, uint16_t port);

/* Time goes on to NOW, with all that is due. */
void twins_pass(struct twins *t, lvs_tstamp now);

/* The same, but the engines are not called before it is their time. */
void twins_idle(struct twins *t, lvs_tstamp now);

/*
 * The packet of a line (packet.h) comes in by LINK; 'fast' if a program has
 * forwarded it, 'sent' and so on if the engine has.  Ends the program if the
 * two have not done the same.
 */
const char *twins_packet(struct twins *t, uint32_t link, const char *format,
			 ...) __attribute__((format(printf, 3, 4)));

/*
 * The same for UDP over IPv4 whose last two bytes are such that its checksum is
 * SUM; 0 says that it has none.
 */
const char *twins_udp(struct twins *t, const char *line, uint32_t link,
		      unsigned sum);

/* Two at once, past the program. */
void twins_burst(struct twins *t, uint32_t link, const char *const lines[2]);

/* Ends the program if counters, connections or what is held differ. */
void twins_compare(struct twins *t);

#endif
