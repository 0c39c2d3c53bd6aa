/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * link.c - the links of the picture.
 */
#include "net/parts.h"

#include <string.h>

static struct link *link_of(struct lvs_net_node *node)
{
	return (struct link *)(void *)node;
}

struct link *lvs_net_link_find(const struct lvs_net *net, uint32_t index)
{
	struct lvs_net_node *node;

	node = lvs_net_table_find(&net->links, lvs_net_hash_index(index));
	while (node && link_of(node)->conf.index != index)
		node = lvs_net_table_more(node);
	return node ? link_of(node) : NULL;
}

static bool same(const struct lvs_link *a, const struct lvs_link *b)
{
	return a->mtu == b->mtu && a->up == b->up &&
	       a->ethernet == b->ethernet && a->loopback == b->loopback &&
	       memcmp(a->lladdr, b->lladdr, sizeof(a->lladdr)) == 0 &&
	       strncmp(a->name, b->name, sizeof(a->name)) == 0;
}

/* Whether a choice of hop made with A can be another one with B. */
static bool moves(const struct lvs_link *a, const struct lvs_link *b)
{
	return a->mtu != b->mtu || a->up != b->up;
}

int lvs_net_do_link_set(struct lvs_net *net, const struct lvs_link *conf)
{
	struct link *link = lvs_net_link_find(net, conf->index);
	bool moved = !link || moves(&link->conf, conf);

	if (conf->index == 0)
		return LVS_ERR_INVAL;
	if (!link) {
		link = lvs_mem_alloc(&net->mem, sizeof(*link));
		if (!link)
			return LVS_ERR_NOMEM;
		lvs_net_table_add(&net->links, &link->node,
				  lvs_net_hash_index(conf->index));
	} else if (same(&link->conf, conf)) {
		link->mark = lvs_net_marking(net, LVS_NET_LINKS);
		return 0;
	}
	link->conf = *conf;
	link->mark = lvs_net_marking(net, LVS_NET_LINKS);
	lvs_net_hops_relink(net, conf->index);
	if (moved)
		lvs_net_moved(net);
	return 0;
}

/* What LINK had goes with it; the caller has taken it out of the table. */
static void drop(struct lvs_net *net, struct link *link)
{
	uint32_t index = link->conf.index;

	lvs_net_drop_neighs(net, index, true);
	lvs_net_drop_routes(net, index, true);
	lvs_net_drop_addrs(net, index, true);
	lvs_mem_free(&net->mem, link, sizeof(*link));
	lvs_net_hops_relink(net, index);
	lvs_net_moved(net);
}

int lvs_net_do_link_del(struct lvs_net *net, uint32_t index)
{
	struct link *link = lvs_net_link_find(net, index);

	if (!link)
		return LVS_ERR_NODEV;
	lvs_net_table_del(&net->links, &link->node);
	drop(net, link);
	return 0;
}

/* Links are few and seldom swept: one by one. */
void lvs_net_drop_links(struct lvs_net *net, bool all)
{
	uint8_t mark = lvs_net_marking(net, LVS_NET_LINKS);

	for (size_t i = 0; i < net->links.size; i++) {
		struct lvs_net_node *node, *next;

		for (node = net->links.buckets[i]; node; node = next) {
			struct link *link = link_of(node);

			next = node->next;
			if (!all && link->mark == mark)
				continue;
			lvs_net_table_del(&net->links, node);
			drop(net, link);
		}
	}
}

const struct lvs_link *lvs_net_do_link(const struct lvs_net *net,
				       uint32_t index)
{
	struct link *link = lvs_net_link_find(net, index);

	return link ? &link->conf : NULL;
}
