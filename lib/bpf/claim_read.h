/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * claim_read.h - what the claim reads of a packet: flow, fragment, ICMP error.
 * Only of the BPF machine.
 */
#ifndef LVS_BPF_CLAIM_READ_H
#define LVS_BPF_CLAIM_READ_H

#include "bpf/claim_map.h"
#include "bpf/load.h"
#include "pkt/wire.h"
#include <bpf/bpf_endian.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <stdbool.h>

/* <sys/socket.h> is not of this machine. */
#define AF_INET	 2
#define AF_INET6 10

/* IPv6 extension headers in one packet; as lib/pkt/parse.c. */
#define EXT_MAX 8

struct packet {
	struct lvs_claim_flow flow;
	__u32 l4;    /* offset of the transport header, from the IP header */
	__u32 id_be; /* of its fragments */
	bool more;   /* fragments follow */
	bool later;  /* a fragment, not the first: there are no ports */
};

static bool has_ports(__u8 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP ||
	       protocol == IPPROTO_SCTP;
}

static bool read_ipv4(struct __sk_buff *skb, __u32 at, struct packet *p)
{
	struct lvs_ipv4 ip;
	__u32 head;
	__u16 frag;

	if (!lvs_load(skb, at, &ip, sizeof(ip)) || ip.version_ihl >> 4 != 4)
		return false;
	head = (ip.version_ihl & 15) * 4;
	if (head < sizeof(ip))
		return false;
	frag = bpf_ntohs(ip.frag_be);
	p->flow.family = AF_INET;
	p->flow.protocol = ip.protocol;
	p->flow.src.word_be[0] = ip.src_be;
	p->flow.dst.word_be[0] = ip.dst_be;
	p->l4 = at + head;
	p->id_be = ip.id_be;
	p->more = frag & LVS_IPV4_MF;
	p->later = frag & LVS_IPV4_OFFSET;
	return true;
}

static bool is_extension(__u8 next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_DSTOPTS ||
	       next == IPPROTO_ROUTING || next == IPPROTO_FRAGMENT;
}

/* Up to the transport header; false: nobody can say where that is. */
static bool skip_extensions(struct __sk_buff *skb, __u8 next, struct packet *p)
{
	for (int i = 0; i < EXT_MAX && is_extension(next); i++) {
		/* next, length, then those of a fragment or routing header */
		struct {
			__u8 next, len;
			__u16 frag_be;
			__u32 id_be;
		} ext;
		__u16 frag;

		if (!lvs_load(skb, p->l4, &ext, sizeof(ext)))
			return false;
		/* Segments left: it is not yet where it is going. */
		if (next == IPPROTO_ROUTING && ((__u8 *)&ext.frag_be)[1])
			return false;
		if (next == IPPROTO_FRAGMENT) {
			frag = bpf_ntohs(ext.frag_be);
			p->id_be = ext.id_be;
			p->more = frag & LVS_IPV6_MORE;
			p->later = frag & LVS_IPV6_OFFSET;
			p->l4 += sizeof(ext);
		} else {
			p->l4 += (ext.len + 1) * 8;
		}
		next = ext.next;
		if (p->later)
			break;
	}
	p->flow.protocol = next;
	return p->later || !is_extension(next);
}

static bool read_ipv6(struct __sk_buff *skb, __u32 at, struct packet *p)
{
	struct lvs_ipv6 ip;

	if (!lvs_load(skb, at, &ip, sizeof(ip)) ||
	    bpf_ntohl(ip.vtf_be) >> 28 != 6)
		return false;
	p->flow.family = AF_INET6;
	__builtin_memcpy(&p->flow.src, ip.src, sizeof(p->flow.src));
	__builtin_memcpy(&p->flow.dst, ip.dst, sizeof(p->flow.dst));
	p->l4 = at + sizeof(ip);
	return skip_extensions(skb, ip.next, p);
}

static bool read_ports(struct __sk_buff *skb, struct packet *p)
{
	__u16 ports[2];

	if (p->later || !has_ports(p->flow.protocol))
		return true;
	if (!lvs_load(skb, p->l4, ports, sizeof(ports)))
		return false;
	p->flow.sport_be = ports[0];
	p->flow.dport_be = ports[1];
	return true;
}

/* The packet whose IP header, of FAMILY, is at AT. */
static bool read_packet(struct __sk_buff *skb, __u8 family, __u32 at,
			struct packet *p)
{
	__builtin_memset(p, 0, sizeof(*p));
	if (family == AF_INET ? !read_ipv4(skb, at, p) : !read_ipv6(skb, at, p))
		return false;
	return read_ports(skb, p);
}

/* Whether P is an ICMP error of the kinds that are translated. */
static bool is_error(struct __sk_buff *skb, const struct packet *p)
{
	__u8 type;

	if (p->flow.protocol != (p->flow.family == AF_INET ? IPPROTO_ICMP
							   : IPPROTO_ICMPV6) ||
	    !lvs_load(skb, p->l4, &type, sizeof(type)))
		return false;
	if (p->flow.family == AF_INET6)
		return type < LVS_ICMP6_INFO;
	return type == LVS_ICMP_UNREACH || type == LVS_ICMP_QUENCH ||
	       type == LVS_ICMP_TIME;
}

#endif
