/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * count.c - what programs have counted.
 */
#include "bpf/count.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>

uint64_t lvs_bpf_count(int map, uint32_t kind)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t *counts, sum = 0;

	if (cpus < 1)
		return 0;
	counts = calloc((size_t)cpus, sizeof(*counts));
	if (!counts)
		return 0;
	if (bpf_map_lookup_elem(map, &kind, counts) == 0)
		for (int i = 0; i < cpus; i++)
			sum += counts[i];
	free(counts);
	return sum;
}
