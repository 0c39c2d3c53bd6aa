/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * encap.c - outer headers in all four combinations of families.
 *
 * That a kernel makes the same ones of real packets is tested in recorded.c.
 */
#include "config.h"

#include "check.h"
#include "pkt/encap.h"
#include "pkt/offload.h"
#include "unit/pkt/oracle.h"

#include <stdlib.h>

#define ID 0xabcd

static struct lvs_encap tunnel(int family, bool copy_df)
{
	int six = oracle_index(family);
	struct lvs_encap enc;

	lvs_encap_init(&enc, (uint16_t)family, &oracle_vip[six].ip,
		       &oracle_rs[six].ip, copy_df);
	return enc;
}

static bool is_tunnelled(const struct lvs_parsed *p)
{
	return p->kind != LVS_PKT_OTHER && p->kind != LVS_PKT_BAD;
}

/* The outer packet is right, and taken off again it is what it was. */
static void there_and_back(const struct oracle_spec *s, int family)
{
	int six = oracle_index(family);
	struct lvs_encap enc = tunnel(family, true);
	struct lvs_pkt *pkt = oracle_pkt(s), was;
	unsigned char copy[2048];
	struct lvs_parsed p, q;
	const char *wrong;

	lvs_parse(pkt, &p);
	memcpy(copy, pkt->data, pkt->len);
	was = *pkt;
	if (is_tunnelled(&p)) {
		ck_assert_uint_eq(lvs_encap(pkt, &p, &enc, ID),
				  LVS_REASON_NONE);
		ck_assert_msg(pkt->len == was.len - s->padding + enc.len, "%s",
			      s->what);
		ck_assert_uint_eq(pkt->headroom, was.headroom - enc.len);
		ck_assert_uint_eq(pkt->tailroom, s->padding);
		if (s->quote != 20) {
			wrong = oracle_judge(pkt->data + p.l3, pkt->len - p.l3);
			ck_assert_msg(!wrong, "%s: %s", s->what, wrong);
		}
		lvs_parse(pkt, &q);
		ck_assert_uint_eq(q.kind, LVS_PKT_OTHER);
		ck_assert_uint_eq(q.l3, p.l3);
		ck_assert_int_eq(q.flow.family, family);
		ck_assert_int_eq(q.flow.protocol, s->family == AF_INET
							  ? IPPROTO_IPIP
							  : IPPROTO_IPV6);
		ck_assert(lvs_ip_equal(&q.flow.src, &oracle_vip[six].ip));
		ck_assert(lvs_ip_equal(&q.flow.dst, &oracle_rs[six].ip));
		ck_assert_uint_eq(q.ttl, p.ttl);
		ck_assert(lvs_decap(pkt, &q));
		ck_assert_ptr_eq(pkt->data, was.data);
		ck_assert_uint_eq(pkt->len, was.len - s->padding);
		ck_assert_uint_eq(pkt->headroom, was.headroom);
		ck_assert_msg(!memcmp(pkt->data, copy, pkt->len),
			      "%s: there and back is as before", s->what);
	}
	oracle_free(pkt);
}

START_TEST(every_packet_in_both_families)
{
	for (const struct oracle_spec *s = oracle_specs; s->what; s++) {
		there_and_back(s, AF_INET);
		there_and_back(s, AF_INET6);
	}
}
END_TEST

static const struct {
	const char *what;
	int inner, outer;
	unsigned tos;
	unsigned tos_out;
} classes[] = {
	{ "plain", AF_INET, AF_INET, 0, 0 },
	{ "DSCP is copied", AF_INET, AF_INET, 0xb8, 0xb8 },
	{ "ECT(1) is copied", AF_INET, AF_INET, 0xb9, 0xb9 },
	{ "ECT(0) is copied", AF_INET, AF_INET, 0xba, 0xba },
	{ "CE becomes ECT(0)", AF_INET, AF_INET, 0xbb, 0xba },
	{ "CE becomes ECT(0), in IPv6", AF_INET, AF_INET6, 0xbb, 0xba },
	{ "CE becomes ECT(0), IPv6 in IPv4", AF_INET6, AF_INET, 0xff, 0xfe },
	{ "DSCP is copied, IPv6", AF_INET6, AF_INET6, 0xb8, 0xb8 },
};

START_TEST(traffic_classes)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
		struct oracle_spec spec = { .family = classes[i].inner,
					    .protocol = IPPROTO_TCP,
					    .ttl = 17,
					    .tos = classes[i].tos };
		struct lvs_encap enc = tunnel(classes[i].outer, true);
		struct lvs_pkt *pkt = oracle_pkt(&spec);
		struct lvs_parsed p, q;

		lvs_parse(pkt, &p);
		lvs_encap(pkt, &p, &enc, ID);
		lvs_parse(pkt, &q);
		ck_assert_msg(q.tos == classes[i].tos_out, "%s: %02x",
			      classes[i].what, q.tos);
		ck_assert_uint_eq(q.ttl, 17);
		if (classes[i].outer == AF_INET6) /* no flow label */
			ck_assert(!(lvs_get32(pkt->data) & 0xfffff));
		oracle_free(pkt);
	}
}
END_TEST

static const struct {
	const char *what;
	int inner, protocol;
	bool df, copy_df;
	unsigned frag_out, id_out;
} dfs[] = {
	{ "DF is copied, and needs no ID", AF_INET, IPPROTO_UDP, true, true,
	  0x4000, 0 },
	{ "no DF, so an ID", AF_INET, IPPROTO_UDP, false, true, 0, ID },
	{ "DF not copied without pmtu_disc", AF_INET, IPPROTO_UDP, true, false,
	  0, ID },
	{ "no DF around IPv6, whose next header has that bit", AF_INET6,
	  IPPROTO_PIM, false, true, 0, ID },
};

START_TEST(dont_fragment)
{
	for (size_t i = 0; i < sizeof(dfs) / sizeof(*dfs); i++) {
		struct oracle_spec spec = { .family = dfs[i].inner,
					    .protocol = dfs[i].protocol,
					    .df = dfs[i].df };
		struct lvs_encap enc = tunnel(AF_INET, dfs[i].copy_df);
		struct lvs_pkt *pkt = oracle_pkt(&spec);
		struct lvs_parsed p;

		lvs_parse(pkt, &p);
		lvs_encap(pkt, &p, &enc, ID);
		ck_assert_msg(lvs_get16(pkt->data + 6) == dfs[i].frag_out &&
				      lvs_get16(pkt->data + 4) == dfs[i].id_out,
			      "%s", dfs[i].what);
		oracle_free(pkt);
	}
}
END_TEST

START_TEST(an_unfinished_checksum_moves_along)
{
	static const int families[] = { AF_INET, AF_INET6 };

	for (int i = 0; i < 4; i++) {
		struct oracle_spec spec = { "", families[i & 1], IPPROTO_TCP,
					    14, .payload = 77 };
		struct lvs_encap enc = tunnel(families[i >> 1], true);
		struct lvs_pkt *pkt = oracle_pkt(&spec);
		struct lvs_parsed p, q;

		lvs_parse(pkt, &p);
		oracle_make_partial(pkt, p.l3, p.l4, p.flow.protocol);
		lvs_encap(pkt, &p, &enc, ID);
		ck_assert(pkt->off.flags & LVS_OFF_CSUM);
		ck_assert(!lvs_offload_fits(pkt, true, true));
		lvs_csum_complete(pkt);
		ck_assert_pstr_eq(oracle_judge(pkt->data + 14, pkt->len - 14),
				  NULL);
		lvs_parse(pkt, &q);
		ck_assert(lvs_decap(pkt, &q));
		oracle_free(pkt);
	}
}
END_TEST

START_TEST(decap_moves_an_unfinished_checksum_back)
{
	struct oracle_spec spec = { "", AF_INET6, IPPROTO_UDP, 14,
				    .payload = 77 };
	struct lvs_encap enc = tunnel(AF_INET, true);
	struct lvs_pkt *pkt = oracle_pkt(&spec);
	struct lvs_parsed p, q;

	lvs_parse(pkt, &p);
	oracle_make_partial(pkt, p.l3, p.l4, p.flow.protocol);
	lvs_encap(pkt, &p, &enc, ID);
	lvs_parse(pkt, &q);
	ck_assert(lvs_decap(pkt, &q));
	ck_assert_uint_eq(pkt->off.csum_start, p.l4);
	lvs_csum_complete(pkt);
	ck_assert_pstr_eq(oracle_judge(pkt->data + 14, pkt->len - 14), NULL);
	oracle_free(pkt);
}
END_TEST

START_TEST(no_room_in_front)
{
	for (int six = 0; six < 2; six++) {
		struct oracle_spec spec = { "", AF_INET, IPPROTO_UDP,
					    .link = 14 };
		struct lvs_encap enc = tunnel(six ? AF_INET6 : AF_INET, true);
		struct lvs_pkt *pkt = oracle_pkt(&spec);
		uint32_t headroom = pkt->headroom;
		struct lvs_parsed p;

		lvs_parse(pkt, &p);
		pkt->headroom = enc.len - 1u;
		ck_assert_uint_eq(lvs_encap(pkt, &p, &enc, ID),
				  LVS_REASON_NO_ROOM);
		pkt->headroom = headroom;
		ck_assert_pstr_eq(oracle_judge(pkt->data + 14, pkt->len - 14),
				  NULL);
		oracle_free(pkt);
	}
}
END_TEST

/* 65535 bytes in all is the most; a GSO packet becomes smaller ones. */
START_TEST(too_long)
{
	static const struct {
		unsigned payload;
		bool gso;
		enum lvs_reason reason;
	} rows[] = {
		{ 65535 - 20 - 40, false, LVS_REASON_NONE },
		{ 65535 - 20 - 40 + 1, false, LVS_REASON_TOO_BIG },
		{ 65535 - 20 - 40 + 1, true, LVS_REASON_NONE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct oracle_spec spec = { "", AF_INET, IPPROTO_TCP, 14,
					    .payload = rows[i].payload };
		struct lvs_encap enc = tunnel(AF_INET, true);
		struct lvs_pkt *pkt = oracle_pkt(&spec);
		struct lvs_parsed p;

		pkt->off.gso = rows[i].gso ? LVS_GSO_TCPV4 : LVS_GSO_NONE;
		pkt->off.gso_size = 1000;
		lvs_parse(pkt, &p);
		ck_assert_uint_eq(lvs_encap(pkt, &p, &enc, ID), rows[i].reason);
		ck_assert(!(pkt->off.flags & LVS_OFF_ENCAP) == !rows[i].gso);
		oracle_free(pkt);
	}
}
END_TEST

static const struct {
	const char *what;
	int family, protocol;
	unsigned frag, payload;
	unsigned char first; /* byte of what is inside */
} not_tunnels[] = {
	{ "GRE", AF_INET, IPPROTO_GRE, 0, 40, 0x45 },
	{ "too short inside", AF_INET, IPPROTO_IPIP, 0, 19, 0x45 },
	{ "too short inside, IPv6", AF_INET6, IPPROTO_IPV6, 0, 39, 0x60 },
	{ "IPv6 that says it is IPv4", AF_INET, IPPROTO_IPIP, 0, 40, 0x60 },
	{ "IPv4 that says it is IPv6", AF_INET, IPPROTO_IPV6, 0, 40, 0x45 },
	{ "a first fragment", AF_INET, IPPROTO_IPIP, 0x2000, 40, 0x45 },
	{ "a later fragment", AF_INET6, IPPROTO_IPV6, 8, 40, 0x60 },
};

START_TEST(what_is_no_tunnel_packet)
{
	for (size_t i = 0; i < sizeof(not_tunnels) / sizeof(*not_tunnels);
	     i++) {
		struct oracle_spec spec = {
			.family = not_tunnels[i].family,
			.protocol = not_tunnels[i].protocol,
			.frag = not_tunnels[i].frag,
			.payload = not_tunnels[i].payload,
		};
		struct lvs_pkt *pkt = oracle_pkt(&spec);
		struct lvs_parsed p;

		lvs_parse(pkt, &p);
		pkt->data[p.l4] = not_tunnels[i].first;
		ck_assert_msg(!lvs_decap(pkt, &p), "%s", not_tunnels[i].what);
		oracle_free(pkt);
	}
}
END_TEST

LVS_TEST_MAIN("pkt/encap", every_packet_in_both_families, traffic_classes,
	      dont_fragment, an_unfinished_checksum_moves_along,
	      decap_moves_an_unfinished_checksum_back, no_room_in_front,
	      too_long, what_is_no_tunnel_packet)
