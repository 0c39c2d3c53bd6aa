/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fwd.c - the list of forwarding methods, and what all of them have in common.
 */
#include "fwd/fwd.h"
#include <arpa/inet.h>

#define FTP_PORT 21

static const struct lvs_forwarding *const methods[] = {
	&lvs_fwd_nat, &lvs_fwd_local, &lvs_fwd_tunnel, &lvs_fwd_dr, NULL,
};

const struct lvs_forwarding *lvs_fwd_at(size_t index)
{
	size_t count = sizeof(methods) / sizeof(*methods) - 1;

	return index < count ? methods[index] : NULL;
}

const struct lvs_forwarding *lvs_fwd_find(uint8_t method)
{
	for (size_t i = 0; methods[i]; i++)
		if (methods[i]->method == method)
			return methods[i];
	return NULL;
}

void lvs_action_own(const struct lvs_action *act, const struct lvs_conn *conn,
		    struct lvs_rewrite *rw)
{
	struct lvs_addr client, virt, dest;

	lvs_conn_addrs(conn, &client, &virt, &dest);
	if (act->steps & LVS_ACT_DST)
		lvs_rewrite_init(rw, virt.family, &virt.ip, conn->vport_be,
				 &dest.ip, conn->dport_be);
	else
		lvs_rewrite_init(rw, virt.family, &dest.ip, conn->dport_be,
				 &virt.ip, conn->vport_be);
}

/* All connections of DEST have the same virtual and real endpoint; those for
 * FTP's data are to other ports. */
static bool same_endpoints(const struct lvs_dest *dest)
{
	const struct lvs_service_id *id = &dest->svc_id;

	return !id->fwmark && id->port && id->port != FTP_PORT &&
	       dest->conf.id.port && id->addr.family == dest->family;
}

static void fill_rewrites(struct lvs_action_pair *pair,
			  const struct lvs_dest *dest)
{
	const struct lvs_service_id *id = &dest->svc_id;
	const union lvs_ip *real = &dest->conf.id.addr.ip;
	uint16_t vport_be = htons(id->port);
	uint16_t dport_be = htons(dest->conf.id.port);

	if (!same_endpoints(dest)) {
		pair->request.steps |= LVS_ACT_OWN;
		pair->reply.steps |= LVS_ACT_OWN;
		return;
	}
	lvs_rewrite_init(&pair->request.rewrite, dest->family, &id->addr.ip,
			 vport_be, real, dport_be);
	lvs_rewrite_init(&pair->reply.rewrite, dest->family, real, dport_be,
			 &id->addr.ip, vport_be);
}

bool lvs_fwd_is_own(struct lvs_net *net, const struct lvs_addr *addr)
{
	return lvs_net_is_empty(net) ||
	       lvs_net_hop_at(net, lvs_net_hop(net, addr))->local;
}

bool lvs_fwd_is_host(struct lvs_net *net, const struct lvs_service_id *svc,
		     const struct lvs_dest_id *dest, uint8_t method)
{
	if (lvs_net_is_empty(net))
		return method == LVS_METHOD_LOCAL;
	if (!svc->fwmark && !lvs_fwd_is_own(net, &svc->addr))
		return false;
	if (method == LVS_METHOD_NAT &&
	    (svc->fwmark || svc->port == 0 ||
	     !lvs_addr_equal(&svc->addr, &dest->addr) ||
	     (dest->port && dest->port != svc->port)))
		return false;
	return method == LVS_METHOD_LOCAL || lvs_fwd_is_own(net, &dest->addr);
}

bool lvs_fwd_serves(struct lvs_net *net, struct lvs_service *svc,
		    const struct lvs_addr *virt)
{
	uint32_t generation = lvs_net_generation(net);
	const struct lvs_dest *dest;
	bool serves;

	pthread_mutex_lock(&svc->lock);
	if (svc->host_generation != generation) {
		svc->host_generation = generation;
		for (dest = svc->first; dest; dest = dest->next)
			if (lvs_fwd_is_host(net, &svc->conf.id, &dest->conf.id,
					    dest->conf.method))
				break;
		svc->host_serves = dest != NULL;
	}
	serves = svc->host_serves;
	pthread_mutex_unlock(&svc->lock);
	return serves && lvs_fwd_is_own(net, virt);
}

void lvs_fwd_make(struct lvs_action_pair *pair, const struct lvs_dest *dest,
		  uint8_t method, struct lvs_net *net)
{
	struct lvs_fwd_way way = { .dest = dest };
	const struct lvs_forwarding *fwd;
	uint16_t hop;

	*pair = (struct lvs_action_pair){
		.generation = lvs_net_generation(net),
		.version = dest->version,
		.method = method,
		.made = true,
	};
	hop = lvs_net_hop(net, &dest->conf.id.addr);
	way.blind = lvs_net_is_empty(net);
	if (hop != LVS_HOP_NONE)
		way.hop = lvs_net_hop_at(net, hop);
	pair->request.hop = hop;
	pair->request.to = dest->conf.id.addr;
	fill_rewrites(pair, dest);

	if (lvs_fwd_is_host(net, &dest->svc_id, &dest->conf.id, method))
		method = LVS_METHOD_LOCAL;
	else if (method == LVS_METHOD_LOCAL ||
		 (way.hop ? way.hop->local : !way.blind))
		pair->request.reason = LVS_REASON_NO_ROUTE;
	fwd = lvs_fwd_find(method);
	if (fwd)
		fwd->fill(&way, &pair->request, &pair->reply);
	else
		pair->request.reason = LVS_REASON_NO_ROUTE;
}
