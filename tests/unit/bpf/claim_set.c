/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * claim_set.c - what is to be claimed, from what is configured.
 */
#include "check.h"

#include "bpf/claim_set.h"
#include "unit/bpf/dests.h"

#include <arpa/inet.h>
#include <lvs/net.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

struct service {
	const char *virt; /* "7": a mark */
	uint8_t protocol;
	const char *dests[4]; /* "nat ADDRESS:PORT" */
};

/* Entries as "PROTOCOL ADDRESS:PORT CLAIMS", in order, one a line. */
static const struct {
	const char *what;
	struct service services[3];
	const char *entries;
	size_t left_out;
	bool handed_back; /* what is the host's */
} rows[] = {
	{ "nothing", { { NULL, 0, { NULL } } }, "", 0, false },
	{ "a service without destinations",
	  { { "10.0.0.1:80", IPPROTO_TCP, { NULL } } },
	  "6 10.0.0.1:80 v\n",
	  0,
	  false },
	{ "NAT: replies are recognised by where they come from",
	  { { "10.0.0.1:80", IPPROTO_TCP, { "nat 10.0.1.1:8080" } } },
	  "6 10.0.0.1:80 v\n6 10.0.1.1:8080 r\n",
	  0,
	  false },
	{ "NAT to the service's own port",
	  { { "10.0.0.1:80", IPPROTO_TCP, { "nat 10.0.1.1:0" } } },
	  "6 10.0.0.1:80 v\n6 10.0.1.1:80 r\n",
	  0,
	  false },
	{ "IPv6",
	  { { "[fd00::1]:53", IPPROTO_UDP, { "nat [fd01::1]:5353" } } },
	  "17 [fd00::1]:53 v\n17 [fd01::1]:5353 r\n",
	  0,
	  false },
	{ "DR and tunnels: real servers speak as the virtual address",
	  { { "10.0.0.1:80",
	      IPPROTO_TCP,
	      { "dr 10.0.1.1:80", "tun 10.0.1.2:80" } } },
	  "6 10.0.0.1:80 va\n",
	  0,
	  false },
	{ "a service of both kinds",
	  { { "10.0.0.1:80",
	      IPPROTO_TCP,
	      { "dr 10.0.1.1:80", "nat 10.0.1.2:8080" } } },
	  "6 10.0.0.1:80 va\n6 10.0.1.2:8080 r\n",
	  0,
	  false },
	{ "a real server of two services",
	  { { "10.0.0.1:80", IPPROTO_TCP, { "nat 10.0.1.1:8080" } },
	    { "10.0.0.2:80", IPPROTO_TCP, { "nat 10.0.1.1:8080" } } },
	  "6 10.0.0.1:80 v\n6 10.0.0.2:80 v\n6 10.0.1.1:8080 r\n",
	  0,
	  false },
	{ "a real server that is a virtual address too",
	  { { "10.0.0.1:80", IPPROTO_TCP, { "nat 10.0.0.2:80" } },
	    { "10.0.0.2:80", IPPROTO_TCP, { "dr 10.0.1.1:80" } } },
	  "6 10.0.0.1:80 v\n6 10.0.0.2:80 var\n",
	  0,
	  false },
	{ "every port",
	  { { "10.0.0.1:0", IPPROTO_TCP, { "nat 10.0.1.1:0" } } },
	  "6 10.0.0.1:0 v\n6 10.0.1.1:0 r\n",
	  0,
	  false },
	{ "a mark that no rule gives is left out",
	  { { "7", 0, { "nat 10.0.1.1:80" } },
	    { "10.0.0.1:80", IPPROTO_TCP, { NULL } } },
	  "6 10.0.0.1:80 v\n",
	  1,
	  false },
	{ "a service with a destination on the host is left out",
	  { { "10.0.0.1:80",
	      IPPROTO_TCP,
	      { "nat 10.0.1.1:80", "local 10.0.0.1:80" } },
	    { "10.0.0.1:81", IPPROTO_TCP, { "nat 10.0.1.1:81" } } },
	  "6 10.0.0.1:81 v\n6 10.0.1.1:81 r\n",
	  1,
	  false },
	{ "by DR and TUN an address of the host is the host",
	  { { "10.0.0.1:80", IPPROTO_TCP, { "dr 10.0.9.9:80" } },
	    { "[fd00::1]:80", IPPROTO_TCP, { "tun [fd00::9:9]:80" } },
	    { "10.0.0.1:81", IPPROTO_TCP, { "nat 10.0.9.9:81" } } },
	  "6 10.0.0.1:81 v\n6 10.0.9.9:81 r\n",
	  2,
	  false },
	{ "by NAT the virtual address itself is",
	  { { "10.0.9.9:80", IPPROTO_TCP, { "nat 10.0.9.9:80" } },
	    { "10.0.9.9:81", IPPROTO_TCP, { "nat 10.0.1.1:81" } } },
	  "6 10.0.1.1:81 r\n6 10.0.9.9:81 v\n",
	  1,
	  false },
	{ "nothing is left out for what the host is handed back",
	  { { "10.0.0.1:80",
	      IPPROTO_TCP,
	      { "nat 10.0.1.1:80", "local 10.0.0.1:80" } },
	    { "10.0.0.1:81", IPPROTO_TCP, { "dr 10.0.9.9:81" } } },
	  "6 10.0.0.1:80 va\n6 10.0.0.1:81 va\n6 10.0.1.1:80 r\n",
	  0,
	  true },
	{ "but a mark is", { { "7", 0, { "dr 10.0.9.9:80" } } }, "", 1, true },
};

/* What the host has on its only link, number 1. */
static void add_own_addresses(struct lvs_director *dir)
{
	static const char *const own[] = { "10.0.9.9", "fd00::9:9" };
	const struct lvs_link link = { .index = 1, .mtu = 1500, .up = true };

	ck_assert_int_eq(lvs_net_link_set(dir, &link), 0);
	for (size_t i = 0; i < 2; i++) {
		struct lvs_addr addr;

		ck_assert_int_eq(lvs_addr_parse(own[i], &addr), 0);
		ck_assert_int_eq(lvs_net_addr_set(dir, 1, &addr, 32), 0);
	}
}

static void add_service(struct lvs_director *dir, const struct service *svc)
{
	struct lvs_service_conf conf = LVS_OPTS(struct lvs_service_conf);

	if (lvs_endpoint_parse(svc->virt, &conf.id.addr, &conf.id.port) < 0) {
		conf.id.fwmark = (uint32_t)atoi(svc->virt);
		conf.id.addr.family = AF_INET;
	} else if (conf.id.port == 0) {
		conf.flags = LVS_SVC_PERSISTENT;
		conf.timeout = 60;
	}
	conf.id.protocol = svc->protocol;
	ck_assert_int_eq(lvs_service_add(dir, &conf), 0);
	for (size_t i = 0; i < 4 && svc->dests[i]; i++)
		add_dest(dir, &conf.id, svc->dests[i]);
}

static void append_entry(const struct lvs_claim_entry *entry, char *text,
			 size_t size)
{
	struct lvs_addr addr =
		lvs_addr_from_bytes(entry->key.family, &entry->key.addr);
	size_t used = strlen(text);
	char name[LVS_ENDPOINT_STRLEN];

	snprintf(text + used, size - used, "%u %s %s%s%s\n",
		 entry->key.protocol,
		 lvs_endpoint_format(&addr, ntohs(entry->key.port_be), name,
				     sizeof(name)),
		 entry->claims & LVS_CLAIM_VIRTUAL ? "v" : "",
		 entry->claims & LVS_CLAIM_ANSWERS ? "a" : "",
		 entry->claims & LVS_CLAIM_REAL ? "r" : "");
}

/* Of ping, which has a test of its own. */
static bool is_echo(const struct lvs_claim_entry *entry)
{
	return entry->key.protocol == IPPROTO_ICMP ||
	       entry->key.protocol == IPPROTO_ICMPV6;
}

START_TEST(from_configuration)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct lvs_director_opts opts =
			LVS_OPTS(struct lvs_director_opts);
		struct lvs_claim_set set = { 0 };
		struct lvs_director *dir;
		char text[1024] = "";

		ck_assert_int_eq(lvs_director_new(&opts, &dir), 0);
		add_own_addresses(dir);
		for (size_t s = 0; s < 3 && rows[i].services[s].virt; s++)
			add_service(dir, &rows[i].services[s]);
		ck_assert_int_eq(lvs_claim_set_read(&set, dir,
						    rows[i].handed_back),
				 0);
		for (size_t e = 0; e < set.count; e++)
			if (!is_echo(&set.entries[e]))
				append_entry(&set.entries[e], text,
					     sizeof(text));
		ck_assert_msg(strcmp(text, rows[i].entries) == 0, "%s:\n%s",
			      rows[i].what, text);
		ck_assert_msg(set.num_left_out == rows[i].left_out, "%s",
			      rows[i].what);
		ck_assert_msg(set.any_port == (strstr(text, ":0 ") != NULL),
			      "%s", rows[i].what);
		lvs_claim_set_free(&set);
		lvs_director_free(dir);
	}
}
END_TEST

START_TEST(ping_of_each_virtual_address)
{
	static const struct service services[] = {
		{ "10.0.0.1:80", IPPROTO_TCP, { "nat 10.0.1.1:80" } },
		{ "10.0.0.1:53", IPPROTO_UDP, { NULL } },
		{ "[fd00::1]:80", IPPROTO_TCP, { NULL } },
		{ "7", 0, { NULL } },
	};
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_claim_set set = { 0 };
	struct lvs_director *dir;
	char text[1024] = "";

	ck_assert_int_eq(lvs_director_new(&opts, &dir), 0);
	for (size_t i = 0; i < sizeof(services) / sizeof(*services); i++)
		add_service(dir, &services[i]);
	ck_assert_int_eq(lvs_claim_set_read(&set, dir, true), 0);
	for (size_t e = 0; e < set.count; e++)
		if (is_echo(&set.entries[e]))
			append_entry(&set.entries[e], text, sizeof(text));
	ck_assert_str_eq(text, "1 10.0.0.1:0 v\n58 [fd00::1]:0 v\n");
	ck_assert(!set.any_port);
	lvs_claim_set_free(&set);
	lvs_director_free(dir);
}
END_TEST

/* More than the first room is for, in order and each once. */
START_TEST(many)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_claim_set set = { 0 };
	struct lvs_director *dir;

	ck_assert_int_eq(lvs_director_new(&opts, &dir), 0);
	for (uint16_t port = 1; port <= 1000; port++) {
		struct lvs_service_conf conf =
			LVS_OPTS(struct lvs_service_conf);

		conf.id.addr = lvs_addr_v4(htonl(0x0a000001));
		conf.id.port = port;
		conf.id.protocol = IPPROTO_TCP;
		ck_assert_int_eq(lvs_service_add(dir, &conf), 0);
	}
	ck_assert_int_eq(lvs_claim_set_read(&set, dir, true), 0);
	ck_assert_uint_eq(set.count, 1000 + 1);
	for (size_t i = 1; i < set.count; i++)
		ck_assert_int_lt(memcmp(&set.entries[i - 1].key,
					&set.entries[i].key,
					sizeof(set.entries[i].key)),
				 0);
	lvs_claim_set_free(&set);
	lvs_director_free(dir);
}
END_TEST

LVS_TEST_MAIN("bpf/claim_set", from_configuration, ping_of_each_virtual_address,
	      many)
