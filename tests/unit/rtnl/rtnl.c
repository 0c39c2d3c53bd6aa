/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What goes wrong between the kernel and its mirror is made good: messages
 * lost, requests that can't be sent.  The kernel is the real one; only sending
 * and receiving fail when told to (ld --wrap).  That what is read is right is
 * tested in tests/net/rtnl.sh.
 */
#include "check.h"

#include "engine/engine.h"
#include "unit/model/setup.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <lvs/net.h>
#include <lvs/rtnl.h>
#include <net/if.h>
#include <poll.h>

static int fail_sends, fail_receipts; /* so many, with ENOBUFS */

ssize_t __real_mnl_socket_sendto(const struct mnl_socket *nl, const void *req,
				 size_t size);
ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *nl, const void *req,
				 size_t size);
ssize_t __real_mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf,
				   size_t size);
ssize_t __wrap_mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf,
				   size_t size);

static bool fails(int *count)
{
	if (!*count)
		return false;
	(*count)--;
	errno = ENOBUFS;
	return true;
}

ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *nl, const void *req,
				 size_t size)
{
	return fails(&fail_sends) ? -1
				  : __real_mnl_socket_sendto(nl, req, size);
}

ssize_t __wrap_mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf,
				   size_t size)
{
	return fails(&fail_receipts)
		       ? -1
		       : __real_mnl_socket_recvfrom(nl, buf, size);
}

static struct lvs_director *dir;
static struct lvs_rtnl *rtnl;
static uint32_t lo;
static unsigned warnings;

static void note(void *ctx, enum lvs_level level, const char *text)
{
	(void)ctx, (void)text;
	warnings += level == LVS_LOG_WARNING;
}

static bool is_there(void)
{
	struct lvs_link link;

	return lvs_net_link_get(dir, lo, &link) == 0;
}

static void setup(void)
{
	struct lvs_rtnl_opts opts = LVS_OPTS(struct lvs_rtnl_opts);

	fail_sends = fail_receipts = 0;
	warnings = 0;
	dir = new_director();
	lo = if_nametoindex("lo");
	opts.log.emit = note;
	ck_assert_int_eq(lvs_rtnl_open(dir, &opts, &rtnl), 0);
	ck_assert(is_there());
}

static void teardown(void)
{
	lvs_rtnl_close(rtnl);
	lvs_director_free(dir);
}

/* What the kernel answers, until the link is there again. */
static void must_come_back(void)
{
	struct pollfd fd = { .fd = lvs_rtnl_fd(rtnl), .events = POLLIN };

	while (!is_there()) {
		ck_assert_int_eq(poll(&fd, 1, 10000), 1);
		ck_assert_int_eq(lvs_rtnl_process(rtnl, 0), 0);
	}
}

START_TEST(lost_messages)
{
	setup();
	ck_assert_int_eq(lvs_net_link_del(dir, lo), 0);
	fail_receipts = 1;
	ck_assert_int_eq(lvs_rtnl_process(rtnl, 0), 0);
	ck_assert_uint_eq(warnings, 1);
	must_come_back();
	teardown();
}
END_TEST

/* Nothing will come that makes the socket readable: who calls again asks. */
START_TEST(and_no_way_to_ask)
{
	setup();
	ck_assert_int_eq(lvs_net_link_del(dir, lo), 0);
	fail_receipts = 1;
	fail_sends = 2;
	ck_assert_int_eq(lvs_rtnl_process(rtnl, 0), -ENOBUFS);
	ck_assert_int_eq(lvs_rtnl_process(rtnl, 0), -ENOBUFS);
	ck_assert_int_eq(lvs_rtnl_process(rtnl, 0), 0);
	must_come_back();
	teardown();
}
END_TEST

/* Link 9000 is nobody's; on it a neighbour is stale and another not known. */
static uint16_t wanted_hop(const char *text)
{
	static const char *const known = "192.0.2.1";
	const struct lvs_link link = {
		.index = 9000, .mtu = 1500, .up = true, .ethernet = true
	};
	struct lvs_route route = { .plen = 24, .link = 9000 };
	struct lvs_neigh neigh = { .link = 9000, .state = LVS_NEIGH_STALE };
	struct lvs_addr addr;
	uint16_t hop;

	ck_assert_int_eq(lvs_addr_parse("192.0.2.0", &route.dst), 0);
	ck_assert_int_eq(lvs_addr_parse(known, &neigh.addr), 0);
	ck_assert_int_eq(lvs_addr_parse(text, &addr), 0);
	lvs_net_clear(dir); /* whatever addresses this host has */
	ck_assert_int_eq(lvs_net_link_set(dir, &link), 0);
	ck_assert_int_eq(lvs_net_route_set(dir, &route), 0);
	ck_assert_int_eq(lvs_net_neigh_set(dir, &neigh), 0);
	hop = lvs_net_hop(dir->net, &addr);
	ck_assert_uint_ne(hop, LVS_HOP_NONE);
	lvs_net_want(dir->net, hop);
	return hop;
}

/* It must not stay "asked for", and who was usable is still. */
START_TEST(a_neighbour_not_asked_for)
{
	static const char *const addrs[] = { "192.0.2.1", "192.0.2.2" };

	for (size_t i = 0; i < 2; i++) {
		uint32_t wants;
		uint16_t hop;

		setup();
		hop = wanted_hop(addrs[i]);
		wants = lvs_net_wants(dir);
		fail_sends = 1;
		ck_assert_int_eq(lvs_rtnl_resolve(rtnl), -ENOBUFS);
		ck_assert(lvs_net_hop_at(dir->net, hop)->stale == (i == 0));
		ck_assert(lvs_net_hop_at(dir->net, hop)->resolved == (i == 0));
		lvs_net_want(dir->net, hop);
		ck_assert_uint_eq(lvs_net_wants(dir), wants + 1);
		teardown();
	}
}
END_TEST

LVS_TEST_MAIN("rtnl/rtnl", lost_messages, and_no_way_to_ask,
	      a_neighbour_not_asked_for)
