/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drive.h - clients and real servers around one engine, packet by packet.
 *
 * Nothing is sent anywhere: requests and replies are built in memory, taken
 * through lvs_engine_input, and what comes out says who was chosen.  Time is a
 * number that goes on a little with every step.
 */
#ifndef LVS_GOLDEN_DRIVE_H
#define LVS_GOLDEN_DRIVE_H

#include "case.h"

struct drive;

/* NULL: out of memory. */
struct drive *drive_new(const struct golden *g);
void drive_free(struct drive *d);

struct lvs_director *drive_director(struct drive *d);

/*
 * Connection number INDEX: opened, with TCP to ESTABLISHED (and closed again
 * where the case says so).  The real server that got it, or 0.
 */
int drive_conn(struct drive *d, size_t index);

/* Both ends close it, the client first; or the client resets it. */
void drive_close(struct drive *d, size_t index);
void drive_rst(struct drive *d, size_t index);

void drive_sleep(struct drive *d, size_t secs);

#endif
