/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.h - how much memory there is, and for how many connections.
 */
#ifndef LVSD_MEMORY_H
#define LVSD_MEMORY_H

#include <stdint.h>

/*
 * Bytes that lvsd may use: the machine's, or its control group's (version 2)
 * if that is less.
 */
uint64_t memory_bytes(void);

/* Connections that fill a quarter of that. */
uint32_t memory_connections(void);

#endif
