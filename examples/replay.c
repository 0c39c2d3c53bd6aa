/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * replay.c - what a director would do with a capture, as a capture.
 *
 *	replay IN.pcap OUT.pcap VIP:PORT SERVER:PORT...
 *
 * Takes the packets of IN through an engine with the TCP service VIP:PORT,
 * NAT and round robin over the servers, and writes what is sent to OUT.  Time
 * is the capture's and the hash key fixed, so every run gives the same, down to
 * the byte.  IN is a classic capture of Ethernet or IP, as `tcpdump -w` makes
 * them; OUT is one of IP: with no link there are no link headers.
 */
#include <err.h>
#include <inttypes.h>
#include <lvs/lvs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static void check(int error, const char *what)
{
	if (error < 0)
		errx(1, "%s: %s", what, lvs_strerror(error));
}

static void configure(struct lvs_director *dir, const char *vip,
		      char *const servers[])
{
	struct lvs_service_conf svc = LVS_OPTS(struct lvs_service_conf);

	svc.id.protocol = IPPROTO_TCP;
	strcpy(svc.scheduler, "rr");
	check(lvs_endpoint_parse(vip, &svc.id.addr, &svc.id.port), vip);
	check(lvs_service_add(dir, &svc), vip);
	for (; *servers; servers++) {
		struct lvs_dest_conf dest = LVS_OPTS(struct lvs_dest_conf);

		dest.method = LVS_METHOD_NAT;
		dest.weight = 1;
		check(lvs_endpoint_parse(*servers, &dest.id.addr,
					 &dest.id.port),
		      *servers);
		check(lvs_dest_add(dir, &svc.id, &dest), *servers);
	}
}

static void report(struct lvs_engine *eng)
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

int main(int argc, char *argv[])
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_port_opts files = LVS_OPTS(struct lvs_port_opts);
	struct lvs_director *dir;
	struct lvs_engine *eng;
	struct lvs_port *port;
	int error;

	if (argc < 5) {
		fprintf(stderr, "usage: replay IN.pcap OUT.pcap VIP:PORT "
				"SERVER:PORT...\n");
		return 2;
	}
	opts.hash_key[0] = 1; /* nobody attacks a replay */
	check(lvs_director_new(&opts, &dir), "director");
	check(lvs_engine_new(dir, NULL, &eng), "engine");
	files.ifname = argv[1];
	files.output = argv[2];
	check(lvs_port_open("pcap", &files, &port), argv[1]);
	configure(dir, argv[3], argv + 4);

	error = lvs_replay(dir, eng, port);
	report(eng);
	lvs_port_close(port);
	lvs_engine_free(eng);
	lvs_director_free(dir);
	check(error, argv[1]);
	return 0;
}
