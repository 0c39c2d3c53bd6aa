/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * addr.c - addresses and endpoints as text and as bytes.
 */
#include "check.h"

#include <lvs/addr.h>
#include <string.h>

static const struct {
	const char *text;
	int family;	   /* 0: not an address */
	const char *again; /* as it is written; NULL: the same */
} addresses[] = {
	{ "192.0.2.1", AF_INET, NULL },
	{ "0.0.0.0", AF_INET, NULL },
	{ "255.255.255.255", AF_INET, NULL },
	{ "::", AF_INET6, NULL },
	{ "::1", AF_INET6, NULL },
	{ "2001:db8::1", AF_INET6, NULL },
	/* RFC 5952 sections 4.1, 4.2.2, 4.2.3, 4.3, 5 */
	{ "2001:0db8::0001", AF_INET6, "2001:db8::1" },
	{ "2001:db8:0:1:1:1:1:1", AF_INET6, "2001:db8:0:1:1:1:1:1" },
	{ "2001:db8:0:0:1:0:0:1", AF_INET6, "2001:db8::1:0:0:1" },
	{ "2001:DB8::A", AF_INET6, "2001:db8::a" },
	{ "::ffff:c000:201", AF_INET6, "::ffff:192.0.2.1" },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", AF_INET6,
	  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	{ "", 0, NULL },
	{ "192.0.2", 0, NULL },
	{ "192.0.2.256", 0, NULL },
	{ "192.0.2.1 ", 0, NULL },
	{ "192.0.2.1:80", 0, NULL },
	{ "2001:db8:::1", 0, NULL },
	{ "[::1]", 0, NULL },
	{ "fe80::1%eth0", 0, NULL },
	{ "localhost", 0, NULL },
};

START_TEST(addresses_as_text)
{
	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		const char *text = addresses[i].text;
		const char *again = addresses[i].again;
		struct lvs_addr addr, before;
		char buf[LVS_ADDR_STRLEN];
		int err;

		memset(&addr, 0x55, sizeof(addr));
		before = addr;
		err = lvs_addr_parse(text, &addr);
		if (!addresses[i].family) {
			ck_assert_msg(err == LVS_ERR_INVAL, "'%s'", text);
			ck_assert(!memcmp(&addr, &before, sizeof(addr)));
			continue;
		}
		ck_assert_msg(!err, "'%s'", text);
		ck_assert_int_eq(addr.family, addresses[i].family);
		ck_assert_str_eq(lvs_addr_format(&addr, buf, sizeof(buf)),
				 again ? again : text);
		if (addr.family == AF_INET)
			ck_assert(!addr.ip.w_be[1] && !addr.ip.d[1]);
	}
}
END_TEST

START_TEST(a_buffer_too_small_holds_an_empty_text)
{
	struct lvs_addr addr, none = { 0 };
	char buf[LVS_ADDR_STRLEN] = "xxx";

	ck_assert(!lvs_addr_parse("192.0.2.100", &addr));
	ck_assert_str_eq(lvs_addr_format(&addr, buf, 5), "");
	ck_assert_ptr_eq(lvs_addr_format(&addr, buf, 0), buf);
	strcpy(buf, "xxx");
	ck_assert_str_eq(lvs_addr_format(&none, buf, sizeof(buf)), "");
}
END_TEST

static const struct {
	const char *text;
	const char *addr; /* NULL: not an endpoint */
	unsigned port;
	const char *again; /* with its port */
} endpoints[] = {
	{ "192.0.2.1:80", "192.0.2.1", 80, "192.0.2.1:80" },
	{ "192.0.2.1:0", "192.0.2.1", 0, "192.0.2.1:0" },
	{ "192.0.2.1:65535", "192.0.2.1", 65535, "192.0.2.1:65535" },
	{ "192.0.2.1", "192.0.2.1", 0, "192.0.2.1:0" },
	{ "[2001:db8::1]:443", "2001:db8::1", 443, "[2001:db8::1]:443" },
	{ "2001:db8::1", "2001:db8::1", 0, "[2001:db8::1]:0" },
	{ "2001:db8::1:80", "2001:db8::1:80", 0, "[2001:db8::1:80]:0" },
	{ "::", "::", 0, "[::]:0" },
	{ "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
	  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535,
	  "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535" },
	{ "", NULL, 0, NULL },
	{ ":80", NULL, 0, NULL },
	{ "192.0.2.1:", NULL, 0, NULL },
	{ "192.0.2.1:65536", NULL, 0, NULL },
	{ "192.0.2.1:100000", NULL, 0, NULL },
	{ "192.0.2.1:+8", NULL, 0, NULL },
	{ "192.0.2.1: 8", NULL, 0, NULL },
	{ "192.0.2.1:80x", NULL, 0, NULL },
	{ "192.0.2.1:http", NULL, 0, NULL },
	{ "[192.0.2.1]:80", NULL, 0, NULL },
	{ "[2001:db8::1]", NULL, 0, NULL },
	{ "[2001:db8::1]443", NULL, 0, NULL },
	{ "[2001:db8::1]x:443", NULL, 0, NULL },
	{ "[2001:db8::1]:", NULL, 0, NULL },
	{ "[2001:db8::1:443", NULL, 0, NULL },
	{ "2001:db8::1]:443", NULL, 0, NULL },
	{ "[]:80", NULL, 0, NULL },
	{ "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:1", NULL, 0,
	  NULL },
};

START_TEST(endpoints_as_text)
{
	for (size_t i = 0; i < sizeof(endpoints) / sizeof(*endpoints); i++) {
		const char *text = endpoints[i].text;
		struct lvs_addr addr = { .family = 99 }, want;
		char buf[LVS_ENDPOINT_STRLEN];
		uint16_t port = 7;
		int err = lvs_endpoint_parse(text, &addr, &port);

		if (!endpoints[i].addr) {
			ck_assert_msg(err == LVS_ERR_INVAL, "'%s'", text);
			ck_assert_msg(addr.family == 99 && port == 7,
				      "'%s' changes nothing", text);
			continue;
		}
		ck_assert_msg(!err, "'%s'", text);
		ck_assert(!lvs_addr_parse(endpoints[i].addr, &want));
		ck_assert_msg(lvs_addr_equal(&addr, &want), "'%s'", text);
		ck_assert_uint_eq(port, endpoints[i].port);
		ck_assert_str_eq(lvs_endpoint_format(&addr, port, buf,
						     sizeof(buf)),
				 endpoints[i].again);
	}
}
END_TEST

static const struct {
	const char *addr;
	unsigned plen;
	const char *masked;
} masks[] = {
	{ "192.0.2.255", 32, "192.0.2.255" },
	{ "192.0.2.255", 24, "192.0.2.0" },
	{ "192.0.2.255", 25, "192.0.2.128" },
	{ "192.0.2.255", 1, "128.0.0.0" },
	{ "192.0.2.255", 0, "0.0.0.0" },
	{ "2001:db8:ffff::1", 128, "2001:db8:ffff::1" },
	{ "2001:db8:ffff::1", 127, "2001:db8:ffff::" },
	{ "2001:db8:ffff::1", 36, "2001:db8:f000::" },
	{ "2001:db8:ffff::1", 0, "::" },
};

START_TEST(masks_of_every_length)
{
	for (size_t i = 0; i < sizeof(masks) / sizeof(*masks); i++) {
		struct lvs_addr addr, want, got;

		ck_assert(!lvs_addr_parse(masks[i].addr, &addr));
		ck_assert(!lvs_addr_parse(masks[i].masked, &want));
		got = lvs_addr_mask(&addr, masks[i].plen);
		ck_assert_msg(lvs_addr_equal(&got, &want), "%s/%u",
			      masks[i].addr, masks[i].plen);
	}
}
END_TEST

static const struct {
	const char *addr;
	bool unicast, linklocal;
} kinds[] = {
	{ "192.0.2.1", true, false },
	{ "0.0.0.0", false, false },
	{ "224.0.0.1", false, false },
	{ "239.255.255.255", false, false },
	{ "223.255.255.255", true, false },
	{ "255.255.255.255", false, false },
	{ "169.254.0.1", true, true },
	{ "169.253.0.1", true, false },
	{ "2001:db8::1", true, false },
	{ "::", false, false },
	{ "::1", true, false },
	{ "ff02::1", false, false },
	{ "fe80::1", true, true },
	{ "febf::1", true, true },
	{ "fec0::1", true, false },
};

START_TEST(kinds_of_addresses)
{
	struct lvs_addr none = { .ip.b = { 192, 0, 2, 1 } };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct lvs_addr addr;

		ck_assert(!lvs_addr_parse(kinds[i].addr, &addr));
		ck_assert_msg(lvs_addr_is_unicast(&addr) == kinds[i].unicast,
			      "%s", kinds[i].addr);
		ck_assert_msg(lvs_addr_is_linklocal(&addr) ==
				      kinds[i].linklocal,
			      "%s", kinds[i].addr);
	}
	ck_assert(!lvs_addr_is_unicast(&none));
}
END_TEST

START_TEST(addresses_from_bytes)
{
	static const unsigned char raw[16] = { 192, 0, 2, 1, 5, 6, 7, 8,
					       9,   1, 1, 1, 1, 1, 1, 1 };
	struct lvs_addr four = lvs_addr_from_bytes(AF_INET, raw);
	struct lvs_addr six = lvs_addr_from_bytes(AF_INET6, raw);
	struct lvs_addr want;

	ck_assert(!lvs_addr_parse("192.0.2.1", &want));
	ck_assert(lvs_addr_equal(&four, &want));
	ck_assert(!memcmp(&four, &want, sizeof(four)));
	ck_assert(!lvs_addr_parse("c000:201:506:708:901:101:101:101", &want));
	ck_assert(lvs_addr_equal(&six, &want));
	ck_assert(!lvs_addr_equal(&four, &six));
}
END_TEST

LVS_TEST_MAIN("base/addr", addresses_as_text,
	      a_buffer_too_small_holds_an_empty_text, endpoints_as_text,
	      masks_of_every_length, kinds_of_addresses, addresses_from_bytes)
