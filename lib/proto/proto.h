/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * proto.h - transport protocols: what their connections go through, and how
 * long they may stay silent in each state.
 *
 * A protocol is data: states with names and timeouts, and a table that gives
 * the next state for the event that a packet is.  Nothing here looks at bytes
 * (pkt/parse.h has done that) or knows connections.
 */
#ifndef LVS_PROTO_PROTO_H
#define LVS_PROTO_PROTO_H

#include "pkt/parse.h"
#include <lvs/director.h>

/* Which way a packet travels, and what the director sees of the replies. */
enum lvs_proto_mode {
	LVS_PROTO_IN,	   /* a request */
	LVS_PROTO_OUT,	   /* a reply */
	LVS_PROTO_IN_ONLY, /* a request of a connection without seen reply */
	LVS_PROTO_MODES
};

/* Which of struct lvs_timeouts replaces a state's own timeout. */
enum lvs_proto_timer {
	LVS_TIMER_FIXED,
	LVS_TIMER_TCP,
	LVS_TIMER_TCP_FIN,
	LVS_TIMER_UDP,
};

/* How far a connection in a state has got. */
enum lvs_proto_phase {
	LVS_PHASE_OPENING, /* not both sides have agreed to it */
	LVS_PHASE_OPEN,
	LVS_PHASE_CLOSING, /* a side has ended it, or both */
};

struct lvs_proto_state {
	const char *name;
	uint16_t secs; /* unless `timer` says otherwise */
	uint8_t timer; /* enum lvs_proto_timer */
	uint8_t phase; /* enum lvs_proto_phase */
	bool active;   /* counted as an active connection */
	bool over;     /* a new connection may take the tuple over */
	bool assures;  /* both sides took part: worth coming back to */
};

struct lvs_proto {
	const char *name; /* as listings print it */
	uint8_t number;	  /* IPPROTO_* */
	unsigned num_states;
	unsigned num_events;
	const struct lvs_proto_state *states; /* 0 is that of a new one */
	const char *const *events;	      /* names */
	const uint8_t *table;		      /* [mode][event][state] */
	const struct lvs_proto *secure;	      /* under secure_tcp; NULL: same */
	/* Which event the packet is, below num_events. */
	unsigned (*event)(const struct lvs_parsed *pkt);
	/* The packet asks for a connection (SYN, INIT, any datagram). */
	bool (*opens)(const struct lvs_parsed *pkt);
	/* Under sloppy_tcp, sloppy_sctp; NULL: as `opens`. */
	bool (*opens_sloppy)(const struct lvs_parsed *pkt);
	/*
	 * AH, ESP: has no connections; follows the UDP one between client and
	 * virtual address whose virtual port is this; 0: has its own.
	 */
	uint16_t follows_udp;
};

/* The protocol with NUMBER; NULL: one that is not balanced. */
const struct lvs_proto *lvs_proto_find(uint8_t number);

/* The library's protocols: the INDEX-th, or NULL past the last. */
const struct lvs_proto *lvs_proto_at(size_t index);

/* The state after packet PKT; STATE is one that PROTO has. */
static inline unsigned lvs_proto_next(const struct lvs_proto *proto,
				      enum lvs_proto_mode mode, unsigned state,
				      const struct lvs_parsed *pkt)
{
	unsigned row = mode * proto->num_events + proto->event(pkt);

	return proto->table[row * proto->num_states + state];
}

/* Seconds of silence after which a connection in STATE is over. */
uint32_t lvs_proto_timeout(const struct lvs_proto *proto, unsigned state,
			   const struct lvs_timeouts *timeouts);

bool lvs_proto_state_active(const struct lvs_proto *proto, unsigned state);

/* Never NULL: "BUG!", as IPVS prints it, for a state that PROTO has not. */
const char *lvs_proto_state_name(const struct lvs_proto *proto, unsigned state);

/* Whether PKT, which belongs to no connection, may be given one. */
bool lvs_proto_may_create(const struct lvs_proto *proto,
			  const struct lvs_parsed *pkt, bool sloppy);

/*
 * Whether PKT, of a connection in STATE, begins another one with the same
 * tuple (conn_reuse_mode 1): it opens one, and the old one is over.
 */
bool lvs_proto_reuses(const struct lvs_proto *proto, unsigned state,
		      const struct lvs_parsed *pkt);

/*
 * The flow under which a request FLOW of PROTO has its connection, in *KEY:
 * FLOW itself but for AH and ESP.  A reply's is the same the other way round.
 */
void lvs_proto_flow(const struct lvs_proto *proto, const struct lvs_flow *flow,
		    struct lvs_flow *key);

/* Seconds until a new connection's first packet has set its state. */
#define LVS_PROTO_FIRST_SECS 3

extern const struct lvs_proto lvs_proto_tcp;
extern const struct lvs_proto lvs_proto_tcp_secure;
extern const struct lvs_proto lvs_proto_udp;
extern const struct lvs_proto lvs_proto_sctp;
extern const struct lvs_proto lvs_proto_ah;
extern const struct lvs_proto lvs_proto_esp;

#endif
