/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * show.c - a packet becomes a line of text, with what is wrong with it.
 */
#include "net.h"
#include "packet.h"
#include "sum.h"
#include <arpa/inet.h>
#include <stdarg.h>
#include <string.h>

/* The line as it grows. */
struct out {
	char *at;
	size_t left;
};

__attribute__((format(printf, 2, 3))) static void say(struct out *out,
						      const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(out->at, out->left, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= out->left)
		n = (int)(out->left ? out->left - 1 : 0);
	out->at += n;
	out->left -= (size_t)n;
}

/* What the IP header says. */
struct head {
	int af;
	struct lvs_addr src, dst;
	unsigned len; /* of the header(s) */
	unsigned total;
	unsigned protocol, ttl, tos, frag;
	bool df, more, is_frag, ipsum_ok;
};

static unsigned get16(const unsigned char *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static bool read_head(const unsigned char *ip, size_t len, struct head *h)
{
	*h = (struct head){ .af = AF_INET, .ipsum_ok = true };
	if (len >= 20 && ip[0] >> 4 == 4) {
		h->len = (ip[0] & 15u) * 4;
		h->total = get16(ip + 2);
		h->tos = ip[1];
		h->df = get16(ip + 6) & 0x4000;
		h->more = get16(ip + 6) & 0x2000;
		h->frag = (get16(ip + 6) & 0x1fff) * 8;
		h->is_frag = h->more || h->frag;
		h->ttl = ip[8];
		h->protocol = ip[9];
		h->ipsum_ok = len < h->len || sum_of(ip, h->len) == 0;
		h->src = lvs_addr_from_bytes(AF_INET, ip + 12);
		h->dst = lvs_addr_from_bytes(AF_INET, ip + 16);
		return true;
	}
	if (len < 40 || ip[0] >> 4 != 6)
		return false;
	h->af = AF_INET6;
	h->len = 40;
	h->total = 40 + get16(ip + 4);
	h->tos = (get16(ip) >> 4) & 0xff;
	h->protocol = ip[6];
	h->ttl = ip[7];
	h->src = lvs_addr_from_bytes(AF_INET6, ip + 8);
	h->dst = lvs_addr_from_bytes(AF_INET6, ip + 24);
	if (h->protocol == 44 && len >= 48) {
		h->is_frag = true;
		h->len = 48;
		h->protocol = ip[40];
		h->frag = get16(ip + 42) & 0xfff8;
		h->more = ip[43] & 1;
	}
	return true;
}

static void say_ends(struct out *out, const struct head *h,
		     const unsigned char *l4, bool ports)
{
	char src[LVS_ADDR_STRLEN], dst[LVS_ADDR_STRLEN];

	say(out, "%s", net_name(&h->src, src, sizeof(src)));
	if (ports)
		say(out, ":%u", get16(l4));
	say(out, " > %s", net_name(&h->dst, dst, sizeof(dst)));
	if (ports)
		say(out, ":%u", get16(l4 + 2));
}

static void say_data(struct out *out, const unsigned char *data, size_t have,
		     size_t len, size_t from)
{
	if (len)
		say(out, " len %zu", len);
	for (size_t i = 0; i < have && i < len; i++) {
		if (data[i] != sum_pattern(from + i)) {
			say(out, " !data");
			return;
		}
	}
}

/*
 * Whether the transport checksum FIELD bytes behind L4 is right; WHOLE: all
 * of the packet is there.  Quoted packets (OFF is NULL) need not have one that
 * is: who translates an error leaves it.
 */
static void say_sum(struct out *out, const unsigned char *ip,
		    const struct head *h, unsigned field, bool whole,
		    const struct lvs_offload *off)
{
	unsigned len = h->total - h->len;
	unsigned stored = get16(ip + h->len + field);

	if (!whole || !off)
		return;
	if (off->flags & LVS_OFF_CSUM) {
		say(out, " partial");
		if (off->csum_start != h->len || off->csum_offset != field ||
		    stored != sum_pseudo(ip, h->protocol, len))
			say(out, " !sum");
	} else if (h->protocol == IPPROTO_UDP && stored == 0) {
		say(out, " nosum");
	} else {
		unsigned zero = sum_transport(ip, h->len, len, h->protocol);

		/* Over a right field the sum is 0. */
		if (zero != 0 && zero != 0xffff)
			say(out, " !sum");
	}
}

static void show(struct out *out, const unsigned char *ip, size_t len,
		 const struct lvs_offload *off);

/* Unless it is what it is in every packet. */
static void say_number(struct out *out, const char *name,
		       const unsigned char *at, unsigned usual)
{
	unsigned number = get16(at) << 16 | get16(at + 2);

	if (number != usual)
		say(out, " %s %u", name, number);
}

static void show_tcp(struct out *out, const unsigned char *ip, size_t len,
		     const struct head *h, const struct lvs_offload *off)
{
	static const char letters[] = "FSRPA";
	const unsigned char *l4 = ip + h->len;
	bool whole = len >= h->total;
	unsigned head;

	say_ends(out, h, l4, true);
	say(out, " tcp ");
	if (len < h->len + 20)
		return;
	for (int i = 0; i < 5; i++)
		if (l4[13] & 1 << i)
			say(out, "%c", letters[i]);
	say_number(out, "seq", l4 + 4, 1000);
	say_number(out, "ack", l4 + 8, 2000);
	head = (l4[12] >> 4) * 4u;
	if (head >= 28 && len >= h->len + 28 && l4[21] == 2)
		say(out, " mss %u", get16(l4 + 23));
	if (head < 20 || len < h->len + head)
		return;
	say_data(out, l4 + head, len - h->len - head, h->total - h->len - head,
		 0);
	say_sum(out, ip, h, 16, whole, off);
}

static void show_udp(struct out *out, const unsigned char *ip, size_t len,
		     const struct head *h, const struct lvs_offload *off)
{
	const unsigned char *l4 = ip + h->len;

	say_ends(out, h, l4, true);
	say(out, " udp");
	say_data(out, l4 + 8, len - h->len - 8, h->total - h->len - 8, 0);
	if (get16(l4 + 4) != h->total - h->len)
		say(out, " !len");
	say_sum(out, ip, h, 6, len >= h->total, off);
}

static void show_sctp(struct out *out, const unsigned char *ip, size_t len,
		      const struct head *h, const struct lvs_offload *off)
{
	const unsigned char *l4 = ip + h->len;

	say_ends(out, h, l4, true);
	say(out, " sctp %u", len >= h->len + 13 ? l4[12] : 0);
	if (off && len >= h->total && !sum_sctp_ok(l4, h->total - h->len))
		say(out, " !sum");
}

static void show_icmp(struct out *out, const unsigned char *ip, size_t len,
		      const struct head *h, const struct lvs_offload *off)
{
	const unsigned char *l4 = ip + h->len;
	unsigned mtu = get16(l4 + 4) << 16 | get16(l4 + 6);
	struct head quoted;

	say_ends(out, h, l4, false);
	say(out, " icmp %u/%u", l4[0], l4[1]);
	if (mtu)
		say(out, " mtu %u", mtu);
	if (len > h->len + 8 && read_head(l4 + 8, len - h->len - 8, &quoted)) {
		say(out, " ( ");
		show(out, l4 + 8, len - h->len - 8, NULL);
		say(out, " )");
	}
	say_sum(out, ip, h, 2, len >= h->total, off);
}

/* The inner packet's offload state, seen from its own header. */
static struct lvs_offload shifted(const struct lvs_offload *off, unsigned by)
{
	struct lvs_offload inner = { 0 };

	if (off) {
		inner = *off;
		inner.csum_start = (uint16_t)(off->csum_start - by);
	}
	return inner;
}

/* FNV-1a: what a fragment carries can't be said in a few words. */
static unsigned digest(const unsigned char *data, unsigned len)
{
	unsigned hash = 0x811c9dc5;

	for (unsigned i = 0; i < len; i++)
		hash = (hash ^ data[i]) * 0x01000193;
	return hash;
}

static void show_transport(struct out *out, const unsigned char *ip, size_t len,
			   const struct head *h, const struct lvs_offload *off)
{
	struct lvs_offload inner = shifted(off, h->len);
	unsigned there; /* bytes of a fragment that is quoted in part */

	if (h->is_frag) {
		say_ends(out, h, NULL, false);
		say(out, " proto %u frag %u%s len %u", h->protocol, h->frag,
		    h->more ? "+" : "", h->total - h->len);
		there = (unsigned)(len < h->total ? len : h->total) - h->len;
		say(out, " data %08x", digest(ip + h->len, there));
		if (len < h->total)
			say(out, " cut %zu", h->total - len);
		return;
	}
	switch (h->protocol) {
	case IPPROTO_TCP:
		show_tcp(out, ip, len, h, off);
		return;
	case IPPROTO_UDP:
		show_udp(out, ip, len, h, off);
		return;
	case IPPROTO_SCTP:
		show_sctp(out, ip, len, h, off);
		return;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		show_icmp(out, ip, len, h, off);
		return;
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
		say_ends(out, h, NULL, false);
		say(out, " ipip ( ");
		show(out, ip + h->len, len - h->len, &inner);
		say(out, " )");
		return;
	default:
		say_ends(out, h, NULL, false);
		say(out, " proto %u", h->protocol);
	}
}

static void show(struct out *out, const unsigned char *ip, size_t len,
		 const struct lvs_offload *off)
{
	struct head h;

	if (!read_head(ip, len, &h) || len < h.len + 8u) {
		say(out, "not a packet (%zu bytes)", len);
		return;
	}
	show_transport(out, ip, len, &h, off);
	say(out, " ttl %u", h.ttl);
	if (h.tos)
		say(out, " tos %u", h.tos);
	if (h.df)
		say(out, " df");
	if (!h.ipsum_ok)
		say(out, " !ipsum");
	if (off && off->gso)
		say(out, " gso %u", off->gso_size);
	if (off && len != h.total)
		say(out, " !len");
}

void packet_show(const unsigned char *buf, size_t len,
		 const struct lvs_offload *off, char *text, size_t size)
{
	struct out out = { text, size };

	text[0] = '\0';
	show(&out, buf, len, off);
}
