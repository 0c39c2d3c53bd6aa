/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * On which links a director announces which addresses; what a frame looks like
 * is tests/unit/net/arp.c's and nd.c's.
 */
#include "check.h"

#include "unit/model/setup.h"
#include <lvs/net.h>

static struct lvs_addr address(const char *text)
{
	struct lvs_addr addr;

	ck_assert_int_eq(lvs_addr_parse(text, &addr), 0);
	return addr;
}

/* Link 1 is down, 3 has no link header; 2 has the host's addresses. */
static struct lvs_director *director(void)
{
	static const char *const vips[] = { "10.9.0.1:80", "[fd09::1]:80",
					    "10.9.0.2:80", "[fd09::2]:80" };
	static const char *const own[] = { "10.9.0.2", "fd09::2" };
	struct lvs_director *dir = new_director();

	for (uint32_t i = 1; i <= 4; i++) {
		const struct lvs_link link = {
			.index = i,
			.mtu = 1500,
			.lladdr = { 2, 0, 0, 0, 0, (uint8_t)i },
			.up = i != 1,
			.ethernet = i != 3,
		};

		ck_assert_int_eq(lvs_net_link_set(dir, &link), 0);
	}
	for (size_t i = 0; i < 4; i++) {
		struct lvs_service_conf conf = service_conf(vips[i], "rr");

		ck_assert_int_eq(lvs_service_add(dir, &conf), 0);
	}
	for (size_t i = 0; i < 2; i++) {
		struct lvs_addr addr = address(own[i]);

		ck_assert_int_eq(lvs_net_addr_set(dir, 2, &addr, 24), 0);
	}
	return dir;
}

static const struct {
	const char *what;
	uint32_t link;
	const char *addr;
	size_t len;
} rows[] = {
	{ "a VIP on a link that is up", 2, "10.9.0.1", 42 },
	{ "IPv6: a VIP on a link that is up", 2, "fd09::1", 86 },
	{ "a link that is down", 1, "10.9.0.1", 0 },
	{ "IPv6: a link that is down", 1, "fd09::1", 0 },
	{ "a link without link header", 3, "10.9.0.1", 0 },
	{ "IPv6: a link without link header", 3, "fd09::1", 0 },
	{ "a link that is not known", 5, "10.9.0.1", 0 },
	{ "IPv6: a link that is not known", 5, "fd09::1", 0 },
	{ "no VIP", 2, "10.9.0.3", 0 },
	{ "IPv6: no VIP", 2, "fd09::3", 0 },
	{ "the host's own", 2, "10.9.0.2", 0 },
	{ "IPv6: the host's own", 2, "fd09::2", 0 },
	{ "the host's own, by another link: it answers there", 4, "10.9.0.2",
	  0 },
	{ "IPv6: the host's own, by another link: it does not", 4, "fd09::2",
	  86 },
};

START_TEST(where_the_director_answers)
{
	struct lvs_director *dir = director();

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct lvs_addr addr = address(rows[i].addr);
		uint8_t frame[LVS_ANNOUNCEMENT_MAX];
		size_t len;

		len = lvs_net_announcement(dir, rows[i].link, &addr, frame);
		ck_assert_msg(len == rows[i].len, "%s: %zu bytes", rows[i].what,
			      len);
		ck_assert_msg(len == 0 || frame[11] == rows[i].link,
			      "%s: from another link's address", rows[i].what);
	}
	lvs_director_free(dir);
}
END_TEST

LVS_TEST_MAIN("announce", where_the_director_answers)
