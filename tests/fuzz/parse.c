/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse.c - a fuzz target: any bytes as a packet with any offload state, then
 * all that lib/pkt does to packets.
 *
 * Nothing may touch a byte outside (the sanitizers see to that), and what was
 * right before must be right after, in the opinion of the oracle.
 *
 *	 0  bit 0: with link layer; bits 1-2: enum lvs_gso; bit 3: checksum to
 *	    be completed; bit 4: and its field made so; bit 5: ECN
 *	 1  gso_size, big-endian; also the MTU of fragments
 *	 3  csum_offset
 *	 4  csum_start, big-endian
 *	 6  the packet
 */
#include "config.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "pkt/encap.h"
#include "pkt/frag.h"
#include "pkt/icmp.h"
#include "pkt/join.h"
#include "pkt/offload.h"
#include "pkt/reset.h"
#include "unit/pkt/oracle.h"

#include <stdio.h>
#include <stdlib.h>

#define HEAD	   6
#define PACKET_MAX 70000
#define PIECES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(what)                                                             \
	do {                                                                   \
		if (!(what))                                                   \
			fail(#what, __LINE__);                                 \
	} while (0)

static void fail(const char *what, int line)
{
	fprintf(stderr, "parse.c:%d: not so: %s\n", line, what);
	abort();
}

static void judge(const unsigned char *ip, size_t len, int line)
{
	const char *wrong = oracle_judge(ip, len);

	if (wrong)
		fail(wrong, line);
}

#define JUDGE(ip, len) judge(ip, len, __LINE__)

static struct lvs_pkt *pkt_from(const uint8_t *data, size_t size)
{
	struct lvs_pkt *pkt;

	if (size < HEAD || size > PACKET_MAX)
		return NULL;
	pkt = oracle_pkt_of(data + HEAD, size - HEAD, data[0] & 1 ? 14 : 0);
	pkt->off.gso = data[0] >> 1 & 3;
	if (data[0] & 8)
		pkt->off.flags |= LVS_OFF_CSUM;
	if (data[0] & 32)
		pkt->off.flags |= LVS_OFF_ECN;
	pkt->off.gso_size = lvs_get16(data + 1);
	pkt->off.csum_offset = data[3];
	pkt->off.csum_start = lvs_get16(data + 4);
	return pkt;
}

static struct lvs_pkt *copy_of(const struct lvs_pkt *pkt)
{
	struct lvs_pkt *copy = oracle_pkt_of(pkt->data, pkt->len, pkt->l2_len);

	copy->off = pkt->off;
	return copy;
}

static bool is_ip(const struct lvs_parsed *p)
{
	return p->kind != LVS_PKT_BAD && p->flow.family != AF_UNSPEC;
}

static void check_offsets(const struct lvs_pkt *pkt, const struct lvs_parsed *p)
{
	uint32_t end = p->l3 + p->l3_len;

	if (p->kind == LVS_PKT_BAD || p->kind == LVS_PKT_OTHER) {
		MUST(p->kind == LVS_PKT_OTHER || p->reason);
		MUST(p->kind == LVS_PKT_BAD || !p->reason);
		return;
	}
	MUST(end <= pkt->len);
	if (p->kind == LVS_PKT_ARP)
		return;
	MUST(p->l3 < p->l4 && p->l4 <= p->payload && p->payload <= end);
	if (p->kind == LVS_PKT_ICMP_ERROR)
		MUST(p->inner_l3 == p->payload && p->inner_l4 <= end &&
		     p->inner.family == p->flow.family);
}

/* Right by all the oracle looks at, with nothing left to be done. */
static bool is_right(const struct lvs_pkt *pkt, const struct lvs_parsed *p)
{
	return !(pkt->off.flags & LVS_OFF_CSUM) &&
	       !oracle_judge(pkt->data + p->l3, p->l3_len);
}

static struct lvs_rewrite rewrite_of(const struct lvs_parsed *p, bool source)
{
	int six = oracle_index(p->flow.family);
	struct lvs_rewrite rw;

	lvs_rewrite_init(&rw, p->flow.family,
			 source ? &p->flow.src : &p->flow.dst,
			 source ? p->flow.sport_be : p->flow.dport_be,
			 &oracle_rs[six].ip, lvs_swap16(ORACLE_RPORT));
	return rw;
}

static void try_rewrite(const struct lvs_pkt *from, const struct lvs_parsed *p,
			bool source)
{
	struct lvs_pkt *pkt = copy_of(from);
	struct lvs_rewrite rw = rewrite_of(p, source);
	bool right = is_right(pkt, p);
	enum lvs_reason reason = source ? lvs_rewrite_src(pkt, p, &rw)
					: lvs_rewrite_dst(pkt, p, &rw);

	MUST(!reason || reason == LVS_REASON_FRAGMENT);
	if (!reason && p->ttl)
		lvs_ttl_decrement(pkt->data + p->l3, p->flow.family);
	if (right && pkt->off.gso == LVS_GSO_NONE)
		JUDGE(pkt->data + p->l3, p->l3_len);
	oracle_free(pkt);
}

/* With the field made what a sender that leaves the sum open writes. */
static void try_partial(const struct lvs_pkt *from, const struct lvs_parsed *p)
{
	struct lvs_pkt *pkt = copy_of(from);
	struct lvs_rewrite rw = rewrite_of(p, false);
	uint32_t len;

	lvs_pkt_trim(pkt, p);
	len = pkt->len - p->l4;
	oracle_make_partial(pkt, p->l3, p->l4, p->flow.protocol);
	lvs_rewrite_dst(pkt, p, &rw);
	lvs_csum_complete(pkt);
	/* A datagram shorter than its packet has no offloaded checksum. */
	if (p->ip_csum_ok && (p->flow.protocol != IPPROTO_UDP ||
			      lvs_get16(pkt->data + p->l4 + 4) == len))
		JUDGE(pkt->data + p->l3, p->l3_len);
	oracle_free(pkt);
}

/* PKT, a GSO packet that was parsed as one, in segments; L3 bytes of link. */
static void try_segments(const struct lvs_pkt *pkt, uint16_t l3)
{
	struct lvs_pkt out;
	struct lvs_seg seg;
	unsigned char *buf;

	MUST(!lvs_seg_init(&seg, pkt));
	buf = malloc(lvs_seg_bytes(&seg));
	lvs_pkt_init(&out, buf, lvs_seg_bytes(&seg), 0, 0, 0);
	for (int i = 0; i < PIECES_MAX && lvs_seg_next(&seg, &out); i++)
		JUDGE(out.data + l3, out.len - l3);
	free(buf);
}

static void try_encap(const struct lvs_pkt *from, const struct lvs_parsed *p,
		      uint16_t family)
{
	int six = oracle_index(family);
	struct lvs_pkt *pkt = copy_of(from);
	bool right = is_right(pkt, p);
	struct lvs_parsed outer;
	struct lvs_encap enc;

	lvs_encap_init(&enc, family, &oracle_vip[six].ip, &oracle_rs[six].ip,
		       true);
	if (!lvs_encap(pkt, p, &enc, 1)) {
		if (right)
			JUDGE(pkt->data + p->l3, pkt->len - p->l3);
		lvs_parse(pkt, &outer);
		if (pkt->off.gso != LVS_GSO_NONE) {
			try_segments(pkt, p->l3);
		} else {
			MUST(outer.kind == LVS_PKT_OTHER);
			MUST(lvs_decap(pkt, &outer));
			MUST(pkt->len == p->l3 + p->l3_len);
			MUST(!memcmp(pkt->data + p->l3, from->data + p->l3,
				     p->l3_len));
		}
	}
	oracle_free(pkt);
}

static void try_decap(const struct lvs_pkt *from, const struct lvs_parsed *p)
{
	struct lvs_pkt *pkt = copy_of(from);
	struct lvs_parsed inner;

	if (lvs_decap(pkt, p))
		lvs_parse(pkt, &inner);
	oracle_free(pkt);
}

static void try_errors(const struct lvs_pkt *from, const struct lvs_parsed *p,
		       enum lvs_icmp_error error)
{
	static unsigned char buf[LVS_ICMP_ERROR_MAX + 64];
	struct lvs_icmp_args args = { .mtu = 1400, .id = 1 };
	struct lvs_pkt *pkt = copy_of(from), out;
	bool made;

	lvs_pkt_init(&out, buf, sizeof(buf), 0, 0, 0);
	made = lvs_icmp_make(&out, from, p, error, &args);
	MUST(made == lvs_icmp_make(pkt, pkt, p, error, &args));
	if (made) {
		JUDGE(out.data + p->l3, out.len - p->l3);
		MUST(out.len == pkt->len);
		MUST(!memcmp(out.data, pkt->data, out.len));
	}
	oracle_free(pkt);
}

static void try_icmp_rewrite(const struct lvs_pkt *from,
			     const struct lvs_parsed *p, bool source)
{
	struct lvs_pkt *pkt = copy_of(from);
	struct lvs_rewrite rw = rewrite_of(p, source);
	enum lvs_reason reason = source ? lvs_icmp_rewrite_src(pkt, p, &rw)
					: lvs_icmp_rewrite_dst(pkt, p, &rw);

	if (reason == LVS_REASON_NONE)
		JUDGE(pkt->data + p->l3, p->l3_len);
	else
		MUST(!memcmp(pkt->data, from->data, from->len));
	oracle_free(pkt);
}

/* PKT, if it is a fragment, into JOIN; false: it is none. */
static bool add_piece(struct lvs_join *join, const struct lvs_pkt *pkt,
		      enum lvs_join_result *result, size_t *bytes)
{
	struct lvs_frag_info info;
	struct lvs_parsed p;

	lvs_parse(pkt, &p);
	if (p.kind != LVS_PKT_FRAGMENT && !p.first_fragment)
		return false;
	lvs_frag_read(pkt, &p, &info);
	*result = lvs_join_add(join, &lvs_mem_default, pkt, &p, &info, bytes);
	return true;
}

/* What JOIN makes must be the IPv4 packet PKT again, but for its sum. */
static void check_joined(const struct lvs_join *join, const struct lvs_pkt *pkt,
			 const struct lvs_parsed *p)
{
	const unsigned char *was = pkt->data + p->l3;
	uint32_t len = lvs_join_len(join);
	unsigned char *buf = malloc(len);
	struct lvs_frag_how how;
	struct lvs_pkt out;

	lvs_pkt_init(&out, buf, len, 0, 0, 0);
	lvs_join_make(join, &out, &how);
	MUST(out.len == p->l3_len && len == out.len);
	MUST(!memcmp(out.data, was, 6));
	MUST(!memcmp(out.data + 8, was + 8, 2));
	MUST(!memcmp(out.data + 12, was + 12, len - 12));
	free(buf);
}

/* The COUNT pieces of PKT, all there are, last one first. */
static void try_join(struct lvs_pkt *pieces[], int count,
		     const struct lvs_pkt *pkt, const struct lvs_parsed *p)
{
	enum lvs_join_result result = LVS_JOIN_TAKEN;
	struct lvs_join join = { 0 };
	size_t bytes = 0;
	int i = count;

	while (i > 0 && add_piece(&join, pieces[i - 1], &result, &bytes))
		MUST(result == (--i ? LVS_JOIN_TAKEN : LVS_JOIN_WHOLE));
	if (i == 0)
		check_joined(&join, pkt, p);
	lvs_join_free(&join, &lvs_mem_default, &bytes);
	MUST(bytes == 0);
}

/* A fragment that comes twice brings nothing new. */
static void try_twice(const struct lvs_pkt *pkt)
{
	enum lvs_join_result result;
	struct lvs_join join = { 0 };
	size_t bytes = 0;

	if (add_piece(&join, pkt, &result, &bytes) &&
	    result == LVS_JOIN_TAKEN) {
		add_piece(&join, pkt, &result, &bytes);
		MUST(result == LVS_JOIN_TWICE);
	}
	lvs_join_free(&join, &lvs_mem_default, &bytes);
	MUST(bytes == 0);
}

static void try_fragments(const struct lvs_pkt *from,
			  const struct lvs_parsed *p, uint32_t mtu)
{
	struct lvs_pkt *pkt = copy_of(from), *pieces[PIECES_MAX], out;
	/* Of what is OTHER, the field may lie in the IP header. */
	bool header_right =
		p->kind != LVS_PKT_OTHER || !(pkt->off.flags & LVS_OFF_CSUM);
	struct lvs_frag_how how = {
		.mtu = mtu,
		.common = LVS_IPV6_LEN,
		.next = offsetof(struct lvs_ipv6, next),
	};
	struct lvs_frag frag;
	unsigned char *buf;
	int count = 0;

	if (!lvs_frag_init(&frag, pkt, p->l3, &how)) {
		buf = malloc(p->l3 + mtu);
		lvs_pkt_init(&out, buf, p->l3 + mtu, 0, 0, 0);
		while (count < PIECES_MAX && lvs_frag_next(&frag, &out)) {
			MUST(out.len <= p->l3 + mtu);
			if (header_right && (count || !frag.done))
				JUDGE(out.data + p->l3, out.len - p->l3);
			pieces[count++] =
				oracle_pkt_of(out.data, out.len, pkt->l2_len);
		}
		free(buf);
		if (frag.done && count > 1 && header_right &&
		    p->kind != LVS_PKT_FRAGMENT && !p->first_fragment)
			try_join(pieces, count, pkt, p);
		while (count > 0)
			oracle_free(pieces[--count]);
	}
	oracle_free(pkt);
}

static void try_reset(const struct lvs_pkt *from, const struct lvs_parsed *p)
{
	struct lvs_pkt *pkt = copy_of(from);

	if (lvs_reset_may_answer(pkt, p)) {
		lvs_reset_make(pkt, p);
		JUDGE(pkt->data + p->l3, pkt->len - p->l3);
	}
	oracle_free(pkt);
}

static void try_all(const struct lvs_pkt *pkt, const struct lvs_parsed *p,
		    uint32_t mtu)
{
	if (p->kind == LVS_PKT_FLOW || p->kind == LVS_PKT_IPSEC ||
	    p->kind == LVS_PKT_FRAGMENT) {
		try_rewrite(pkt, p, true);
		try_rewrite(pkt, p, false);
	}
	if (p->kind == LVS_PKT_FLOW && !p->first_fragment)
		try_partial(pkt, p);
	if (p->kind == LVS_PKT_ICMP_ERROR) {
		try_icmp_rewrite(pkt, p, true);
		try_icmp_rewrite(pkt, p, false);
	}
	if (p->kind != LVS_PKT_OTHER) {
		try_encap(pkt, p, AF_INET);
		try_encap(pkt, p, AF_INET6);
	}
	try_decap(pkt, p);
	for (enum lvs_icmp_error e = LVS_ICMP_PORT; e <= LVS_ICMP_BIG; e++)
		try_errors(pkt, p, e);
	if (p->kind == LVS_PKT_FLOW && pkt->off.gso != LVS_GSO_NONE)
		try_segments(pkt, p->l3);
	if (p->kind == LVS_PKT_FLOW && pkt->off.gso == LVS_GSO_NONE)
		try_reset(pkt, p);
	try_twice(pkt);
	if (p->flow.family == AF_INET && pkt->off.gso == LVS_GSO_NONE)
		try_fragments(pkt, p, mtu);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lvs_pkt *pkt = pkt_from(data, size);
	struct lvs_parsed p;

	if (!pkt)
		return 0;
	lvs_parse(pkt, &p);
	check_offsets(pkt, &p);
	if (is_ip(&p))
		try_all(pkt, &p, lvs_get16(data + 1));
	oracle_free(pkt);
	return 0;
}
