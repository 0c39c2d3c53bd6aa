/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net.c - the calls of lvs/net.h: net's own ones between two bursts.
 *
 * No knowledge of links or routes is here, only the locking that lets engines
 * read without any.
 */
#include "engine/engine.h"
#include "fwd/fwd.h"

/* Changes begin: nobody else changes anything, and no engine runs. */
static struct lvs_net *begin(struct lvs_director *dir)
{
	pthread_mutex_lock(&dir->lock);
	lvs_director_stop(dir);
	return dir->net;
}

/* They are done: held packets may have got a way, or lost theirs. */
static void end(struct lvs_director *dir)
{
	if (lvs_net_hops_full(dir->net))
		lvs_net_recycle_hops(dir->net);
	for (size_t i = 0; i < LVS_ENGINES_MAX; i++) {
		struct lvs_engine_slot *slot = dir->engines[i];

		if (slot && slot->net_changed)
			slot->net_changed(slot);
	}
	lvs_director_go(dir);
	pthread_mutex_unlock(&dir->lock);
}

int lvs_net_link_set(struct lvs_director *dir, const struct lvs_link *link)
{
	int ret = lvs_net_do_link_set(begin(dir), link);

	end(dir);
	return ret;
}

int lvs_net_link_del(struct lvs_director *dir, uint32_t index)
{
	int ret = lvs_net_do_link_del(begin(dir), index);

	end(dir);
	return ret;
}

int lvs_net_addr_set(struct lvs_director *dir, uint32_t link,
		     const struct lvs_addr *addr, unsigned plen)
{
	int ret = lvs_net_do_addr_set(begin(dir), link, addr, plen);

	end(dir);
	return ret;
}

int lvs_net_addr_del(struct lvs_director *dir, uint32_t link,
		     const struct lvs_addr *addr)
{
	int ret = lvs_net_do_addr_del(begin(dir), link, addr);

	end(dir);
	return ret;
}

int lvs_net_route_set(struct lvs_director *dir, const struct lvs_route *route)
{
	int ret = lvs_net_do_route_set(begin(dir), route);

	end(dir);
	return ret;
}

int lvs_net_route_del(struct lvs_director *dir, const struct lvs_route *route)
{
	int ret = lvs_net_do_route_del(begin(dir), route);

	end(dir);
	return ret;
}

int lvs_net_route_replace(struct lvs_director *dir,
			  const struct lvs_route *route)
{
	int ret = lvs_net_do_route_replace(begin(dir), route);

	end(dir);
	return ret;
}

int lvs_net_neigh_set(struct lvs_director *dir, const struct lvs_neigh *neigh)
{
	int ret = lvs_net_do_neigh_set(begin(dir), neigh);

	end(dir);
	return ret;
}

int lvs_net_neigh_del(struct lvs_director *dir, uint32_t link,
		      const struct lvs_addr *addr)
{
	int ret = lvs_net_do_neigh_del(begin(dir), link, addr);

	end(dir);
	return ret;
}

void lvs_net_clear(struct lvs_director *dir)
{
	lvs_net_do_clear(begin(dir));
	end(dir);
}

void lvs_net_mark(struct lvs_director *dir, unsigned kinds)
{
	lvs_net_do_mark(begin(dir), kinds);
	end(dir);
}

void lvs_net_sweep(struct lvs_director *dir, unsigned kinds)
{
	lvs_net_do_sweep(begin(dir), kinds);
	end(dir);
}

int lvs_net_link_get(struct lvs_director *dir, uint32_t index,
		     struct lvs_link *link)
{
	const struct lvs_link *found;

	pthread_mutex_lock(&dir->lock);
	found = lvs_net_do_link(dir->net, index);
	if (found)
		*link = *found;
	pthread_mutex_unlock(&dir->lock);
	return found ? 0 : LVS_ERR_NODEV;
}

int lvs_net_neigh_get(struct lvs_director *dir, uint32_t link,
		      const struct lvs_addr *addr, struct lvs_neigh *neigh)
{
	const struct lvs_neigh *found;

	pthread_mutex_lock(&dir->lock);
	found = lvs_net_do_neigh(dir->net, link, addr);
	if (found)
		*neigh = *found;
	pthread_mutex_unlock(&dir->lock);
	return found ? 0 : LVS_ERR_NOENT;
}

bool lvs_net_is_local(struct lvs_director *dir, const struct lvs_addr *addr)
{
	bool local;

	pthread_mutex_lock(&dir->lock);
	local = lvs_net_do_is_local(dir->net, addr);
	pthread_mutex_unlock(&dir->lock);
	return local;
}

bool lvs_net_is_real_server(struct lvs_director *dir,
			    const struct lvs_service_id *svc,
			    const struct lvs_dest_conf *dest)
{
	bool is;

	pthread_mutex_lock(&dir->lock);
	is = lvs_fwd_is_host(dir->net, svc, &dest->id, dest->method);
	pthread_mutex_unlock(&dir->lock);
	return is;
}

bool lvs_net_wanted(struct lvs_director *dir, uint32_t *link,
		    struct lvs_addr *addr)
{
	bool wanted;

	pthread_mutex_lock(&dir->lock);
	if (lvs_net_hops_full(dir->net)) {
		lvs_director_stop(dir);
		lvs_net_recycle_hops(dir->net);
		lvs_director_go(dir);
	}
	wanted = lvs_net_do_wanted(dir->net, link, addr);
	pthread_mutex_unlock(&dir->lock);
	return wanted;
}

uint32_t lvs_net_wants(const struct lvs_director *dir)
{
	return lvs_net_count_wants(dir->net);
}
