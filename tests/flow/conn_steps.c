/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conn_steps.c - steps about time, engines and their connections.
 */
#include "net.h"
#include "steps.h"
#include <stdlib.h>
#include <string.h>

static void do_wait(struct run *r, char **w, size_t n)
{
	lvs_tstamp until = r->now + (lvs_tstamp)(atof(w[0]) * 1e9);

	(void)n;
	while (r->now < until) {
		r->now += 100 * LVS_MSEC;
		if (r->now > until)
			r->now = until;
		for (size_t i = 0; i < MAX_ENGINES; i++)
			if (r->engines[i])
				lvs_engine_tick(r->engines[i], r->now);
		lvs_director_tick(r->dir, r->now);
	}
}

static void do_later(struct run *r, char **w, size_t n)
{
	(void)n;
	r->now += (lvs_tstamp)(atof(w[0]) * 1e9);
}

static void do_engine(struct run *r, char **w, size_t n)
{
	struct lvs_engine_opts opts = LVS_OPTS(struct lvs_engine_opts);
	size_t i = (size_t)atoi(w[0]) % MAX_ENGINES;

	for (size_t k = 1; k + 1 < n; k += 2) {
		if (strcmp(w[k], "limit") == 0)
			opts.conn_limit = (uint32_t)atoi(w[k + 1]);
		else if (strcmp(w[k], "rate") == 0)
			opts.answer_rate = (uint32_t)atoi(w[k + 1]);
		else if (strcmp(w[k], "burst") == 0)
			opts.answer_burst = (uint32_t)atoi(w[k + 1]);
		else if (strcmp(w[k], "resets") == 0)
			opts.resets = (uint32_t)atoi(w[k + 1]);
		else if (strcmp(w[k], "clamp") == 0)
			opts.mss_clamp = (uint32_t)atoi(w[k + 1]);
		else
			FAIL(r, "what is %s", w[k]);
	}
	if (!r->engines[i])
		must(r, lvs_engine_new(r->dir, &opts, &r->engines[i]),
		     "engine");
	r->eng = r->engines[i];
}

static void do_evicted(struct run *r, char **w, size_t n)
{
	struct lvs_engine_stats stats = LVS_OPTS(struct lvs_engine_stats);

	lvs_engine_stats(r->eng, &stats);
	if (n != LVS_EVICT_COUNT)
		FAIL(r, "evicted HALF-OPEN CLOSING BARE");
	for (unsigned i = 0; i < LVS_EVICT_COUNT; i++)
		if (stats.evicted[i] != (uint64_t)atoi(w[i]))
			FAIL(r, "%s were %llu", lvs_eviction_name(i),
			     (unsigned long long)stats.evicted[i]);
}

static size_t list(struct run *r, struct lvs_conn_info *info, size_t max)
{
	uint64_t cursor = 0;
	size_t count = 0, n;

	while (count < max &&
	       (n = lvs_director_conns(r->dir, &cursor, info + count,
				       max - count, r->now)) > 0)
		count += n;
	return count;
}

static void show_conn(const struct lvs_conn_info *c, char *text, size_t size)
{
	char a[64], b[64], d[64];

	snprintf(text, size, "%s:%u %s:%u %s:%u %s %u",
		 net_name(&c->client, a, sizeof(a)), c->client_port,
		 c->virt.family ? net_name(&c->virt, b, sizeof(b)) : "-",
		 c->virt_port, net_name(&c->dest, d, sizeof(d)), c->dest_port,
		 c->state, c->expires);
}

static void do_conn(struct run *r, char **w, size_t n)
{
	struct lvs_conn_info info[32];
	size_t count = list(r, info, 32);
	char wanted[512], got[512], all[4096] = "";

	join(w, n, wanted, sizeof(wanted));
	for (size_t i = 0; i < count; i++) {
		show_conn(&info[i], got, sizeof(got));
		if (strcmp(got, wanted) == 0)
			return;
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "\n\t%s",
			 got);
	}
	FAIL(r, "no connection\n\t%s\nonly%s", wanted, all);
}

static void do_conns(struct run *r, char **w, size_t n)
{
	struct lvs_conn_info info[32];
	size_t count = list(r, info, 32);

	(void)n;
	if (count != (size_t)atoi(w[0]))
		FAIL(r, "there are %zu connections", count);
}

const struct step conn_steps[] = {
	{ "wait", 1, do_wait },	    { "later", 1, do_later },
	{ "engine", 1, do_engine }, { "conn", 5, do_conn },
	{ "conns", 1, do_conns },   { "evicted", 3, do_evicted },
	{ NULL, 0, NULL },
};
