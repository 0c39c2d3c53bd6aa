/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wire.h - headers as they lie on the wire.
 *
 * Each struct may be laid over any byte of a packet: it is packed, so that
 * compilers assume no alignment, and may alias the bytes it is laid over.
 * Whether so many bytes are there is not known here; lvs_parse knows.
 */
#ifndef LVS_PKT_WIRE_H
#define LVS_PKT_WIRE_H

#include <stdint.h>

#define LVS_WIRE __attribute__((packed, may_alias))

#define LVS_ETH_IPV4 0x0800
#define LVS_ETH_ARP  0x0806
#define LVS_ETH_VLAN 0x8100 /* 802.1Q */
#define LVS_ETH_QINQ 0x88a8 /* 802.1ad */
#define LVS_ETH_IPV6 0x86dd

#define LVS_ETH_LEN  14
#define LVS_VLAN_LEN 4
#define LVS_ARP_LEN  28
#define LVS_IPV4_LEN 20 /* without options */
#define LVS_IPV6_LEN 40 /* without extension headers */
#define LVS_TCP_LEN  20 /* without options */
#define LVS_UDP_LEN  8
#define LVS_SCTP_LEN 12
#define LVS_ICMP_LEN 8

/* RFC 894 */
struct lvs_eth {
	uint8_t dst[6], src[6];
	uint16_t type_be;
} LVS_WIRE;

/* RFC 826, for Ethernet and IPv4 */
struct lvs_arp {
	uint16_t hardware_be; /* 1 */
	uint16_t protocol_be; /* LVS_ETH_IPV4 */
	uint8_t hardware_len; /* 6 */
	uint8_t protocol_len; /* 4 */
	uint16_t operation_be;
	uint8_t sender_mac[6];
	uint32_t sender_be;
	uint8_t target_mac[6];
	uint32_t target_be;
} LVS_WIRE;

#define LVS_ARP_REQUEST 1
#define LVS_ARP_REPLY	2

/* RFC 791 */
struct lvs_ipv4 {
	uint8_t version_ihl; /* version 4 | header length in words */
	uint8_t tos;
	uint16_t len_be; /* header included */
	uint16_t id_be;
	uint16_t frag_be; /* LVS_IPV4_* | offset in units of 8 bytes */
	uint8_t ttl;
	uint8_t protocol;
	uint16_t csum;
	uint32_t src_be, dst_be;
} LVS_WIRE;

#define LVS_IPV4_DF	0x4000
#define LVS_IPV4_MF	0x2000
#define LVS_IPV4_OFFSET 0x1fff

/* RFC 8200 */
struct lvs_ipv6 {
	uint32_t vtf_be; /* version 4, traffic class 8, flow label 20 bits */
	uint16_t len_be; /* after this header */
	uint8_t next;
	uint8_t hops;
	uint8_t src[16], dst[16];
} LVS_WIRE;

/* RFC 8200 4.5 */
struct lvs_ipv6_frag {
	uint8_t next;
	uint8_t zero;
	uint16_t frag_be; /* offset in bytes, a multiple of 8 | more */
	uint32_t id_be;
} LVS_WIRE;

#define LVS_IPV6_MORE	0x0001
#define LVS_IPV6_OFFSET 0xfff8

/* RFC 9293 */
struct lvs_tcp {
	uint16_t sport_be, dport_be;
	uint32_t seq_be, ack_be;
	uint8_t offset; /* header length in words << 4 */
	uint8_t flags;
	uint16_t window_be;
	uint16_t csum;
	uint16_t urgent_be;
} LVS_WIRE;

/* RFC 768 */
struct lvs_udp {
	uint16_t sport_be, dport_be;
	uint16_t len_be; /* header included */
	uint16_t csum;	 /* 0: none */
} LVS_WIRE;

/* RFC 9260 */
struct lvs_sctp {
	uint16_t sport_be, dport_be;
	uint32_t vtag_be;
	uint32_t crc_le; /* CRC32c, least significant byte first */
} LVS_WIRE;

struct lvs_sctp_chunk {
	uint8_t type;
	uint8_t flags;
	uint16_t len_be; /* this header included, padding not */
} LVS_WIRE;

/* RFC 792, RFC 4443 */
struct lvs_icmp {
	uint8_t type, code;
	uint16_t csum;
	uint32_t info_be; /* MTU, and other things */
} LVS_WIRE;

#define LVS_ICMP_ECHO_REPLY   0
#define LVS_ICMP_UNREACH      3
#define LVS_ICMP_QUENCH	      4
#define LVS_ICMP_REDIRECT     5
#define LVS_ICMP_ECHO	      8
#define LVS_ICMP_TIME	      11
#define LVS_ICMP_PARAM	      12
#define LVS_ICMP_UNREACH_HOST 1
#define LVS_ICMP_UNREACH_PORT 3
#define LVS_ICMP_UNREACH_FRAG 4

#define LVS_ICMP6_UNREACH      1
#define LVS_ICMP6_TOO_BIG      2
#define LVS_ICMP6_TIME	       3
#define LVS_ICMP6_PARAM	       4
#define LVS_ICMP6_INFO	       128 /* from here on no errors */
#define LVS_ICMP6_ECHO	       128
#define LVS_ICMP6_ECHO_REPLY   129
#define LVS_ICMP6_NS	       135
#define LVS_ICMP6_NA	       136
#define LVS_ICMP6_REDIRECT     137
#define LVS_ICMP6_UNREACH_ADDR 3
#define LVS_ICMP6_UNREACH_PORT 4

/* RFC 4861 4.3 and 4.4; options follow. */
struct lvs_nd {
	uint8_t type, code;
	uint16_t csum;
	uint32_t flags_be;
	uint8_t target[16];
} LVS_WIRE;

#define LVS_ND_LEN 24

#endif
