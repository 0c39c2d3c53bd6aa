/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * claim.h - what tests want to know of a claim beyond lvs/claim.h.
 */
#ifndef LVS_BPF_CLAIM_H
#define LVS_BPF_CLAIM_H

#include <lvs/claim.h>

/* The descriptor of CLAIM's program, which is CLAIM's. */
int lvs_claim_program(const struct lvs_claim *claim);

#endif
