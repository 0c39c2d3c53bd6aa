/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * count.h - what programs have counted.
 */
#ifndef LVS_BPF_COUNT_H
#define LVS_BPF_COUNT_H

#include <stdint.h>

/*
 * Element KIND of MAP, a descriptor of an array for each processor of 64-bit
 * counts, summed over them; 0 if it cannot be read.
 */
uint64_t lvs_bpf_count(int map, uint32_t kind);

#endif
