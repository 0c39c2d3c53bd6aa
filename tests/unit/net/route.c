/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * route.c - which route a packet takes.
 */
#include "picture.h"

#include "base/prng.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *what;
	const char *picture;
	const char *dest;
	const char *begins; /* the hop's text begins so */
} rows[] = {
	{ "nothing is known", "", "10.0.0.1", "none" },
	{ "no route leads there", "link 1\nroute 10.0.0.0/8 dev 1", "11.0.0.1",
	  "none" },
	{ "the default route", "link 1\nroute 0.0.0.0/0 via 10.0.0.1 dev 1",
	  "203.0.113.9", "10.0.0.1 dev 1 " },
	{ "the other family's default route is not it",
	  "link 1\nroute 0.0.0.0/0 via 10.0.0.1 dev 1", "2001:db8::1", "none" },
	{ "an IPv6 default route", "link 1\nroute ::/0 via fe80::1 dev 1",
	  "2001:db8::1", "fe80::1 dev 1 " },
	{ "a network on link is its own next hop",
	  "link 1\nroute 10.0.0.0/24 dev 1", "10.0.0.7", "10.0.0.7 dev 1 " },
	{ "the longest prefix wins, whatever its metric",
	  "link 1\nlink 2\nlink 3\n"
	  "route 10.0.0.0/8 dev 1 metric 0\n"
	  "route 10.1.0.0/16 dev 2 metric 900\n"
	  "route 0.0.0.0/0 dev 3",
	  "10.1.2.3", "10.1.2.3 dev 2 " },
	{ "the longest prefix wins in IPv6",
	  "link 1\nlink 2\nroute 2001:db8::/32 dev 1\n"
	  "route 2001:db8:0:8000::/49 dev 2",
	  "2001:db8:0:8000::5", "2001:db8:0:8000::5 dev 2 " },
	{ "one bit outside of the longer prefix",
	  "link 1\nlink 2\nroute 2001:db8::/32 dev 1\n"
	  "route 2001:db8:0:8000::/49 dev 2",
	  "2001:db8::5", "2001:db8::5 dev 1 " },
	{ "a host route",
	  "link 1\nlink 2\nroute 10.0.0.0/24 dev 1\n"
	  "route 10.0.0.9/32 via 10.0.0.1 dev 2",
	  "10.0.0.9", "10.0.0.1 dev 2 " },
	{ "the smallest metric, not the first",
	  "link 1\nlink 2\nroute 10.0.0.0/8 dev 1 metric 20\n"
	  "route 10.0.0.0/8 dev 2 metric 10",
	  "10.1.1.1", "10.1.1.1 dev 2 " },
	{ "the first of the same metric",
	  "link 1\nlink 2\nroute fe80::/64 dev 2 metric 256\n"
	  "route fe80::/64 dev 1 metric 256",
	  "fe80::5", "fe80::5 dev 2 " },
	{ "a worse metric whose link is up",
	  "link 1 down\nlink 2\nroute 10.0.0.0/8 dev 1 metric 1\n"
	  "route 10.0.0.0/8 dev 2 metric 2",
	  "10.1.1.1", "10.1.1.1 dev 2 " },
	{ "with its link down a network is not somewhere else",
	  "link 1 down\nlink 2\nroute 10.0.0.0/24 dev 1\n"
	  "route 0.0.0.0/0 via 192.0.2.1 dev 2",
	  "10.0.0.7", "10.0.0.7 dev 1 mtu 1500 src none down " },
	{ "an unreachable network in a reachable one",
	  "link 1\nroute 10.0.0.0/8 dev 1\n"
	  "route 10.9.0.0/16 unreachable",
	  "10.9.0.1", "none" },
	{ "a local network",
	  "link 1\nlink 2\nroute 10.0.0.0/8 dev 1\n"
	  "route 10.9.0.0/16 dev 2 local",
	  "10.9.0.1", "local dev 2" },
	{ "a local address",
	  "link 1\nroute 10.0.0.0/8 dev 1\n"
	  "addr 10.0.0.5/8 dev 1",
	  "10.0.0.5", "local dev 1" },
	{ "a local IPv6 address",
	  "link 1\nroute ::/0 dev 1\n"
	  "addr 2001:db8::5/64 dev 1",
	  "2001:db8::5", "local dev 1" },
	{ "IPv4 by an IPv6 gateway",
	  "link 1\nroute 0.0.0.0/0 via fe80::1 dev 1\n"
	  "neigh fe80::1 dev 1 mac 02:00:00:00:00:aa",
	  "192.0.2.1",
	  "fe80::1 dev 1 mtu 1500 src none up ready "
	  "02:00:00:00:00:aa>02:00:00:00:00:01/0800" },
	{ "the route's MTU", "link 1\nroute 10.0.0.0/8 dev 1 mtu 1400",
	  "10.0.0.1", "10.0.0.1 dev 1 mtu 1400 " },
	{ "never more than the link's MTU",
	  "link 1 mtu 1280\nroute 10.0.0.0/8 dev 1 mtu 1400", "10.0.0.1",
	  "10.0.0.1 dev 1 mtu 1280 " },
	{ "multicast", "link 1\nroute 0.0.0.0/0 dev 1", "224.0.0.1", "none" },
	{ "IPv6 multicast", "link 1\nroute ::/0 dev 1", "ff02::1", "none" },
	{ "broadcast", "link 1\nroute 0.0.0.0/0 dev 1", "255.255.255.255",
	  "none" },
	{ "the unspecified address", "link 1\nroute ::/0 dev 1", "::", "none" },
	{ "a deleted route",
	  "link 1\nroute 10.0.0.0/8 dev 1\n"
	  "unroute 10.0.0.0/8 dev 1",
	  "10.0.0.1", "none" },
	{ "deleting needs metric, link and gateway",
	  "link 1\nlink 2\nroute 10.0.0.0/8 via 10.0.0.1 dev 1 metric 3\n"
	  "-2 unroute 10.0.0.0/8 via 10.0.0.1 dev 1\n"
	  "-2 unroute 10.0.0.0/8 via 10.0.0.1 dev 2 metric 3\n"
	  "-2 unroute 10.0.0.0/8 dev 1 metric 3\n"
	  "-2 unroute 10.0.0.0/9 via 10.0.0.1 dev 1 metric 3",
	  "10.1.1.1", "10.0.0.1 dev 1 " },
	{ "replacing leaves one of the metric",
	  "link 1\nlink 2\nroute 10.0.0.0/8 dev 1 metric 3\n"
	  "route 10.0.0.0/8 dev 2 metric 3\n"
	  "replace 10.0.0.0/8 via 192.0.2.1 dev 2 metric 3\n"
	  "-2 unroute 10.0.0.0/8 dev 1 metric 3\n"
	  "-2 unroute 10.0.0.0/8 dev 2 metric 3",
	  "10.1.1.1", "192.0.2.1 dev 2 " },
	{ "replacing leaves other metrics",
	  "link 1\nlink 2\nroute 10.0.0.0/8 dev 1 metric 1\n"
	  "replace 10.0.0.0/8 dev 2 metric 3",
	  "10.1.1.1", "10.1.1.1 dev 1 " },
	{ "setting again changes what does not name it",
	  "link 1\nroute 10.0.0.0/8 dev 1 mtu 1400\n"
	  "route 10.0.0.0/8 dev 1 mtu 1300",
	  "10.1.1.1", "10.1.1.1 dev 1 mtu 1300 " },
	{ "a route goes with its link",
	  "link 1\nlink 2\nroute 10.0.0.0/8 dev 1\n"
	  "route 10.0.0.0/8 dev 2 metric 9\nunlink 1",
	  "10.1.1.1", "10.1.1.1 dev 2 " },
	{ "bits beyond the prefix are refused",
	  "link 1\n-22 route 10.0.0.1/8 dev 1\n-22 route 2001:db8::1/64 dev 1",
	  "10.0.0.1", "none" },
	{ "a prefix longer than the address is refused",
	  "link 1\n-22 route 10.0.0.0/33 dev 1\n-22 route ::/129 dev 1",
	  "10.0.0.1", "none" },
	{ "a multicast gateway is refused",
	  "link 1\n-22 route 10.0.0.0/8 via 224.0.0.1 dev 1", "10.0.0.1",
	  "none" },
	{ "a source of the other family is refused",
	  "link 1\n-22 route 10.0.0.0/8 dev 1 src ::1", "10.0.0.1", "none" },
	{ "a route by no known link is refused",
	  "link 1\n-19 route 10.0.0.0/8 dev 2", "10.0.0.1", "none" },
};

START_TEST(choices)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct lvs_net *net = picture_new();
		const char *got;

		picture_apply(net, rows[i].what, rows[i].picture);
		got = picture_hop(net, rows[i].dest);
		ck_assert_msg(strncmp(got, rows[i].begins,
				      strlen(rows[i].begins)) == 0,
			      "%s: %s", rows[i].what, got);
		lvs_net_free(net);
	}
}
END_TEST

#define MANY 20000

/* A route of random length under 10/8 or fc00::/7, to a gateway of its own. */
static struct lvs_route random_route(struct lvs_prng *prng, uint32_t i)
{
	struct lvs_route route = { .link = 1 };
	struct lvs_addr addr = picture_addr(i % 2 ? "10.0.0.0" : "fc00::");

	for (unsigned b = 1; b < lvs_family_bits(addr.family) / 8; b++)
		addr.ip.b[b] = (uint8_t)lvs_prng_next(prng);
	route.plen = (uint8_t)(8 + lvs_prng_below(prng, i % 2 ? 25 : 57));
	route.dst = lvs_addr_mask(&addr, route.plen);
	route.metric = (uint32_t)lvs_prng_below(prng, 3);
	route.gateway = picture_addr("192.0.2.0");
	route.gateway.ip.b[2] = (uint8_t)(1 + (i >> 8));
	route.gateway.ip.b[3] = (uint8_t)i;
	return route;
}

/* The obvious way: look at every route. */
static const struct lvs_route *reference(const struct lvs_route *routes,
					 const struct lvs_addr *addr)
{
	const struct lvs_route *best = NULL;

	for (size_t i = 0; i < MANY; i++) {
		const struct lvs_route *r = &routes[i];
		struct lvs_addr masked = lvs_addr_mask(addr, r->plen);

		if (!lvs_addr_equal(&masked, &r->dst))
			continue;
		if (!best || r->plen > best->plen ||
		    (r->plen == best->plen && r->metric < best->metric))
			best = r;
	}
	return best;
}

START_TEST(many_routes)
{
	struct lvs_route *routes = calloc(MANY, sizeof(*routes));
	struct lvs_net *net = picture_new();
	struct lvs_prng prng;

	ck_assert_ptr_nonnull(routes);
	lvs_prng_seed(&prng, 1);
	picture_apply(net, "one link", "link 1");
	for (uint32_t i = 0; i < MANY; i++) {
		routes[i] = random_route(&prng, i);
		ck_assert_int_eq(lvs_net_do_route_set(net, &routes[i]), 0);
	}
	for (uint32_t i = 0; i < 2000; i++) {
		struct lvs_addr addr = random_route(&prng, i).dst;
		const struct lvs_route *expected;
		const struct lvs_hop *hop;

		addr.ip.b[lvs_family_bits(addr.family) / 8 - 1] |= 1;
		expected = reference(routes, &addr);
		hop = lvs_net_hop_at(net, lvs_net_hop(net, &addr));
		ck_assert_uint_eq(hop->up, expected != NULL);
		if (expected)
			ck_assert(
				lvs_addr_equal(&hop->addr, &expected->gateway));
	}
	for (uint32_t i = 0; i < MANY; i++)
		ck_assert_int_eq(lvs_net_do_route_del(net, &routes[i]), 0);
	ck_assert_str_eq(picture_hop(net, "10.1.1.1"), "none");
	lvs_net_free(net);
	free(routes);
}
END_TEST

LVS_TEST_MAIN("net/route", choices, many_routes)
