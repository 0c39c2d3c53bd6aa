/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flows.h - flows written into the table of a fast path by hand, and what the
 * engine's own code does to the same packet.
 *
 * Packets and addresses are written as in tests/flow/packet.h.
 */
#ifndef LVS_TESTS_BPF_FLOWS_H
#define LVS_TESTS_BPF_FLOWS_H

#include "config.h"

#include "flow/net.h"
#include "flow/packet.h"
#include "fwd/action.h"
#include "pkt/parse.h"

#include <lvs/fastpath.h>
#include <netinet/in.h>
#include <string.h>

#define ETH_LEN 14

/* What becomes of a flow's packets. */
struct rule {
	const char *from, *to; /* "C:1000", "V:80" */
	uint8_t protocol;      /* 0: TCP */
	uint8_t steps;	       /* LVS_FAST_* */
	const char *write;     /* LVS_FAST_SRC, LVS_FAST_DST: "R1:8080" */
	int outer;	       /* LVS_FAST_OUTER: the header's family */
	uint32_t mtu;	       /* 0: 1500 */
	uint32_t link;
};

static const unsigned char flow_l2[ETH_LEN] = { 2, 0, 0, 0, 0, 9,
						2, 0, 0, 0, 0, 8 };

/* Of the family of a rule's packets as they leave. */
static inline int rule_family(const struct rule *rule, int af)
{
	return rule->steps & LVS_FAST_OUTER ? rule->outer : af;
}

static inline void rule_l2(const struct rule *rule, int af,
			   unsigned char l2[ETH_LEN])
{
	bool v4 = rule_family(rule, af) == AF_INET;

	memcpy(l2, flow_l2, ETH_LEN);
	memcpy(l2 + 12, v4 ? "\x08\x00" : "\x86\xdd", 2);
}

/* "NAME:PORT" */
static inline uint16_t read_endpoint(const char *text, int af, union lvs_ip *ip)
{
	struct lvs_addr addr;
	unsigned port;
	char name[32];

	need(sscanf(text, "%31[^:]:%u", name, &port) == 2);
	need(net_addr(name, af, &addr));
	*ip = addr.ip;
	return htons((uint16_t)port);
}

static inline struct lvs_fast_key rule_key(const struct rule *rule, int af)
{
	struct lvs_fast_key key = {
		.protocol = rule->protocol ? rule->protocol : IPPROTO_TCP,
		.family = (uint8_t)af,
	};
	size_t len = af == AF_INET ? 4 : 16;
	union lvs_ip src, dst;

	key.sport_be = read_endpoint(rule->from, af, &src);
	key.dport_be = read_endpoint(rule->to, af, &dst);
	memcpy(key.src_be, &src, len);
	memcpy(key.dst_be, &dst, len);
	return key;
}

/* A tunnel from DS to R1. */
static inline void rule_encap(const struct rule *rule, struct lvs_encap *encap)
{
	struct lvs_addr from, to;

	need(net_addr("DS", rule->outer, &from));
	need(net_addr("R1", rule->outer, &to));
	lvs_encap_init(encap, (uint16_t)rule->outer, &from.ip, &to.ip,
		       rule->steps & LVS_FAST_DF);
}

/* FLOW becomes RULE's, of the table's generation. */
static inline void flow_fill(const struct lvs_fast_table *table,
			     struct lvs_fast_flow *flow,
			     const struct rule *rule, int af)
{
	union lvs_ip addr = { 0 };
	struct lvs_encap encap;

	flow->version |= 1;
	flow->key = rule_key(rule, af);
	flow->generation = table->state->generation;
	flow->bytes = flow->packets = flow->used = 0;
	flow->link = rule->link;
	flow->mtu = rule->mtu ? rule->mtu : 1500;
	flow->steps = rule->steps;
	rule_l2(rule, af, flow->l2);
	if (rule->write)
		flow->port_be = read_endpoint(rule->write, af, &addr);
	memcpy(flow->addr_be, &addr, af == AF_INET ? 4 : 16);
	flow->outer_len = 0;
	if (rule->steps & LVS_FAST_OUTER) {
		rule_encap(rule, &encap);
		memcpy(flow->outer, encap.head, sizeof(flow->outer));
		flow->outer_len = encap.len;
		flow->outer_family = (uint8_t)rule->outer;
	}
	flow->version++;
}

/* The place that RULE's flow may have as the WAYth of its bucket. */
static inline struct lvs_fast_flow *
flow_place(const struct lvs_fast_table *table, const struct rule *rule, int af,
	   unsigned way)
{
	struct lvs_fast_key key = rule_key(rule, af);
	uint32_t bucket =
		lvs_fast_hash(&key, table->state->seed) & (table->buckets - 1);

	return &table->flows[bucket * LVS_FAST_WAYS + way];
}

static inline struct lvs_fast_flow *flow_put(const struct lvs_fast_table *table,
					     const struct rule *rule, int af)
{
	struct lvs_fast_flow *flow = flow_place(table, rule, af, 0);

	flow_fill(table, flow, rule, af);
	return flow;
}

/* What the engine makes of PKT, by RULE; ID is that of an outer header. */
static inline void rule_apply(const struct rule *rule, int af,
			      struct lvs_pkt *pkt, uint16_t id)
{
	bool source = rule->steps & LVS_FAST_SRC;
	struct lvs_action act = { .steps = LVS_ACT_TTL };
	unsigned char l2[ETH_LEN];
	struct lvs_parsed p;
	union lvs_ip now;
	uint16_t port;

	lvs_parse(pkt, &p);
	need(p.kind == LVS_PKT_FLOW);
	if (rule->steps & (LVS_FAST_SRC | LVS_FAST_DST)) {
		act.steps |= source ? LVS_ACT_SRC : LVS_ACT_DST;
		port = read_endpoint(rule->write, af, &now);
		lvs_rewrite_init(&act.rewrite, (uint16_t)af,
				 source ? &p.flow.src : &p.flow.dst,
				 source ? p.flow.sport_be : p.flow.dport_be,
				 &now, port);
	}
	if (rule->steps & LVS_FAST_OUTER) {
		act.steps |= LVS_ACT_OUTER;
		rule_encap(rule, &act.encap);
	}
	need(lvs_action_apply(&act, NULL, pkt, &p, id) == LVS_REASON_NONE);
	rule_l2(rule, af, l2);
	need(lvs_link_write(pkt, p.l3, l2, ETH_LEN));
}

/*
 * TEXT's packet behind a link header to the address that ends in 1, in the
 * SIZE bytes at BUF.
 */
static inline void make_pkt(struct lvs_pkt *pkt, const char *text, int af,
			    unsigned char *buf, size_t size)
{
	unsigned char *at = buf + LVS_PKT_HEADROOM;
	struct lvs_offload off;
	int len = packet_build(text, af, at + ETH_LEN,
			       size - LVS_PKT_HEADROOM - ETH_LEN, &off);

	need(len > 0);
	memcpy(at, "\x02\0\0\0\0\x01\x02\0\0\0\0\x02", 12);
	memcpy(at + 12, af == AF_INET ? "\x08\x00" : "\x86\xdd", 2);
	lvs_pkt_init(pkt, buf, (uint32_t)size, LVS_PKT_HEADROOM,
		     (uint32_t)len + ETH_LEN, ETH_LEN);
	if (off.flags & LVS_OFF_CSUM)
		off.csum_start = (uint16_t)(off.csum_start + ETH_LEN);
	pkt->off = off;
}

#endif
