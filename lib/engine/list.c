/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * list.c - connections as listings show them.
 */
#include "engine/engine.h"
#include <arpa/inet.h>
#include <linux/ip_vs.h>

#define LIST_STEP 64

static uint32_t shown_flags(const struct lvs_conn *conn)
{
	uint32_t flags = IP_VS_CONN_F_HASHED |
			 (conn->flags >> LVS_CONN_METHOD_SHIFT & 7);

	if (!(conn->flags & LVS_CONN_ACTIVE))
		flags |= IP_VS_CONN_F_INACTIVE;
	if (conn->flags & LVS_CONN_NOOUTPUT)
		flags |= IP_VS_CONN_F_NOOUTPUT;
	if (conn->flags & LVS_CONN_TEMPLATE)
		flags |= IP_VS_CONN_F_TEMPLATE;
	if (conn->flags & LVS_CONN_SYNCED)
		flags |= IP_VS_CONN_F_SYNC;
	return flags;
}

/* Templates have no protocol's states, only whether they were of use. */
static const char *state_name(const struct lvs_conn *conn)
{
	const struct lvs_proto *proto = lvs_proto_find(conn->protocol);

	if (conn->flags & LVS_CONN_TEMPLATE)
		return conn->state ? "ASSURED" : "NONE";
	return proto ? lvs_proto_state_name(proto, conn->state) : "NONE";
}

static void show(const struct lvs_conn *conn, struct lvs_conn_info *info,
		 uint32_t tick)
{
	uint64_t left = lvs_conn_left(conn, tick);

	*info = (struct lvs_conn_info){
		.client_port = ntohs(conn->cport_be),
		.virt_port = ntohs(conn->vport_be),
		.dest_port = ntohs(conn->dport_be),
		.protocol = conn->protocol,
		.method = conn->flags >> LVS_CONN_METHOD_SHIFT & 7,
		.persist_template = conn->flags & LVS_CONN_TEMPLATE,
		.state = state_name(conn),
		.expires = (uint32_t)((left << LVS_TICK_SHIFT) / LVS_SEC),
		.flags = shown_flags(conn),
	};
	lvs_conn_addrs(conn, &info->client, &info->virt, &info->dest);
}

/* A list that is being filled. */
struct listing {
	struct lvs_conn_info *next;
	uint32_t tick;
};

/* Connections as they are with all that programs have forwarded of them. */
static void look_at(struct lvs_engine *eng, struct lvs_conn *conns[],
		    size_t count)
{
	lvs_engine_renew_timeouts(eng);
	for (size_t i = 0; i < count; i++)
		if (conns[i]->flags & LVS_CONN_FASTS)
			lvs_fast_look(eng, conns[i]);
}

static void list_one(void *ctx, const struct lvs_conn *conn)
{
	struct listing *l = ctx;

	show(conn, l->next++, l->tick);
}

/* One engine lists the templates that are all engines': the first. */
static bool lists_templates(const struct lvs_engine *eng)
{
	for (uint32_t i = 0; i < eng->slot.number; i++)
		if (eng->dir->engines[i])
			return false;
	return true;
}

/* Connections are listed, now come the templates. */
#define CURSOR_TEMPLATES (UINT64_C(1) << 55)

size_t lvs_engine_conns(struct lvs_engine_slot *slot, uint64_t *cursor,
			struct lvs_conn_info *info, size_t max, lvs_tstamp now)
{
	struct lvs_engine *eng = lvs_engine_of(slot);
	struct listing l = { info, lvs_tick(now) };
	uint64_t inner = *cursor & ~CURSOR_TEMPLATES;
	struct lvs_conn *conns[LIST_STEP];
	size_t count = 0;

	if (max > LIST_STEP)
		max = LIST_STEP;
	if (!(*cursor & CURSOR_TEMPLATES)) {
		count = lvs_conn_walk(eng->conns, cursor, conns, max);
		look_at(eng, conns, count);
		for (size_t i = 0; i < count; i++)
			list_one(&l, conns[i]);
		inner = 0;
	}
	if (count == 0 && lists_templates(eng)) {
		count = lvs_persist_walk(eng->dir->persist, &inner, max,
					 list_one, &l);
		*cursor = inner | CURSOR_TEMPLATES;
	}
	return count;
}
