/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * claim.bpf.c - keep from the host at tc ingress what the director has taken,
 * and let in what it hands back.
 *
 * Maps say what that is: `claimed` and `nets`, which the loader fills, and
 * `direct`, which the program fills itself with flows between a real server and
 * somebody who addresses it, and not a virtual service, through this host.
 * Whatever cannot be read or is not claimed goes on to the next program, and so
 * to the host, as if none of this were here.
 *
 * Ports that are served behind the program must still get what it claims, and
 * nobody else: with `late` it marks that and makes it another host's, which no
 * IP stack looks at.
 *
 * The door stands at the tc egress of lo: what the host backend sends there it
 * puts where the packet first came in, past the wire.
 */
#include <linux/bpf.h>

#include "bpf/claim_map.h"
#include "bpf/claim_read.h"
#include "pkt/mark.h"
#include <bpf/bpf_helpers.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define TCP_SYN 0x02
#define TCP_ACK 0x10

/* Flows past the director, and datagrams in flight, at one time. */
#define DIRECT_MAX   16384
#define FRAGMENT_MAX 4096

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct lvs_claim_key);
	__type(value, __u32);
} claimed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct lvs_claim_net);
	__type(value, struct lvs_claim_ports);
} nets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lvs_claim_config);
} config SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LVS_CLAIM_KINDS);
	__type(key, __u32);
	__type(value, __u64);
} dropped SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, DIRECT_MAX);
	__type(key, struct lvs_claim_flow);
	__type(value, __u8);
} direct SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FRAGMENT_MAX);
	__type(key, struct lvs_claim_datagram);
	__type(value, __u8);
} fragments SEC(".maps");

/* Destinations that the host forwards to, as its routing said lately. */
#define FORWARDED_BITS 10
#define FORWARDED_TIME 1000000000ull

struct forwarded {
	struct lvs_claim_addr dst;
	__u64 until;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1 << FORWARDED_BITS);
	__type(key, __u32);
	__type(value, struct forwarded);
} forwarded SEC(".maps");

/*
 * A prog array loses its programs with the last descriptor of it in user space:
 * a tc filter outlives its process, what it calls does not.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, LVS_CLAIM_PROGRAMS);
	__type(key, __u32);
	__type(value, __u32);
} behind_gate SEC(".maps");

/* What becomes of a packet: one of these, or a lvs_claim_kind. */
#define PASS (-1)

/* ---- judging --------------------------------------------------------------
 */

/*
 * The last of STEPS that begins at PORT or before.  Without a branch, as the
 * verifier would follow each of them, and so every way through the search; nor
 * is there a number that is either 0 or -1, of which it makes a branch itself.
 * Without CAP_PERFMON it refuses a place in the map that differs by the way.
 */
static __u32 find_step(const struct lvs_claim_step *steps, __u16 port)
{
	__u32 at = 0;

	for (int bit = LVS_CLAIM_STEP_BITS - 1; bit >= 0; bit--) {
		__u32 next = (at + (1u << bit)) & (LVS_CLAIM_STEPS - 1);
		__s64 ahead = (__s64)steps[next].port - port - 1;
		__u64 fits = (__u64)ahead >> 63; /* 1: NEXT is not ahead */

		asm volatile("" : "+r"(fits)); /* or it is a branch again */
		at += (__u32)(fits << bit);
	}
	return at & (LVS_CLAIM_STEPS - 1);
}

static __u32 look_up_net(const struct lvs_claim_flow *flow,
			 const struct lvs_claim_addr *addr, __u16 port_be)
{
	struct lvs_claim_net key = {
		.plen = LVS_CLAIM_NET_HEAD + 8 * sizeof(*addr),
		.family = flow->family,
		.protocol = flow->protocol,
		.addr = *addr,
	};
	struct lvs_claim_ports *ports = bpf_map_lookup_elem(&nets, &key);

	if (!ports)
		return 0;
	return ports->steps[find_step(ports->steps, bpf_ntohs(port_be))].claims;
}

static __u32 claims_of(const struct lvs_claim_flow *flow,
		       const struct lvs_claim_addr *addr, __u16 port_be)
{
	struct lvs_claim_key key = {
		.addr = *addr,
		.port_be = port_be,
		.protocol = flow->protocol,
		.family = flow->family,
	};
	struct lvs_claim_config *conf;
	__u32 *claims, all, zero = 0;

	claims = bpf_map_lookup_elem(&claimed, &key);
	all = claims ? *claims : 0;
	conf = bpf_map_lookup_elem(&config, &zero);
	if (conf && conf->any_port && port_be) {
		key.port_be = 0;
		claims = bpf_map_lookup_elem(&claimed, &key);
		all |= claims ? *claims : 0;
	}
	if (conf && conf->nets)
		all |= look_up_net(flow, addr, port_be);
	return all;
}

/*
 * Not static, so that the verifier looks at it once and not in every state that
 * a caller can be in: a tenth of its work.  It takes Linux 5.12.
 */
__noinline __u32 look_up(const struct lvs_claim_flow *flow,
			 const struct lvs_claim_addr *addr, __u16 port_be);

__u32 look_up(const struct lvs_claim_flow *flow,
	      const struct lvs_claim_addr *addr, __u16 port_be)
{
	return flow && addr ? claims_of(flow, addr, port_be) : 0;
}

static void turn(const struct lvs_claim_flow *flow, struct lvs_claim_flow *back)
{
	*back = *flow;
	back->src = flow->dst;
	back->dst = flow->src;
	back->sport_be = flow->dport_be;
	back->dport_be = flow->sport_be;
}

static void remember_direct(const struct lvs_claim_flow *flow)
{
	__u8 one = 1;

	if (!bpf_map_lookup_elem(&direct, flow))
		bpf_map_update_elem(&direct, flow, &one, BPF_ANY);
}

/* A real server that opens a connection itself replies to nobody. */
static bool is_opening(struct __sk_buff *skb, const struct packet *p)
{
	struct lvs_tcp tcp;

	return p->flow.protocol == IPPROTO_TCP &&
	       lvs_load(skb, p->l4, &tcp, sizeof(tcp)) &&
	       (tcp.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

static bool same_addr(const struct lvs_claim_addr *a,
		      const struct lvs_claim_addr *b)
{
	return ((a->word_be[0] ^ b->word_be[0]) |
		(a->word_be[1] ^ b->word_be[1]) |
		(a->word_be[2] ^ b->word_be[2]) |
		(a->word_be[3] ^ b->word_be[3])) == 0;
}

/* Whether the host's routing sends P on, rather than keep it or lose it. */
static bool routes(struct __sk_buff *skb, const struct packet *p)
{
	struct bpf_fib_lookup fib = { .ifindex = skb->ifindex };
	long ret;

	fib.family = p->flow.family;
	if (p->flow.family == AF_INET) {
		fib.ipv4_src = p->flow.src.word_be[0];
		fib.ipv4_dst = p->flow.dst.word_be[0];
	} else {
		__builtin_memcpy(fib.ipv6_src, &p->flow.src, 16);
		__builtin_memcpy(fib.ipv6_dst, &p->flow.dst, 16);
	}
	ret = bpf_fib_lookup(skb, &fib, sizeof(fib), 0);
	return ret != BPF_FIB_LKUP_RET_NOT_FWDED &&
	       ret != BPF_FIB_LKUP_RET_FWD_DISABLED;
}

/* The same, remembered for a second: routing costs more than all the rest. */
static bool is_forwarded(struct __sk_buff *skb, const struct packet *p)
{
	const struct lvs_claim_addr *dst = &p->flow.dst;
	__u32 slot = (dst->word_be[0] ^ dst->word_be[1] ^ dst->word_be[2] ^
		      dst->word_be[3]) *
			     0x9e3779b1u >>
		     (32 - FORWARDED_BITS);
	struct forwarded *known = bpf_map_lookup_elem(&forwarded, &slot);
	__u64 now = bpf_ktime_get_ns();

	if (known && known->until > now && same_addr(&known->dst, dst))
		return true;
	if (!routes(skb, p))
		return false;
	if (known) {
		known->dst = *dst;
		known->until = now + FORWARDED_TIME;
	}
	return true;
}

/*
 * FLOW is P's, or that of the packet that the error P quotes, turned round: so
 * an error is judged as what its sender would have answered.
 */
static int judge(struct __sk_buff *skb, const struct packet *p,
		 const struct lvs_claim_flow *flow, bool error)
{
	__u32 to = look_up(flow, &flow->dst, flow->dport_be);
	struct lvs_claim_flow back;
	__u32 from;

	if (to & LVS_CLAIM_VIRTUAL)
		return LVS_CLAIM_REQUEST;
	from = look_up(flow, &flow->src, flow->sport_be);
	if (from & LVS_CLAIM_ANSWERS)
		return LVS_CLAIM_REPLY;
	if (from & LVS_CLAIM_REAL) {
		if (bpf_map_lookup_elem(&direct, flow) || !is_forwarded(skb, p))
			return PASS;
		if (!is_opening(skb, p))
			return LVS_CLAIM_REPLY;
		remember_direct(flow);
	}
	if ((to & LVS_CLAIM_REAL) && !error) {
		turn(flow, &back);
		remember_direct(&back);
	}
	return PASS;
}

static int judge_error(struct __sk_buff *skb, const struct packet *p)
{
	__u32 quote = p->l4 + sizeof(struct lvs_icmp);
	struct lvs_claim_flow back;
	struct packet inner;

	if (!read_packet(skb, p->flow.family, quote, &inner) || inner.later)
		return PASS;
	turn(&inner.flow, &back);
	return judge(skb, p, &back, true) == PASS ? PASS : LVS_CLAIM_ERROR;
}

static bool is_echo(struct __sk_buff *skb, const struct packet *p)
{
	__u8 type;

	if (p->flow.protocol != (p->flow.family == AF_INET ? IPPROTO_ICMP
							   : IPPROTO_ICMPV6) ||
	    !lvs_load(skb, p->l4, &type, sizeof(type)))
		return false;
	return type ==
	       (p->flow.family == AF_INET ? LVS_ICMP_ECHO : LVS_ICMP6_ECHO);
}

/* Ping of a virtual address that the host has not: it would send that on. */
static int judge_echo(struct __sk_buff *skb, const struct packet *p)
{
	struct lvs_claim_key key = {
		.addr = p->flow.dst,
		.protocol = p->flow.protocol,
		.family = p->flow.family,
	};

	if (bpf_map_lookup_elem(&claimed, &key) && routes(skb, p))
		return LVS_CLAIM_REQUEST;
	return PASS;
}

/* All fragments go the way of the first. */
static int judge_fragment(const struct packet *p, int first)
{
	struct lvs_claim_datagram datagram = {
		.src = p->flow.src,
		.dst = p->flow.dst,
		.id_be = p->id_be,
		.protocol = p->flow.protocol,
		.family = p->flow.family,
	};
	__u8 one = 1;

	if (p->later)
		return bpf_map_lookup_elem(&fragments, &datagram)
			       ? LVS_CLAIM_FRAGMENT
			       : PASS;
	if (first != PASS)
		bpf_map_update_elem(&fragments, &datagram, &one, BPF_ANY);
	return first;
}

static int judge_packet(struct __sk_buff *skb, const struct packet *p)
{
	int verdict = PASS;

	if (p->later)
		return judge_fragment(p, PASS);
	if (has_ports(p->flow.protocol))
		verdict = judge(skb, p, &p->flow, false);
	else if (is_error(skb, p))
		verdict = judge_error(skb, p);
	else if (is_echo(skb, p))
		verdict = judge_echo(skb, p);
	return p->more ? judge_fragment(p, verdict) : verdict;
}

/*
 * As the packet socket's filter has it (lib/io/psock.c): nothing of a VLAN, and
 * what is behind a second tag is for nobody here.
 */
static __u8 family_of(const struct __sk_buff *skb)
{
	if (lvs_is_of_vlan(skb))
		return 0;
	return skb->protocol == bpf_htons(LVS_ETH_IPV4)	  ? AF_INET
	       : skb->protocol == bpf_htons(LVS_ETH_IPV6) ? AF_INET6
							  : 0;
}

static bool is_late(void)
{
	__u32 zero = 0;
	const struct lvs_claim_config *conf =
		bpf_map_lookup_elem(&config, &zero);

	return conf && conf->late;
}

/* From the host; a port behind this program has it, if there is one. */
static int take(struct __sk_buff *skb)
{
	if (!is_late())
		return TC_ACT_SHOT;
	skb->mark = LVS_CLAIMED_MARK;
	return bpf_skb_change_type(skb, PACKET_OTHERHOST) ? TC_ACT_SHOT
							  : TC_ACT_UNSPEC;
}

/*
 * To the host, whoever the frame was to: it had been the host's.  A port that
 * is still to be served must not take it for one more.
 */
static int give(struct __sk_buff *skb)
{
	if (!is_late())
		skb->mark = 0;
	bpf_skb_change_type(skb, PACKET_HOST);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int lvs_claim(struct __sk_buff *skb)
{
	struct packet p;
	__u64 *count;
	__u32 kind;
	__u8 family;
	int verdict;

	if (skb->mark == LVS_HANDED_MARK)
		return give(skb);
	if (skb->pkt_type != PACKET_HOST)
		return TC_ACT_UNSPEC;
	family = family_of(skb);
	if (!family || !read_packet(skb, family, 0, &p))
		return TC_ACT_UNSPEC;
	verdict = judge_packet(skb, &p);
	if (verdict == PASS)
		return TC_ACT_UNSPEC;
	kind = (__u32)verdict;
	count = bpf_map_lookup_elem(&dropped, &kind);
	if (count)
		++*count;
	return take(skb);
}

SEC("tc")
int lvs_claim_gate(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &behind_gate, LVS_CLAIM_ENTRANCE);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int lvs_door(struct __sk_buff *skb)
{
	__u32 link = skb->mark & LVS_DOOR_LINKS;

	if ((skb->mark & ~LVS_DOOR_LINKS) != LVS_DOOR_MARK)
		return TC_ACT_UNSPEC;
	skb->mark = LVS_HANDED_MARK;
	return (int)bpf_redirect(link, BPF_F_INGRESS);
}

SEC("tc")
int lvs_door_gate(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &behind_gate, LVS_CLAIM_DOOR);
	return TC_ACT_UNSPEC;
}
