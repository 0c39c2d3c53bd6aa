/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mark.c - the director's own rules for marks: which packet gets which.
 */
#include "unit/model/setup.h"

#include "unit/counted.h"
#include <arpa/inet.h>
#include <stdio.h>

struct rule {
	const char *net; /* "10.9.0.0" */
	uint8_t plen, protocol;
	uint16_t port_min, port_max;
	uint32_t mark;
};

static struct lvs_mark_rule rule_of(const struct rule *text)
{
	struct lvs_mark_rule rule = {
		.mark = text->mark,
		.port_min = text->port_min,
		.port_max = text->port_max,
		.plen = text->plen,
		.protocol = text->protocol,
	};

	ck_assert_int_eq(lvs_addr_parse(text->net, &rule.addr), 0);
	return rule;
}

static int set(struct lvs_director *dir, const struct rule *texts, size_t count)
{
	struct lvs_mark_rule rules[LVS_MARK_RULES_MAX];

	for (size_t i = 0; i < count; i++)
		rules[i] = rule_of(&texts[i]);
	return lvs_marks_set(dir, rules, count);
}

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

static const struct rule rules[] = {
	{ "10.9.0.7", 32, IPPROTO_TCP, 80, 80, 1 },
	{ "10.9.0.7", 32, IPPROTO_TCP, 443, 443, 1 },
	{ "10.9.0.8", 32, IPPROTO_TCP, 0, 0, 2 },
	{ "10.9.0.0", 24, IPPROTO_UDP, 5000, 5999, 3 },
	{ "10.9.0.0", 16, IPPROTO_TCP, 8000, 8080, 4 },
	{ "10.9.5.5", 32, IPPROTO_TCP, 8001, 8001, 5 },
	{ "fd00:9::7", 128, IPPROTO_TCP, 80, 80, 1 },
	{ "fd00:9::", 60, IPPROTO_SCTP, 1, 65535, 6 },
	{ "0.0.0.0", 0, IPPROTO_SCTP, 0, 0, 7 },
	{ "0.0.0.0", 0, IPPROTO_SCTP, 9, 9, 8 },
};

static const struct {
	const char *what;
	const char *addr;
	uint8_t protocol;
	uint32_t mark;
} rows[] = {
	{ "an address and port", "10.9.0.7:80", IPPROTO_TCP, 1 },
	{ "another port, the same mark", "10.9.0.7:443", IPPROTO_TCP, 1 },
	{ "a port below", "10.9.0.7:79", IPPROTO_TCP, 0 },
	{ "a port above", "10.9.0.7:81", IPPROTO_TCP, 0 },
	{ "another protocol", "10.9.0.7:80", IPPROTO_UDP, 0 },
	{ "an address beside it", "10.9.0.6:80", IPPROTO_TCP, 0 },
	{ "IPv6", "[fd00:9::7]:80", IPPROTO_TCP, 1 },
	{ "the same bytes as IPv6", "[a09:7::]:80", IPPROTO_TCP, 0 },
	{ "every port: the first", "10.9.0.8:1", IPPROTO_TCP, 2 },
	{ "every port: the last", "10.9.0.8:65535", IPPROTO_TCP, 2 },
	{ "every port: 0", "10.9.0.8:0", IPPROTO_TCP, 2 },
	{ "the first of a range, the first of a network", "10.9.0.0:5000",
	  IPPROTO_UDP, 3 },
	{ "the last of both", "10.9.0.255:5999", IPPROTO_UDP, 3 },
	{ "a port before the range", "10.9.0.1:4999", IPPROTO_UDP, 0 },
	{ "a port behind the range", "10.9.0.1:6000", IPPROTO_UDP, 0 },
	{ "an address before the network", "10.8.255.255:5000", IPPROTO_UDP,
	  0 },
	{ "an address behind the network", "10.9.1.0:5000", IPPROTO_UDP, 0 },
	{ "of two the first, though it is wider", "10.9.5.5:8001", IPPROTO_TCP,
	  4 },
	{ "of two the first, where it is narrower", "10.9.0.8:8001",
	  IPPROTO_TCP, 2 },
	{ "a length of no whole bytes", "[fd00:9:0:f::1]:5", IPPROTO_SCTP, 6 },
	{ "a bit beyond it", "[fd00:9:0:10::1]:5", IPPROTO_SCTP, 0 },
	{ "port 0 where 1 is the first", "[fd00:9::1]:0", IPPROTO_SCTP, 0 },
	{ "everything of a family", "192.0.2.1:9", IPPROTO_SCTP, 7 },
};

START_TEST(first_that_fits)
{
	struct lvs_director *dir = new_director();

	ck_assert_int_eq(set(dir, rules, LENGTH(rules)), 0);
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct lvs_addr addr;
		uint16_t port;

		lvs_endpoint_parse(rows[i].addr, &addr, &port);
		ck_assert_msg(lvs_marks_find(dir->marks, addr.family,
					     rows[i].protocol, &addr.ip,
					     htons(port)) == rows[i].mark,
			      "%s", rows[i].what);
	}
	lvs_director_free(dir);
}
END_TEST

/* The service that a packet to ADDR with MARK of its own is for. */
static const struct lvs_service *service_of(struct lvs_director *dir,
					    const char *text, uint32_t mark)
{
	struct lvs_addr addr;
	uint16_t port;

	lvs_endpoint_parse(text, &addr, &port);
	return lvs_director_service(dir, addr.family, IPPROTO_TCP, &addr.ip,
				    htons(port), mark);
}

START_TEST(services_by_rules)
{
	struct lvs_director *dir = new_director();
	struct lvs_service_id one = add_service(dir, "mark4 1", "rr");
	struct lvs_service_id own = add_service(dir, "mark4 9", "rr");
	struct lvs_service_id two = add_service(dir, "10.9.0.7:80", "rr");

	ck_assert_ptr_eq(service_of(dir, "10.9.0.7:80", 0),
			 lvs_director_exact(dir, &two));
	ck_assert_int_eq(set(dir, rules, LENGTH(rules)), 0);
	/* As in IPVS a service by mark comes first. */
	ck_assert_ptr_eq(service_of(dir, "10.9.0.7:80", 0),
			 lvs_director_exact(dir, &one));
	ck_assert_ptr_eq(service_of(dir, "10.9.0.7:443", 0),
			 lvs_director_exact(dir, &one));
	/* A mark that a packet has already stays. */
	ck_assert_ptr_eq(service_of(dir, "10.9.0.7:80", 9),
			 lvs_director_exact(dir, &own));
	ck_assert_ptr_eq(service_of(dir, "10.9.0.7:80", 10),
			 lvs_director_exact(dir, &two));
	ck_assert_ptr_null(service_of(dir, "10.9.0.7:443", 10));
	/* The mark of a rule that no service of the family has is none. */
	ck_assert_ptr_null(service_of(dir, "10.9.0.8:80", 0));
	ck_assert_ptr_null(service_of(dir, "[fd00:9::7]:80", 0));
	lvs_service_del(dir, &one);
	ck_assert_ptr_eq(service_of(dir, "10.9.0.7:80", 0),
			 lvs_director_exact(dir, &two));
	lvs_director_free(dir);
}
END_TEST

/* Which addresses the director answers for, and whose fragments it keeps. */
START_TEST(addresses)
{
	static const struct {
		const char *addr;
		bool vip, net;
	} addrs[] = {
		{ "10.9.0.7", true, true },    { "10.9.0.8", false, false },
		{ "10.9.0.9", false, false },  { "10.8.0.1", false, true },
		{ "fd00:9::7", false, false }, /* IPv6 has no such service */
	};
	static const struct rule some[] = {
		{ "10.9.0.7", 32, IPPROTO_TCP, 80, 80, 1 },
		{ "10.9.0.8", 32, IPPROTO_TCP, 80, 80, 2 },
		{ "10.8.0.0", 16, IPPROTO_TCP, 80, 80, 1 },
		{ "fd00:9::7", 128, IPPROTO_TCP, 80, 80, 1 },
	};
	struct lvs_director *dir = new_director();
	struct lvs_service_id one = add_service(dir, "mark4 1", "rr");
	struct lvs_addr addr;

	ck_assert_int_eq(set(dir, some, LENGTH(some)), 0);
	for (size_t i = 0; i < LENGTH(addrs); i++) {
		lvs_addr_parse(addrs[i].addr, &addr);
		ck_assert_msg(lvs_director_is_vip(dir, &addr) == addrs[i].vip,
			      "%s", addrs[i].addr);
		ck_assert_msg(lvs_director_marks(dir, &addr, true) ==
				      addrs[i].net,
			      "%s", addrs[i].addr);
	}
	lvs_service_del(dir, &one);
	lvs_addr_parse("10.9.0.7", &addr);
	ck_assert(!lvs_director_is_vip(dir, &addr));
	lvs_director_free(dir);
}
END_TEST

START_TEST(refused)
{
	static const struct {
		const char *what;
		struct rule rule;
		int err;
	} bad[] = {
		{ "no mark",
		  { "10.9.0.7", 32, IPPROTO_TCP, 80, 80, 0 },
		  LVS_ERR_INVAL },
		{ "bits beyond the network",
		  { "10.9.0.7", 24, IPPROTO_TCP, 80, 80, 1 },
		  LVS_ERR_INVAL },
		{ "a length that no address has",
		  { "10.9.0.7", 33, IPPROTO_TCP, 80, 80, 1 },
		  LVS_ERR_INVAL },
		{ "ports upside down",
		  { "10.9.0.7", 32, IPPROTO_TCP, 81, 80, 1 },
		  LVS_ERR_INVAL },
		{ "a protocol without ports",
		  { "10.9.0.7", 32, IPPROTO_ICMP, 80, 80, 1 },
		  LVS_ERR_INVAL },
	};
	struct lvs_director *dir = new_director();
	struct lvs_mark_rule nobody = { .mark = 1, .protocol = IPPROTO_TCP };
	struct rule many[LVS_MARK_RULES_MAX];
	struct lvs_mark_rule more[LVS_MARK_RULES_MAX + 1] = { { .mark = 1 } };

	ck_assert_int_eq(set(dir, rules, LENGTH(rules)), 0);
	for (size_t i = 0; i < LENGTH(bad); i++)
		ck_assert_msg(set(dir, &bad[i].rule, 1) == bad[i].err, "%s",
			      bad[i].what);
	ck_assert_int_eq(lvs_marks_set(dir, &nobody, 1), LVS_ERR_AFNOSUPPORT);
	ck_assert_int_eq(lvs_marks_set(dir, more, LENGTH(more)), LVS_ERR_NOSPC);
	/* They are as they were. */
	ck_assert_uint_eq(lvs_marks_list(dir, 0, NULL, 0), LENGTH(rules));
	for (size_t i = 0; i < LENGTH(many); i++)
		many[i] = rules[0];
	ck_assert_int_eq(set(dir, many, LENGTH(many)), 0);
	lvs_director_free(dir);
}
END_TEST

START_TEST(listed)
{
	struct lvs_director *dir = new_director();
	struct lvs_mark_rule list[LENGTH(rules)];

	ck_assert_uint_eq(lvs_marks_list(dir, 0, list, LENGTH(list)), 0);
	ck_assert_int_eq(set(dir, rules, LENGTH(rules)), 0);
	/* By threes, as who has little room would. */
	for (size_t i = 0; i < LENGTH(rules); i += 3) {
		size_t room = LENGTH(rules) - i;

		ck_assert_uint_eq(lvs_marks_list(dir, i, &list[i],
						 room < 3 ? room : 3),
				  LENGTH(rules));
	}
	for (size_t i = 0; i < LENGTH(rules); i++) {
		struct lvs_mark_rule want = rule_of(&rules[i]);

		if (want.port_max == 0)
			want.port_max = 65535;
		ck_assert_mem_eq(&list[i], &want, sizeof(want));
	}
	ck_assert_int_eq(lvs_marks_set(dir, NULL, 0), 0);
	ck_assert_uint_eq(lvs_marks_list(dir, 0, list, LENGTH(list)), 0);
	ck_assert_ptr_null(dir->marks);
	lvs_director_free(dir);
}
END_TEST

START_TEST(memory)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_director *dir;
	struct counted counted;

	counted_init(&counted);
	opts.mem = &counted.mem;
	ck_assert_int_eq(lvs_director_new(&opts, &dir), 0);
	ck_assert_int_eq(set(dir, rules, 2), 0);
	counted.fail_at = counted.calls + 1;
	ck_assert_int_eq(set(dir, rules, LENGTH(rules)), LVS_ERR_NOMEM);
	ck_assert_uint_eq(lvs_marks_list(dir, 0, NULL, 0), 2);
	lvs_director_free(dir);
	ck_assert_uint_eq(counted.bytes, 0);
}
END_TEST

LVS_TEST_MAIN("model/mark", first_that_fits, services_by_rules, addresses,
	      refused, listed, memory)
