/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * route.c - routes: longest prefix first, then metric.
 *
 * One hash table holds the prefixes of both families; a look-up tries the
 * lengths that occur, longest first.  A host has a few of them, a full
 * Internet table a few dozen, and the answer is remembered by hop.c.
 */
#include "net/parts.h"

static struct prefix *prefix_of(struct lvs_net_node *node)
{
	return (struct prefix *)(void *)node;
}

static uint32_t *used(struct lvs_net *net, const struct lvs_addr *dst,
		      unsigned plen)
{
	return &net->used[dst->family == AF_INET6][plen];
}

static struct prefix *find(const struct lvs_net *net,
			   const struct lvs_addr *dst, unsigned plen)
{
	struct lvs_net_node *node;

	node = lvs_net_table_find(&net->prefixes, lvs_net_hash(dst, plen));
	while (node && !(prefix_of(node)->plen == plen &&
			 lvs_addr_equal(&prefix_of(node)->dst, dst)))
		node = lvs_net_table_more(node);
	return node ? prefix_of(node) : NULL;
}

static struct prefix *add_prefix(struct lvs_net *net,
				 const struct lvs_addr *dst, uint8_t plen)
{
	struct prefix *pfx = lvs_mem_alloc(&net->mem, sizeof(*pfx));

	if (!pfx)
		return NULL;
	pfx->dst = *dst;
	pfx->plen = plen;
	lvs_net_table_add(&net->prefixes, &pfx->node, lvs_net_hash(dst, plen));
	++*used(net, dst, plen);
	return pfx;
}

static void free_prefix(struct lvs_net *net, struct prefix *pfx)
{
	--*used(net, &pfx->dst, pfx->plen);
	lvs_mem_free(&net->mem, pfx, sizeof(*pfx));
}

static bool same_name(const struct lvs_route *a, const struct lvs_route *b)
{
	return a->metric == b->metric && a->link == b->link &&
	       lvs_addr_equal(&a->gateway, &b->gateway);
}

static bool same(const struct lvs_route *a, const struct lvs_route *b)
{
	return same_name(a, b) && a->type == b->type && a->mtu == b->mtu &&
	       lvs_addr_equal(&a->prefsrc, &b->prefsrc);
}

static int check(const struct lvs_net *net, const struct lvs_route *conf)
{
	unsigned bits = lvs_family_bits(conf->dst.family);
	struct lvs_addr masked;

	if (bits == 0 || conf->plen > bits ||
	    conf->type > LVS_ROUTE_UNREACHABLE)
		return LVS_ERR_INVAL;
	masked = lvs_addr_mask(&conf->dst, conf->plen);
	if (!lvs_addr_equal(&masked, &conf->dst))
		return LVS_ERR_INVAL;
	if (conf->gateway.family != AF_UNSPEC &&
	    !lvs_addr_is_unicast(&conf->gateway))
		return LVS_ERR_INVAL;
	if (conf->prefsrc.family != AF_UNSPEC &&
	    conf->prefsrc.family != conf->dst.family)
		return LVS_ERR_INVAL;
	if (conf->type == LVS_ROUTE_UNICAST &&
	    !lvs_net_link_find(net, conf->link))
		return LVS_ERR_NODEV;
	return 0;
}

/* The place of the route NAMEd so, or else where it is to be put in. */
static struct route **place(struct prefix *pfx, const struct lvs_route *conf)
{
	struct route **at, **end = &pfx->first;

	for (at = &pfx->first; *at; at = &(*at)->next) {
		if (same_name(&(*at)->conf, conf))
			return at;
		if ((*at)->conf.metric <= conf->metric)
			end = &(*at)->next;
	}
	return end;
}

static struct route *insert(struct lvs_net *net, struct prefix *pfx,
			    const struct lvs_route *conf)
{
	struct route **at = place(pfx, conf), *route = *at;

	if (route && same_name(&route->conf, conf))
		return route;
	route = lvs_mem_alloc(&net->mem, sizeof(*route));
	if (!route)
		return NULL;
	route->next = *at;
	*at = route;
	return route;
}

int lvs_net_do_route_set(struct lvs_net *net, const struct lvs_route *conf)
{
	struct prefix *pfx;
	struct route *route;
	int err = check(net, conf);

	if (err)
		return err;
	pfx = find(net, &conf->dst, conf->plen);
	if (!pfx)
		pfx = add_prefix(net, &conf->dst, conf->plen);
	if (!pfx)
		return LVS_ERR_NOMEM;
	route = insert(net, pfx, conf);
	if (!route) {
		if (!pfx->first) {
			lvs_net_table_del(&net->prefixes, &pfx->node);
			free_prefix(net, pfx);
		}
		return LVS_ERR_NOMEM;
	}
	route->mark = lvs_net_marking(net, LVS_NET_ROUTES);
	/* A new one is all zero, without even a family. */
	if (route->conf.dst.family && same(&route->conf, conf))
		return 0;
	route->conf = *conf;
	lvs_net_moved(net);
	return 0;
}

/* Take out *AT, a route of PFX, which may be left empty. */
static void drop(struct lvs_net *net, struct route **at)
{
	struct route *route = *at;

	*at = route->next;
	lvs_mem_free(&net->mem, route, sizeof(*route));
	lvs_net_moved(net);
}

int lvs_net_do_route_del(struct lvs_net *net, const struct lvs_route *conf)
{
	struct prefix *pfx = find(net, &conf->dst, conf->plen);
	struct route **at;

	if (!pfx)
		return LVS_ERR_NOENT;
	at = place(pfx, conf);
	if (!*at || !same_name(&(*at)->conf, conf))
		return LVS_ERR_NOENT;
	drop(net, at);
	if (!pfx->first) {
		lvs_net_table_del(&net->prefixes, &pfx->node);
		free_prefix(net, pfx);
	}
	return 0;
}

int lvs_net_do_route_replace(struct lvs_net *net, const struct lvs_route *conf)
{
	int err = lvs_net_do_route_set(net, conf), count = 0;
	struct route **at;

	if (err)
		return err;
	at = &find(net, &conf->dst, conf->plen)->first;
	while (*at) {
		if ((*at)->conf.metric == conf->metric &&
		    !same_name(&(*at)->conf, conf)) {
			drop(net, at);
			count++;
		} else {
			at = &(*at)->next;
		}
	}
	return count;
}

struct dropping {
	struct lvs_net *net;
	uint32_t link;
	bool all;
	uint8_t mark;
};

static bool drop_some(void *ctx, struct lvs_net_node *node)
{
	const struct dropping *d = ctx;
	struct prefix *pfx = prefix_of(node);
	struct route **at = &pfx->first;

	while (*at) {
		if ((d->link == 0 || (*at)->conf.link == d->link) &&
		    (d->all || (*at)->mark != d->mark))
			drop(d->net, at);
		else
			at = &(*at)->next;
	}
	if (pfx->first)
		return false;
	free_prefix(d->net, pfx);
	return true;
}

void lvs_net_drop_routes(struct lvs_net *net, uint32_t link, bool all)
{
	struct dropping d = { net, link, all,
			      lvs_net_marking(net, LVS_NET_ROUTES) };

	lvs_net_table_filter(&net->prefixes, drop_some, &d);
}

static bool usable(const struct lvs_net *net, const struct route *route)
{
	const struct link *link;

	if (route->conf.type != LVS_ROUTE_UNICAST)
		return true;
	link = lvs_net_link_find(net, route->conf.link);
	return link && link->conf.up;
}

/* If all are down, the best of them: a shorter prefix is another way. */
static struct route *best(const struct lvs_net *net, const struct prefix *pfx)
{
	struct route *route = pfx->first;

	while (route && !usable(net, route))
		route = route->next;
	return route ? route : pfx->first;
}

struct route *lvs_net_route_find(const struct lvs_net *net,
				 const struct lvs_addr *addr)
{
	const uint32_t *count = net->used[addr->family == AF_INET6];
	unsigned plen = lvs_family_bits(addr->family) + 1;

	while (plen-- > 0) {
		struct lvs_addr dst;
		const struct prefix *pfx;

		if (count[plen] == 0)
			continue;
		dst = lvs_addr_mask(addr, plen);
		pfx = find(net, &dst, plen);
		if (pfx)
			return best(net, pfx);
	}
	return NULL;
}
