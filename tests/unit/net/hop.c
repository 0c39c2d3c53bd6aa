/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hop.c - next hops: what they say, that they stay right, and their numbers.
 */
#include "picture.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define ONE_GATEWAY                                                            \
	"link 1\naddr 10.0.0.5/24 dev 1\nroute 10.0.0.0/24 dev 1\n"            \
	"route 0.0.0.0/0 via 10.0.0.1 dev 1\n"
#define ONE_GATEWAY6                                                           \
	"link 1\naddr 2001:db8::5/64 dev 1\nroute ::/0 via fe80::1 dev 1\n"

/* The hop that was looked up after BEFORE, without another look-up. */
static const struct {
	const char *what;
	const char *before;
	const char *dest;
	const char *after; /* applied then */
	const char *hop;
} rows[] = {
	{ "an unknown neighbour is waited for", ONE_GATEWAY, "192.0.2.1", "",
	  "10.0.0.1 dev 1 mtu 1500 src 10.0.0.5 up waiting" },
	{ "a neighbour that becomes known", ONE_GATEWAY, "192.0.2.1",
	  "neigh 10.0.0.1 dev 1 mac 02:00:00:00:00:aa",
	  "10.0.0.1 dev 1 mtu 1500 src 10.0.0.5 up ready "
	  "02:00:00:00:00:aa>02:00:00:00:00:01/0800" },
	{ "an IPv6 neighbour that becomes known", ONE_GATEWAY6, "2001:db8:1::1",
	  "neigh fe80::1 dev 1 mac 02:00:00:00:00:aa",
	  "fe80::1 dev 1 mtu 1500 src 2001:db8::5 up ready "
	  "02:00:00:00:00:aa>02:00:00:00:00:01/86dd" },
	{ "the same address on another link is another neighbour",
	  ONE_GATEWAY "link 2\n", "192.0.2.1",
	  "neigh 10.0.0.1 dev 2 mac 02:00:00:00:00:aa",
	  "10.0.0.1 dev 1 mtu 1500 src 10.0.0.5 up waiting" },
	{ "a neighbour with a new MAC address",
	  ONE_GATEWAY "neigh 10.0.0.1 dev 1 mac 02:00:00:00:00:aa", "192.0.2.1",
	  "neigh 10.0.0.1 dev 1 mac 02:00:00:00:00:bb",
	  "10.0.0.1 dev 1 mtu 1500 src 10.0.0.5 up ready "
	  "02:00:00:00:00:bb>02:00:00:00:00:01/0800" },
	{ "a stale neighbour is used",
	  ONE_GATEWAY "neigh 10.0.0.1 dev 1 mac 02:00:00:00:00:aa", "192.0.2.1",
	  "neigh 10.0.0.1 dev 1 stale mac 02:00:00:00:00:aa",
	  "10.0.0.1 dev 1 mtu 1500 src 10.0.0.5 up stale "
	  "02:00:00:00:00:aa>02:00:00:00:00:01/0800" },
	{ "a neighbour that does not answer",
	  ONE_GATEWAY "neigh 10.0.0.1 dev 1 mac 02:00:00:00:00:aa", "192.0.2.1",
	  "neigh 10.0.0.1 dev 1 failed",
	  "10.0.0.1 dev 1 mtu 1500 src 10.0.0.5 up failed" },
	{ "a neighbour that is asked again",
	  ONE_GATEWAY "neigh 10.0.0.1 dev 1 failed", "192.0.2.1",
	  "neigh 10.0.0.1 dev 1 incomplete",
	  "10.0.0.1 dev 1 mtu 1500 src 10.0.0.5 up waiting" },
	{ "a neighbour that is forgotten",
	  ONE_GATEWAY "neigh 10.0.0.1 dev 1 mac 02:00:00:00:00:aa", "192.0.2.1",
	  "unneigh 10.0.0.1 dev 1",
	  "10.0.0.1 dev 1 mtu 1500 src 10.0.0.5 up waiting" },
	{ "a neighbour that did not answer is forgotten",
	  ONE_GATEWAY "neigh 10.0.0.1 dev 1 failed", "192.0.2.1",
	  "unneigh 10.0.0.1 dev 1",
	  "10.0.0.1 dev 1 mtu 1500 src 10.0.0.5 up waiting" },
	{ "its link goes down",
	  ONE_GATEWAY "neigh 10.0.0.1 dev 1 mac 02:00:00:00:00:aa", "192.0.2.1",
	  "link 1 down",
	  "10.0.0.1 dev 1 mtu 1500 src 10.0.0.5 down ready "
	  "02:00:00:00:00:aa>02:00:00:00:00:01/0800" },
	{ "its link comes back",
	  ONE_GATEWAY "neigh 10.0.0.1 dev 1 mac 02:00:00:00:00:aa\n"
		      "link 1 down",
	  "192.0.2.1", "link 1",
	  "10.0.0.1 dev 1 mtu 1500 src 10.0.0.5 up ready "
	  "02:00:00:00:00:aa>02:00:00:00:00:01/0800" },
	{ "its link gets another MAC address",
	  ONE_GATEWAY "neigh 10.0.0.1 dev 1 mac 02:00:00:00:00:aa", "192.0.2.1",
	  "link 1 mac 02:00:00:00:00:99",
	  "10.0.0.1 dev 1 mtu 1500 src 10.0.0.5 up ready "
	  "02:00:00:00:00:aa>02:00:00:00:00:99/0800" },
	{ "its link is deleted",
	  ONE_GATEWAY "neigh 10.0.0.1 dev 1 mac 02:00:00:00:00:aa", "192.0.2.1",
	  "unlink 1",
	  "10.0.0.1 dev 1 mtu 1500 src 10.0.0.5 down waiting bare" },
	{ "a link without link layer needs no neighbour",
	  "link 1 bare\naddr 10.0.0.5/24 dev 1\nroute 0.0.0.0/0 dev 1",
	  "192.0.2.1", "",
	  "192.0.2.1 dev 1 mtu 1500 src 10.0.0.5 up ready bare" },
	{ "a link without link layer in IPv6",
	  "link 1 bare\naddr 2001:db8::5/64 dev 1\nroute ::/0 dev 1",
	  "2001:db8:1::1", "",
	  "2001:db8:1::1 dev 1 mtu 1500 src 2001:db8::5 up ready bare" },
	{ "a link-local neighbour",
	  "link 1\naddr fe80::5/64 dev 1\naddr 2001:db8::5/64 dev 1\n"
	  "route fe80::/64 dev 1",
	  "fe80::7", "neigh fe80::7 dev 1 mac 02:00:00:00:00:aa",
	  "fe80::7 dev 1 mtu 1500 src fe80::5 up ready "
	  "02:00:00:00:00:aa>02:00:00:00:00:01/86dd" },
};

START_TEST(kept_right)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct lvs_net *net = picture_new();
		struct lvs_addr to = picture_addr(rows[i].dest);
		uint16_t number;
		const char *got;

		picture_apply(net, rows[i].what, rows[i].before);
		number = lvs_net_hop(net, &to);
		picture_apply(net, rows[i].what, rows[i].after);
		got = picture_hop_text(lvs_net_hop_at(net, number));
		ck_assert_msg(strcmp(got, rows[i].hop) == 0, "%s: %s",
			      rows[i].what, got);
		lvs_net_free(net);
	}
}
END_TEST

static uint16_t hop(struct lvs_net *net, const char *dest)
{
	struct lvs_addr to = picture_addr(dest);

	return lvs_net_hop(net, &to);
}

/* The generation moves exactly if somebody may go another way. */
static const struct {
	const char *what;
	const char *change;
	bool moves;
} changes[] = {
	{ "a new route", "route 10.9.0.0/16 dev 1", true },
	{ "the same route again", "route 10.0.0.0/24 dev 1", false },
	{ "a route deleted", "unroute 10.0.0.0/24 dev 1", true },
	{ "a route deleted that is not there", "-2 unroute 10.1.0.0/24 dev 1",
	  false },
	{ "a new address", "addr 10.0.0.6/24 dev 1", true },
	{ "the same address again", "addr 10.0.0.5/24 dev 1", false },
	{ "an address deleted", "unaddr 10.0.0.5/24 dev 1", true },
	{ "a link down", "link 1 down", true },
	{ "a link's MTU", "link 1 mtu 1400", true },
	{ "a link's MAC address", "link 1 mac 02:00:00:00:00:99", false },
	{ "the same link again", "link 1", false },
	{ "a new link", "link 2", true },
	{ "a link deleted", "unlink 1", true },
	{ "a neighbour", "neigh 10.0.0.1 dev 1 mac 02:00:00:00:00:aa", false },
	{ "marks without a sweep", "mark all", false },
	{ "a sweep of what was set again",
	  "mark addrs\naddr 10.0.0.5/24 dev 1\nsweep addrs", false },
	{ "a sweep of what was not", "mark addrs\nsweep addrs", true },
};

START_TEST(generations)
{
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		struct lvs_net *net = picture_new();
		uint32_t before;

		picture_apply(net, changes[i].what, ONE_GATEWAY);
		before = lvs_net_generation(net);
		picture_apply(net, changes[i].what, changes[i].change);
		ck_assert_msg((lvs_net_generation(net) != before) ==
				      changes[i].moves,
			      "%s", changes[i].what);
		lvs_net_free(net);
	}
}
END_TEST

START_TEST(shared)
{
	struct lvs_net *net = picture_new();
	uint16_t number;

	picture_apply(net, "shared", ONE_GATEWAY);
	number = hop(net, "192.0.2.1");
	ck_assert_uint_ne(number, LVS_HOP_NONE);
	ck_assert_uint_eq(hop(net, "192.0.2.1"), number);
	ck_assert_uint_eq(hop(net, "203.0.113.9"), number);
	ck_assert_uint_eq(hop(net, "10.0.0.1"), number);
	ck_assert_uint_ne(hop(net, "10.0.0.2"), number);
	lvs_net_free(net);
}
END_TEST

/* One neighbour, but the link headers differ. */
START_TEST(not_shared_by_families)
{
	struct lvs_net *net = picture_new();

	picture_apply(net, "families",
		      "link 1\nroute 0.0.0.0/0 via fe80::1 dev 1\n"
		      "route ::/0 via fe80::1 dev 1\nneigh fe80::1 dev 1");
	ck_assert_str_eq(picture_hop(net, "192.0.2.1"),
			 "fe80::1 dev 1 mtu 1500 src none up ready "
			 "00:00:00:00:00:00>02:00:00:00:00:01/0800");
	ck_assert_str_eq(picture_hop(net, "2001:db8::1"),
			 "fe80::1 dev 1 mtu 1500 src none up ready "
			 "00:00:00:00:00:00>02:00:00:00:00:01/86dd");
	lvs_net_free(net);
}
END_TEST

START_TEST(new_generation_looks_again)
{
	struct lvs_net *net = picture_new();
	uint16_t before;

	picture_apply(net, "again", ONE_GATEWAY);
	before = hop(net, "192.0.2.1");
	picture_apply(net, "again", "link 2\nroute 192.0.2.0/24 dev 2");
	ck_assert_uint_ne(hop(net, "192.0.2.1"), before);
	picture_apply(net, "again", "unroute 192.0.2.0/24 dev 2");
	ck_assert_uint_eq(hop(net, "192.0.2.1"), before);
	lvs_net_free(net);
}
END_TEST

/* "LINK ADDRESS" of what is wanted next, or "nothing". */
static const char *wanted(struct lvs_net *net)
{
	static char text[80];
	struct lvs_addr addr;
	uint32_t link;
	char buf[LVS_ADDR_STRLEN];

	if (!lvs_net_do_wanted(net, &link, &addr))
		return "nothing";
	snprintf(text, sizeof(text), "%u %s", link,
		 lvs_addr_format(&addr, buf, sizeof(buf)));
	return text;
}

START_TEST(wanting)
{
	struct lvs_net *net = picture_new();
	uint16_t a, b;

	picture_apply(net, "wanting", ONE_GATEWAY);
	a = hop(net, "10.0.0.8");
	b = hop(net, "10.0.0.9");
	ck_assert_str_eq(wanted(net), "nothing");
	lvs_net_want(net, a);
	lvs_net_want(net, b);
	lvs_net_want(net, a);
	ck_assert_str_eq(wanted(net), "1 10.0.0.8");
	ck_assert_str_eq(wanted(net), "1 10.0.0.9");
	ck_assert_str_eq(wanted(net), "nothing");

	/* Asked is asked, until there is news. */
	lvs_net_want(net, a);
	picture_apply(net, "wanting", "neigh 10.0.0.8 dev 1 incomplete");
	lvs_net_want(net, a);
	ck_assert_str_eq(wanted(net), "nothing");
	picture_apply(net, "wanting", "neigh 10.0.0.8 dev 1 failed");
	lvs_net_want(net, a);
	ck_assert_str_eq(wanted(net), "1 10.0.0.8");

	/* One that is known is not wanted, until it is stale. */
	picture_apply(net, "wanting", "neigh 10.0.0.8 dev 1");
	lvs_net_want(net, a);
	ck_assert_str_eq(wanted(net), "nothing");
	picture_apply(net, "wanting", "neigh 10.0.0.8 dev 1 stale");
	ck_assert(!lvs_net_is_asked(net, a));
	lvs_net_want(net, a);
	lvs_net_want(net, a);
	ck_assert(lvs_net_is_asked(net, a));
	ck_assert_str_eq(wanted(net), "1 10.0.0.8");
	ck_assert_str_eq(wanted(net), "nothing");
	ck_assert(lvs_net_is_asked(net, a));
	picture_apply(net, "wanting", "neigh 10.0.0.8 dev 1 stale");
	ck_assert(!lvs_net_is_asked(net, a));
	lvs_net_free(net);
}
END_TEST

START_TEST(wanted_twice_while_queued)
{
	struct lvs_net *net = picture_new();
	uint16_t a, b;

	picture_apply(net, "queued", ONE_GATEWAY);
	a = hop(net, "10.0.0.8");
	b = hop(net, "10.0.0.9");
	lvs_net_want(net, a);
	lvs_net_want(net, b);
	/* News makes it askable again though it waits in the queue. */
	picture_apply(net, "queued", "neigh 10.0.0.8 dev 1 failed");
	lvs_net_want(net, a);
	ck_assert_str_eq(wanted(net), "1 10.0.0.8");
	ck_assert_str_eq(wanted(net), "1 10.0.0.9");
	ck_assert_str_eq(wanted(net), "nothing");
	lvs_net_free(net);
}
END_TEST

START_TEST(answered_while_queued)
{
	struct lvs_net *net = picture_new();

	picture_apply(net, "answered", ONE_GATEWAY);
	lvs_net_want(net, hop(net, "10.0.0.8"));
	picture_apply(net, "answered", "neigh 10.0.0.8 dev 1");
	ck_assert_str_eq(wanted(net), "nothing");
	lvs_net_free(net);
}
END_TEST

START_TEST(no_hop_is_harmless)
{
	struct lvs_net *net = picture_new();

	lvs_net_want(net, LVS_HOP_NONE);
	lvs_net_want(net, 12345);
	ck_assert_str_eq(wanted(net), "nothing");
	ck_assert(!lvs_net_hop_at(net, LVS_HOP_NONE)->up);
	ck_assert(!lvs_net_hop_at(net, UINT16_MAX)->resolved);
	lvs_net_free(net);
}
END_TEST

START_TEST(used_up_and_recycled)
{
	struct lvs_net *net = picture_new();
	struct lvs_addr addr;
	uint32_t before;

	picture_apply(net, "full", "link 1\nroute 10.0.0.0/8 dev 1");
	for (uint32_t i = 1; i <= UINT16_MAX; i++) {
		addr = lvs_addr_v4(htonl(0x0a000000 + i));
		ck_assert_uint_eq(lvs_net_hop(net, &addr), i);
	}
	ck_assert(!lvs_net_hops_full(net));
	addr = lvs_addr_v4(htonl(0x0a020000));
	ck_assert_uint_eq(lvs_net_hop(net, &addr), LVS_HOP_NONE);
	ck_assert(lvs_net_hops_full(net));
	ck_assert_uint_eq(hop(net, "10.0.0.1"), 1);

	lvs_net_want(net, 7);
	before = lvs_net_generation(net);
	lvs_net_recycle_hops(net);
	ck_assert_uint_ne(lvs_net_generation(net), before);
	ck_assert(!lvs_net_hops_full(net));
	ck_assert_str_eq(wanted(net), "nothing");
	ck_assert(!lvs_net_hop_at(net, 7)->up);
	ck_assert_uint_eq(lvs_net_hop(net, &addr), 1);
	lvs_net_want(net, 1);
	ck_assert_str_eq(wanted(net), "1 10.2.0.0");
	lvs_net_free(net);
}
END_TEST

START_TEST(a_change_recycles)
{
	struct lvs_net *net = picture_new();

	picture_apply(net, "full", "link 1\nroute 10.0.0.0/8 dev 1");
	for (uint32_t i = 1; i <= UINT16_MAX + 1; i++) {
		struct lvs_addr addr = lvs_addr_v4(htonl(0x0a000000 + i));

		lvs_net_hop(net, &addr);
	}
	ck_assert(lvs_net_hops_full(net));
	picture_apply(net, "full", "route 10.0.0.0/9 dev 1");
	ck_assert(!lvs_net_hops_full(net));
	lvs_net_free(net);
}
END_TEST

LVS_TEST_MAIN("net/hop", kept_right, generations, shared,
	      not_shared_by_families, new_generation_looks_again, wanting,
	      wanted_twice_while_queued, answered_while_queued,
	      no_hop_is_harmless, used_up_and_recycled, a_change_recycles)
