/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of the kernel's news becomes a line of the log, and how many lines of
 * those that any host on a link can bring about.
 */
#include "check.h"

#include "rtnl/tell.h"
#include "unit/model/setup.h"

#include <string.h>

static struct lvs_director *dir;
static struct lvs_rtnl_tell tell;
static char lines[4096];
static unsigned count;
static enum lvs_level level_due;

static void note(void *ctx, enum lvs_level level, const char *text)
{
	size_t len = strlen(lines);

	(void)ctx;
	ck_assert_int_eq(level, level_due);
	snprintf(lines + len, sizeof(lines) - len, "%s\n", text);
	count++;
}

static struct lvs_link link_of(bool up, uint32_t mtu)
{
	return (struct lvs_link){
		.index = 3, .mtu = mtu, .up = up, .name = "eth0"
	};
}

/* Link 3, eth0, is known; nothing was told yet. */
static void setup(void)
{
	struct lvs_link link = link_of(true, 1500);

	dir = new_director();
	ck_assert_int_eq(lvs_net_link_set(dir, &link), 0);
	lvs_rtnl_tell_init(&tell, dir, &(struct lvs_log){ .emit = note });
	lines[0] = 0;
	count = 0;
	level_due = LVS_LOG_INFO;
}

static void teardown(void)
{
	lvs_director_free(dir);
}

static const struct {
	const char *what;
	bool known, was_up;
	uint32_t was_mtu;
	bool up;
	uint32_t mtu;
	const char *lines;
} links[] = {
	{ "a new one", false, false, 0, true, 1500,
	  "eth0: found, up, mtu 1500\n" },
	{ "a new one that is down", false, false, 0, false, 9000,
	  "eth0: found, down, mtu 9000\n" },
	{ "the same again", true, true, 1500, true, 1500, "" },
	{ "down", true, true, 1500, false, 1500, "eth0: down\n" },
	{ "up", true, false, 1500, true, 1500, "eth0: up\n" },
	{ "another MTU", true, true, 1500, true, 1400, "eth0: mtu 1400\n" },
	{ "up with another MTU", true, false, 1500, true, 1400,
	  "eth0: up\neth0: mtu 1400\n" },
};

START_TEST(of_a_links_address)
{
	struct lvs_link was = link_of(true, 1500), now = was;

	setup();
	memcpy(now.lladdr, "\2\0\0\0\xab\7", LVS_LLADDR_LEN);
	lvs_rtnl_tell_link(&tell, NULL, &was);
	lines[0] = 0;
	lvs_rtnl_tell_link(&tell, &was, &now);
	ck_assert_str_eq(lines, "eth0: link address 02:00:00:00:ab:07\n");
	lvs_rtnl_tell_link(&tell, &now, &now);
	ck_assert_uint_eq(count, 2);
	teardown();
}
END_TEST

START_TEST(of_links)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		struct lvs_link was =
			link_of(links[i].was_up, links[i].was_mtu);
		struct lvs_link now = link_of(links[i].up, links[i].mtu);

		setup();
		lvs_rtnl_tell_link(&tell, links[i].known ? &was : NULL, &now);
		ck_assert_msg(strcmp(lines, links[i].lines) == 0, "%s: %s",
			      links[i].what, lines);
		teardown();
	}
}
END_TEST

static void tell_addr(uint32_t link, const char *text, const char *what)
{
	struct lvs_rtnl_addr addr = { .link = link };

	ck_assert_int_eq(lvs_addr_parse(text, &addr.addr), 0);
	lvs_rtnl_tell_addr(&tell, &addr, what);
}

START_TEST(of_addresses)
{
	setup();
	tell_addr(3, "10.0.0.1", "added");
	ck_assert_str_eq(lines, "");
	tell.opened = true;
	tell_addr(3, "10.0.0.1", "added");
	tell_addr(3, "fd00::1", "gone");
	tell_addr(4, "10.0.0.2", "added");
	ck_assert_str_eq(lines, "eth0: address 10.0.0.1 added\n"
				"eth0: address fd00::1 gone\n");
	teardown();
}
END_TEST

static struct lvs_neigh neigh(uint32_t link, const char *addr, uint8_t mac)
{
	struct lvs_neigh neigh = {
		.link = link,
		.state = LVS_NEIGH_REACHABLE,
		.lladdr = { mac ? 2 : 0, 0, 0, 0, 0xab, mac },
	};

	if (!mac)
		memset(neigh.lladdr, 0, sizeof(neigh.lladdr));
	ck_assert_int_eq(lvs_addr_parse(addr, &neigh.addr), 0);
	return neigh;
}

static const struct {
	const char *what;
	uint32_t link;
	const char *addr;
	uint8_t was, now; /* last byte of the link address; 0: none */
	const char *line;
} neighs[] = {
	{ "another link address", 3, "10.0.0.9", 1, 2,
	  "eth0: 10.0.0.9 is at 02:00:00:00:ab:02 now\n" },
	{ "IPv6: another link address", 3, "fd00::9", 1, 0x7f,
	  "eth0: fd00::9 is at 02:00:00:00:ab:7f now\n" },
	{ "the same link address", 3, "10.0.0.9", 1, 1, "" },
	{ "it is found", 3, "10.0.0.9", 0, 1, "" },
	{ "it answers no more", 3, "10.0.0.9", 1, 0, "" },
	{ "on a link that has gone", 4, "10.0.0.9", 1, 2, "" },
};

static void moves(uint32_t link, const char *addr, uint8_t from, uint8_t to,
		  lvs_tstamp when)
{
	struct lvs_neigh was = neigh(link, addr, from);
	struct lvs_neigh now = neigh(link, addr, to);

	lvs_rtnl_tell_neigh(&tell, &was, &now, when);
}

START_TEST(of_neighbours)
{
	for (size_t i = 0; i < sizeof(neighs) / sizeof(*neighs); i++) {
		setup();
		moves(neighs[i].link, neighs[i].addr, neighs[i].was,
		      neighs[i].now, LVS_SEC);
		ck_assert_msg(strcmp(lines, neighs[i].line) == 0, "%s: %s",
			      neighs[i].what, lines);
		teardown();
	}
}
END_TEST

/* Ten at once, ten a second; what is no line takes nobody's place. */
START_TEST(ten_lines_a_second)
{
	const lvs_tstamp begin = 1000 * LVS_SEC;

	setup();
	for (uint8_t i = 0; i < 100; i++) {
		moves(3, "10.0.0.9", 1, 1, begin);
		moves(4, "10.0.0.9", 1, 2, begin);
	}
	for (uint8_t i = 0; i < 100; i++)
		moves(3, "10.0.0.9", 1, 2, begin);
	ck_assert_uint_eq(count, 10);
	moves(3, "10.0.0.9", 2, 1, begin + LVS_SEC / 10 - 1);
	ck_assert_uint_eq(count, 10);
	for (lvs_tstamp t = LVS_SEC / 10; t <= 10 * LVS_SEC; t += LVS_MSEC)
		moves(3, "10.0.0.9", 2, 1, begin + t);
	ck_assert_uint_eq(count, 110);
	for (uint8_t i = 0; i < 100; i++)
		moves(3, "10.0.0.9", 1, 2, begin + 60 * LVS_SEC);
	ck_assert_uint_eq(count, 120);
	teardown();
}
END_TEST

START_TEST(one_refusal_a_second)
{
	setup();
	level_due = LVS_LOG_WARNING;
	for (lvs_tstamp t = 0; t < 10 * LVS_SEC; t += LVS_MSEC)
		lvs_rtnl_tell_refused(&tell, LVS_ERR_NOMEM, LVS_SEC + t);
	ck_assert_uint_eq(count, 10);
	ck_assert(strstr(lines, "will not resolve a neighbour: "));
	ck_assert(strstr(lines, lvs_strerror(LVS_ERR_NOMEM)));
	teardown();
}
END_TEST

LVS_TEST_MAIN("rtnl/tell", of_links, of_a_links_address, of_addresses,
	      of_neighbours, ten_lines_a_second, one_refusal_a_second)
