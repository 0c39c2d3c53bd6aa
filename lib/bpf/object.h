/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * object.h - the object file of claim.bpf.c, as the build puts it into the
 * library (object.c is generated).
 */
#ifndef LVS_BPF_OBJECT_H
#define LVS_BPF_OBJECT_H

#include <stddef.h>

extern const unsigned char lvs_claim_object[];
extern const size_t lvs_claim_object_size;

#endif
