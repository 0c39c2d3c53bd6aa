/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arp.c - ARP packets (RFC 826) for IPv4 over Ethernet.
 */
#include "net/arp.h"

#include "base/bytes.h"
#include "pkt/wire.h"

#define HARDWARE_ETHERNET 1

static bool well_formed(const struct lvs_arp *arp)
{
	return arp->hardware_be == lvs_swap16(HARDWARE_ETHERNET) &&
	       arp->protocol_be == lvs_swap16(LVS_ETH_IPV4) &&
	       arp->hardware_len == LVS_LLADDR_LEN && arp->protocol_len == 4;
}

static uint8_t kind_of(uint16_t op, const struct lvs_addr *sender,
		       const struct lvs_addr *target)
{
	if (op != LVS_ARP_REQUEST && op != LVS_ARP_REPLY)
		return LVS_ARP_OTHER;
	if (!lvs_addr_is_unicast(target))
		return LVS_ARP_OTHER;
	if (lvs_addr_equal(sender, target))
		return LVS_ARP_ANNOUNCE;
	if (op == LVS_ARP_REPLY)
		return LVS_ARP_OTHER;
	if (sender->ip.v4_be == 0)
		return LVS_ARP_PROBE;
	return lvs_addr_is_unicast(sender) ? LVS_ARP_ASK : LVS_ARP_OTHER;
}

void lvs_arp_read(const struct lvs_pkt *pkt, uint32_t l3,
		  struct lvs_arp_msg *out)
{
	const struct lvs_arp *arp = (const void *)(pkt->data + l3);
	struct lvs_addr sender;

	*out = (struct lvs_arp_msg){ .kind = LVS_ARP_OTHER };
	if (pkt->len < l3 || pkt->len - l3 < sizeof(*arp) || !well_formed(arp))
		return;
	sender = lvs_addr_v4(arp->sender_be);
	out->target = lvs_addr_v4(arp->target_be);
	out->kind =
		kind_of(lvs_swap16(arp->operation_be), &sender, &out->target);
	if (out->kind != LVS_ARP_PROBE)
		out->sender = sender;
	memcpy(out->sender_lladdr, arp->sender_mac, LVS_LLADDR_LEN);
}

void lvs_arp_answer(struct lvs_pkt *pkt, uint32_t l3,
		    const uint8_t lladdr[LVS_LLADDR_LEN])
{
	struct lvs_eth *eth = (void *)pkt->data;
	struct lvs_arp *arp = (void *)(pkt->data + l3);
	uint32_t asked_be = arp->target_be;

	arp->operation_be = lvs_swap16(LVS_ARP_REPLY);
	memcpy(arp->target_mac, arp->sender_mac, LVS_LLADDR_LEN);
	arp->target_be = arp->sender_be;
	memcpy(arp->sender_mac, lladdr, LVS_LLADDR_LEN);
	arp->sender_be = asked_be;

	/* What stands between the addresses and l3, VLAN tags too, stays. */
	memcpy(eth->dst, eth->src, LVS_LLADDR_LEN);
	memcpy(eth->src, lladdr, LVS_LLADDR_LEN);
}

void lvs_arp_announce(uint8_t frame[LVS_ARP_FRAME_LEN],
		      const uint8_t lladdr[LVS_LLADDR_LEN],
		      const struct lvs_addr *addr)
{
	struct lvs_eth *eth = (void *)frame;
	struct lvs_arp *arp = (void *)(frame + LVS_ETH_LEN);

	memset(eth->dst, 0xff, LVS_LLADDR_LEN);
	memcpy(eth->src, lladdr, LVS_LLADDR_LEN);
	eth->type_be = lvs_swap16(LVS_ETH_ARP);

	*arp = (struct lvs_arp){
		.hardware_be = lvs_swap16(HARDWARE_ETHERNET),
		.protocol_be = lvs_swap16(LVS_ETH_IPV4),
		.hardware_len = LVS_LLADDR_LEN,
		.protocol_len = 4,
		.operation_be = lvs_swap16(LVS_ARP_REQUEST),
		.sender_be = addr->ip.v4_be,
		.target_be = addr->ip.v4_be,
	};
	memcpy(arp->sender_mac, lladdr, LVS_LLADDR_LEN);
}
