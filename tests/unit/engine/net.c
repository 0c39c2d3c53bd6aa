/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What can be asked of a director's picture of the network; how that changes
 * is in tests/unit/net and tests/flow.
 */
#include "check.h"

#include "engine/engine.h"
#include "unit/model/setup.h"
#include <lvs/net.h>

#include <string.h>

static struct lvs_addr address(const char *text)
{
	struct lvs_addr addr;

	ck_assert_int_eq(lvs_addr_parse(text, &addr), 0);
	return addr;
}

static const struct lvs_neigh set[] = {
	{ .link = 1, .state = LVS_NEIGH_REACHABLE, .lladdr = { 2, 1 } },
	{ .link = 2, .state = LVS_NEIGH_STALE, .lladdr = { 2, 2 } },
};

/* Links 1 and 2, and on each another neighbour with both addresses. */
static struct lvs_director *director(void)
{
	static const char *const addrs[] = { "10.0.0.9", "fd00::9" };
	struct lvs_director *dir = new_director();

	for (uint32_t i = 1; i <= 2; i++) {
		const struct lvs_link link = {
			.index = i, .mtu = 1500, .up = true, .ethernet = true
		};

		ck_assert_int_eq(lvs_net_link_set(dir, &link), 0);
		for (size_t a = 0; a < 2; a++) {
			struct lvs_neigh neigh = set[i - 1];

			neigh.addr = address(addrs[a]);
			ck_assert_int_eq(lvs_net_neigh_set(dir, &neigh), 0);
		}
	}
	return dir;
}

static const struct {
	const char *what;
	uint32_t link;
	const char *addr;
	const struct lvs_neigh *is; /* NULL: not there */
} rows[] = {
	{ "IPv4", 1, "10.0.0.9", &set[0] },
	{ "IPv6", 1, "fd00::9", &set[0] },
	{ "the same address on another link", 2, "10.0.0.9", &set[1] },
	{ "IPv6: the same address on another link", 2, "fd00::9", &set[1] },
	{ "on a link that is not known", 3, "10.0.0.9", NULL },
	{ "on no link", LVS_LINK_NONE, "10.0.0.9", NULL },
	{ "another address", 1, "10.0.0.8", NULL },
	{ "IPv6: another address", 1, "fd00::8", NULL },
};

START_TEST(neighbours_got)
{
	struct lvs_director *dir = director();

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct lvs_addr addr = address(rows[i].addr);
		struct lvs_neigh got, before;
		int ret;

		memset(&got, 0xa5, sizeof(got));
		before = got;
		ret = lvs_net_neigh_get(dir, rows[i].link, &addr, &got);
		if (!rows[i].is) {
			ck_assert_msg(ret == LVS_ERR_NOENT, "%s: %d",
				      rows[i].what, ret);
			ck_assert_mem_eq(&got, &before, sizeof(got));
			continue;
		}
		ck_assert_msg(ret == 0 && got.link == rows[i].link &&
				      got.state == rows[i].is->state &&
				      lvs_addr_equal(&got.addr, &addr) &&
				      memcmp(got.lladdr, rows[i].is->lladdr,
					     LVS_LLADDR_LEN) == 0,
			      "%s", rows[i].what);
	}
	lvs_director_free(dir);
}
END_TEST

/* What is got is what was set last, and nothing after it went. */
START_TEST(a_neighbour_that_changes)
{
	struct lvs_director *dir = director();
	struct lvs_neigh neigh = set[0], got;

	neigh.addr = address("10.0.0.9");
	neigh.lladdr[5] = 7;
	ck_assert_int_eq(lvs_net_neigh_set(dir, &neigh), 0);
	ck_assert_int_eq(lvs_net_neigh_get(dir, 1, &neigh.addr, &got), 0);
	ck_assert_uint_eq(got.lladdr[5], 7);
	ck_assert_int_eq(lvs_net_neigh_del(dir, 1, &neigh.addr), 0);
	ck_assert_int_eq(lvs_net_neigh_get(dir, 1, &neigh.addr, &got),
			 LVS_ERR_NOENT);
	ck_assert_int_eq(lvs_net_neigh_get(dir, 2, &neigh.addr, &got), 0);
	ck_assert_int_eq(lvs_net_link_del(dir, 2), 0);
	ck_assert_int_eq(lvs_net_neigh_get(dir, 2, &neigh.addr, &got),
			 LVS_ERR_NOENT);
	lvs_director_free(dir);
}
END_TEST

/* The number changes when a hop becomes wanted, and not when it is asked for.
 */
START_TEST(wants_are_counted)
{
	const struct lvs_route route = { .dst = address("10.0.0.0"),
					 .plen = 24,
					 .link = 1 };
	struct lvs_director *dir = director();
	uint32_t before = lvs_net_wants(dir), link;
	struct lvs_addr addr;
	uint16_t known, unknown;

	ck_assert_int_eq(lvs_net_route_set(dir, &route), 0);
	addr = address("10.0.0.9");
	known = lvs_net_hop(dir->net, &addr);
	addr = address("10.0.0.10");
	unknown = lvs_net_hop(dir->net, &addr);
	lvs_net_want(dir->net, known);
	lvs_net_want(dir->net, LVS_HOP_NONE);
	ck_assert_uint_eq(lvs_net_wants(dir), before);
	lvs_net_want(dir->net, unknown);
	ck_assert_uint_eq(lvs_net_wants(dir), ++before);
	lvs_net_want(dir->net, unknown);
	ck_assert(lvs_net_wanted(dir, &link, &addr));
	ck_assert(!lvs_net_wanted(dir, &link, &addr));
	lvs_net_want(dir->net, unknown);
	ck_assert_uint_eq(lvs_net_wants(dir), before);
	lvs_director_free(dir);
}
END_TEST

/* The host is 10.9.0.1 and fd00:9::1; nothing is known of a way to others. */
static const struct {
	const char *what, *svc, *dest;
	uint8_t method;
	bool is;
} served[] = {
	{ "DR to an address of the host", "10.9.0.1:80", "10.9.0.1:80",
	  LVS_METHOD_DR, true },
	{ "IPv6", "[fd00:9::1]:80", "[fd00:9::1]:80", LVS_METHOD_DR, true },
	{ "TUN", "10.9.0.1:80", "10.9.0.1:80", LVS_METHOD_TUN, true },
	{ "another address of the host", "10.9.0.1:80", "10.9.0.2:80",
	  LVS_METHOD_DR, true },
	{ "no address of the host", "10.9.0.1:80", "10.9.0.3:80", LVS_METHOD_DR,
	  false },
	{ "the virtual address is not the host's", "10.9.0.3:80", "10.9.0.1:80",
	  LVS_METHOD_DR, false },
	{ "by mark, any virtual address", "mark4 7", "10.9.0.1:80",
	  LVS_METHOD_DR, true },
	{ "NAT to the same address and port", "10.9.0.1:80", "10.9.0.1:80",
	  LVS_METHOD_NAT, true },
	{ "NAT to another port", "10.9.0.1:80", "10.9.0.1:81", LVS_METHOD_NAT,
	  false },
	{ "NAT to another address", "10.9.0.1:80", "10.9.0.2:80",
	  LVS_METHOD_NAT, false },
	{ "NAT of all ports", "10.9.0.1:0", "10.9.0.1:0", LVS_METHOD_NAT,
	  false },
	{ "NAT by mark", "mark4 7", "10.9.0.1:80", LVS_METHOD_NAT, false },
	{ "said to be the host", "10.9.0.1:80", "10.9.0.3:80", LVS_METHOD_LOCAL,
	  true },
};

static void own(struct lvs_director *dir, const char *text)
{
	const struct lvs_addr addr = address(text);

	ck_assert_int_eq(lvs_net_addr_set(dir, 1, &addr,
					  lvs_family_bits(addr.family)),
			 0);
}

START_TEST(the_host_as_real_server)
{
	struct lvs_director *dir = director();

	own(dir, "10.9.0.1");
	own(dir, "10.9.0.2");
	own(dir, "fd00:9::1");
	for (size_t i = 0; i < sizeof(served) / sizeof(*served); i++) {
		struct lvs_service_conf svc = service_conf(served[i].svc, "rr");
		struct lvs_dest_conf dest = dest_conf(served[i].dest, 1);

		dest.method = served[i].method;
		ck_assert_msg(lvs_net_is_real_server(dir, &svc.id, &dest) ==
				      served[i].is,
			      "%s", served[i].what);
	}
	lvs_director_free(dir);
}
END_TEST

LVS_TEST_MAIN("engine/net", neighbours_got, a_neighbour_that_changes,
	      wants_are_counted, the_host_as_real_server)
