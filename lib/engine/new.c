/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * new.c - a packet without connection: whether it may begin one, with whom,
 * and what happens if nobody can take it.
 */
#include "base/mem.h"
#include "engine/engine.h"
#include <arpa/inet.h>
#include <netinet/in.h>

/* FTP's data port: servers connect from it, and are no clients of ours. */
#define FTP_DATA_PORT 20

/* Room for the actions of destination INDEX; without it they are made anew
 * for every packet, which is slow and not wrong. */
static void make_room(struct lvs_engine *eng, uint32_t index)
{
	const struct lvs_allocator *mem = &eng->dir->mem;
	uint32_t size = eng->actions_size ? eng->actions_size : 16;
	struct lvs_action_pair *actions;

	if (index < eng->actions_size)
		return;
	while (size <= index)
		size *= 2;
	actions = lvs_mem_array(mem, size, sizeof(*actions));
	if (!actions)
		return;
	if (eng->actions)
		memcpy(actions, eng->actions,
		       eng->actions_size * sizeof(*actions));
	lvs_mem_free(mem, eng->actions, eng->actions_size * sizeof(*actions));
	eng->actions = actions;
	eng->actions_size = size;
}

/* Found by another port than it has; only persistence knows what to do. */
static bool is_ftp_data(const struct lvs_service *svc,
			const struct lvs_flow *flow)
{
	uint16_t port = svc->conf.id.port;

	return !lvs_service_by_mark(svc) && port &&
	       flow->dport_be != htons(port);
}

/* Who takes FLOW to SVC, and on which port (spec 2.4). */
static void choose(struct lvs_engine *eng, struct lvs_service *svc,
		   const struct lvs_flow *flow,
		   struct lvs_persist_choice *choice)
{
	uint16_t port;

	if (svc->conf.flags & LVS_SVC_PERSISTENT) {
		lvs_persist_choose(eng->dir->persist, svc, flow, eng->now,
				   choice);
		return;
	}
	*choice = (struct lvs_persist_choice){ 0 };
	if (is_ftp_data(svc, flow))
		return;
	choice->dest = lvs_service_schedule_flow(svc, flow, eng->now);
	if (!choice->dest)
		return;
	port = choice->dest->conf.id.port;
	choice->dport_be = port ? htons(port) : flow->dport_be;
}

/* No connection comes of CHOICE, or it is over. */
static void give_back(struct lvs_engine *eng,
		      const struct lvs_persist_choice *choice)
{
	lvs_dest_unbind(choice->dest, false);
	if (choice->by)
		lvs_persist_release(eng->dir->persist, choice->by);
}

/* Flags of a connection to DEST. */
static uint16_t flags_for(const struct lvs_dest *dest)
{
	uint8_t method = dest->conf.method;
	unsigned flags = LVS_CONN_REPLY;

	flags |= (unsigned)method << LVS_CONN_METHOD_SHIFT;
	if (method != LVS_METHOD_NAT)
		flags |= LVS_CONN_NOOUTPUT;
	return (uint16_t)flags;
}

static void count_new(const struct lvs_engine *eng, struct lvs_dest *dest)
{
	lvs_meter_add(&dest->meter, eng->slot.number, LVS_COUNT_CONNS, 1);
}

/*
 * One-packet scheduling (spec 3.12): the connection is in no table and ends
 * with the packet.
 */
static void forward_once(struct lvs_engine *eng, struct lvs_pkt *pkt,
			 const struct lvs_parsed *p,
			 const struct lvs_persist_choice *choice)
{
	struct lvs_dest *dest = choice->dest;
	const struct lvs_flow *flow = &p->flow;
	const struct lvs_action_pair *pair;
	struct lvs_conn conn = {
		.dest = dest->index,
		.flags = flags_for(dest) | LVS_CONN_ONEPACKET,
		.protocol = flow->protocol,
		.cport_be = flow->sport_be,
		.vport_be = flow->dport_be,
		.dport_be = choice->dport_be,
	};

	if (flow->family == AF_INET6) {
		conn.flags |= LVS_CONN_V6;
		conn.v6.client = flow->src;
		conn.v6.virt = flow->dst;
		conn.v6.dest = dest->conf.id.addr.ip;
	} else {
		conn.v4.client_be = flow->src.v4_be;
		conn.v4.virt_be = flow->dst.v4_be;
		conn.v4.dest_be = dest->conf.id.addr.ip.v4_be;
	}
	count_new(eng, dest);
	lvs_engine_count(eng, dest, LVS_REQUEST, p);
	pair = lvs_engine_actions(eng, dest, &conn);
	lvs_engine_forward(eng, pkt, p, &pair->request, &conn,
			   pair->request.hop);
	give_back(eng, choice);
}

/* With what P, one of the burst, was aimed: its own flow. */
static uint64_t hash_of(const struct lvs_engine *eng,
			const struct lvs_parsed *p)
{
	return eng->burst.aims.hashes[p - eng->burst.parsed];
}

/* A connection as chosen; then P is its first packet. */
static void begin(struct lvs_engine *eng, struct lvs_pkt *pkt,
		  const struct lvs_parsed *p,
		  const struct lvs_persist_choice *choice)
{
	struct lvs_dest *dest = choice->dest;
	struct lvs_conn *conn;

	conn = lvs_conn_add_hashed(eng->conns, &p->flow, hash_of(eng, p),
				   &dest->conf.id.addr.ip, choice->dport_be,
				   flags_for(dest),
				   lvs_secs_to_ticks(LVS_PROTO_FIRST_SECS),
				   eng->now);
	if (!conn) {
		give_back(eng, choice);
		lvs_pkt_drop(pkt, LVS_REASON_NO_MEMORY);
		return;
	}
	conn->dest = dest->index;
	if (choice->by && !lvs_control_add(&eng->controls, conn, choice->by))
		lvs_persist_release(eng->dir->persist, choice->by);
	eng->burst.changed = true;
	count_new(eng, dest);
	lvs_setup_begin(&eng->setups, &eng->dir->mem, conn, dest, eng->now);
	lvs_engine_request(eng, pkt, p, conn);
}

/* Is what ASKED says also what FLOW with MARK asks for? */
static bool was_asked(const struct lvs_asked *asked,
		      const struct lvs_flow *flow, uint32_t mark)
{
	return asked->svc && asked->dport_be == flow->dport_be &&
	       asked->protocol == flow->protocol &&
	       asked->family == flow->family && asked->mark == mark &&
	       lvs_ip_equal(&asked->dst, &flow->dst);
}

struct lvs_service *lvs_engine_service(struct lvs_engine *eng,
				       const struct lvs_pkt *pkt,
				       const struct lvs_parsed *p)
{
	const struct lvs_flow *flow = &p->flow;
	const struct lvs_transport *t =
		lvs_engine_transport(eng, flow->protocol);
	struct lvs_asked *asked = &eng->burst.asked;

	if (p->kind != LVS_PKT_FLOW || !t ||
	    !lvs_proto_may_create(t->proto, p, false) ||
	    flow->sport_be == htons(FTP_DATA_PORT))
		return NULL;
	if (was_asked(asked, flow, pkt->mark))
		return asked->svc;
	*asked = (struct lvs_asked){
		.svc = lvs_director_service(eng->dir, flow->family,
					    flow->protocol, &flow->dst,
					    flow->dport_be, pkt->mark),
		.dst = flow->dst,
		.mark = pkt->mark,
		.family = flow->family,
		.dport_be = flow->dport_be,
		.protocol = flow->protocol,
	};
	return asked->svc;
}

void lvs_engine_new_conn(struct lvs_engine *eng, struct lvs_pkt *pkt,
			 const struct lvs_parsed *p)
{
	struct lvs_service *svc = lvs_engine_service(eng, pkt, p);
	struct lvs_persist_choice choice;
	bool once;

	if (!svc) {
		lvs_engine_stray(eng, pkt, p);
		return;
	}
	once = svc->conf.flags & LVS_SVC_ONEPACKET &&
	       p->flow.protocol == IPPROTO_UDP;
	/* Before it is scheduled: who is refused moves no scheduler on. */
	if (!once && !lvs_engine_make_way(eng)) {
		lvs_pkt_drop(pkt, LVS_REASON_CONN_LIMIT);
		return;
	}
	choose(eng, svc, &p->flow, &choice);
	if (!choice.dest) {
		lvs_engine_nobody(eng, pkt, p, svc);
		return;
	}
	make_room(eng, choice.dest->index);
	if (once)
		forward_once(eng, pkt, p, &choice);
	else
		begin(eng, pkt, p, &choice);
}
