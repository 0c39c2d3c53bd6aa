/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conf_steps.c - steps that configure: services, real servers, the network.
 */
#include "net.h"
#include "steps.h"
#include <lvs/mark.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static uint8_t read_protocol(const char *word)
{
	return strcmp(word, "tcp") == 0	   ? IPPROTO_TCP
	       : strcmp(word, "sctp") == 0 ? IPPROTO_SCTP
					   : IPPROTO_UDP;
}

static uint8_t read_method(struct run *r, const char *word)
{
	if (strcmp(word, "nat") == 0)
		return LVS_METHOD_NAT;
	if (strcmp(word, "dr") == 0)
		return LVS_METHOD_DR;
	if (strcmp(word, "local") == 0)
		return LVS_METHOD_LOCAL;
	if (strcmp(word, "tun") != 0)
		FAIL(r, "no such method: %s", word);
	return LVS_METHOD_TUN;
}

static void do_service(struct run *r, char **w, size_t n)
{
	struct lvs_service_conf conf = LVS_OPTS(struct lvs_service_conf);
	size_t i = 3;

	if (n < 3)
		FAIL(r, "service PROTOCOL V:80 SCHEDULER");
	if (strcmp(w[0], "mark") == 0) {
		conf.id.fwmark = (uint32_t)atoi(w[1]);
		conf.id.addr.family = (uint16_t)r->af;
	} else {
		conf.id.protocol = read_protocol(w[0]);
		conf.id.port = read_endpoint(r, w[1], &conf.id.addr);
	}
	snprintf(conf.scheduler, sizeof(conf.scheduler), "%s", w[2]);
	for (; i < n; i++) {
		if (strcmp(w[i], "-o") == 0) {
			conf.flags |= LVS_SVC_ONEPACKET;
		} else if (strcmp(w[i], "-p") == 0 && i + 1 < n) {
			conf.flags |= LVS_SVC_PERSISTENT;
			conf.timeout = (uint32_t)atoi(w[++i]);
		} else if (strcmp(w[i], "-M") == 0 && i + 1 < n) {
			conf.plen = (uint32_t)atoi(w[++i]);
		} else if (strcmp(w[i], "-S") == 0 && i + 1 < n) {
			conf.slow_start = (uint32_t)atoi(w[++i]);
		} else {
			FAIL(r, "what is %s", w[i]);
		}
	}
	r->svc = conf.id;
	must(r, lvs_service_add(r->dir, &conf), "lvs_service_add");
}

static void do_unservice(struct run *r, char **w, size_t n)
{
	(void)w, (void)n;
	must(r, lvs_service_del(r->dir, &r->svc), "lvs_service_del");
}

static void do_dest(struct run *r, char **w, size_t n)
{
	struct lvs_dest_conf conf = LVS_OPTS(struct lvs_dest_conf);

	if (n < 2)
		FAIL(r, "dest R1:80 METHOD [WEIGHT]");
	conf.id.port = read_endpoint(r, w[0], &conf.id.addr);
	conf.method = read_method(r, w[1]);
	conf.weight = n > 2 ? atoi(w[2]) : 1;
	must(r, lvs_dest_add(r->dir, &r->svc, &conf), "lvs_dest_add");
}

static struct lvs_dest_info dest_info(struct run *r, const char *word)
{
	struct lvs_dest_info info = { 0 };
	struct lvs_dest_id id = { 0 };

	id.port = read_endpoint(r, word, &id.addr);
	must(r, lvs_dest_get(r->dir, &r->svc, &id, &info), word);
	return info;
}

/* weight R1:8000 W [METHOD] */
static void do_weight(struct run *r, char **w, size_t n)
{
	struct lvs_dest_info info = dest_info(r, w[0]);

	if (n < 2)
		FAIL(r, "weight R1:80 W [METHOD]");
	info.conf.sz = sizeof(info.conf);
	info.conf.weight = atoi(w[1]);
	if (n > 2)
		info.conf.method = read_method(r, w[2]);
	must(r, lvs_dest_edit(r->dir, &r->svc, &info.conf), "lvs_dest_edit");
}

static void do_remove(struct run *r, char **w, size_t n)
{
	struct lvs_dest_id id = { 0 };

	(void)n;
	id.port = read_endpoint(r, w[0], &id.addr);
	must(r, lvs_dest_del(r->dir, &r->svc, &id), "lvs_dest_del");
}

static void do_mark(struct run *r, char **w, size_t n)
{
	(void)n;
	r->mark = (uint32_t)atoi(w[0]);
}

/* V, V:80, V/24:80-90: the ports, and the network, into RULE. */
static void read_match(struct run *r, const char *word,
		       struct lvs_mark_rule *rule)
{
	char addr[64];
	size_t len = strcspn(word, "/:");
	const char *rest = word + len, *dash = strchr(rest, '-');

	snprintf(addr, sizeof(addr), "%.*s", (int)len, word);
	read_endpoint(r, addr, &rule->addr);
	rule->plen = (uint8_t)lvs_family_bits((uint16_t)r->af);
	if (*rest == '/') {
		rule->plen = (uint8_t)atoi(rest + 1);
		rule->addr = lvs_addr_mask(&rule->addr, rule->plen);
	}
	rest = strchr(rest, ':');
	if (!rest)
		return;
	rule->port_min = (uint16_t)atoi(rest + 1);
	rule->port_max = dash ? (uint16_t)atoi(dash + 1) : rule->port_min;
}

static void do_rule(struct run *r, char **w, size_t n)
{
	struct lvs_mark_rule rules[LVS_MARK_RULES_MAX];
	size_t count = lvs_marks_list(r->dir, 0, rules, LVS_MARK_RULES_MAX - 1);

	(void)n;
	rules[count] = (struct lvs_mark_rule){
		.mark = (uint32_t)atoi(w[0]),
		.protocol = read_protocol(w[1]),
	};
	read_match(r, w[2], &rules[count]);
	must(r, lvs_marks_set(r->dir, rules, count + 1), "lvs_marks_set");
}

static void do_norules(struct run *r, char **w, size_t n)
{
	(void)w, (void)n;
	must(r, lvs_marks_set(r->dir, NULL, 0), "lvs_marks_set");
}

static void do_timeouts(struct run *r, char **w, size_t n)
{
	struct lvs_timeouts t = { 0 };

	if (n < 3)
		FAIL(r, "timeouts TCP FIN UDP");
	t.tcp = (uint32_t)atoi(w[0]);
	t.tcp_fin = (uint32_t)atoi(w[1]);
	t.udp = (uint32_t)atoi(w[2]);
	must(r, lvs_director_set_timeouts(r->dir, &t), "set_timeouts");
}

static void do_dest_info(struct run *r, char **w, size_t n)
{
	struct lvs_dest_info info = dest_info(r, w[0]);
	char got[256], wanted[256];

	snprintf(got, sizeof(got), "%s %u %u %u %llu %llu %llu", w[0],
		 info.active, info.inact, info.persist,
		 (unsigned long long)info.stats.conns,
		 (unsigned long long)info.stats.inpkts,
		 (unsigned long long)info.stats.outpkts);
	join(w, n, wanted, sizeof(wanted));
	if (strcmp(got, wanted) != 0)
		FAIL(r, "counts are %s, not %s", got, wanted);
}

static void do_neigh(struct run *r, char **w, size_t n)
{
	uint8_t state = strcmp(w[1], "up") == 0	     ? LVS_NEIGH_REACHABLE
			: strcmp(w[1], "stale") == 0 ? LVS_NEIGH_STALE
						     : LVS_NEIGH_FAILED;

	(void)n;
	net_neigh(r->dir, r->af, w[0], state);
}

static void do_route(struct run *r, char **w, size_t n)
{
	(void)n;
	net_route(r->dir, r->af, w[0], net_link(w[1]), w[2]);
}

static void do_link(struct run *r, char **w, size_t n)
{
	struct lvs_link link;

	if (n < 2)
		FAIL(r, "link s up|down|MTU");
	must(r, lvs_net_link_get(r->dir, net_link(w[0]), &link), w[0]);
	if (strcmp(w[1], "up") == 0 || strcmp(w[1], "down") == 0)
		link.up = strcmp(w[1], "up") == 0;
	else
		link.mtu = (uint32_t)atoi(w[1]);
	must(r, lvs_net_link_set(r->dir, &link), w[0]);
}

static void do_forgetnet(struct run *r, char **w, size_t n)
{
	(void)w, (void)n;
	lvs_net_clear(r->dir);
}

/* An address becomes the host's own, on link c unless another is named. */
static void do_own(struct run *r, char **w, size_t n)
{
	uint32_t link = n > 1 ? net_link(w[1]) : LINK_C;
	struct lvs_addr addr;

	read_endpoint(r, w[0], &addr);
	must(r,
	     lvs_net_addr_set(r->dir, link, &addr,
			      lvs_family_bits(addr.family)),
	     w[0]);
}

static void do_wanted(struct run *r, char **w, size_t n)
{
	struct lvs_addr addr;
	char name[LVS_ADDR_STRLEN];
	uint32_t link;
	const char *got = "none";

	(void)n;
	if (lvs_net_wanted(r->dir, &link, &addr))
		got = net_name(&addr, name, sizeof(name));
	if (strcmp(got, w[0]) != 0)
		FAIL(r, "wanted is %s, not %s", got, w[0]);
}

const struct step conf_steps[] = {
	{ "service", 3, do_service },
	{ "unservice", 0, do_unservice },
	{ "dest", 2, do_dest },
	{ "weight", 2, do_weight },
	{ "remove", 1, do_remove },
	{ "dest?", 7, do_dest_info },
	{ "mark", 1, do_mark },
	{ "rule", 3, do_rule },
	{ "norules", 0, do_norules },
	{ "timeouts", 3, do_timeouts },
	{ "neigh", 2, do_neigh },
	{ "route", 3, do_route },
	{ "link", 2, do_link },
	{ "forgetnet", 0, do_forgetnet },
	{ "own", 1, do_own },
	{ "wanted", 1, do_wanted },
	{ NULL, 0, NULL },
};
