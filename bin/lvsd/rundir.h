/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rundir.h - the directory of the control socket.
 */
#ifndef LVSD_RUNDIR_H
#define LVSD_RUNDIR_H

/*
 * Make the directory that is to hold SOCKET, owned by USER (NULL: by us), if
 * it is not there; one that is stays as it is.  0, or -1 after a line in the
 * log.
 */
int rundir_make(const char *socket, const char *user);

#endif
