/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lvsadm.h - what the files of lvsadm share.
 *
 * A command line becomes a struct request: a command (one entry of the list in
 * commands.c), the options that were seen (entries of the list in options.c)
 * and what they said.  Nothing here knows how an answer is written: that is
 * format.h.
 */
#ifndef LVSADM_H
#define LVSADM_H

#include <lvs/ctl.h>

struct format;

/*
 * What an option is called in messages, in the order in which they are looked
 * at.  Several spellings can be one option: -t and -u both name the service.
 */
#define OPTION_NAMES(X)                                                        \
	X(NUMERIC, "numeric")                                                  \
	X(CONNECTION, "connection")                                            \
	X(SERVICE, "service-address")                                          \
	X(SCHEDULER, "scheduler")                                              \
	X(PERSISTENT, "persistent")                                            \
	X(NETMASK, "netmask")                                                  \
	X(SERVER, "real-server")                                               \
	X(FORWARD, "forwarding-method")                                        \
	X(WEIGHT, "weight")                                                    \
	X(UTHRESHOLD, "u-threshold")                                           \
	X(LTHRESHOLD, "l-threshold")                                           \
	X(MCAST, "mcast-interface")                                            \
	X(TIMEOUT, "timeout")                                                  \
	X(DAEMON, "daemon")                                                    \
	X(STATS, "stats")                                                      \
	X(RATE, "rate")                                                        \
	X(THRESHOLDS, "thresholds")                                            \
	X(PERSISTENTCONN, "persistent-conn")                                   \
	X(NOSORT, "nosort")                                                    \
	X(SYNCID, "syncid")                                                    \
	X(EXACT, "exact")                                                      \
	X(ONEPACKET, "ops")                                                    \
	X(PENAME, "pe")                                                        \
	X(SCHEDFLAGS, "sched-flags")                                           \
	X(TABLESIZE, "table-size")                                             \
	X(SLOWSTART, "slow-start")                                             \
	X(MCASTGROUP, "mcast-group")                                           \
	X(MCASTPORT, "mcast-port")                                             \
	X(MCASTTTL, "mcast-ttl")                                               \
	X(SYNCMAXLEN, "sync-maxlen")                                           \
	X(TUNINFO, "tun-info")                                                 \
	X(TUNTYPE, "tun-type")                                                 \
	X(TUNPORT, "tun-port")                                                 \
	X(TUNNOCSUM, "tun-nocsum")                                             \
	X(TUNCSUM, "tun-csum")                                                 \
	X(TUNREMCSUM, "tun-remcsum")                                           \
	X(FORMAT, "json")                                                      \
	X(SOCKET, "socket")

enum option_bit {
#define OPTION_BIT(name, text) BIT_##name,
	OPTION_NAMES(OPTION_BIT)
#undef OPTION_BIT
	BIT_COUNT,
	BIT_NONE = BIT_COUNT, /* an option that may be repeated */
};

#define OPT(name) (UINT64_C(1) << BIT_##name)

/* Which options go together; one for each command, one for each tunnel type. */
struct rules {
	uint64_t needs;
	uint64_t allows; /* beside those needed */
	uint64_t one_of; /* of those allowed: at most one */
};

/* Exit statuses, ipvsadm's. */
enum status {
	STATUS_OK = 0,
	STATUS_LIST = 1,    /* a listing could not be had */
	STATUS_INVALID = 2, /* asked wrongly, or no server to ask */
	STATUS_FAILED = 255 /* not a command or option; or the server refused */
};

/* One run of the program: -R makes many requests of it. */
struct app {
	const char *socket;
	struct lvs_ctl *ctl; /* NULL: not connected yet */
	bool refused;        /* the server has said no to the last request */
	bool restoring;      /* requests are read by -R */
};

struct request {
	struct app *app;
	const struct command *command;
	const char *value;    /* of the command: --start-daemon VALUE */
	uint64_t seen;        /* OPT() of each option */
	const char *words[4]; /* what is not an option: at first these */
	size_t num_words;     /* of all */
	struct lvs_service_conf svc;
	struct lvs_dest_conf dest;
	struct lvs_sync_conf sync;
	const struct format *format; /* NULL: the usual one */
	/* Understood when all is read: they depend on other options. */
	const char *server, *netmask, *sched_flags;
};

/* What the server's errors are told by: each operation has its own words. */
enum operation {
	DO_OTHER = 0,
	DO_ADD_SERVICE = 1 << 0,
	DO_EDIT_SERVICE = 1 << 1,
	DO_DELETE_SERVICE = 1 << 2,
	DO_ZERO = 1 << 3,
	DO_LIST = 1 << 4,
	DO_ADD_SERVER = 1 << 5,
	DO_EDIT_SERVER = 1 << 6,
	DO_DELETE_SERVER = 1 << 7,
	DO_START_DAEMON = 1 << 8,
	DO_STOP_DAEMON = 1 << 9,
	DO_STATUS = 1 << 10,
};

struct command {
	enum operation operation;
	const char *name; /* in messages */
	const char *word; /* --word */
	char letter, alias;
	const char *takes; /* what its value is called; NULL: none */
	struct rules rules;
	enum status (*run)(struct request *req);
	const char *help;
};

/* Print a line to standard error; returns STATUS. */
enum status fail(enum status status, const char *format, ...) LVS_PRINTF(2, 3);

/* The command that WORD spells, or whose letter is LETTER; NULL. */
const struct command *command_find(const char *word, size_t len);
const struct command *command_letter(char letter);
const struct command *command_at(size_t index);

/* ARGV as one request, done: 0 or the status to exit with. */
enum status request_run(struct app *app, int argc, char **argv);
/* All options that go together do; the rest is understood. */
enum status request_check(struct request *req);
/* `Try ...': no command to be seen. */
enum status try_help(void);

/* The connection to lvsd, made at first use; NULL after a message. */
struct lvs_ctl *app_connect(struct app *app);

/* What ipvsadm says about ERROR, the server's answer; returns STATUS. */
enum status server_says(enum status status, const struct request *req,
			int error);

/* The commands that have a file of their own. */
enum status list_run(struct request *req);
enum status save_run(struct request *req);
enum status restore_run(struct request *req);
enum status help_run(struct request *req);
enum status version_run(struct request *req);

#endif
