/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * who.c - ARP (RFC 826) and neighbour discovery (RFC 4861, 4.3 and 4.4).
 */
#include "who.h"
#include "net.h"
#include "sum.h"
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define ARP_LEN (14 + 28)
#define ND_LEN	(14 + 40 + 32)

static size_t build_arp(const struct lvs_addr *target,
			const struct lvs_addr *sender, unsigned char *buf)
{
	unsigned char *arp = buf + 14;

	memset(buf, 0xff, 6);
	memcpy(buf + 12, (unsigned char[]){ 0x08, 0x06 }, 2);
	memset(arp, 0, 28);
	memcpy(arp, (unsigned char[]){ 0, 1, 8, 0, 6, 4, 0, 1 }, 8);
	memcpy(arp + 8, buf + 6, 6);
	memcpy(arp + 14, sender->ip.b, 4);
	memcpy(arp + 24, target->ip.b, 4);
	return ARP_LEN;
}

static size_t build_nd(const struct lvs_addr *target,
		       const struct lvs_addr *sender, unsigned char *buf)
{
	unsigned char *ip = buf + 14, *nd = ip + 40;
	unsigned sum;

	memset(buf, 0, 6);
	memcpy(buf, (unsigned char[]){ 0x33, 0x33, 0xff }, 3);
	memcpy(buf + 3, target->ip.b + 13, 3);
	memcpy(buf + 12, (unsigned char[]){ 0x86, 0xdd }, 2);
	memset(ip, 0, 72);
	ip[0] = 0x60;
	ip[5] = 32;
	ip[6] = IPPROTO_ICMPV6;
	ip[7] = 255;
	memcpy(ip + 8, sender->ip.b, 16);
	/* The solicited-node address of the target. */
	memcpy(ip + 24,
	       (unsigned char[]){ 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff },
	       13);
	memcpy(ip + 37, target->ip.b + 13, 3);
	nd[0] = 135;
	memcpy(nd + 8, target->ip.b, 16);
	nd[24] = 1;
	nd[25] = 1;
	memcpy(nd + 26, buf + 6, 6);
	sum = sum_transport(ip, 40, 32, IPPROTO_ICMPV6);
	nd[2] = (unsigned char)(sum >> 8);
	nd[3] = (unsigned char)sum;
	return ND_LEN;
}

size_t who_build(const char *target, const char *sender, int af,
		 unsigned char *buf)
{
	struct lvs_addr who, asks;

	need(net_addr(target, af, &who));
	need(net_addr(sender, af, &asks));
	net_mac(sender, buf + 6);
	return af == AF_INET ? build_arp(&who, &asks, buf)
			     : build_nd(&who, &asks, buf);
}

static void show(const struct lvs_addr *who, const unsigned char *mac,
		 const struct lvs_addr *to, bool right, char *text, size_t size)
{
	char a[64], b[64];

	snprintf(text, size, "%s is %s tell %s%s", net_name(who, a, sizeof(a)),
		 net_mac_name(mac), net_name(to, b, sizeof(b)),
		 right ? "" : " !wrong");
}

static bool show_arp(const unsigned char *arp, char *text, size_t size)
{
	struct lvs_addr who = lvs_addr_from_bytes(AF_INET, arp + 14);
	struct lvs_addr to = lvs_addr_from_bytes(AF_INET, arp + 24);
	static const unsigned char head[8] = { 0, 1, 8, 0, 6, 4, 0, 2 };

	show(&who, arp + 8, &to, memcmp(arp, head, 8) == 0, text, size);
	return true;
}

/* Solicited, overriding, with the target's link address; all else is wrong. */
static bool show_nd(const unsigned char *ip, char *text, size_t size)
{
	const unsigned char *nd = ip + 40;
	struct lvs_addr who = lvs_addr_from_bytes(AF_INET6, nd + 8);
	struct lvs_addr from = lvs_addr_from_bytes(AF_INET6, ip + 8);
	struct lvs_addr to = lvs_addr_from_bytes(AF_INET6, ip + 24);
	unsigned sum = sum_transport(ip, 40, 32, IPPROTO_ICMPV6);

	show(&who, nd + 26, &to,
	     ip[7] == 255 && nd[0] == 136 && nd[1] == 0 && nd[4] & 0x40 &&
		     nd[24] == 2 && nd[25] == 1 &&
		     lvs_addr_equal(&who, &from) && (sum == 0 || sum == 0xffff),
	     text, size);
	return true;
}

bool who_show(const unsigned char *frame, size_t len, char *text, size_t size)
{
	unsigned type = (unsigned)frame[12] << 8 | frame[13];

	if (len >= ARP_LEN && type == 0x0806)
		return show_arp(frame + 14, text, size);
	if (len == ND_LEN && type == 0x86dd &&
	    frame[14 + 6] == IPPROTO_ICMPV6 && frame[14 + 40] == 136)
		return show_nd(frame + 14, text, size);
	return false;
}
