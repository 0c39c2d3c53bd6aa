/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hop.c - next hops: numbered, shared, kept right where they lie.
 *
 * A hop is named by neighbour, link, packet family, MTU and source address, so
 * all destinations behind one gateway share one.  Its number outlives changes
 * of routes: what a change of generation says is that a destination may have
 * another hop now, not that the hop is gone.  Only recycling takes numbers
 * back.
 */
#include "net/parts.h"

#include <net/ethernet.h>
#include <string.h>

static struct hop_rec *rec_of(struct lvs_net_node *node)
{
	return (struct hop_rec *)(void *)node;
}

static struct hop_rec *rec_at(const struct lvs_net *net, uint16_t number)
{
	struct hop_rec *piece = net->pieces[number / HOP_PIECE];

	return piece ? &piece[number % HOP_PIECE]
		     : &net->pieces[0][LVS_HOP_NONE];
}

static int add_piece(struct lvs_net *net, uint32_t number)
{
	struct hop_rec **piece = &net->pieces[number / HOP_PIECE];

	if (!*piece)
		*piece = lvs_mem_array(&net->mem, HOP_PIECE, sizeof(**piece));
	return *piece ? 0 : LVS_ERR_NOMEM;
}

int lvs_net_hops_init(struct lvs_net *net)
{
	net->num_hops = LVS_HOP_NONE + 1;
	if (add_piece(net, LVS_HOP_NONE) < 0)
		return LVS_ERR_NOMEM;
	net->cache = lvs_mem_array(&net->mem, HOP_CACHE, sizeof(*net->cache));
	if (!net->cache) {
		lvs_net_hops_fini(net);
		return LVS_ERR_NOMEM;
	}
	return 0;
}

void lvs_net_hops_fini(struct lvs_net *net)
{
	for (size_t i = 0; i < HOP_PIECES; i++)
		lvs_mem_free(&net->mem, net->pieces[i],
			     HOP_PIECE * sizeof(*net->pieces[i]));
	lvs_mem_free(&net->mem, net->cache, HOP_CACHE * sizeof(*net->cache));
}

static void write_l2(struct hop_rec *rec, const uint8_t *dst,
		     const uint8_t *src)
{
	uint16_t type = rec->family == AF_INET ? ETHERTYPE_IP : ETHERTYPE_IPV6;

	memcpy(rec->hop.l2, dst, LVS_LLADDR_LEN);
	memcpy(rec->hop.l2 + 6, src, LVS_LLADDR_LEN);
	rec->hop.l2[12] = (uint8_t)(type >> 8);
	rec->hop.l2[13] = (uint8_t)type;
}

/* Take over what is known of the hop's link and neighbour. */
static void take_over(const struct lvs_net *net, struct hop_rec *rec)
{
	const struct link *link = lvs_net_link_find(net, rec->hop.link);
	struct lvs_hop *hop = &rec->hop;
	const struct lvs_neigh *neigh;

	if (hop->local) {
		hop->up = true;
		hop->resolved = true;
		return;
	}
	hop->up = link && link->conf.up;
	hop->resolved = link && !link->conf.ethernet;
	hop->stale = false;
	hop->failed = false;
	hop->l2_len = 0;
	if (!link || !link->conf.ethernet)
		return;
	hop->l2_len = sizeof(hop->l2);
	neigh = lvs_net_neigh_find(net, hop->link, &hop->addr);
	if (!neigh)
		return;
	write_l2(rec, neigh->lladdr, link->conf.lladdr);
	hop->stale = neigh->state == LVS_NEIGH_STALE;
	hop->resolved = hop->stale || neigh->state == LVS_NEIGH_REACHABLE;
	hop->failed = neigh->state == LVS_NEIGH_FAILED;
}

/* Nothing is to be asked or waited for before a packet leaves. */
static bool is_open(const struct hop_rec *rec)
{
	return rec->hop.up && rec->hop.resolved &&
	       (!rec->hop.stale || rec->asked);
}

/*
 * Take over what is new, and NEWS: whoever asked for it has had his answer.  A
 * stale one that was confirmed is as good as before.
 */
static void refresh(struct lvs_net *net, struct hop_rec *rec, bool news)
{
	struct lvs_hop was = rec->hop, now;
	bool open = is_open(rec);

	take_over(net, rec);
	if (news)
		rec->asked = false;
	now = rec->hop;
	now.stale = was.stale;
	if (open && (!is_open(rec) || memcmp(&was, &now, sizeof(was)) != 0))
		net->hop_losses++;
}

uint32_t lvs_net_hop_losses(const struct lvs_net *net)
{
	return net->hop_losses;
}

static uint64_t hash(uint32_t link, const struct lvs_addr *neighbour)
{
	return lvs_net_hash(neighbour, link);
}

static bool same(const struct hop_rec *a, const struct hop_rec *b)
{
	return a->family == b->family && a->hop.link == b->hop.link &&
	       a->hop.mtu == b->hop.mtu && a->hop.local == b->hop.local &&
	       lvs_addr_equal(&a->hop.addr, &b->hop.addr) &&
	       lvs_addr_equal(&a->hop.src, &b->hop.src);
}

/* The number of the hop that is WANTED, new if need be; false: no room. */
static bool number_of(struct lvs_net *net, const struct hop_rec *wanted,
		      uint16_t *number)
{
	uint64_t h = hash(wanted->hop.link, &wanted->hop.addr);
	struct lvs_net_node *node = lvs_net_table_find(&net->hops, h);
	struct hop_rec *rec;

	while (node && !same(rec_of(node), wanted))
		node = lvs_net_table_more(node);
	if (node) {
		*number = rec_of(node)->number;
		return true;
	}
	if (net->num_hops > UINT16_MAX) {
		net->full = true;
		return false;
	}
	if (add_piece(net, net->num_hops) < 0)
		return false;
	rec = rec_at(net, (uint16_t)net->num_hops);
	rec->hop = wanted->hop;
	rec->family = wanted->family;
	rec->number = (uint16_t)net->num_hops++;
	refresh(net, rec, false);
	lvs_net_table_add(&net->hops, &rec->node, h);
	*number = rec->number;
	return true;
}

static struct lvs_addr source_by(const struct lvs_net *net, struct route *route)
{
	const struct lvs_route *conf = &route->conf;

	if (conf->prefsrc.family != AF_UNSPEC)
		return conf->prefsrc;
	if (route->src_generation != net->generation) {
		bool direct = conf->gateway.family == AF_UNSPEC;

		route->src =
			lvs_net_source(net, conf->link, &conf->dst,
				       direct ? &conf->dst : &conf->gateway);
		route->src_generation = net->generation;
	}
	return route->src;
}

static uint32_t mtu_by(const struct lvs_net *net, const struct lvs_route *conf)
{
	const struct link *link = lvs_net_link_find(net, conf->link);
	uint32_t mtu = link ? link->conf.mtu : 0;

	return conf->mtu && (conf->mtu < mtu || mtu == 0) ? conf->mtu : mtu;
}

static bool local_hop(struct lvs_net *net, const struct lvs_addr *addr,
		      uint32_t index, uint16_t *number)
{
	const struct link *link = lvs_net_link_find(net, index);
	struct hop_rec wanted = {
		.hop = {
			.addr = *addr,
			.link = index,
			.mtu = link ? link->conf.mtu : LVS_PKT_MAX,
			.src = *addr,
			.local = true,
		},
		.family = addr->family,
	};

	return number_of(net, &wanted, number);
}

/* False: nothing to be remembered. */
static bool choose(struct lvs_net *net, const struct lvs_addr *addr,
		   uint16_t *number)
{
	uint32_t own = lvs_net_addr_link(net, addr);
	struct hop_rec wanted = { .family = addr->family };
	struct route *route;

	*number = LVS_HOP_NONE;
	if (!lvs_addr_is_unicast(addr))
		return true;
	if (own != LVS_LINK_NONE)
		return local_hop(net, addr, own, number);
	route = lvs_net_route_find(net, addr);
	if (!route || route->conf.type == LVS_ROUTE_UNREACHABLE)
		return true;
	if (route->conf.type == LVS_ROUTE_LOCAL)
		return local_hop(net, addr, route->conf.link, number);
	wanted.hop.addr = route->conf.gateway.family != AF_UNSPEC
				  ? route->conf.gateway
				  : *addr;
	wanted.hop.link = route->conf.link;
	wanted.hop.mtu = mtu_by(net, &route->conf);
	wanted.hop.src = source_by(net, route);
	return number_of(net, &wanted, number);
}

uint16_t lvs_net_hop(struct lvs_net *net, const struct lvs_addr *addr)
{
	struct cached_hop *slot =
		&net->cache[lvs_net_hash(addr, 0) % HOP_CACHE];
	uint16_t number;

	pthread_mutex_lock(&net->lock);
	if (slot->generation == net->generation &&
	    lvs_addr_equal(&slot->addr, addr)) {
		number = slot->hop;
	} else if (choose(net, addr, &number)) {
		slot->addr = *addr;
		slot->generation = net->generation;
		slot->hop = number;
	}
	pthread_mutex_unlock(&net->lock);
	return number;
}

const struct lvs_hop *lvs_net_hop_at(const struct lvs_net *net, uint16_t number)
{
	return &rec_at(net, number)->hop;
}

bool lvs_net_hops_full(const struct lvs_net *net)
{
	return net->full;
}

static bool forget(void *ctx, struct lvs_net_node *node)
{
	(void)ctx;
	memset(rec_of(node), 0, sizeof(struct hop_rec));
	return true;
}

void lvs_net_recycle_hops(struct lvs_net *net)
{
	net->full = false;
	lvs_net_table_filter(&net->hops, forget, NULL);
	net->num_hops = LVS_HOP_NONE + 1;
	net->wanted_first = LVS_HOP_NONE;
	net->wanted_last = LVS_HOP_NONE;
	lvs_net_moved(net);
}

struct relinking {
	struct lvs_net *net;
	uint32_t link;
};

static bool relink(void *ctx, struct lvs_net_node *node)
{
	const struct relinking *r = ctx;

	if (rec_of(node)->hop.link == r->link)
		refresh(r->net, rec_of(node), false);
	return false;
}

void lvs_net_hops_relink(struct lvs_net *net, uint32_t index)
{
	struct relinking r = { net, index };

	lvs_net_table_filter(&net->hops, relink, &r);
}

void lvs_net_hops_reneigh(struct lvs_net *net, uint32_t link,
			  const struct lvs_addr *addr)
{
	const struct lvs_neigh *neigh = lvs_net_neigh_find(net, link, addr);
	struct lvs_net_node *node;

	node = lvs_net_table_find(&net->hops, hash(link, addr));
	for (; node; node = lvs_net_table_more(node)) {
		struct hop_rec *rec = rec_of(node);

		if (rec->hop.link != link ||
		    !lvs_addr_equal(&rec->hop.addr, addr))
			continue;
		refresh(net, rec,
			!neigh || neigh->state != LVS_NEIGH_INCOMPLETE);
	}
}

static bool unask(void *ctx, struct lvs_net_node *node)
{
	refresh(ctx, rec_of(node), true);
	return false;
}

void lvs_net_hops_unask(struct lvs_net *net)
{
	lvs_net_table_filter(&net->hops, unask, net);
}

static bool needs_asking(const struct lvs_hop *hop)
{
	return hop->link != LVS_LINK_NONE && (!hop->resolved || hop->stale);
}

/* The lock is held. */
static void enqueue(struct lvs_net *net, struct hop_rec *rec)
{
	if (rec->queued)
		return;
	rec->queued = true;
	rec->next_wanted = LVS_HOP_NONE;
	if (net->wanted_first == LVS_HOP_NONE)
		net->wanted_first = rec->number;
	else
		rec_at(net, net->wanted_last)->next_wanted = rec->number;
	net->wanted_last = rec->number;
}

void lvs_net_want(struct lvs_net *net, uint16_t number)
{
	struct hop_rec *rec = rec_at(net, number);

	if (atomic_load_explicit(&rec->asked, memory_order_relaxed) ||
	    !needs_asking(&rec->hop))
		return;
	pthread_mutex_lock(&net->lock);
	rec->asked = true;
	enqueue(net, rec);
	net->wants++;
	pthread_mutex_unlock(&net->lock);
}

bool lvs_net_is_asked(const struct lvs_net *net, uint16_t number)
{
	return atomic_load_explicit(&rec_at(net, number)->asked,
				    memory_order_relaxed);
}

uint32_t lvs_net_count_wants(const struct lvs_net *net)
{
	return atomic_load_explicit(&net->wants, memory_order_relaxed);
}

bool lvs_net_do_wanted(struct lvs_net *net, uint32_t *link,
		       struct lvs_addr *addr)
{
	bool found = false;

	pthread_mutex_lock(&net->lock);
	while (!found && net->wanted_first != LVS_HOP_NONE) {
		struct hop_rec *rec = rec_at(net, net->wanted_first);

		net->wanted_first = rec->next_wanted;
		rec->queued = false;
		found = needs_asking(&rec->hop);
		if (found) {
			*link = rec->hop.link;
			*addr = rec->hop.addr;
		}
	}
	pthread_mutex_unlock(&net->lock);
	return found;
}
