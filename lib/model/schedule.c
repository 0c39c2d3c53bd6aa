/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * schedule.c - asking a service's scheduler, and what a scheduler may ask.
 */
#include "model/director.h"

/*
 * "All ports" would send each connection of a client elsewhere; IPVS has it
 * only where persistence keeps them together.
 */
static bool can_schedule(const struct lvs_service *svc)
{
	return svc->sched && (svc->conf.id.port || lvs_service_by_mark(svc) ||
			      svc->conf.flags & LVS_SVC_PERSISTENT);
}

struct lvs_dest *lvs_service_schedule(struct lvs_service *svc,
				      const struct lvs_sched_flow *flow)
{
	struct lvs_dest *dest;

	if (!can_schedule(svc))
		return NULL;
	pthread_mutex_lock(&svc->lock);
	dest = svc->sched->pick(svc, flow);
	if (dest)
		lvs_dest_bind(dest, false);
	pthread_mutex_unlock(&svc->lock);
	return dest;
}

struct lvs_dest *lvs_service_schedule_flow(struct lvs_service *svc,
					   const struct lvs_flow *flow,
					   lvs_tstamp now)
{
	const struct lvs_sched_flow asked = {
		.client = { .family = flow->family, .ip = flow->src },
		.virt = { .family = flow->family, .ip = flow->dst },
		.client_port = ntohs(flow->sport_be),
		.virt_port = ntohs(flow->dport_be),
		.protocol = flow->protocol,
		.now = now,
	};

	return lvs_service_schedule(svc, &asked);
}

void *lvs_service_state(struct lvs_service *svc)
{
	return svc->sched_state;
}

uint32_t lvs_service_flags(const struct lvs_service *svc)
{
	return svc->conf.flags;
}

struct lvs_dest *lvs_service_first(const struct lvs_service *svc)
{
	return svc->first;
}

struct lvs_dest *lvs_dest_next(const struct lvs_dest *dest)
{
	return dest->next;
}

size_t lvs_service_count(const struct lvs_service *svc)
{
	return svc->num_dests;
}

uint64_t lvs_service_random(struct lvs_service *svc)
{
	return lvs_prng_next(&svc->prng);
}

const struct lvs_addr *lvs_dest_addr(const struct lvs_dest *dest)
{
	return &dest->conf.id.addr;
}

uint16_t lvs_dest_port(const struct lvs_dest *dest)
{
	return dest->conf.id.port;
}

int32_t lvs_dest_weight(const struct lvs_dest *dest)
{
	return dest->weight;
}

uint32_t lvs_dest_active(const struct lvs_dest *dest)
{
	return lvs_dest_active_now(dest);
}

uint32_t lvs_dest_total(const struct lvs_dest *dest)
{
	return lvs_dest_total_now(dest);
}

bool lvs_dest_overloaded(const struct lvs_dest *dest)
{
	return lvs_dest_is(dest, LVS_DEST_OVERLOAD);
}

bool lvs_dest_usable(const struct lvs_dest *dest)
{
	return lvs_dest_eligible(dest);
}
