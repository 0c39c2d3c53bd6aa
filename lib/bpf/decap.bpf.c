/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decap.bpf.c - at tc ingress, take IP-in-IP apart.
 *
 * What comes to an address of `decap_addrs` in IPv4 or IPv6 with an IPv4 or
 * IPv6 packet inside goes on without its outer header, as if it had come so.
 * Everything else goes on untouched: fragments too, which only the host can
 * put together, and then finds a tunnel that it may have somebody for.
 */
#include <linux/bpf.h>

#include "bpf/decap_map.h"
#include "bpf/load.h"
#include "pkt/wire.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/if_packet.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* <sys/socket.h> is not of this machine. */
#define AF_INET	 2
#define AF_INET6 10

/* Of Linux 6.3, in newer <linux/bpf.h>: what is left is IPv4, or IPv6. */
#define DECAP_IPV4 (1ull << 7)
#define DECAP_IPV6 (1ull << 8)

/*
 * Segments are as long as they were said to be.  IP has no checksum of its
 * payload: what the interface has verified is the inner packet's.
 */
#define KEEP (BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_NO_CSUM_RESET)

#define IPV4_PLAIN 0x45 /* version 4, no options */

/* RFC 3168: the last two bits of the traffic class. */
#define ECN	    3
#define ECN_NOT_ECT 0
#define ECN_CE	    3

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct lvs_decap_key);
	__type(value, __u32);
} decap_addrs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lvs_decap_config);
} decap_config SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LVS_DECAP_KINDS);
	__type(key, __u32);
	__type(value, __u64);
} decap_counts SEC(".maps");

struct outer {
	struct lvs_decap_key src, dst;
	__u32 len; /* bytes of the header */
	__u8 inner;
	__u8 ecn;
	bool fragment;
	bool odd;
};

static bool is_tunnel(__u8 protocol)
{
	return protocol == IPPROTO_IPIP || protocol == IPPROTO_IPV6;
}

static int count(__u32 kind, int verdict)
{
	__u64 *n = bpf_map_lookup_elem(&decap_counts, &kind);

	if (n)
		++*n;
	return verdict;
}

/* ---- reading: whether it is a tunnel at all -------------------------------
 */

/* RFC 1071: whether the 20 bytes add up to ones. */
static bool adds_up(struct lvs_ipv4 *ip)
{
	__u32 sum = (__u32)bpf_csum_diff(0, 0, (void *)ip, sizeof(*ip), 0);

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

static bool read_ipv4(struct __sk_buff *skb, struct outer *o)
{
	struct lvs_ipv4 ip;

	if (!lvs_load(skb, 0, &ip, sizeof(ip)) || !is_tunnel(ip.protocol))
		return false;
	o->src.word_be[0] = ip.src_be;
	o->dst.word_be[0] = ip.dst_be;
	o->src.family = o->dst.family = AF_INET;
	o->len = sizeof(ip);
	o->inner = ip.protocol;
	o->ecn = ip.tos & ECN;
	o->fragment = ip.frag_be & bpf_htons(LVS_IPV4_MF | LVS_IPV4_OFFSET);
	o->odd = ip.version_ihl != IPV4_PLAIN || !adds_up(&ip);
	return true;
}

static bool read_ipv6(struct __sk_buff *skb, struct outer *o)
{
	struct lvs_ipv6_frag frag;
	struct lvs_ipv6 ip;

	if (!lvs_load(skb, 0, &ip, sizeof(ip)))
		return false;
	o->inner = ip.next;
	if (ip.next == IPPROTO_FRAGMENT) {
		if (!lvs_load(skb, sizeof(ip), &frag, sizeof(frag)))
			return false;
		o->inner = frag.next;
		o->fragment = true;
	}
	if (!is_tunnel(o->inner))
		return false;
	__builtin_memcpy(o->src.word_be, ip.src, sizeof(ip.src));
	__builtin_memcpy(o->dst.word_be, ip.dst, sizeof(ip.dst));
	o->src.family = o->dst.family = AF_INET6;
	o->len = sizeof(ip);
	o->ecn = bpf_ntohl(ip.vtf_be) >> 20 & ECN;
	return true;
}

static bool read_outer(struct __sk_buff *skb, struct outer *o)
{
	__builtin_memset(o, 0, sizeof(*o));
	if (skb->protocol == bpf_htons(LVS_ETH_IPV4))
		return read_ipv4(skb, o);
	return skb->protocol == bpf_htons(LVS_ETH_IPV6) && read_ipv6(skb, o);
}

/* ---- judging ------------------------------------------------------------- */

static bool is(const struct lvs_decap_key *addr, __u32 what)
{
	__u32 *known = bpf_map_lookup_elem(&decap_addrs, addr);

	return known && (*known & what);
}

static bool is_welcome(const struct lvs_decap_key *src)
{
	__u32 zero = 0;
	struct lvs_decap_config *conf =
		bpf_map_lookup_elem(&decap_config, &zero);

	return !conf || !conf->has_peers || is(src, LVS_DECAP_PEER);
}

/* Whether the packet inside is of the version that O says; and its ECN. */
static bool read_inner(struct __sk_buff *skb, const struct outer *o, __u8 *ecn)
{
	__u8 head[2];

	if (!lvs_load(skb, o->len, head, sizeof(head)))
		return false;
	if (o->inner == IPPROTO_IPIP) {
		*ecn = head[1] & ECN;
		return head[0] >> 4 == 4;
	}
	*ecn = head[1] >> 4 & ECN;
	return head[0] >> 4 == 6;
}

/* ---- taking apart --------------------------------------------------------
 */

/*
 * Whether there is a link header that names what is behind it.  Some links have
 * none: there the packet begins with the IP header.
 */
static bool is_named(struct __sk_buff *skb)
{
	__u32 net[5], start[5];
	__u16 type;

	if (bpf_skb_load_bytes(skb, 0, start, sizeof(start)) ||
	    !lvs_load(skb, 0, net, sizeof(net)) ||
	    bpf_skb_load_bytes(skb, LVS_ETH_LEN - sizeof(type), &type,
			       sizeof(type)))
		return false;
	return type == skb->protocol &&
	       ((net[0] ^ start[0]) | (net[1] ^ start[1]) |
		(net[2] ^ start[2]) | (net[3] ^ start[3]) |
		(net[4] ^ start[4]));
}

static long take_off(struct __sk_buff *skb, const struct outer *o)
{
	__u16 type = o->inner == IPPROTO_IPIP ? bpf_htons(LVS_ETH_IPV4)
					      : bpf_htons(LVS_ETH_IPV6);
	bool other = skb->protocol != type, rename = other && is_named(skb);
	__u64 down = 0;
	long err;

	/* Before Linux 6.3 the family had to stay. */
	if (other)
		down = o->inner == IPPROTO_IPIP ? DECAP_IPV4 : DECAP_IPV6;
	err = bpf_skb_adjust_room(skb, -(__s32)o->len, BPF_ADJ_ROOM_MAC,
				  KEEP | down);
	if (!err && rename)
		bpf_skb_store_bytes(skb, LVS_ETH_LEN - sizeof(type), &type,
				    sizeof(type), 0);
	return err;
}

/*
 * RFC 6040 4.2: congestion that the way through the tunnel has met is the
 * inner packet's; one that cannot say so is dropped, so that its sender knows.
 */
static int unwrap(struct __sk_buff *skb, const struct outer *o)
{
	__u8 ecn;

	if (o->odd || !read_inner(skb, o, &ecn))
		return count(LVS_DECAP_ODD, TC_ACT_UNSPEC);
	if (o->ecn == ECN_CE && ecn == ECN_NOT_ECT)
		return count(LVS_DECAP_CONGESTED, TC_ACT_SHOT);
	if (take_off(skb, o))
		return count(LVS_DECAP_ODD, TC_ACT_UNSPEC);
	if (o->ecn == ECN_CE)
		bpf_skb_ecn_set_ce(skb);
	return count(LVS_DECAP_TAKEN, TC_ACT_UNSPEC);
}

SEC("tc")
int lvs_decap(struct __sk_buff *skb)
{
	struct outer o;

	if (skb->pkt_type != PACKET_HOST || lvs_is_of_vlan(skb) ||
	    !read_outer(skb, &o) || !is(&o.dst, LVS_DECAP_OWN))
		return TC_ACT_UNSPEC;
	if (o.fragment)
		return count(LVS_DECAP_FRAGMENT, TC_ACT_UNSPEC);
	if (!is_welcome(&o.src))
		return count(LVS_DECAP_STRANGER, TC_ACT_UNSPEC);
	return unwrap(skb, &o);
}
