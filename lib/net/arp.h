/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arp.h - ARP for IPv4 over Ethernet (RFC 826): read, answer, announce.
 *
 * Nothing is learnt here, the kernel does that; and whether an address is
 * ours to answer for is the caller's decision.
 */
#ifndef LVS_NET_ARP_H
#define LVS_NET_ARP_H

#include <lvs/addr.h>
#include <lvs/net.h>
#include <lvs/pkt.h>

/* Length of a frame with an ARP packet, not padded. */
#define LVS_ARP_FRAME_LEN 42

/* A new holder of an address says so twice, 2 s apart (RFC 5227, 1.1). */
#define LVS_ARP_ANNOUNCE_COUNT	  2
#define LVS_ARP_ANNOUNCE_INTERVAL (2 * LVS_SEC)

enum lvs_arp_kind {
	LVS_ARP_OTHER,	  /* a reply, or malformed */
	LVS_ARP_ASK,	  /* who has `target`? */
	LVS_ARP_PROBE,	  /* the same, before taking it (RFC 5227, 2.1) */
	LVS_ARP_ANNOUNCE, /* the sender has `target`: request or reply */
};

struct lvs_arp_msg {
	uint8_t kind; /* enum lvs_arp_kind */
	struct lvs_addr target;
	struct lvs_addr sender; /* AF_UNSPEC in a probe */
	uint8_t sender_lladdr[LVS_LLADDR_LEN];
};

/*
 * Read the ARP packet that begins L3 bytes into PKT.  An announcement of one
 * of our addresses by another's lladdr is a conflict.
 */
void lvs_arp_read(const struct lvs_pkt *pkt, uint32_t l3,
		  struct lvs_arp_msg *out);

/*
 * Make PKT, read as LVS_ARP_ASK or LVS_ARP_PROBE, the answer that its target
 * is at LLADDR, link header included.
 */
void lvs_arp_answer(struct lvs_pkt *pkt, uint32_t l3,
		    const uint8_t lladdr[LVS_LLADDR_LEN]);

/* A frame that announces the IPv4 address ADDR at LLADDR (RFC 5227, 2.3). */
void lvs_arp_announce(uint8_t frame[LVS_ARP_FRAME_LEN],
		      const uint8_t lladdr[LVS_LLADDR_LEN],
		      const struct lvs_addr *addr);

#endif
