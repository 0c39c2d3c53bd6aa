/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net.c - the picture as a whole: links, sweeping, clearing, memory.
 */
#include "picture.h"

#include "base/mem.h"

#define SMALL                                                                  \
	"link 1\nlink 2\naddr 10.0.0.5/24 dev 1\naddr 2001:db8::5/64 dev 2\n"  \
	"route 0.0.0.0/0 via 10.0.0.1 dev 1\nroute ::/0 via fe80::1 dev 2\n"   \
	"neigh 10.0.0.1 dev 1 mac 02:00:00:00:00:aa\n"                         \
	"neigh fe80::1 dev 2 mac 02:00:00:00:00:bb\n"

#define WAY4                                                                   \
	"10.0.0.1 dev 1 mtu 1500 src 10.0.0.5 up ready "                       \
	"02:00:00:00:00:aa>02:00:00:00:00:01/0800"
#define WAY6                                                                   \
	"fe80::1 dev 2 mtu 1500 src 2001:db8::5 up ready "                     \
	"02:00:00:00:00:bb>02:00:00:00:00:02/86dd"

static const struct {
	const char *what;
	const char *change;
	const char *way4, *way6;
} rows[] = {
	{ "nothing changes", "", WAY4, WAY6 },
	{ "marked only", "mark all", WAY4, WAY6 },
	{ "read again whole", "mark all\n" SMALL "sweep all", WAY4, WAY6 },
	{ "one kind read again",
	  "mark routes\nroute 0.0.0.0/0 via 10.0.0.1 dev 1\n"
	  "route ::/0 via fe80::1 dev 2\nsweep routes",
	  WAY4, WAY6 },
	{ "a route was gone",
	  "mark routes\nroute ::/0 via fe80::1 dev 2\nsweep routes", "none",
	  WAY6 },
	{ "a neighbour was gone",
	  "mark neighs\nneigh 10.0.0.1 dev 1 mac 02:00:00:00:00:aa\n"
	  "sweep neighs",
	  WAY4, "fe80::1 dev 2 mtu 1500 src 2001:db8::5 up waiting" },
	{ "an address was gone",
	  "mark addrs\naddr 2001:db8::5/64 dev 2\nsweep addrs",
	  "10.0.0.1 dev 1 mtu 1500 src none up ready "
	  "02:00:00:00:00:aa>02:00:00:00:00:01/0800",
	  WAY6 },
	{ "a link was gone, and what it had", "mark links\nlink 1\nsweep links",
	  WAY4, "none" },
	{ "a sweep of nothing but another kind", "mark routes\nsweep neighs",
	  WAY4, WAY6 },
};

START_TEST(sweeping)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct lvs_net *net = picture_new();

		picture_apply(net, rows[i].what, SMALL);
		picture_apply(net, rows[i].what, rows[i].change);
		ck_assert_msg(strcmp(picture_hop(net, "192.0.2.1"),
				     rows[i].way4) == 0,
			      "%s: %s", rows[i].what,
			      picture_hop(net, "192.0.2.1"));
		ck_assert_msg(strcmp(picture_hop(net, "2001:db8:1::1"),
				     rows[i].way6) == 0,
			      "%s: %s", rows[i].what,
			      picture_hop(net, "2001:db8:1::1"));
		lvs_net_free(net);
	}
}
END_TEST

START_TEST(nothing_moves_while_sweeping)
{
	struct lvs_net *net = picture_new();
	uint32_t generation;

	picture_apply(net, "before", SMALL);
	generation = lvs_net_generation(net);
	picture_apply(net, "again", "mark all\n" SMALL);
	ck_assert_str_eq(picture_hop(net, "192.0.2.1"), WAY4);
	picture_apply(net, "again", "sweep all");
	ck_assert_uint_eq(lvs_net_generation(net), generation);
	lvs_net_free(net);
}
END_TEST

START_TEST(clearing)
{
	struct lvs_net *net = picture_new();

	ck_assert(lvs_net_is_empty(net));
	picture_apply(net, "before", SMALL);
	ck_assert(!lvs_net_is_empty(net));
	ck_assert_str_eq(picture_hop(net, "192.0.2.1"), WAY4);
	lvs_net_do_clear(net);
	ck_assert(lvs_net_is_empty(net));
	ck_assert_ptr_null(lvs_net_do_link(net, 1));
	ck_assert_str_eq(picture_hop(net, "192.0.2.1"), "none");
	picture_apply(net, "after", SMALL);
	ck_assert_str_eq(picture_hop(net, "192.0.2.1"), WAY4);
	lvs_net_free(net);
}
END_TEST

START_TEST(links)
{
	struct lvs_net *net = picture_new();

	picture_apply(net, "links",
		      "-22 link 0\n-19 unlink 1\nlink 1 mtu 1400\nlink 2 lo\n");
	ck_assert_uint_eq(lvs_net_do_link(net, 1)->mtu, 1400);
	ck_assert(lvs_net_do_link(net, 2)->loopback);
	ck_assert_ptr_null(lvs_net_do_link(net, 3));
	for (uint32_t i = 1; i <= 3000; i++) {
		struct lvs_link link = { .index = i, .mtu = i };

		ck_assert_int_eq(lvs_net_do_link_set(net, &link), 0);
	}
	for (uint32_t i = 1; i <= 3000; i++)
		ck_assert_uint_eq(lvs_net_do_link(net, i)->mtu, i);
	lvs_net_free(net);
}
END_TEST

/* An allocator that gives so many times and takes notice of what is out. */
struct miser {
	long gives;
	size_t out;
};

static void *miser_alloc(void *ctx, size_t size)
{
	struct miser *miser = ctx;

	if (miser->gives == 0)
		return NULL;
	miser->gives--;
	miser->out += size;
	return lvs_mem_alloc(&lvs_mem_default, size);
}

static void miser_free(void *ctx, void *ptr, size_t size)
{
	struct miser *miser = ctx;

	miser->out -= size;
	lvs_mem_free(&lvs_mem_default, ptr, size);
}

/* What an error leaves is whole: the next look-up and the end are as ever. */
START_TEST(short_of_memory)
{
	static const struct lvs_link link = { .index = 1, .up = true };
	struct lvs_route route = { .link = 1 };
	struct lvs_neigh neigh = { .link = 1 };
	bool all = false;

	route.dst = picture_addr("10.0.0.0");
	route.plen = 8;
	neigh.addr = picture_addr("10.0.0.1");
	for (long gives = 0; !all; gives++) {
		struct miser miser = { gives, 0 };
		struct lvs_allocator mem = { miser_alloc, miser_free, &miser };
		struct lvs_net *net;
		int err = lvs_net_new(&mem, &net);

		ck_assert_int_lt(gives, 100);
		if (!err) {
			all = lvs_net_do_link_set(net, &link) == 0;
			all &= lvs_net_do_route_set(net, &route) == 0;
			all &= lvs_net_do_neigh_set(net, &neigh) == 0;
			all &= lvs_net_do_addr_set(net, 1, &neigh.addr, 8) == 0;
			lvs_net_hop(net, &neigh.addr);
			lvs_net_hop(net, &route.dst);
			lvs_net_free(net);
		}
		ck_assert_uint_eq(miser.out, 0);
	}
}
END_TEST

LVS_TEST_MAIN("net/net", sweeping, nothing_moves_while_sweeping, clearing,
	      links, short_of_memory)
