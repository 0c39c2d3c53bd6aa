/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * proto.c - the list of protocols, and how their tables are read.
 */
#include "proto/proto.h"

#include <arpa/inet.h>

static const struct lvs_proto *const protos[] = {
	&lvs_proto_tcp, &lvs_proto_udp, &lvs_proto_sctp,
	&lvs_proto_ah,	&lvs_proto_esp,
};

#define NUM_PROTOS (sizeof(protos) / sizeof(*protos))

const struct lvs_proto *lvs_proto_at(size_t index)
{
	return index < NUM_PROTOS ? protos[index] : NULL;
}

const struct lvs_proto *lvs_proto_find(uint8_t number)
{
	for (size_t i = 0; i < NUM_PROTOS; i++)
		if (protos[i]->number == number)
			return protos[i];
	return NULL;
}

uint32_t lvs_proto_timeout(const struct lvs_proto *proto, unsigned state,
			   const struct lvs_timeouts *timeouts)
{
	const struct lvs_proto_state *s = &proto->states[state];

	switch ((enum lvs_proto_timer)s->timer) {
	case LVS_TIMER_TCP:
		return timeouts->tcp;
	case LVS_TIMER_TCP_FIN:
		return timeouts->tcp_fin;
	case LVS_TIMER_UDP:
		return timeouts->udp;
	case LVS_TIMER_FIXED:
		break;
	}
	return s->secs;
}

bool lvs_proto_state_active(const struct lvs_proto *proto, unsigned state)
{
	return state < proto->num_states && proto->states[state].active;
}

const char *lvs_proto_state_name(const struct lvs_proto *proto, unsigned state)
{
	return state < proto->num_states ? proto->states[state].name : "BUG!";
}

bool lvs_proto_may_create(const struct lvs_proto *proto,
			  const struct lvs_parsed *pkt, bool sloppy)
{
	if (sloppy && proto->opens_sloppy)
		return proto->opens_sloppy(pkt);
	return proto->opens(pkt);
}

bool lvs_proto_reuses(const struct lvs_proto *proto, unsigned state,
		      const struct lvs_parsed *pkt)
{
	return proto->states[state].over && !pkt->first_fragment &&
	       proto->opens(pkt);
}

void lvs_proto_flow(const struct lvs_proto *proto, const struct lvs_flow *flow,
		    struct lvs_flow *key)
{
	*key = *flow;
	if (!proto->follows_udp)
		return;
	key->protocol = IPPROTO_UDP;
	key->sport_be = key->dport_be = htons(proto->follows_udp);
}
