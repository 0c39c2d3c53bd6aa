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
#include <lvs/engine.h>
#include <netinet/in.h>

/* The packet of a line, and who has to do what with it. */
#define PACKET(t, who, link, ...)                                              \
	ck_assert_str_eq(twins_packet(t, link, __VA_ARGS__), who)

#define EACH_FAMILY(af)                                                        \
	for (int af = AF_INET; af; af = af == AF_INET ? AF_INET6 : 0)

static void open_tcp(struct twins *t, int af, uint32_t buckets, uint32_t limit,
		     uint8_t method)
{
	twins_open(t, af, buckets, limit);
	twins_service(t, IPPROTO_TCP, 80, 0, "rr", 0);
	twins_dest(t, "R1", af, method == LVS_METHOD_NAT ? 8000 : 80, method);
}

/* C:PORT to V:80, by NAT to R1:8000: established, both directions entered. */
static void establish(struct twins *t, unsigned port)
{
	PACKET(t, "sent", LINK_C, "C:%u > V:80 tcp S", port);
	PACKET(t, "sent", LINK_S, "R1:8000 > C:%u tcp SA", port);
	PACKET(t, "sent", LINK_C, "C:%u > V:80 tcp A", port);
	PACKET(t, "sent", LINK_S, "R1:8000 > C:%u tcp A len 9", port);
}

/* Both directions are in the table, or neither. */
static void both_ways(struct twins *t, const char *who, unsigned port)
{
	PACKET(t, who, LINK_C, "C:%u > V:80 tcp A len 7", port);
	PACKET(t, who, LINK_S, "R1:8000 > C:%u tcp A len 7", port);
}

static void open_nat(struct twins *t, int af)
{
	open_tcp(t, af, 64, 0, LVS_METHOD_NAT);
	establish(t, 1000);
	both_ways(t, "fast", 1000);
}

static void finish(struct twins *t)
{
	twins_compare(t);
	twins_close(t);
}

/* ---- what comes out ------------------------------------------------------
 */

struct line {
	const char *who, *line;
};

/* LINES of packets that come in by LINK. */
static void play(struct twins *t, uint32_t link, const struct line *lines)
{
	for (; lines->line; lines++)
		if (strcmp(twins_packet(t, link, "%s", lines->line),
			   lines->who) != 0)
			ck_abort_msg("not %s: %s", lines->who, lines->line);
}

/* What comes of a client when it is established. */
static const struct line tcp_lines[] = {
	{ "fast", "C:1000 > V:80 tcp A" },
	{ "fast", "C:1000 > V:80 tcp PA len 1" },
	{ "fast", "C:1000 > V:80 tcp A len 1400" },
	{ "fast", "C:1000 > V:80 tcp A len 100 tos 3" },
	{ "fast", "C:1000 > V:80 tcp A len 100 tos 255" },
	{ "fast", "C:1000 > V:80 tcp A len 9 badsum" },
	{ "fast", "C:1000 > V:80 tcp A ttl 2 pad 9" },
	{ "sent", "C:1000 > V:80 tcp A ttl 1" }, /* an error */
	{ "sent", "C:1000 > V:80 tcp A len 9 partial" },
	{ "sent", "C:1000 > V:80 tcp A len 3000 partial gso 1000" },
	{ "sent", "C:1000 > V:80 tcp SA" },
	{ NULL, NULL },
};

static const struct line tcp_lines_v4[] = {
	{ "fast", "C:1000 > V:80 tcp A len 100 df id 7" },
	{ "fast", "C:1000 > V:80 tcp A len 100 id 7" },
	{ "dropped", "C:1000 > V:80 tcp A badipsum" },
	{ NULL, NULL },
};

START_TEST(tcp_by_nat)
{
	EACH_FAMILY(af)
	{
		struct twins t;

		open_nat(&t, af);
		play(&t, LINK_C, tcp_lines);
		if (af == AF_INET)
			play(&t, LINK_C, tcp_lines_v4);
		PACKET(&t, "fast", LINK_S, "R1:8000 > C:1000 tcp A len 1400");
		PACKET(&t, "fast", LINK_S, "R1:8000 > C:1000 tcp A badsum");
		PACKET(&t, "sent", LINK_S, "R1:8000 > C:1000 tcp A ttl 0");
		finish(&t);
	}
}
END_TEST

START_TEST(udp_by_nat)
{
	EACH_FAMILY(af)
	{
		struct twins t;

		twins_open(&t, af, 64, 0);
		twins_service(&t, IPPROTO_UDP, 53, 0, "rr", 0);
		twins_dest(&t, "R1", af, 5353, LVS_METHOD_NAT);
		PACKET(&t, "sent", LINK_C, "C:1000 > V:53 udp len 9");
		PACKET(&t, "sent", LINK_C, "C:1000 > V:53 udp len 9");
		PACKET(&t, "sent", LINK_S, "R1:5353 > C:1000 udp len 9");
		PACKET(&t, "fast", LINK_S, "R1:5353 > C:1000 udp len 99");
		PACKET(&t, "sent", LINK_C, "C:1000 > V:53 udp len 9");
		PACKET(&t, "fast", LINK_C, "C:1000 > V:53 udp len 8");
		PACKET(&t, "fast", LINK_C, "C:1000 > V:53 udp len 9 badsum");
		if (af == AF_INET)
			PACKET(&t, "sent", LINK_C, "C:1000 > V:53 udp nosum");
		finish(&t);
	}
}
END_TEST

/*
 * A checksum that comes to 0 is written as 0xffff.  Two bytes of payload say
 * what it comes to, so all values that they can have are tried.
 */
START_TEST(udp_checksum_of_0)
{
	struct twins t;
	uint64_t before;

	twins_open(&t, AF_INET, 64, 0);
	twins_service(&t, IPPROTO_UDP, 53, 0, "rr", 0);
	twins_dest(&t, "R1", AF_INET, 5353, LVS_METHOD_NAT);
	PACKET(&t, "sent", LINK_C, "C:1000 > V:53 udp len 2");
	PACKET(&t, "sent", LINK_S, "R1:5353 > C:1000 udp len 2");
	PACKET(&t, "sent", LINK_C, "C:1000 > V:53 udp len 2");
	before = t.prog.forwarded;
	for (unsigned sum = 0; sum <= 0xffff; sum++)
		twins_udp(&t, "C:1000 > V:53 udp len 2", LINK_C, sum);
	/* All but the one that has no checksum. */
	ck_assert_uint_eq(t.prog.forwarded - before, 0xffff);
	finish(&t);
}
END_TEST

START_TEST(requests_by_direct_routing)
{
	EACH_FAMILY(af)
	{
		struct twins t;

		open_tcp(&t, af, 64, 0, LVS_METHOD_DR);
		PACKET(&t, "sent", LINK_C, "C:1000 > V:80 tcp S");
		PACKET(&t, "sent", LINK_C, "C:1000 > V:80 tcp A");
		play(&t, LINK_C, tcp_lines);
		/* They are routed on, by the engine. */
		PACKET(&t, "sent", LINK_S, "V:80 > C:1000 tcp A");
		PACKET(&t, "sent", LINK_S, "V:80 > C:1000 tcp A");
		finish(&t);
	}
}
END_TEST

START_TEST(udp_by_direct_routing)
{
	struct twins t;

	twins_open(&t, AF_INET, 64, 0);
	twins_service(&t, IPPROTO_UDP, 53, 0, "rr", 0);
	twins_dest(&t, "R1", AF_INET, 53, LVS_METHOD_DR);
	PACKET(&t, "sent", LINK_C, "C:1000 > V:53 udp len 9");
	PACKET(&t, "sent", LINK_C, "C:1000 > V:53 udp len 9");
	PACKET(&t, "fast", LINK_C, "C:1000 > V:53 udp len 9");
	PACKET(&t, "fast", LINK_C, "C:1000 > V:53 udp nosum");
	finish(&t);
}
END_TEST

/* Both families through tunnels of both. */
START_TEST(requests_by_tunnel)
{
	EACH_FAMILY(af)
	{
		EACH_FAMILY(outer)
		{
			struct twins t;

			twins_open(&t, af, 64, 0);
			twins_service(&t, IPPROTO_TCP, 80, 0, "rr", 0);
			twins_dest(&t, "R1", outer, 80, LVS_METHOD_TUN);
			PACKET(&t, "sent", LINK_C, "C:1000 > V:80 tcp S");
			PACKET(&t, "sent", LINK_C, "C:1000 > V:80 tcp A");
			play(&t, LINK_C, tcp_lines);
			if (af == AF_INET)
				play(&t, LINK_C, tcp_lines_v4);
			finish(&t);
		}
	}
}
END_TEST

/* What fits is the way's MTU, less an outer header: 20 and 40. */
START_TEST(large_ones_are_the_engines)
{
	static const struct {
		const char *dest;
		int af;
		uint8_t method;
		unsigned len; /* of the longest IP packet that fits */
	} rows[] = {
		{ "R1", AF_INET, LVS_METHOD_NAT, 1500 },
		{ "R1", AF_INET, LVS_METHOD_DR, 1500 },
		{ "R1", AF_INET, LVS_METHOD_TUN, 1480 },
		{ "R1", AF_INET6, LVS_METHOD_TUN, 1460 },
		{ "S", AF_INET, LVS_METHOD_NAT, 1400 },
		{ "S", AF_INET, LVS_METHOD_TUN, 1380 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *dest = rows[i].dest;
		unsigned len = rows[i].len - 40;
		struct twins t;

		twins_open(&t, AF_INET, 64, 0);
		twins_service(&t, IPPROTO_TCP, 80, 0, "rr", 0);
		twins_dest(&t, dest, rows[i].af, 80, rows[i].method);
		PACKET(&t, "sent", LINK_C, "C:1 > V:80 tcp S");
		if (rows[i].method == LVS_METHOD_NAT)
			PACKET(&t, "sent", LINK_S, "%s:80 > C:1 tcp SA", dest);
		PACKET(&t, "sent", LINK_C, "C:1 > V:80 tcp A");
		PACKET(&t, "fast", LINK_C, "C:1 > V:80 tcp A len %u df", len);
		PACKET(&t, "sent", LINK_C, "C:1 > V:80 tcp A len %u df",
		       len + 1);
		PACKET(&t, "held", LINK_C, "C:1 > V:80 tcp A len %u", len + 1);
		finish(&t);
	}
}
END_TEST

/* What is written is the connection's own. */
START_TEST(services_by_mark_and_of_any_port)
{
	struct twins t;

	twins_open(&t, AF_INET, 64, 0);
	twins_service(&t, 0, 0, 7, "rr", 0);
	twins_dest(&t, "R2", AF_INET, 0, LVS_METHOD_NAT);
	for (unsigned port = 100; port < 103; port++) {
		PACKET(&t, "sent", LINK_C, "C:9 > V:%u tcp S", port);
		PACKET(&t, "sent", LINK_S, "R2:%u > C:9 tcp SA", port);
		PACKET(&t, "sent", LINK_C, "C:9 > V:%u tcp A", port);
		PACKET(&t, "fast", LINK_C, "C:9 > V:%u tcp A len 5", port);
		PACKET(&t, "sent", LINK_S, "R2:%u > C:9 tcp A", port);
		PACKET(&t, "fast", LINK_S, "R2:%u > C:9 tcp A len 5", port);
	}
	finish(&t);
}
END_TEST

/* ---- who is entered, and who leaves --------------------------------------
 */

START_TEST(not_before_it_is_established)
{
	struct twins t;

	open_tcp(&t, AF_INET, 64, 0, LVS_METHOD_NAT);
	PACKET(&t, "sent", LINK_C, "C:1 > V:80 tcp S");
	PACKET(&t, "sent", LINK_C, "C:1 > V:80 tcp A");
	/* In the engine's eyes it is, but the server has not answered. */
	PACKET(&t, "sent", LINK_C, "C:1 > V:80 tcp A");
	ck_assert_uint_eq(program_flows(&t.prog), 0);
	PACKET(&t, "sent", LINK_S, "R1:8000 > C:1 tcp SA");
	ck_assert_uint_eq(program_flows(&t.prog), 1);
	PACKET(&t, "sent", LINK_C, "C:1 > V:80 tcp A");
	ck_assert_uint_eq(program_flows(&t.prog), 2);
	finish(&t);
}
END_TEST

START_TEST(not_what_is_scheduled_packet_by_packet)
{
	struct twins t;

	twins_open(&t, AF_INET, 64, 0);
	twins_service(&t, IPPROTO_UDP, 53, 0, "rr", LVS_SVC_ONEPACKET);
	twins_dest(&t, "R1", AF_INET, 53, LVS_METHOD_DR);
	for (int i = 0; i < 4; i++)
		PACKET(&t, "sent", LINK_C, "C:1000 > V:53 udp len 9");
	ck_assert_uint_eq(program_flows(&t.prog), 0);
	finish(&t);
}
END_TEST

START_TEST(not_other_protocols)
{
	struct twins t;

	twins_open(&t, AF_INET, 64, 0);
	twins_service(&t, IPPROTO_SCTP, 9, 0, "rr", 0);
	twins_dest(&t, "R1", AF_INET, 9, LVS_METHOD_DR);
	PACKET(&t, "sent", LINK_C, "C:1000 > V:9 sctp init");
	for (int i = 0; i < 4; i++)
		PACKET(&t, "sent", LINK_C, "C:1000 > V:9 sctp data");
	ck_assert_uint_eq(program_flows(&t.prog), 0);
	finish(&t);
}
END_TEST

START_TEST(the_last_packets_are_the_engines)
{
	static const struct {
		uint32_t link;
		const char *line;
	} ends[] = {
		{ LINK_C, "C:1000 > V:80 tcp FA" },
		{ LINK_S, "R1:8000 > C:1000 tcp FA" },
		{ LINK_C, "C:1000 > V:80 tcp RA" },
		{ LINK_S, "R1:8000 > C:1000 tcp R" },
		{ LINK_C, "C:1000 > V:80 tcp P" }, /* it has no ACK */
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		EACH_FAMILY(af)
		{
			struct twins t;

			open_nat(&t, af);
			PACKET(&t, "sent", ends[i].link, "%s", ends[i].line);
			ck_assert_uint_eq(program_flows(&t.prog), 0);
			twins_compare(&t);
			both_ways(&t, "sent", 1000);
			both_ways(&t, "sent", 1000);
			finish(&t);
		}
	}
}
END_TEST

START_TEST(a_tuple_is_used_again)
{
	struct twins t;

	open_nat(&t, AF_INET);
	PACKET(&t, "sent", LINK_C, "C:1000 > V:80 tcp RA");
	establish(&t, 1000);
	both_ways(&t, "fast", 1000);
	finish(&t);
}
END_TEST

START_TEST(a_removed_server_has_no_flows)
{
	EACH_FAMILY(af)
	{
		struct twins t;

		open_nat(&t, af);
		twins_dest(&t, "R2", af, 8000, LVS_METHOD_NAT);
		PACKET(&t, "sent", LINK_C, "C:2 > V:80 tcp S");
		PACKET(&t, "sent", LINK_S, "R2:8000 > C:2 tcp SA");
		PACKET(&t, "sent", LINK_C, "C:2 > V:80 tcp A");
		twins_del_dest(&t, "R1", af, 8000);
		/* Its own are gone, with what they counted; the other's not. */
		ck_assert_uint_eq(program_flows(&t.prog), 1);
		twins_compare(&t);
		PACKET(&t, "dropped", LINK_C, "C:1000 > V:80 tcp A");
		PACKET(&t, "sent", LINK_S, "R1:8000 > C:1000 tcp A");
		PACKET(&t, "sent", LINK_S, "R1:8000 > C:1000 tcp A");
		PACKET(&t, "fast", LINK_C, "C:2 > V:80 tcp A");
		twins_dest(&t, "R1", af, 8000, LVS_METHOD_NAT);
		both_ways(&t, "sent", 1000);
		both_ways(&t, "fast", 1000);
		finish(&t);
	}
}
END_TEST

START_TEST(removed_services_take_their_counts_along)
{
	struct twins t;

	open_nat(&t, AF_INET);
	TWINS_BOTH(&t, w, need(lvs_service_del(w->dir, &w->svc) == 0));
	ck_assert_uint_eq(program_flows(&t.prog), 0);
	twins_compare(&t);
	PACKET(&t, "dropped", LINK_C, "C:1000 > V:80 tcp A");
	finish(&t);
}
END_TEST

/* Health checkers do it all the time. */
START_TEST(a_weight_is_no_reason_to_leave)
{
	struct lvs_dest_conf conf = LVS_OPTS(struct lvs_dest_conf);
	struct twins t;

	open_nat(&t, AF_INET);
	conf.id.port = 8000;
	conf.method = LVS_METHOD_NAT;
	need(net_addr("R1", AF_INET, &conf.id.addr));
	TWINS_BOTH(&t, w, need(lvs_dest_edit(w->dir, &w->svc, &conf) == 0));
	both_ways(&t, "fast", 1000);
	/* Another method is for connections to come. */
	conf.method = LVS_METHOD_DR;
	TWINS_BOTH(&t, w, need(lvs_dest_edit(w->dir, &w->svc, &conf) == 0));
	both_ways(&t, "fast", 1000);
	PACKET(&t, "sent", LINK_C, "C:1000 > V:80 tcp PA ttl 1");
	finish(&t);
}
END_TEST

/* ---- the network ---------------------------------------------------------
 */

static void set_neigh(struct twins *t, const char *name, uint8_t state)
{
	TWINS_BOTH(t, w, net_neigh(w->dir, t->af, name, state));
}

START_TEST(a_change_of_the_net_empties_the_table)
{
	struct twins t;

	open_nat(&t, AF_INET);
	/* This is none, as far as packets are concerned. */
	set_neigh(&t, "R2", LVS_NEIGH_FAILED);
	set_neigh(&t, "R1", LVS_NEIGH_REACHABLE);
	both_ways(&t, "fast", 1000);
	set_neigh(&t, "R1", LVS_NEIGH_STALE);
	ck_assert_uint_eq(program_flows(&t.prog), 0);
	set_neigh(&t, "R1", LVS_NEIGH_REACHABLE);
	twins_compare(&t);
	both_ways(&t, "sent", 1000);
	both_ways(&t, "fast", 1000);
	/* Another way to the client. */
	TWINS_BOTH(&t, w, net_route(w->dir, AF_INET, "C", LINK_C, "G"));
	both_ways(&t, "sent", 1000);
	both_ways(&t, "fast", 1000);
	finish(&t);
}
END_TEST

/* Only one way is used after it, the other by a flow from before. */
START_TEST(a_flow_from_before_is_never_followed)
{
	struct twins t;

	open_nat(&t, AF_INET);
	for (int i = 0; i < 40; i++) {
		TWINS_BOTH(&t, w,
			   net_route(w->dir, AF_INET, "C", LINK_C,
				     i & 1 ? "G" : "C2"));
		PACKET(&t, "sent", LINK_C, "C:1000 > V:80 tcp A");
		PACKET(&t, "fast", LINK_C, "C:1000 > V:80 tcp A");
		twins_pass(&t, t.plain.now + (LVS_SEC >> (i & 7)));
		if (i % 3 == 0)
			PACKET(&t, "sent", LINK_S, "R1:8000 > C:1000 tcp A");
		twins_compare(&t);
	}
	finish(&t);
}
END_TEST

/*
 * A program that had looked before the change is done after it, and its time is
 * that of the connection: but whoever leads to the client is another.
 */
START_TEST(a_program_that_was_late)
{
	struct twins t;
	struct lvs_stats stats;

	open_nat(&t, AF_INET);
	TWINS_BOTH(&t, w, net_route(w->dir, AF_INET, "C", LINK_C, "G"));
	PACKET(&t, "passed", LINK_C, "C:9 > V:80 tcp A");
	for (unsigned i = 0; i < 64 * LVS_FAST_WAYS; i++) {
		struct lvs_fast_flow *flow = &t.prog.table.flows[i];

		flow->used = t.plain.now + 90 * LVS_MSEC;
		flow->packets = 1;
	}
	t.plain.now = t.fast.now += 100 * LVS_MSEC;
	lvs_director_stats(t.fast.dir, &stats);
	PACKET(&t, "sent", LINK_S, "R1:8000 > C:1000 tcp A");
	twins_close(&t);
}
END_TEST

START_TEST(stale_neighbours_are_asked_for)
{
	struct twins t;
	struct lvs_addr addr;
	uint32_t link;

	open_nat(&t, AF_INET);
	set_neigh(&t, "R1", LVS_NEIGH_STALE);
	PACKET(&t, "sent", LINK_C, "C:1000 > V:80 tcp A");
	/* The kernel is confirming it now, and will say what came of it. */
	PACKET(&t, "fast", LINK_C, "C:1000 > V:80 tcp A");
	/* The other way is not concerned. */
	PACKET(&t, "sent", LINK_S, "R1:8000 > C:1000 tcp A");
	PACKET(&t, "fast", LINK_S, "R1:8000 > C:1000 tcp A");
	ck_assert_uint_eq(lvs_net_wants(t.fast.dir), 1);
	TWINS_BOTH(&t, w, need(lvs_net_wanted(w->dir, &link, &addr)));
	set_neigh(&t, "R1", LVS_NEIGH_REACHABLE);
	PACKET(&t, "fast", LINK_C, "C:1000 > V:80 tcp A");
	set_neigh(&t, "R1", LVS_NEIGH_STALE);
	PACKET(&t, "sent", LINK_C, "C:1000 > V:80 tcp A");
	PACKET(&t, "fast", LINK_C, "C:1000 > V:80 tcp A");
	/* It is as before, so it is to be asked for as before. */
	set_neigh(&t, "R1", LVS_NEIGH_STALE);
	PACKET(&t, "sent", LINK_C, "C:1000 > V:80 tcp A");
	ck_assert_uint_eq(lvs_net_wants(t.fast.dir), 3);
	PACKET(&t, "fast", LINK_C, "C:1000 > V:80 tcp A");
	/* So it is when news may have been lost. */
	TWINS_BOTH(&t, w, lvs_net_sweep(w->dir, LVS_NET_NEIGHS));
	PACKET(&t, "sent", LINK_C, "C:1000 > V:80 tcp A");
	ck_assert_uint_eq(lvs_net_wants(t.fast.dir), 4);
	PACKET(&t, "fast", LINK_C, "C:1000 > V:80 tcp A");
	set_neigh(&t, "R1", LVS_NEIGH_FAILED);
	PACKET(&t, "held", LINK_C, "C:1000 > V:80 tcp A");
	set_neigh(&t, "R1", LVS_NEIGH_REACHABLE);
	finish(&t);
}
END_TEST

/* Somebody on the way says that less fits through; that is not for good. */
START_TEST(a_path_that_is_narrow_for_a_time)
{
	struct twins t;

	open_tcp(&t, AF_INET, 64, 0, LVS_METHOD_TUN);
	PACKET(&t, "sent", LINK_C, "C:1 > V:80 tcp S");
	PACKET(&t, "sent", LINK_C, "C:1 > V:80 tcp A");
	PACKET(&t, "fast", LINK_C, "C:1 > V:80 tcp A len 1400 df");
	PACKET(&t, "sent", LINK_S,
	       "R3 > DS icmp 3/4 mtu 1000 ( DS > R1 ipip df ( C:1 > V:80 tcp A "
	       "len 1400 df ) )");
	PACKET(&t, "sent", LINK_C, "C:1 > V:80 tcp A len 1400 df");
	PACKET(&t, "sent", LINK_C, "C:1 > V:80 tcp A len 9 df");
	PACKET(&t, "sent", LINK_C, "C:1 > V:80 tcp A len 9 df");
	twins_pass(&t, t.plain.now + 601 * LVS_SEC);
	PACKET(&t, "sent", LINK_C, "C:1 > V:80 tcp A len 9 df");
	PACKET(&t, "fast", LINK_C, "C:1 > V:80 tcp A len 1400 df");
	finish(&t);
}
END_TEST

LVS_TEST_MAIN("flow/fast", tcp_by_nat, udp_by_nat, udp_checksum_of_0,
	      requests_by_direct_routing, udp_by_direct_routing,
	      requests_by_tunnel, large_ones_are_the_engines,
	      services_by_mark_and_of_any_port, not_before_it_is_established,
	      not_what_is_scheduled_packet_by_packet, not_other_protocols,
	      the_last_packets_are_the_engines, a_tuple_is_used_again,
	      a_removed_server_has_no_flows,
	      removed_services_take_their_counts_along,
	      a_weight_is_no_reason_to_leave,
	      a_change_of_the_net_empties_the_table,
	      a_flow_from_before_is_never_followed, a_program_that_was_late,
	      stale_neighbours_are_asked_for, a_path_that_is_narrow_for_a_time)
