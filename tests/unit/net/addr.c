/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * addr.c - the host's own addresses, and which it speaks from.
 */
#include "picture.h"

static const struct {
	const char *what;
	const char *picture;
	const char *dest;
	const char *src;
} sources[] = {
	{ "the only one", "addr 10.0.0.5/24 dev 1\nroute 0.0.0.0/0 dev 1",
	  "192.0.2.1", "10.0.0.5" },
	{ "none of the family", "addr 10.0.0.5/24 dev 1\nroute ::/0 dev 1",
	  "2001:db8::1", "none" },
	{ "the route's own choice",
	  "addr 10.0.0.5/24 dev 1\naddr 10.0.0.6/24 dev 1\n"
	  "route 0.0.0.0/0 dev 1 src 10.0.0.6",
	  "192.0.2.1", "10.0.0.6" },
	{ "the first of several",
	  "addr 10.0.0.5/24 dev 1\naddr 10.0.0.6/24 dev 1\n"
	  "route 10.0.0.0/24 dev 1",
	  "10.0.0.9", "10.0.0.5" },
	{ "one in the gateway's network",
	  "addr 10.0.0.5/24 dev 1\naddr 10.1.0.5/24 dev 1\n"
	  "route 0.0.0.0/0 via 10.1.0.1 dev 1",
	  "192.0.2.1", "10.1.0.5" },
	{ "one in the destination's network",
	  "addr 10.0.0.5/24 dev 1\naddr 10.1.0.5/24 dev 1\n"
	  "route 10.1.0.0/24 dev 1",
	  "10.1.0.9", "10.1.0.5" },
	{ "one of the link it leaves by",
	  "addr 10.1.0.5/24 dev 2\naddr 10.0.0.5/24 dev 1\n"
	  "route 10.1.0.0/24 dev 1",
	  "10.1.0.9", "10.0.0.5" },
	{ "another link's, if this one has none",
	  "addr 10.1.0.5/24 dev 2\nroute 0.0.0.0/0 dev 1", "192.0.2.1",
	  "10.1.0.5" },
	{ "never the loopback address",
	  "addr 127.0.0.1/8 dev 2\naddr ::1/128 dev 2\n"
	  "route 0.0.0.0/0 dev 1",
	  "192.0.2.1", "none" },
	{ "never the IPv6 loopback address",
	  "addr ::1/128 dev 2\nroute ::/0 dev 1", "2001:db8::1", "none" },
	{ "a global one by a link-local gateway",
	  "addr fe80::5/64 dev 1\naddr 2001:db8::5/64 dev 1\n"
	  "route ::/0 via fe80::1 dev 1",
	  "2001:db8:1::1", "2001:db8::5" },
	{ "another link's global one rather than a link-local one",
	  "addr fe80::5/64 dev 1\naddr 2001:db8::5/64 dev 2\n"
	  "route ::/0 via fe80::1 dev 1",
	  "2001:db8:1::1", "2001:db8::5" },
	{ "the link-local one of the link for a link-local neighbour",
	  "addr fe80::6/64 dev 2\naddr 2001:db8::5/64 dev 1\n"
	  "addr fe80::5/64 dev 1\nroute fe80::/64 dev 1",
	  "fe80::1", "fe80::5" },
	{ "never another link's link-local one",
	  "addr fe80::6/64 dev 2\nroute ::/0 dev 1", "2001:db8::1", "none" },
	{ "IPv4's own by an IPv6 gateway",
	  "addr 10.0.0.5/24 dev 1\naddr 2001:db8::5/64 dev 1\n"
	  "route 0.0.0.0/0 via fe80::1 dev 1",
	  "192.0.2.1", "10.0.0.5" },
	{ "not one that is gone",
	  "addr 10.0.0.5/24 dev 1\naddr 10.0.0.6/24 dev 1\n"
	  "route 10.0.0.0/24 dev 1\nunaddr 10.0.0.5/24 dev 1",
	  "10.0.0.9", "10.0.0.6" },
};

START_TEST(source)
{
	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
		struct lvs_net *net = picture_new();
		struct lvs_addr to = picture_addr(sources[i].dest);
		const struct lvs_hop *hop;
		char got[LVS_ADDR_STRLEN] = "none";

		picture_apply(net, sources[i].what, "link 1\nlink 2");
		picture_apply(net, sources[i].what, sources[i].picture);
		hop = lvs_net_hop_at(net, lvs_net_hop(net, &to));
		if (hop->src.family)
			lvs_addr_format(&hop->src, got, sizeof(got));
		ck_assert_msg(strcmp(got, sources[i].src) == 0, "%s: %s",
			      sources[i].what, got);
		lvs_net_free(net);
	}
}
END_TEST

START_TEST(source_follows_changes)
{
	struct lvs_net *net = picture_new();

	picture_apply(net, "before",
		      "link 1\naddr 10.0.0.5/24 dev 1\n"
		      "route 0.0.0.0/0 via 10.1.0.1 dev 1");
	ck_assert_str_eq(picture_hop(net, "192.0.2.1"),
			 "10.1.0.1 dev 1 mtu 1500 src 10.0.0.5 up waiting");
	picture_apply(net, "a better one", "addr 10.1.0.5/24 dev 1");
	ck_assert_str_eq(picture_hop(net, "192.0.2.1"),
			 "10.1.0.1 dev 1 mtu 1500 src 10.1.0.5 up waiting");
	lvs_net_free(net);
}
END_TEST

static const struct {
	const char *what;
	const char *picture;
	const char *addr;
	bool local;
} locals[] = {
	{ "nothing is known", "", "10.0.0.5", false },
	{ "an address", "addr 10.0.0.5/24 dev 1", "10.0.0.5", true },
	{ "its network's other addresses", "addr 10.0.0.5/24 dev 1", "10.0.0.6",
	  false },
	{ "an IPv6 address", "addr 2001:db8::5/64 dev 1", "2001:db8::5", true },
	{ "a local route", "route 127.0.0.0/8 local", "127.9.9.9", true },
	{ "a longer route that is not local",
	  "route 10.0.0.0/8 local\nroute 10.1.0.0/16 dev 1", "10.1.0.1",
	  false },
	{ "an address of two links, gone from one",
	  "addr 10.0.0.5/24 dev 1\naddr 10.0.0.5/24 dev 2\n"
	  "unaddr 10.0.0.5/24 dev 1",
	  "10.0.0.5", true },
	{ "an address of two links, gone from both",
	  "addr 10.0.0.5/24 dev 1\naddr 10.0.0.5/24 dev 2\n"
	  "unaddr 10.0.0.5/24 dev 1\nunaddr 10.0.0.5/24 dev 2",
	  "10.0.0.5", false },
	{ "an address whose link is deleted",
	  "addr 10.0.0.5/24 dev 1\nunlink 1", "10.0.0.5", false },
	{ "an address on no known link is refused",
	  "-19 addr 10.0.0.5/24 dev 9", "10.0.0.5", false },
	{ "a multicast address is refused", "-22 addr 224.0.0.5/24 dev 1",
	  "224.0.0.5", false },
	{ "deleting what is not there", "-2 unaddr 10.0.0.5/24 dev 1",
	  "10.0.0.5", false },
};

START_TEST(locality)
{
	for (size_t i = 0; i < sizeof(locals) / sizeof(*locals); i++) {
		struct lvs_net *net = picture_new();
		struct lvs_addr addr = picture_addr(locals[i].addr);

		picture_apply(net, locals[i].what, "link 1\nlink 2");
		picture_apply(net, locals[i].what, locals[i].picture);
		ck_assert_msg(lvs_net_do_is_local(net, &addr) ==
				      locals[i].local,
			      "%s", locals[i].what);
		lvs_net_free(net);
	}
}
END_TEST

LVS_TEST_MAIN("net/addr", source, source_follows_changes, locality)
