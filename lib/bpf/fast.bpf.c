/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fast.bpf.c - forward at tc ingress what is in the engine's table of flows.
 *
 * What is forwarded, and how, is written in lvs/fast.h; whatever else comes
 * goes on to the next program untouched.  Every packet of the host comes by
 * here, so those that are not in the table are what must be quick.
 *
 * Headers are read where they lie, and written by one helper: who writes to a
 * packet himself has the kernel copy each one that somebody else looks at too.
 * That a checksum is still to be completed only a helper can see.
 */
#include <linux/bpf.h>

#include "bpf/fast_read.h"
#include "pkt/mark.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The longest IP packet that a header can tell of. */
#define LEN_MAX 65535

/* The longest packet that the kernel makes room in, if it is not several. */
#define ROOM_MAX 16000

/* What the IPv4 header's sum changes by when the TTL is one less. */
#define TTL_DIFF (0xffffu - bpf_htons(0x0100))
/* And that of an IPv6 header, with one hop less. */
#define HOPS_DIFF (0xffffu - bpf_htons(0x0001))

/*
 * Segments are as long as they were said to be.  IP has no checksum of its
 * payload: what the interface has verified is the inner packet's.
 */
#define KEEP (BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_NO_CSUM_RESET)

/* Words of whatever is there. */
typedef __u32 __attribute__((may_alias)) word;
typedef __u64 __attribute__((may_alias)) long_word;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lvs_fast_state);
} fast_state SEC(".maps");

/* LVS_FAST_WAYS for each bucket. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, LVS_FAST_WAYS);
	__type(key, __u32);
	__type(value, struct lvs_fast_flow);
} fast_flows SEC(".maps");

/* Buckets less one, from the loader. */
const volatile __u32 fast_mask = 0;

/* Identification of the next outer IPv4 header. */
__u64 fast_ident = 0;

/* ---- the table ------------------------------------------------------------
 */

INLINE bool same_key(const struct lvs_fast_key *a, const struct lvs_fast_key *b)
{
	const long_word *x = (const long_word *)a;
	const long_word *y = (const long_word *)b;

	return x[0] == y[0] && x[2] == y[2] && x[4] == y[4] && x[1] == y[1] &&
	       x[3] == y[3];
}

/*
 * What is at AT stays in memory.  In registers it would not have room, and in
 * the places for those the verifier takes a part of a number for an attempt to
 * change the pointer that was there before.
 */
INLINE void settle(void *at)
{
	asm volatile("" : : "r"(at) : "memory");
}

/* A look at what others write: now, and whole. */
INLINE __u32 look(const __u32 *at)
{
	return *(const volatile __u32 *)at;
}

/*
 * Elements of the map one by one, and no bucket with flows at an offset: of a
 * pointer that differs by the way the verifier wants to know where it came
 * from.
 */
INLINE struct lvs_fast_flow *find(const struct lvs_fast_key *key,
				  const struct lvs_fast_state *state)
{
	__u32 first =
		(lvs_fast_hash(key, state->seed) & fast_mask) * LVS_FAST_WAYS;

	for (__u32 i = 0; i < LVS_FAST_WAYS; i++) {
		__u32 at = first + i;
		struct lvs_fast_flow *flow =
			bpf_map_lookup_elem(&fast_flows, &at);

		if (flow && same_key(&flow->key, key) &&
		    !(look(&flow->version) & 1) &&
		    look(&flow->generation) == look(&state->generation))
			return flow;
	}
	return NULL;
}

/* The second line of a flow, from `link` on, and the outer header. */
struct action {
	__u32 link, mtu;
	unsigned char l2[14];
	__u8 steps, outer_len;
	__u32 addr_be[4];
	__u16 port_be;
	__u8 outer_family, spare;
	__u32 dest;
	unsigned char outer[40];
} __attribute__((aligned(8)));

/* Whether ACT may be done to P. */
INLINE bool fits(struct __sk_buff *skb, const struct lvs_fast_packet *p,
		 const struct action *act)
{
	__u32 segment = skb->gso_size;

	if (p->no_sum && act->steps & (LVS_FAST_SRC | LVS_FAST_DST))
		return false;
	if ((segment ? segment + p->heads : p->len) > act->mtu)
		return false;
	if (!(act->steps & LVS_FAST_OUTER))
		return true;
	/* What is behind the packet cannot be cut off several. */
	return segment ? skb->len == LVS_ETH_LEN + p->len
		       : skb->len + act->outer_len <= ROOM_MAX;
}

/*
 * What to do with P, as FLOW says, if that is P's and the packet is one that it
 * may be done to.  Counts the packet.
 *
 * Nobody stops the engine from writing FLOW meanwhile, so the version is looked
 * at before and after, and what is between is of one flow if it is the same.
 * The atomic calls keep that order on every machine.  What was counted for
 * nothing stays: one packet too many, of a flow that just went.
 */
INLINE bool take(struct __sk_buff *skb, const struct lvs_fast_packet *p,
		 struct lvs_fast_flow *flow, struct action *act)
{
	__u32 version = look(&flow->version);
	__u64 was;

	was = __sync_lock_test_and_set(&flow->used, bpf_ktime_get_coarse_ns());
	asm volatile("" : : "r"(was) : "memory");
	__builtin_memcpy(act, &flow->link, sizeof(*act));
	settle(act);
	if (version & 1 || !same_key(&flow->key, &p->key) || !fits(skb, p, act))
		return false;
	was = __sync_fetch_and_add(&flow->bytes, p->len);
	asm volatile("" : : "r"(was) : "memory");
	was = __sync_fetch_and_add(&flow->packets, 1);
	asm volatile("" : : "r"(was) : "memory");
	return look(&flow->version) == version;
}

/* ---- sums (RFC 1071, RFC 1624) --------------------------------------------
 */

INLINE __u32 fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u32)((sum & 0xffff) + (sum >> 16));
}

/* What a sum changes by when the word WAS becomes NOW. */
INLINE __u64 differ(__u32 was, __u32 now)
{
	return (__u64)(__u32)~was + now;
}

INLINE __u64 sum_words(const word *words, __u32 count)
{
	__u64 sum = 0;

	for (__u32 i = 0; i < count; i++)
		sum += words[i];
	return sum;
}

/* The transport's checksum, HEAD bytes behind the IP header. */
INLINE bool patch_l4(struct __sk_buff *skb, __u32 head,
		     const struct lvs_fast_packet *p, const struct action *act)
{
	__u32 at = p->at + head;
	__u16 was =
		act->steps & LVS_FAST_SRC ? p->key.sport_be : p->key.dport_be;
	__u64 udp = 0;

	if (p->key.protocol == IPPROTO_TCP) {
		at += __builtin_offsetof(struct tcphdr, check);
	} else {
		at += __builtin_offsetof(struct udphdr, check);
		udp = BPF_F_MARK_MANGLED_0;
	}
	if (bpf_l4_csum_replace(skb, at, 0, p->diff, BPF_F_PSEUDO_HDR | udp))
		return false;
	return was == act->port_be ||
	       bpf_l4_csum_replace(skb, at, was, act->port_be,
				   sizeof(was) | udp) == 0;
}

/* ---- writing --------------------------------------------------------------
 */

/* Headers as they are written, all at once; IP's at an address of words. */
struct head4 {
	__u16 room;
	unsigned char eth[LVS_ETH_LEN];
	struct iphdr ip;
	__u16 sport_be, dport_be;
} __attribute__((aligned(8)));

struct head6 {
	__u16 room;
	unsigned char eth[LVS_ETH_LEN];
	struct ipv6hdr ip;
	__u16 sport_be, dport_be;
} __attribute__((aligned(8)));

#define PORTS_LEN (2 * sizeof(__u16))

/* Congestion that was met inside is not repeated outside (RFC 3168 9.1.1). */
INLINE __u8 outer_tos(__u8 inner)
{
	return (inner & 3) == 3 ? inner & ~1 : inner;
}

/* A packet of segments may be longer than a header can say. */
INLINE __u16 outer_len(__u32 len)
{
	return len > LEN_MAX ? 0 : bpf_htons((__u16)len);
}

/* Room for the outer header of ACT, if it has one, behind the link header. */
INLINE bool make_room(struct __sk_buff *skb, struct lvs_fast_packet *p,
		      const struct action *act)
{
	__u64 family = act->outer_len == LVS_IPV4_LEN
			       ? BPF_F_ADJ_ROOM_ENCAP_L3_IPV4
			       : BPF_F_ADJ_ROOM_ENCAP_L3_IPV6;

	if (!(act->steps & LVS_FAST_OUTER))
		return true;
	/* Short frames are padded, which is nothing to be sent on. */
	if (skb->len > LVS_ETH_LEN + p->len &&
	    bpf_skb_change_tail(skb, LVS_ETH_LEN + p->len, 0))
		return false;
	p->at += act->outer_len;
	return bpf_skb_adjust_room(skb, act->outer_len, BPF_ADJ_ROOM_MAC,
				   KEEP | family) == 0;
}

INLINE __u8 inner_protocol(const struct lvs_fast_packet *p)
{
	return p->key.family == AF_INET ? IPPROTO_IPIP : IPPROTO_IPV6;
}

/* Of how many P will be.  What neighbours send, the kernel has not counted. */
INLINE __u32 segments(struct __sk_buff *skb, const struct lvs_fast_packet *p)
{
	__u32 size = skb->gso_size;

	return size ? (p->len - p->heads + size - 1) / size : 1;
}

static __noinline bool put_outer4(struct __sk_buff *skb,
				  const struct lvs_fast_packet *p,
				  const struct action *act)
{
	bool df = p->df && act->steps & LVS_FAST_DF;
	struct head4 head;

	__builtin_memcpy(head.eth, act->l2, sizeof(head.eth));
	__builtin_memcpy(&head.ip, act->outer, sizeof(head.ip));
	head.ip.tos = outer_tos(p->tos);
	head.ip.tot_len = outer_len(p->len + sizeof(head.ip));
	head.ip.id = 0;
	head.ip.frag_off = 0;
	if (df)
		head.ip.frag_off = bpf_htons(LVS_IPV4_DF);
	else
		head.ip.id = bpf_htons(
			(__u16)__sync_fetch_and_add(&fast_ident,
						    segments(skb, p)));
	head.ip.ttl = p->ttl;
	head.ip.protocol = inner_protocol(p);
	head.ip.check = 0;
	head.ip.check = (__u16)~fold(sum_words((const word *)&head.ip, 5));
	return bpf_skb_store_bytes(skb, 0, head.eth,
				   LVS_ETH_LEN + sizeof(head.ip), 0) == 0;
}

static __noinline bool put_outer6(struct __sk_buff *skb,
				  const struct lvs_fast_packet *p,
				  const struct action *act)
{
	struct head6 head;

	__builtin_memcpy(head.eth, act->l2, sizeof(head.eth));
	__builtin_memcpy(&head.ip, act->outer, sizeof(head.ip));
	*(word *)&head.ip |= bpf_htonl((__u32)outer_tos(p->tos) << 20);
	head.ip.payload_len = outer_len(p->len);
	head.ip.nexthdr = inner_protocol(p);
	head.ip.hop_limit = p->ttl;
	bpf_csum_update(skb, fold(sum_words((const word *)&head.ip, 10)));
	return bpf_skb_store_bytes(skb, 0, head.eth,
				   LVS_ETH_LEN + sizeof(head.ip), 0) == 0;
}

/*
 * Out with P: ETH has its link header, the IP header of HEAD bytes, and the
 * ports.
 */
INLINE int leave(struct __sk_buff *skb, const struct lvs_fast_packet *p,
		 const struct action *act, const unsigned char *eth, __u32 head)
{
	if (act->steps & LVS_FAST_OUTER) {
		if (bpf_skb_store_bytes(skb, p->at, eth + LVS_ETH_LEN,
					head + PORTS_LEN, 0))
			return TC_ACT_SHOT;
		if (act->outer_len == LVS_IPV4_LEN ? !put_outer4(skb, p, act)
						   : !put_outer6(skb, p, act))
			return TC_ACT_SHOT;
	} else if (bpf_skb_store_bytes(skb, 0, eth,
				       LVS_ETH_LEN + head + PORTS_LEN, 0)) {
		return TC_ACT_SHOT;
	}
	/* A claim that stands before this program has marked it. */
	if (skb->mark == LVS_CLAIMED_MARK)
		skb->mark = 0;
	return (int)bpf_redirect(act->link, 0);
}

/* ---- both families --------------------------------------------------------
 *
 * What is written is chosen by value, each at its own place: an address on the
 * stack that differs by the way the verifier does not let pass.
 */

/* Returns what the sum of the addresses has changed by. */
INLINE __u32 rewrite4(struct head4 *head, const struct action *act)
{
	bool source = act->steps & LVS_FAST_SRC;
	__u32 diff = fold(differ(source ? head->ip.saddr : head->ip.daddr,
				 act->addr_be[0]));

	head->ip.saddr = source ? act->addr_be[0] : head->ip.saddr;
	head->ip.daddr = source ? head->ip.daddr : act->addr_be[0];
	head->sport_be = source ? act->port_be : head->sport_be;
	head->dport_be = source ? head->dport_be : act->port_be;
	return diff;
}

INLINE int forward_ipv4(struct __sk_buff *skb, struct lvs_fast_packet *p,
			struct lvs_fast_flow *flow)
{
	void *data = (void *)(long)skb->data;
	struct action act;
	struct head4 head;

	if (data + IPV4_END > (void *)(long)skb->data_end)
		return TC_ACT_UNSPEC;
	head.ip = *(const struct iphdr *)(data + LVS_ETH_LEN);
	if (head.ip.ttl <= 1 ||
	    fold(sum_words((const word *)&head.ip, 5)) != 0xffff ||
	    !take(skb, p, flow, &act))
		return TC_ACT_UNSPEC;
	if (!make_room(skb, p, &act))
		return TC_ACT_UNSPEC;
	head.sport_be = p->key.sport_be;
	head.dport_be = p->key.dport_be;
	if (act.steps & (LVS_FAST_SRC | LVS_FAST_DST)) {
		p->diff = rewrite4(&head, &act);
		if (!patch_l4(skb, sizeof(head.ip), p, &act))
			return TC_ACT_SHOT;
	}
	head.ip.ttl--;
	head.ip.check =
		(__u16)~fold((__u64)(__u16)~head.ip.check + p->diff + TTL_DIFF);
	__builtin_memcpy(head.eth, act.l2, sizeof(head.eth));
	p->tos = head.ip.tos;
	p->ttl = head.ip.ttl;
	p->df = head.ip.frag_off & bpf_htons(LVS_IPV4_DF);
	return leave(skb, p, &act, head.eth, sizeof(head.ip));
}

INLINE __u32 rewrite6(struct head6 *head, const struct action *act)
{
	bool source = act->steps & LVS_FAST_SRC;
	word *src = (word *)&head->ip.saddr, *dst = (word *)&head->ip.daddr;
	__u64 diff = 0;

	for (int i = 0; i < 4; i++) {
		diff += differ(source ? src[i] : dst[i], act->addr_be[i]);
		src[i] = source ? act->addr_be[i] : src[i];
		dst[i] = source ? dst[i] : act->addr_be[i];
	}
	head->sport_be = source ? act->port_be : head->sport_be;
	head->dport_be = source ? head->dport_be : act->port_be;
	return fold(diff);
}

/*
 * This header has no checksum, so what changes in it changes the sum of the
 * whole packet too, where the interface has made one.
 */
INLINE int forward_ipv6(struct __sk_buff *skb, struct lvs_fast_packet *p,
			struct lvs_fast_flow *flow)
{
	void *data = (void *)(long)skb->data;
	struct action act;
	struct head6 head;

	if (data + IPV6_END > (void *)(long)skb->data_end)
		return TC_ACT_UNSPEC;
	head.ip = *(const struct ipv6hdr *)(data + LVS_ETH_LEN);
	if (head.ip.hop_limit <= 1 || !take(skb, p, flow, &act))
		return TC_ACT_UNSPEC;
	if (!make_room(skb, p, &act))
		return TC_ACT_UNSPEC;
	head.sport_be = p->key.sport_be;
	head.dport_be = p->key.dport_be;
	if (act.steps & (LVS_FAST_SRC | LVS_FAST_DST)) {
		p->diff = rewrite6(&head, &act);
		if (!patch_l4(skb, sizeof(head.ip), p, &act))
			return TC_ACT_SHOT;
	}
	head.ip.hop_limit--;
	bpf_csum_update(skb, fold((__u64)p->diff + HOPS_DIFF));
	__builtin_memcpy(head.eth, act.l2, sizeof(head.eth));
	p->tos = (__u8)(bpf_ntohl(*(const word *)&head.ip) >> 20);
	p->ttl = head.ip.hop_limit;
	return leave(skb, p, &act, head.eth, sizeof(head.ip));
}

SEC("tc")
int lvs_fast(struct __sk_buff *skb)
{
	const struct lvs_fast_state *state;
	struct lvs_fast_flow *flow;
	struct lvs_fast_packet p = { .at = LVS_ETH_LEN };
	__u32 zero = 0;
	bool v4;

	/* Of another host, unless a claim has made it so. */
	if (skb->pkt_type != PACKET_HOST && skb->mark != LVS_CLAIMED_MARK)
		return TC_ACT_UNSPEC;
	if (skb->vlan_present || skb->mark == LVS_HANDED_MARK)
		return TC_ACT_UNSPEC;
	v4 = skb->protocol == bpf_htons(LVS_ETH_IPV4);
	if (v4 ? !lvs_fast_read_ipv4(skb, &p)
	       : skb->protocol != bpf_htons(LVS_ETH_IPV6) ||
			    !lvs_fast_read_ipv6(skb, &p))
		return TC_ACT_UNSPEC;
	settle(&p);
	state = bpf_map_lookup_elem(&fast_state, &zero);
	flow = state ? find(&p.key, state) : NULL;
	if (!flow)
		return TC_ACT_UNSPEC;
	return v4 ? forward_ipv4(skb, &p, flow) : forward_ipv6(skb, &p, flow);
}
