/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sctp.c - SCTP as a director sees it: by the chunk that a packet begins with.
 *
 * Which end opened an association is known from the direction of the chunks,
 * so there are more waiting states than RFC 9260 has.
 */
#include "proto/proto.h"

#include <netinet/in.h>

/* Chunk types, RFC 9260 section 3.2. */
enum {
	CHUNK_INIT = 1,
	CHUNK_INIT_ACK = 2,
	CHUNK_ABORT = 6,
	CHUNK_SHUTDOWN = 7,
	CHUNK_SHUTDOWN_ACK = 8,
	CHUNK_ERROR = 9,
	CHUNK_COOKIE_ECHO = 10,
	CHUNK_COOKIE_ACK = 11,
	CHUNK_SHUTDOWN_COMPLETE = 14,
};

enum {
	NO,
	I1,
	IN,
	CS,
	CR,
	CW,
	CO,
	CE,
	ES,
	SS,
	SR,
	SA,
	RJ,
	CL,
	NUM_STATES
};
enum {
	DATA, /* and whatever says nothing about the association */
	INIT,
	INIT_ACK,
	COOKIE_ECHO,
	COOKIE_ACK,
	SHUTDOWN,
	SHUTDOWN_ACK,
	SHUTDOWN_COMPLETE,
	ERROR,
	ABORT,
	NUM_EVENTS
};

static const struct lvs_proto_state states[NUM_STATES] = {
	[NO] = { .name = "NONE", .secs = 2 },
	[I1] = { .name = "INIT1", .secs = 4 },
	[IN] = { .name = "INIT", .secs = 61 },
	[CS] = { .name = "C-SENT", .secs = 61 },
	[CR] = { .name = "C-REPLIED", .secs = 61 },
	[CW] = { .name = "C-WAIT", .secs = 61 },
	[CO] = { .name = "COOKIE", .secs = 61 },
	[CE] = { .name = "C-ECHOED", .secs = 61 },
	[ES] = { .name = "ESTABLISHED",
		 .phase = LVS_PHASE_OPEN,
		 .secs = 900,
		 .active = true,
		 .assures = true },
	[SS] = { .name = "S-SENT", .phase = LVS_PHASE_CLOSING, .secs = 61 },
	[SR] = { .name = "S-RECEIVED", .phase = LVS_PHASE_CLOSING, .secs = 61 },
	[SA] = { .name = "S-ACK-SENT", .phase = LVS_PHASE_CLOSING, .secs = 61 },
	[RJ] = { .name = "REJECTED", .phase = LVS_PHASE_CLOSING, .secs = 4 },
	[CL] = { .name = "CLOSED",
		 .phase = LVS_PHASE_CLOSING,
		 .secs = 61,
		 .over = true },
};

static const char *const events[NUM_EVENTS] = {
	[DATA] = "data",
	[INIT] = "init",
	[INIT_ACK] = "init_ack",
	[COOKIE_ECHO] = "cookie_echo",
	[COOKIE_ACK] = "cookie_ack",
	[SHUTDOWN] = "shutdown",
	[SHUTDOWN_ACK] = "shutdown_ack",
	[SHUTDOWN_COMPLETE] = "shutdown_complete",
	[ERROR] = "error",
	[ABORT] = "abort",
};

/* In two lines: NO I1 IN CS CR CW CO, then CE ES SS SR SA RJ CL. */
/* clang-format off */
static const uint8_t table[LVS_PROTO_MODES][NUM_EVENTS][NUM_STATES] = {
	[LVS_PROTO_IN] = {
		[DATA] = { ES, I1, IN, CS, CR, CW, CO,
			CE, ES, SS, SR, SA, RJ, CL },
		[INIT] = { I1, IN, IN, CS, CR, CW, CO,
			CE, ES, SS, SR, SA, IN, IN },
		[INIT_ACK] = { CW, CW, CW, CS, CR, CO, CO,
			CE, ES, SS, SR, SA, RJ, CL },
		[COOKIE_ECHO] = { CR, IN, IN, CR, CR, CW, CO,
			CE, ES, SS, SR, SA, RJ, CL },
		[COOKIE_ACK] = { ES, I1, IN, CS, CR, CW, CO,
			ES, ES, SS, SR, SA, RJ, CL },
		[SHUTDOWN] = { SR, I1, IN, CS, CR, CW, CO,
			CE, SR, SS, SR, SA, RJ, CL },
		[SHUTDOWN_ACK] = { CL, IN, IN, CS, CR, CW, CO,
			CE, ES, CL, SR, CL, RJ, CL },
		[SHUTDOWN_COMPLETE] = { CL, CL, CL, CS, CR, CW, CO,
			CE, ES, SS, SR, CL, RJ, CL },
		[ERROR] = { CL, I1, IN, CS, CR, CW, CO,
			CL, ES, SS, SR, SA, RJ, CL },
		[ABORT] = { CL, CL, CL, CL, CL, RJ, CL,
			CL, CL, CL, CL, CL, CL, CL },
	},
	[LVS_PROTO_OUT] = {
		[DATA] = { ES, I1, IN, CS, CR, CW, CO,
			CE, ES, SS, SR, SA, RJ, CL },
		[INIT] = { CW, CW, CW, CW, CW, CW, CW,
			CW, ES, CW, CW, CW, CW, CW },
		[INIT_ACK] = { CS, CS, CS, CS, CR, CW, CO,
			CE, ES, SS, SR, SA, RJ, CL },
		[COOKIE_ECHO] = { CE, CE, CE, CE, CE, CE, CE,
			CE, ES, SS, SR, SA, RJ, CL },
		[COOKIE_ACK] = { ES, ES, ES, ES, ES, ES, ES,
			ES, ES, SS, SR, SA, RJ, CL },
		[SHUTDOWN] = { SS, SS, SS, SS, SS, SS, SS,
			SS, SS, SS, SR, SA, RJ, CL },
		[SHUTDOWN_ACK] = { SA, SA, SA, SA, SA, CW, CO,
			CE, ES, SA, SA, SA, RJ, CL },
		[SHUTDOWN_COMPLETE] = { CL, I1, IN, CS, CR, CW, CO,
			CE, ES, SS, SR, SA, RJ, CL },
		[ERROR] = { CL, CL, CL, CL, CL, CW, CO,
			CE, ES, SS, SR, SA, RJ, CL },
		[ABORT] = { CL, RJ, CL, CL, CL, CL, CL,
			CL, CL, CL, CL, CL, CL, CL },
	},
	[LVS_PROTO_IN_ONLY] = {
		[DATA] = { ES, I1, IN, CS, CR, ES, CO,
			CE, ES, SS, SR, SA, RJ, CL },
		[INIT] = { I1, IN, IN, IN, IN, IN, CO,
			CE, ES, SS, SR, SA, IN, IN },
		[INIT_ACK] = { CE, CE, CE, CE, CE, CE, CO,
			CE, ES, SS, SR, SA, RJ, CL },
		[COOKIE_ECHO] = { ES, ES, ES, ES, ES, ES, CO,
			CE, ES, SS, SR, SA, RJ, CL },
		[COOKIE_ACK] = { ES, I1, IN, ES, ES, CW, ES,
			ES, ES, SS, SR, SA, RJ, CL },
		[SHUTDOWN] = { SR, I1, IN, CS, CR, CW, CO,
			CE, SR, SS, SR, SA, RJ, CL },
		[SHUTDOWN_ACK] = { CL, IN, IN, CS, CR, CW, CO,
			CE, CL, CL, SR, CL, RJ, CL },
		[SHUTDOWN_COMPLETE] = { CL, CL, CL, CL, CL, CW, CO,
			CE, ES, SS, CL, CL, RJ, CL },
		[ERROR] = { CL, I1, IN, CS, CR, CW, CO,
			CE, ES, SS, SR, SA, RJ, CL },
		[ABORT] = { CL, CL, CL, CL, CL, RJ, CL,
			CL, CL, CL, CL, CL, CL, CL },
	},
};
/* clang-format on */

static unsigned chunk_event(uint8_t chunk)
{
	switch (chunk) {
	case CHUNK_INIT:
		return INIT;
	case CHUNK_INIT_ACK:
		return INIT_ACK;
	case CHUNK_COOKIE_ECHO:
		return COOKIE_ECHO;
	case CHUNK_COOKIE_ACK:
		return COOKIE_ACK;
	case CHUNK_SHUTDOWN:
		return SHUTDOWN;
	case CHUNK_SHUTDOWN_ACK:
		return SHUTDOWN_ACK;
	case CHUNK_SHUTDOWN_COMPLETE:
		return SHUTDOWN_COMPLETE;
	case CHUNK_ERROR:
		return ERROR;
	case CHUNK_ABORT:
		return ABORT;
	default:
		return DATA;
	}
}

/* A cookie may be bundled with the ABORT that makes it void. */
static unsigned sctp_event(const struct lvs_parsed *pkt)
{
	unsigned event = chunk_event(pkt->sctp_chunk);

	if ((event == COOKIE_ECHO || event == COOKIE_ACK) &&
	    pkt->sctp_next == CHUNK_ABORT)
		return ABORT;
	return event;
}

static bool sctp_opens(const struct lvs_parsed *pkt)
{
	return pkt->sctp_chunk == CHUNK_INIT;
}

static bool sctp_opens_sloppy(const struct lvs_parsed *pkt)
{
	return pkt->sctp_chunk != CHUNK_ABORT;
}

const struct lvs_proto lvs_proto_sctp = {
	.name = "SCTP",
	.number = IPPROTO_SCTP,
	.num_states = NUM_STATES,
	.num_events = NUM_EVENTS,
	.states = states,
	.events = events,
	.table = &table[0][0][0],
	.event = sctp_event,
	.opens = sctp_opens,
	.opens_sloppy = sctp_opens_sloppy,
};
