/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * persist.c - templates and who they send a client to (spec section 3.8).
 *
 * A template is a connection record in a table of its own.  Its `packets` is
 * the number of connections that it controls, its `state` whether one of them
 * was ever established.  One whose destination is gone gets a new destination
 * in place, since connections may still refer to it.
 */
#include "persist/persist.h"
#include "base/mem.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* A template that still controls connections is looked at again after. */
#define CONTROL_SECS 60

/* State of a template. */
enum {
	NONE,
	ASSURED
};

#define FTP_PORT 21

/* Templates that are looked at for one to give up. */
#define LOOKS 32

struct lvs_persist {
	pthread_mutex_t lock;
	struct lvs_director *dir;
	struct lvs_conn_table *tab;
	unsigned engines; /* that use it; under the director's lock */
	/* Templates at most: */
	uint64_t limit;	    /* of the engines that have one */
	unsigned unlimited; /* engines that have none */
	uint64_t hand;	    /* where one to give up is looked for next */
};

static void unbind(struct lvs_persist *per, struct lvs_conn *t)
{
	struct lvs_dest *dest = lvs_director_dest(per->dir, t->dest);

	if (dest)
		lvs_dest_unbind(dest, true);
	t->dest = LVS_DEST_NONE;
}

static uint32_t expired(void *ctx, struct lvs_conn *t)
{
	/* As with IPVS these 60 s are its timeout from now on. */
	if (t->packets > 0)
		return lvs_secs_to_ticks(CONTROL_SECS);
	unbind(ctx, t);
	return 0;
}

static void drained(void *ctx, struct lvs_conn *t)
{
	unbind(ctx, t);
}

static struct lvs_persist *persist_new(struct lvs_director *dir)
{
	struct lvs_persist *per = lvs_mem_alloc(&dir->mem, sizeof(*per));
	struct lvs_conn_table_opts opts = {
		.mem = &dir->mem,
		.hash_key = { dir->hash_key[0], dir->hash_key[1] },
		.expired = expired,
		.ctx = per,
	};

	if (!per)
		return NULL;
	if (lvs_conn_table_new(&opts, 0, &per->tab) < 0) {
		lvs_mem_free(&dir->mem, per, sizeof(*per));
		return NULL;
	}
	per->dir = dir;
	pthread_mutex_init(&per->lock, NULL);
	return per;
}

static void persist_free(struct lvs_persist *per)
{
	lvs_conn_table_drain(per->tab, drained, per);
	pthread_mutex_destroy(&per->lock);
	lvs_mem_free(&per->dir->mem, per, sizeof(*per));
}

/* An engine that may have CONN_LIMIT connections comes (1) or goes (-1). */
static void change_limit(struct lvs_persist *per, uint32_t conn_limit,
			 int engines)
{
	pthread_mutex_lock(&per->lock);
	if (conn_limit)
		per->limit += (uint64_t)((int64_t)conn_limit * engines);
	else
		per->unlimited += (unsigned)engines;
	pthread_mutex_unlock(&per->lock);
}

int lvs_persist_join(struct lvs_director *dir, uint32_t conn_limit)
{
	int ret = 0;

	pthread_mutex_lock(&dir->lock);
	if (!dir->persist)
		dir->persist = persist_new(dir);
	if (dir->persist) {
		dir->persist->engines++;
		change_limit(dir->persist, conn_limit, 1);
	} else {
		ret = LVS_ERR_NOMEM;
	}
	pthread_mutex_unlock(&dir->lock);
	return ret;
}

void lvs_persist_leave(struct lvs_director *dir, uint32_t conn_limit)
{
	pthread_mutex_lock(&dir->lock);
	change_limit(dir->persist, conn_limit, -1);
	if (--dir->persist->engines == 0) {
		persist_free(dir->persist);
		dir->persist = NULL;
	}
	pthread_mutex_unlock(&dir->lock);
}

/* A packet to the port that the service has, if it is not FTP's control. */
static bool is_own_port(const struct lvs_service *svc,
			const struct lvs_flow *flow)
{
	const struct lvs_service_id *id = &svc->conf.id;

	return !id->fwmark && id->port && flow->dport_be == htons(id->port);
}

/* One template serves all ports of it (spec 3.8, virtual port). */
static bool has_port(const struct lvs_service *svc, const struct lvs_flow *flow)
{
	return is_own_port(svc, flow) && svc->conf.id.port != FTP_PORT;
}

/* What the template for FLOW to SVC is found by, in KEY. */
static void template_key(const struct lvs_service *svc,
			 const struct lvs_flow *flow, struct lvs_flow *key)
{
	struct lvs_addr client = { .family = flow->family, .ip = flow->src };
	unsigned plen =
		svc->conf.plen ? svc->conf.plen : lvs_family_bits(flow->family);

	client = lvs_addr_mask(&client, plen);
	if (flow->family == AF_INET)
		client.ip.v4_be &= ~svc->conf.holes_be;
	*key = (struct lvs_flow){
		.src = client.ip,
		.dst = flow->dst,
		.family = flow->family,
		.protocol = flow->protocol,
	};
	if (has_port(svc, flow))
		key->dport_be = flow->dport_be;
	if (svc->conf.id.fwmark) {
		/* Of all protocols and addresses that have the mark. */
		memset(&key->dst, 0, sizeof(key->dst));
		key->dst.v4_be = htonl(svc->conf.id.fwmark);
		key->protocol = IPPROTO_IP;
	}
}

/* T, new or without a destination, leads to DEST from now on. */
static void lead_to(struct lvs_conn *t, struct lvs_dest *dest)
{
	lvs_dest_bind(dest, true);
	t->dest = dest->index;
	t->state = NONE;
	t->flags &= (uint16_t) ~(7u << LVS_CONN_METHOD_SHIFT);
	t->flags |= (uint16_t)((unsigned)dest->conf.method
			       << LVS_CONN_METHOD_SHIFT);
	if (t->flags & LVS_CONN_V6)
		t->v6.dest = dest->conf.id.addr.ip;
	else
		t->v4.dest_be = dest->conf.id.addr.ip.v4_be;
}

static void give_up(struct lvs_persist *per, struct lvs_conn *t)
{
	unbind(per, t);
	lvs_conn_del(per->tab, t);
}

/* T has no connection, and never had one that was established. */
static bool is_useless(const struct lvs_conn *t)
{
	return t->packets == 0 && t->state == NONE;
}

/* Room for one more; at the limit a useless one of the next few goes. */
static bool make_way(struct lvs_persist *per)
{
	struct lvs_conn *some[LOOKS];
	size_t count;

	if (per->unlimited || lvs_conn_count(per->tab) < per->limit)
		return true;
	count = lvs_conn_walk(per->tab, &per->hand, some, LOOKS);
	if (count == 0) {
		per->hand = 0;
		count = lvs_conn_walk(per->tab, &per->hand, some, LOOKS);
	}
	for (size_t i = 0; i < count; i++) {
		if (is_useless(some[i])) {
			give_up(per, some[i]);
			return true;
		}
	}
	return false;
}

/* A template for KEY; NULL: no memory, or no room. */
static struct lvs_conn *add(struct lvs_persist *per,
			    const struct lvs_service *svc,
			    const struct lvs_flow *key, lvs_tstamp now)
{
	static const union lvs_ip nowhere;
	struct lvs_conn *t;

	if (!make_way(per))
		return NULL;
	t = lvs_conn_add(per->tab, key, &nowhere, 0, LVS_CONN_TEMPLATE,
			 lvs_secs_to_ticks(svc->conf.timeout), now);
	if (t)
		t->dest = LVS_DEST_NONE;
	return t;
}

/* The template for KEY whose time is not over. */
static struct lvs_conn *find(struct lvs_persist *per,
			     const struct lvs_flow *key, lvs_tstamp now)
{
	uint8_t dir;
	struct lvs_conn *t = lvs_conn_find_one(per->tab, key, &dir);

	if (t && t->packets == 0 && lvs_conn_left(t, lvs_tick(now)) == 0) {
		give_up(per, t);
		return NULL;
	}
	return t;
}

static struct lvs_dest *dest_of(const struct lvs_persist *per,
				const struct lvs_conn *t)
{
	struct lvs_dest *dest = t ? lvs_director_dest(per->dir, t->dest) : NULL;

	return dest && lvs_dest_is(dest, LVS_DEST_AVAILABLE) ? dest : NULL;
}

/* The port of DEST for a packet of FLOW (spec 2.4). */
static uint16_t real_port(const struct lvs_service *svc,
			  const struct lvs_flow *flow,
			  const struct lvs_dest *dest)
{
	return is_own_port(svc, flow) && dest->conf.id.port
		       ? htons(dest->conf.id.port)
		       : flow->dport_be;
}

static void choose(struct lvs_persist *per, struct lvs_service *svc,
		   const struct lvs_flow *flow, lvs_tstamp now,
		   struct lvs_persist_choice *choice)
{
	struct lvs_flow key;
	struct lvs_conn *t;

	template_key(svc, flow, &key);
	t = find(per, &key, now);
	choice->dest = dest_of(per, t);
	if (choice->dest) {
		lvs_dest_bind(choice->dest, false);
	} else {
		choice->dest = lvs_service_schedule_flow(svc, flow, now);
		if (!choice->dest)
			return;
		if (t)
			unbind(per, t);
		else
			t = add(per, svc, &key, now);
		if (t)
			lead_to(t, choice->dest);
		if (t && has_port(svc, flow))
			t->dport_be = htons(choice->dest->conf.id.port);
	}
	choice->dport_be = real_port(svc, flow, choice->dest);
	choice->by = t;
	if (t) {
		t->packets++;
		lvs_conn_touch(t, lvs_tick(now));
	}
}

void lvs_persist_choose(struct lvs_persist *per, struct lvs_service *svc,
			const struct lvs_flow *flow, lvs_tstamp now,
			struct lvs_persist_choice *choice)
{
	*choice = (struct lvs_persist_choice){ 0 };
	pthread_mutex_lock(&per->lock);
	choose(per, svc, flow, now, choice);
	pthread_mutex_unlock(&per->lock);
}

void lvs_persist_release(struct lvs_persist *per, struct lvs_conn *by)
{
	pthread_mutex_lock(&per->lock);
	by->packets--;
	pthread_mutex_unlock(&per->lock);
}

void lvs_persist_drop(struct lvs_persist *per, struct lvs_conn *by)
{
	pthread_mutex_lock(&per->lock);
	by->packets--;
	if (is_useless(by))
		give_up(per, by);
	pthread_mutex_unlock(&per->lock);
}

void lvs_persist_assure(struct lvs_persist *per, struct lvs_conn *by)
{
	pthread_mutex_lock(&per->lock);
	by->state = ASSURED;
	pthread_mutex_unlock(&per->lock);
}

bool lvs_persist_advance(struct lvs_persist *per, lvs_tstamp now, size_t max,
			 lvs_tstamp *next)
{
	bool more;

	pthread_mutex_lock(&per->lock);
	more = lvs_conn_table_advance(per->tab, now, max, next);
	pthread_mutex_unlock(&per->lock);
	return more;
}

size_t lvs_persist_walk(struct lvs_persist *per, uint64_t *cursor, size_t max,
			void (*each)(void *ctx, const struct lvs_conn *conn),
			void *ctx)
{
	struct lvs_conn *found[64];
	size_t count = max < 64 ? max : 64;

	pthread_mutex_lock(&per->lock);
	count = lvs_conn_walk(per->tab, cursor, found, count);
	for (size_t i = 0; i < count; i++)
		each(ctx, found[i]);
	pthread_mutex_unlock(&per->lock);
	return count;
}
