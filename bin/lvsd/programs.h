/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * programs.h - the BPF programs that lvsd loads, and which of them it does
 * with.
 *
 * Loaded once, at the start, with privileges that are dropped then; what keeps
 * them on interfaces later is interfaces.c.
 */
#ifndef LVSD_PROGRAMS_H
#define LVSD_PROGRAMS_H

#include "claim.h"
#include "conf.h"
#include "fast.h"
#include "tunnel.h"

/* Each NULL if there is none. */
struct programs {
	struct lvs_claim *claim;
	struct lvs_fastpath *fast;
	struct lvs_tunnel *tunnel;
	bool insist; /* on `fast` for each interface that can have it */
};

/*
 * What CFG asks for and can be had, into *P; the log says what cannot.  -1
 * after a line there: CFG does not do without.
 */
int programs_load(struct programs *p, const struct conf *cfg);

/* Who has the fast path's table must have gone before. */
void programs_unload(struct programs *p);

#endif
