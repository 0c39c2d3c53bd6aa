/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * icmp.c - errors made and errors translated.
 *
 * That a kernel makes the same of real packets is tested in recorded.c.
 */
#include "config.h"

#include "check.h"
#include "pkt/icmp.h"
#include "unit/pkt/oracle.h"

#define ROOM (LVS_ICMP_ERROR_MAX + 18)

static const struct {
	const char *what;
	enum lvs_icmp_error error;
	unsigned type4, code4, type6, code6;
} errors[] = {
	{ "port unreachable", LVS_ICMP_PORT, 3, 3, 1, 4 },
	{ "host unreachable", LVS_ICMP_HOST, 3, 1, 1, 3 },
	{ "time exceeded", LVS_ICMP_TTL, 11, 0, 3, 0 },
	{ "reassembly time exceeded", LVS_ICMP_PART, 11, 1, 3, 1 },
	{ "too big", LVS_ICMP_BIG, 3, 4, 2, 0 },
};

static const struct lvs_icmp_args args = { .mtu = 1280, .id = 0x4321 };

/* PKT is an error of row I about ABOUT, of which P is the shape. */
static void check_error(const struct lvs_pkt *pkt, size_t i,
			const unsigned char *about, const struct lvs_parsed *p)
{
	bool six = p->flow.family == AF_INET6;
	uint32_t head = six ? 48 : 28, max = six ? 1280 : 576;
	uint32_t quote = p->l3_len < max - head ? p->l3_len : max - head;
	struct lvs_parsed q;

	lvs_parse(pkt, &q);
	ck_assert_pstr_eq(oracle_judge(pkt->data + p->l3, pkt->len - p->l3),
			  NULL);
	ck_assert_uint_eq(q.l3_len, head + quote);
	ck_assert_uint_eq(pkt->len, p->l3 + q.l3_len);
	ck_assert_uint_eq(q.icmp_type, six ? errors[i].type6 : errors[i].type4);
	ck_assert_uint_eq(q.icmp_code, six ? errors[i].code6 : errors[i].code4);
	ck_assert_uint_eq(lvs_get32(pkt->data + q.l4 + 4),
			  errors[i].error == LVS_ICMP_BIG ? 1280 : 0);
	ck_assert(lvs_ip_equal(&q.flow.dst, &p->flow.src));
	ck_assert(lvs_ip_equal(&q.flow.src, &p->flow.dst));
	ck_assert(!memcmp(pkt->data + q.payload, about + p->l3, quote));
	if (p->l3) { /* link addresses exchanged, type and tag as before */
		ck_assert(!memcmp(pkt->data, about + 6, 6));
		ck_assert(!memcmp(pkt->data + 6, about, 6));
		ck_assert(!memcmp(pkt->data + 12, about + 12, p->l3 - 12u));
	}
}

static bool is_answered(const struct lvs_parsed *p)
{
	return p->kind == LVS_PKT_FLOW || p->kind == LVS_PKT_IPSEC ||
	       (p->kind == LVS_PKT_ICMP && p->inner.family == AF_UNSPEC &&
		(p->icmp_type == 8 || p->icmp_type == 128));
}

START_TEST(about_every_packet)
{
	static unsigned char buf[ROOM];

	for (const struct oracle_spec *s = oracle_specs; s->what; s++) {
		for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
			struct lvs_pkt *pkt = oracle_pkt(s), out;
			struct lvs_parsed p;
			unsigned char was[2048];
			bool made;

			lvs_parse(pkt, &p);
			memcpy(was, pkt->data, pkt->len);
			lvs_pkt_init(&out, buf, sizeof(buf), 0, 0, 0);
			made = lvs_icmp_make(&out, pkt, &p, errors[i].error,
					     &args);
			ck_assert_msg(made == is_answered(&p), "%s, %s",
				      errors[i].what, s->what);
			ck_assert(!memcmp(was, pkt->data, pkt->len));
			if (made) {
				check_error(&out, i, was, &p);
				ck_assert(lvs_icmp_make(pkt, pkt, &p,
							errors[i].error,
							&args));
				check_error(pkt, i, was, &p);
			}
			oracle_free(pkt);
		}
	}
}
END_TEST

START_TEST(from_an_address_of_our_own)
{
	struct lvs_icmp_args own = { 0 };

	for (int six = 0; six < 2; six++) {
		struct oracle_spec spec = { "", six ? AF_INET6 : AF_INET,
					    IPPROTO_UDP, .ttl = 1 };
		struct lvs_pkt *pkt = oracle_pkt(&spec);
		struct lvs_parsed p, q;

		lvs_parse(pkt, &p);
		own.src = &oracle_rs[six].ip;
		ck_assert(lvs_icmp_make(pkt, pkt, &p, LVS_ICMP_TTL, &own));
		lvs_parse(pkt, &q);
		ck_assert(lvs_ip_equal(&q.flow.src, own.src));
		ck_assert_pstr_eq(oracle_judge(pkt->data, pkt->len), NULL);
		oracle_free(pkt);
	}
}
END_TEST

START_TEST(room_is_needed)
{
	static unsigned char buf[ROOM];
	struct oracle_spec spec = { "", AF_INET, IPPROTO_UDP, 14,
				    .payload = 10 };
	struct lvs_pkt *pkt = oracle_pkt(&spec), out;
	uint32_t headroom = pkt->headroom;
	struct lvs_parsed p;

	lvs_parse(pkt, &p);
	lvs_pkt_init(&out, buf, 14 + 28 + 38, 0, 0, 0);
	ck_assert(lvs_icmp_make(&out, pkt, &p, LVS_ICMP_PORT, &args));
	ck_assert_uint_eq(out.tailroom, 0);
	lvs_pkt_init(&out, buf, 14 + 28 + 37, 0, 0, 0);
	ck_assert(!lvs_icmp_make(&out, pkt, &p, LVS_ICMP_PORT, &args));
	pkt->headroom = 27;
	ck_assert(!lvs_icmp_make(pkt, pkt, &p, LVS_ICMP_PORT, &args));
	pkt->headroom = headroom;
	oracle_free(pkt);
}
END_TEST

static const struct {
	const char *what;
	int family;
	unsigned at; /* of the frame */
	const char *bytes;
	size_t len;
	bool answered, answered_big;
} never[] = {
	{ "to a link-level group", AF_INET, 0, "\3", 1, false, false },
	{ "to a link-level group, IPv6", AF_INET6, 0, "\x33", 1, false, true },
	{ "to a multicast address", AF_INET, 14 + 16, "\xe0\0\0\5", 4, false,
	  false },
	{ "to a multicast address, IPv6", AF_INET6, 14 + 24, "\xff\2", 2, false,
	  true },
	{ "to the broadcast address", AF_INET, 14 + 16, "\xff\xff\xff\xff", 4,
	  false, false },
	{ "from nobody", AF_INET, 14 + 12, "\0\0\0\0", 4, false, false },
	{ "from nobody, IPv6", AF_INET6, 14 + 8,
	  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, false, false },
	{ "from the loopback", AF_INET, 14 + 12, "\x7f\0\0\1", 4, false,
	  false },
	{ "from the loopback, IPv6", AF_INET6, 14 + 8,
	  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16, false, false },
	{ "from a multicast address", AF_INET, 14 + 12, "\xe0\0\0\5", 4, false,
	  false },
	{ "from a multicast address, IPv6", AF_INET6, 14 + 8, "\xff\2", 2,
	  false, false },
	{ "from class E", AF_INET, 14 + 12, "\xf0\0\0\5", 4, false, false },
	{ "from a common address", AF_INET, 14 + 12, "\x0a\0\0\5", 4, true,
	  true },
};

START_TEST(where_no_error_may_be_sent)
{
	for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++) {
		struct oracle_spec spec = { "", never[i].family, IPPROTO_UDP,
					    .link = 14 };
		struct lvs_pkt *pkt = oracle_pkt(&spec);
		struct lvs_parsed p;

		memcpy(pkt->data + never[i].at, never[i].bytes, never[i].len);
		lvs_parse(pkt, &p);
		ck_assert_msg(lvs_icmp_may_answer(pkt, &p, LVS_ICMP_TTL) ==
				      never[i].answered,
			      "%s", never[i].what);
		ck_assert_msg(lvs_icmp_may_answer(pkt, &p, LVS_ICMP_BIG) ==
				      never[i].answered_big,
			      "%s", never[i].what);
		oracle_free(pkt);
	}
}
END_TEST

START_TEST(errors_are_not_answered)
{
	static const unsigned types4[] = { 3, 4, 5, 11, 12 };
	static const unsigned types6[] = { 1, 2, 3, 4, 100, 127, 137 };

	for (unsigned type = 0; type < 256; type++) {
		struct oracle_spec four = { "", AF_INET, IPPROTO_ICMP,
					    .icmp = type << 8 };
		struct oracle_spec six = { "", AF_INET6, IPPROTO_ICMPV6,
					   .icmp = type << 8 };
		struct lvs_pkt *pkt = oracle_pkt(&four);
		struct lvs_parsed p;
		bool error = false;

		for (size_t i = 0; i < sizeof(types4) / sizeof(*types4); i++)
			error |= types4[i] == type;
		lvs_parse(pkt, &p);
		ck_assert_msg(lvs_icmp_may_answer(pkt, &p, LVS_ICMP_TTL) !=
				      error,
			      "type %u", type);
		oracle_free(pkt);

		error = type < 128;
		for (size_t i = 0; i < sizeof(types6) / sizeof(*types6); i++)
			error |= types6[i] == type;
		pkt = oracle_pkt(&six);
		lvs_parse(pkt, &p);
		ck_assert_msg(lvs_icmp_may_answer(pkt, &p, LVS_ICMP_TTL) !=
				      error,
			      "ICMPv6 type %u", type);
		oracle_free(pkt);
	}
}
END_TEST

/* Translate the error of S; SOURCE: its source, which is the client here. */
static void translated(const struct oracle_spec *s, bool source)
{
	int six = oracle_index(s->family);
	uint16_t port = lvs_swap16(ORACLE_RPORT);
	struct lvs_pkt *pkt = oracle_pkt(s);
	const union lvs_ip *rs = &oracle_rs[six].ip;
	unsigned char was[2048];
	struct lvs_rewrite rw;
	struct lvs_parsed p, q;
	const char *wrong;

	lvs_parse(pkt, &p);
	memcpy(was, pkt->data, pkt->len);
	lvs_rewrite_init(&rw, (uint16_t)s->family,
			 source ? &p.flow.src : &p.flow.dst, 0, rs, port);
	ck_assert_uint_eq(source ? lvs_icmp_rewrite_src(pkt, &p, &rw)
				 : lvs_icmp_rewrite_dst(pkt, &p, &rw),
			  LVS_REASON_NONE);
	lvs_parse(pkt, &q);
	ck_assert_uint_eq(q.kind, LVS_PKT_ICMP_ERROR);
	wrong = oracle_judge(pkt->data + p.l3, p.l3_len);
	ck_assert_msg(!wrong, "%s: %s", s->what, wrong);

	ck_assert(lvs_ip_equal(&q.flow.src, source ? rs : &p.flow.src));
	ck_assert(lvs_ip_equal(&q.flow.dst, source ? &p.flow.dst : rs));
	ck_assert(lvs_ip_equal(&q.inner.src, source ? &p.inner.src : rs));
	ck_assert(lvs_ip_equal(&q.inner.dst, source ? rs : &p.inner.dst));
	ck_assert_uint_eq(q.inner.sport_be, source ? p.inner.sport_be : port);
	ck_assert_uint_eq(q.inner.dport_be, source ? port : p.inner.dport_be);
	/* What follows the quoted ports, a checksum maybe, stays. */
	ck_assert(!memcmp(pkt->data + q.inner_l4 + 4, was + p.inner_l4 + 4,
			  pkt->len - p.inner_l4 - 4));
	if (!six) /* the quoted header's checksum is right again */
		ck_assert_uint_eq(lvs_csum_ipv4(pkt->data + q.inner_l3), 0);
	oracle_free(pkt);
}

START_TEST(every_error_in_both_directions)
{
	size_t count = 0;

	for (const struct oracle_spec *s = oracle_specs; s->what; s++) {
		if (!s->quoted || s->quote == 20)
			continue;
		translated(s, true);
		translated(s, false);
		count++;
	}
	ck_assert_uint_ge(count, 5);
}
END_TEST

START_TEST(a_router_between_may_send_the_error)
{
	struct oracle_spec spec = {
		"", AF_INET,	     IPPROTO_ICMP,
		14, .icmp = 11 << 8, .quoted = IPPROTO_UDP
	};
	struct lvs_pkt *pkt = oracle_pkt(&spec);
	struct lvs_rewrite rw;
	struct lvs_parsed p;

	/* RW's difference is that of the real server's address. */
	lvs_rewrite_init(&rw, AF_INET, &oracle_rs[0].ip, 0, &oracle_vip[0].ip,
			 lvs_swap16(ORACLE_VPORT));
	lvs_parse(pkt, &p);
	lvs_icmp_rewrite_src(pkt, &p, &rw);
	ck_assert_pstr_eq(oracle_judge(pkt->data + 14, pkt->len - 14), NULL);
	oracle_free(pkt);
}
END_TEST

START_TEST(a_wrong_checksum_is_not_translated)
{
	for (int six = 0; six < 2; six++) {
		struct oracle_spec spec = { "",
					    six ? AF_INET6 : AF_INET,
					    six ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
					    14,
					    .icmp = six ? 1 << 8 : 3 << 8,
					    .quoted = IPPROTO_UDP,
					    .payload = 9 };
		struct lvs_pkt *pkt = oracle_pkt(&spec);
		unsigned char was[2048];
		struct lvs_rewrite rw;
		struct lvs_parsed p;

		pkt->data[pkt->len - 1] ^= 0x40;
		memcpy(was, pkt->data, pkt->len);
		lvs_parse(pkt, &p);
		ck_assert(!lvs_icmp_csum_ok(pkt, &p));
		lvs_rewrite_init(&rw, (uint16_t)spec.family, &p.flow.src, 0,
				 &oracle_rs[six].ip, 0);
		ck_assert_uint_eq(lvs_icmp_rewrite_src(pkt, &p, &rw),
				  LVS_REASON_BAD_CSUM);
		ck_assert(!memcmp(was, pkt->data, pkt->len));
		oracle_free(pkt);
	}
}
END_TEST

START_TEST(errors_in_fragments_are_not_translated)
{
	struct oracle_spec spec = {
		"",	      AF_INET,	      IPPROTO_ICMP,
		14,	      .icmp = 3 << 8, .quoted = IPPROTO_UDP,
		.payload = 4, .frag = 0x2000
	};
	struct lvs_pkt *pkt = oracle_pkt(&spec);
	struct lvs_rewrite rw = { .family = AF_INET };
	struct lvs_parsed p;

	lvs_parse(pkt, &p);
	ck_assert_uint_eq(p.kind, LVS_PKT_ICMP_ERROR);
	ck_assert_uint_eq(lvs_icmp_rewrite_dst(pkt, &p, &rw),
			  LVS_REASON_FRAGMENT);
	oracle_free(pkt);
}
END_TEST

/* What lies where ports were in the first fragment is payload: it stays. */
START_TEST(a_quoted_fragment_has_no_ports)
{
	struct oracle_spec spec = {
		"",	     AF_INET,	      IPPROTO_ICMP,
		14,	     .icmp = 11 << 8, .quoted = IPPROTO_UDP,
		.payload = 8
	};
	struct lvs_pkt *pkt = oracle_pkt(&spec);
	unsigned char was[8];
	struct lvs_rewrite rw;
	struct lvs_parsed p;

	pkt->data[14 + 28 + 7] = 100; /* the quoted offset */
	lvs_put16(pkt->data + 14 + 22, 0);
	lvs_store16(pkt->data + 14 + 22,
		    lvs_csum_of(pkt->data + 14 + 20, pkt->len - 34));
	lvs_parse(pkt, &p);
	ck_assert_uint_eq(p.kind, LVS_PKT_ICMP_ERROR);
	ck_assert(p.inner_fragment && !p.inner.sport_be);
	memcpy(was, pkt->data + p.inner_l4, 8);
	lvs_rewrite_init(&rw, AF_INET, &oracle_vip[0].ip, 0, &oracle_rs[0].ip,
			 0x5555);
	ck_assert_uint_eq(lvs_icmp_rewrite_dst(pkt, &p, &rw), LVS_REASON_NONE);
	ck_assert(!memcmp(was, pkt->data + p.inner_l4, 8));
	ck_assert_pstr_eq(oracle_judge(pkt->data + 14, pkt->len - 14), NULL);
	oracle_free(pkt);
}
END_TEST

LVS_TEST_MAIN("pkt/icmp", about_every_packet, from_an_address_of_our_own,
	      room_is_needed, where_no_error_may_be_sent,
	      errors_are_not_answered, every_error_in_both_directions,
	      a_router_between_may_send_the_error,
	      a_wrong_checksum_is_not_translated,
	      errors_in_fragments_are_not_translated,
	      a_quoted_fragment_has_no_ports)
