/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.h - how many connections this machine has memory for.
 */
#ifndef LVSD_MEMORY_H
#define LVSD_MEMORY_H

#include <stdint.h>

/*
 * Connections that fill a quarter of the memory that lvsd may use: of the
 * machine's, or of its control group's (version 2) if that is less.
 */
uint32_t memory_connections(void);

#endif
