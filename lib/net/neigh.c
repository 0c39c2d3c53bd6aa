/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * neigh.c - neighbours: who has which link address on which link.
 */
#include "net/parts.h"

#include <string.h>

static struct neigh *neigh_of(struct lvs_net_node *node)
{
	return (struct neigh *)(void *)node;
}

static struct neigh *find(const struct lvs_net *net, uint32_t link,
			  const struct lvs_addr *addr)
{
	struct lvs_net_node *node;

	node = lvs_net_table_find(&net->neighs, lvs_net_hash(addr, link));
	while (node && !(neigh_of(node)->conf.link == link &&
			 lvs_addr_equal(&neigh_of(node)->conf.addr, addr)))
		node = lvs_net_table_more(node);
	return node ? neigh_of(node) : NULL;
}

int lvs_net_do_neigh_set(struct lvs_net *net, const struct lvs_neigh *conf)
{
	struct neigh *neigh;

	if (!lvs_addr_is_unicast(&conf->addr) || conf->state > LVS_NEIGH_STALE)
		return LVS_ERR_INVAL;
	if (!lvs_net_link_find(net, conf->link))
		return LVS_ERR_NODEV;
	neigh = find(net, conf->link, &conf->addr);
	if (!neigh) {
		neigh = lvs_mem_alloc(&net->mem, sizeof(*neigh));
		if (!neigh)
			return LVS_ERR_NOMEM;
		lvs_net_table_add(&net->neighs, &neigh->node,
				  lvs_net_hash(&conf->addr, conf->link));
	}
	neigh->conf = *conf;
	neigh->mark = lvs_net_marking(net, LVS_NET_NEIGHS);
	lvs_net_hops_reneigh(net, conf->link, &conf->addr);
	return 0;
}

int lvs_net_do_neigh_del(struct lvs_net *net, uint32_t link,
			 const struct lvs_addr *addr)
{
	struct neigh *neigh = find(net, link, addr);

	if (!neigh)
		return LVS_ERR_NOENT;
	lvs_net_table_del(&net->neighs, &neigh->node);
	lvs_mem_free(&net->mem, neigh, sizeof(*neigh));
	lvs_net_hops_reneigh(net, link, addr);
	return 0;
}

void lvs_net_drop_neighs(struct lvs_net *net, uint32_t link, bool all)
{
	uint8_t mark = lvs_net_marking(net, LVS_NET_NEIGHS);

	for (size_t i = 0; i < net->neighs.size; i++) {
		struct lvs_net_node *node, *next;

		for (node = net->neighs.buckets[i]; node; node = next) {
			struct lvs_neigh conf = neigh_of(node)->conf;

			next = node->next;
			if ((link == 0 || conf.link == link) &&
			    (all || neigh_of(node)->mark != mark))
				lvs_net_do_neigh_del(net, conf.link,
						     &conf.addr);
		}
	}
	lvs_net_hops_unask(net);
}

const struct lvs_neigh *lvs_net_neigh_find(const struct lvs_net *net,
					   uint32_t link,
					   const struct lvs_addr *addr)
{
	const struct neigh *neigh = find(net, link, addr);

	return neigh ? &neigh->conf : NULL;
}

const struct lvs_neigh *lvs_net_do_neigh(const struct lvs_net *net,
					 uint32_t link,
					 const struct lvs_addr *addr)
{
	return lvs_net_neigh_find(net, link, addr);
}
