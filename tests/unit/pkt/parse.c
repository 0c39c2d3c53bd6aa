/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse.c - measuring packets of every kind, whole, cut short and malformed.
 */
#include "config.h"

#include "base/bytes.h"
#include "check.h"
#include "pkt/parse.h"
#include "unit/pkt/oracle.h"
#include <lvs/stats.h>

#define TCP4                                                                   \
	{                                                                      \
		"", AF_INET, IPPROTO_TCP, 14, .payload = 20                    \
	}
#define TCP6                                                                   \
	{                                                                      \
		"", AF_INET6, IPPROTO_TCP, 14, .payload = 20                   \
	}
#define UDP4                                                                   \
	{                                                                      \
		"", AF_INET, IPPROTO_UDP, 14, .payload = 20                    \
	}

static uint16_t pkt_link(const struct oracle_spec *spec)
{
	return spec->link ? 14 : 0;
}

static struct lvs_parsed parse(const unsigned char *frame, size_t len,
			       uint16_t link)
{
	struct lvs_pkt *pkt = oracle_pkt_of(frame, len, link);
	struct lvs_parsed p;

	memset(&p, 0xee, sizeof(p));
	lvs_parse(pkt, &p);
	oracle_free(pkt);
	return p;
}

static enum lvs_parse_kind kind_of(const struct oracle_spec *spec)
{
	unsigned offset = spec->family == AF_INET ? 0x1fff : 0xfff8;

	if (spec->frag & offset)
		return LVS_PKT_FRAGMENT;
	switch (spec->protocol) {
	case IPPROTO_AH:
	case IPPROTO_ESP:
		return LVS_PKT_IPSEC;
	case IPPROTO_GRE:
		return LVS_PKT_OTHER;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return spec->quoted && spec->quote != 20 ? LVS_PKT_ICMP_ERROR
							 : LVS_PKT_ICMP;
	default:
		return LVS_PKT_FLOW;
	}
}

START_TEST(packets_of_every_kind)
{
	static unsigned char buf[2048];

	for (const struct oracle_spec *s = oracle_specs; s->what; s++) {
		int six = oracle_index(s->family);
		size_t len = oracle_build(buf, s);
		struct lvs_parsed p = parse(buf, len, pkt_link(s));
		size_t l3_len = len - s->link - s->padding;

		if (s->quote != 20)
			ck_assert_pstr_eq(oracle_judge(buf + s->link, l3_len),
					  NULL);
		ck_assert_msg(p.kind == kind_of(s), "%s: kind %u", s->what,
			      p.kind);
		ck_assert_msg(p.l3 == s->link && p.l3_len == l3_len, "%s",
			      s->what);
		ck_assert_msg(p.flow.family == s->family &&
				      p.flow.protocol == s->protocol,
			      "%s", s->what);
		ck_assert_msg(lvs_ip_equal(&p.flow.src,
					   &oracle_client[six].ip) &&
				      lvs_ip_equal(&p.flow.dst,
						   &oracle_vip[six].ip),
			      "%s: addresses", s->what);
		ck_assert_msg(p.ip_csum_ok && p.ttl == 64 && p.tos == s->tos,
			      "%s", s->what);
		ck_assert_msg(p.l4 == s->link + (six ? 40u : 20u) + s->options +
					      (six && s->frag ? 8 : 0),
			      "%s: l4 %u", s->what, p.l4);
		ck_assert_msg(p.may_fragment == (!six && !s->df), "%s",
			      s->what);
		if (p.kind == LVS_PKT_FLOW)
			ck_assert_msg(lvs_swap16(p.flow.sport_be) ==
						      ORACLE_CPORT &&
					      lvs_swap16(p.flow.dport_be) ==
						      ORACLE_VPORT,
				      "%s: ports", s->what);
		else
			ck_assert_msg(!p.flow.sport_be && !p.flow.dport_be,
				      "%s: no ports", s->what);
	}
}
END_TEST

START_TEST(what_an_error_quotes)
{
	static unsigned char buf[2048];

	for (const struct oracle_spec *s = oracle_specs; s->what; s++) {
		int six = oracle_index(s->family);
		struct lvs_parsed p =
			parse(buf, oracle_build(buf, s), pkt_link(s));

		if (p.kind != LVS_PKT_ICMP_ERROR)
			continue;
		ck_assert_uint_eq(p.inner_l3, p.l4 + 8);
		ck_assert_uint_eq(p.inner_l4, p.inner_l3 + (six ? 40u : 20u));
		ck_assert_int_eq(p.inner.family, s->family);
		ck_assert_int_eq(p.inner.protocol, s->quoted);
		ck_assert(lvs_ip_equal(&p.inner.src, &oracle_vip[six].ip));
		ck_assert(lvs_ip_equal(&p.inner.dst, &oracle_client[six].ip));
		ck_assert_uint_eq(lvs_swap16(p.inner.sport_be), ORACLE_VPORT);
		ck_assert_uint_eq(lvs_swap16(p.inner.dport_be), ORACLE_CPORT);
		ck_assert(!p.inner_fragment);
	}
}
END_TEST

/* No length of any packet may make it read a byte too far, or be believed. */
START_TEST(every_truncation)
{
	static unsigned char buf[2048];

	for (const struct oracle_spec *s = oracle_specs; s->what; s++) {
		size_t whole = oracle_build(buf, s) - s->padding;

		for (size_t len = 0; len < whole; len++) {
			struct lvs_parsed p = parse(buf, len, pkt_link(s));

			ck_assert_msg(p.kind == LVS_PKT_BAD &&
					      p.reason == LVS_REASON_SHORT,
				      "%s, %zu of %zu bytes: kind %u", s->what,
				      len, whole, p.kind);
		}
	}
}
END_TEST

/* What the IP length cuts short, the bytes behind being there as padding. */
START_TEST(every_length_field)
{
	static unsigned char buf[2048];

	for (const struct oracle_spec *s = oracle_specs; s->what; s++) {
		size_t whole = oracle_build(buf, s);
		unsigned char *field = buf + s->link + 2;
		unsigned was;

		if (s->family == AF_INET6)
			field += 2;
		was = (unsigned)field[0] << 8 | field[1];
		for (unsigned len = 0; len < was; len++) {
			struct lvs_parsed p;

			field[0] = (unsigned char)(len >> 8);
			field[1] = (unsigned char)len;
			p = parse(buf, whole, pkt_link(s));
			if (p.kind == LVS_PKT_BAD)
				continue;
			ck_assert_uint_le(p.l3 + p.l3_len, whole);
			ck_assert_uint_le(p.payload, p.l3 + p.l3_len);
			ck_assert_uint_le(p.inner_l4, p.l3 + p.l3_len);
		}
	}
}
END_TEST

static const struct {
	const char *what;
	struct oracle_spec spec;
	unsigned at, value; /* byte to change, from the IP header on */
	enum lvs_parse_kind kind;
	enum lvs_reason reason;
} malformed[] = {
	{ "IPv4 that says version 5", TCP4, 0, 0x55, LVS_PKT_BAD,
	  LVS_REASON_BAD_HEADER },
	{ "IPv4 header of 16 bytes", TCP4, 0, 0x44, LVS_PKT_BAD,
	  LVS_REASON_BAD_HEADER },
	{ "IPv4 header longer than the packet", TCP4, 3, 20, LVS_PKT_BAD,
	  LVS_REASON_SHORT },
	{ "IPv4 length below its header's", TCP4, 3, 19, LVS_PKT_BAD,
	  LVS_REASON_BAD_HEADER },
	{ "IPv4 length beyond the frame", TCP4, 3, 61, LVS_PKT_BAD,
	  LVS_REASON_SHORT },
	{ "IPv6 that says version 4", TCP6, 0, 0x40, LVS_PKT_BAD,
	  LVS_REASON_BAD_HEADER },
	{ "IPv6 length beyond the frame", TCP6, 5, 41, LVS_PKT_BAD,
	  LVS_REASON_SHORT },
	{ "TCP header of 16 bytes", TCP4, 32, 4 << 4, LVS_PKT_BAD,
	  LVS_REASON_BAD_HEADER },
	{ "TCP header of 16 bytes, IPv6", TCP6, 52, 4 << 4, LVS_PKT_BAD,
	  LVS_REASON_BAD_HEADER },
	{ "TCP header beyond the packet", TCP4, 32, 11 << 4, LVS_PKT_BAD,
	  LVS_REASON_SHORT },
	{ "TCP header to the packet's last byte", TCP4, 32, 10 << 4,
	  LVS_PKT_FLOW, LVS_REASON_NONE },
	{ "UDP length below its header's", UDP4, 25, 7, LVS_PKT_BAD,
	  LVS_REASON_BAD_HEADER },
	{ "UDP length beyond the packet", UDP4, 25, 29, LVS_PKT_BAD,
	  LVS_REASON_SHORT },
	{ "UDP length short of the packet", UDP4, 25, 9, LVS_PKT_FLOW,
	  LVS_REASON_NONE },
	{ "a fragment behind the last possible byte", UDP4, 6, 0x1f,
	  LVS_PKT_FRAGMENT, LVS_REASON_NONE },
	{ "a transport protocol nobody knows", TCP4, 9, 253, LVS_PKT_OTHER,
	  LVS_REASON_NONE },
	{ "ICMPv6 in IPv4", TCP4, 9, IPPROTO_ICMPV6, LVS_PKT_OTHER,
	  LVS_REASON_NONE },
	{ "ICMP in IPv6", TCP6, 6, IPPROTO_ICMP, LVS_PKT_OTHER,
	  LVS_REASON_NONE },
	{ "a header with nothing behind it (59)", TCP6, 6, 59, LVS_PKT_OTHER,
	  LVS_REASON_NONE },
	{ "IPv4 first fragment of odd length",
	  { "", AF_INET, IPPROTO_UDP, 14, .payload = 21 },
	  6,
	  0x20,
	  LVS_PKT_BAD,
	  LVS_REASON_FRAGMENT },
};

START_TEST(malformed_packets)
{
	static unsigned char buf[2048];

	for (size_t i = 0; i < sizeof(malformed) / sizeof(*malformed); i++) {
		size_t len = oracle_build(buf, &malformed[i].spec);
		struct lvs_parsed p;

		buf[14 + malformed[i].at] = (unsigned char)malformed[i].value;
		p = parse(buf, len, 14);
		ck_assert_msg(p.kind == malformed[i].kind &&
				      p.reason == malformed[i].reason,
			      "%s: kind %u, reason %u", malformed[i].what,
			      p.kind, p.reason);
	}
}
END_TEST

START_TEST(a_wrong_header_checksum_is_seen)
{
	static unsigned char buf[2048];
	struct oracle_spec specs[] = {
		TCP4, { "", AF_INET, IPPROTO_TCP, 14, .options = 8 }
	};

	for (int i = 0; i < 2; i++) {
		size_t len = oracle_build(buf, &specs[i]);

		buf[14 + 5] ^= 1;
		ck_assert(!parse(buf, len, 14).ip_csum_ok);
		buf[14 + 5] ^= 1;
		ck_assert(parse(buf, len, 14).ip_csum_ok);
	}
}
END_TEST

/* The largest fragment offset with the most bytes behind: over 65535. */
START_TEST(a_fragment_beyond_the_longest_packet)
{
	static unsigned char buf[2048];
	struct oracle_spec four = { "", AF_INET,	IPPROTO_UDP,
				    14, .payload = 200, .frag = 0x1fff };
	struct oracle_spec six = { "", AF_INET6,       IPPROTO_UDP,
				   14, .payload = 200, .frag = 0xfff8 };

	ck_assert_uint_eq(parse(buf, oracle_build(buf, &four), 14).reason,
			  LVS_REASON_FRAGMENT);
	ck_assert_uint_eq(parse(buf, oracle_build(buf, &six), 14).reason,
			  LVS_REASON_FRAGMENT);
}
END_TEST

/* COUNT destination options headers in a row in front of UDP. */
static struct lvs_parsed parse_chain(unsigned count)
{
	static unsigned char buf[2048];
	struct oracle_spec spec = { "", AF_INET6, IPPROTO_UDP, 0,
				    .payload = 1000 };
	size_t len = oracle_build(buf, &spec);
	unsigned char *ext = buf + 40;

	buf[6] = 60;
	for (unsigned i = 0; i < count; i++, ext += 8)
		memcpy(ext, "\x3c\0\1\4\0\0\0\0", 8);
	ext[-8] = IPPROTO_UDP;
	memcpy(ext, "\0\1\0\2\0\x08\0\0", 8);
	return parse(buf, len, 0);
}

START_TEST(extension_headers_have_a_bound)
{
	ck_assert_uint_eq(parse_chain(8).kind, LVS_PKT_FLOW);
	ck_assert_uint_eq(parse_chain(8).l4, 40 + 64);
	ck_assert_uint_eq(parse_chain(9).kind, LVS_PKT_BAD);
	ck_assert_uint_eq(parse_chain(9).reason, LVS_REASON_BAD_HEADER);
}
END_TEST

START_TEST(routing_headers)
{
	static unsigned char buf[2048];
	struct oracle_spec spec = { "", AF_INET6, IPPROTO_TCP, 0,
				    .options = 24 };
	size_t len = oracle_build(buf, &spec);

	buf[6] = IPPROTO_ROUTING;
	memset(buf + 42, 0, 22);
	ck_assert_uint_eq(parse(buf, len, 0).kind, LVS_PKT_FLOW);
	buf[43] = 1; /* an address still to visit */
	ck_assert_uint_eq(parse(buf, len, 0).kind, LVS_PKT_OTHER);
}
END_TEST

START_TEST(fragment_headers)
{
	static unsigned char buf[2048];
	struct oracle_spec spec = {
		"",	  AF_INET6,	  IPPROTO_ICMPV6,
		14,	  .icmp = 1 << 8, .quoted = IPPROTO_UDP,
		.frag = 6
	};
	struct oracle_spec atomic = { "", AF_INET6, IPPROTO_UDP, 14,
				      .frag = 6 };
	size_t len = oracle_build(buf, &spec);
	struct lvs_parsed p;

	/* Bits 1 and 2 are reserved: this one is offset 0, no more. */
	p = parse(buf, len, 14);
	ck_assert_uint_eq(p.kind, LVS_PKT_BAD);
	ck_assert_uint_eq(p.reason, LVS_REASON_FRAGMENT);
	len = oracle_build(buf, &atomic);
	p = parse(buf, len, 14);
	ck_assert_uint_eq(p.kind, LVS_PKT_FLOW);
	ck_assert(!p.first_fragment);
}
END_TEST

START_TEST(chunks_of_sctp)
{
	static unsigned char buf[2048];
	struct oracle_spec two = { "", AF_INET, IPPROTO_SCTP, 14,
				   .payload = 40 };
	struct oracle_spec none = { "", AF_INET6, IPPROTO_SCTP, .link = 14 };
	struct lvs_parsed p = parse(buf, oracle_build(buf, &two), 14);

	ck_assert_uint_eq(p.sctp_chunk, 10);
	ck_assert_uint_eq(p.sctp_next, 0);
	p = parse(buf, oracle_build(buf, &none), 14);
	ck_assert_uint_eq(p.sctp_chunk, LVS_SCTP_NONE);
	ck_assert_uint_eq(p.sctp_next, LVS_SCTP_NONE);
}
END_TEST

/* Chunks begin at multiples of 4: the second is behind 3 bytes of padding. */
START_TEST(chunks_are_padded)
{
	static unsigned char buf[2048];
	struct oracle_spec spec = { "", AF_INET, IPPROTO_SCTP, 14,
				    .payload = 40 };
	size_t len = oracle_build(buf, &spec);

	buf[14 + 20 + 12 + 3] = 5;
	buf[14 + 20 + 12 + 8] = 0x55;
	ck_assert_uint_eq(parse(buf, len, 14).sctp_next, 0x55);
	buf[14 + 20 + 12 + 3] = 3; /* shorter than itself */
	ck_assert_uint_eq(parse(buf, len, 14).sctp_next, LVS_SCTP_NONE);
}
END_TEST

START_TEST(a_first_fragment_is_shorter_than_its_datagram)
{
	static unsigned char buf[2048];
	struct oracle_spec spec = { "", AF_INET6,      IPPROTO_UDP,
				    14, .payload = 64, .frag = 1 };
	size_t len = oracle_build(buf, &spec);

	buf[14 + 48 + 4] = 0x10; /* UDP says 4168 bytes */
	ck_assert_uint_eq(parse(buf, len, 14).kind, LVS_PKT_FLOW);
	ck_assert(parse(buf, len, 14).first_fragment);
}
END_TEST

START_TEST(a_quoted_header_longer_than_the_quotation)
{
	static unsigned char buf[2048];
	struct oracle_spec spec = { "", AF_INET,	IPPROTO_ICMP,
				    14, .icmp = 3 << 8, .quoted = IPPROTO_UDP };
	size_t len = oracle_build(buf, &spec);

	ck_assert_uint_eq(parse(buf, len, 14).kind, LVS_PKT_ICMP_ERROR);
	buf[14 + 28] = 0x48; /* 32 bytes, and 28 are there */
	ck_assert_uint_eq(parse(buf, len, 14).kind, LVS_PKT_ICMP);
}
END_TEST

START_TEST(flags_of_tcp)
{
	static unsigned char buf[2048];
	struct oracle_spec spec = TCP4;

	spec.flags = LVS_TCP_SYN | LVS_TCP_ACK;
	ck_assert_uint_eq(parse(buf, oracle_build(buf, &spec), 14).tcp_flags,
			  LVS_TCP_SYN | LVS_TCP_ACK);
}
END_TEST

START_TEST(arp)
{
	unsigned char frame[60] = "\xff\xff\xff\xff\xff\xff\2\0\0\0\0\1"
				  "\x08\6\0\1\x08\0\6\4\0\1";

	ck_assert_uint_eq(parse(frame, 60, 14).kind, LVS_PKT_ARP);
	ck_assert_uint_eq(parse(frame, 42, 14).kind, LVS_PKT_ARP);
	ck_assert_uint_eq(parse(frame, 42, 14).l3, 14);
	ck_assert_uint_eq(parse(frame, 41, 14).kind, LVS_PKT_BAD);
	frame[21] = 3; /* neither request nor reply */
	ck_assert_uint_eq(parse(frame, 60, 14).kind, LVS_PKT_OTHER);
}
END_TEST

START_TEST(neighbour_discovery)
{
	static unsigned char buf[2048];
	struct oracle_spec spec = { "",	       AF_INET6,      IPPROTO_ICMPV6,
				    14,	       .payload = 24, .icmp = 135 << 8,
				    .ttl = 255 };

	ck_assert_uint_eq(parse(buf, oracle_build(buf, &spec), 14).kind,
			  LVS_PKT_ND);
	spec.icmp = 136 << 8;
	ck_assert_uint_eq(parse(buf, oracle_build(buf, &spec), 14).kind,
			  LVS_PKT_ND);
	spec.ttl = 254; /* it came from behind a router */
	ck_assert_uint_eq(parse(buf, oracle_build(buf, &spec), 14).kind,
			  LVS_PKT_ICMP);
	spec.ttl = 255;
	spec.frag = 6;
	ck_assert_uint_eq(parse(buf, oracle_build(buf, &spec), 14).kind,
			  LVS_PKT_ICMP);
}
END_TEST

START_TEST(link_headers)
{
	unsigned char long_frame[80] = { 0 };
	unsigned char frame[64] = "\2\0\0\0\0\1\2\0\0\0\0\2\x81\0\0\1\x81\0";

	ck_assert_uint_eq(parse(frame, 64, 14).kind, LVS_PKT_OTHER);
	ck_assert_uint_eq(parse(frame, 17, 14).kind, LVS_PKT_BAD);
	ck_assert_uint_eq(parse(frame, 13, 14).kind, LVS_PKT_BAD);
	ck_assert_uint_eq(parse(frame, 64, 4).kind, LVS_PKT_OTHER);
	ck_assert_uint_eq(parse(frame, 64, 65).kind, LVS_PKT_BAD);
	ck_assert_uint_eq(parse(long_frame, 80, 65).kind, LVS_PKT_OTHER);
	ck_assert_uint_eq(parse(frame, 64, 0).kind, LVS_PKT_OTHER);
	ck_assert_uint_eq(parse(frame, 0, 0).kind, LVS_PKT_BAD);
}
END_TEST

static const struct {
	const char *what;
	struct oracle_spec spec;
	struct lvs_offload off;
	enum lvs_parse_kind kind;
} offloads[] = {
	{ "a checksum to complete",
	  TCP4,
	  { .flags = LVS_OFF_CSUM, .csum_start = 34, .csum_offset = 16 },
	  LVS_PKT_FLOW },
	{ "somebody else's checksum",
	  TCP4,
	  { .flags = LVS_OFF_CSUM, .csum_start = 54, .csum_offset = 6 },
	  LVS_PKT_OTHER },
	{ "an ICMP checksum to complete",
	  { "", AF_INET, IPPROTO_ICMP, 14, .icmp = 8 << 8 },
	  { .flags = LVS_OFF_CSUM, .csum_start = 34, .csum_offset = 2 },
	  LVS_PKT_ICMP },
	{ "ICMP with a checksum in the link header",
	  { "", AF_INET, IPPROTO_ICMP, 14, .icmp = 8 << 8 },
	  { .flags = LVS_OFF_CSUM, .csum_start = 0, .csum_offset = 2 },
	  LVS_PKT_OTHER },
	{ "ESP with a checksum",
	  { "", AF_INET, IPPROTO_ESP, 14, .payload = 20 },
	  { .flags = LVS_OFF_CSUM, .csum_start = 34, .csum_offset = 2 },
	  LVS_PKT_OTHER },
	{ "a checksum behind the end",
	  TCP4,
	  { .flags = LVS_OFF_CSUM, .csum_start = 34, .csum_offset = 39 },
	  LVS_PKT_BAD },
	{ "TCP to be segmented",
	  TCP4,
	  { .gso = LVS_GSO_TCPV4, .gso_size = 8 },
	  LVS_PKT_FLOW },
	{ "TCP over IPv6 to be segmented",
	  TCP6,
	  { .gso = LVS_GSO_TCPV6, .gso_size = 8 },
	  LVS_PKT_FLOW },
	{ "segments of no size",
	  TCP4,
	  { .gso = LVS_GSO_TCPV4 },
	  LVS_PKT_OTHER },
	{ "segments of another family",
	  TCP4,
	  { .gso = LVS_GSO_TCPV6, .gso_size = 8 },
	  LVS_PKT_OTHER },
	{ "segments of another protocol",
	  UDP4,
	  { .gso = LVS_GSO_TCPV4, .gso_size = 8 },
	  LVS_PKT_OTHER },
	{ "datagrams",
	  UDP4,
	  { .gso = LVS_GSO_UDP_L4, .gso_size = 8 },
	  LVS_PKT_FLOW },
	{ "a fragment to be segmented",
	  { "", AF_INET, IPPROTO_UDP, 14, .frag = 0x2000 },
	  { .gso = LVS_GSO_UDP_L4, .gso_size = 8 },
	  LVS_PKT_OTHER },
};

START_TEST(offload_state)
{
	static unsigned char buf[2048];

	for (size_t i = 0; i < sizeof(offloads) / sizeof(*offloads); i++) {
		size_t len = oracle_build(buf, &offloads[i].spec);
		struct lvs_pkt *pkt = oracle_pkt_of(buf, len, 14);
		struct lvs_parsed p;

		pkt->off = offloads[i].off;
		lvs_parse(pkt, &p);
		ck_assert_msg(p.kind == offloads[i].kind, "%s: kind %u",
			      offloads[i].what, p.kind);
		oracle_free(pkt);
	}
}
END_TEST

LVS_TEST_MAIN("pkt/parse", packets_of_every_kind, what_an_error_quotes,
	      every_truncation, every_length_field, malformed_packets,
	      a_wrong_header_checksum_is_seen,
	      a_fragment_beyond_the_longest_packet,
	      extension_headers_have_a_bound, routing_headers, fragment_headers,
	      chunks_of_sctp, chunks_are_padded,
	      a_first_fragment_is_shorter_than_its_datagram,
	      a_quoted_header_longer_than_the_quotation, flags_of_tcp, arp,
	      neighbour_discovery, link_headers, offload_state)
