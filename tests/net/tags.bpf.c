/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tags.bpf.c - what a switch, or a VLAN device, does to frames; for vlan.sh.
 */
#include <linux/bpf.h>

#include "tags.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define VLAN_ID 0xfff

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tags);
} config SEC(".maps");

static bool is_meant(const struct __sk_buff *skb, const struct tags *tags)
{
	if (tags->of == TAGS_ANY)
		return true;
	if (tags->of == TAGS_UNTAGGED)
		return !skb->vlan_present;
	return skb->vlan_present && (skb->vlan_tci & VLAN_ID) == tags->of;
}

SEC("tc")
int tags(struct __sk_buff *skb)
{
	__u32 zero = 0;
	const struct tags *tags = bpf_map_lookup_elem(&config, &zero);

	if (!tags || !is_meant(skb, tags))
		return TC_ACT_UNSPEC;
	if (tags->pop && bpf_skb_vlan_pop(skb))
		return TC_ACT_SHOT;
	for (__u32 i = 0; i < TAGS_PUSH_MAX; i++)
		if (i < tags->count &&
		    bpf_skb_vlan_push(skb, bpf_htons(tags->push[i].type),
				      tags->push[i].tci))
			return TC_ACT_SHOT;
	if (tags->to)
		return (int)bpf_redirect(tags->to,
					 tags->in ? BPF_F_INGRESS : 0);
	return TC_ACT_UNSPEC;
}
