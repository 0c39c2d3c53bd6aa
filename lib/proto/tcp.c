/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcp.c - TCP as a director sees it: flags only, no sequence numbers.
 *
 * Under DR and tunnels the replies do not pass here, so IN_ONLY has to guess
 * them; under secure_tcp a connection is believed established only when the
 * real server has taken part.
 */
#include "proto/proto.h"

#include <netinet/in.h>

enum {
	NO,
	ES,
	SS,
	SR,
	FW,
	TW,
	CL,
	CW,
	LA,
	LI,
	SA,
	NUM_STATES
};
enum {
	SYN,
	FIN,
	ACK,
	RST,
	NONE,
	NUM_EVENTS
};

static const struct lvs_proto_state states[NUM_STATES] = {
	[NO] = { .name = "NONE", .secs = 2 },
	[ES] = { .name = "ESTABLISHED",
		 .phase = LVS_PHASE_OPEN,
		 .secs = 900,
		 .timer = LVS_TIMER_TCP,
		 .active = true,
		 .assures = true },
	[SS] = { .name = "SYN_SENT", .secs = 120, .active = true },
	[SR] = { .name = "SYN_RECV", .secs = 60, .active = true },
	[FW] = { .name = "FIN_WAIT",
		 .phase = LVS_PHASE_CLOSING,
		 .secs = 120,
		 .timer = LVS_TIMER_TCP_FIN },
	[TW] = { .name = "TIME_WAIT",
		 .phase = LVS_PHASE_CLOSING,
		 .secs = 120,
		 .over = true },
	[CL] = { .name = "CLOSE",
		 .phase = LVS_PHASE_CLOSING,
		 .secs = 10,
		 .over = true },
	[CW] = { .name = "CLOSE_WAIT", .phase = LVS_PHASE_CLOSING, .secs = 60 },
	[LA] = { .name = "LAST_ACK", .phase = LVS_PHASE_CLOSING, .secs = 30 },
	[LI] = { .name = "LISTEN", .secs = 120 },
	[SA] = { .name = "SYNACK", .secs = 120, .active = true },
};

static const char *const events[NUM_EVENTS] = {
	[SYN] = "syn", [FIN] = "fin",	[ACK] = "ack",
	[RST] = "rst", [NONE] = "none",
};

/* clang-format off */
#define ALL_CLOSE { CL, CL, CL, CL, CL, CL, CL, CL, CL, CL, CL }

static const uint8_t table[LVS_PROTO_MODES][NUM_EVENTS][NUM_STATES] = {
	[LVS_PROTO_IN] = {
		/*          NO  ES  SS  SR  FW  TW  CL  CW  LA  LI  SA */
		[SYN]  = { SR, ES, ES, SR, SR, SR, SR, SR, SR, SR, SR },
		[FIN]  = { CL, CW, SS, TW, TW, TW, CL, CW, LA, LI, TW },
		[ACK]  = { ES, ES, SS, ES, FW, TW, CL, CW, CL, LI, ES },
		[RST]  = { CL, CL, CL, SR, CL, CL, CL, CL, LA, LI, SR },
		[NONE] = ALL_CLOSE,
	},
	[LVS_PROTO_OUT] = {
		[SYN]  = { SS, ES, SS, SR, SS, SS, SS, SS, SS, LI, SR },
		[FIN]  = { TW, FW, SS, TW, FW, TW, CL, TW, LA, LI, TW },
		[ACK]  = { ES, ES, SS, ES, FW, TW, CL, CW, LA, ES, ES },
		[RST]  = { CL, CL, SS, CL, CL, TW, CL, CL, CL, CL, CL },
		[NONE] = ALL_CLOSE,
	},
	[LVS_PROTO_IN_ONLY] = {
		[SYN]  = { SR, ES, ES, SR, SR, SR, SR, SR, SR, SR, SR },
		[FIN]  = { CL, FW, SS, TW, FW, TW, CL, CW, LA, LI, TW },
		[ACK]  = { ES, ES, SS, ES, FW, TW, CL, CW, CL, LI, ES },
		[RST]  = { CL, CL, CL, SR, CL, CL, CL, CL, LA, LI, CL },
		[NONE] = ALL_CLOSE,
	},
};

static const uint8_t secure[LVS_PROTO_MODES][NUM_EVENTS][NUM_STATES] = {
	[LVS_PROTO_IN] = {
		/*          NO  ES  SS  SR  FW  TW  CL  CW  LA  LI  SA */
		[SYN]  = { SR, ES, ES, SR, SR, SR, SR, SR, SR, SR, SA },
		[FIN]  = { CL, CW, SS, TW, TW, TW, CL, CW, LA, LI, SA },
		[ACK]  = { ES, ES, SS, SR, FW, TW, CL, CW, CL, LI, SA },
		[RST]  = { CL, CL, CL, SR, CL, CL, CL, CL, LA, LI, CL },
		[NONE] = ALL_CLOSE,
	},
	[LVS_PROTO_OUT] = {
		[SYN]  = { SS, ES, SS, SA, SS, SS, SS, SS, SS, LI, SA },
		[FIN]  = { TW, FW, SS, TW, FW, TW, CL, TW, LA, LI, TW },
		[ACK]  = { ES, ES, SS, ES, FW, TW, CL, CW, LA, ES, ES },
		[RST]  = { CL, CL, SS, CL, CL, TW, CL, CL, CL, CL, CL },
		[NONE] = ALL_CLOSE,
	},
	[LVS_PROTO_IN_ONLY] = {
		[SYN]  = { SA, ES, ES, SR, SA, SA, SA, SA, SA, SA, SA },
		[FIN]  = { CL, FW, SS, TW, FW, TW, CL, CW, LA, LI, TW },
		[ACK]  = { ES, ES, SS, ES, FW, TW, CL, CW, CL, LI, ES },
		[RST]  = { CL, CL, CL, SR, CL, CL, CL, CL, LA, LI, CL },
		[NONE] = ALL_CLOSE,
	},
};
/* clang-format on */

/* A segment is what its weightiest flag says. */
static unsigned tcp_event(const struct lvs_parsed *pkt)
{
	if (pkt->tcp_flags & LVS_TCP_RST)
		return RST;
	if (pkt->tcp_flags & LVS_TCP_SYN)
		return SYN;
	if (pkt->tcp_flags & LVS_TCP_FIN)
		return FIN;
	return pkt->tcp_flags & LVS_TCP_ACK ? ACK : NONE;
}

static bool tcp_opens(const struct lvs_parsed *pkt)
{
	return (pkt->tcp_flags & (LVS_TCP_SYN | LVS_TCP_RST)) == LVS_TCP_SYN;
}

static bool tcp_opens_sloppy(const struct lvs_parsed *pkt)
{
	return !(pkt->tcp_flags & LVS_TCP_RST);
}

#define TCP_PROTO(transitions)                                                 \
	.name = "TCP", .number = IPPROTO_TCP, .num_states = NUM_STATES,        \
	.num_events = NUM_EVENTS, .states = states, .events = events,          \
	.table = &(transitions)[0][0][0], .event = tcp_event,                  \
	.opens = tcp_opens, .opens_sloppy = tcp_opens_sloppy

const struct lvs_proto lvs_proto_tcp = {
	TCP_PROTO(table),
	.secure = &lvs_proto_tcp_secure,
};

const struct lvs_proto lvs_proto_tcp_secure = {
	TCP_PROTO(secure),
};
