/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Forwarding methods: one contract for all in the list, and what each makes of
 * a destination in a network that is known, not known, or its own.
 */
#include "check.h"

#include "fwd/fwd.h"
#include "unit/model/setup.h"

START_TEST(the_list)
{
	size_t n = 0;

	for (const struct lvs_forwarding *fwd; (fwd = lvs_fwd_at(n)); n++) {
		ck_assert_ptr_nonnull(fwd->name);
		ck_assert_ptr_nonnull(fwd->fill);
		ck_assert_ptr_eq(lvs_fwd_find(fwd->method), fwd);
	}
	ck_assert_uint_ge(n, 4);
	ck_assert_ptr_null(lvs_fwd_find(LVS_METHOD_BYPASS));
}
END_TEST

#define NAT_IN	(LVS_ACT_DST | LVS_ACT_TTL)
#define NAT_OUT (LVS_ACT_SRC | LVS_ACT_TTL)
#define TUNNEL	(LVS_ACT_TTL | LVS_ACT_OUTER)
#define ROUTED	LVS_ACT_TTL

enum {
	KNOWN,
	EMPTY,
	NO_ROUTE,
	OWN_REAL, /* address of the host */
	OWN_BOTH, /* and the virtual one too */
};

static const struct row {
	const char *say;
	uint8_t method;
	int net;
	uint8_t reason, request, reply;
} rows[] = {
	{ "NAT rewrites both ways", LVS_METHOD_NAT, KNOWN, 0, NAT_IN, NAT_OUT },
	{ "DR only takes a hop off, of replies that come by too", LVS_METHOD_DR,
	  KNOWN, 0, ROUTED, ROUTED },
	{ "TUN puts a header in front", LVS_METHOD_TUN, KNOWN, 0, TUNNEL,
	  ROUTED },
	{ "the caller routes NAT where no network is known", LVS_METHOD_NAT,
	  EMPTY, 0, NAT_IN, NAT_OUT },
	{ "and DR", LVS_METHOD_DR, EMPTY, 0, ROUTED, ROUTED },
	{ "and TUN, from the virtual address", LVS_METHOD_TUN, EMPTY, 0, TUNNEL,
	  ROUTED },
	{ "no route for NAT", LVS_METHOD_NAT, NO_ROUTE, LVS_REASON_NO_ROUTE,
	  NAT_IN, NAT_OUT },
	{ "no route for DR", LVS_METHOD_DR, NO_ROUTE, LVS_REASON_NO_ROUTE,
	  ROUTED, ROUTED },
	{ "no route for TUN", LVS_METHOD_TUN, NO_ROUTE, LVS_REASON_NO_ROUTE,
	  TUNNEL, ROUTED },
	{ "DR to the host itself is local", LVS_METHOD_DR, OWN_BOTH, 0,
	  LVS_ACT_HOST, LVS_ACT_PASS },
	{ "TUN too", LVS_METHOD_TUN, OWN_BOTH, 0, LVS_ACT_HOST, LVS_ACT_PASS },
	{ "NAT cannot be", LVS_METHOD_NAT, OWN_BOTH, LVS_REASON_NO_ROUTE,
	  NAT_IN, NAT_OUT },
	{ "a host without the virtual address takes nothing for it by DR",
	  LVS_METHOD_DR, OWN_REAL, LVS_REASON_NO_ROUTE, ROUTED, ROUTED },
	{ "nor by TUN", LVS_METHOD_TUN, OWN_REAL, LVS_REASON_NO_ROUTE, TUNNEL,
	  ROUTED },
	{ "nor if told so", LVS_METHOD_LOCAL, OWN_REAL, LVS_REASON_NO_ROUTE,
	  LVS_ACT_HOST, LVS_ACT_PASS },
	{ "which is believed where no network is known", LVS_METHOD_LOCAL,
	  EMPTY, 0, LVS_ACT_HOST, LVS_ACT_PASS },
};

static const struct {
	const char *virt, *real, *own, *net;
	uint8_t plen;
} families[] = {
	{ "10.9.0.1:80", "10.1.0.2:8000", "10.1.0.1", "10.1.0.0", 24 },
	{ "[fd00:9::1]:80", "[fd00:1::2]:8000", "fd00:1::1", "fd00:1::", 64 },
};

static void fill_net(struct lvs_net *net, int kind, size_t family)
{
	struct lvs_link link = { .index = 1, .mtu = 1400, .up = true };
	struct lvs_route route = { .link = 1, .plen = families[family].plen };
	struct lvs_addr own, real, virt;
	uint16_t port;

	if (kind == EMPTY)
		return;
	ck_assert_int_eq(lvs_net_do_link_set(net, &link), 0);
	lvs_addr_parse(families[family].own, &own);
	ck_assert_int_eq(lvs_net_do_addr_set(net, 1, &own, route.plen), 0);
	lvs_endpoint_parse(families[family].real, &real, &port);
	lvs_endpoint_parse(families[family].virt, &virt, &port);
	if (kind >= OWN_REAL)
		ck_assert_int_eq(lvs_net_do_addr_set(net, 1, &real, route.plen),
				 0);
	if (kind == OWN_BOTH)
		ck_assert_int_eq(lvs_net_do_addr_set(net, 1, &virt, 32), 0);
	if (kind == NO_ROUTE)
		return;
	lvs_addr_parse(families[family].net, &route.dst);
	ck_assert_int_eq(lvs_net_do_route_set(net, &route), 0);
}

static void check_row(const struct row *row, size_t family)
{
	struct lvs_director *dir = new_director();
	struct lvs_service_id svc =
		add_service(dir, families[family].virt, "rr");
	struct lvs_action_pair pair;
	struct lvs_dest *dest;

	add_dest(dir, &svc, families[family].real, 1);
	dest = the_dest(dir, &svc, families[family].real);
	fill_net(dir->net, row->net, family);
	lvs_fwd_make(&pair, dest, row->method, dir->net);
	ck_assert_msg(pair.request.reason == row->reason, "%s: reason %s",
		      row->say, lvs_reason_name(pair.request.reason));
	ck_assert_msg(pair.request.steps == row->request, "%s: request %#x",
		      row->say, pair.request.steps);
	ck_assert_msg(pair.reply.steps == row->reply, "%s: reply %#x", row->say,
		      pair.reply.steps);
	ck_assert(lvs_addr_equal(&pair.request.to, &dest->conf.id.addr));
	ck_assert_uint_eq(pair.reply.to.family, 0);
	if (row->net == KNOWN && pair.request.steps & LVS_ACT_OUTER)
		ck_assert_uint_eq(lvs_action_overhead(&pair.request),
				  family ? 40 : 20);
	lvs_director_free(dir);
}

START_TEST(what_each_does)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (size_t family = 0; family < 2; family++)
			check_row(&rows[i], family);
}
END_TEST

/* Whether the host is the real server of any of a service's connections. */
START_TEST(the_host_serves)
{
	static const struct {
		const char *say, *virt, *real;
		uint8_t method;
		bool serves;
	} kinds[] = {
		{ "both addresses are its own", "10.9.0.1:80", "10.9.0.2:80",
		  LVS_METHOD_DR, true },
		{ "only the virtual one", "10.9.0.1:80", "10.1.0.2:80",
		  LVS_METHOD_DR, false },
		{ "only the real one", "10.1.0.1:80", "10.9.0.2:80",
		  LVS_METHOD_DR, false },
		{ "NAT to another address", "10.9.0.1:80", "10.9.0.2:80",
		  LVS_METHOD_NAT, false },
		{ "NAT to another port", "10.9.0.1:80", "10.9.0.1:81",
		  LVS_METHOD_NAT, false },
		{ "NAT that changes nothing", "10.9.0.1:80", "10.9.0.1:80",
		  LVS_METHOD_NAT, true },
		{ "NAT to the same port", "10.9.0.1:80", "10.9.0.1:0",
		  LVS_METHOD_NAT, true },
		{ "whatever is marked", "mark4 7", "10.9.0.2:80", LVS_METHOD_DR,
		  true },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct lvs_director *dir = new_director();
		struct lvs_service_id id =
			add_service(dir, kinds[i].virt, "rr");
		struct lvs_link link = { .index = 1, .up = true };
		struct lvs_addr virt = lvs_addr_v4(htonl(0x0a090001));
		struct lvs_addr real = lvs_addr_v4(htonl(0x0a090002));
		struct lvs_dest *dest;

		ck_assert_int_eq(lvs_net_do_link_set(dir->net, &link), 0);
		ck_assert_int_eq(lvs_net_do_addr_set(dir->net, 1, &virt, 32),
				 0);
		ck_assert_int_eq(lvs_net_do_addr_set(dir->net, 1, &real, 32),
				 0);
		add_dest(dir, &id, kinds[i].real, 1);
		dest = the_dest(dir, &id, kinds[i].real);
		dest->conf.method = kinds[i].method;
		ck_assert_msg(lvs_fwd_serves(dir->net, dest->svc, &virt) ==
				      kinds[i].serves,
			      "%s", kinds[i].say);
		/* What was found out holds only as long as the net does. */
		ck_assert_int_eq(lvs_net_do_addr_del(dir->net, 1, &virt), 0);
		ck_assert_msg(!lvs_fwd_serves(dir->net, dest->svc, &virt),
			      "%s, then not", kinds[i].say);
		if (id.fwmark)
			ck_assert(lvs_fwd_serves(dir->net, dest->svc, &real));
		lvs_director_free(dir);
	}
}
END_TEST

/* Which services' connections differ in what is written. */
START_TEST(connections_of_their_own)
{
	static const struct {
		const char *say, *virt, *real;
		bool own;
	} kinds[] = {
		{ "one address and port", "10.9.0.1:80", "10.1.0.2:80", false },
		{ "the packet's port", "10.9.0.1:80", "10.1.0.2:0", true },
		{ "a mark: any address", "mark4 7", "10.1.0.2:80", true },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct lvs_director *dir = new_director();
		struct lvs_service_id svc =
			add_service(dir, kinds[i].virt, "rr");
		struct lvs_action_pair pair;

		add_dest(dir, &svc, kinds[i].real, 1);
		lvs_fwd_make(&pair, the_dest(dir, &svc, kinds[i].real),
			     LVS_METHOD_NAT, dir->net);
		ck_assert_msg(!(pair.request.steps & LVS_ACT_OWN) ==
				      !kinds[i].own,
			      "%s", kinds[i].say);
		ck_assert_msg(!(pair.reply.steps & LVS_ACT_OWN) ==
				      !kinds[i].own,
			      "%s, reply", kinds[i].say);
		lvs_director_free(dir);
	}
}
END_TEST

LVS_TEST_MAIN("fwd/fwd", the_list, what_each_does, the_host_serves,
	      connections_of_their_own)
