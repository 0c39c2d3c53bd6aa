/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * late.bpf.c - a program at tc ingress, before late ports; for late.c.
 */
#include <linux/bpf.h>

#include "late.h"
#include <bpf/bpf_helpers.h>
#include <linux/pkt_cls.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct treatment);
} config SEC(".maps");

SEC("tc")
int late(struct __sk_buff *skb)
{
	__u32 zero = 0;
	const struct treatment *t = bpf_map_lookup_elem(&config, &zero);

	if (!t || skb->len != t->len)
		return TC_ACT_UNSPEC;
	skb->mark = t->mark;
	bpf_skb_change_type(skb, t->type);
	if (t->to)
		return (int)bpf_redirect(t->to, 0);
	return t->drop ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}
