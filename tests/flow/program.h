/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program.h - a program of lvs/fast.h, for tests: it forwards packets by what
 * stands in a table's memory, and knows nothing of the engine.
 *
 * Headers are read and written byte by byte, as the comments of lvs/fast.h say
 * and not as the library does it.
 */
#ifndef LVS_TESTS_FLOW_PROGRAM_H
#define LVS_TESTS_FLOW_PROGRAM_H

#include <lvs/fast.h>
#include <lvs/pkt.h>
#include <stdbool.h>

struct program {
	struct lvs_fast_table table;
	struct lvs_fast_state state;
	uint16_t outer_id;  /* of the next outer IPv4 header */
	uint64_t forwarded; /* packets */
};

/* A table of BUCKETS buckets. */
void program_open(struct program *prog, uint32_t buckets);
void program_close(struct program *prog);

/* True: PKT, seen at NOW, is to leave by its link_out; else it is as it was. */
bool program_forward(struct program *prog, struct lvs_pkt *pkt, uint64_t now);

/* Flows that a program would find now. */
uint32_t program_flows(const struct program *prog);

#endif
