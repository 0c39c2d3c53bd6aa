/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * script_check.c - what must always be so: counters are what walks find, every
 * pointer leads to something, and who keeps an order of destinations chooses
 * as one who looks at all of them.
 */
#include "config.h"

#include "sched/sched.h"
#include "script.h"

#define DESTS_MAX 256

/* What connections and templates say of each destination. */
struct counts {
	uint32_t total[DESTS_MAX], active[DESTS_MAX], persist[DESTS_MAX];
	uint64_t controlled, controls;
	struct lvs_director *dir;
};

static void need_dest(const struct lvs_director *dir, uint32_t index)
{
	need(index < dir->dests_size);
	need(dir->dests[index]);
	need(dir->dests[index]->index == index);
}

/* ---- connections ----------------------------------------------------------
 */

static void count_template(void *ctx, const struct lvs_conn *conn)
{
	struct counts *c = ctx;

	c->controls += conn->packets;
	if (conn->dest == LVS_DEST_NONE)
		return;
	need_dest(c->dir, conn->dest);
	c->persist[conn->dest]++;
}

/* The flow of CONN's requests. */
static struct lvs_flow flow_of(const struct lvs_conn *conn)
{
	struct lvs_addr client, virt, dest;
	struct lvs_flow flow = { .protocol = conn->protocol };

	lvs_conn_addrs(conn, &client, &virt, &dest);
	flow.family = (uint8_t)client.family;
	flow.src = client.ip;
	flow.dst = virt.ip;
	flow.sport_be = conn->cport_be;
	flow.dport_be = conn->vport_be;
	return flow;
}

static void count_conn(struct lvs_engine *eng, struct lvs_conn *conn,
		       struct counts *c)
{
	struct lvs_flow flow = flow_of(conn);
	uint8_t dir = LVS_REPLY;

	need_dest(c->dir, conn->dest);
	c->total[conn->dest]++;
	if (conn->flags & LVS_CONN_ACTIVE)
		c->active[conn->dest]++;
	if (conn->flags & LVS_CONN_CONTROLLED)
		c->controlled++;
	need(lvs_conn_find_one(eng->conns, &flow, &dir) == conn);
	need(dir == LVS_REQUEST);
}

/* How many flows CONN says it has. */
static uint32_t flows_of(const struct lvs_conn *conn)
{
	return (conn->flags & LVS_CONN_FAST ? 1u : 0u) +
	       (conn->flags & LVS_CONN_FAST_REPLY ? 1u : 0u);
}

static void check_flow(const struct lvs_flows *flows,
		       const struct lvs_fast_flow *flow)
{
	const struct lvs_conn *conn =
		(const void *)(uintptr_t)flow->owner[LVS_OWN_CONN];
	bool reply = flow->steps & LVS_FAST_SRC;

	need(lvs_flows_has(flow));
	need(lvs_flows_find(flows, &flow->key) == flow);
	need(conn->dest == flow->dest);
	need(conn->flags & (reply ? LVS_CONN_FAST_REPLY : LVS_CONN_FAST));
	need(!(conn->flags & LVS_CONN_SHADOWED));
}

/* Flows and the connections that say they have some are the same. */
static void check_flows(const struct lvs_engine *eng)
{
	const struct lvs_flows *flows = &eng->flows;
	struct lvs_conn *conns[16];
	uint64_t cursor = 0;
	uint32_t said = 0;
	size_t n;

	while ((n = lvs_conn_walk(eng->conns, &cursor, conns, 16)))
		for (size_t i = 0; i < n; i++)
			said += flows_of(conns[i]);
	need(flows->count == said);
	for (uint32_t i = 0; i < flows->count; i++)
		check_flow(flows, &flows->flows[flows->places[i]]);
}

static void check_fragments(const struct lvs_fragments *frags)
{
	size_t bytes = 0;
	uint32_t count = 0;

	for (unsigned i = 0; i < 2; i++) {
		const struct lvs_datagram *d = frags->ages[i].oldest;

		for (; d; d = d->newer) {
			need(d->newer || frags->ages[i].newest == d);
			need(!d->newer || d->newer->older == d);
			need(!d->newer || d->newer->until >= d->until);
			bytes += sizeof(*d);
			count++;
		}
	}
	need(frags->count == count);
	need(frags->bytes >= bytes);
	need(frags->bytes <= LVS_FRAGMENTS_BYTES);
	need(frags->count || frags->bytes == 0);
}

static void count_engine(struct lvs_engine *eng, struct counts *c)
{
	struct lvs_conn *conns[16];
	uint64_t cursor = 0, count = 0;
	size_t n;

	check_flows(eng);
	while ((n = lvs_conn_walk(eng->conns, &cursor, conns, 16))) {
		for (size_t i = 0; i < n; i++)
			count_conn(eng, conns[i], c);
		count += n;
	}
	need(lvs_conn_count(eng->conns) == count);
	need(!eng->conn_limit || count <= eng->conn_limit);
	need(eng->held.count <= 64);
	check_fragments(&eng->fragments);
}

static void check_dest(const struct counts *c, const struct lvs_dest *dest,
		       uint32_t i)
{
	if (!dest) {
		need(!c->total[i] && !c->persist[i]);
		return;
	}
	need(lvs_dest_total_now(dest) == c->total[i]);
	need(lvs_dest_active_now(dest) == c->active[i]);
	need(dest->persist == c->persist[i]);
	/* Schedulers with a cache refer to them too. */
	need(dest->refs >= c->total[i] + c->persist[i]);
}

/* ---- services -------------------------------------------------------------
 */

/* Who comes before D in a choice by CONNS connections for a WEIGHT. */
static bool better(uint64_t conns, uint64_t weight, uint64_t best_conns,
		   uint64_t best_weight)
{
	return conns * best_weight < best_conns * weight;
}

/* Of SCHEDULER, load and weight of D; false: its choice is not looked at. */
static bool weigh(const char *scheduler, const struct lvs_dest *d,
		  uint64_t *load, uint64_t *weight)
{
	uint32_t active = lvs_dest_active_now(d);

	*load = 256ull * active + lvs_dest_total_now(d);
	*weight = (uint64_t)d->weight;
	if (!strcmp(scheduler, "wlc"))
		return true;
	if (!strcmp(scheduler, "lc")) {
		*weight = 1;
		return true;
	}
	*load = active + 1ull;
	if (!strcmp(scheduler, "sed"))
		return true;
	if (!active) {
		*load = 0;
		*weight = 1;
	}
	return !strcmp(scheduler, "nq");
}

static void check_choice(struct lvs_service *svc)
{
	const struct lvs_sched_flow flow = { .protocol = 6 };
	const struct lvs_dest *best = NULL;
	uint64_t load, weight, best_load = 0, best_weight = 0;

	if (!svc->sched)
		return;
	for (const struct lvs_dest *d = svc->first; d; d = d->next) {
		if (!lvs_dest_eligible(d))
			continue;
		if (!weigh(svc->sched->name, d, &load, &weight))
			return;
		if (best && !better(load, weight, best_load, best_weight))
			continue;
		best = d;
		best_load = load;
		best_weight = weight;
	}
	if (best)
		need(svc->sched->pick(svc, &flow) == best);
}

static void check_service(const struct lvs_director *dir,
			  struct lvs_service *svc)
{
	const struct lvs_dest *prev = NULL;
	uint32_t count = 0;

	need(svc->dir == dir);
	need(lvs_director_exact(dir, &svc->conf.id) == svc);
	for (const struct lvs_dest *d = svc->first; d; d = d->next) {
		need(d->svc == svc);
		need(d->prev == prev);
		need(lvs_dest_is(d, LVS_DEST_AVAILABLE));
		need_dest(dir, d->index);
		need(dir->dests[d->index] == d);
		prev = d;
		count++;
	}
	need(svc->num_dests == count);
	check_choice(svc);
}

static void check_director(const struct lvs_director *dir)
{
	uint32_t services = 0;

	for (struct lvs_service *svc = dir->first; svc; svc = svc->next) {
		check_service(dir, svc);
		services++;
	}
	need(dir->num_services == services);
	for (const struct lvs_dest *d = dir->trash; d; d = d->next) {
		need(!d->svc);
		need(!lvs_dest_is(d, LVS_DEST_AVAILABLE));
		need(dir->dests[d->index] == d);
	}
}

void script_check(struct script *s)
{
	struct counts c = { .dir = s->dir };
	uint64_t cursor = 0;

	need(s->dir->dests_size <= DESTS_MAX);
	for (unsigned i = 0; i < SCRIPT_ENGINES; i++)
		if (s->engines[i])
			count_engine(s->engines[i], &c);
	while (lvs_persist_walk(s->dir->persist, &cursor, 16, count_template,
				&c))
		;
	need(c.controlled == c.controls);
	for (uint32_t i = 0; i < s->dir->dests_size; i++)
		check_dest(&c, s->dir->dests[i], i);
	check_director(s->dir);
}
