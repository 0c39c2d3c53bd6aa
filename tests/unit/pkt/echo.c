/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Echo replies, beyond those of tests/flow/cases/echo.flow: to requests with
 * IP options or extension headers, which do not come back.
 */
#include "check.h"

#include "pkt/echo.h"
#include "pkt/icmp.h"

#include <string.h>

#define ROOM 64

/* Of each, the ICMP message is an echo request of 8 bytes with "ping". */
static const struct {
	const char *say;
	uint16_t family;
	uint8_t head; /* bytes in front of the message */
	unsigned char bytes[72];
} rows[] = {
	{
		"IPv4 without options",
		AF_INET,
		20,
		{ 0x45, 0x10, 0,  32, 0, 9, 0x40, 0, 5, 1,
		  0,	0,    10, 0,  0, 2, 10,	  9, 0, 1 },
	},
	{
		"IPv4 with a record of the route",
		AF_INET,
		28,
		{ 0x47, 0x10, 0,  40, 0, 9, 0x40, 0, 5, 1, 0, 0, 10, 0,
		  0,	2,    10, 9,  0, 1, 7,	  7, 4, 0, 0, 0, 0,  1 },
	},
	{
		"IPv6 without extension headers",
		AF_INET6,
		40,
		{ 0x60, 0, 0, 0, 0, 12, 58, 5, 0xfd, [23] = 2, 0xfd, [39] = 1 },
	},
	{
		"IPv6 with destination options",
		AF_INET6,
		48,
		{ 0x60, 0, 0, 0, 0, 20, 60, 5, 0xfd, [23] = 2, 0xfd, [39] = 1,
		  58, 0, 1, 4 },
	},
};

static uint32_t naive_sum(const unsigned char *at, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? at[i] : (uint32_t)at[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* The request of row I behind a link header, with padding behind it. */
static void make(size_t i, unsigned char *buf, size_t size, struct lvs_pkt *pkt)
{
	unsigned char *l2 = buf + ROOM, *l3 = l2 + 14;
	unsigned char *l4 = l3 + rows[i].head;
	bool v6 = rows[i].family == AF_INET6;
	uint32_t sum;

	memset(buf, 0xee, size);
	memcpy(l2, "\x02\0\0\0\0\x01\x02\0\0\0\0\x02", 12);
	memcpy(l2 + 12, v6 ? "\x86\xdd" : "\x08\0", 2);
	memcpy(l3, rows[i].bytes, rows[i].head);
	memcpy(l4, v6 ? "\x80\0\0\0" : "\x08\0\0\0", 4);
	memcpy(l4 + 4, "\0\x07\0\x01ping", 8);
	sum = naive_sum(l4, 12, 0);
	if (v6)
		sum = naive_sum(l3 + 8, 32, sum + 58 + 12);
	sum = ~sum;
	l4[2] = (unsigned char)(sum >> 8);
	l4[3] = (unsigned char)sum;
	if (!v6) {
		sum = ~naive_sum(l3, rows[i].head, 0);
		l3[10] = (unsigned char)(sum >> 8);
		l3[11] = (unsigned char)sum;
	}
	lvs_pkt_init(pkt, buf, (uint32_t)size, ROOM,
		     14u + rows[i].head + 12 + 6, 14);
}

START_TEST(what_comes_back)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		bool v6 = rows[i].family == AF_INET6;
		uint32_t head = v6 ? 40 : 20;
		unsigned char buf[256], *l3;
		struct lvs_parsed p, q;
		struct lvs_pkt pkt;

		make(i, buf, sizeof(buf), &pkt);
		lvs_parse(&pkt, &p);
		ck_assert_msg(lvs_echo_is_request(&p), "%s", rows[i].say);
		ck_assert_msg(lvs_icmp_csum_ok(&pkt, &p), "%s", rows[i].say);
		lvs_echo_make(&pkt, &p, 0x1234);
		ck_assert_msg(pkt.len == 14 + head + 12, "%s: %u", rows[i].say,
			      pkt.len);
		ck_assert_uint_eq(pkt.headroom + pkt.len + pkt.tailroom,
				  sizeof(buf));
		ck_assert_ptr_eq(pkt.data, buf + pkt.headroom);
		ck_assert_mem_eq(pkt.data, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01",
				 12);
		l3 = pkt.data + 14;
		ck_assert_mem_eq(l3 + head + 4, "\0\x07\0\x01ping", 8);
		ck_assert_uint_eq(l3[head], v6 ? 129 : 0);
		lvs_parse(&pkt, &q);
		ck_assert_msg(q.kind == LVS_PKT_ICMP && q.ip_csum_ok &&
				      lvs_icmp_csum_ok(&pkt, &q),
			      "%s: no good reply", rows[i].say);
		ck_assert_uint_eq(q.ttl, 64);
		ck_assert_uint_eq(q.tos, v6 ? 0 : 0x10);
		ck_assert(lvs_ip_equal(&q.flow.src, &p.flow.dst) &&
			  lvs_ip_equal(&q.flow.dst, &p.flow.src));
		/* Independent of the library's own sums. */
		ck_assert_uint_eq(naive_sum(l3 + head, 12,
					    v6 ? naive_sum(l3 + 8, 32, 58 + 12)
					       : 0),
				  0xffff);
		if (!v6)
			ck_assert_uint_eq(naive_sum(l3, 20, 0), 0xffff);
		/* It is an answer, and asks for none. */
		ck_assert(!lvs_echo_is_request(&q));
	}
}
END_TEST

LVS_TEST_MAIN("pkt/echo", what_comes_back)
