/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packet.c - a line of text becomes a packet.
 */
#include "packet.h"
#include "net.h"
#include "sum.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORDS 96

/* What a line says, before it is laid out. */
struct line {
	int af;
	struct lvs_addr src, dst;
	unsigned sport, dport;
	const char *proto;
	const char *arg; /* TCP flags, SCTP chunk, ICMP type/code */
	unsigned protocol;
	char **inner; /* words between the parentheses */
	size_t inner_count;
	unsigned seq, ack; /* of TCP */
	unsigned len, ttl, tos, id, frag, gso, cut, mtu, pad;
	unsigned part_at, part_len; /* only this of what follows the header */
	unsigned mss;		    /* of TCP; 0: no such option */
	bool df, more, is_frag, partial, nosum, badsum, badipsum, badlen;
};

static int complain(const char *what, const char *word)
{
	fprintf(stderr, "flow: %s: %s\n", what, word);
	return -1;
}

/* "R1:80", "R1", or an address in figures. */
static bool endpoint(const char *word, int af, struct lvs_addr *addr,
		     unsigned *port)
{
	char name[64];
	const char *colon = strrchr(word, ':');
	uint16_t p;

	*port = 0;
	if (net_addr(word, af, addr))
		return true;
	if (colon && (size_t)(colon - word) < sizeof(name)) {
		memcpy(name, word, (size_t)(colon - word));
		name[colon - word] = '\0';
		*port = (unsigned)strtoul(colon + 1, NULL, 10);
		if (net_addr(name, af, addr))
			return true;
	}
	if (lvs_endpoint_parse(word, addr, &p) < 0)
		return false;
	*port = p;
	return true;
}

/* Members that a word with a number sets. */
static unsigned *number_of(struct line *l, const char *word)
{
	static const struct {
		const char *word;
		size_t member;
	} table[] = {
		{ "seq", offsetof(struct line, seq) },
		{ "ack", offsetof(struct line, ack) },
		{ "len", offsetof(struct line, len) },
		{ "ttl", offsetof(struct line, ttl) },
		{ "tos", offsetof(struct line, tos) },
		{ "id", offsetof(struct line, id) },
		{ "gso", offsetof(struct line, gso) },
		{ "cut", offsetof(struct line, cut) },
		{ "mtu", offsetof(struct line, mtu) },
		{ "mss", offsetof(struct line, mss) },
		{ "pad", offsetof(struct line, pad) },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (strcmp(table[i].word, word) == 0)
			return (unsigned *)(void *)((char *)l +
						    table[i].member);
	return NULL;
}

static bool *flag_of(struct line *l, const char *word)
{
	static const struct {
		const char *word;
		size_t member;
	} table[] = {
		{ "df", offsetof(struct line, df) },
		{ "partial", offsetof(struct line, partial) },
		{ "nosum", offsetof(struct line, nosum) },
		{ "badsum", offsetof(struct line, badsum) },
		{ "badipsum", offsetof(struct line, badipsum) },
		{ "badlen", offsetof(struct line, badlen) },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (strcmp(table[i].word, word) == 0)
			return (bool *)(void *)((char *)l + table[i].member);
	return NULL;
}

static const struct {
	const char *name;
	unsigned v4, v6;
	bool has_arg;
} protos[] = {
	{ "tcp", 6, 6, true },	    { "udp", 17, 17, false },
	{ "sctp", 132, 132, true }, { "icmp", 1, 58, true },
	{ "esp", 50, 50, false },   { "ah", 51, 51, false },
	{ "ipip", 4, 4, false },    { "proto", 0, 0, true },
};

static int read_proto(struct line *l, char **words, size_t count)
{
	for (size_t i = 0; i < sizeof(protos) / sizeof(*protos); i++) {
		if (strcmp(protos[i].name, words[0]) != 0)
			continue;
		l->proto = words[0];
		l->protocol = l->af == AF_INET6 ? protos[i].v6 : protos[i].v4;
		if (!protos[i].has_arg)
			return 1;
		if (count < 2)
			return complain("needs an argument", words[0]);
		l->arg = words[1];
		if (strcmp(l->proto, "proto") == 0)
			l->protocol = (unsigned)atoi(l->arg);
		return 2;
	}
	return complain("no such protocol", words[0]);
}

/* The words from after "(" to its ")". */
static size_t enclosed(char **words, size_t count)
{
	size_t depth = 1, i = 0;

	for (; i < count; i++) {
		depth += strcmp(words[i], "(") == 0;
		depth -= strcmp(words[i], ")") == 0;
		if (depth == 0)
			break;
	}
	return i;
}

static int read_rest(struct line *l, char **words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		unsigned *number = number_of(l, words[i]);
		bool *flag = flag_of(l, words[i]);
		char *end;

		if (number && i + 1 < count) {
			*number = (unsigned)strtoul(words[++i], NULL, 0);
		} else if (flag) {
			*flag = true;
		} else if (strcmp(words[i], "frag") == 0 && i + 1 < count) {
			l->frag = (unsigned)strtoul(words[++i], &end, 10);
			l->more = *end == '+';
			l->is_frag = true;
		} else if (strcmp(words[i], "part") == 0 && i + 2 < count) {
			l->part_at = (unsigned)atoi(words[++i]);
			l->part_len = (unsigned)atoi(words[++i]);
		} else if (strcmp(words[i], "(") == 0) {
			l->inner = words + i + 1;
			l->inner_count = enclosed(l->inner, count - i - 1);
			i += l->inner_count + 1;
		} else {
			return complain("what is that", words[i]);
		}
	}
	return 0;
}

static int read_line(struct line *l, int af, char **words, size_t count)
{
	int used;

	*l = (struct line){ .af = af, .ttl = 64, .seq = 1000, .ack = 2000 };
	if (count < 4 || strcmp(words[1], ">") != 0)
		return complain("not SRC > DST PROTO", words[0]);
	if (!endpoint(words[0], af, &l->src, &l->sport) ||
	    !endpoint(words[2], af, &l->dst, &l->dport))
		return complain("no such address", words[0]);
	l->af = l->src.family;
	used = read_proto(l, words + 3, count - 3);
	if (used < 0)
		return -1;
	return read_rest(l, words + 3 + used, count - 3 - (size_t)used);
}

static int lay(const struct line *l, unsigned char *buf, size_t size,
	       struct lvs_offload *off);

static int lay_words(int af, char **words, size_t count, unsigned char *buf,
		     size_t size, struct lvs_offload *off)
{
	struct line l;

	if (read_line(&l, af, words, count) < 0)
		return -1;
	return lay(&l, buf, size, off);
}

static void payload(unsigned char *buf, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf[i] = sum_pattern(i);
}

static void put16(unsigned char *at, unsigned value)
{
	at[0] = (unsigned char)(value >> 8);
	at[1] = (unsigned char)value;
}

static void put32(unsigned char *at, unsigned value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

static int lay_tcp(const struct line *l, unsigned char *at)
{
	static const char letters[] = "FSRPA";
	unsigned flags = 0;

	for (const char *c = l->arg; *c; c++)
		if (strchr(letters, *c))
			flags |= 1u << (strchr(letters, *c) - letters);
	put16(at, l->sport);
	put16(at + 2, l->dport);
	put32(at + 4, l->seq);
	put32(at + 8, l->ack);
	at[12] = 5 << 4;
	at[13] = (unsigned char)flags;
	put16(at + 14, 65000);
	put16(at + 16, 0);
	put16(at + 18, 0);
	if (!l->mss) {
		payload(at + 20, l->len);
		return 20 + (int)l->len;
	}
	/* Behind a NOP, so that it is half of two words; and an end. */
	at[12] = 7 << 4;
	memcpy(at + 20, "\1\2\4\0\0\1\1\0", 8);
	put16(at + 23, l->mss);
	payload(at + 28, l->len);
	return 28 + (int)l->len;
}

static int lay_udp(const struct line *l, unsigned char *at)
{
	put16(at, l->sport);
	put16(at + 2, l->dport);
	put16(at + 4, 8 + l->len + (l->badlen ? 20 : 0));
	put16(at + 6, 0);
	payload(at + 8, l->len);
	return 8 + (int)l->len;
}

static int lay_sctp(const struct line *l, unsigned char *at)
{
	static const char *const chunks[] = { "data",  "init", "initack",
					      "sack",  "hb",   "hback",
					      "abort", "shut", "shutack",
					      "error", "echo", "cookieack" };
	unsigned type = 0;

	for (unsigned i = 0; i < sizeof(chunks) / sizeof(*chunks); i++)
		if (strcmp(chunks[i], l->arg) == 0)
			type = i;
	put16(at, l->sport);
	put16(at + 2, l->dport);
	put32(at + 4, 77);
	put32(at + 8, 0);
	at[12] = (unsigned char)type;
	at[13] = 0;
	put16(at + 14, 4 + l->len);
	payload(at + 16, l->len);
	return 16 + (int)l->len;
}

static int lay_icmp(const struct line *l, unsigned char *at, size_t size)
{
	unsigned type = 0, code = 0;
	int inner = (int)l->len;

	sscanf(l->arg, "%u/%u", &type, &code);
	at[0] = (unsigned char)type;
	at[1] = (unsigned char)code;
	put16(at + 2, 0);
	put32(at + 4, l->mtu);
	if (l->inner)
		inner = lay_words(l->af, l->inner, l->inner_count, at + 8,
				  size - 8, NULL);
	else
		payload(at + 8, l->len);
	return inner < 0 ? -1 : 8 + inner;
}

/* The inner packet of an outer one; its offload state is that of both. */
static int lay_inner(struct line *l, unsigned char *at, size_t size,
		     struct lvs_offload *off)
{
	int len = lay_words(l->af, l->inner, l->inner_count, at, size, off);

	l->protocol = at[0] >> 4 == 6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
	if (off && off->flags & LVS_OFF_CSUM)
		off->csum_start = (uint16_t)(off->csum_start +
					     (l->af == AF_INET6 ? 40 : 20));
	return len;
}

static int lay_transport(struct line *l, unsigned char *at, size_t size,
			 struct lvs_offload *off)
{
	if (l->is_frag && (l->frag || strcmp(l->proto, "proto") == 0)) {
		for (unsigned i = 0; i < l->len; i++)
			at[i] = sum_pattern(l->frag + i);
		return (int)l->len;
	}
	switch (l->protocol) {
	case IPPROTO_TCP:
		return lay_tcp(l, at);
	case IPPROTO_UDP:
		return lay_udp(l, at);
	case IPPROTO_SCTP:
		return lay_sctp(l, at);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return lay_icmp(l, at, size);
	case IPPROTO_IPIP:
		if (l->inner)
			return lay_inner(l, at, size, off);
		break;
	default:
		break;
	}
	payload(at, 24 + l->len);
	return 24 + (int)l->len;
}

/* Where the transport checksum lies; 0: none. */
static unsigned sum_at(unsigned protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return 16;
	case IPPROTO_UDP:
		return 6;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return 2;
	default:
		return 0;
	}
}

static void checksums(const struct line *l, unsigned char *ip, unsigned head,
		      unsigned len, struct lvs_offload *off)
{
	unsigned char *l4 = ip + head;
	unsigned at = sum_at(l->protocol);

	if (l->protocol == IPPROTO_SCTP)
		sum_sctp(l4, len);
	if (!at || (l->is_frag && l->frag) || l->nosum)
		return;
	put16(l4 + at, l->partial ? sum_pseudo(ip, l->protocol, len)
				  : sum_transport(ip, head, len, l->protocol));
	if (l->badsum)
		l4[at] ^= 0x55;
	if (l->partial && off) {
		off->flags |= LVS_OFF_CSUM;
		off->csum_start = (uint16_t)head;
		off->csum_offset = (uint16_t)at;
	}
}

static unsigned lay_v4(const struct line *l, unsigned char *buf, unsigned len)
{
	buf[0] = 0x45;
	buf[1] = (unsigned char)l->tos;
	put16(buf + 2, 20 + len);
	put16(buf + 4, l->id);
	put16(buf + 6,
	      (l->df ? 0x4000u : 0) | (l->more ? 0x2000u : 0) | l->frag / 8);
	buf[8] = (unsigned char)l->ttl;
	buf[9] = (unsigned char)l->protocol;
	put16(buf + 10, 0);
	memcpy(buf + 12, l->src.ip.b, 4);
	memcpy(buf + 16, l->dst.ip.b, 4);
	put16(buf + 10, sum_of(buf, 20));
	if (l->badipsum)
		buf[10] ^= 0x55;
	return 20;
}

static unsigned lay_v6(const struct line *l, unsigned char *buf, unsigned len)
{
	put32(buf, 6u << 28 | l->tos << 20);
	put16(buf + 4, len + (l->is_frag ? 8 : 0));
	buf[6] = l->is_frag ? 44 : (unsigned char)l->protocol;
	buf[7] = (unsigned char)l->ttl;
	memcpy(buf + 8, l->src.ip.b, 16);
	memcpy(buf + 24, l->dst.ip.b, 16);
	if (!l->is_frag)
		return 40;
	buf[40] = (unsigned char)l->protocol;
	buf[41] = 0;
	put16(buf + 42, l->frag | l->more);
	put32(buf + 44, l->id);
	return 48;
}

/* Of the packet that the rest of the line says, one fragment. */
static int lay_part(const struct line *l, unsigned char *buf, size_t size)
{
	bool v6 = l->af == AF_INET6;
	unsigned head = v6 ? 40 : 20;
	struct line line = *l;
	int len;

	line.part_len = 0;
	len = lay(&line, buf, size, NULL);
	if (len < 0)
		return -1;
	line.protocol = buf[v6 ? 6 : 9];
	line.is_frag = true;
	line.frag = l->part_at;
	line.more = l->part_at + l->part_len < (unsigned)len - head;
	memmove(buf + head + (v6 ? 8 : 0), buf + head + l->part_at,
		l->part_len);
	head = v6 ? lay_v6(&line, buf, l->part_len)
		  : lay_v4(&line, buf, l->part_len);
	return (int)(head + l->part_len - l->cut);
}

static int lay(const struct line *l, unsigned char *buf, size_t size,
	       struct lvs_offload *off)
{
	bool v6 = l->af == AF_INET6;
	unsigned head = v6 ? 40 + (l->is_frag ? 8u : 0) : 20;
	struct line line = *l;
	int len;

	if (size < head + 64 + l->len)
		return complain("too long", l->proto);
	if (l->part_len)
		return lay_part(l, buf, size);
	len = lay_transport(&line, buf + head, size - head, off);
	if (len < 0)
		return -1;
	if (v6)
		lay_v6(&line, buf, (unsigned)len);
	else
		lay_v4(&line, buf, (unsigned)len);
	checksums(&line, buf, head, (unsigned)len, off);
	memset(buf + head + len, 0, l->pad);
	if (off && l->gso) {
		off->gso = l->protocol == IPPROTO_UDP ? LVS_GSO_UDP_L4
			   : v6			      ? LVS_GSO_TCPV6
						      : LVS_GSO_TCPV4;
		off->gso_size = (uint16_t)l->gso;
	}
	return (int)(head + (unsigned)len + l->pad - l->cut);
}

int packet_build(const char *text, int af, unsigned char *buf, size_t size,
		 struct lvs_offload *off)
{
	char copy[1024], *words[MAX_WORDS], *save = NULL;
	size_t count = 0;

	*off = (struct lvs_offload){ 0 };
	snprintf(copy, sizeof(copy), "%s", text);
	for (char *w = strtok_r(copy, " \t", &save); w && count < MAX_WORDS;
	     w = strtok_r(NULL, " \t", &save))
		words[count++] = w;
	return lay_words(af, words, count, buf, size, off);
}
