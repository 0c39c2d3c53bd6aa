/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * script_packet.c - the packets of a script, as they come in.
 *
 * Right in every header and checksum, unless the script spoils them.
 */
#include "config.h"

#include "flow/packet.h"
#include "flow/sum.h"
#include "script.h"

#include <arpa/inet.h>
#include <netinet/in.h>

/* The longest IP packet that is laid. */
#define ROOM (SCRIPT_BUFFER - LVS_PKT_HEADROOM - 64)

enum kind {
	REQUEST, /* and whatever is not one of the others */
	REPLY = 2,
	ICMP_REQUEST, /* by a client, of a reply */
	ICMP_REPLY,   /* by a server, of a request */
	FRAGMENT,
	OTHER, /* ESP, AH, an ICMP error about a tunnel's packet */
	ASKS,  /* for the link address of somebody */
};

/* What says that a packet is not as it should be. */
static void spoil(struct script *s, struct lvs_pkt *pkt)
{
	for (uint8_t n = script_byte(s) & 7; n > 0; n--) {
		uint32_t at = script_byte(s);

		pkt->data[at % pkt->len] ^= script_byte(s);
	}
	s->wrong = true;
}

/* ---- lines ----------------------------------------------------------------
 */

struct line {
	char text[256];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void say(struct line *line,
						      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line->len +=
		(size_t)vsnprintf(line->text + line->len,
				  sizeof(line->text) - line->len, format, args);
	va_end(args);
	need(line->len < sizeof(line->text));
}

/* The transport part; QUOTED in an ICMP error it is as it was on the wire. */
static void say_transport(struct script *s, struct line *line, bool quoted)
{
	static const char *const flags[] = { "S",  "A",	 "FA", "RA",
					     "SA", "PA", "R",  "F" };
	static const char *const chunks[] = { "init",	   "initack", "echo",
					      "cookieack", "data",    "abort",
					      "shut",	   "shutack" };
	uint8_t how = script_byte(s), len = script_byte(s);
	bool sctp = (how & 3) == 3;

	if (sctp)
		say(line, "sctp %s", ONE_OF(chunks, how >> 2));
	else if ((how & 3) == 2)
		say(line, "udp");
	else
		say(line, "tcp %s", ONE_OF(flags, how >> 2));
	say(line, " len %u", len & 0x80 ? len * 10u : len);
	if (how & 0x20)
		say(line, " df");
	if (how & 0x40)
		say(line, " ttl %u", len & 1);
	if (!(how & 0x80) || sctp || quoted)
		return;
	say(line, " partial");
	if (len & 0x80)
		say(line, " gso %u", 100u + (len & 0x60u));
}

static void say_quoted(struct script *s, struct line *line, uint8_t how)
{
	static const char *const v4[] = { "3/3", "3/4", "11/0", "8/0" };
	static const char *const v6[] = { "1/4", "2/0", "3/0", "128/0" };
	const char *type = s->af == AF_INET ? v4[how & 3] : v6[how & 3];

	say(line, "icmp %s mtu %u ( ", type, how & 4 ? 1000 : 1280);
}

static const unsigned ports[] = { 80, 53, 9, 500, 8000, 81, 21, 53 };

/* The same pieces have the same ports, and so the same bytes. */
static void say_whole(struct line *line, const char *client, uint8_t id)
{
	unsigned cport = 1000u + id, vport = ONE_OF(ports, id);

	say(line, "%s:%u > V:%u %s len %u id %u", client, cport, vport,
	    id & 1 ? "udp" : "tcp S", 24u + 16 * id, id);
}

static void say_line(struct script *s, struct line *line, enum kind kind)
{
	uint8_t who = script_byte(s), port = script_byte(s);
	unsigned cport = 1000u + (who >> 4), vport = ONE_OF(ports, port);
	const char *client = ONE_OF(script_clients, who & 3);
	const char *server = ONE_OF(script_hosts, port >> 3);

	switch (kind) {
	case REPLY:
		say(line, "%s:%u > %s:%u ", server, vport, client, cport);
		say_transport(s, line, false);
		break;
	case ICMP_REQUEST:
		say(line, "%s > V ", client);
		say_quoted(s, line, who >> 1);
		say(line, "V:%u > %s:%u ", vport, client, cport);
		say_transport(s, line, true);
		say(line, " )");
		break;
	case ICMP_REPLY:
		say(line, "%s > %s ", server, client);
		say_quoted(s, line, who >> 1);
		say(line, "%s:%u > %s:%u ", client, cport, server, vport);
		say_transport(s, line, true);
		say(line, " )");
		break;
	case FRAGMENT:
		say_whole(line, client, who >> 4 & 7);
		break;
	case OTHER:
		if (!(port & 2)) {
			say(line, "%s > V %s", client, port & 1 ? "esp" : "ah");
			break;
		}
		say(line, "R3 > DS ");
		say_quoted(s, line, who >> 1);
		say(line, "DS > %s ipip ( %s:%u > V:%u ", server, client, cport,
		    vport);
		say_transport(s, line, true);
		say(line, " ) )");
		break;
	default:
		say(line, "%s:%u > V:%u ", client, cport, vport);
		say_transport(s, line, false);
	}
}

/* ---- what is no line ------------------------------------------------------
 */

static void put16(unsigned char *at, unsigned value)
{
	at[0] = (unsigned char)(value >> 8);
	at[1] = (unsigned char)value;
}

/* Of the IPv4 packet of LEN bytes at IP, LESS bytes of payload from FROM on. */
static int cut_v4(unsigned char *ip, int len, unsigned from, unsigned less)
{
	bool more = 20 + from + less < (unsigned)len;

	memmove(ip + 20, ip + 20 + from, less);
	put16(ip + 2, 20 + less);
	put16(ip + 6, from / 8 | (more ? 0x2000 : 0));
	put16(ip + 10, 0);
	put16(ip + 10, sum_of(ip, 20));
	return (int)(20 + less);
}

static int cut_v6(unsigned char *ip, int len, unsigned from, unsigned less,
		  uint8_t id)
{
	bool more = 40 + from + less < (unsigned)len;

	memmove(ip + 48, ip + 40 + from, less);
	memset(ip + 40, 0, 8);
	ip[40] = ip[6];
	put16(ip + 42, from | more);
	ip[47] = id;
	ip[6] = IPPROTO_FRAGMENT;
	put16(ip + 4, 8 + less);
	return (int)(48 + less);
}

/* A piece of the packet of LEN bytes at IP; pieces may overlap, and be all. */
static int cut(struct script *s, unsigned char *ip, int len, uint8_t id)
{
	unsigned head = s->af == AF_INET ? 20 : 40;
	unsigned all = (unsigned)len - head;
	uint8_t how = script_byte(s);
	unsigned from = (how & 15u) * 16 % ((all + 7) / 8 * 8);
	unsigned less = how & 0x80 ? 16 : 8u << (how >> 4 & 7);

	if (from + less > all)
		less = all - from;
	return s->af == AF_INET ? cut_v4(ip, len, from, less)
				: cut_v6(ip, len, from, less, id);
}

static int lay_arp(struct script *s, unsigned char *at, const char *client,
		   const char *asked)
{
	struct lvs_addr addr;

	put16(at, 1);
	put16(at + 2, 0x0800);
	put16(at + 4, 0x0604);
	put16(at + 6, 1);
	net_mac(client, at + 8);
	net_addr(client, s->af, &addr);
	memcpy(at + 14, addr.ip.b, 4);
	memset(at + 18, 0, 6);
	net_addr(asked, s->af, &addr);
	memcpy(at + 24, addr.ip.b, 4);
	return 28;
}

/* A neighbour solicitation. */
static int lay_nd(struct script *s, unsigned char *ip, const char *client,
		  const char *asked)
{
	struct lvs_addr addr;
	struct lvs_offload off;
	char text[64];
	int len;

	snprintf(text, sizeof(text), "%s > %s icmp 135/0 len 24 ttl 255",
		 client, asked);
	len = packet_build(text, s->af, ip, ROOM, &off);
	need(len == 40 + 32);
	net_addr(asked, s->af, &addr);
	memcpy(ip + 48, addr.ip.b, 16);
	put16(ip + 64, 0x0101); /* source link address, 8 bytes */
	net_mac(client, ip + 66);
	put16(ip + 42, 0);
	put16(ip + 42, sum_transport(ip, 40, 32, IPPROTO_ICMPV6));
	return len;
}

/* ---- one packet -----------------------------------------------------------
 */

/* An IP packet, or ARP, at IP; its length. */
static int lay_l3(struct script *s, unsigned char *ip, enum kind kind,
		  struct lvs_offload *off)
{
	struct line line = { .len = 0 };
	uint8_t who;
	int len;

	*off = (struct lvs_offload){ 0 };
	if (kind == ASKS) {
		const char *client, *asked;

		who = script_byte(s);
		client = ONE_OF(script_clients, who & 3);
		asked = who & 4 ? ONE_OF(script_hosts, who >> 4) : "V";
		return s->af == AF_INET ? lay_arp(s, ip, client, asked)
					: lay_nd(s, ip, client, asked);
	}
	who = s->at < s->end ? *s->at : 0;
	say_line(s, &line, kind);
	len = packet_build(line.text, s->af, ip, ROOM, off);
	need(len > 0);
	return kind == FRAGMENT ? cut(s, ip, len, who >> 4 & 7) : len;
}

void script_lay(struct script *s, unsigned i)
{
	struct lvs_pkt *pkt = &s->pkts[i];
	uint8_t how = script_byte(s);
	enum kind kind = how & 7;
	bool asks = kind == ASKS, reply = kind == REPLY || kind == ICMP_REPLY;
	uint16_t l2 = how & 0x40 && !asks ? 0 : 14;
	unsigned char *buf = s->bufs[i], *ip = buf + LVS_PKT_HEADROOM + l2;
	struct lvs_offload off;
	int len;

	memset(buf, 0, SCRIPT_BUFFER);
	len = lay_l3(s, ip, kind, &off);
	lvs_pkt_init(pkt, buf, SCRIPT_BUFFER, LVS_PKT_HEADROOM,
		     l2 + (uint32_t)len, l2);
	if (l2)
		put16(ip - 2, s->af == AF_INET6 ? 0x86dd
			      : asks		? 0x0806
						: 0x0800);
	pkt->off = off;
	pkt->off.csum_start = (uint16_t)(off.csum_start + l2);
	pkt->link_in = l2	 ? reply ? LINK_S : LINK_C
		       : how & 8 ? LVS_LINK_NONE
				 : LINK_T;
	pkt->mark = how & 0x10 ? 7 : 0;
	pkt->vlan = how & 0x20 && l2 ? 0x1005 : 0;
	if (how & 0x80)
		spoil(s, pkt);
}
