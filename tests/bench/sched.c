/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sched.c - what it costs to change the set of real servers.
 *
 *	tests/bench/sched [TIMES]      edits that are timed, 200 if not given
 *
 * Weights of 1,000 real servers of mixed weight are edited, one after the
 * other, and the whole call is timed: Maglev tables are made anew in it,
 * before engines are stopped.
 */
#include "bench.h"

#include <arpa/inet.h>
#include <lvs/lvs.h>
#include <netinet/in.h>

#define SERVERS 1000u

static const struct {
	const char *name;
	uint32_t size; /* of the table; 0: the scheduler's own */
} rows[] = {
	{ "rr", 0 },	{ "wrr", 0 },	      { "mh", 0 },   { "mh", 65521 },
	{ "mh64k", 0 }, { "mh64k", 1000003 }, { "chbl", 0 }, { "p2c", 0 },
};

static void must(int ret, const char *what)
{
	if (ret >= 0)
		return;
	fprintf(stderr, "%s: %s\n", what, lvs_strerror(ret));
	exit(1);
}

static struct lvs_dest_conf server(uint32_t n, int32_t weight)
{
	struct lvs_dest_conf dest = LVS_OPTS(struct lvs_dest_conf);

	dest.id.addr = lvs_addr_v4(htonl(0x0b000100 + n));
	dest.id.port = 80;
	dest.weight = weight;
	return dest;
}

static void run(size_t row, uint32_t times)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_service_conf svc = LVS_OPTS(struct lvs_service_conf);
	struct bench_times took = { 0 };
	struct lvs_director *dir;
	double best;

	must(lvs_director_new(&opts, &dir), "director");
	svc.id.protocol = IPPROTO_TCP;
	svc.id.addr = lvs_addr_v4(htonl(0x0a090001));
	svc.id.port = 80;
	strcpy(svc.scheduler, "rr");
	must(lvs_service_add(dir, &svc), "service");
	for (uint32_t n = 0; n < SERVERS; n++) {
		struct lvs_dest_conf dest = server(n, 10 + (int32_t)n % 50);

		must(lvs_dest_add(dir, &svc.id, &dest), "server");
	}
	strcpy(svc.scheduler, rows[row].name);
	svc.table_size = rows[row].size;
	must(lvs_service_edit(dir, &svc), "scheduler");
	for (uint32_t i = 0; i < times; i++) {
		struct lvs_dest_conf dest =
			server(i * 7 % SERVERS, 10 + (int32_t)i % 50);
		uint64_t begun = bench_ns();

		must(lvs_dest_edit(dir, &svc.id, &dest), "edit");
		bench_add(&took, bench_ns() - begun);
	}
	best = bench_percentile(&took, 10);
	printf("%-6s %8u %12.1f %12.1f\n", rows[row].name, rows[row].size,
	       best / 1000, bench_percentile(&took, 50) / 1000);
	bench_forget(&took);
	lvs_director_free(dir);
}

int main(int argc, char *argv[])
{
	uint32_t times = argc > 1 ? (uint32_t)atoi(argv[1]) : 200;

	bench_machine();
	printf("# an edit of one of %u real servers, microseconds\n", SERVERS);
	printf("%-6s %8s %12s %12s\n", "sched", "slots", "10th percent",
	       "median");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		run(i, times);
	return 0;
}
