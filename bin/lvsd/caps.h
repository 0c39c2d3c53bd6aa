/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * caps.h - privileges: what lvsd keeps, and giving up the rest for good.
 *
 * Kept are CAP_NET_RAW, to open packet sockets again when an interface comes
 * back, and CAP_NET_ADMIN, to have next hops resolved.  Everything that lvsd
 * opens can be opened with these two, so the rest goes before the first
 * socket is there.
 */
#ifndef LVSD_CAPS_H
#define LVSD_CAPS_H

#include <stdbool.h>
#include <sys/types.h>

/* Both capabilities are there to keep; otherwise logs the remedy. */
bool caps_suffice(void);

/* The ids of the user NAMEd so; logs, and false, if there is none. */
bool caps_user(const char *name, uid_t *uid, gid_t *gid);

/*
 * Become user NAME (NULL: stay who we are), keep of the two capabilities what
 * is there, drop all others from every set, the bounding set too, and set
 * no_new_privs.  For this thread and those it starts later: call it before
 * the first one.  0, or -1 after a line in the log.
 */
int caps_drop(const char *name);

#endif
