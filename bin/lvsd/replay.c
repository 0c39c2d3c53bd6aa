/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * replay.c - a capture through the configuration file's director.
 *
 * Time is the capture's and the hash key fixed, so every run gives the same,
 * down to the byte.  There is no network to know about: packets in and out are
 * without link header, and what is sent needs no next hop.
 */
#include "replay.h"
#include "apply.h"
#include "conf.h"
#include "log.h"
#include "name.h"
#include <inttypes.h>
#include <lvs/lvs.h>
#include <stdio.h>
#include <stdlib.h>

struct replay {
	struct conf *cfg;
	struct lvs_director *dir;
	struct lvs_engine *eng;
	struct lvs_port *port;
};

static int failed(const char *what, int err)
{
	log_err("%s: %s", what, lvs_strerror(err));
	return LVSD_EXIT_FAILED;
}

static void print_totals(struct lvs_engine *eng)
{
	struct lvs_engine_stats stats = LVS_OPTS(struct lvs_engine_stats);

	lvs_engine_stats(eng, &stats);
	printf("%" PRIu64 " packets: %" PRIu64 " sent, %" PRIu64
	       " not the director's\n",
	       stats.packets, stats.sent, stats.passed);
	for (unsigned i = 0; i < LVS_REASON_COUNT; i++)
		if (stats.dropped[i])
			printf("%" PRIu64 " dropped: %s\n", stats.dropped[i],
			       lvs_reason_text(i));
}

static void print_dest(const struct lvs_service_id *svc,
		       const struct lvs_dest_info *dest)
{
	char name[NAME_STRLEN];

	printf("%s: connections %" PRIu64 ", packets in %" PRIu64
	       " out %" PRIu64 ", bytes in %" PRIu64 " out %" PRIu64 "\n",
	       name_of(svc, &dest->conf.id, name, sizeof(name)),
	       dest->stats.conns, dest->stats.inpkts, dest->stats.outpkts,
	       dest->stats.inbytes, dest->stats.outbytes);
}

/* In the order of the file; the director has the newest first. */
static int print_dests(const struct replay *r)
{
	for (size_t i = 0; i < r->cfg->num_services; i++) {
		const struct lvs_service_id *svc = &r->cfg->services[i].conf.id;
		size_t count = r->cfg->services[i].num_dests;
		struct lvs_dest_info *dests = calloc(count + 1, sizeof(*dests));

		if (!dests)
			return failed("real servers", LVS_ERR_NOMEM);
		count = lvs_dest_list(r->dir, svc, 0, dests, count);
		while (count > 0)
			print_dest(svc, &dests[--count]);
		free(dests);
	}
	return LVSD_EXIT_OK;
}

static int run(struct replay *r, const struct options *opt)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_port_opts files = LVS_OPTS(struct lvs_port_opts);
	struct apply_result result;
	int err;

	opts.hash_key[0] = 1; /* nobody attacks a replay */
	opts.log = log_sink();
	err = lvs_director_new(&opts, &r->dir);
	if (!err)
		err = lvs_engine_new(r->dir, NULL, &r->eng);
	if (err)
		return failed("director", err);
	apply_conf(r->dir, NULL, r->cfg, &result);
	files.ifname = opt->replay;
	files.output = opt->output;
	files.vlan = opt->vlan;
	err = lvs_port_open("pcap", &files, &r->port);
	if (!err)
		err = lvs_replay(r->dir, r->eng, r->port);
	if (!r->port)
		return failed(opt->replay, err);
	print_totals(r->eng);
	if (print_dests(r))
		return LVSD_EXIT_FAILED;
	return err ? failed(opt->replay, err) : LVSD_EXIT_OK;
}

int replay(const struct options *opt)
{
	struct lvs_log log = log_sink();
	struct replay r = { .cfg = conf_load(opt->config, &log) };
	int status;

	if (!r.cfg)
		return LVSD_EXIT_USAGE;
	status = run(&r, opt);
	lvs_port_close(r.port);
	lvs_engine_free(r.eng);
	lvs_director_free(r.dir);
	conf_free(r.cfg);
	return status;
}
