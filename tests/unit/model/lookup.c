/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lookup.c - which service a packet is for.
 */
#include "unit/model/setup.h"

#include <arpa/inet.h>

static const char *const services[] = {
	"10.9.0.1:80",	 "10.9.0.1:0", "10.9.0.2:80", "[fd00:9::1]:80",
	"[fd00:9::1]:0", "mark4 7",    "mark6 7",     "mark4 4294967295",
};

static const struct {
	const char *what;
	const char *addr;
	uint8_t protocol;
	uint32_t mark;
	const char *service; /* NULL: none */
} rows[] = {
	{ "address and port", "10.9.0.1:80", IPPROTO_TCP, 0, "10.9.0.1:80" },
	{ "address and port, IPv6", "[fd00:9::1]:80", IPPROTO_TCP, 0,
	  "[fd00:9::1]:80" },
	{ "another port: the one for all ports", "10.9.0.1:81", IPPROTO_TCP, 0,
	  "10.9.0.1:0" },
	{ "another port, IPv6", "[fd00:9::1]:81", IPPROTO_TCP, 0,
	  "[fd00:9::1]:0" },
	{ "another port where none is for all", "10.9.0.2:81", IPPROTO_TCP, 0,
	  NULL },
	{ "another protocol", "10.9.0.1:80", IPPROTO_UDP, 0, NULL },
	{ "another address", "10.9.0.3:80", IPPROTO_TCP, 0, NULL },
	{ "the same bytes as IPv6", "[a09:1::]:80", IPPROTO_TCP, 0, NULL },
	{ "a mark comes first", "10.9.0.1:80", IPPROTO_TCP, 7, "mark4 7" },
	{ "of its own family", "[fd00:9::1]:80", IPPROTO_TCP, 7, "mark6 7" },
	{ "whatever the protocol", "10.9.0.1:80", IPPROTO_UDP, 7, "mark4 7" },
	{ "all 32 bits of it", "10.9.0.3:80", IPPROTO_TCP, 0xffffffff,
	  "mark4 4294967295" },
	{ "a mark that no service has", "10.9.0.1:80", IPPROTO_TCP, 8,
	  "10.9.0.1:80" },
	{ "an unknown mark and address", "10.9.0.3:80", IPPROTO_TCP, 8, NULL },
};

START_TEST(order)
{
	struct lvs_director *dir = new_director();

	for (size_t i = 0; i < sizeof(services) / sizeof(*services); i++)
		add_service(dir, services[i], "rr");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct lvs_service_id want = { .port = 0 };
		struct lvs_service *svc;
		struct lvs_addr addr;
		uint16_t port;

		lvs_endpoint_parse(rows[i].addr, &addr, &port);
		svc = lvs_director_service(dir, addr.family, rows[i].protocol,
					   &addr.ip, htons(port), rows[i].mark);
		ck_assert_msg((svc != NULL) == (rows[i].service != NULL), "%s",
			      rows[i].what);
		if (!svc)
			continue;
		want = service_conf(rows[i].service, "rr").id;
		ck_assert_msg(svc == lvs_director_exact(dir, &want), "%s",
			      rows[i].what);
	}
	lvs_director_free(dir);
}
END_TEST

START_TEST(vips)
{
	static const struct {
		const char *addr;
		bool vip;
	} addrs[] = {
		{ "10.9.0.1", true },  { "fd00:9::1", true },
		{ "10.9.0.3", false }, { "fd00:9::2", false },
		{ "0.0.0.0", false }, /* what mark services have */
	};
	struct lvs_director *dir = new_director();
	struct lvs_service_id first = add_service(dir, services[0], "rr");
	struct lvs_addr addr;

	for (size_t i = 1; i < sizeof(services) / sizeof(*services); i++)
		add_service(dir, services[i], "rr");
	for (size_t i = 0; i < sizeof(addrs) / sizeof(*addrs); i++) {
		lvs_addr_parse(addrs[i].addr, &addr);
		ck_assert_msg(lvs_director_is_vip(dir, &addr) == addrs[i].vip,
			      "%s", addrs[i].addr);
	}
	/* It stays one until its last service is gone. */
	lvs_addr_parse("10.9.0.1", &addr);
	lvs_service_del(dir, &first);
	ck_assert(lvs_director_is_vip(dir, &addr));
	first.port = 0;
	lvs_service_del(dir, &first);
	ck_assert(!lvs_director_is_vip(dir, &addr));
	lvs_director_free(dir);
}
END_TEST

/* The table grows, and forgets what is deleted. */
START_TEST(thousands)
{
	enum {
		COUNT = 3000
	};
	struct lvs_director *dir = new_director();
	struct lvs_service_conf conf = service_conf("10.9.0.1:1", "rr");

	for (uint16_t port = 1; port <= COUNT; port++) {
		conf.id.port = port;
		ck_assert_int_eq(lvs_service_add(dir, &conf), 0);
	}
	for (uint16_t port = 1; port <= COUNT; port += 2) {
		conf.id.port = port;
		ck_assert_int_eq(lvs_service_del(dir, &conf.id), 0);
	}
	ck_assert_uint_eq(lvs_service_list(dir, 0, NULL, 0), COUNT / 2);
	for (uint16_t port = 1; port <= COUNT; port++) {
		const struct lvs_service *svc =
			lvs_director_service(dir, AF_INET, IPPROTO_TCP,
					     &conf.id.addr.ip, htons(port), 0);

		ck_assert_msg((svc != NULL) == (port % 2 == 0), "port %u",
			      port);
		ck_assert(!svc || svc->conf.id.port == port);
	}
	lvs_director_free(dir);
}
END_TEST

LVS_TEST_MAIN("lookup", order, vips, thousands)
