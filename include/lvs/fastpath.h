/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lvs/fastpath.h - established connections are forwarded inside the kernel.
 *
 * A BPF program at the tc ingress of the director's interfaces, before that of
 * lvs/claim.h, does what lvs/fast.h says a program does.  Packets that it
 * forwards cost what routing costs, and reach neither the engine nor anybody
 * else on the host; tcpdump sees them.  All others pass it untouched.
 *
 * A packet socket bound to all protocols gets its copy before tc, so it would
 * see what is forwarded already: ports on those interfaces must be opened with
 * `late`, and the claim likewise.  The fast path should be added to a link
 * after the claim: it then stands before it.  It works behind it too, but what
 * it forwards then has cost a claim as well.
 *
 * The program is gone when its process is, however that ends.  This header is
 * of liblvs-bpf; the rest of the library needs no BPF.  Not thread-safe: one
 * fast path, one thread at a time; the table is the engine's.
 */
#ifndef LVS_FASTPATH_H
#define LVS_FASTPATH_H

#include <lvs/base.h>
#include <lvs/fast.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lvs_fastpath;

struct lvs_fastpath_opts {
	size_t sz;
	struct lvs_log log; /* copied */
	/*
	 * Flows at most, two for a connection by NAT, rounded up to a power of
	 * two; 192 bytes each, all of them allocated at once.  0: 65536.
	 */
	uint32_t flows;
};

/*
 * Load the program; it hangs on no interface yet, and its table is empty.  OPTS
 * may be NULL.  LVS_ERR_PERM (CAP_BPF and CAP_NET_ADMIN are needed),
 * LVS_ERR_NOTSUP (this kernel cannot), LVS_ERR_NOMEM, LVS_ERR_INVAL (over 2^24
 * flows).
 */
LVS_API int lvs_fastpath_open(const struct lvs_fastpath_opts *opts,
			      struct lvs_fastpath **fast);

/* Take the program from all interfaces and free FAST (or NULL). */
LVS_API void lvs_fastpath_close(struct lvs_fastpath *fast);

/*
 * The table, for lvs_engine_opts; its memory is FAST's, so engines that have it
 * go first.  The engine's time must be CLOCK_MONOTONIC.
 */
LVS_API const struct lvs_fast_table *
lvs_fastpath_table(struct lvs_fastpath *fast);

/*
 * Hang the program on the interface with index LINK, an Ethernet one: 0, also
 * if it hangs there already.  An interface that is deleted takes it along; one
 * made anew is added anew.  LVS_ERR_NODEV, LVS_ERR_PERM, LVS_ERR_INVAL (it has
 * no Ethernet header), LVS_ERR_NOTSUP (it takes Linux 6.6), LVS_ERR_NOMEM.
 */
LVS_API int lvs_fastpath_add_link(struct lvs_fastpath *fast, uint32_t link);

/* LVS_ERR_NOENT if it was never added. */
LVS_API int lvs_fastpath_del_link(struct lvs_fastpath *fast, uint32_t link);

#ifdef __cplusplus
}
#endif

#endif
