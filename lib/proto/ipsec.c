/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ipsec.c - AH and ESP: have no connections of their own.
 *
 * Their packets go where the key exchange between the same two addresses went,
 * which is UDP on port 500 at both ends (RFC 7296, section 2).
 */
#include "proto/proto.h"

#include <netinet/in.h>

#define ISAKMP_PORT 500

static const struct lvs_proto_state states[] = {
	{ .name = "NONE", .secs = 2 },
};

static const char *const events[] = { "packet" };

static const uint8_t table[LVS_PROTO_MODES][1][1];

static unsigned ipsec_event(const struct lvs_parsed *pkt)
{
	(void)pkt;
	return 0;
}

static bool ipsec_opens(const struct lvs_parsed *pkt)
{
	(void)pkt;
	return false;
}

#define IPSEC_PROTO(label, protocol)                                           \
	{                                                                      \
		.name = (label), .number = (protocol), .num_states = 1,        \
		.num_events = 1, .states = states, .events = events,           \
		.table = &table[0][0][0], .event = ipsec_event,                \
		.opens = ipsec_opens, .follows_udp = ISAKMP_PORT               \
	}

const struct lvs_proto lvs_proto_ah = IPSEC_PROTO("AH", IPPROTO_AH);
const struct lvs_proto lvs_proto_esp = IPSEC_PROTO("ESP", IPPROTO_ESP);
