/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * object.h - the object files of claim.bpf.c and its like, as the build puts
 * them into the library (object.c is generated).
 */
#ifndef LVS_BPF_OBJECT_H
#define LVS_BPF_OBJECT_H

#include <stddef.h>

extern const unsigned char lvs_claim_object[];
extern const size_t lvs_claim_object_size;

extern const unsigned char lvs_decap_object[];
extern const size_t lvs_decap_object_size;

extern const unsigned char lvs_fast_object[];
extern const size_t lvs_fast_object_size;

extern const unsigned char lvs_tunnel_object[];
extern const size_t lvs_tunnel_object_size;

#endif
