/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * oracle.c - packets for tests, and a judge that shares no code with lib/pkt.
 */
#include "config.h"

#include "unit/pkt/oracle.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- the judge ----------------------------------------------------------- */

static unsigned be16(const unsigned char *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static void set16(unsigned char *p, unsigned v)
{
	p[0] = (unsigned char)(v >> 8);
	p[1] = (unsigned char)v;
}

static unsigned long words(const unsigned char *p, size_t len)
{
	unsigned long sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += (unsigned long)p[i] << (i % 2 ? 0 : 8);
	return sum;
}

static unsigned fold(unsigned long sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (unsigned)sum;
}

uint32_t oracle_crc32c(const unsigned char *buf, size_t len)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < len; i++) {
		crc ^= buf[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
	}
	return ~crc;
}

/* Where addresses lie: 2 x 4 from 12 on, or 2 x 16 from 8 on. */
static unsigned long pseudo(const unsigned char *ip, unsigned proto, size_t len)
{
	unsigned long sum =
		ip[0] >> 4 == 4 ? words(ip + 12, 8) : words(ip + 8, 32);

	return sum + proto + len;
}

static const char *judge_l4(const unsigned char *ip, unsigned proto,
			    const unsigned char *l4, size_t len)
{
	uint32_t crc;

	switch (proto) {
	case IPPROTO_TCP:
		if (len < 20)
			return "TCP too short";
		return fold(pseudo(ip, proto, len) + words(l4, len)) == 0xffff
			       ? NULL
			       : "TCP checksum";
	case IPPROTO_UDP:
		if (len < 8 || be16(l4 + 4) > len)
			return "UDP length";
		len = be16(l4 + 4);
		if (!be16(l4 + 6))
			return NULL;
		return fold(pseudo(ip, proto, len) + words(l4, len)) == 0xffff
			       ? NULL
			       : "UDP checksum";
	case IPPROTO_SCTP: {
		unsigned char copy[65536];

		if (len < 12)
			return "SCTP too short";
		memcpy(copy, l4, len);
		memset(copy + 8, 0, 4);
		crc = oracle_crc32c(copy, len);
		for (int i = 0; i < 4; i++)
			if (l4[8 + i] != (unsigned char)(crc >> 8 * i))
				return "SCTP CRC32c";
		return NULL;
	}
	case IPPROTO_ICMP:
		return fold(words(l4, len)) == 0xffff ? NULL : "ICMP checksum";
	case IPPROTO_ICMPV6:
		return fold(pseudo(ip, proto, len) + words(l4, len)) == 0xffff
			       ? NULL
			       : "ICMPv6 checksum";
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
		return oracle_judge(l4, len);
	default:
		return NULL;
	}
}

const char *oracle_judge(const unsigned char *ip, size_t len)
{
	size_t at = 40;
	unsigned next;

	if (len >= 20 && ip[0] >> 4 == 4) {
		at = (ip[0] & 15) * 4u;
		if (be16(ip + 2) != len || at > len)
			return "IPv4 length";
		if (fold(words(ip, at)) != 0xffff)
			return "IPv4 header checksum";
		if (be16(ip + 6) & 0x3fff)
			return NULL; /* a fragment has no whole checksum */
		return judge_l4(ip, ip[9], ip + at, len - at);
	}
	if (len < 40 || ip[0] >> 4 != 6 || be16(ip + 4) + 40u != len)
		return "IPv6 length";
	next = ip[6];
	while (next == 0 || next == 43 || next == 44 || next == 60) {
		const unsigned char *ext = ip + at;

		if (at + 8 > len)
			return "IPv6 extension header";
		if (next == 44 && (be16(ext + 2) & 0xfff9))
			return NULL;
		at += next == 44 ? 8 : (ext[1] + 1u) * 8;
		next = ext[0];
		if (at > len)
			return "IPv6 extension header";
	}
	return judge_l4(ip, next, ip + at, len - at);
}

/* ---- the builder --------------------------------------------------------- */

const struct lvs_addr oracle_client[2] = {
	{ .family = AF_INET, .ip.b = { 192, 0, 2, 1 } },
	{ .family = AF_INET6, .ip.b = { 0x20, 1, 0x0d, 0xb8, [15] = 1 } },
};

const struct lvs_addr oracle_vip[2] = {
	{ .family = AF_INET, .ip.b = { 198, 51, 100, 7 } },
	{ .family = AF_INET6, .ip.b = { 0x20, 1, 0x0d, 0xb8, 1, [15] = 7 } },
};

const struct lvs_addr oracle_rs[2] = {
	{ .family = AF_INET, .ip.b = { 10, 255, 3, 200 } },
	{ .family = AF_INET6, .ip.b = { 0xfd, 0, [6] = 0xee, [15] = 0x99 } },
};

static void fill(unsigned char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (unsigned char)(i * 7 + (i >> 8) + 1);
}

static size_t build_ip(unsigned char *ip, const struct oracle_spec *spec,
		       bool back);

/* The transport header and payload of SPEC; checksums come later. */
static size_t build_l4(unsigned char *l4, const struct oracle_spec *spec,
		       bool back)
{
	static const unsigned lengths[] = { [IPPROTO_TCP] = 20,
					    [IPPROTO_UDP] = 8,
					    [IPPROTO_SCTP] = 12,
					    [IPPROTO_ICMP] = 8,
					    [IPPROTO_ICMPV6] = 8 };
	struct oracle_spec quoted = { .family = spec->family,
				      .protocol = spec->quoted,
				      .ttl = spec->ttl,
				      .payload = spec->payload };
	size_t head =
		(size_t)spec->protocol < sizeof(lengths) / sizeof(*lengths)
			? lengths[spec->protocol]
			: 0;

	memset(l4, 0, head);
	set16(l4, back ? ORACLE_VPORT : ORACLE_CPORT);
	set16(l4 + 2, back ? ORACLE_CPORT : ORACLE_VPORT);
	fill(l4 + head, spec->payload);
	switch (spec->protocol) {
	case IPPROTO_TCP:
		fill(l4 + 4, 8);
		l4[12] = 5 << 4;
		l4[13] = (unsigned char)(spec->flags ? spec->flags : 0x10);
		set16(l4 + 14, 1000);
		break;
	case IPPROTO_UDP:
		set16(l4 + 4, 8 + spec->payload);
		break;
	case IPPROTO_SCTP:
		if (spec->payload >= 8) { /* two chunks: COOKIE ECHO, DATA */
			memcpy(l4 + 12, "\x0a\0\0\4\0\3\0\4", 8);
		}
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		set16(l4, spec->icmp);
		set16(l4 + 2, 0);
		if (!spec->quoted)
			break;
		head += build_ip(l4 + 8, &quoted, !back);
		return spec->quote ? 8 + spec->quote : head;
	default:
		fill(l4, spec->payload);
		break;
	}
	return head + spec->payload;
}

static void put_csum(unsigned char *ip, const struct oracle_spec *spec,
		     unsigned char *l4, size_t len)
{
	unsigned long sum = words(l4, len);
	uint32_t crc;

	switch (spec->protocol) {
	case IPPROTO_TCP:
		set16(l4 + 16, ~fold(sum + pseudo(ip, IPPROTO_TCP, len)));
		break;
	case IPPROTO_UDP:
		set16(l4 + 6, ~fold(sum + pseudo(ip, IPPROTO_UDP, len)));
		if (!be16(l4 + 6))
			set16(l4 + 6, 0xffff);
		if (spec->no_csum)
			set16(l4 + 6, 0);
		break;
	case IPPROTO_SCTP:
		crc = oracle_crc32c(l4, len);
		for (int i = 0; i < 4; i++)
			l4[8 + i] = (unsigned char)(crc >> 8 * i);
		break;
	case IPPROTO_ICMP:
		set16(l4 + 2, ~fold(sum));
		break;
	case IPPROTO_ICMPV6:
		set16(l4 + 2, ~fold(sum + pseudo(ip, IPPROTO_ICMPV6, len)));
		break;
	default:
		break;
	}
}

static size_t build_ipv4(unsigned char *ip, const struct oracle_spec *spec,
			 bool back)
{
	size_t head = 20 + spec->options, len;

	memset(ip, 0, head);
	ip[0] = (unsigned char)(0x40 | head / 4);
	ip[1] = (unsigned char)spec->tos;
	set16(ip + 4, 0x1234);
	set16(ip + 6, spec->frag | (spec->df ? 0x4000 : 0));
	ip[8] = (unsigned char)(spec->ttl ? spec->ttl : 64);
	ip[9] = (unsigned char)spec->protocol;
	memcpy(ip + (back ? 16 : 12), oracle_client[0].ip.b, 4);
	memcpy(ip + (back ? 12 : 16), oracle_vip[0].ip.b, 4);
	if (spec->options >= 8) /* record route, not copied; router alert */
		memcpy(ip + 20, "\x07\3\4\1\x94\4\0\0", 8);
	len = build_l4(ip + head, spec, back);
	put_csum(ip, spec, ip + head, len);
	set16(ip + 2, (unsigned)(head + len));
	set16(ip + 10, ~fold(words(ip, head)));
	return head + len;
}

/* Options are a destination options header; a fragment header comes last. */
static size_t build_ipv6(unsigned char *ip, const struct oracle_spec *spec,
			 bool back)
{
	size_t head = 40 + spec->options + (spec->frag ? 8 : 0), len;
	unsigned char *next = ip + 6, *ext = ip + 40;

	memset(ip, 0, head);
	ip[0] = (unsigned char)(0x60 | spec->tos >> 4);
	ip[1] = (unsigned char)(spec->tos << 4 | 0x0b);
	ip[7] = (unsigned char)(spec->ttl ? spec->ttl : 64);
	memcpy(ip + (back ? 24 : 8), oracle_client[1].ip.b, 16);
	memcpy(ip + (back ? 8 : 24), oracle_vip[1].ip.b, 16);
	if (spec->options) {
		*next = 60;
		next = ext;
		ext[1] = (unsigned char)(spec->options / 8 - 1);
		ext[2] = 1; /* PadN over all of it */
		ext[3] = (unsigned char)(spec->options - 4);
		ext += spec->options;
	}
	if (spec->frag) {
		*next = 44;
		next = ext;
		set16(ext + 2, spec->frag);
		set16(ext + 6, 0x1234);
	}
	*next = (unsigned char)spec->protocol;
	len = build_l4(ip + head, spec, back);
	put_csum(ip, spec, ip + head, len);
	set16(ip + 4, (unsigned)(head - 40 + len));
	return head + len;
}

static size_t build_ip(unsigned char *ip, const struct oracle_spec *spec,
		       bool back)
{
	return spec->family == AF_INET ? build_ipv4(ip, spec, back)
				       : build_ipv6(ip, spec, back);
}

size_t oracle_build(unsigned char *buf, const struct oracle_spec *spec)
{
	size_t len = spec->link;

	if (spec->link) {
		memcpy(buf, "\2\0\0\0\0\1\2\0\0\0\0\2", 12);
		set16(buf + 12, 0x8100);
		set16(buf + 14, 42);
		set16(buf + spec->link - 2,
		      spec->family == AF_INET ? 0x0800 : 0x86dd);
	}
	len += build_ip(buf + len, spec, false);
	memset(buf + len, 0xa5, spec->padding);
	return len + spec->padding;
}

struct lvs_pkt *oracle_pkt_of(const void *frame, size_t len, uint16_t link)
{
	struct lvs_pkt *pkt = malloc(sizeof(*pkt));
	unsigned char *buf = malloc(LVS_PKT_HEADROOM + len);

	memset(buf, 0xee, LVS_PKT_HEADROOM);
	memcpy(buf + LVS_PKT_HEADROOM, frame, len);
	lvs_pkt_init(pkt, buf, (uint32_t)(LVS_PKT_HEADROOM + len),
		     LVS_PKT_HEADROOM, (uint32_t)len, link);
	return pkt;
}

struct lvs_pkt *oracle_pkt(const struct oracle_spec *spec)
{
	static unsigned char buf[70000];
	size_t len = oracle_build(buf, spec);

	return oracle_pkt_of(buf, len, spec->link ? 14 : 0);
}

void oracle_free(struct lvs_pkt *pkt)
{
	free(pkt->data - pkt->headroom);
	free(pkt);
}

void oracle_make_partial(struct lvs_pkt *pkt, unsigned l3, unsigned l4,
			 unsigned proto)
{
	const unsigned char *ip = pkt->data + l3;
	unsigned field = proto == IPPROTO_TCP	? 16
			 : proto == IPPROTO_UDP ? 6
						: 8;

	pkt->off.flags |= LVS_OFF_CSUM;
	pkt->off.csum_start = (uint16_t)l4;
	pkt->off.csum_offset = (uint16_t)field;
	if (proto == IPPROTO_SCTP)
		memset(pkt->data + l4 + field, 0, 4);
	else
		set16(pkt->data + l4 + field,
		      fold(pseudo(ip, proto, pkt->len - l4)));
}

#define V4    .family = AF_INET
#define V6    .family = AF_INET6
#define TCP   .protocol = IPPROTO_TCP
#define UDP   .protocol = IPPROTO_UDP
#define SCTP  .protocol = IPPROTO_SCTP
#define ICMP  .protocol = IPPROTO_ICMP
#define ICMP6 .protocol = IPPROTO_ICMPV6
#define ETH   .link = 14
#define VLAN  .link = 18

const struct oracle_spec oracle_specs[] = {
	{ "TCP over IPv4", V4, TCP, ETH, .payload = 100, .df = true },
	{ "TCP over IPv6", V6, TCP, ETH, .payload = 100 },
	{ "TCP, odd length", V4, TCP, ETH, .payload = 33, .tos = 0x2b },
	{ "TCP, odd length, IPv6", V6, TCP, ETH, .payload = 33, .tos = 0x2b },
	{ "a bare SYN in a padded frame", V4, TCP, ETH, .flags = 2,
	  .padding = 6 },
	{ "a bare SYN in a padded frame, IPv6", V6, TCP, ETH, .flags = 2,
	  .padding = 6 },
	{ "TCP without link layer", V4, TCP, .payload = 9 },
	{ "TCP without link layer, IPv6", V6, TCP, .payload = 9 },
	{ "TCP behind a VLAN tag", V4, TCP, VLAN, .payload = 64 },
	{ "TCP behind a VLAN tag, IPv6", V6, TCP, VLAN, .payload = 64 },
	{ "TCP behind IPv4 options", V4, TCP, ETH, .payload = 64,
	  .options = 8 },
	{ "TCP behind an extension header", V6, TCP, ETH, .payload = 64,
	  .options = 16 },
	{ "TCP with all congestion flags", V4, TCP, ETH, .payload = 4, .tos = 3,
	  .flags = 0xd8 },
	{ "UDP over IPv4", V4, UDP, ETH, .payload = 50 },
	{ "UDP over IPv6", V6, UDP, ETH, .payload = 50 },
	{ "UDP without checksum", V4, UDP, ETH, .payload = 51,
	  .no_csum = true },
	{ "UDP without checksum, IPv6", V6, UDP, ETH, .payload = 51,
	  .no_csum = true },
	{ "UDP without payload, padded", V4, UDP, ETH, .padding = 18 },
	{ "UDP of 1500 bytes", V4, UDP, ETH, .payload = 1472 },
	{ "UDP of 1500 bytes, IPv6", V6, UDP, ETH, .payload = 1452 },
	{ "SCTP over IPv4", V4, SCTP, ETH, .payload = 40 },
	{ "SCTP over IPv6", V6, SCTP, ETH, .payload = 40 },
	{ "SCTP without a chunk", V4, SCTP, ETH },
	{ "ESP", V4, .protocol = IPPROTO_ESP, ETH, .payload = 40 },
	{ "AH over IPv6", V6, .protocol = IPPROTO_AH, ETH, .payload = 40 },
	{ "first of several UDP fragments", V4, UDP, ETH, .payload = 64,
	  .frag = 0x2000 },
	{ "first of several UDP fragments, IPv6", V6, UDP, ETH, .payload = 64,
	  .frag = 1 },
	{ "last UDP fragment", V4, UDP, ETH, .payload = 61, .frag = 100 },
	{ "last UDP fragment, IPv6", V6, UDP, ETH, .payload = 61, .frag = 800 },
	{ "echo request", V4, ICMP, ETH, .payload = 56, .icmp = 8 << 8 },
	{ "echo request, IPv6", V6, ICMP6, ETH, .payload = 56,
	  .icmp = 128 << 8 },
	{ "port unreachable about UDP", V4, ICMP, ETH, .icmp = 3 << 8 | 3,
	  .quoted = IPPROTO_UDP, .payload = 20 },
	{ "port unreachable about UDP, IPv6", V6, ICMP6, ETH,
	  .icmp = 1 << 8 | 4, .quoted = IPPROTO_UDP, .payload = 20 },
	{ "time exceeded about TCP, 8 bytes of it", V4, ICMP, ETH,
	  .icmp = 11 << 8, .quoted = IPPROTO_TCP, .quote = 28 },
	{ "too big about TCP, IPv6", V6, ICMP6, ETH, .icmp = 2 << 8,
	  .quoted = IPPROTO_TCP, .payload = 900 },
	{ "port unreachable about SCTP", V4, ICMP, ETH, .icmp = 3 << 8 | 3,
	  .quoted = IPPROTO_SCTP, .payload = 20 },
	{ "an error that quotes too little", V4, ICMP, ETH, .icmp = 3 << 8 | 3,
	  .quoted = IPPROTO_UDP, .quote = 20 },
	{ "GRE, which is not ours", V4, .protocol = IPPROTO_GRE, ETH,
	  .payload = 30 },
	{ 0 },
};

/* ---- recordings ---------------------------------------------------------- */

void oracle_read(const char *name, struct oracle_capture *cap)
{
	char path[1024];
	unsigned char global[24];
	unsigned char record[16]; /* seconds, microseconds, length, length */
	FILE *file;

	snprintf(path, sizeof(path), "%s/golden/pcap/%s.pcap", TESTS_DIR, name);
	file = fopen(path, "rb");
	if (!file || fread(global, sizeof(global), 1, file) != 1) {
		fprintf(stderr, "cannot read %s\n", path);
		exit(99);
	}
	for (cap->count = 0; cap->count < ORACLE_FRAMES; cap->count++) {
		size_t i = cap->count;

		if (fread(record, sizeof(record), 1, file) != 1)
			break;
		cap->len[i] = record[8] | (size_t)record[9] << 8;
		if (cap->len[i] > sizeof(cap->frame[i]) ||
		    fread(cap->frame[i], cap->len[i], 1, file) != 1) {
			fprintf(stderr, "%s: cut off\n", path);
			exit(99);
		}
	}
	fclose(file);
}
