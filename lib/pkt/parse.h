/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse.h - the one place where a stranger's bytes are measured.
 *
 * lvs_parse checks every length once; what it has written in struct
 * lvs_parsed may be trusted by everybody after it.  It changes nothing and
 * verifies no transport checksum.
 */
#ifndef LVS_PKT_PARSE_H
#define LVS_PKT_PARSE_H

#include "pkt/flow.h"
#include <lvs/pkt.h>
#include <netinet/in.h>

/*
 * What a packet is.  LVS_PKT_OTHER is what nobody here has to do with: not
 * IP, a transport that is not ours, a routing header on its way, offload state
 * that does not belong to the packet's own transport header.  Malformed is
 * what contradicts itself.
 */
enum lvs_parse_kind {
	LVS_PKT_OTHER,	    /* for the host */
	LVS_PKT_BAD,	    /* to drop, with `reason` */
	LVS_PKT_FLOW,	    /* TCP, UDP, SCTP: flow has ports */
	LVS_PKT_IPSEC,	    /* AH or ESP: flow without ports */
	LVS_PKT_FRAGMENT,   /* not the first fragment: flow without ports */
	LVS_PKT_ICMP_ERROR, /* flow is the error's, inner the quoted packet's */
	LVS_PKT_ICMP,	    /* any other ICMP, ICMPv6: see below */
	LVS_PKT_ARP,	    /* Ethernet and IPv4, a request or reply */
	LVS_PKT_ND,	    /* neighbour solicitation or advertisement */
};

/*
 * LVS_PKT_ICMP are also errors that IPVS does not translate (redirect,
 * parameter problem), and such as quote too little to tell whose they are; and
 * neighbour discovery that came from behind a router.  The checksum of ND was
 * not looked at.
 */

/* Bits of tcp_flags, as in the header. */
#define LVS_TCP_FIN 0x01
#define LVS_TCP_SYN 0x02
#define LVS_TCP_RST 0x04
#define LVS_TCP_PSH 0x08
#define LVS_TCP_ACK 0x10
#define LVS_TCP_CWR 0x80

#define LVS_SCTP_NONE 0xff /* no chunk there */

/* Longest link header, VLAN tag included: all offsets fit into 16 bits then. */
#define LVS_LINK_MAX 68

/*
 * Offsets are from pkt->data.  What precedes l3 is the link header with the
 * VLAN tag, if there is one in the frame.  kind says which fields count; flow
 * but for its ports, ttl, tos, l3, l3_len and l4 do for all that is IP, which
 * is what flow.family is set for, unless it is BAD.
 */
struct lvs_parsed {
	struct lvs_flow flow;
	uint8_t kind;	/* enum lvs_parse_kind */
	uint8_t reason; /* enum lvs_reason, with LVS_PKT_BAD */
	uint8_t ttl;	/* or hop limit */
	uint8_t tos;	/* or traffic class */
	uint8_t tcp_flags;
	uint8_t sctp_chunk; /* type of the first chunk, or LVS_SCTP_NONE */
	uint8_t sctp_next;  /* of the second */
	uint8_t icmp_type, icmp_code;
	bool first_fragment; /* of several: L4 header here, the rest is not */
	bool may_fragment;   /* IPv4 without DF */
	bool ip_csum_ok;     /* IPv4 header checksum (true for IPv6) */
	bool inner_fragment; /* not its first fragment: inner has no ports */
	uint16_t l3;	     /* of the IP (or ARP) header */
	uint16_t l4;	     /* of the transport header */
	uint16_t payload;    /* of what follows the transport header */
	uint32_t l3_len;     /* length of the IP packet, header included */
	uint32_t frag_id;    /* identification, of fragments only */
	/* The packet that an ICMP error quotes; may be cut short. */
	uint16_t inner_l3, inner_l4;
	struct lvs_flow inner; /* ports if TCP, UDP or SCTP */
};

/*
 * The flow of answers to the packet that the ICMP error P quotes.  Who reports
 * has received that packet, so its connection is found the other way round.
 */
static inline struct lvs_flow lvs_quoted_back(const struct lvs_parsed *p)
{
	return (struct lvs_flow){
		.src = p->inner.dst,
		.dst = p->inner.src,
		.sport_be = p->inner.dport_be,
		.dport_be = p->inner.sport_be,
		.family = p->inner.family,
		.protocol = p->inner.protocol,
	};
}

/* Measure PKT; always fills all of OUT. */
void lvs_parse(const struct lvs_pkt *pkt, struct lvs_parsed *out);

/*
 * EtherType of PKT, that behind a VLAN tag if there is one; without link layer
 * what its first byte says.  *L3: where what it announces begins.  0: not
 * known; LVS_ERR_MSGSIZE: cut off.
 */
int32_t lvs_parse_link(const struct lvs_pkt *pkt, uint16_t *l3);

/* Whether PROTOCOL begins with source and destination port. */
static inline bool lvs_has_ports(uint8_t protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP ||
	       protocol == IPPROTO_SCTP;
}

/* A packet that another one quotes, as far as it does. */
struct lvs_quote {
	struct lvs_flow flow; /* ports if TCP, UDP or SCTP */
	uint16_t l3, l4;
	bool fragment; /* not the first: no ports */
};

/*
 * Measure the IP packet of FAMILY that begins L3 bytes into DATA and is cut off
 * at END.  false: too little is there to tell whose it is.
 */
bool lvs_parse_quote(const unsigned char *data, uint16_t l3, uint32_t end,
		     uint16_t family, struct lvs_quote *quote);

#endif
