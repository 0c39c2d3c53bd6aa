/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fast.c - what the program of the fast path takes for a packet.
 *
 *	tests/bench/fast		as root
 *
 * The kernel runs it 200 times on the same packet (BPF_PROG_TEST_RUN), on one
 * processor: everything is in its caches.  By NAT two flows write the packet to
 * and fro; none is sent.  Least and middle of many runs, in nanoseconds.
 */
#include "bench.h"

#include "unit/bpf/flows.h"

#include "bpf/fastpath.h"

#include <bpf/bpf.h>
#include <err.h>
#include <stdlib.h>

#define REPEAT 200 /* less than there are hops */
#define RUNS   2000

static const struct {
	const char *what, *packet;
	const char *from, *to, *back; /* flows, both ways; NULL: none */
	uint8_t protocol, steps;
} rows[] = {
	{ "not IP", "C:1000 > V:80 tcp A", NULL, NULL, NULL, 0, 0 },
	{ "SYN", "C:1000 > V:80 tcp S", NULL, NULL, NULL, 0, 0 },
	{ "no flow", "C:1000 > V:80 tcp A", NULL, NULL, NULL, 0, 0 },
	{ "DR", "C:1000 > V:80 tcp A ttl 255", "C:1000", "V:80", NULL, 6, 0 },
	{ "NAT", "C:1000 > V:80 tcp A ttl 255", "C:1000", "V:80", "R1:8080", 6,
	  LVS_FAST_DST },
	{ "NAT, same port", "C:1000 > V:80 tcp A ttl 255", "C:1000", "V:80",
	  "R1:80", 6, LVS_FAST_DST },
	{ "NAT, UDP", "C:1000 > V:53 udp len 9 ttl 255", "C:1000", "V:53",
	  "R1:5353", 17, LVS_FAST_DST },
};

static void fill(const struct lvs_fast_table *table, size_t i, int af)
{
	struct rule rule = {
		.from = rows[i].from,
		.to = rows[i].to,
		.protocol = rows[i].protocol,
		.steps = rows[i].steps,
		.write = rows[i].back,
		.link = 1,
	};

	if (!rule.from)
		return;
	flow_put(table, &rule, af);
	if (!rule.write)
		return;
	rule.to = rows[i].back;
	rule.write = rows[i].to;
	flow_put(table, &rule, af);
}

static int by_size(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void measure(size_t i, int af)
{
	static uint32_t times[RUNS];
	static unsigned char buf[2048];
	const struct lvs_fast_table *table;
	struct lvs_fastpath *fast;
	struct lvs_pkt pkt;
	int error = lvs_fastpath_open(NULL, &fast);

	if (error)
		errx(1, "%s", lvs_strerror(error));
	table = lvs_fastpath_table(fast);
	table->state->generation = 1;
	table->state->seed = 4711;
	fill(table, i, af);
	make_pkt(&pkt, rows[i].packet, af, buf, sizeof(buf));
	memset(pkt.data, 0, 6); /* to lo */
	if (i == 0)
		memcpy(pkt.data + 12, "\x08\x06", 2);
	for (unsigned r = 0; r < RUNS; r++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = pkt.data,
			    .data_size_in = pkt.len, .repeat = REPEAT);

		if (bpf_prog_test_run_opts(lvs_fastpath_program(fast), &opts))
			err(1, "BPF_PROG_TEST_RUN");
		if (((int)opts.retval == 7) != (rows[i].from != NULL))
			errx(1, "%s: %d", rows[i].what, (int)opts.retval);
		times[r] = opts.duration;
	}
	qsort(times, RUNS, sizeof(*times), by_size);
	printf("%-16s %s %5u %5u\n", rows[i].what,
	       af == AF_INET ? "IPv4" : "IPv6", times[0], times[RUNS / 2]);
	lvs_fastpath_close(fast);
}

int main(void)
{
	bench_machine();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		measure(i, AF_INET);
		measure(i, AF_INET6);
	}
	return 0;
}
