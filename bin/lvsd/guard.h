/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guard.h - what the host's kernel would do with the same packets.
 *
 * A packet socket gets copies: the kernel still has the packet itself.  If the
 * virtual address is the host's own it answers (with a reset), and if it
 * forwards IP it sends the packet on, next to what the director sends.  Both
 * are found here before anything is forwarded.  Nothing is taken away from
 * the kernel: that is the claim's business, and what is claimed is no
 * conflict.  Real servers that are the host, and cannot be, are found too.
 */
#ifndef LVSD_GUARD_H
#define LVSD_GUARD_H

#include "conf.h"

/*
 * Whether CFG can be run on this host, whose addresses DIR knows and whose
 * kernel is kept off if CLAIMED: false after a line in the log for each
 * conflict, with its remedy.  Where CFG says CONFLICTS_WARN the lines are
 * warnings, and it is true.
 */
bool guard_allows(struct lvs_director *dir, const struct conf *cfg,
		  bool claimed);

#endif
