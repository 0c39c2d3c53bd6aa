/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench.h - clocks, and a line that says on what a figure was measured.
 *
 * Benches print; they are not tests, and nothing here judges.
 */
#ifndef LVS_TESTS_BENCH_H
#define LVS_TESTS_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

static inline uint64_t bench_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* The first line of PATH with KEY in it, after its colon or as it is. */
static inline void bench_line(const char *path, const char *key, char *buf,
			      int size)
{
	FILE *file = fopen(path, "r");
	const char *value;

	buf[0] = '\0';
	while (file && fgets(buf, size, file)) {
		if (strstr(buf, key))
			break;
		buf[0] = '\0';
	}
	if (file)
		fclose(file);
	buf[strcspn(buf, "\n")] = '\0';
	value = strchr(buf, ':');
	if (value)
		memmove(buf, value + 2, strlen(value + 2) + 1);
}

static inline void bench_machine(void)
{
	char cpu[128], mem[128], pages[128];
	struct utsname uts;

	uname(&uts);
	bench_line("/proc/cpuinfo", "model name", cpu, sizeof(cpu));
	bench_line("/proc/meminfo", "MemTotal", mem, sizeof(mem));
	bench_line("/sys/kernel/mm/transparent_hugepage/enabled", "[", pages,
		   sizeof(pages));
	printf("# %s; %ld MiB; %s %s; huge pages: %s; %s\n", cpu,
	       atol(mem + strspn(mem, " ")) / 1024, uts.sysname, uts.release,
	       pages, __VERSION__);
}

/*
 * Times of equal pieces of work, to tell what it costs (the median) from what
 * a busy machine adds (the spread).
 */
struct bench_times {
	uint64_t *ns;
	size_t count, room;
};

static inline void bench_add(struct bench_times *times, uint64_t ns)
{
	if (times->count == times->room) {
		times->room = times->room ? 2 * times->room : 1024;
		times->ns =
			realloc(times->ns, times->room * sizeof(*times->ns));
		if (!times->ns)
			abort();
	}
	times->ns[times->count++] = ns;
}

static inline int bench_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* PERCENT of the times are not above this. */
static inline double bench_percentile(struct bench_times *times,
				      unsigned percent)
{
	if (times->count == 0)
		return 0;
	qsort(times->ns, times->count, sizeof(*times->ns), bench_compare);
	return (double)times->ns[(times->count - 1) * percent / 100];
}

static inline void bench_forget(struct bench_times *times)
{
	free(times->ns);
	memset(times, 0, sizeof(*times));
}

/*
 * The longest of many short pieces of work, where a stolen processor makes
 * some of them milliseconds long.  The same work is done several times over;
 * the shortest time of each piece is its own, and of those this is about.
 */
struct bench_pieces {
	uint32_t *ns;
	size_t count;
	uint64_t begun;
};

static inline void bench_pieces_init(struct bench_pieces *pieces, size_t count)
{
	pieces->count = count;
	pieces->ns = malloc(count * sizeof(*pieces->ns));
	if (!pieces->ns)
		abort();
	memset(pieces->ns, 0xff, count * sizeof(*pieces->ns));
}

static inline void bench_begin(struct bench_pieces *pieces)
{
	pieces->begun = bench_ns();
}

static inline void bench_end(struct bench_pieces *pieces, size_t piece)
{
	uint64_t ns = bench_ns() - pieces->begun;

	if (piece < pieces->count && ns < pieces->ns[piece])
		pieces->ns[piece] = (uint32_t)ns;
}

/* The longest, in microseconds; *MEAN in nanoseconds.  Frees. */
static inline double bench_pieces_fini(struct bench_pieces *pieces,
				       double *mean)
{
	uint64_t sum = 0;
	uint32_t longest = 0;
	size_t done = 0;

	for (size_t i = 0; i < pieces->count; i++) {
		if (pieces->ns[i] == UINT32_MAX)
			continue;
		if (pieces->ns[i] > longest)
			longest = pieces->ns[i];
		sum += pieces->ns[i];
		done++;
	}
	*mean = done ? (double)sum / (double)done : 0;
	free(pieces->ns);
	return (double)longest / 1000;
}

/* How long this machine keeps a program waiting that does nothing. */
static inline void bench_noise(void)
{
	uint64_t now = bench_ns(), end = now + 500000000, longest = 0, last;

	do {
		last = now;
		now = bench_ns();
		if (now - last > longest)
			longest = now - last;
	} while (now < end);
	printf("# longest interruption in half a second of doing nothing: "
	       "%.1f us\n",
	       (double)longest / 1000);
}

#endif
