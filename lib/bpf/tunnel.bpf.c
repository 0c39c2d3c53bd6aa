/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tunnel.bpf.c - at tc egress, tell the kernel that TCP segments lie behind an
 * outer header.
 *
 * The packet comes with its outer header written and offload state as far as
 * struct virtio_net_hdr can say it: these are segments of TCP, whose header is
 * there.  The kernel knows an outer header only if it has put it there itself.
 * So ours is taken off, and the kernel makes room for one of that family; into
 * it goes what was there before.  The rest of the packet does not move.
 */
#include <linux/bpf.h>

#include "pkt/mark.h"
#include "pkt/wire.h"
#include <bpf/bpf_helpers.h>
#include <linux/in.h>
#include <linux/pkt_cls.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Of Linux 6.3, in newer <linux/bpf.h>: what is left is IPv4, or IPv6. */
#define DECAP_IPV4 (1ull << 7)
#define DECAP_IPV6 (1ull << 8)

/* Segments are as long as they were said to be; no checksum is touched. */
#define KEEP (BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_NO_CSUM_RESET)

/* In place of the outer header, LEN bytes of HEAD, one that the kernel knows.
 */
static long put_anew(struct __sk_buff *skb, const unsigned char *head,
		     __u32 len, __u8 inner)
{
	__u64 down = inner == IPPROTO_IPIP ? DECAP_IPV4 : DECAP_IPV6;
	__u64 up = len == LVS_IPV4_LEN ? BPF_F_ADJ_ROOM_ENCAP_L3_IPV4
				       : BPF_F_ADJ_ROOM_ENCAP_L3_IPV6;
	long err;

	err = bpf_skb_adjust_room(skb, -(__s32)len, BPF_ADJ_ROOM_MAC,
				  KEEP | down);
	if (!err)
		err = bpf_skb_adjust_room(skb, (__s32)len, BPF_ADJ_ROOM_MAC,
					  KEEP | up);
	if (!err)
		err = bpf_skb_store_bytes(skb, LVS_ETH_LEN, head, len, 0);
	return err;
}

SEC("tc")
int lvs_tunnel(struct __sk_buff *skb)
{
	unsigned char head[LVS_IPV6_LEN];
	const struct lvs_ipv4 *ip = (const void *)head;
	const struct lvs_ipv6 *ip6 = (const void *)head;
	__u8 inner;
	long err;

	if (skb->mark != LVS_TUNNEL_MARK)
		return TC_ACT_UNSPEC;
	skb->mark = 0;
	/* A packet of segments is longer than that. */
	if (!skb->gso_size ||
	    bpf_skb_load_bytes(skb, LVS_ETH_LEN, head, sizeof(head)))
		return TC_ACT_UNSPEC;
	inner = head[0] >> 4 == 4 ? ip->protocol : ip6->next;
	if (inner != IPPROTO_IPIP && inner != IPPROTO_IPV6)
		return TC_ACT_UNSPEC;
	if (head[0] >> 4 == 4)
		err = put_anew(skb, head, LVS_IPV4_LEN, inner);
	else
		err = put_anew(skb, head, LVS_IPV6_LEN, inner);
	return err ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}
