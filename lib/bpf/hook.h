/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hook.h - a program at the tc ingress, or egress, of an interface.
 */
#ifndef LVS_BPF_HOOK_H
#define LVS_BPF_HOOK_H

#include <linux/bpf.h>
#include <lvs/base.h>

/* Of Linux 6.6, in newer <linux/bpf.h>. */
#define LVS_TCX_INGRESS ((enum bpf_attach_type)46)
#define LVS_TCX_EGRESS	((enum bpf_attach_type)47)
#define LVS_TCX_BEFORE	(1u << 3)

enum lvs_hook_side {
	LVS_HOOK_INGRESS,
	LVS_HOOK_EGRESS
};

struct lvs_hook {
	uint32_t link;
	int fd; /* of the BPF link; -1: a tc filter */
	enum lvs_hook_side side;
};

/*
 * By a BPF link before all other programs of LINK (tcx).  LVS_ERR_NOTSUP: the
 * kernel has none; LVS_ERR_EXIST: PROG hangs there already; LVS_ERR_NODEV.
 */
int lvs_hook_tcx(struct lvs_hook *hook, uint32_t link, enum lvs_hook_side side,
		 int prog);

/* By a tc filter of the clsact qdisc, in place of one that was left there. */
int lvs_hook_clsact(struct lvs_hook *hook, uint32_t link,
		    enum lvs_hook_side side, int prog);

void lvs_hook_remove(struct lvs_hook *hook);

/* Those of one program, each on a link of its own. */
struct lvs_hooks {
	struct lvs_hook *all;
	uint32_t count;
};

/*
 * HOOK, which ERR is about, joins HOOKS, in place of one that its link had
 * before it was deleted and made anew.  Returns ERR; 0 for LVS_ERR_EXIST if
 * HOOKS has it already; LVS_ERR_NOMEM, and HOOK is removed.
 */
int lvs_hooks_add(struct lvs_hooks *hooks, struct lvs_hook *hook, int err);

/* LVS_ERR_NOENT: none is on LINK. */
int lvs_hooks_del(struct lvs_hooks *hooks, uint32_t link);

/* Remove them all. */
void lvs_hooks_clear(struct lvs_hooks *hooks);

#endif
