/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * caps.c - privileges, with libcap.
 */
#include "caps.h"
#include "log.h"
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

static const cap_value_t needed[] = { CAP_NET_ADMIN, CAP_NET_RAW };
#define NUM_NEEDED ((int)(sizeof(needed) / sizeof(needed[0])))

static bool permitted(cap_value_t value)
{
	cap_flag_value_t set = CAP_CLEAR;
	cap_t caps = cap_get_proc();

	if (caps)
		cap_get_flag(caps, value, CAP_PERMITTED, &set);
	cap_free(caps);
	return set == CAP_SET;
}

bool caps_suffice(void)
{
	bool enough = true;

	for (int i = 0; i < NUM_NEEDED; i++)
		enough = enough && permitted(needed[i]);
	if (!enough)
		log_err("CAP_NET_ADMIN and CAP_NET_RAW are needed for packet "
			"sockets: start lvsd as root, or with "
			"AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW in its "
			"systemd unit");
	return enough;
}

bool caps_user(const char *name, uid_t *uid, gid_t *gid)
{
	const struct passwd *pw = getpwnam(name);

	if (!pw) {
		log_err("user \"%s\" does not exist: create it (useradd "
			"--system %s), or take `user` out of the configuration",
			name, name);
		return false;
	}
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
	return true;
}

/* cap_setuid(3) and cap_setgroups(3) keep the permitted capabilities. */
static int become(const char *name)
{
	uid_t uid;
	gid_t gid;

	if (!caps_user(name, &uid, &gid))
		return -1;
	if (uid == geteuid())
		return 0;
	if (cap_setgroups(gid, 0, NULL) || cap_setuid(uid)) {
		log_err("cannot become user \"%s\": %s; start lvsd as root, "
			"or as that user",
			name, strerror(errno));
		return -1;
	}
	return 0;
}

/*
 * Dropping from the bounding set takes CAP_SETPCAP.  Without it, as under an
 * ordinary user, no_new_privs alone keeps exec(3) from gaining anything.
 */
static int drop_bounding(void)
{
	if (!permitted(CAP_SETPCAP))
		return 0;
	for (cap_value_t value = 0; value < cap_max_bits(); value++)
		if (cap_get_bound(value) == 1 && cap_drop_bound(value))
			return -1;
	return 0;
}

static int keep_needed(void)
{
	cap_t caps = cap_init();
	int err = caps ? 0 : -1;

	for (int i = 0; i < NUM_NEEDED && !err; i++) {
		if (!permitted(needed[i]))
			continue;
		err = cap_set_flag(caps, CAP_PERMITTED, 1, &needed[i],
				   CAP_SET) ||
		      cap_set_flag(caps, CAP_EFFECTIVE, 1, &needed[i], CAP_SET);
	}
	if (!err)
		err = cap_set_proc(caps);
	cap_free(caps);
	return err;
}

int caps_drop(const char *name)
{
	if (drop_bounding())
		goto failed;
	if (name && become(name))
		return -1;
	if (cap_reset_ambient() || keep_needed() ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		goto failed;
	return 0;
failed:
	log_err("privileges cannot be dropped: %s", strerror(errno));
	return -1;
}
