/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * says.c - what is said when something does not work.
 *
 * Sentences about errors of the server are ipvsadm's, word for word: programs
 * look for them.  What only lvsd has is explained, with what would work.
 */
#include "lvsadm.h"
#include <inttypes.h>
#include <lvs/sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum status fail(enum status status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return status;
}

static const struct sentence {
	int operations; /* enum operation, or-ed; ANY: the rest */
	int error;
	const char *text;
} sentences[] = {
#define ANY -1
	{ DO_ADD_SERVICE, EEXIST, "Service already exists" },
	{ DO_ADD_SERVICE | DO_EDIT_SERVICE, ENOENT,
	  "Scheduler or persistence engine not found" },
	{ DO_EDIT_SERVICE | DO_DELETE_SERVICE | DO_ZERO | DO_LIST, ESRCH,
	  "No such service" },
	{ DO_ADD_SERVER | DO_EDIT_SERVER | DO_DELETE_SERVER, ESRCH,
	  "Service not defined" },
	{ DO_ADD_SERVER, EEXIST, "Destination already exists" },
	{ DO_EDIT_SERVER | DO_DELETE_SERVER, ENOENT, "No such destination" },
	{ DO_START_DAEMON, EEXIST, "Daemon has already run" },
	{ DO_STOP_DAEMON, ESRCH, "No daemon is running" },
	{ ANY, EPERM, "Permission denied (you must be root)" },
	{ ANY, EINVAL,
	  "Invalid operation.  Possibly wrong module version, address not "
	  "unicast, ..." },
	{ ANY, ENOPROTOOPT, "Protocol not available" },
	{ ANY, ENOMEM, "Memory allocation problem" },
	{ ANY, EOPNOTSUPP, "Operation not supported by this version of lvsd" },
	{ ANY, EAFNOSUPPORT,
	  "Operation not supported with specified address family" },
	{ ANY, EMSGSIZE, "Module is wrong version" },
	{ ANY, ECONNRESET, "lvsd closed the connection" },
	{ ANY, EPIPE, "lvsd closed the connection" },
	{ ANY, EPROTO, "lvsd's answer makes no sense" },
#undef ANY
};

/* The schedulers that have TRAIT, as "mh, chbl". */
static void name_able(char *buf, size_t size, uint32_t trait)
{
	const struct lvs_scheduler *sched;
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; (sched = lvs_scheduler_at(i)) && used < size; i++) {
		if (sched->traits & trait)
			used += (size_t)snprintf(buf + used, size - used,
						 "%s%s", used ? ", " : "",
						 sched->name);
	}
}

/* SCHED cannot do what OPTION asks for; true if that was said. */
static bool says_unable(const struct lvs_scheduler *sched, uint32_t trait,
			const char *option)
{
	char able[200];

	if (sched->traits & trait)
		return false;
	name_able(able, sizeof(able), trait);
	fail(STATUS_FAILED, "--%s is not for scheduler %s, only for one of %s",
	     option, sched->name, able);
	return true;
}

/* What is wrong with options of a service that ipvsadm has not, if it is. */
static bool says_why(const struct request *req, int error)
{
	const struct lvs_service_conf *svc = &req->svc;
	const char *name = svc->scheduler[0] ? svc->scheduler : "wlc";
	const struct lvs_scheduler *sched = lvs_scheduler_find(name);

	if (!(req->command->operation & (DO_ADD_SERVICE | DO_EDIT_SERVICE)))
		return false;
	if (error == LVS_ERR_RANGE && svc->table_size) {
		fail(STATUS_FAILED,
		     "--table-size %" PRIu32 ": a prime is expected, for "
		     "example 4093, 65537 or 1000003",
		     svc->table_size);
		return true;
	}
	if (error != LVS_ERR_NOTSUP || !sched || svc->pe[0])
		return false;
	return (svc->table_size &&
		says_unable(sched, LVS_SCHED_SIZED, "table-size")) ||
	       (svc->slow_start &&
		says_unable(sched, LVS_SCHED_SLOW_START, "slow-start"));
}

enum status server_says(enum status status, const struct request *req,
			int error)
{
	req->app->refused = true;
	if (says_why(req, error))
		return status;
	for (size_t i = 0; i < sizeof(sentences) / sizeof(*sentences); i++) {
		const struct sentence *s = &sentences[i];

		if (s->error == -error &&
		    (s->operations < 0 ||
		     s->operations & (int)req->command->operation))
			return fail(status, "%s", s->text);
	}
	return fail(status, "%s", strerror(-error));
}

struct lvs_ctl *app_connect(struct app *app)
{
	int err;

	if (app->ctl)
		return app->ctl;
	err = lvs_ctl_open(app->socket, &app->ctl);
	if (!err)
		return app->ctl;
	app->ctl = NULL;
	fail(STATUS_INVALID, "lvsadm: no lvsd at %s: %s", app->socket,
	     strerror(-err));
	if (err == LVS_ERR_PERM)
		fail(STATUS_INVALID,
		     "Run lvsadm as root, or as the user that lvsd runs as.");
	else
		fail(STATUS_INVALID, "Start it (systemctl start lvsd), or say "
				     "where it listens: "
				     "--socket PATH or $LVSD_SOCKET.");
	return NULL;
}
