/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fast.c - flows in a table, and a program that forwards by it: what comes out,
 * what is counted and how long connections live is as without.
 *
 * A director with a table and one without (twins.h) get the same packets; each
 * of these tests says besides who has to have forwarded them.
 */
#include "check.h"

#include "twins.h"
#include <netinet/in.h>

/* A packet of connection C:PORT, and who has to forward it. */
#define PACKET(t, who, link, ...)                                              \
	ck_assert_str_eq(twins_packet(t, link, __VA_ARGS__), who)

static const int families[] = { AF_INET, AF_INET6 };

/* C:1000 to V:80, by NAT to R1:8000, up to the request that ends it. */
static void handshake(struct twins *t, const char *who)
{
	PACKET(t, "sent", LINK_C, "%s:1000 > V:80 tcp S", who);
	PACKET(t, "sent", LINK_S, "R1:8000 > %s:1000 tcp SA", who);
	PACKET(t, "sent", LINK_C, "%s:1000 > V:80 tcp A", who);
	PACKET(t, "sent", LINK_S, "R1:8000 > %s:1000 tcp A len 9", who);
}

static void open_nat(struct twins *t, int af)
{
	twins_open(t, af, 64, 0);
	twins_service(t, IPPROTO_TCP, 80, 0, "rr", 0);
	twins_dest(t, "R1", af, 8000, LVS_METHOD_NAT);
}

static void nat_tcp(int af)
{
	struct twins t;

	open_nat(&t, af);
	handshake(&t, "C");
	PACKET(&t, "fast", LINK_C, "C:1000 > V:80 tcp PA len 100");
	PACKET(&t, "fast", LINK_S, "R1:8000 > C:1000 tcp A len 1000 tos 3");
	PACKET(&t, "fast", LINK_S, "R1:8000 > C:1000 tcp A badsum");
	PACKET(&t, "fast", LINK_C, "C:1000 > V:80 tcp A ttl 2 pad 9");
	twins_compare(&t);
	twins_close(&t);
}

START_TEST(nat_tcp_both_ways)
{
	for (int i = 0; i < 2; i++)
		nat_tcp(families[i]);
}
END_TEST

LVS_TEST_MAIN("flow/fast", nat_tcp_both_ways)
