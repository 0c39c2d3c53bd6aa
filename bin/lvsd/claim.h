/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * claim.h - keeping the host's kernel off the packets that are forwarded.
 *
 * lvs_claim_open(3) and its like, with what lvsd says in its log.  A lvsd that
 * was built without liblvs-bpf has no_claim.c instead of claim.c.  Every call
 * takes a NULL claim, and then does nothing.
 */
#ifndef LVSD_CLAIM_H
#define LVSD_CLAIM_H

#include <lvs/director.h>

struct lvs_claim;

/*
 * Load it, which takes privileges that are dropped later; for ports that are
 * opened LATE or not.  NULL if it cannot be had; the log says why.
 */
struct lvs_claim *claim_open(bool late);
void claim_close(struct lvs_claim *claim);

/* On packets that come in by interface LINK; 0 or LVS_ERR_*. */
int claim_add_link(struct lvs_claim *claim, uint32_t link);
void claim_del_link(struct lvs_claim *claim, uint32_t link);

/* Claim what is configured in DIR now. */
void claim_sync(struct lvs_claim *claim, struct lvs_director *dir);

#endif
