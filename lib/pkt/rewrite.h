/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rewrite.h - other addresses and ports in a packet, and one hop less to live.
 *
 * Checksums follow by difference.  A difference depends on nothing but the old
 * and the new address and port, so it is made once (lvs_rewrite_init), and
 * each packet costs a few additions.
 *
 * What is rewritten must hold the old address and port: look before.
 */
#ifndef LVS_PKT_REWRITE_H
#define LVS_PKT_REWRITE_H

#include "pkt/csum.h"
#include "pkt/parse.h"
#include "pkt/wire.h"
#include <lvs/stats.h>
#include <netinet/in.h>

struct lvs_rewrite {
	union lvs_ip addr; /* to write */
	uint16_t port_be;
	uint16_t addr_diff; /* new minus old, folded */
	uint16_t port_diff;
	uint16_t family;
};

/* From address WAS and port WAS_PORT_BE to NOW and NOW_PORT_BE. */
static inline void lvs_rewrite_init(struct lvs_rewrite *rw, uint16_t family,
				    const union lvs_ip *was,
				    uint16_t was_port_be,
				    const union lvs_ip *now,
				    uint16_t now_port_be)
{
	uint32_t port_diff = lvs_csum_diff16(was_port_be, now_port_be);

	rw->addr = *now;
	rw->port_be = now_port_be;
	rw->family = family;
	rw->addr_diff = (uint16_t)lvs_csum_diff_ip(family, was, now);
	rw->port_diff = lvs_csum_fold(port_diff);
}

/* Give the UDP datagram of P, which has no checksum, one. */
void lvs_udp_csum_make(struct lvs_pkt *pkt, const struct lvs_parsed *p);
/* Make the CRC32c of the SCTP packet P anew. */
void lvs_sctp_crc_make(struct lvs_pkt *pkt, const struct lvs_parsed *p);

/*
 * Whether PKT's transport checksum is still to be completed: its field holds
 * the pseudo-header's sum, which knows addresses but no ports.
 */
static inline bool lvs_csum_is_partial(const struct lvs_pkt *pkt,
				       const struct lvs_parsed *p)
{
	return (pkt->off.flags & LVS_OFF_CSUM) && pkt->off.csum_start == p->l4;
}

/* The source or destination address of the IP header at L3. */
static inline void lvs_rewrite_l3(unsigned char *l3,
				  const struct lvs_rewrite *rw, bool source)
{
	if (rw->family == AF_INET) {
		struct lvs_ipv4 *ip = (struct lvs_ipv4 *)l3;

		if (source)
			ip->src_be = rw->addr.v4_be;
		else
			ip->dst_be = rw->addr.v4_be;
		ip->csum = lvs_csum_patch(ip->csum, rw->addr_diff);
	} else {
		struct lvs_ipv6 *ip6 = (struct lvs_ipv6 *)l3;

		memcpy(source ? ip6->src : ip6->dst, rw->addr.b, 16);
	}
}

/* A TCP or UDP checksum FIELD after a rewrite by RW. */
static inline uint16_t
lvs_rewrite_csum(uint16_t field, const struct lvs_rewrite *rw, bool partial)
{
	if (partial)
		return lvs_csum_fold((uint32_t)field + rw->addr_diff);
	return lvs_csum_patch(field, (uint32_t)rw->addr_diff + rw->port_diff);
}

static inline enum lvs_reason lvs_rewrite_pkt(struct lvs_pkt *pkt,
					      const struct lvs_parsed *p,
					      const struct lvs_rewrite *rw,
					      bool source)
{
	unsigned char *l4 = pkt->data + p->l4;
	/* Ports come first in all three: source, destination. */
	unsigned char *port = source ? l4 : l4 + 2;
	bool partial = lvs_csum_is_partial(pkt, p);
	bool moved;

	if (p->kind != LVS_PKT_FLOW) {
		lvs_rewrite_l3(pkt->data + p->l3, rw, source);
		return LVS_REASON_NONE;
	}
	moved = lvs_load16(port) != rw->port_be;
	if (p->flow.protocol == IPPROTO_SCTP && moved && p->first_fragment)
		return LVS_REASON_FRAGMENT;

	lvs_rewrite_l3(pkt->data + p->l3, rw, source);
	lvs_store16(port, rw->port_be);
	if (p->flow.protocol == IPPROTO_TCP) {
		struct lvs_tcp *tcp = (struct lvs_tcp *)l4;

		tcp->csum = lvs_rewrite_csum(tcp->csum, rw, partial);
	} else if (p->flow.protocol == IPPROTO_UDP) {
		struct lvs_udp *udp = (struct lvs_udp *)l4;

		if (partial) {
			udp->csum = lvs_rewrite_csum(udp->csum, rw, true);
		} else if (udp->csum) {
			udp->csum = lvs_rewrite_csum(udp->csum, rw, false);
			if (!udp->csum) /* 0 would mean "none" */
				udp->csum = 0xffff;
		} else if (!p->first_fragment) {
			lvs_udp_csum_make(pkt, p);
		}
	} else if (moved && !partial) {
		lvs_sctp_crc_make(pkt, p);
	}
	return LVS_REASON_NONE;
}

/*
 * Write the source, or destination, address and port of RW into PKT, as parsed
 * in P, which is not changed with it.  Ports only where there are any
 * (LVS_PKT_FLOW).  Of the checksums
 *
 *	IPv4 header	by difference
 *	TCP, UDP	by difference; of one still to be completed only the
 *			addresses'
 *	UDP without	gets one, but for the first of several fragments
 *	SCTP		CRC32c made anew if the port changed
 *
 * LVS_REASON_NONE; or LVS_REASON_FRAGMENT, and nothing changed, for the first
 * of several SCTP fragments whose port would change.
 */
static inline enum lvs_reason lvs_rewrite_src(struct lvs_pkt *pkt,
					      const struct lvs_parsed *p,
					      const struct lvs_rewrite *rw)
{
	return lvs_rewrite_pkt(pkt, p, rw, true);
}

static inline enum lvs_reason lvs_rewrite_dst(struct lvs_pkt *pkt,
					      const struct lvs_parsed *p,
					      const struct lvs_rewrite *rw)
{
	return lvs_rewrite_pkt(pkt, p, rw, false);
}

/* One less to live for the IP header at L3, which has more than 0. */
static inline void lvs_ttl_decrement(unsigned char *l3, uint16_t family)
{
	if (family == AF_INET) {
		struct lvs_ipv4 *ip = (struct lvs_ipv4 *)l3;
		/* The TTL is the upper byte of its word. */
		uint32_t diff = lvs_csum_diff16(lvs_swap16(0x0100), 0);

		ip->ttl--;
		ip->csum = lvs_csum_patch(ip->csum, diff);
	} else {
		((struct lvs_ipv6 *)l3)->hops--;
	}
}

/*
 * A new link header of LEN bytes (0: none) in front of PKT's IP packet, which
 * begins L3 bytes in; HDR is copied.  false, and nothing changed: no headroom.
 */
static inline bool lvs_link_write(struct lvs_pkt *pkt, uint16_t l3,
				  const void *hdr, uint8_t len)
{
	int32_t more = (int32_t)len - l3;

	if (more > 0 && (uint32_t)more > pkt->headroom)
		return false;
	pkt->data -= more;
	pkt->headroom -= (uint32_t)more;
	pkt->len += (uint32_t)more;
	pkt->l2_len = len;
	if (pkt->off.flags & LVS_OFF_CSUM)
		pkt->off.csum_start = (uint16_t)(pkt->off.csum_start + more);
	if (len == LVS_ETH_LEN) /* as nearly always: a copy of known length */
		memcpy(pkt->data, hdr, LVS_ETH_LEN);
	else if (len)
		memcpy(pkt->data, hdr, len);
	return true;
}

/*
 * Drop what follows the IP packet of P: an Ethernet frame is padded to 60
 * bytes, and padding belongs neither into an outer header nor a checksum.
 */
static inline void lvs_pkt_trim(struct lvs_pkt *pkt, const struct lvs_parsed *p)
{
	uint32_t padding = pkt->len - p->l3 - p->l3_len;

	pkt->len -= padding;
	pkt->tailroom += padding;
}

#endif
