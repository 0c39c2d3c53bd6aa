/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine.h - one thread's packets, inside.
 *
 * A burst goes through in stages (input.c): all packets are measured, their
 * connections are found in one call, then each is dealt with by the one
 * function that fits it: lvs_engine_request, _reply, _new, _icmp, _resolve.
 * Those end in lvs_engine_forward or _answer, or set a verdict themselves.
 *
 * All of it runs with the engine's gate held.
 */
#ifndef LVS_ENGINE_ENGINE_H
#define LVS_ENGINE_ENGINE_H

#include "base/limit.h"
#include "engine/control.h"
#include "engine/flows.h"
#include "engine/fragment.h"
#include "engine/parcel.h"
#include "engine/setup.h"
#include "fwd/fwd.h"
#include "model/conn.h"
#include "model/director.h"
#include "persist/persist.h"
#include "pkt/parse.h"
#include "proto/proto.h"
#include <lvs/engine.h>

/* States that any protocol has at most. */
#define LVS_STATES_MAX 16

/* Protocols with connections of their own. */
#define LVS_TRANSPORTS 3

/* A protocol, and its timeouts as they are configured now, in ticks. */
struct lvs_transport {
	const struct lvs_proto *proto;
	uint32_t ticks[LVS_STATES_MAX];
};

/* What service was looked for, and was found (NULL: nothing yet). */
struct lvs_asked {
	struct lvs_service *svc;
	union lvs_ip dst;
	uint32_t mark;
	uint16_t family, dport_be;
	uint8_t protocol;
};

/* What is known of the packets between two stages. */
struct lvs_burst {
	struct lvs_pkt **pkts;
	size_t count;
	/* Connections came since `conns` were looked up. */
	bool changed;
	/* Most of a burst ask for the same; no service changes meanwhile. */
	struct lvs_asked asked;
	bool whole; /* these are datagrams put together: first in a parcel */
	struct lvs_parsed parsed[LVS_BURST];
	struct lvs_flow keys[LVS_BURST]; /* where not the packet's own flow */
	const struct lvs_flow *flows[LVS_BURST];
	struct lvs_conn_aims aims;
	struct lvs_conn *conns[LVS_BURST];
	uint8_t dirs[LVS_BURST]; /* enum lvs_direction */
};

struct lvs_engine {
	struct lvs_engine_slot slot; /* first: all that the model knows */
	struct lvs_director *dir;
	struct lvs_conn_table *conns;
	uint32_t conn_limit; /* of them; 0: none */

	lvs_tstamp now; /* of the call that is being served */
	uint32_t tick;

	/*
	 * Hops are numbers of one generation of the net.  Those in actions
	 * are renewed with the action; those in connections are good if the
	 * connection was seen after `net_tick`, and so are its flows.
	 */
	uint32_t generation;
	uint32_t net_tick;

	struct lvs_controls controls; /* templates of connections */

	struct lvs_setups setups; /* connections without a reply yet */

	struct lvs_action_pair *actions; /* by index of the destination */
	uint32_t actions_size;
	struct lvs_action_pair odd; /* of connections with an older method */

	struct lvs_flows flows;	  /* that programs forward (fast.c) */
	uint32_t flow_generation; /* of the net, for which they are good */
	uint32_t flow_hops;	  /* the same: lvs_net_hop_losses */

	struct lvs_transport transports[LVS_TRANSPORTS];
	struct lvs_timeouts timeouts; /* that their ticks were made of */

	struct lvs_parcels held; /* for their hop, oldest first */
	struct lvs_parcels made; /* can be sent */
	struct lvs_parcels lent; /* until the next call */
	bool look;		 /* at `held`: the net has changed */
	uint16_t ip_id;		 /* of the next outer header */

	struct lvs_fragments fragments;
	struct lvs_parcels whole; /* put together, and not yet dealt with */

	uint64_t hand; /* where evict.c goes on: cursor of lvs_conn_walk */
	struct lvs_limit full_log; /* lines that say the table is full */

	struct lvs_limit answers; /* errors and resets */
	struct lvs_limit echoes;  /* replies to ping */
	bool resets;		  /* are sent */
	bool mss_clamp;		  /* of SYNs */

	struct lvs_engine_stats count;
	struct lvs_burst burst;
};

/* One that the director knows as SLOT. */
static inline struct lvs_engine *lvs_engine_of(struct lvs_engine_slot *slot)
{
	return (struct lvs_engine *)slot;
}

/* ---- verdicts: counted when the burst is through ----------------------- */

static inline void lvs_pkt_pass(struct lvs_pkt *pkt)
{
	pkt->verdict = LVS_PASS;
}

static inline void lvs_pkt_drop(struct lvs_pkt *pkt, enum lvs_reason reason)
{
	pkt->verdict = LVS_DROP;
	pkt->reason = (uint8_t)reason;
}

/* ---- input.c ------------------------------------------------------------ */

/* The clock of this call; what depends on the configuration is renewed. */
void lvs_engine_begin(struct lvs_engine *eng, lvs_tstamp now);

/* The states' timeouts are as they are configured now. */
void lvs_engine_renew_timeouts(struct lvs_engine *eng);

/* ---- conn.c: the life of a connection ----------------------------------- */

/* The table of PROTOCOL's states and times; NULL: no connections of its own. */
const struct lvs_transport *lvs_engine_transport(const struct lvs_engine *eng,
						 uint8_t protocol);

/*
 * The state machine goes on by packet P of CONN (bound to DEST), and the
 * connection's time begins anew.
 */
void lvs_engine_step(struct lvs_engine *eng, struct lvs_conn *conn,
		     struct lvs_dest *dest, const struct lvs_parsed *p,
		     enum lvs_proto_mode mode);

/*
 * The time of CONN seems to be over; whether it is not, since programs have
 * forwarded packets of it.
 */
bool lvs_engine_was_used(struct lvs_engine *eng, struct lvs_conn *conn);

/* Give back what CONN counts in its destination: before it is deleted. */
void lvs_engine_release(struct lvs_engine *eng, struct lvs_conn *conn);

/* Delete CONN in the middle of a burst. */
void lvs_engine_forget(struct lvs_engine *eng, struct lvs_conn *conn);

/* Whether CONN was seen since the net's last change: its hop is good. */
static inline bool lvs_engine_has_hop(const struct lvs_engine *eng,
				      const struct lvs_conn *conn)
{
	return (int32_t)(conn->seen - eng->net_tick) > 0;
}

/* CONN was seen; a hop from before the net's last change is given up. */
static inline void lvs_engine_seen(const struct lvs_engine *eng,
				   struct lvs_conn *conn)
{
	if (!lvs_engine_has_hop(eng, conn))
		conn->hop = LVS_HOP_NONE;
	lvs_conn_touch(conn, eng->tick);
}

/* Count P in DEST, unless it was removed: then nothing counts it (spec 5). */
static inline void lvs_engine_count(const struct lvs_engine *eng,
				    struct lvs_dest *dest,
				    enum lvs_direction dir,
				    const struct lvs_parsed *p)
{
	uint32_t number = eng->slot.number;

	if (!lvs_dest_is(dest, LVS_DEST_AVAILABLE))
		return;
	if (dir == LVS_REQUEST) {
		lvs_meter_add(&dest->meter, number, LVS_COUNT_INPKTS, 1);
		lvs_meter_add(&dest->meter, number, LVS_COUNT_INBYTES,
			      p->l3_len);
	} else {
		lvs_meter_add(&dest->meter, number, LVS_COUNT_OUTPKTS, 1);
		lvs_meter_add(&dest->meter, number, LVS_COUNT_OUTBYTES,
			      p->l3_len);
	}
}

/* ---- one packet of a burst ---------------------------------------------- */

/* P is a request, or a reply, of CONN. */
void lvs_engine_request(struct lvs_engine *eng, struct lvs_pkt *pkt,
			const struct lvs_parsed *p, struct lvs_conn *conn);
void lvs_engine_reply(struct lvs_engine *eng, struct lvs_pkt *pkt,
		      const struct lvs_parsed *p, struct lvs_conn *conn);

/* P belongs to no connection; it may begin one. */
void lvs_engine_new_conn(struct lvs_engine *eng, struct lvs_pkt *pkt,
			 const struct lvs_parsed *p);

/* P is an ICMP error that quotes a packet of CONN, which travelled DIR. */
void lvs_engine_icmp(struct lvs_engine *eng, struct lvs_pkt *pkt,
		     const struct lvs_parsed *p, struct lvs_conn *conn,
		     enum lvs_direction dir);

/*
 * The service that P asks for to begin a connection; NULL: none, or P begins
 * nothing.
 */
struct lvs_service *lvs_engine_service(struct lvs_engine *eng,
				       const struct lvs_pkt *pkt,
				       const struct lvs_parsed *p);

/*
 * P is an ICMP error about a packet of no connection: perhaps about an outer
 * packet of ours, else the host's.
 */
void lvs_engine_tunnel_error(struct lvs_engine *eng, struct lvs_pkt *pkt,
			     const struct lvs_parsed *p);

/* P asks who has an address: ARP and ND for VIPs that the host has not. */
void lvs_engine_resolve(struct lvs_engine *eng, struct lvs_pkt *pkt,
			const struct lvs_parsed *p);

/* ---- evict.c ------------------------------------------------------------ */

/*
 * Room for one more connection: at the limit the one that is worth least goes
 * (enum lvs_eviction).  False: those that were looked at are all worth more
 * than a newcomer.
 */
bool lvs_engine_make_way(struct lvs_engine *eng);

/* ---- forward.c ----------------------------------------------------------- */

/* The actions for CONN, bound to DEST, as they are right now; NULL: memory. */
const struct lvs_action_pair *lvs_engine_actions(struct lvs_engine *eng,
						 const struct lvs_dest *dest,
						 const struct lvs_conn *conn);

/* Hop towards the client of CONN. */
uint16_t lvs_engine_client_hop(struct lvs_engine *eng, struct lvs_conn *conn);

/*
 * The largest packet that can leave by HOP, before ACT puts an outer header in
 * front.
 */
uint32_t lvs_engine_room(const struct lvs_engine *eng,
			 const struct lvs_action *act,
			 const struct lvs_hop *hop);

/*
 * Lower the MSS of P, a SYN of CONN in either direction, to what fits both
 * ways, if that is asked for.
 */
void lvs_engine_clamp_mss(struct lvs_engine *eng, struct lvs_pkt *pkt,
			  const struct lvs_parsed *p,
			  const struct lvs_action_pair *pair,
			  struct lvs_conn *conn);

/*
 * Whether PKT, which belongs to CONN and has ACT, is such as an embedder may
 * keep from the host (lvs/claim.h), though it is the host's.
 */
bool lvs_engine_hands(const struct lvs_engine *eng, const struct lvs_pkt *pkt,
		      const struct lvs_action *act,
		      const struct lvs_conn *conn);

/*
 * Do ACT to PKT, which belongs to CONN, and have it leave by hop number HOP;
 * what stands in the way is answered or counted.  True: it has left, as it is.
 */
bool lvs_engine_forward(struct lvs_engine *eng, struct lvs_pkt *pkt,
			const struct lvs_parsed *p,
			const struct lvs_action *act,
			const struct lvs_conn *conn, uint16_t hop);

/* ---- fast.c -------------------------------------------------------------- */

/*
 * P of CONN has left in direction DIR by action ACT and hop number HOP: if all
 * that follow will, and there is room, they are entered.
 */
void lvs_fast_enter(struct lvs_engine *eng, const struct lvs_parsed *p,
		    struct lvs_conn *conn, enum lvs_direction dir,
		    const struct lvs_action *act, uint16_t hop);

/* The same, if there is a table and CONN is not in it. */
static inline void lvs_fast_offer(struct lvs_engine *eng,
				  const struct lvs_parsed *p,
				  struct lvs_conn *conn, enum lvs_direction dir,
				  const struct lvs_action *act, uint16_t hop)
{
	if (eng->flows.state && !(conn->flags & LVS_CONN_FAST << dir))
		lvs_fast_enter(eng, p, conn, dir, act, hop);
}

/* CONN is in no flow any more; what was counted of it, counts. */
void lvs_fast_leave(struct lvs_engine *eng, struct lvs_conn *conn);

/* The same for such flows of CONN as the net's last change has made useless. */
void lvs_fast_leave_stale(struct lvs_engine *eng, struct lvs_conn *conn);

/* The same for all connections of DEST, and for all that there are. */
void lvs_fast_leave_dest(struct lvs_engine *eng, const struct lvs_dest *dest);
void lvs_fast_leave_all(struct lvs_engine *eng);

/* What was counted of CONN, which remains where it is, counts. */
void lvs_fast_look(struct lvs_engine *eng, struct lvs_conn *conn);

/*
 * The same for some flows, of all or of DEST: FROM is LVS_GATHER_ALL, then
 * what the last call returned; until that is 0.  Walks over one destination
 * come one after the other.
 */
uint32_t lvs_fast_gather(struct lvs_engine *eng, uint32_t from);
uint32_t lvs_fast_gather_dest(struct lvs_engine *eng,
			      const struct lvs_dest *dest, uint32_t from);

/* If the net is another for packets, the table is empty. */
void lvs_fast_net_changed(struct lvs_engine *eng);

/* Visit some flows, if it is time to; when to call again. */
lvs_tstamp lvs_fast_tend(struct lvs_engine *eng);

/* ---- answer.c ------------------------------------------------------------ */

/*
 * Turn PKT in place into the ICMP error that says ERROR to its sender (with
 * MTU, for LVS_ICMP_BIG).  Where none may be sent it is dropped; either way it
 * is counted as dropped for REASON, or where too many were sent already for
 * LVS_REASON_ANSWER_LIMIT.
 */
void lvs_engine_answer(struct lvs_engine *eng, struct lvs_pkt *pkt,
		       const struct lvs_parsed *p, enum lvs_icmp_error error,
		       uint32_t mtu, enum lvs_reason reason);

/*
 * Turn PKT, which lvs_reset_may_answer, in place into a TCP reset to its
 * sender; it is counted as dropped, since it has no connection.
 */
void lvs_engine_reset(struct lvs_engine *eng, struct lvs_pkt *pkt,
		      const struct lvs_parsed *p);

/* ---- echo.c -------------------------------------------------------------- */

/*
 * Whether P is an echo request, or the first fragment of one, to a virtual
 * address that the host has not.
 */
bool lvs_engine_is_pinged(const struct lvs_engine *eng,
			  const struct lvs_parsed *p);

/* P is ICMP or ICMPv6, and no error: answered, if it is that, or passed. */
void lvs_engine_echo(struct lvs_engine *eng, struct lvs_pkt *pkt,
		     const struct lvs_parsed *p);

/* ---- nobody.c ------------------------------------------------------------ */

/* P asks SVC for a connection, and no real server can take it. */
void lvs_engine_nobody(struct lvs_engine *eng, struct lvs_pkt *pkt,
		       const struct lvs_parsed *p, struct lvs_service *svc);

/*
 * Whether packets of FLOW, of no connection, are the host's to know or refuse:
 * it is a real server of the service that alone has FLOW's destination.
 */
bool lvs_engine_host_knows(const struct lvs_engine *eng,
			   const struct lvs_flow *flow);

/* P is of no connection and begins none. */
void lvs_engine_stray(struct lvs_engine *eng, struct lvs_pkt *pkt,
		      const struct lvs_parsed *p);

/* ---- announce.c ---------------------------------------------------------- */

/* Link INDEX, if it is the director who answers there for ADDR. */
const struct lvs_link *lvs_director_speaks(const struct lvs_director *dir,
					   uint32_t index,
					   const struct lvs_addr *addr);

/* ---- leave.c ------------------------------------------------------------- */

/* How a packet gets out, and what that was chosen for. */
struct lvs_exit {
	uint16_t number; /* of the hop, or LVS_HOP_NONE */
	const struct lvs_hop *hop;
	const struct lvs_action *act;
	const struct lvs_conn *conn;
};

/* Without a link layer there is no next hop: the caller's routing decides. */
static inline bool lvs_pkt_is_bare(const struct lvs_pkt *pkt)
{
	return pkt->l2_len == 0 && pkt->link_in == LVS_LINK_NONE;
}

/*
 * PKT, whose IP packet begins L3 bytes in, is ready but for the link header:
 * it is sent, or held until the next hop is known.
 */
void lvs_engine_leave(struct lvs_engine *eng, struct lvs_pkt *pkt, uint16_t l3,
		      const struct lvs_exit *exit);

/*
 * The same for one that the engine has made; PARCEL is its own from now on.
 * false: it was dropped.
 */
bool lvs_engine_leave_made(struct lvs_engine *eng, struct lvs_parcel *parcel,
			   uint16_t l3, const struct lvs_exit *exit);

/*
 * PARCEL has a verdict: it can be fetched (sent, or the host's), was held
 * anew, or it ends here.
 */
void lvs_engine_settle(struct lvs_engine *eng, struct lvs_parcel *parcel);

/* Held packets: those whose hop is known now can be sent, old ones are gone. */
void lvs_engine_look(struct lvs_engine *eng);

/* ---- cut.c --------------------------------------------------------------- */

/*
 * How PKT was cut when it came; NULL: it did not come in fragments.  A
 * connection's packets have to be cut the same way when they leave.
 */
static inline const struct lvs_frag_how *
lvs_engine_was_cut(const struct lvs_engine *eng, const struct lvs_pkt *pkt)
{
	/* The packets of such a burst are first members of parcels. */
	return eng->burst.whole ? &((const struct lvs_parcel *)pkt)->how : NULL;
}

/*
 * PKT, ready but for its link header, leaves in fragments as HOW says; of a
 * GSO packet, each segment does.
 */
void lvs_engine_leave_cut(struct lvs_engine *eng, struct lvs_pkt *pkt,
			  uint16_t l3, const struct lvs_frag_how *how,
			  const struct lvs_exit *exit);

/* ---- pieces.c ------------------------------------------------------------ */

/*
 * P is a fragment; for a first one, CONN is the connection that it was found
 * to belong to in direction DIR, or NULL.
 */
void lvs_engine_piece(struct lvs_engine *eng, struct lvs_pkt *pkt,
		      const struct lvs_parsed *p, struct lvs_conn *conn,
		      enum lvs_direction dir);

/* Datagrams whose fragments have waited long enough go; true: perhaps more. */
bool lvs_engine_expire_pieces(struct lvs_engine *eng);

/* ---- list.c -------------------------------------------------------------- */

size_t lvs_engine_conns(struct lvs_engine_slot *slot, uint64_t *cursor,
			struct lvs_conn_info *info, size_t max, lvs_tstamp now);

#endif
