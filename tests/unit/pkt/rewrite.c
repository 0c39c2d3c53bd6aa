/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rewrite.c - addresses, ports and TTL: what changes, that checksums are right
 * then, and that nothing else changes.
 */
#include "config.h"

#include "base/prng.h"
#include "check.h"
#include "pkt/offload.h"
#include "pkt/rewrite.h"
#include "unit/pkt/oracle.h"

#define LONGEST 2048

static bool is_rewritten(const struct lvs_parsed *p)
{
	return p->kind == LVS_PKT_FLOW || p->kind == LVS_PKT_IPSEC ||
	       p->kind == LVS_PKT_FRAGMENT;
}

/* The client or the VIP becomes the real server, or the reverse. */
static struct lvs_rewrite rewrite_of(int family, bool source, bool back)
{
	int six = oracle_index(family);
	const union lvs_ip *was =
		source ? &oracle_client[six].ip : &oracle_vip[six].ip;
	uint16_t was_port = lvs_swap16(source ? ORACLE_CPORT : ORACLE_VPORT);
	uint16_t now_port = lvs_swap16(ORACLE_RPORT);
	struct lvs_rewrite rw;

	if (back)
		lvs_rewrite_init(&rw, (uint16_t)family, &oracle_rs[six].ip,
				 now_port, was, was_port);
	else
		lvs_rewrite_init(&rw, (uint16_t)family, was, was_port,
				 &oracle_rs[six].ip, now_port);
	return rw;
}

static enum lvs_reason rewrite(struct lvs_pkt *pkt, const struct lvs_parsed *p,
			       bool source, bool back)
{
	struct lvs_rewrite rw = rewrite_of(p->flow.family, source, back);

	return source ? lvs_rewrite_src(pkt, p, &rw)
		      : lvs_rewrite_dst(pkt, p, &rw);
}

/* Only the bytes that FLOW and checksums name may differ. */
static void check_rewritten(const struct oracle_spec *s, struct lvs_pkt *pkt,
			    bool source)
{
	int six = oracle_index(s->family);
	const union lvs_ip *rs = &oracle_rs[six].ip;
	struct lvs_parsed q;

	lvs_parse(pkt, &q);
	ck_assert_msg(lvs_ip_equal(&q.flow.src,
				   source ? rs : &oracle_client[six].ip),
		      "%s", s->what);
	ck_assert_msg(lvs_ip_equal(&q.flow.dst,
				   source ? &oracle_vip[six].ip : rs),
		      "%s", s->what);
	ck_assert_msg(q.ip_csum_ok, "%s", s->what);
	if (q.kind != LVS_PKT_FLOW)
		return;
	ck_assert_uint_eq(lvs_swap16(q.flow.sport_be),
			  source ? ORACLE_RPORT : ORACLE_CPORT);
	ck_assert_uint_eq(lvs_swap16(q.flow.dport_be),
			  source ? ORACLE_VPORT : ORACLE_RPORT);
}

static void there_and_back(const struct oracle_spec *s, bool source)
{
	struct lvs_pkt *pkt = oracle_pkt(s);
	unsigned char was[LONGEST];
	struct lvs_parsed p;
	const char *wrong;

	memcpy(was, pkt->data, pkt->len);
	lvs_parse(pkt, &p);
	if (is_rewritten(&p)) {
		ck_assert_uint_eq(rewrite(pkt, &p, source, false),
				  LVS_REASON_NONE);
		wrong = oracle_judge(pkt->data + p.l3, p.l3_len);
		ck_assert_msg(!wrong, "%s: %s", s->what, wrong);
		check_rewritten(s, pkt, source);
		if (s->no_csum)
			ck_assert_msg(lvs_load16(pkt->data + p.l4 + 6),
				      "%s: gets a checksum", s->what);
		rewrite(pkt, &p, source, true);
		if (s->no_csum)
			memset(pkt->data + p.l4 + 6, 0, 2);
		ck_assert_msg(!memcmp(was, pkt->data, pkt->len),
			      "%s: there and back is as before", s->what);
	}
	oracle_free(pkt);
}

START_TEST(every_packet_there_and_back)
{
	for (const struct oracle_spec *s = oracle_specs; s->what; s++) {
		there_and_back(s, false);
		there_and_back(s, true);
	}
}
END_TEST

/* Rewritten first and completed then, it is as if it had been complete. */
START_TEST(unfinished_checksums)
{
	for (const struct oracle_spec *s = oracle_specs; s->what; s++) {
		struct lvs_pkt *pkt = oracle_pkt(s);
		struct lvs_parsed p;
		const char *wrong;

		lvs_parse(pkt, &p);
		if (p.kind == LVS_PKT_FLOW && !p.first_fragment) {
			lvs_pkt_trim(pkt, &p);
			oracle_make_partial(pkt, p.l3, p.l4, p.flow.protocol);
			rewrite(pkt, &p, false, false);
			ck_assert(pkt->off.flags & LVS_OFF_CSUM);
			lvs_csum_complete(pkt);
			ck_assert(!(pkt->off.flags & LVS_OFF_CSUM));
			wrong = oracle_judge(pkt->data + p.l3, p.l3_len);
			ck_assert_msg(!wrong, "%s: %s", s->what, wrong);
		}
		oracle_free(pkt);
	}
}
END_TEST

/* Any address and port to any other, extremes among them. */
START_TEST(any_address_and_port)
{
	struct lvs_prng prng = { 7 };

	for (int round = 0; round < 40000; round++) {
		struct oracle_spec spec = {
			.what = "any",
			.family = round & 1 ? AF_INET : AF_INET6,
			.protocol = round & 2 ? IPPROTO_TCP : IPPROTO_UDP,
			.payload = (unsigned)lvs_prng_below(&prng, 20),
		};
		int six = oracle_index(spec.family);
		struct lvs_pkt *pkt = oracle_pkt(&spec);
		uint16_t port = (uint16_t)lvs_prng_next(&prng);
		union lvs_ip now = { .d = { lvs_prng_next(&prng),
					    lvs_prng_next(&prng) } };
		struct lvs_rewrite rw;
		struct lvs_parsed p;
		const char *wrong;

		if (round % 7 == 0)
			memset(&now, round % 2 ? 0xff : 0, sizeof(now));
		if (round % 5 == 0)
			port = round % 2 ? 0xffff : 0;
		lvs_parse(pkt, &p);
		lvs_rewrite_init(&rw, (uint16_t)spec.family,
				 &oracle_vip[six].ip, lvs_swap16(ORACLE_VPORT),
				 &now, port);
		lvs_rewrite_dst(pkt, &p, &rw);
		wrong = oracle_judge(pkt->data, pkt->len);
		ck_assert_msg(!wrong, "round %d: %s", round, wrong);
		if (spec.protocol == IPPROTO_UDP)
			ck_assert_uint_ne(lvs_load16(pkt->data + p.l4 + 6), 0);
		oracle_free(pkt);
	}
}
END_TEST

/* One of 65536 payloads has a sum whose checksum would be 0: it is 0xffff. */
static void udp_checksum_is_never_0(int family, bool none)
{
	struct oracle_spec spec = { .family = family,
				    .protocol = IPPROTO_UDP,
				    .payload = 2 };
	unsigned ones = 0;

	for (unsigned word = 0; word <= 0xffff; word++) {
		struct lvs_pkt *pkt = oracle_pkt(&spec);
		unsigned char *udp;
		struct lvs_parsed p;

		lvs_parse(pkt, &p);
		udp = pkt->data + p.l4;
		/* The payload changes, and the checksum with it. */
		lvs_store16(udp + 6,
			    lvs_csum_patch(lvs_load16(udp + 6),
					   lvs_csum_diff16(lvs_load16(udp + 8),
							   (uint16_t)word)));
		lvs_store16(udp + 8, (uint16_t)word);
		if (none || !lvs_load16(udp + 6))
			lvs_store16(udp + 6, none ? 0 : 0xffff);
		rewrite(pkt, &p, true, false);
		ck_assert_uint_ne(lvs_load16(udp + 6), 0);
		ck_assert_pstr_eq(oracle_judge(pkt->data, pkt->len), NULL);
		ones += lvs_load16(udp + 6) == 0xffff;
		oracle_free(pkt);
	}
	ck_assert_uint_ge(ones, 1);
}

START_TEST(a_computed_0_is_sent_as_ones)
{
	udp_checksum_is_never_0(AF_INET, false);
	udp_checksum_is_never_0(AF_INET6, false);
	udp_checksum_is_never_0(AF_INET, true);
	udp_checksum_is_never_0(AF_INET6, true);
}
END_TEST

START_TEST(sctp_keeps_its_crc_with_its_port)
{
	struct oracle_spec spec = { "", AF_INET, IPPROTO_SCTP, 14,
				    .payload = 40 };
	struct lvs_pkt *pkt = oracle_pkt(&spec);
	struct lvs_rewrite rw;
	struct lvs_parsed p;

	lvs_parse(pkt, &p);
	pkt->data[p.l4 + 8] ^= 1; /* wrong: seen if it is made anew */
	lvs_rewrite_init(&rw, AF_INET, &oracle_vip[0].ip,
			 lvs_swap16(ORACLE_VPORT), &oracle_rs[0].ip,
			 lvs_swap16(ORACLE_VPORT));
	lvs_rewrite_dst(pkt, &p, &rw);
	ck_assert_str_eq(oracle_judge(pkt->data + 14, p.l3_len), "SCTP CRC32c");
	oracle_free(pkt);
}
END_TEST

/* Its sum would need all of the datagram. */
START_TEST(a_udp_fragment_without_checksum_gets_none)
{
	struct oracle_spec spec = { "",
				    AF_INET,
				    IPPROTO_UDP,
				    14,
				    .payload = 64,
				    .frag = 0x2000,
				    .no_csum = true };
	struct lvs_pkt *pkt = oracle_pkt(&spec);
	struct lvs_parsed p;

	lvs_parse(pkt, &p);
	ck_assert_uint_eq(rewrite(pkt, &p, false, false), LVS_REASON_NONE);
	ck_assert_uint_eq(lvs_load16(pkt->data + p.l4 + 6), 0);
	oracle_free(pkt);
}
END_TEST

START_TEST(sctp_in_fragments_keeps_its_port)
{
	struct oracle_spec spec = { "", AF_INET6,      IPPROTO_SCTP,
				    14, .payload = 52, .frag = 1 };
	struct lvs_pkt *pkt = oracle_pkt(&spec);
	unsigned char was[LONGEST];
	struct lvs_parsed p;

	memcpy(was, pkt->data, pkt->len);
	lvs_parse(pkt, &p);
	ck_assert(p.first_fragment);
	ck_assert_uint_eq(rewrite(pkt, &p, false, false), LVS_REASON_FRAGMENT);
	ck_assert(!memcmp(was, pkt->data, pkt->len));
	oracle_free(pkt);
}
END_TEST

START_TEST(datagrams_to_be_segmented_get_their_checksum_then)
{
	struct oracle_spec spec = { "", AF_INET,       IPPROTO_UDP,
				    14, .payload = 40, .no_csum = true };
	struct lvs_pkt *pkt = oracle_pkt(&spec);
	struct lvs_parsed p;

	pkt->off.gso = LVS_GSO_UDP_L4;
	pkt->off.gso_size = 10;
	lvs_parse(pkt, &p);
	rewrite(pkt, &p, false, false);
	ck_assert(pkt->off.flags & LVS_OFF_CSUM);
	ck_assert_uint_eq(pkt->off.csum_start, p.l4);
	lvs_csum_complete(pkt);
	ck_assert(lvs_load16(pkt->data + p.l4 + 6));
	ck_assert_pstr_eq(oracle_judge(pkt->data + 14, p.l3_len), NULL);
	oracle_free(pkt);
}
END_TEST

START_TEST(every_ttl)
{
	for (unsigned ttl = 255; ttl > 0; ttl--) {
		struct oracle_spec four = { "", AF_INET, IPPROTO_UDP,
					    .ttl = ttl };
		struct oracle_spec six = { "", AF_INET6, IPPROTO_UDP,
					   .ttl = ttl };
		struct lvs_pkt *pkt = oracle_pkt(&four);

		lvs_ttl_decrement(pkt->data, AF_INET);
		ck_assert_uint_eq(pkt->data[8], ttl - 1);
		ck_assert_pstr_eq(oracle_judge(pkt->data, pkt->len), NULL);
		oracle_free(pkt);
		pkt = oracle_pkt(&six);
		lvs_ttl_decrement(pkt->data, AF_INET6);
		ck_assert_uint_eq(pkt->data[7], ttl - 1);
		oracle_free(pkt);
	}
}
END_TEST

static const struct {
	const char *what;
	unsigned link, len, headroom;
	bool fits;
} links[] = {
	{ "as long as before", 14, 14, 0, true },
	{ "none any more", 14, 0, 0, true },
	{ "one where there was none", 0, 14, 14, true },
	{ "no room for it", 0, 14, 13, false },
	{ "the VLAN tag is gone", 18, 14, 0, true },
};

START_TEST(link_headers)
{
	static const unsigned char hdr[14] = "abcdefghijklm";

	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		struct oracle_spec spec = { "", AF_INET, IPPROTO_UDP,
					    links[i].link, .payload = 8 };
		struct lvs_pkt *pkt = oracle_pkt(&spec);
		uint16_t l3 = (uint16_t)links[i].link;
		unsigned char *ip = pkt->data + l3;
		uint32_t spare = pkt->headroom - links[i].headroom;
		uint32_t total;

		pkt->headroom -= spare;
		total = pkt->headroom + pkt->len;
		oracle_make_partial(pkt, l3, l3 + 20u, IPPROTO_UDP);
		ck_assert_msg(lvs_link_write(pkt, l3, hdr,
					     (uint8_t)links[i].len) ==
				      links[i].fits,
			      "%s", links[i].what);
		if (links[i].fits) {
			ck_assert_ptr_eq(pkt->data + links[i].len, ip);
			ck_assert_uint_eq(pkt->l2_len, links[i].len);
			ck_assert_uint_eq(pkt->headroom + pkt->len, total);
			ck_assert(!memcmp(pkt->data, hdr, links[i].len));
			lvs_csum_complete(pkt);
			ck_assert_pstr_eq(oracle_judge(ip, 36), NULL);
		}
		pkt->headroom += spare;
		oracle_free(pkt);
	}
}
END_TEST

START_TEST(padding_goes)
{
	struct oracle_spec spec = { "", AF_INET, IPPROTO_UDP, 14,
				    .padding = 18 };
	struct lvs_pkt *pkt = oracle_pkt(&spec);
	struct lvs_parsed p;

	lvs_parse(pkt, &p);
	lvs_pkt_trim(pkt, &p);
	ck_assert_uint_eq(pkt->len, 14 + 28);
	ck_assert_uint_eq(pkt->tailroom, 18);
	oracle_free(pkt);
}
END_TEST

LVS_TEST_MAIN("pkt/rewrite", every_packet_there_and_back, unfinished_checksums,
	      any_address_and_port, a_computed_0_is_sent_as_ones,
	      sctp_keeps_its_crc_with_its_port,
	      a_udp_fragment_without_checksum_gets_none,
	      sctp_in_fragments_keeps_its_port,
	      datagrams_to_be_segmented_get_their_checksum_then, every_ttl,
	      link_headers, padding_goes)
