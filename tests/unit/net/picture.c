/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * picture.c - a picture of the network told as text, for tables of tests.
 */
#include "picture.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

/* What the words of one line say. */
struct line {
	struct lvs_link link;
	struct lvs_route route;
	struct lvs_neigh neigh;
	unsigned kinds;
};

struct lvs_addr picture_addr(const char *text)
{
	struct lvs_addr addr = { 0 };

	ck_assert_msg(lvs_addr_parse(text, &addr) == 0, "address %s", text);
	return addr;
}

struct lvs_net *picture_new(void)
{
	struct lvs_net *net;

	ck_assert_int_eq(lvs_net_new(&lvs_mem_default, &net), 0);
	return net;
}

static void parse_mac(const char *text, uint8_t mac[6])
{
	unsigned b[6];

	ck_assert_int_eq(sscanf(text, "%x:%x:%x:%x:%x:%x", &b[0], &b[1], &b[2],
				&b[3], &b[4], &b[5]),
			 6);
	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)b[i];
}

/* "ADDRESS/LENGTH", or an address alone. */
static void parse_prefix(const char *text, struct line *line)
{
	char buf[64];
	char *slash;

	snprintf(buf, sizeof(buf), "%s", text);
	slash = strchr(buf, '/');
	if (slash)
		*slash = 0;
	line->route.dst = picture_addr(buf);
	line->neigh.addr = line->route.dst;
	line->route.plen =
		slash ? (uint8_t)atoi(slash + 1)
		      : (uint8_t)lvs_family_bits(line->route.dst.family);
}

static unsigned kinds_of(const char *word)
{
	static const struct {
		const char *word;
		unsigned kinds;
	} words[] = {
		{ "links", LVS_NET_LINKS },
		{ "addrs", LVS_NET_ADDRS },
		{ "routes", LVS_NET_ROUTES },
		{ "neighs", LVS_NET_NEIGHS },
		{ "all", 15 },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(word, words[i].word) == 0)
			return words[i].kinds;
	ck_abort_msg("no kind %s", word);
	return 0;
}

/* A word that stands alone; false: it does not. */
static bool flag(struct line *line, const char *word)
{
	if (strcmp(word, "down") == 0)
		line->link.up = false;
	else if (strcmp(word, "bare") == 0)
		line->link.ethernet = false;
	else if (strcmp(word, "lo") == 0)
		line->link.loopback = !(line->link.ethernet = false);
	else if (strcmp(word, "local") == 0)
		line->route.type = LVS_ROUTE_LOCAL;
	else if (strcmp(word, "unreachable") == 0)
		line->route.type = LVS_ROUTE_UNREACHABLE;
	else if (strcmp(word, "incomplete") == 0)
		line->neigh.state = LVS_NEIGH_INCOMPLETE;
	else if (strcmp(word, "failed") == 0)
		line->neigh.state = LVS_NEIGH_FAILED;
	else if (strcmp(word, "stale") == 0)
		line->neigh.state = LVS_NEIGH_STALE;
	else
		return false;
	return true;
}

static void option(struct line *line, const char *word, const char *value)
{
	ck_assert_msg(value, "%s needs a value", word);
	if (strcmp(word, "dev") == 0) {
		line->route.link = (uint32_t)atoi(value);
		line->neigh.link = line->route.link;
	} else if (strcmp(word, "mtu") == 0) {
		line->route.mtu = (uint32_t)atoi(value);
		line->link.mtu = line->route.mtu;
	} else if (strcmp(word, "metric") == 0) {
		line->route.metric = (uint32_t)atoi(value);
	} else if (strcmp(word, "via") == 0) {
		line->route.gateway = picture_addr(value);
	} else if (strcmp(word, "src") == 0) {
		line->route.prefsrc = picture_addr(value);
	} else if (strcmp(word, "mac") == 0) {
		parse_mac(value, line->link.lladdr);
		parse_mac(value, line->neigh.lladdr);
	} else {
		ck_abort_msg("no word %s", word);
	}
}

static int carry_out(struct lvs_net *net, const char *verb,
		     const struct line *l)
{
	if (strcmp(verb, "link") == 0)
		return lvs_net_do_link_set(net, &l->link);
	if (strcmp(verb, "unlink") == 0)
		return lvs_net_do_link_del(net, l->link.index);
	if (strcmp(verb, "addr") == 0)
		return lvs_net_do_addr_set(net, l->route.link, &l->route.dst,
					   l->route.plen);
	if (strcmp(verb, "unaddr") == 0)
		return lvs_net_do_addr_del(net, l->route.link, &l->route.dst);
	if (strcmp(verb, "route") == 0)
		return lvs_net_do_route_set(net, &l->route);
	if (strcmp(verb, "unroute") == 0)
		return lvs_net_do_route_del(net, &l->route);
	if (strcmp(verb, "replace") == 0)
		return lvs_net_do_route_replace(net, &l->route);
	if (strcmp(verb, "neigh") == 0)
		return lvs_net_do_neigh_set(net, &l->neigh);
	if (strcmp(verb, "unneigh") == 0)
		return lvs_net_do_neigh_del(net, l->neigh.link, &l->neigh.addr);
	if (strcmp(verb, "mark") == 0)
		lvs_net_do_mark(net, l->kinds);
	else if (strcmp(verb, "sweep") == 0)
		lvs_net_do_sweep(net, l->kinds);
	else
		ck_abort_msg("no verb %s", verb);
	return 0;
}

/* What VERB is done to. */
static void object(struct line *line, const char *verb, const char *word)
{
	ck_assert_msg(word, "%s what?", verb);
	if (strstr(verb, "link")) {
		line->link.index = (uint32_t)atoi(word);
		line->link.lladdr[0] = 2;
		line->link.lladdr[5] = (uint8_t)line->link.index;
	} else if (strcmp(verb, "mark") == 0 || strcmp(verb, "sweep") == 0) {
		line->kinds = kinds_of(word);
	} else {
		parse_prefix(word, line);
	}
}

static void apply_line(struct lvs_net *net, const char *what, char *text)
{
	struct line line = {
		.link = { .up = true, .ethernet = true, .mtu = 1500 },
		.neigh = { .state = LVS_NEIGH_REACHABLE },
	};
	char whole[128], *save, *verb, *word;
	int expected = 0, got;

	snprintf(whole, sizeof(whole), "%s", text);
	verb = strtok_r(text, " \t", &save);
	if (!verb)
		return;
	if (*verb == '-') {
		expected = atoi(verb);
		verb = strtok_r(NULL, " \t", &save);
	}
	object(&line, verb, strtok_r(NULL, " \t", &save));
	while ((word = strtok_r(NULL, " \t", &save)))
		if (!flag(&line, word))
			option(&line, word, strtok_r(NULL, " \t", &save));
	got = carry_out(net, verb, &line);
	if (strcmp(verb, "replace") == 0 && got > 0)
		got = 0;
	ck_assert_msg(got == expected, "%s: '%s' gives %d, not %d", what, whole,
		      got, expected);
}

void picture_apply(struct lvs_net *net, const char *what, const char *text)
{
	char *copy = strdup(text), *save, *line;

	ck_assert_ptr_nonnull(copy);
	for (line = strtok_r(copy, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		apply_line(net, what, line);
	free(copy);
}

static const char *mac_text(const uint8_t *mac, char buf[18])
{
	snprintf(buf, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
		 mac[2], mac[3], mac[4], mac[5]);
	return buf;
}

static void l2_text(const struct lvs_hop *hop, char *buf, size_t size)
{
	char dst[18], src[18];

	if (hop->l2_len == 0)
		snprintf(buf, size, " bare");
	else if (hop->resolved)
		snprintf(buf, size, " %s>%s/%02x%02x", mac_text(hop->l2, dst),
			 mac_text(hop->l2 + 6, src), hop->l2[12], hop->l2[13]);
	else
		buf[0] = 0;
}

const char *picture_hop_text(const struct lvs_hop *hop)
{
	static char text[256];
	char addr[LVS_ADDR_STRLEN], src[LVS_ADDR_STRLEN] = "none", l2[64];

	if (hop->local) {
		snprintf(text, sizeof(text), "local dev %u", hop->link);
		return text;
	}
	lvs_addr_format(&hop->addr, addr, sizeof(addr));
	if (hop->src.family)
		lvs_addr_format(&hop->src, src, sizeof(src));
	l2_text(hop, l2, sizeof(l2));
	snprintf(text, sizeof(text), "%s dev %u mtu %u src %s %s %s%s", addr,
		 hop->link, hop->mtu, src, hop->up ? "up" : "down",
		 hop->stale	 ? "stale"
		 : hop->resolved ? "ready"
		 : hop->failed	 ? "failed"
				 : "waiting",
		 l2);
	return text;
}

const char *picture_hop(struct lvs_net *net, const char *dest)
{
	struct lvs_addr to = picture_addr(dest);
	uint16_t number = lvs_net_hop(net, &to);

	if (number == LVS_HOP_NONE)
		return "none";
	return picture_hop_text(lvs_net_hop_at(net, number));
}
