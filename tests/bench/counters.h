/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * counters.h - what the processor counts while something is timed.
 *
 * Of the program, not of the kernel.  In most virtual machines there are none;
 * then bench_counters_open says so, and every figure is printed as "-".
 */
#ifndef LVS_TESTS_BENCH_COUNTERS_H
#define LVS_TESTS_BENCH_COUNTERS_H

#include <errno.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BENCH_COUNTERS 3u

static const struct {
	const char *name;
	uint64_t config;
} bench_events[BENCH_COUNTERS] = {
	{ "instr", PERF_COUNT_HW_INSTRUCTIONS },
	{ "cycles", PERF_COUNT_HW_CPU_CYCLES },
	{ "misses", PERF_COUNT_HW_CACHE_MISSES },
};

struct bench_counters {
	int fds[BENCH_COUNTERS]; /* the first leads; negative: none */
};

static inline void bench_counters_open(struct bench_counters *counters)
{
	for (unsigned i = 0; i < BENCH_COUNTERS; i++) {
		struct perf_event_attr attr = {
			.type = PERF_TYPE_HARDWARE,
			.size = sizeof(attr),
			.config = bench_events[i].config,
			.disabled = i == 0,
			.exclude_kernel = 1,
		};
		int leader = i ? counters->fds[0] : -1;

		counters->fds[i] = (int)syscall(SYS_perf_event_open, &attr, 0,
						-1, leader, 0);
	}
	if (counters->fds[0] < 0)
		printf("# no hardware counters: perf_event_open: %s\n",
		       strerror(errno));
}

static inline void bench_counters_close(struct bench_counters *counters)
{
	for (unsigned i = 0; i < BENCH_COUNTERS; i++)
		if (counters->fds[i] >= 0)
			close(counters->fds[i]);
}

/* Count from here on, ... */
static inline void bench_counters_start(const struct bench_counters *counters)
{
	ioctl(counters->fds[0], PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP);
}

/* ... to here; what was counted adds up. */
static inline void bench_counters_stop(const struct bench_counters *counters)
{
	ioctl(counters->fds[0], PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP);
}

/* A column for each counter: what was counted, by UNITS, and begin anew. */
static inline void bench_counters_row(const struct bench_counters *counters,
				      double units)
{
	for (unsigned i = 0; i < BENCH_COUNTERS; i++) {
		uint64_t count = 0;

		if (counters->fds[i] >= 0 &&
		    read(counters->fds[i], &count, sizeof(count)) ==
			    sizeof(count))
			printf(" %7.1f", (double)count / units);
		else
			printf(" %7s", "-");
	}
	ioctl(counters->fds[0], PERF_EVENT_IOC_RESET, PERF_IOC_FLAG_GROUP);
}

#endif
