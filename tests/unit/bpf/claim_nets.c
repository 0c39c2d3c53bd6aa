/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * claim_nets.c - what is to be claimed for services by mark: as a table, and
 * against what the director itself does with every packet of a small world.
 */
#include "check.h"

#include "base/prng.h"
#include "bpf/claim_set.h"
#include "model/director.h"
#include "unit/bpf/dests.h"

#include <arpa/inet.h>
#include <lvs/mark.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

struct service {
	const char *name;     /* "4 1": family and mark; "4 1 p": persistent */
	const char *dests[3]; /* "nat ADDRESS:PORT" */
};

/*
 * Entries as "PROTOCOL ADDRESS:PORT CLAIMS", then areas as "PROTOCOL
 * ADDRESS/LENGTH" with each port from which on something else is claimed.
 */
static const struct {
	const char *what;
	const char *rules[5]; /* "MARK PROTOCOL ADDRESS LENGTH FIRST LAST" */
	struct service services[3];
	const char *claims;
	size_t left_out;
} rows[] = {
	{ "two ports of an address",
	  { "1 6 10.0.0.1 32 80 80", "1 6 10.0.0.1 32 443 443" },
	  { { "4 1", { "nat 10.0.1.1:8080" } } },
	  "6 10.0.0.1:80 v\n6 10.0.0.1:443 v\n6 10.0.1.1:8080 r\n",
	  0 },
	{ "a real server on the packet's own port",
	  { "1 6 10.0.0.1 32 80 80", "1 17 10.0.0.2 32 80 80" },
	  { { "4 1", { "nat 10.0.1.1:0" } } },
	  "6 10.0.0.1:80 v\n6 10.0.1.1:80 r\n17 10.0.0.2:80 v\n"
	  "17 10.0.1.1:80 r\n",
	  0 },
	{ "persistence keeps the packet's port, whatever the real server's",
	  { "1 6 10.0.0.1 32 80 80" },
	  { { "4 1 p", { "nat 10.0.1.1:8080" } } },
	  "6 10.0.0.1:80 v\n6 10.0.1.1:80 r\n",
	  0 },
	{ "DR and tunnels",
	  { "1 6 fd00:9::1 128 80 80" },
	  { { "6 1", { "dr fd01::1", "nat [fd01::2]:80" } } },
	  "6 [fd00:9::1]:80 va\n6 [fd01::2]:80 r\n",
	  0 },
	{ "a network",
	  { "1 6 10.0.0.0 24 80 80" },
	  { { "4 1", { "dr 10.0.1.1" } } },
	  "6 10.0.0.0/24 80 va 81 -\n",
	  0 },
	{ "every port",
	  { "1 6 fd00:9::1 128 0 0" },
	  { { "6 1", { NULL } } },
	  "6 fd00:9::1/128 v\n",
	  0 },
	{ "the last ports",
	  { "1 6 10.0.0.1 32 65000 65535" },
	  { { "4 1", { NULL } } },
	  "6 10.0.0.1/32 65000 v\n",
	  0 },
	{ "a range, and where its replies come from",
	  { "1 17 10.0.0.1 32 5000 5999" },
	  { { "4 1", { "nat 10.0.1.1:0", "nat 10.0.1.2:53" } } },
	  "17 10.0.1.2:53 r\n"
	  "17 10.0.0.1/32 5000 v 6000 -\n17 10.0.1.1/32 5000 r 6000 -\n",
	  0 },
	{ "ranges side by side are one, those that overlap too",
	  { "1 6 10.0.0.1 32 1 9", "1 6 10.0.0.1 32 10 19",
	    "1 6 10.0.0.1 32 15 29" },
	  { { "4 1", { NULL } } },
	  "6 10.0.0.1/32 1 v 30 -\n",
	  0 },
	{ "a mark without a service takes what a later rule has",
	  { "2 6 10.0.0.7 32 80 80", "1 6 10.0.0.0 24 1 1023" },
	  { { "4 1", { NULL } } },
	  "6 10.0.0.0/24 1 v 1024 -\n6 10.0.0.7/32 1 v 80 - 81 v 1024 -\n",
	  0 },
	{ "and nothing of what an earlier one has",
	  { "1 6 10.0.0.0 24 1 1023", "2 6 10.0.0.7 32 80 80" },
	  { { "4 1", { NULL } } },
	  "6 10.0.0.0/24 1 v 1024 -\n6 10.0.0.7/32 1 v 1024 -\n",
	  0 },
	{ "a network in another, of two services",
	  { "1 6 10.0.0.0 24 80 80", "2 6 10.0.0.0 16 80 90" },
	  { { "4 1", { "dr 10.0.1.1" } }, { "4 2", { NULL } } },
	  "6 10.0.0.0/16 80 v 91 -\n6 10.0.0.0/24 80 va 81 v 91 -\n",
	  0 },
	{ "a real server in a network that is claimed",
	  { "1 6 10.0.0.0 16 80 89" },
	  { { "4 1", { "nat 10.0.1.1:0" } } },
	  "6 10.0.0.0/16 80 v 90 -\n6 10.0.1.1/32 80 vr 90 -\n",
	  0 },
	{ "a mark that no rule gives is left out",
	  { "2 6 10.0.0.1 32 80 80", "1 6 fd00::1 128 80 80" },
	  { { "4 1", { "nat 10.0.1.1:80" } } },
	  "",
	  1 },
	{ "rules alone claim nothing",
	  { "1 6 10.0.0.0 24 80 80", "2 6 10.0.0.1 32 80 80" },
	  { { NULL, { NULL } } },
	  "",
	  0 },
	{ "the other family's service has no part in it",
	  { "1 6 10.0.0.1 32 80 80", "1 6 fd00::1 128 80 80" },
	  { { "6 1", { NULL } } },
	  "6 [fd00::1]:80 v\n",
	  0 },
	{ "a destination on the host",
	  { "1 6 10.0.0.1 32 80 80" },
	  { { "4 1", { "local 10.0.0.1:80" } } },
	  "",
	  1 },
};

/* ---- configuring --------------------------------------------------------- */

static struct lvs_director *new_director(void)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_director *dir;

	ck_assert_int_eq(lvs_director_new(&opts, &dir), 0);
	return dir;
}

static struct lvs_mark_rule rule_of(const char *text)
{
	unsigned mark, protocol, plen, first, last;
	struct lvs_mark_rule rule;
	char addr[64];

	ck_assert_int_eq(sscanf(text, "%u %u %63s %u %u %u", &mark, &protocol,
				addr, &plen, &first, &last),
			 6);
	rule = (struct lvs_mark_rule){
		.mark = mark,
		.protocol = (uint8_t)protocol,
		.plen = (uint8_t)plen,
		.port_min = (uint16_t)first,
		.port_max = (uint16_t)last,
	};
	ck_assert_int_eq(lvs_addr_parse(addr, &rule.addr), 0);
	return rule;
}

static void add_service(struct lvs_director *dir, const struct service *svc)
{
	struct lvs_service_conf conf = LVS_OPTS(struct lvs_service_conf);

	conf.id.addr.family = svc->name[0] == '4' ? AF_INET : AF_INET6;
	conf.id.fwmark = (uint32_t)atoi(svc->name + 2);
	if (strchr(svc->name, 'p')) {
		conf.flags = LVS_SVC_PERSISTENT;
		conf.timeout = 60;
	}
	ck_assert_int_eq(lvs_service_add(dir, &conf), 0);
	for (size_t i = 0; i < 3 && svc->dests[i]; i++)
		add_dest(dir, &conf.id, svc->dests[i]);
}

/* ---- the table ----------------------------------------------------------- */

static const char *claims_text(uint32_t claims)
{
	static char text[4];

	snprintf(text, sizeof(text), "%s%s%s",
		 claims & LVS_CLAIM_VIRTUAL ? "v" : "",
		 claims & LVS_CLAIM_ANSWERS ? "a" : "",
		 claims & LVS_CLAIM_REAL ? "r" : "");
	return text[0] ? text : "-";
}

#define APPEND(text, ...)                                                      \
	snprintf((text) + strlen(text), sizeof(text) - strlen(text),           \
		 __VA_ARGS__)

static void show(const struct lvs_claim_set *set, char (*out)[2048])
{
	char name[LVS_ENDPOINT_STRLEN];

	for (size_t i = 0; i < set->count; i++) {
		const struct lvs_claim_key *key = &set->entries[i].key;
		struct lvs_addr addr =
			lvs_addr_from_bytes(key->family, &key->addr);

		/* Ping has a test in claim_set.c. */
		if (key->protocol == IPPROTO_ICMP ||
		    key->protocol == IPPROTO_ICMPV6)
			continue;
		APPEND(*out, "%u %s %s\n", key->protocol,
		       lvs_endpoint_format(&addr, ntohs(key->port_be), name,
					   sizeof(name)),
		       claims_text(set->entries[i].claims));
	}
	for (size_t i = 0; i < set->nets.count; i++) {
		const struct lvs_claim_area *area = &set->nets.areas[i];
		struct lvs_addr addr =
			lvs_addr_from_bytes(area->net.family, &area->net.addr);

		APPEND(*out, "%u %s/%u", area->net.protocol,
		       lvs_addr_format(&addr, name, sizeof(name)),
		       area->net.plen - LVS_CLAIM_NET_HEAD);
		/* A first step that claims nothing says nothing. */
		for (size_t s = 0; s < LVS_CLAIM_STEPS; s++)
			if (s > 0 && area->ports.steps[s].claims !=
					     area->ports.steps[s - 1].claims)
				APPEND(*out, " %u %s",
				       area->ports.steps[s].port,
				       claims_text(
					       area->ports.steps[s].claims));
			else if (s == 0 && area->ports.steps[0].claims)
				APPEND(*out, " %s",
				       claims_text(
					       area->ports.steps[s].claims));
		APPEND(*out, "\n");
	}
}

/* The lines of TEXT in order: how areas are sorted says nothing to a reader. */
static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_lines(char (*text)[2048])
{
	char copy[2048], *lines[32], *save;
	size_t count = 0;

	memcpy(copy, *text, sizeof(copy));
	for (char *l = strtok_r(copy, "\n", &save); l;
	     l = strtok_r(NULL, "\n", &save))
		lines[count++] = l;
	if (count)
		qsort(lines, count, sizeof(*lines), compare_lines);
	(*text)[0] = '\0';
	for (size_t i = 0; i < count; i++)
		APPEND(*text, "%s\n", lines[i]);
}

START_TEST(from_configuration)
{
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct lvs_director *dir = new_director();
		struct lvs_mark_rule rules[5];
		struct lvs_claim_set set = { 0 };
		char text[2048] = "", wanted[2048] = "";
		size_t count = 0;

		for (; count < 5 && rows[i].rules[count]; count++)
			rules[count] = rule_of(rows[i].rules[count]);
		ck_assert_int_eq(lvs_marks_set(dir, rules, count), 0);
		for (size_t s = 0; s < 3 && rows[i].services[s].name; s++)
			add_service(dir, &rows[i].services[s]);
		ck_assert_int_eq(lvs_claim_set_read(&set, dir, false), 0);
		show(&set, &text);
		sort_lines(&text);
		snprintf(wanted, sizeof(wanted), "%s", rows[i].claims);
		sort_lines(&wanted);
		ck_assert_msg(strcmp(text, wanted) == 0, "%s:\n%s",
			      rows[i].what, text);
		ck_assert_msg(set.num_left_out == rows[i].left_out, "%s",
			      rows[i].what);
		lvs_claim_set_free(&set);
		lvs_director_free(dir);
	}
}
END_TEST

/* ---- a small world ------------------------------------------------------- */

#define MARKS 4
#define ADDRS 32 /* 10.0.0.0/27 */
#define PORTS 24

/* Three rules in four are for single ports, and one in two for an address. */
static void make_rules(struct lvs_director *dir, struct lvs_prng *prng)
{
	struct lvs_mark_rule rules[24];
	size_t count = 1 + lvs_prng_below(prng, LENGTH(rules));

	for (size_t i = 0; i < count; i++) {
		uint32_t addr =
			0x0a000000u + (uint32_t)lvs_prng_below(prng, ADDRS);
		uint16_t min = (uint16_t)(1 + lvs_prng_below(prng, PORTS - 2));
		struct lvs_addr given = lvs_addr_v4(htonl(addr));
		unsigned plen =
			lvs_prng_below(prng, 2)
				? 32
				: 27 + (unsigned)lvs_prng_below(prng, 5);

		rules[i] = (struct lvs_mark_rule){
			.addr = lvs_addr_mask(&given, plen),
			.plen = (uint8_t)plen,
			.mark = 1 + (uint32_t)lvs_prng_below(prng, MARKS),
			.port_min = min,
			.port_max = min,
			.protocol = IPPROTO_TCP,
		};
		if (!lvs_prng_below(prng, 4))
			rules[i].port_max =
				(uint16_t)(min +
					   lvs_prng_below(prng, PORTS - min));
	}
	ck_assert_int_eq(lvs_marks_set(dir, rules, count), 0);
}

/* As the program looks it up. */
static uint32_t claims_of(const struct lvs_claim_set *set,
			  const struct lvs_addr *addr, uint16_t port)
{
	const struct lvs_claim_area *best = NULL;
	uint32_t claims = 0;

	for (size_t i = 0; i < set->count; i++)
		if (set->entries[i].key.protocol != IPPROTO_ICMP &&
		    !memcmp(&set->entries[i].key.addr, &addr->ip, 16) &&
		    set->entries[i].key.port_be == htons(port))
			claims |= set->entries[i].claims;
	for (size_t i = 0; i < set->nets.count; i++) {
		const struct lvs_claim_area *area = &set->nets.areas[i];
		struct lvs_addr net =
			lvs_addr_mask(addr,
				      area->net.plen - LVS_CLAIM_NET_HEAD);

		if (memcmp(&net.ip, &area->net.addr, 16) == 0 &&
		    (!best || best->net.plen < area->net.plen))
			best = area;
	}
	for (size_t s = best ? LVS_CLAIM_STEPS : 0; s-- > 0;)
		if (best->ports.steps[s].port <= port)
			return claims | best->ports.steps[s].claims;
	return claims;
}

START_TEST(all_that_is_taken_and_no_more)
{
	struct lvs_prng prng;

	lvs_prng_seed(&prng, 1);
	for (unsigned round = 0; round < 2000; round++) {
		static const struct service services[] = {
			{ "4 1", { "dr 10.0.9.1" } },
			{ "4 2 p", { NULL } },
			{ "4 3", { "dr 10.0.9.2" } },
		};
		struct lvs_director *dir = new_director();
		struct lvs_claim_set set = { 0 };

		make_rules(dir, &prng);
		for (size_t s = 0; s < LENGTH(services); s++)
			if (lvs_prng_below(&prng, 2))
				add_service(dir, &services[s]);
		ck_assert_int_eq(lvs_claim_set_read(&set, dir, false), 0);
		for (uint32_t a = 0; a < ADDRS + 2; a++) {
			struct lvs_addr addr =
				lvs_addr_v4(htonl(0x0a000000u + a));

			for (uint16_t port = 0; port < PORTS; port++) {
				const struct lvs_service *svc =
					lvs_director_service(dir, AF_INET,
							     IPPROTO_TCP,
							     &addr.ip,
							     htons(port), 0);
				uint32_t want = svc ? LVS_CLAIM_VIRTUAL : 0;

				if (svc && svc->num_dests)
					want |= LVS_CLAIM_ANSWERS;
				ck_assert_msg(claims_of(&set, &addr, port) ==
						      want,
					      "round %u, address %u, port %u",
					      round, a, port);
			}
		}
		lvs_claim_set_free(&set);
		lvs_director_free(dir);
	}
}
END_TEST

/* As many steps as there can be: every rule begins and ends somewhere else. */
START_TEST(the_most_steps)
{
	struct lvs_director *dir = new_director();
	static const struct service one = { "4 1", { "nat 10.0.1.1:0" } };
	struct lvs_mark_rule rules[LVS_MARK_RULES_MAX];
	struct lvs_claim_set set = { 0 };

	for (uint16_t i = 0; i < LVS_MARK_RULES_MAX; i++) {
		rules[i] = rule_of("1 6 10.0.0.1 32 1 1");
		rules[i].port_min = (uint16_t)(10 + 4 * i);
		rules[i].port_max = (uint16_t)(11 + 4 * i);
	}
	ck_assert_int_eq(lvs_marks_set(dir, rules, LENGTH(rules)), 0);
	add_service(dir, &one);
	ck_assert_int_eq(lvs_claim_set_read(&set, dir, false), 0);
	ck_assert_uint_eq(set.nets.count, 2);
	for (size_t i = 0; i < 2; i++)
		for (size_t s = 1; s < LVS_CLAIM_STEPS - 1; s++)
			ck_assert_uint_eq(set.nets.areas[i].ports.steps[s].port,
					  10 + 2 * (s - 1));
	lvs_claim_set_free(&set);
	lvs_director_free(dir);
}
END_TEST

LVS_TEST_MAIN("bpf/claim_nets", from_configuration,
	      all_that_is_taken_and_no_more, the_most_steps)
