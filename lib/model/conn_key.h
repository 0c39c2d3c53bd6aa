/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conn_key.h - the keys under which connections are found, and their hashes.
 *
 * Only for conn_*.c.  A key is what a packet's flow says: source, destination,
 * ports, protocol, family.  Which of a connection's three ends are source and
 * destination is computed rather than branched on: directions come at random,
 * and a wrong guess costs as much as the hash.
 */
#ifndef LVS_MODEL_CONN_KEY_H
#define LVS_MODEL_CONN_KEY_H

#include "base/hash.h"
#include "model/conn.h"

#include <lvs/director.h>

/* Where a packet of a connection comes from and where it goes. */
struct lvs_ends {
	unsigned src, dst; /* enum lvs_end */
};

static inline struct lvs_ends lvs_conn_ends(const struct lvs_conn *conn,
					    bool reply)
{
	bool nat = (conn->flags >> LVS_CONN_METHOD_SHIFT & 7) == LVS_METHOD_NAT;
	/* LVS_END_VIRT or LVS_END_DEST */
	unsigned server = LVS_END_VIRT + (unsigned)nat;

	return (struct lvs_ends){
		.src = server & -(unsigned)reply, /* or LVS_END_CLIENT */
		.dst = LVS_END_VIRT ^ (unsigned)reply,
	};
}

/* All of a key but its addresses. */
static inline uint64_t lvs_key_ports(uint16_t sport_be, uint16_t dport_be,
				     uint8_t protocol, bool v6)
{
	return (uint64_t)sport_be | (uint64_t)dport_be << 16 |
	       (uint64_t)protocol << 32 | (uint64_t)v6 << 40;
}

static inline uint64_t lvs_key_addrs(uint32_t src_be, uint32_t dst_be)
{
	return (uint64_t)src_be | (uint64_t)dst_be << 32;
}

static inline uint64_t lvs_conn_ports(const struct lvs_conn *conn,
				      struct lvs_ends ends, bool v6)
{
	return lvs_key_ports(conn->ports_be[ends.src], conn->ports_be[ends.dst],
			     conn->protocol, v6);
}

static inline uint64_t lvs_conn_addrs_v4(const struct lvs_conn *conn,
					 struct lvs_ends ends)
{
	return lvs_key_addrs(conn->v4s_be[ends.src], conn->v4s_be[ends.dst]);
}

static inline uint64_t lvs_flow_ports(const struct lvs_flow *flow)
{
	return lvs_key_ports(flow->sport_be, flow->dport_be, flow->protocol,
			     flow->family == AF_INET6);
}

/* As lvs_flow_ports: of an IPv4 flow; of another it means nothing. */
static inline uint64_t lvs_flow_addrs(const struct lvs_flow *flow)
{
	return lvs_key_addrs(flow->src.v4_be, flow->dst.v4_be);
}

static inline uint64_t lvs_hash_v6(const uint64_t key[2], uint64_t ports,
				   const union lvs_ip *src,
				   const union lvs_ip *dst)
{
	struct lvs_hash hash;

	lvs_hash_begin(&hash, key);
	lvs_hash_add(&hash, ports);
	lvs_hash_add(&hash, src->d[0]);
	lvs_hash_add(&hash, src->d[1]);
	lvs_hash_add(&hash, dst->d[0]);
	lvs_hash_add(&hash, dst->d[1]);
	return lvs_hash_end(&hash);
}

static inline uint64_t lvs_flow_hash(const uint64_t key[2],
				     const struct lvs_flow *flow)
{
	uint64_t ports = lvs_flow_ports(flow);

	if (flow->family == AF_INET6)
		return lvs_hash_v6(key, ports, &flow->src, &flow->dst);
	return lvs_hash_pair(key, ports, lvs_flow_addrs(flow));
}

/* The hash of CONN's request key, or of its reply key. */
static inline uint64_t lvs_conn_hash(const uint64_t key[2],
				     const struct lvs_conn *conn, bool reply)
{
	struct lvs_ends ends = lvs_conn_ends(conn, reply);
	bool v6 = conn->flags & LVS_CONN_V6;
	uint64_t ports = lvs_conn_ports(conn, ends, v6);

	if (v6)
		return lvs_hash_v6(key, ports, &conn->v6s[ends.src],
				   &conn->v6s[ends.dst]);
	return lvs_hash_pair(key, ports, lvs_conn_addrs_v4(conn, ends));
}

/* As a packet from CONN's real server, or its virtual service, has it. */
static inline void lvs_conn_reply_flow(const struct lvs_conn *conn,
				       struct lvs_flow *flow)
{
	struct lvs_ends ends = lvs_conn_ends(conn, true);
	bool v6 = conn->flags & LVS_CONN_V6;

	*flow = (struct lvs_flow){
		.family = v6 ? AF_INET6 : AF_INET,
		.protocol = conn->protocol,
		.sport_be = conn->ports_be[ends.src],
		.dport_be = conn->ports_be[ends.dst],
	};
	if (v6) {
		flow->src = conn->v6s[ends.src];
		flow->dst = conn->v6s[ends.dst];
	} else {
		flow->src.v4_be = conn->v4s_be[ends.src];
		flow->dst.v4_be = conn->v4s_be[ends.dst];
	}
}

#endif
