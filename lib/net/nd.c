/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nd.c - neighbour solicitations and advertisements (RFC 4861) on Ethernet.
 */
#include "net/nd.h"

#include "pkt/csum.h"
#include "pkt/wire.h"
#include <netinet/in.h>

#define HOP_LIMIT 255 /* anything else came through a router (7.1.1) */

#define OPT_SOURCE_LLADDR 1
#define OPT_TARGET_LLADDR 2
#define OPT_LEN		  8 /* with an Ethernet address; lengths count in 8s */

#define NA_SOLICITED 0x40000000u
#define NA_OVERRIDE  0x20000000u

/* What every answer and announcement is, after the link header. */
struct advertisement {
	struct lvs_ipv6 ip;
	struct lvs_nd nd;
	uint8_t opt_type, opt_len;
	uint8_t lladdr[LVS_LLADDR_LEN];
} LVS_WIRE;

static const uint8_t all_nodes[16] = { 0xff, 0x02, [15] = 1 };
static const uint8_t all_nodes_mac[6] = { 0x33, 0x33, 0, 0, 0, 1 };

static bool csum_ok(const struct lvs_pkt *pkt, const struct lvs_parsed *parsed,
		    size_t len)
{
	uint32_t sum;

	/* From this machine: nobody has had the time to garble it. */
	if (pkt->off.flags & (LVS_OFF_CSUM | LVS_OFF_VALID))
		return true;
	sum = lvs_csum_pseudo(pkt->data + parsed->l3, AF_INET6, IPPROTO_ICMPV6,
			      (uint32_t)len);
	sum = lvs_csum_add(sum, lvs_csum_bytes(pkt->data + parsed->l4, len));
	return lvs_csum_fold(sum) == 0xffff;
}

/*
 * Go through the options that take LEN bytes from OPT on; the lladdr of the
 * first of type WANTED goes into OUT.  False: one has length 0 or is cut off.
 */
static bool read_options(const uint8_t *opt, size_t len, uint8_t wanted,
			 struct lvs_nd_msg *out)
{
	while (len > 0) {
		size_t size = len < 2 ? 0 : opt[1] * 8u;

		if (size == 0 || size > len)
			return false;
		if (opt[0] == wanted && !out->has_lladdr) {
			memcpy(out->sender_lladdr, opt + 2, LVS_LLADDR_LEN);
			out->has_lladdr = true;
		}
		opt += size;
		len -= size;
	}
	return true;
}

/* Whether DST is the multicast address that solicits TARGET (RFC 4291 2.7.1) */
static bool is_solicited_node(const union lvs_ip *dst,
			      const union lvs_ip *target)
{
	static const uint8_t head[13] = { 0xff, 0x02, [11] = 1, [12] = 0xff };

	return memcmp(dst->b, head, sizeof(head)) == 0 &&
	       memcmp(dst->b + 13, target->b + 13, 3) == 0;
}

static uint8_t solicitation(const struct lvs_flow *flow,
			    const struct lvs_nd_msg *msg)
{
	if (msg->sender.family != AF_UNSPEC)
		return LVS_ND_ASK;
	if (msg->has_lladdr || !is_solicited_node(&flow->dst, &msg->target.ip))
		return LVS_ND_OTHER;
	return LVS_ND_PROBE;
}

static uint8_t advertisement(const struct lvs_flow *flow, uint32_t flags)
{
	bool solicited = (flags & NA_SOLICITED) != 0;

	return !solicited && flow->dst.b[0] == 0xff ? LVS_ND_ANNOUNCE
						    : LVS_ND_OTHER;
}

void lvs_nd_read(const struct lvs_pkt *pkt, const struct lvs_parsed *parsed,
		 struct lvs_nd_msg *out)
{
	const struct lvs_nd *nd = (const void *)(pkt->data + parsed->l4);
	size_t len = parsed->l3 + parsed->l3_len - parsed->l4;
	struct lvs_nd_msg msg = { .kind = LVS_ND_OTHER };
	struct lvs_addr sender;
	bool ask;

	*out = msg;
	if (len < sizeof(*nd) || parsed->ttl != HOP_LIMIT || nd->code != 0 ||
	    !csum_ok(pkt, parsed, len))
		return;
	ask = nd->type == LVS_ICMP6_NS;
	msg.target = lvs_addr_from_bytes(AF_INET6, nd->target);
	sender = lvs_addr_from_bytes(AF_INET6, parsed->flow.src.b);
	if (lvs_addr_is_unicast(&sender))
		msg.sender = sender;
	if (!lvs_addr_is_unicast(&msg.target) ||
	    !read_options((const uint8_t *)(nd + 1), len - sizeof(*nd),
			  ask ? OPT_SOURCE_LLADDR : OPT_TARGET_LLADDR, &msg))
		return;
	msg.kind = ask ? solicitation(&parsed->flow, &msg)
		       : advertisement(&parsed->flow, lvs_swap32(nd->flags_be));
	*out = msg;
}

/* All of ADV but the addresses of its IPv6 header must be unwritten yet. */
static void fill(struct advertisement *adv, uint32_t flags,
		 const union lvs_ip *target, const uint8_t *lladdr)
{
	const uint32_t len = sizeof(*adv) - sizeof(adv->ip);
	uint32_t sum;

	adv->ip.vtf_be = lvs_swap32(6u << 28);
	adv->ip.len_be = lvs_swap16((uint16_t)len);
	adv->ip.next = IPPROTO_ICMPV6;
	adv->ip.hops = HOP_LIMIT;
	memcpy(adv->ip.src, target->b, sizeof(adv->ip.src));
	adv->nd = (struct lvs_nd){
		.type = LVS_ICMP6_NA,
		.flags_be = lvs_swap32(flags),
	};
	memcpy(adv->nd.target, target->b, sizeof(adv->nd.target));
	adv->opt_type = OPT_TARGET_LLADDR;
	adv->opt_len = OPT_LEN / 8;
	memcpy(adv->lladdr, lladdr, LVS_LLADDR_LEN);

	sum = lvs_csum_pseudo((const unsigned char *)&adv->ip, AF_INET6,
			      IPPROTO_ICMPV6, len);
	sum = lvs_csum_add(sum, lvs_csum_bytes(&adv->nd, len));
	adv->nd.csum = (uint16_t)~lvs_csum_fold(sum);
}

/* Set PKT's length to LEN; false: it has no room. */
static bool resize(struct lvs_pkt *pkt, uint32_t len)
{
	if (len > pkt->len + pkt->tailroom)
		return false;
	pkt->tailroom += pkt->len - len;
	pkt->len = len;
	return true;
}

bool lvs_nd_answer(struct lvs_pkt *pkt, const struct lvs_parsed *parsed,
		   const struct lvs_nd_msg *msg,
		   const uint8_t lladdr[LVS_LLADDR_LEN])
{
	struct lvs_eth *eth = (void *)pkt->data;
	struct advertisement *adv = (void *)(pkt->data + parsed->l3);
	bool probe = msg->kind == LVS_ND_PROBE;

	if (!resize(pkt, (uint32_t)(parsed->l3 + sizeof(*adv))))
		return false;
	if (probe) {
		memcpy(adv->ip.dst, all_nodes, sizeof(adv->ip.dst));
		memcpy(eth->dst, all_nodes_mac, LVS_LLADDR_LEN);
	} else {
		memcpy(adv->ip.dst, msg->sender.ip.b, sizeof(adv->ip.dst));
		memcpy(eth->dst,
		       msg->has_lladdr ? msg->sender_lladdr : eth->src,
		       LVS_LLADDR_LEN);
	}
	memcpy(eth->src, lladdr, LVS_LLADDR_LEN);
	fill(adv, NA_OVERRIDE | (probe ? 0 : NA_SOLICITED), &msg->target.ip,
	     lladdr);
	pkt->off = (struct lvs_offload){ 0 };
	return true;
}

void lvs_nd_announce(uint8_t frame[LVS_ND_FRAME_LEN],
		     const uint8_t lladdr[LVS_LLADDR_LEN],
		     const struct lvs_addr *addr)
{
	struct lvs_eth *eth = (void *)frame;
	struct advertisement *adv = (void *)(frame + LVS_ETH_LEN);

	memcpy(eth->dst, all_nodes_mac, LVS_LLADDR_LEN);
	memcpy(eth->src, lladdr, LVS_LLADDR_LEN);
	eth->type_be = lvs_swap16(LVS_ETH_IPV6);
	memcpy(adv->ip.dst, all_nodes, sizeof(adv->ip.dst));
	fill(adv, NA_OVERRIDE, &addr->ip, lladdr);
}
