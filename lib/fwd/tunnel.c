/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tunnel.c - tunnelling: the packet goes to the real server in an outer one.
 *
 * The real server takes the outer header off, has the virtual address itself
 * and answers the client directly; a reply that comes this way is routed on, as
 * with direct routing (dr.c).  IPIP only; the outer family is that of the
 * real server's address and may differ from the inner one.
 */
#include "fwd/fwd.h"

/* The address that outer packets come from; NULL: there is none. */
static const struct lvs_addr *source(const struct lvs_fwd_way *way)
{
	const struct lvs_addr *virt = &way->dest->svc_id.addr;

	if (way->hop && way->hop->src.family == way->dest->family)
		return &way->hop->src;
	if (way->blind && virt->family == way->dest->family)
		return virt;
	return NULL;
}

static void tunnel_fill(const struct lvs_fwd_way *way,
			struct lvs_action *request, struct lvs_action *reply)
{
	const struct lvs_addr *src = source(way);

	request->steps |= LVS_ACT_TTL | LVS_ACT_OUTER;
	reply->steps |= LVS_ACT_TTL;
	if (src && way->dest->conf.tun_type == LVS_TUN_IPIP)
		lvs_encap_init(&request->encap, way->dest->family, &src->ip,
			       &way->dest->conf.id.addr.ip, true);
	else
		request->reason = LVS_REASON_NO_ROUTE;
}

const struct lvs_forwarding lvs_fwd_tunnel = {
	.name = "tunnel",
	.method = LVS_METHOD_TUN,
	.fill = tunnel_fill,
};
