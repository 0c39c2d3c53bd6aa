/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Templates: by what they are found, whom they lead to, how long they live.
 * What an engine makes of them is in tests/flow.
 */
#include "check.h"

#include "persist/persist.h"
#include "unit/counted.h"
#include "unit/model/setup.h"

#include <arpa/inet.h>

static struct lvs_director *dir;
static lvs_tstamp now;

/* A persistent service TEXT with two real servers, joined by one engine. */
static struct lvs_service *begin(const char *text, uint32_t plen,
				 uint32_t holes)
{
	struct lvs_service_conf conf = service_conf(text, "rr");
	bool v6 = conf.id.addr.family == AF_INET6;

	dir = new_director();
	now = 1000000 * LVS_SEC;
	conf.flags = LVS_SVC_PERSISTENT;
	conf.timeout = 30;
	conf.plen = plen;
	conf.holes_be = htonl(holes);
	ck_assert_int_eq(lvs_service_add(dir, &conf), 0);
	add_dest(dir, &conf.id, v6 ? "[fd00:1::1]:8000" : "10.1.0.1:8000", 1);
	add_dest(dir, &conf.id, v6 ? "[fd00:1::2]:8000" : "10.1.0.2:8000", 1);
	ck_assert_int_eq(lvs_persist_join(dir, 0), 0);
	return lvs_director_exact(dir, &conf.id);
}

static void end(void)
{
	lvs_persist_leave(dir, 0);
	ck_assert_ptr_null(dir->persist);
	for (uint32_t i = 0; i < dir->dests_size; i++)
		ck_assert(!dir->dests[i] || dir->dests[i]->persist == 0);
	lvs_director_free(dir);
}

static struct lvs_persist_choice ask(struct lvs_service *svc,
				     const char *client, const char *virt,
				     uint8_t protocol)
{
	struct lvs_persist_choice choice;
	struct lvs_flow flow = { .protocol = protocol };
	struct lvs_addr addr;
	uint16_t port;

	ck_assert_int_eq(lvs_endpoint_parse(client, &addr, &port), 0);
	flow.family = (uint8_t)addr.family;
	flow.src = addr.ip;
	flow.sport_be = htons(port);
	ck_assert_int_eq(lvs_endpoint_parse(virt, &addr, &port), 0);
	flow.dst = addr.ip;
	flow.dport_be = htons(port);
	lvs_persist_choose(dir->persist, svc, &flow, now, &choice);
	if (choice.dest)
		lvs_dest_unbind(choice.dest, false);
	return choice;
}

/* Whether two packets to a service share a template. */
static const struct {
	const char *say;
	const char *svc;
	uint32_t plen, holes;
	const char *client1, *virt1;
	const char *client2, *virt2;
	uint8_t protocol2;
	bool same;
} rows[] = {
	{ "another port of the client", "10.9.0.1:80", 0, 0, "10.0.0.1:1",
	  "10.9.0.1:80", "10.0.0.1:2", "10.9.0.1:80", IPPROTO_TCP, true },
	{ "another client", "10.9.0.1:80", 0, 0, "10.0.0.1:1", "10.9.0.1:80",
	  "10.0.0.2:1", "10.9.0.1:80", IPPROTO_TCP, false },
	{ "one network", "10.9.0.1:80", 24, 0, "10.0.0.1:1", "10.9.0.1:80",
	  "10.0.0.2:1", "10.9.0.1:80", IPPROTO_TCP, true },
	{ "another network", "10.9.0.1:80", 24, 0, "10.0.0.1:1", "10.9.0.1:80",
	  "10.0.1.1:1", "10.9.0.1:80", IPPROTO_TCP, false },
	{ "a mask with holes", "10.9.0.1:80", 0, 0x00ffff00, "10.3.4.1:1",
	  "10.9.0.1:80", "10.5.6.1:1", "10.9.0.1:80", IPPROTO_TCP, true },
	{ "all are one client", "10.9.0.1:80", 0, UINT32_MAX, "10.3.4.1:1",
	  "10.9.0.1:80", "192.0.2.1:1", "10.9.0.1:80", IPPROTO_TCP, true },
	{ "all ports of an address", "10.9.0.1:0", 0, 0, "10.0.0.1:1",
	  "10.9.0.1:80", "10.0.0.1:1", "10.9.0.1:81", IPPROTO_TCP, true },
	{ "a mark: any address and protocol", "mark4 7", 0, 0, "10.0.0.1:1",
	  "10.9.0.1:80", "10.0.0.1:1", "10.9.0.2:81", IPPROTO_UDP, true },
	{ "IPv6, another port", "[fd00:9::1]:80", 0, 0, "[fd00::1]:1",
	  "[fd00:9::1]:80", "[fd00::1]:2", "[fd00:9::1]:80", IPPROTO_TCP,
	  true },
	{ "IPv6, another client", "[fd00:9::1]:80", 0, 0, "[fd00::1]:1",
	  "[fd00:9::1]:80", "[fd00::2]:1", "[fd00:9::1]:80", IPPROTO_TCP,
	  false },
	{ "IPv6, one network", "[fd00:9::1]:80", 64, 0, "[fd00::1]:1",
	  "[fd00:9::1]:80", "[fd00::2]:1", "[fd00:9::1]:80", IPPROTO_TCP,
	  true },
	{ "IPv6, a mark", "mark6 7", 0, 0, "[fd00::1]:1", "[fd00:9::1]:80",
	  "[fd00::1]:1", "[fd00:9::2]:81", IPPROTO_UDP, true },
};

START_TEST(who_shares_a_template)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct lvs_service *svc =
			begin(rows[i].svc, rows[i].plen, rows[i].holes);
		struct lvs_persist_choice a, b;

		a = ask(svc, rows[i].client1, rows[i].virt1, IPPROTO_TCP);
		b = ask(svc, rows[i].client2, rows[i].virt2, rows[i].protocol2);
		ck_assert_ptr_nonnull(a.dest);
		ck_assert_ptr_nonnull(b.dest);
		ck_assert_msg((a.by == b.by) == rows[i].same, "%s",
			      rows[i].say);
		/* Round robin: another template, another real server. */
		ck_assert_msg((a.dest == b.dest) == rows[i].same, "%s",
			      rows[i].say);
		end();
	}
}
END_TEST

static void go_on(uint32_t secs)
{
	lvs_tstamp next;

	now += secs * LVS_SEC;
	while (lvs_persist_advance(dir->persist, now, 100, &next))
		;
}

static void count_one(void *ctx, const struct lvs_conn *conn)
{
	ck_assert(conn->flags & LVS_CONN_TEMPLATE);
	++*(size_t *)ctx;
}

static size_t count(void)
{
	uint64_t cursor = 0;
	size_t n = 0;

	while (lvs_persist_walk(dir->persist, &cursor, 10, count_one, &n))
		;
	return n;
}

START_TEST(how_long_it_lives)
{
	struct lvs_service *svc = begin("10.9.0.1:80", 0, 0);
	struct lvs_persist_choice a =
		ask(svc, "10.0.0.1:1", "10.9.0.1:80", IPPROTO_TCP);

	ck_assert_uint_eq(a.dest->persist, 1);
	go_on(29);
	ck_assert_uint_eq(count(), 1);
	go_on(2); /* its time is over, but it controls a connection */
	ck_assert_uint_eq(count(), 1);
	lvs_persist_release(dir->persist, a.by);
	go_on(57);
	ck_assert_uint_eq(count(), 1);
	go_on(4); /* and then a minute has passed */
	ck_assert_uint_eq(count(), 0);
	ck_assert_uint_eq(a.dest->persist, 0);
	end();
}
END_TEST

START_TEST(a_removed_destination_is_replaced)
{
	struct lvs_service *svc = begin("10.9.0.1:80", 0, 0);
	struct lvs_persist_choice a, b;

	a = ask(svc, "10.0.0.1:1", "10.9.0.1:80", IPPROTO_TCP);
	ck_assert_int_eq(del_dest(dir, &svc->conf.id, "10.1.0.2:8000"), 0);
	b = ask(svc, "10.0.0.1:2", "10.9.0.1:80", IPPROTO_TCP);
	ck_assert_ptr_ne(a.dest, b.dest);
	ck_assert_uint_eq(a.dest->persist, 0);
	ck_assert_uint_eq(b.dest->persist, 1);
	ck_assert_uint_eq(count(), 1);
	ck_assert_int_eq(del_dest(dir, &svc->conf.id, "10.1.0.1:8000"), 0);
	b = ask(svc, "10.0.0.1:3", "10.9.0.1:80", IPPROTO_TCP);
	ck_assert_ptr_null(b.dest);
	ck_assert_ptr_null(b.by);
	end();
}
END_TEST

START_TEST(engines_share_them)
{
	struct lvs_service *svc = begin("10.9.0.1:80", 0, 0);

	ask(svc, "10.0.0.1:1", "10.9.0.1:80", IPPROTO_TCP);
	ck_assert_int_eq(lvs_persist_join(dir, 0), 0);
	lvs_persist_leave(dir, 0);
	ck_assert_uint_eq(count(), 1);
	end();
}
END_TEST

/* BY's one connection is over, and was worth nothing. */
static void drop(const struct lvs_persist_choice *choice)
{
	lvs_dest_unbind(choice->dest, false);
	lvs_persist_drop(dir->persist, choice->by);
}

static void release(const struct lvs_persist_choice *choice)
{
	lvs_dest_unbind(choice->dest, false);
	lvs_persist_release(dir->persist, choice->by);
}

START_TEST(one_that_gave_way)
{
	struct lvs_service *svc = begin("10.9.0.1:80", 0, 0);
	struct lvs_persist_choice a, b;

	a = ask(svc, "10.0.0.1:1", "10.9.0.1:80", IPPROTO_TCP);
	b = ask(svc, "10.0.0.1:2", "10.9.0.1:80", IPPROTO_TCP);
	drop(&a);
	ck_assert_uint_eq(count(), 1); /* has another connection */
	drop(&b);
	ck_assert_uint_eq(count(), 0);
	a = ask(svc, "10.0.0.1:3", "10.9.0.1:80", IPPROTO_TCP);
	lvs_persist_assure(dir->persist, a.by);
	drop(&a);
	ck_assert_uint_eq(count(), 1); /* was of use */
	end();
}
END_TEST

START_TEST(no_more_than_connections)
{
	struct lvs_service *svc = begin("10.9.0.1:80", 0, 0);
	struct lvs_persist_choice a, b, c;

	/* The engine without a limit leaves another with one of 2. */
	ck_assert_int_eq(lvs_persist_join(dir, 2), 0);
	lvs_persist_leave(dir, 0);
	a = ask(svc, "10.0.0.1:1", "10.9.0.1:80", IPPROTO_TCP);
	b = ask(svc, "10.0.0.2:1", "10.9.0.1:80", IPPROTO_TCP);
	c = ask(svc, "10.0.0.3:1", "10.9.0.1:80", IPPROTO_TCP);
	ck_assert_ptr_nonnull(c.dest); /* served, and not remembered */
	ck_assert_ptr_null(c.by);
	lvs_dest_unbind(c.dest, false);
	lvs_persist_assure(dir->persist, a.by);
	release(&a);
	release(&b);
	c = ask(svc, "10.0.0.3:1", "10.9.0.1:80", IPPROTO_TCP);
	ck_assert_ptr_nonnull(c.by); /* in place of b, which was of no use */
	ck_assert_uint_eq(count(), 2);
	a = ask(svc, "10.0.0.1:2", "10.9.0.1:80", IPPROTO_TCP);
	ck_assert_ptr_nonnull(a.by);
	ck_assert_uint_eq(count(), 2);
	release(&a);
	release(&c);
	ck_assert_int_eq(lvs_persist_join(dir, 0), 0);
	lvs_persist_leave(dir, 2);
	end();
}
END_TEST

LVS_TEST_MAIN("persist/persist", who_shares_a_template, how_long_it_lives,
	      a_removed_destination_is_replaced, engines_share_them,
	      one_that_gave_way, no_more_than_connections)
