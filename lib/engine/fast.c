/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fast.c - which flows are in the table of lvs/fast.h, and what programs have
 * counted of them.
 *
 * A direction is entered when one of its packets has just been forwarded, with
 * all that was done to that packet and would be to the next.  It leaves when
 * that may change.  So a program never does what the engine has not done, and
 * whatever is not in the table is only slower.
 */
#include "engine/engine.h"
#include <netinet/in.h>

/* A flow that no program has used for so long leaves its place to another. */
#define UNUSED_SOON LVS_SEC

/* ... and for so long, leaves. */
#define UNUSED_LONG (10 * LVS_SEC)

/* Every flow is looked at as often, if not more than VISITS a VISIT_PAUSE. */
#define VISIT_PERIOD (LVS_SEC / 2)
#define VISIT_PAUSE  (2 * LVS_MSEC)
#define VISITS	     256u

/* How far ahead memory is asked for. */
#define AHEAD 8u

/*
 * Who finds no room has others not even look for it: two at first, twice as
 * many each time that it comes again.  To look costs eight cache lines.
 */
#define PASS_MIN 2
#define PASS_MAX 64

/* ---- keys ----------------------------------------------------------------
 */

static void set_ip(uint32_t to[4], const union lvs_ip *ip, uint16_t family)
{
	unsigned words = family == AF_INET ? 1 : 4;

	for (unsigned i = 0; i < 4; i++)
		to[i] = i < words ? ip->w_be[i] : 0;
}

/* Of packets of CONN in direction DIR, as they come in. */
static void make_key(const struct lvs_conn *conn, enum lvs_direction dir,
		     struct lvs_fast_key *key)
{
	struct lvs_addr client, virt, dest;

	lvs_conn_addrs(conn, &client, &virt, &dest);
	*key = (struct lvs_fast_key){
		.sport_be = conn->cport_be,
		.dport_be = conn->vport_be,
		.protocol = conn->protocol,
		.family = (uint8_t)client.family,
	};
	if (dir == LVS_REQUEST) {
		set_ip(key->src_be, &client.ip, client.family);
		set_ip(key->dst_be, &virt.ip, client.family);
		return;
	}
	set_ip(key->src_be, &dest.ip, client.family);
	set_ip(key->dst_be, &client.ip, client.family);
	key->sport_be = conn->dport_be;
	key->dport_be = conn->cport_be;
}

static uint16_t flag_of(enum lvs_direction dir)
{
	return (uint16_t)(LVS_CONN_FAST << dir);
}

static enum lvs_direction direction_of(const struct lvs_fast_flow *flow)
{
	return flow->steps & LVS_FAST_SRC ? LVS_REPLY : LVS_REQUEST;
}

static struct lvs_conn *conn_of(const struct lvs_fast_flow *flow)
{
	return (struct lvs_conn *)(uintptr_t)flow->owner[LVS_OWN_CONN];
}

/* ---- counts --------------------------------------------------------------
 */

/* COUNT in DEST, as lvs_engine_count does for one packet. */
static void count_dest(const struct lvs_engine *eng, struct lvs_dest *dest,
		       enum lvs_direction dir,
		       const struct lvs_fast_count *count)
{
	bool request = dir == LVS_REQUEST;

	if (!dest || !lvs_dest_is(dest, LVS_DEST_AVAILABLE))
		return;
	lvs_meter_add(&dest->meter, eng->slot.number,
		      request ? LVS_COUNT_INPKTS : LVS_COUNT_OUTPKTS,
		      count->packets);
	lvs_meter_add(&dest->meter, eng->slot.number,
		      request ? LVS_COUNT_INBYTES : LVS_COUNT_OUTBYTES,
		      count->bytes);
}

/* What lvs_engine_step would have done, had the engine seen the packets. */
static void step_by(struct lvs_engine *eng, struct lvs_conn *conn)
{
	const struct lvs_transport *t =
		lvs_engine_transport(eng, conn->protocol);
	uint32_t ticks = t->ticks[conn->state];

	if (conn->timeout != ticks)
		lvs_conn_set_timeout(eng->conns, conn, ticks);
}

static void credit(struct lvs_engine *eng, const struct lvs_fast_flow *flow,
		   const struct lvs_fast_count *count)
{
	struct lvs_conn *conn = conn_of(flow);
	uint32_t tick = lvs_tick(count->used);

	if ((int32_t)(tick - conn->seen) > 0) {
		if (!lvs_engine_has_hop(eng, conn))
			conn->hop = LVS_HOP_NONE;
		conn->seen = tick;
	}
	if (!count->packets)
		return;
	eng->count.fast_packets += count->packets;
	if (direction_of(flow) == LVS_REQUEST)
		conn->packets += (uint32_t)count->packets;
	count_dest(eng, lvs_director_dest(eng->dir, conn->dest),
		   direction_of(flow), count);
	step_by(eng, conn);
}

static void harvest(struct lvs_engine *eng, struct lvs_fast_flow *flow)
{
	struct lvs_fast_count count;

	lvs_flows_read(flow, &count);
	credit(eng, flow, &count);
}

/* ---- leaving -------------------------------------------------------------
 */

static void take_out(struct lvs_engine *eng, struct lvs_fast_flow *flow)
{
	struct lvs_fast_count count;

	lvs_flows_take(&eng->flows, flow, &count);
	credit(eng, flow, &count);
	conn_of(flow)->flags &= (uint16_t)~flag_of(direction_of(flow));
}

/* The flow of CONN in direction DIR, if it has one. */
static struct lvs_fast_flow *flow_of(const struct lvs_engine *eng,
				     const struct lvs_conn *conn,
				     enum lvs_direction dir)
{
	struct lvs_fast_key key;

	if (!(conn->flags & flag_of(dir)))
		return NULL;
	make_key(conn, dir, &key);
	return lvs_flows_find(&eng->flows, &key);
}

/* The flows of CONN, each by EACH. */
static void for_flows(struct lvs_engine *eng, const struct lvs_conn *conn,
		      void (*each)(struct lvs_engine *eng,
				   struct lvs_fast_flow *flow))
{
	struct lvs_fast_flow *request = flow_of(eng, conn, LVS_REQUEST);
	struct lvs_fast_flow *reply = flow_of(eng, conn, LVS_REPLY);

	if (request)
		each(eng, request);
	if (reply)
		each(eng, reply);
}

void lvs_fast_leave(struct lvs_engine *eng, struct lvs_conn *conn)
{
	for_flows(eng, conn, take_out);
	conn->flags &= (uint16_t)~LVS_CONN_FASTS;
}

static bool is_stale(const struct lvs_engine *eng,
		     const struct lvs_fast_flow *flow)
{
	return flow->generation != eng->flows.generation;
}

static void take_out_stale(struct lvs_engine *eng, struct lvs_fast_flow *flow)
{
	if (is_stale(eng, flow))
		take_out(eng, flow);
}

void lvs_fast_leave_stale(struct lvs_engine *eng, struct lvs_conn *conn)
{
	for_flows(eng, conn, take_out_stale);
}

void lvs_fast_look(struct lvs_engine *eng, struct lvs_conn *conn)
{
	for_flows(eng, conn, harvest);
}

void lvs_fast_leave_dest(struct lvs_engine *eng, const struct lvs_dest *dest)
{
	struct lvs_fast_flow *flow;

	while ((flow = lvs_flows_first(&eng->flows, dest->index)))
		take_out(eng, flow);
}

void lvs_fast_leave_all(struct lvs_engine *eng)
{
	struct lvs_flows *flows = &eng->flows;

	while (flows->count)
		take_out(eng, &flows->flows[flows->places[flows->count - 1]]);
}

/*
 * News of neighbours come all the time, and most change nothing for packets
 * that are on their way: somebody nobody sends to, or one found again.
 */
void lvs_fast_net_changed(struct lvs_engine *eng)
{
	uint32_t generation = lvs_net_generation(eng->dir->net);
	uint32_t hops = lvs_net_hop_losses(eng->dir->net);

	if (generation == eng->flow_generation && hops == eng->flow_hops)
		return;
	eng->flow_generation = generation;
	eng->flow_hops = hops;
	lvs_flows_move_on(&eng->flows);
}

/* ---- entering ------------------------------------------------------------
 */

/* Whether all packets of CONN in direction DIR will be dealt with alike. */
static bool is_settled(const struct lvs_engine *eng,
		       const struct lvs_conn *conn, enum lvs_direction dir)
{
	const struct lvs_proto *proto =
		lvs_engine_transport(eng, conn->protocol)->proto;

	if (conn->flags & LVS_CONN_SHADOWED ||
	    proto->states[conn->state].phase != LVS_PHASE_OPEN)
		return false;
	if ((conn->flags >> LVS_CONN_METHOD_SHIFT & 7) == LVS_METHOD_NAT)
		return conn->flags & LVS_CONN_ANSWERED;
	return dir == LVS_REQUEST &&
	       (conn->protocol == IPPROTO_TCP || conn->packets >= 2);
}

/* Whether P is such as a program takes. */
static bool is_plain(const struct lvs_engine *eng, const struct lvs_parsed *p)
{
	return p->kind == LVS_PKT_FLOW && p->l3 >= LVS_ETH_LEN &&
	       !eng->burst.whole &&
	       (p->flow.protocol == IPPROTO_TCP ||
		p->flow.protocol == IPPROTO_UDP);
}

/*
 * Whether all packets can leave by HOP, which is NUMBER, as they are, up to its
 * MTU.  One that is stale is the engine's until it has had it asked for, as a
 * program would not.
 */
static bool is_open(const struct lvs_engine *eng, const struct lvs_action *act,
		    const struct lvs_hop *hop, uint16_t number)
{
	uint32_t overhead = lvs_action_overhead(act);

	return hop->up && hop->resolved && !hop->local &&
	       (!hop->stale || lvs_net_is_asked(eng->dir->net, number)) &&
	       hop->l2_len == LVS_ETH_LEN && hop->mtu > overhead &&
	       /* A path's MTU is for a time only. */
	       lvs_engine_room(eng, act, hop) == hop->mtu - overhead;
}

static void set_address(struct lvs_fast_flow *flow,
			const struct lvs_action *act,
			const struct lvs_conn *conn)
{
	const struct lvs_rewrite *rw = &act->rewrite;
	struct lvs_rewrite own;

	if (act->steps & LVS_ACT_OWN) {
		lvs_action_own(act, conn, &own);
		rw = &own;
	}
	flow->steps |= act->steps & LVS_ACT_DST ? LVS_FAST_DST : LVS_FAST_SRC;
	set_ip(flow->addr_be, &rw->addr, rw->family);
	flow->port_be = rw->port_be;
}

static void set_outer(struct lvs_fast_flow *flow, const struct lvs_encap *encap)
{
	bool inner4 = flow->key.family == AF_INET;
	uint8_t next = inner4 ? IPPROTO_IPIP : IPPROTO_IPV6;

	flow->steps |= LVS_FAST_OUTER;
	if (encap->copy_df && inner4 && encap->family == AF_INET)
		flow->steps |= LVS_FAST_DF;
	flow->outer_len = encap->len;
	flow->outer_family = (uint8_t)encap->family;
	memcpy(flow->outer, encap->head, encap->len);
	if (encap->family == AF_INET)
		((struct lvs_ipv4 *)flow->outer)->protocol = next;
	else
		((struct lvs_ipv6 *)flow->outer)->next = next;
}

/* All but the key, in FLOW, which is zeroed. */
static void fill(const struct lvs_engine *eng, struct lvs_fast_flow *flow,
		 const struct lvs_conn *conn, const struct lvs_action *act,
		 const struct lvs_hop *hop)
{
	flow->used = eng->now;
	flow->link = hop->link;
	flow->mtu = hop->mtu - lvs_action_overhead(act);
	memcpy(flow->l2, hop->l2, sizeof(flow->l2));
	flow->dest = conn->dest;
	flow->owner[LVS_OWN_CONN] = (uintptr_t)conn;
	if (act->steps & (LVS_ACT_DST | LVS_ACT_SRC))
		set_address(flow, act, conn);
	if (act->steps & LVS_ACT_OUTER)
		set_outer(flow, &act->encap);
}

/* A place for KEY, with nothing in it; NULL: no room. */
static struct lvs_fast_flow *make_room(struct lvs_engine *eng,
				       const struct lvs_fast_key *key)
{
	uint64_t unused = eng->now > UNUSED_SOON ? eng->now - UNUSED_SOON : 0;
	struct lvs_flows *flows = &eng->flows;
	struct lvs_fast_flow *place = lvs_flows_room(flows, key, unused);

	if (!place) {
		flows->full = flows->full ? flows->full * 2 : PASS_MIN;
		if (flows->full > PASS_MAX)
			flows->full = PASS_MAX;
		flows->pass = flows->full;
		return NULL;
	}
	flows->full = 0;
	if (lvs_flows_has(place))
		take_out(eng, place);
	return place;
}

static void enter(struct lvs_engine *eng, struct lvs_conn *conn,
		  enum lvs_direction dir, const struct lvs_action *act,
		  const struct lvs_hop *hop)
{
	struct lvs_fast_flow flow = { .version = 0 }, *place;

	make_key(conn, dir, &flow.key);
	place = make_room(eng, &flow.key);
	if (!place)
		return;
	fill(eng, &flow, conn, act, hop);
	if (lvs_flows_put(&eng->flows, place, &flow, &eng->dir->mem))
		conn->flags |= flag_of(dir);
}

void lvs_fast_enter(struct lvs_engine *eng, const struct lvs_parsed *p,
		    struct lvs_conn *conn, enum lvs_direction dir,
		    const struct lvs_action *act, uint16_t number)
{
	const struct lvs_dest *dest = lvs_director_dest(eng->dir, conn->dest);
	const struct lvs_hop *hop = lvs_net_hop_at(eng->dir->net, number);

	if (!is_plain(eng, p) || !is_settled(eng, conn, dir) ||
	    !is_open(eng, act, hop, number) ||
	    !lvs_dest_is(dest, LVS_DEST_AVAILABLE))
		return;
	if (eng->flows.pass)
		eng->flows.pass--;
	else
		enter(eng, conn, dir, act, hop);
}

/* ---- visits --------------------------------------------------------------
 */

/* Flow NUMBER of the array is about to be visited. */
static void fetch(const struct lvs_flows *flows, uint32_t number)
{
	if (number < AHEAD)
		return;
	__builtin_prefetch(&flows->flows[flows->places[number - AHEAD]]);
}

/*
 * Flows of the array from number FROM - 1 down, some of them; where to go on, 0
 * at the end.  One that leaves gives its number to the last, which was visited
 * before, so none is passed over.
 */
static uint32_t visit(struct lvs_engine *eng, uint32_t from,
		      void (*each)(struct lvs_engine *eng,
				   struct lvs_fast_flow *flow))
{
	struct lvs_flows *flows = &eng->flows;

	if (from > flows->count)
		from = flows->count;
	for (unsigned i = 0; i < VISITS && from > 0; i++) {
		from--;
		fetch(flows, from);
		each(eng, &flows->flows[flows->places[from]]);
	}
	return from;
}

static void gather_one(struct lvs_engine *eng, struct lvs_fast_flow *flow)
{
	if (lvs_flows_counted(flow))
		harvest(eng, flow);
}

static void tend_one(struct lvs_engine *eng, struct lvs_fast_flow *flow)
{
	if (is_stale(eng, flow))
		take_out(eng, flow);
	else if (lvs_flows_counted(flow))
		harvest(eng, flow);
	else if ((int64_t)(eng->now - flow->used) > (int64_t)UNUSED_LONG)
		take_out(eng, flow);
}

uint32_t lvs_fast_gather(struct lvs_engine *eng, uint32_t from)
{
	lvs_engine_renew_timeouts(eng);
	return visit(eng, from, gather_one);
}

uint32_t lvs_fast_gather_dest(struct lvs_engine *eng,
			      const struct lvs_dest *dest, uint32_t from)
{
	struct lvs_flows *flows = &eng->flows;
	struct lvs_fast_flow *flow;
	unsigned i = 0;

	lvs_engine_renew_timeouts(eng);
	if (from == LVS_GATHER_ALL)
		lvs_flows_walk(flows, dest->index);
	while (i++ < VISITS && (flow = lvs_flows_next(flows)))
		gather_one(eng, flow);
	return flows->walk;
}

/* How long until some are to be visited again. */
static lvs_tstamp pause_for(uint32_t count)
{
	lvs_tstamp pause = VISIT_PERIOD / (count / VISITS + 1);

	return pause > VISIT_PAUSE ? pause : VISIT_PAUSE;
}

lvs_tstamp lvs_fast_tend(struct lvs_engine *eng)
{
	struct lvs_flows *flows = &eng->flows;

	if (!flows->count)
		return UINT64_MAX;
	if (eng->now >= flows->visit_at) {
		if (!flows->hand)
			flows->hand = flows->count;
		flows->hand = visit(eng, flows->hand, tend_one);
		flows->visit_at = eng->now + pause_for(flows->count);
	}
	return flows->visit_at;
}
