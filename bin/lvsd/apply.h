/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * apply.h - from one configuration to the next, in a running director.
 *
 * The file wins for what it names: a service or real server that it has is
 * made so, whatever lvsadm(8) did to it meanwhile.  What the configuration
 * before had and this one has not is removed.  What was only ever added by
 * lvsadm is left alone.  What is the same already is not touched, so no
 * connection that both configurations carry notices.  Matches are the file's
 * alone: they are always all replaced.
 */
#ifndef LVSD_APPLY_H
#define LVSD_APPLY_H

#include "conf.h"

struct apply_count {
	unsigned added, changed, removed;
};

struct apply_result {
	struct apply_count services, dests;
	unsigned failed; /* each said why in the log */
};

/* CFG's matches in place of all rules of DIR; as lvs_marks_set. */
int apply_matches(struct lvs_director *dir, const struct conf *cfg);

/* From BEFORE (NULL: the first) to CFG in DIR. */
void apply_conf(struct lvs_director *dir, const struct conf *before,
		const struct conf *cfg, struct apply_result *result);

#endif
