/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c - lvsd, the daemon of liblvs: see lvsd(8).
 */
#include "conf.h"
#include "daemon.h"
#include "log.h"
#include "options.h"
#include "replay.h"
#include <stdio.h>

/* What a check finds is its result: no mark of a program before it. */
static void print_line(void *ctx, enum lvs_level level, const char *text)
{
	(void)ctx;
	(void)level;
	fprintf(stderr, "%s\n", text);
}

static int check(const char *path)
{
	const struct lvs_log log = { .emit = print_line };
	struct conf *cfg = conf_load(path, &log);
	size_t dests = 0;

	if (!cfg)
		return LVSD_EXIT_USAGE;
	for (size_t i = 0; i < cfg->num_services; i++)
		dests += cfg->services[i].num_dests;
	printf("%s is good: interfaces %zu, virtual services %zu, real "
	       "servers %zu\n",
	       path, cfg->num_interfaces, cfg->num_services, dests);
	conf_free(cfg);
	return LVSD_EXIT_OK;
}

int main(int argc, char *argv[])
{
	struct options opt;
	int status = options_parse(argc, argv, &opt);

	if (status >= 0)
		return status;
	log_open(opt.debug ? LVS_LOG_DEBUG : LVS_LOG_INFO, opt.syslog);
	if (opt.check)
		return check(opt.config);
	return opt.replay ? replay(&opt) : daemon_run(&opt);
}
