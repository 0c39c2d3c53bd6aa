/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * load.h - a packet's bytes and tag, for programs at tc; only of the BPF
 * machine.
 */
#ifndef LVS_BPF_LOAD_H
#define LVS_BPF_LOAD_H

#include "pkt/wire.h"
#include <bpf/bpf_helpers.h>
#include <stdbool.h>

/* Of a tag: which VLAN.  0 is none, but a priority. */
#define LVS_VLAN_ID 0xfff

/*
 * A frame of a VLAN on top of this interface, which is an interface of its own:
 * it comes by there too, and is not ours here.  The tag is in no frame any
 * more, the NIC or the kernel has taken it out.
 */
static inline bool lvs_is_of_vlan(const struct __sk_buff *skb)
{
	return skb->vlan_present && skb->vlan_tci & LVS_VLAN_ID;
}

static inline bool lvs_load_linear(struct __sk_buff *skb, __u32 at, void *to,
				   __u32 len)
{
	return bpf_skb_load_bytes_relative(skb, at, to, len,
					   BPF_HDR_START_NET) == 0;
}

/*
 * LEN bytes into TO, AT bytes behind the beginning of the IP header; false: the
 * packet has not so many.  The helper reads what lies in one piece; a driver
 * may have put no more than the link header there.
 */
static inline bool lvs_load(struct __sk_buff *skb, __u32 at, void *to,
			    __u32 len)
{
	return lvs_load_linear(skb, at, to, len) ||
	       (bpf_skb_pull_data(skb, LVS_ETH_LEN + at + len) == 0 &&
		lvs_load_linear(skb, at, to, len));
}

#endif
