/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rundir.c - the directory of the control socket: /run is empty after a boot.
 */
#include "rundir.h"
#include "caps.h"
#include "log.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int rundir_make(const char *socket, const char *user)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(socket, '/');
	size_t len = slash ? (size_t)(slash - socket) : 0;
	uid_t uid;
	gid_t gid;

	if (len == 0)
		return 0;
	if (len >= sizeof(dir))
		len = sizeof(dir) - 1;
	memcpy(dir, socket, len);
	dir[len] = '\0';
	if (mkdir(dir, 0755) != 0) {
		if (errno == EEXIST)
			return 0;
		log_err("%s, for the control socket, cannot be made: %s; make "
			"it, or choose another place with --socket",
			dir, strerror(errno));
		return -1;
	}
	if (!user)
		return 0;
	if (!caps_user(user, &uid, &gid))
		return -1;
	if (chown(dir, uid, gid) == 0)
		return 0;
	log_err("%s cannot be given to user \"%s\": %s", dir, user,
		strerror(errno));
	return -1;
}
