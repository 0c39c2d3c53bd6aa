/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * voice.h - what libbpf says, for a log of ours.
 */
#ifndef LVS_BPF_VOICE_H
#define LVS_BPF_VOICE_H

#include <bpf/libbpf.h>
#include <lvs/base.h>

/*
 * From now on LOG (borrowed) has what libbpf says in this thread, until
 * libbpf_set_print gets what is returned: libbpf has one voice for a whole
 * process, and it is the embedder's.
 */
libbpf_print_fn_t lvs_bpf_listen(const struct lvs_log *log);

#endif
