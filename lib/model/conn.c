/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conn.c - the connection table: made, filled, emptied, walked.
 *
 * Finding is in conn_find.c, time in conn_timer.c.
 */
#include "model/conn_table.h"

#include "base/mem.h"
static uint64_t hash_of(void *ctx, uint32_t value)
{
	const struct lvs_conn_table *tab = ctx;

	return lvs_conn_hash(tab->opts.hash_key, lvs_conn_at(tab, value),
			     (value & LVS_ID_REPLY) != 0);
}

static void prefetch(void *ctx, uint32_t value)
{
	LVS_CONN_PREFETCH(lvs_conn_at(ctx, value), value);
}

int lvs_conn_table_new(const struct lvs_conn_table_opts *opts, lvs_tstamp now,
		       struct lvs_conn_table **tab)
{
	const struct lvs_allocator *mem =
		opts->mem ? opts->mem : &lvs_mem_default;
	struct lvs_conn_table *new = lvs_mem_alloc(mem, sizeof(*new));
	struct lvs_map_opts map = {
		.mem = *mem,
		.hash = hash_of,
		.prefetch = prefetch,
		.ctx = new,
	};
	int ret;

	if (!new)
		return LVS_ERR_NOMEM;
	ret = lvs_map_init(&new->map, &map);
	if (ret) {
		lvs_mem_free(mem, new, sizeof(*new));
		return ret;
	}
	lvs_slab_init(&new->slabs[0], mem, LVS_CONN_SIZE_V4);
	lvs_slab_init(&new->slabs[1], mem, LVS_CONN_SIZE_V6);
	new->opts = *opts;
	new->mem = *mem;
	lvs_conn_timers_init(new, now);
	*tab = new;
	return 0;
}

void lvs_conn_table_free(struct lvs_conn_table *tab)
{
	lvs_conn_table_drain(tab, NULL, NULL);
}

void lvs_conn_table_drain(struct lvs_conn_table *tab,
			  void (*each)(void *ctx, struct lvs_conn *conn),
			  void *ctx)
{
	struct lvs_allocator mem;

	if (!tab)
		return;
	for (unsigned i = 0; each && i < 2; i++) {
		struct lvs_slab *slab = &tab->slabs[i];
		uint32_t index = lvs_slab_next(slab, 0);

		for (; index != LVS_SLAB_NONE;
		     index = lvs_slab_next(slab, index + 1))
			each(ctx, lvs_slab_at(slab, index));
	}
	mem = tab->mem;
	lvs_map_fini(&tab->map);
	lvs_slab_fini(&tab->slabs[0]);
	lvs_slab_fini(&tab->slabs[1]);
	lvs_mem_free(&mem, tab, sizeof(*tab));
}

static void set_key(struct lvs_conn *conn, const struct lvs_flow *flow,
		    const union lvs_ip *dest, uint16_t dport_be)
{
	conn->protocol = flow->protocol;
	conn->cport_be = flow->sport_be;
	conn->vport_be = flow->dport_be;
	conn->dport_be = dport_be;
	if (flow->family == AF_INET6) {
		conn->flags |= LVS_CONN_V6;
		conn->v6.client = flow->src;
		conn->v6.virt = flow->dst;
		conn->v6.dest = *dest;
	} else {
		conn->v4.client_be = flow->src.v4_be;
		conn->v4.virt_be = flow->dst.v4_be;
		conn->v4.dest_be = dest->v4_be;
	}
}

/*
 * ID under HASH, that of its request key; its reply key, if it has one, soon.
 * False: there is no memory for both, and nothing changed.
 */
static bool enter(struct lvs_conn_table *tab, uint32_t id, uint64_t hash,
		  const struct lvs_conn *conn)
{
	struct lvs_conn_late late = { .id = id };

	if (tab->num_late == LVS_CONN_LATE)
		lvs_conn_settle(tab);
	if (!lvs_map_reserve(&tab->map, LVS_CONN_LATE + 1) ||
	    lvs_map_insert(&tab->map, hash, id) != 0)
		return false;
	if (conn->flags & LVS_CONN_REPLY) {
		late.hash = lvs_conn_hash(tab->opts.hash_key, conn, true);
		__builtin_prefetch(lvs_map_first(&tab->map, late.hash));
		tab->late[tab->num_late++] = late;
	}
	return true;
}

struct lvs_conn *lvs_conn_add(struct lvs_conn_table *tab,
			      const struct lvs_flow *flow,
			      const union lvs_ip *dest, uint16_t dport_be,
			      uint16_t flags, uint32_t timeout_ticks,
			      lvs_tstamp now)
{
	return lvs_conn_add_hashed(tab, flow,
				   lvs_flow_hash(tab->opts.hash_key, flow),
				   dest, dport_be, flags, timeout_ticks, now);
}

struct lvs_conn *lvs_conn_add_hashed(struct lvs_conn_table *tab,
				     const struct lvs_flow *flow, uint64_t hash,
				     const union lvs_ip *dest,
				     uint16_t dport_be, uint16_t flags,
				     uint32_t timeout_ticks, lvs_tstamp now)
{
	bool v6 = flow->family == AF_INET6;
	uint32_t tick = lvs_tick(now);
	struct lvs_conn *conn;
	uint64_t behind;
	uint32_t id;

	if (lvs_conn_table_full(tab))
		return NULL;
	id = lvs_slab_alloc(&tab->slabs[v6]);
	if (id == LVS_SLAB_NONE)
		return NULL;
	id |= v6 ? LVS_ID_V6 : 0;
	conn = lvs_conn_at(tab, id);
	conn->flags = flags & (uint16_t) ~(LVS_CONN_V6 | LVS_CONN_SHADOWED);
	conn->seen = tick;
	conn->timeout = timeout_ticks;
	set_key(conn, flow, dest, dport_be);
	/* The wheel may be behind NOW; the deadline is as far again. */
	behind = tick - tab->wheel.tick;
	lvs_conn_timer_start(tab, id, behind + timeout_ticks);
	if (enter(tab, id, hash, conn))
		return conn;
	lvs_conn_timer_stop(tab, conn);
	lvs_slab_free(&tab->slabs[v6], id & ~LVS_ID_V6);
	return NULL;
}

void lvs_conn_drop(struct lvs_conn_table *tab, uint32_t id,
		   const struct lvs_conn_hashes *hashes)
{
	const unsigned mask = LVS_CONN_REPLY | LVS_CONN_SHADOWED;

	lvs_map_remove(&tab->map, hashes->request, id);
	if ((lvs_conn_at(tab, id)->flags & mask) == LVS_CONN_REPLY)
		lvs_map_remove(&tab->map, hashes->reply, id | LVS_ID_REPLY);
	lvs_slab_free(&tab->slabs[(id & LVS_ID_V6) != 0], id & ~LVS_ID_V6);
}

void lvs_conn_del(struct lvs_conn_table *tab, struct lvs_conn *conn)
{
	struct lvs_conn_hashes hashes = lvs_conn_hashes(tab, conn);
	uint32_t id = lvs_conn_id(tab, conn);

	lvs_conn_settle(tab);
	lvs_conn_timer_stop(tab, conn);
	lvs_conn_drop(tab, id, &hashes);
}

bool lvs_conn_table_full(const struct lvs_conn_table *tab)
{
	return tab->opts.limit && lvs_conn_count(tab) >= tab->opts.limit;
}

uint64_t lvs_conn_count(const struct lvs_conn_table *tab)
{
	return (uint64_t)tab->slabs[0].live + tab->slabs[1].live;
}

size_t lvs_conn_table_bytes(const struct lvs_conn_table *tab)
{
	return sizeof(*tab) + lvs_map_bytes(&tab->map) + tab->slabs[0].bytes +
	       tab->slabs[1].bytes;
}

/* *CURSOR is the identifier (without mark) at which to go on. */
size_t lvs_conn_walk(struct lvs_conn_table *tab, uint64_t *cursor,
		     struct lvs_conn *conns[], size_t max)
{
	size_t count = 0;

	while (count < max && *cursor < 2 * (uint64_t)LVS_ID_V6) {
		bool v6 = *cursor >= LVS_ID_V6;
		uint32_t base = v6 ? LVS_ID_V6 : 0;
		uint32_t index = lvs_slab_next(&tab->slabs[v6],
					       (uint32_t)*cursor - base);

		if (index == LVS_SLAB_NONE) {
			*cursor = (uint64_t)base + LVS_ID_V6;
			continue;
		}
		conns[count++] = lvs_slab_at(&tab->slabs[v6], index);
		*cursor = (uint64_t)base + index + 1;
	}
	return count;
}

void lvs_conn_addrs(const struct lvs_conn *conn, struct lvs_addr *client,
		    struct lvs_addr *virt, struct lvs_addr *dest)
{
	if (conn->flags & LVS_CONN_V6) {
		*client = (struct lvs_addr){ .family = AF_INET6,
					     .ip = conn->v6.client };
		*virt = (struct lvs_addr){ .family = AF_INET6,
					   .ip = conn->v6.virt };
		*dest = (struct lvs_addr){ .family = AF_INET6,
					   .ip = conn->v6.dest };
		return;
	}
	*client = lvs_addr_v4(conn->v4.client_be);
	*virt = lvs_addr_v4(conn->v4.virt_be);
	*dest = lvs_addr_v4(conn->v4.dest_be);
}
