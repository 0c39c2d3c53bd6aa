/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net.c - the whole picture: made, freed, cleared, swept.
 */
#include "net/parts.h"

/* All tables or none. */
static int tables_init(struct lvs_net *net)
{
	struct lvs_net_table *const tables[] = {
		&net->links,  &net->addrs, &net->prefixes,
		&net->neighs, &net->hops,
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		int err = lvs_net_table_init(tables[i], &net->mem);

		if (err) {
			while (i-- > 0)
				lvs_net_table_fini(tables[i]);
			return err;
		}
	}
	return 0;
}

static void tables_fini(struct lvs_net *net)
{
	lvs_net_table_fini(&net->links);
	lvs_net_table_fini(&net->addrs);
	lvs_net_table_fini(&net->prefixes);
	lvs_net_table_fini(&net->neighs);
	lvs_net_table_fini(&net->hops);
}

int lvs_net_new(const struct lvs_allocator *mem, struct lvs_net **out)
{
	struct lvs_net *net = lvs_mem_alloc(mem, sizeof(*net));
	int err;

	if (!net)
		return LVS_ERR_NOMEM;
	net->mem = *mem;
	net->generation = 1;
	err = tables_init(net);
	if (err)
		goto fail_tables;
	err = lvs_net_hops_init(net);
	if (err)
		goto fail_hops;
	pthread_mutex_init(&net->lock, NULL);
	*out = net;
	return 0;

fail_hops:
	tables_fini(net);
fail_tables:
	lvs_mem_free(mem, net, sizeof(*net));
	return err;
}

void lvs_net_free(struct lvs_net *net)
{
	struct lvs_allocator mem;

	if (!net)
		return;
	mem = net->mem;
	lvs_net_do_clear(net);
	lvs_net_hops_fini(net);
	tables_fini(net);
	pthread_mutex_destroy(&net->lock);
	lvs_mem_free(&mem, net, sizeof(*net));
}

void lvs_net_do_clear(struct lvs_net *net)
{
	lvs_net_drop_neighs(net, 0, true);
	lvs_net_drop_routes(net, 0, true);
	lvs_net_drop_addrs(net, 0, true);
	lvs_net_drop_links(net, true);
	lvs_net_recycle_hops(net);
}

void lvs_net_do_mark(struct lvs_net *net, unsigned kinds)
{
	for (unsigned i = 0; i < LVS_NET_KINDS; i++)
		if (kinds & (1u << i))
			net->mark[i]++;
}

void lvs_net_do_sweep(struct lvs_net *net, unsigned kinds)
{
	if (kinds & LVS_NET_NEIGHS)
		lvs_net_drop_neighs(net, 0, false);
	if (kinds & LVS_NET_ROUTES)
		lvs_net_drop_routes(net, 0, false);
	if (kinds & LVS_NET_ADDRS)
		lvs_net_drop_addrs(net, 0, false);
	if (kinds & LVS_NET_LINKS)
		lvs_net_drop_links(net, false);
}

bool lvs_net_is_empty(const struct lvs_net *net)
{
	return net->links.count == 0;
}

uint32_t lvs_net_generation(const struct lvs_net *net)
{
	return net->generation;
}
