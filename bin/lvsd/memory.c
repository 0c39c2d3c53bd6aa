/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.c - how much memory there is, and for how many connections.
 */
#include "memory.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The most that one takes, IPv6, with its share of the table. */
#define CONNECTION_BYTES 128
#define SHARE		 4

/* What an engine can number. */
#define CONNECTIONS_MAX (UINT32_C(1) << 30)
/* Where so little memory is said to be there, it is a mistake. */
#define CONNECTIONS_MIN 10000

/* The path of our control group; "" if it is not known. */
static void read_group(char *path, size_t size)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[512];

	path[0] = '\0';
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0::/", 4) == 0)
			snprintf(path, size, "%s", line + 3);
	}
	if (file)
		fclose(file);
}

/* Bytes that the control group may have; "max" is not a number. */
static uint64_t group_bytes(void)
{
	uint64_t bytes = UINT64_MAX;
	char group[512], path[600];
	FILE *file;

	read_group(group, sizeof(group));
	snprintf(path, sizeof(path), "/sys/fs/cgroup%s/memory.max", group);
	file = fopen(path, "re");
	if (!file)
		return UINT64_MAX;
	if (fscanf(file, "%" SCNu64, &bytes) != 1)
		bytes = UINT64_MAX;
	fclose(file);
	return bytes;
}

static uint64_t machine_bytes(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

	return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : 0;
}

uint64_t memory_bytes(void)
{
	uint64_t machine = machine_bytes(), group = group_bytes();

	return group < machine ? group : machine;
}

uint32_t memory_connections(void)
{
	uint64_t count = memory_bytes() / SHARE / CONNECTION_BYTES;

	if (count > CONNECTIONS_MAX)
		return CONNECTIONS_MAX;
	return count < CONNECTIONS_MIN ? CONNECTIONS_MIN : (uint32_t)count;
}
