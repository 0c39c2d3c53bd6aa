/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * commands.c - the commands, as one list: what each needs and allows, and what
 * it asks of lvsd.
 */
#include "lvsadm.h"
#include "names.h"
#include <string.h>

#define TIMEOUT_MAX (31 * 24 * 60 * 60) /* seconds */

/* ---- what changes something ---------------------------------------------- */

/* ERROR is what the call gave; its answer is printed. */
static enum status done(const struct request *req, int error)
{
	return error ? server_says(STATUS_FAILED, req, error) : STATUS_OK;
}

static enum status with_conf(struct request *req,
			     int (*call)(struct lvs_ctl *ctl,
					 const struct lvs_service_conf *conf))
{
	struct lvs_ctl *ctl = app_connect(req->app);

	return ctl ? done(req, call(ctl, &req->svc)) : STATUS_INVALID;
}

static enum status service_add(struct request *req)
{
	return with_conf(req, lvs_ctl_service_add);
}

static enum status service_edit(struct request *req)
{
	return with_conf(req, lvs_ctl_service_edit);
}

static enum status service_delete(struct request *req)
{
	struct lvs_ctl *ctl = app_connect(req->app);

	return ctl ? done(req, lvs_ctl_service_del(ctl, &req->svc.id))
		   : STATUS_INVALID;
}

static enum status clear(struct request *req)
{
	struct lvs_ctl *ctl = app_connect(req->app);

	return ctl ? done(req, lvs_ctl_flush(ctl)) : STATUS_INVALID;
}

static enum status server_add(struct request *req)
{
	struct lvs_ctl *ctl = app_connect(req->app);

	return ctl ? done(req, lvs_ctl_dest_add(ctl, &req->svc.id, &req->dest))
		   : STATUS_INVALID;
}

static enum status server_edit(struct request *req)
{
	struct lvs_ctl *ctl = app_connect(req->app);

	return ctl ? done(req, lvs_ctl_dest_edit(ctl, &req->svc.id, &req->dest))
		   : STATUS_INVALID;
}

static enum status server_delete(struct request *req)
{
	struct lvs_ctl *ctl = app_connect(req->app);

	return ctl ? done(req,
			  lvs_ctl_dest_del(ctl, &req->svc.id, &req->dest.id))
		   : STATUS_INVALID;
}

static enum status zero(struct request *req)
{
	struct lvs_ctl *ctl = app_connect(req->app);
	bool one = req->seen & OPT(SERVICE);

	return ctl ? done(req, lvs_ctl_zero(ctl, one ? &req->svc.id : NULL))
		   : STATUS_INVALID;
}

static enum status set(struct request *req)
{
	struct lvs_ctl *ctl;
	struct lvs_timeouts timeouts;
	int64_t n[3];

	for (size_t i = 0; i < 3; i++) {
		if (!name_to_number(req->words[i], 0, TIMEOUT_MAX, &n[i]))
			return fail(STATUS_INVALID,
				    "invalid timeout value `%s' specified",
				    req->words[i]);
	}
	timeouts.tcp = (uint32_t)n[0];
	timeouts.tcp_fin = (uint32_t)n[1];
	timeouts.udp = (uint32_t)n[2];
	ctl = app_connect(req->app);
	return ctl ? done(req, lvs_ctl_set_timeouts(ctl, &timeouts))
		   : STATUS_INVALID;
}

/* ---- synchronisation ----------------------------------------------------- */

static enum lvs_sync_role role_of(const char *text)
{
	return !strcmp(text, "master")   ? LVS_SYNC_MASTER
	       : !strcmp(text, "backup") ? LVS_SYNC_BACKUP
					 : 0;
}

static enum status daemon_start(struct request *req)
{
	struct lvs_ctl *ctl;

	req->sync.role = role_of(req->value);
	if (!req->sync.role)
		return fail(STATUS_INVALID,
			    "illegal start-daemon parameter specified");
	if (!(req->seen & OPT(MCAST)))
		strcpy(req->sync.link, "eth0");
	ctl = app_connect(req->app);
	return ctl ? done(req, lvs_ctl_sync_start(ctl, &req->sync))
		   : STATUS_INVALID;
}

static enum status daemon_stop(struct request *req)
{
	enum lvs_sync_role role = role_of(req->value);
	struct lvs_ctl *ctl;

	if (!role)
		return fail(STATUS_INVALID, "illegal start_daemon specified");
	ctl = app_connect(req->app);
	return ctl ? done(req, lvs_ctl_sync_stop(ctl, role)) : STATUS_INVALID;
}

/* ---- the list ------------------------------------------------------------ */

#define SERVICE_OPTIONS                                                        \
	(OPT(SCHEDULER) | OPT(PERSISTENT) | OPT(NETMASK) | OPT(ONEPACKET) |    \
	 OPT(PENAME) | OPT(SCHEDFLAGS) | OPT(TABLESIZE) | OPT(SLOWSTART) |      \
	 OPT(SOCKET))
#define SERVER_OPTIONS                                                         \
	(OPT(FORWARD) | OPT(WEIGHT) | OPT(UTHRESHOLD) | OPT(LTHRESHOLD) |      \
	 OPT(TUNTYPE) | OPT(TUNPORT) | OPT(TUNNOCSUM) | OPT(TUNCSUM) |         \
	 OPT(TUNREMCSUM) | OPT(SOCKET))
#define LIST_OPTIONS                                                           \
	(OPT(NUMERIC) | OPT(CONNECTION) | OPT(SERVICE) | OPT(TIMEOUT) |        \
	 OPT(DAEMON) | OPT(STATS) | OPT(RATE) | OPT(THRESHOLDS) |              \
	 OPT(PERSISTENTCONN) | OPT(NOSORT) | OPT(SYNCID) | OPT(EXACT) |        \
	 OPT(TUNINFO) | OPT(FORMAT) | OPT(SOCKET))
#define SYNC_OPTIONS                                                           \
	(OPT(MCAST) | OPT(SYNCID) | OPT(MCASTGROUP) | OPT(MCASTPORT) |         \
	 OPT(MCASTTTL) | OPT(SYNCMAXLEN) | OPT(SOCKET))

static const struct command commands[] = {
	{ .operation = DO_ADD_SERVICE,
	  .name = "add-service",
	  .word = "add-service",
	  .letter = 'A',
	  .rules = { .needs = OPT(SERVICE), .allows = SERVICE_OPTIONS },
	  .run = service_add,
	  .help = "add a virtual service" },
	{ .operation = DO_EDIT_SERVICE,
	  .name = "edit-service",
	  .word = "edit-service",
	  .letter = 'E',
	  .rules = { .needs = OPT(SERVICE), .allows = SERVICE_OPTIONS },
	  .run = service_edit,
	  .help = "give it another scheduler or persistence" },
	{ .operation = DO_DELETE_SERVICE,
	  .name = "delete-service",
	  .word = "delete-service",
	  .letter = 'D',
	  .rules = { .needs = OPT(SERVICE), .allows = OPT(SOCKET) },
	  .run = service_delete,
	  .help = "delete it, with its real servers" },
	{ .name = "flush",
	  .word = "clear",
	  .letter = 'C',
	  .rules = { .allows = OPT(SOCKET) },
	  .run = clear,
	  .help = "delete every service" },
	{ .operation = DO_LIST,
	  .name = "list",
	  .word = "list",
	  .letter = 'L',
	  .alias = 'l',
	  .rules = { .allows = LIST_OPTIONS,
		     .one_of = OPT(CONNECTION) | OPT(SERVICE) | OPT(TIMEOUT) |
			       OPT(DAEMON) },
	  .run = list_run,
	  .help = "list services, or what the option says" },
	{ .operation = DO_ADD_SERVER,
	  .name = "add-server",
	  .word = "add-server",
	  .letter = 'a',
	  .rules = { .needs = OPT(SERVICE) | OPT(SERVER),
		     .allows = SERVER_OPTIONS },
	  .run = server_add,
	  .help = "add a real server to a service" },
	{ .operation = DO_DELETE_SERVER,
	  .name = "delete-server",
	  .word = "delete-server",
	  .letter = 'd',
	  .rules = { .needs = OPT(SERVICE) | OPT(SERVER),
		     .allows = OPT(SOCKET) },
	  .run = server_delete,
	  .help = "delete it; its connections time out" },
	{ .operation = DO_EDIT_SERVER,
	  .name = "edit-server",
	  .word = "edit-server",
	  .letter = 'e',
	  .rules = { .needs = OPT(SERVICE) | OPT(SERVER),
		     .allows = SERVER_OPTIONS },
	  .run = server_edit,
	  .help = "give it another weight or method" },
	{ .operation = DO_ZERO,
	  .name = "zero",
	  .word = "zero",
	  .letter = 'Z',
	  .rules = { .allows = OPT(SERVICE) | OPT(SOCKET) },
	  .run = zero,
	  .help = "zero the counters, of one service or all" },
	{ .name = "set",
	  .word = "set",
	  .rules = { .allows = OPT(SOCKET) },
	  .run = set,
	  .help = "TCP TCPFIN UDP: timeouts, seconds; 0 keeps" },
	{ .name = "save",
	  .word = "save",
	  .letter = 'S',
	  .rules = { .allows = OPT(NUMERIC) | OPT(SOCKET) },
	  .run = save_run,
	  .help = "print what -R reads" },
	{ .name = "restore",
	  .word = "restore",
	  .letter = 'R',
	  .rules = { .allows = OPT(SOCKET) },
	  .run = restore_run,
	  .help = "read commands, one a line, and do them" },
	{ .operation = DO_STATUS,
	  .name = "status",
	  .word = "status",
	  .rules = { .allows = OPT(EXACT) | OPT(FORMAT) | OPT(SOCKET) },
	  .run = list_run,
	  .help = "print packets seen, and lost where and why" },
	{ .operation = DO_START_DAEMON,
	  .name = "start-daemon",
	  .word = "start-daemon",
	  .takes = "ROLE",
	  .rules = { .allows = SYNC_OPTIONS },
	  .run = daemon_start,
	  .help = "synchronise connections as master or backup" },
	{ .operation = DO_STOP_DAEMON,
	  .name = "stop-daemon",
	  .word = "stop-daemon",
	  .takes = "ROLE",
	  .rules = { .allows = OPT(SYNCID) | OPT(SOCKET) },
	  .run = daemon_stop,
	  .help = "end that" },
	{ .name = "help",
	  .word = "help",
	  .letter = 'h',
	  .run = help_run,
	  .help = "print this" },
	{ .name = "version",
	  .word = "version",
	  .letter = 'v',
	  .run = version_run,
	  .help = "print the version" },
};

#define COUNT (sizeof(commands) / sizeof(*commands))

const struct command *command_at(size_t index)
{
	return index < COUNT ? &commands[index] : NULL;
}

const struct command *command_find(const char *word, size_t len)
{
	for (size_t i = 0; i < COUNT; i++) {
		if (strlen(commands[i].word) == len &&
		    memcmp(commands[i].word, word, len) == 0)
			return &commands[i];
	}
	return NULL;
}

const struct command *command_letter(char letter)
{
	for (size_t i = 0; i < COUNT; i++) {
		if (letter && (commands[i].letter == letter ||
			       commands[i].alias == letter))
			return &commands[i];
	}
	return NULL;
}
