/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fast_read.h - what of a packet the fast path goes by; only of the BPF
 * machine.
 *
 * The packet begins with an Ethernet header.  All that lvs/fast.h asks of its
 * form is looked at here, but for what costs more than a look and only a hit
 * needs: the IPv4 header's checksum and the time to live.
 */
#ifndef LVS_BPF_FAST_READ_H
#define LVS_BPF_FAST_READ_H

#include <linux/bpf.h>

#include "pkt/wire.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <lvs/fast.h>
#include <stdbool.h>

/* <sys/socket.h> is not of this machine. */
#define AF_INET	 2
#define AF_INET6 10

#define IPV4_PLAIN 0x45 /* version 4, no options */

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

/* Where transport headers begin. */
#define IPV4_END (LVS_ETH_LEN + sizeof(struct iphdr))
#define IPV6_END (LVS_ETH_LEN + sizeof(struct ipv6hdr))

#define INLINE static __attribute__((always_inline)) inline

struct lvs_fast_packet {
	struct lvs_fast_key key;
	__u32 len;   /* of the IP packet, without padding */
	__u32 heads; /* of that its headers */
	bool no_sum; /* UDP without a checksum */

	/* When it is written: */
	__u32 at;   /* its IP header */
	__u32 diff; /* what the sum of its addresses changes by */
	__u8 tos, ttl;
	bool df;
} __attribute__((aligned(8)));

/* Whether LEN bytes lie in one piece from the link header on. */
INLINE bool lvs_fast_reach(struct __sk_buff *skb, __u32 len)
{
	void *data = (void *)(long)skb->data;

	return data + len <= (void *)(long)skb->data_end ||
	       (skb->len >= len && bpf_skb_pull_data(skb, len) == 0);
}

/* The TCP header behind AT bytes, AT constant. */
INLINE bool lvs_fast_read_tcp(struct __sk_buff *skb, __u32 at,
			      struct lvs_fast_packet *p)
{
	const struct tcphdr *tcp;
	__u8 offset, flags;
	void *data;

	if (!lvs_fast_reach(skb, at + sizeof(*tcp)))
		return false;
	data = (void *)(long)skb->data;
	if (data + at + sizeof(*tcp) > (void *)(long)skb->data_end)
		return false;
	tcp = data + at;
	offset = ((const struct lvs_tcp *)tcp)->offset >> 4;
	flags = ((const struct lvs_tcp *)tcp)->flags;
	if ((flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK)) != TCP_ACK ||
	    offset < sizeof(*tcp) / 4)
		return false;
	p->heads = at - LVS_ETH_LEN + offset * 4u;
	p->key.sport_be = tcp->source;
	p->key.dport_be = tcp->dest;
	return p->len >= p->heads;
}

INLINE bool lvs_fast_read_udp(struct __sk_buff *skb, __u32 at,
			      struct lvs_fast_packet *p)
{
	const struct udphdr *udp;
	void *data = (void *)(long)skb->data;
	__u32 len;

	if (data + at + sizeof(*udp) > (void *)(long)skb->data_end)
		return false;
	udp = data + at;
	len = bpf_ntohs(udp->len);
	p->heads = at - LVS_ETH_LEN + sizeof(*udp);
	p->key.sport_be = udp->source;
	p->key.dport_be = udp->dest;
	p->no_sum = !udp->check;
	return len >= sizeof(*udp) && p->heads - sizeof(*udp) + len <= p->len;
}

/* What is behind an IP header that ends at AT. */
INLINE bool lvs_fast_read_rest(struct __sk_buff *skb, __u32 at,
			       struct lvs_fast_packet *p)
{
	if (p->len > skb->len - LVS_ETH_LEN)
		return false;
	switch (p->key.protocol) {
	case IPPROTO_TCP:
		return lvs_fast_read_tcp(skb, at, p);
	case IPPROTO_UDP:
		return lvs_fast_read_udp(skb, at, p);
	default:
		return false;
	}
}

INLINE bool lvs_fast_read_ipv4(struct __sk_buff *skb, struct lvs_fast_packet *p)
{
	const struct iphdr *ip;
	void *data;

	if (!lvs_fast_reach(skb, IPV4_END + sizeof(struct udphdr)))
		return false;
	data = (void *)(long)skb->data;
	if (data + IPV4_END > (void *)(long)skb->data_end)
		return false;
	ip = data + LVS_ETH_LEN;
	if (*(const __u8 *)ip != IPV4_PLAIN ||
	    ip->frag_off & bpf_htons(LVS_IPV4_MF | LVS_IPV4_OFFSET))
		return false;
	p->key.src_be[0] = ip->saddr;
	p->key.dst_be[0] = ip->daddr;
	p->key.protocol = ip->protocol;
	p->key.family = AF_INET;
	p->len = bpf_ntohs(ip->tot_len);
	return lvs_fast_read_rest(skb, IPV4_END, p);
}

INLINE bool lvs_fast_read_ipv6(struct __sk_buff *skb, struct lvs_fast_packet *p)
{
	const struct ipv6hdr *ip;
	void *data;

	if (!lvs_fast_reach(skb, IPV6_END + sizeof(struct udphdr)))
		return false;
	data = (void *)(long)skb->data;
	if (data + IPV6_END > (void *)(long)skb->data_end)
		return false;
	ip = data + LVS_ETH_LEN;
	if (*(const __u8 *)ip >> 4 != 6)
		return false;
	__builtin_memcpy(p->key.src_be, &ip->saddr, sizeof(p->key.src_be));
	__builtin_memcpy(p->key.dst_be, &ip->daddr, sizeof(p->key.dst_be));
	p->key.protocol = ip->nexthdr;
	p->key.family = AF_INET6;
	p->len = sizeof(*ip) + bpf_ntohs(ip->payload_len);
	return lvs_fast_read_rest(skb, IPV6_END, p);
}

#endif
