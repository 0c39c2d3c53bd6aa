/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fast.h - established connections forwarded inside the kernel.
 *
 * lvs_fastpath_open(3) and its like.  A lvsd that was built without liblvs-bpf
 * has no_fast.c instead of fast.c.  Every call takes a NULL fast path, and then
 * does nothing.
 */
#ifndef LVSD_FAST_H
#define LVSD_FAST_H

#include <lvs/fast.h>

struct lvs_fastpath;

/*
 * Load it for FLOWS, which takes privileges that are dropped later, into *FAST;
 * 0 or LVS_ERR_*.
 */
int fast_open(uint32_t flows, struct lvs_fastpath **fast);
void fast_close(struct lvs_fastpath *fast);

/* For the engine, which must go first. */
const struct lvs_fast_table *fast_table(struct lvs_fastpath *fast);

/* What else can be said about ERR of these calls: "", or after a semicolon. */
const char *fast_remedy(int err);

/*
 * Whether it can be on interface IFNAME: 0 or LVS_ERR_*.  One that does not
 * exist is somebody else's to refuse.
 */
int fast_try(struct lvs_fastpath *fast, const char *ifname);

/* On packets that come in by interface LINK; 0 or LVS_ERR_*. */
int fast_add_link(struct lvs_fastpath *fast, uint32_t link);
void fast_del_link(struct lvs_fastpath *fast, uint32_t link);

#endif
