/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stay.h - a program at the tc ingress of an interface that stays there when
 * its process ends, and is found again by its name.
 *
 * By tcx, before all others, attached as a program: a BPF link would have to
 * be pinned in a bpffs, which not every host has mounted, and would be left
 * there by an interface or namespace that goes.  Before Linux 6.6 as a tc
 * filter of the clsact qdisc.
 */
#ifndef LVS_BPF_STAY_H
#define LVS_BPF_STAY_H

#include <lvs/base.h>

/* LVS_ERR_NOTSUP: this kernel has no tcx. */
int lvs_stay_tcx(uint32_t link, int prog);
int lvs_stay_clsact(uint32_t link, int prog);

/*
 * A descriptor, the caller's, of the program NAME at LINK; it takes
 * CAP_SYS_ADMIN.  LVS_ERR_NOENT: there is none.
 */
int lvs_stay_find(uint32_t link, const char *name);

/* Take it away.  The qdisc stays: others may have come to use it. */
int lvs_stay_remove(uint32_t link, const char *name);

#endif
