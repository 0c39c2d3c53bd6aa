/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * udp.c - UDP: one state, which every datagram prolongs.
 */
#include "proto/proto.h"

#include <netinet/in.h>

static const struct lvs_proto_state states[] = {
	{ .name = "UDP",
	  .secs = 300,
	  .timer = LVS_TIMER_UDP,
	  .phase = LVS_PHASE_OPEN },
};

static const char *const events[] = { "datagram" };

static const uint8_t table[LVS_PROTO_MODES][1][1];

static unsigned udp_event(const struct lvs_parsed *pkt)
{
	(void)pkt;
	return 0;
}

static bool udp_opens(const struct lvs_parsed *pkt)
{
	(void)pkt;
	return true;
}

const struct lvs_proto lvs_proto_udp = {
	.name = "UDP",
	.number = IPPROTO_UDP,
	.num_states = 1,
	.num_events = 1,
	.states = states,
	.events = events,
	.table = &table[0][0][0],
	.event = udp_event,
	.opens = udp_opens,
};
