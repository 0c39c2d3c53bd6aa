/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fastpath.h - what tests want to know of a fast path beyond lvs/fastpath.h.
 */
#ifndef LVS_BPF_FASTPATH_H
#define LVS_BPF_FASTPATH_H

#include <lvs/fastpath.h>

/* The descriptor of FAST's program, which is FAST's. */
int lvs_fastpath_program(const struct lvs_fastpath *fast);

#endif
