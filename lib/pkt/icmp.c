/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * icmp.c - ICMP and ICMPv6 errors: made about a packet, and translated.
 */
#include "config.h"

#include "pkt/icmp.h"

#include "pkt/answer.h"

/* How errors leave: RFC 1812 4.3.2.5. */
#define ERROR_TOS 0xc0 /* precedence: internetwork control */
/* How long they may be, IP header included: RFC 1812 4.3.2.3. */
#define ERROR_MAX_V4 576

struct kind {
	uint8_t type, code;
};

static const struct kind kinds_v4[] = {
	[LVS_ICMP_PORT] = { LVS_ICMP_UNREACH, LVS_ICMP_UNREACH_PORT },
	[LVS_ICMP_HOST] = { LVS_ICMP_UNREACH, LVS_ICMP_UNREACH_HOST },
	[LVS_ICMP_TTL] = { LVS_ICMP_TIME, 0 },
	[LVS_ICMP_PART] = { LVS_ICMP_TIME, 1 },
	[LVS_ICMP_BIG] = { LVS_ICMP_UNREACH, LVS_ICMP_UNREACH_FRAG },
};

static const struct kind kinds_v6[] = {
	[LVS_ICMP_PORT] = { LVS_ICMP6_UNREACH, LVS_ICMP6_UNREACH_PORT },
	[LVS_ICMP_HOST] = { LVS_ICMP6_UNREACH, LVS_ICMP6_UNREACH_ADDR },
	[LVS_ICMP_TTL] = { LVS_ICMP6_TIME, 0 },
	[LVS_ICMP_PART] = { LVS_ICMP6_TIME, 1 },
	[LVS_ICMP_BIG] = { LVS_ICMP6_TOO_BIG, 0 },
};

static bool is_v4(const struct lvs_parsed *p)
{
	return p->flow.family == AF_INET;
}

/* A single host that an error can be sent to: not loopback, not class E. */
static bool is_sender(const struct lvs_parsed *p)
{
	static const union lvs_ip loopback6 = { .b = { [15] = 1 } };
	struct lvs_addr src = { .family = p->flow.family, .ip = p->flow.src };

	if (!lvs_addr_is_unicast(&src))
		return false;
	if (is_v4(p))
		return src.ip.b[0] != 0 && src.ip.b[0] != 127 &&
		       src.ip.b[0] < 0xe0;
	return !lvs_ip_equal(&src.ip, &loopback6);
}

static bool is_icmp_query(const struct lvs_parsed *p)
{
	if (!is_v4(p))
		return p->icmp_type >= LVS_ICMP6_INFO &&
		       p->icmp_type != LVS_ICMP6_REDIRECT;
	return p->icmp_type != LVS_ICMP_UNREACH &&
	       p->icmp_type != LVS_ICMP_QUENCH &&
	       p->icmp_type != LVS_ICMP_REDIRECT &&
	       p->icmp_type != LVS_ICMP_TIME && p->icmp_type != LVS_ICMP_PARAM;
}

bool lvs_icmp_may_answer(const struct lvs_pkt *pkt, const struct lvs_parsed *p,
			 enum lvs_icmp_error error)
{
	struct lvs_addr dst = { .family = p->flow.family, .ip = p->flow.dst };
	bool to_many = pkt->l2_len >= LVS_ETH_LEN && (pkt->data[0] & 1);

	if (p->kind != LVS_PKT_FLOW && p->kind != LVS_PKT_IPSEC &&
	    !(p->kind == LVS_PKT_ICMP && is_icmp_query(p)))
		return false;
	if (!lvs_addr_is_unicast(&dst))
		to_many = true;
	if (to_many && (is_v4(p) || error != LVS_ICMP_BIG))
		return false;
	return is_sender(p);
}

/* Bytes of IP packet that an ICMP checksum covers. */
static uint32_t icmp_len(const struct lvs_parsed *p)
{
	return p->l3_len - (uint32_t)(p->l4 - p->l3);
}

/* Sum of LEN bytes of ICMP at L4, in ICMPv6 with the pseudo-header of L3. */
static uint32_t icmp_sum(const unsigned char *l3, const unsigned char *l4,
			 uint16_t family, uint32_t len)
{
	uint32_t sum = lvs_csum_bytes(l4, len);

	if (family == AF_INET6)
		sum = lvs_csum_add(sum, lvs_csum_pseudo(l3, family,
							IPPROTO_ICMPV6, len));
	return sum;
}

static void icmp_csum_make(const unsigned char *l3, unsigned char *l4,
			   uint16_t family, uint32_t len)
{
	struct lvs_icmp *icmp = (struct lvs_icmp *)l4;

	icmp->csum = 0;
	icmp->csum = (uint16_t)~lvs_csum_fold(icmp_sum(l3, l4, family, len));
}

bool lvs_icmp_csum_ok(const struct lvs_pkt *pkt, const struct lvs_parsed *p)
{
	if (pkt->off.flags & LVS_OFF_CSUM)
		return true;
	return lvs_csum_fold(icmp_sum(pkt->data + p->l3, pkt->data + p->l4,
				      p->flow.family, icmp_len(p))) == 0xffff;
}

bool lvs_icmp_make(struct lvs_pkt *out, const struct lvs_pkt *pkt,
		   const struct lvs_parsed *p, enum lvs_icmp_error error,
		   const struct lvs_icmp_args *args)
{
	uint16_t family = p->flow.family;
	const struct kind same = { args->type, args->code };
	const struct kind *kind = error == LVS_ICMP_SAME ? &same
				  : is_v4(p)		 ? &kinds_v4[error]
							 : &kinds_v6[error];
	uint32_t ip_len = is_v4(p) ? LVS_IPV4_LEN : LVS_IPV6_LEN;
	uint32_t max = is_v4(p) ? ERROR_MAX_V4 : LVS_ICMP_ERROR_MAX;
	uint32_t head = ip_len + LVS_ICMP_LEN;
	uint32_t quote = p->l3_len < max - head ? p->l3_len : max - head;
	uint32_t len = p->l3 + head + quote;
	uint32_t room = out->len + out->tailroom;
	unsigned char *data = out->data, *l3, *l4;
	const struct lvs_answer answer = {
		.src = args->src,
		.len = LVS_ICMP_LEN + quote,
		.protocol = is_v4(p) ? IPPROTO_ICMP : IPPROTO_ICMPV6,
		.tos = ERROR_TOS,
		.id = args->id,
	};
	struct lvs_icmp *icmp;

	if (!lvs_icmp_may_answer(pkt, p, error))
		return false;
	if (out == pkt ? out->headroom < head : room < len)
		return false;
	if (out == pkt) { /* the quoted bytes stay where they are */
		data -= head;
		room += head;
		out->headroom -= head;
	}

	l3 = data + p->l3;
	l4 = l3 + ip_len;
	icmp = (struct lvs_icmp *)l4;
	memmove(l3 + head, pkt->data + p->l3, quote);
	lvs_answer_put_link(data, pkt, p->l3);
	lvs_answer_put_ip(l3, p, &answer);
	icmp->type = kind->type;
	icmp->code = kind->code;
	icmp->info_be = error == LVS_ICMP_BIG ? lvs_swap32(args->mtu) : 0;
	icmp_csum_make(l3, l4, family, answer.len);

	out->data = data;
	out->len = len;
	out->tailroom = room - len;
	out->l2_len = pkt->l2_len;
	out->off = (struct lvs_offload){ 0 };
	return true;
}

/* The address of the IP header at L3, and its checksum with it. */
static void put_addr(unsigned char *l3, const struct lvs_rewrite *rw,
		     bool source)
{
	struct lvs_ipv4 *ip = (struct lvs_ipv4 *)l3;
	struct lvs_ipv6 *ip6 = (struct lvs_ipv6 *)l3;

	if (rw->family == AF_INET6) {
		memcpy(source ? ip6->src : ip6->dst, rw->addr.b, 16);
		return;
	}
	if (source)
		ip->src_be = rw->addr.v4_be;
	else
		ip->dst_be = rw->addr.v4_be;
	ip->csum = 0;
	ip->csum = lvs_csum_of(l3, (ip->version_ihl & 15) * 4u);
}

/*
 * What is quoted had travelled the other way: where the error's source is
 * translated, it is the quoted packet's destination, and the reverse.  The
 * error's own address need not be the old one, a router may have sent it; so
 * no difference made before is of use.
 */
static enum lvs_reason translate(struct lvs_pkt *pkt,
				 const struct lvs_parsed *p,
				 const struct lvs_rewrite *rw, bool source)
{
	unsigned char *l3 = pkt->data + p->l3;
	unsigned char *port = pkt->data + p->inner_l4;

	if (p->first_fragment)
		return LVS_REASON_FRAGMENT;
	if (!lvs_icmp_csum_ok(pkt, p))
		return LVS_REASON_BAD_CSUM;
	put_addr(l3, rw, source);
	put_addr(pkt->data + p->inner_l3, rw, !source);
	if (!p->inner_fragment && lvs_has_ports(p->inner.protocol))
		lvs_store16(source ? port + 2 : port, rw->port_be);
	icmp_csum_make(l3, pkt->data + p->l4, p->flow.family, icmp_len(p));
	pkt->off.flags &= (uint8_t)~LVS_OFF_CSUM;
	return LVS_REASON_NONE;
}

enum lvs_reason lvs_icmp_rewrite_src(struct lvs_pkt *pkt,
				     const struct lvs_parsed *p,
				     const struct lvs_rewrite *rw)
{
	return translate(pkt, p, rw, true);
}

enum lvs_reason lvs_icmp_rewrite_dst(struct lvs_pkt *pkt,
				     const struct lvs_parsed *p,
				     const struct lvs_rewrite *rw)
{
	return translate(pkt, p, rw, false);
}
