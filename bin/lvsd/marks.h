/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * marks.h - services by mark that get no packets.
 *
 * The kernel marks a packet later than a packet socket sees it, so marks are
 * given by the configuration.  A service whose mark it does not give is taken
 * all the same, as it is harmless and ipvsadm's users have them, but its owner
 * is told.
 */
#ifndef LVSD_MARKS_H
#define LVSD_MARKS_H

#include "conf.h"

struct marks;

/* Of services in DIR, which is borrowed; NULL: no memory. */
struct marks *marks_new(struct lvs_director *dir);
void marks_free(struct marks *marks);

/*
 * A warning for each service by a mark that CFG gives nobody, if it was not so
 * the last time; with its line if it is in CFG.
 */
void marks_look(struct marks *marks, const struct conf *cfg);

#endif
