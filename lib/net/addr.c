/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * addr.c - the host's own addresses, and which of them to speak from.
 */
#include "net/parts.h"

static struct host_addr *addr_of(struct lvs_net_node *node)
{
	return (struct host_addr *)(void *)node;
}

static struct host_addr *find(const struct lvs_net *net,
			      const struct lvs_addr *addr)
{
	struct lvs_net_node *node;

	node = lvs_net_table_find(&net->addrs, lvs_net_hash(addr, 0));
	while (node && !lvs_addr_equal(&addr_of(node)->addr, addr))
		node = lvs_net_table_more(node);
	return node ? addr_of(node) : NULL;
}

/* LINK's entry of ADDR: one address may lie on several links. */
static struct host_addr *find_on(const struct lvs_net *net, uint32_t link,
				 const struct lvs_addr *addr)
{
	struct lvs_net_node *node;

	node = lvs_net_table_find(&net->addrs, lvs_net_hash(addr, 0));
	while (node && !(addr_of(node)->link == link &&
			 lvs_addr_equal(&addr_of(node)->addr, addr)))
		node = lvs_net_table_more(node);
	return node ? addr_of(node) : NULL;
}

int lvs_net_do_addr_set(struct lvs_net *net, uint32_t link,
			const struct lvs_addr *addr, unsigned plen)
{
	struct host_addr *ha, **last;

	if (!lvs_addr_is_unicast(addr) || plen > lvs_family_bits(addr->family))
		return LVS_ERR_INVAL;
	if (!lvs_net_link_find(net, link))
		return LVS_ERR_NODEV;
	ha = find_on(net, link, addr);
	if (ha) {
		ha->mark = lvs_net_marking(net, LVS_NET_ADDRS);
		if (ha->plen == plen)
			return 0;
		ha->plen = (uint8_t)plen;
		lvs_net_moved(net);
		return 0;
	}
	ha = lvs_mem_alloc(&net->mem, sizeof(*ha));
	if (!ha)
		return LVS_ERR_NOMEM;
	*ha = (struct host_addr){
		.addr = *addr,
		.link = link,
		.plen = (uint8_t)plen,
		.mark = lvs_net_marking(net, LVS_NET_ADDRS),
	};
	for (last = &net->addr_list; *last; last = &(*last)->next)
		;
	*last = ha;
	lvs_net_table_add(&net->addrs, &ha->node, lvs_net_hash(addr, 0));
	lvs_net_moved(net);
	return 0;
}

/* Take out *AT, an entry of the list. */
static void drop(struct lvs_net *net, struct host_addr **at)
{
	struct host_addr *ha = *at;

	*at = ha->next;
	lvs_net_table_del(&net->addrs, &ha->node);
	lvs_mem_free(&net->mem, ha, sizeof(*ha));
	lvs_net_moved(net);
}

int lvs_net_do_addr_del(struct lvs_net *net, uint32_t link,
			const struct lvs_addr *addr)
{
	const struct host_addr *ha = find_on(net, link, addr);
	struct host_addr **at = &net->addr_list;

	if (!ha)
		return LVS_ERR_NOENT;
	while (*at != ha)
		at = &(*at)->next;
	drop(net, at);
	return 0;
}

void lvs_net_drop_addrs(struct lvs_net *net, uint32_t link, bool all)
{
	struct host_addr **at = &net->addr_list;
	uint8_t mark = lvs_net_marking(net, LVS_NET_ADDRS);

	while (*at) {
		if ((link == 0 || (*at)->link == link) &&
		    (all || (*at)->mark != mark))
			drop(net, at);
		else
			at = &(*at)->next;
	}
}

bool lvs_net_do_is_local(const struct lvs_net *net, const struct lvs_addr *addr)
{
	const struct route *route;

	if (find(net, addr))
		return true;
	route = lvs_net_route_find(net, addr);
	return route && route->conf.type == LVS_ROUTE_LOCAL;
}

bool lvs_net_host_answers(const struct lvs_net *net, uint32_t link,
			  const struct lvs_addr *addr)
{
	if (addr->family == AF_INET6)
		return find_on(net, link, addr) != NULL;
	return lvs_net_do_is_local(net, addr);
}

uint32_t lvs_net_addr_link(const struct lvs_net *net,
			   const struct lvs_addr *addr)
{
	const struct host_addr *ha = find(net, addr);

	return ha ? ha->link : LVS_LINK_NONE;
}

/* 127.0.0.0/8 and ::1, which must not be seen on a wire. */
static bool is_loopback(const struct lvs_addr *addr)
{
	static const union lvs_ip one = { .b = { [15] = 1 } };

	return addr->family == AF_INET ? addr->ip.b[0] == 127
				       : lvs_ip_equal(&addr->ip, &one);
}

/*
 * How well HA serves as source address, 0: not at all.  Scope comes first
 * (RFC 6724, rule 2), then the outgoing interface (rule 5), then being in one
 * network with the neighbour, as the kernel chooses among IPv4 addresses.
 */
static int fitness(const struct host_addr *ha, uint32_t link,
		   const struct lvs_addr *dst, const struct lvs_addr *near)
{
	bool linklocal = lvs_addr_is_linklocal(&ha->addr);
	int fit = 1;

	if (ha->addr.family != dst->family || is_loopback(&ha->addr))
		return 0;
	if (linklocal && ha->link != link)
		return 0;
	if (linklocal == lvs_addr_is_linklocal(dst))
		fit += 4;
	if (ha->link == link)
		fit += 2;
	if (ha->link == link && near->family == ha->addr.family) {
		struct lvs_addr a = lvs_addr_mask(&ha->addr, ha->plen);
		struct lvs_addr b = lvs_addr_mask(near, ha->plen);

		fit += lvs_addr_equal(&a, &b);
	}
	return fit;
}

struct lvs_addr lvs_net_source(const struct lvs_net *net, uint32_t link,
			       const struct lvs_addr *dst,
			       const struct lvs_addr *near)
{
	struct lvs_addr src = { 0 };
	int best = 0;

	for (const struct host_addr *ha = net->addr_list; ha; ha = ha->next) {
		int fit = fitness(ha, link, dst, near);

		if (fit > best) {
			best = fit;
			src = ha->addr;
		}
	}
	return src;
}
