/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * case.c - a line of a recording as a case.
 */
#include "case.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

static int endpoint(const json_t *addr, const json_t *port, struct endpoint *to)
{
	const char *name = json_string_value(addr);

	to->port = (uint16_t)json_integer_value(port);
	return name ? lvs_addr_parse(name, &to->addr) : -1;
}

/*
 * Real server N of the recordings' network, whether the case begins with it or
 * not: 172.16.0.11 to .15, fd00:16::11 to ::15.
 */
static void name_servers(struct golden *g, uint16_t port)
{
	char name[LVS_ADDR_STRLEN];

	for (int n = 1; n <= 5; n++) {
		snprintf(name, sizeof(name), "%s1%d",
			 g->family == AF_INET ? "172.16.0." : "fd00:16::", n);
		lvs_addr_parse(name, &g->rs[n].addr);
		g->rs[n].port = port;
	}
}

static int read_dests(struct golden *g)
{
	size_t i;
	json_t *dest;

	g->dests = json_object_get(g->json, "dests");
	json_array_foreach(g->dests, i, dest)
	{
		json_int_t n = json_integer_value(json_object_get(dest, "rs"));

		if (n < 1 || n >= RS_MAX ||
		    endpoint(json_object_get(dest, "addr"),
			     json_object_get(dest, "port"), &g->rs[n]))
			return -1;
	}
	return json_is_array(g->dests) ? 0 : -1;
}

static int read_conns(struct golden *g)
{
	json_t *conns = json_object_get(g->json, "conns");
	json_t *chosen = json_object_get(g->json, "chosen");
	size_t i;
	json_t *conn;

	g->num_conns = json_array_size(conns);
	g->conns = calloc(g->num_conns + 1, sizeof(*g->conns));
	if (!g->conns)
		return -1;
	json_array_foreach(conns, i, conn)
	{
		if (endpoint(json_array_get(conn, 0), json_array_get(conn, 1),
			     &g->conns[i].client) ||
		    endpoint(json_array_get(conn, 2), json_array_get(conn, 3),
			     &g->conns[i].virt))
			return -1;
		g->conns[i].chosen =
			(int)json_integer_value(json_array_get(chosen, i));
	}
	return json_array_size(chosen) == g->num_conns ? 0 : -1;
}

static const struct {
	const char *name;
	enum step_kind kind;
} step_kinds[] = {
	{ "conn", STEP_CONN },	 { "close", STEP_CLOSE }, { "rst", STEP_RST },
	{ "sleep", STEP_SLEEP }, { "cmd", STEP_CMD },
};

static int read_step(const json_t *json, struct step *step, size_t *conns)
{
	const char *name = json_string_value(json_array_get(json, 0));
	const json_t *arg = json_array_get(json, 1);

	for (size_t i = 0; i < sizeof(step_kinds) / sizeof(*step_kinds); i++) {
		if (!name || strcmp(name, step_kinds[i].name) != 0)
			continue;
		step->kind = step_kinds[i].kind;
		step->index = step->kind == STEP_CONN
				      ? (*conns)++
				      : (size_t)json_integer_value(arg);
		step->cmd = json_string_value(arg);
		return 0;
	}
	return -1;
}

static int read_steps(struct golden *g)
{
	json_t *steps = json_object_get(g->json, "steps");
	size_t i, conns = 0;
	json_t *step;

	g->num_steps = json_array_size(steps);
	g->steps = calloc(g->num_steps + 1, sizeof(*g->steps));
	if (!g->steps)
		return -1;
	json_array_foreach(steps, i, step)
	{
		struct step *s = &g->steps[i];

		if (read_step(step, s, &conns))
			return -1;
		if ((s->kind == STEP_CLOSE || s->kind == STEP_RST) &&
		    s->index >= conns)
			return -1;
	}
	return conns == g->num_conns ? 0 : -1;
}

static int read_service(struct golden *g)
{
	const json_t *mark = json_object_get(g->json, "fwmark");
	bool v4 = json_integer_value(json_object_get(g->json, "af")) == 4;

	g->id = text(g->json, "id");
	g->sched = text(g->json, "sched");
	g->family = v4 ? AF_INET : AF_INET6;
	g->protocol = strcmp(text(g->json, "proto"), "tcp") ? IPPROTO_UDP
							    : IPPROTO_TCP;
	g->closed = !strcmp(text(g->json, "mode"), "closed");
	g->fwmark = (uint32_t)json_integer_value(mark);
	g->setup = json_object_get(g->json, "ipvsadm");
	g->trace = json_object_get(g->json, "trace");
	g->final = json_object_get(g->json, "final");
	g->counts = json_object_get(g->json, "counts");
	g->random = g->counts != NULL;
	if (g->fwmark)
		return 0;
	return endpoint(json_object_get(g->json, "vip"),
			json_object_get(g->json, "vport"), &g->vip);
}

int golden_parse(const char *line, struct golden *g, char *why, size_t size)
{
	json_error_t error;

	memset(g, 0, sizeof(*g));
	g->json = json_loads(line, 0, &error);
	if (!g->json) {
		snprintf(why, size, "not JSON: %s", error.text);
		return -1;
	}
	if (read_service(g)) {
		snprintf(why, size, "neither vip and vport nor fwmark");
		return -1;
	}
	name_servers(g, g->vip.port);
	if (read_dests(g) || read_conns(g) || read_steps(g)) {
		snprintf(why, size, "dests, conns, chosen and steps disagree");
		return -1;
	}
	return 0;
}

void golden_free(struct golden *g)
{
	json_decref(g->json);
	free(g->steps);
	free(g->conns);
	memset(g, 0, sizeof(*g));
}

int golden_rs(const struct golden *g, const struct lvs_addr *addr)
{
	for (int n = 1; n < RS_MAX; n++)
		if (lvs_addr_equal(&g->rs[n].addr, addr))
			return n;
	return 0;
}
