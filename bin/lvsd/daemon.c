/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * daemon.c - lvsd from start to stop, and what its main thread waits for.
 *
 * Two threads: the worker forwards (worker.c), this one does the rest: the
 * control socket, the kernel's news, signals, the clock, the configuration.
 * Opening happens after privileges are dropped, as it must be possible again
 * later with those that are kept; but for BPF programs, which are loaded once.
 */
#include "daemon.h"
#include "announce.h"
#include "apply.h"
#include "caps.h"
#include "clock.h"
#include "conf.h"
#include "guard.h"
#include "interfaces.h"
#include "log.h"
#include "loop.h"
#include "marks.h"
#include "memory.h"
#include "notify.h"
#include "pages.h"
#include "programs.h"
#include "rundir.h"
#include "worker.h"
#include <lvs/ctl.h>
#include <lvs/rtnl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* After what follows a change, so many times as long as it took without it. */
#define FOLLOW_REST 10

struct lvsd {
	const struct options *opt;
	struct conf *cfg; /* what is applied */
	struct loop loop;
	int signal_fd, timer_fd;
	int follow_fd; /* timer: when it may be followed again */
	bool follow_rests, follow_due;
	struct programs programs;
	struct lvs_pages *pages; /* of the director; NULL: malloc(3) */
	struct lvs_director *dir;
	struct lvs_ctl_server *ctl;
	struct lvs_rtnl *rtnl;
	int rtnl_error; /* last one; said once */
	struct worker *worker;
	struct interfaces *ifs;
	struct announce *announce;
	struct marks *marks;
};

static const char *socket_path(const struct lvsd *d)
{
	return d->opt->socket ? d->opt->socket : d->cfg->socket;
}

static int failed(const char *what, int err)
{
	log_err("%s: %s", what, lvs_strerror(err));
	return -1;
}

/* ---- what happens while it runs ------------------------------------------ */

static void log_result(const struct conf *cfg, const struct apply_result *r)
{
	log_info("%s applied: virtual services %u added, %u changed, %u "
		 "removed; real servers %u added, %u changed, %u removed",
		 cfg->path, r->services.added, r->services.changed,
		 r->services.removed, r->dests.added, r->dests.changed,
		 r->dests.removed);
	if (r->failed)
		log_err("%u changes of %s could not be made", r->failed,
			cfg->path);
}

static bool differs(const char *a, const char *b)
{
	return (a && b) ? strcmp(a, b) != 0 : a != b;
}

static void warn_of_later(const struct conf *old, const struct conf *cfg)
{
	static const char text[] = "takes effect when lvsd is started again";

	if (differs(old->socket, cfg->socket))
		log_warn("socket = %s %s", cfg->socket, text);
	if (differs(old->user, cfg->user))
		log_warn("user = %s %s", cfg->user ? cfg->user : "", text);
	if (old->conflicts != cfg->conflicts)
		log_warn("kernel_conflicts %s", text);
	if (old->connection_limit != cfg->connection_limit)
		log_warn("connection_limit = %u %s", cfg->connection_limit,
			 text);
	if (old->busy_poll != cfg->busy_poll)
		log_warn("busy_poll = %u %s", cfg->busy_poll, text);
	if (old->huge_pages != cfg->huge_pages)
		log_warn("huge_pages %s", text);
	if (old->mss_clamp != cfg->mss_clamp)
		log_warn("mss_clamp %s", text);
	if (old->fast_path != cfg->fast_path)
		log_warn("fast_path %s", text);
	if (old->fast_flows != cfg->fast_flows)
		log_warn("fast_flows = %u %s", cfg->fast_flows, text);
}

static void set_timer(int fd, lvs_tstamp after)
{
	const struct itimerspec time = {
		.it_value.tv_sec = (time_t)(after / LVS_SEC),
		.it_value.tv_nsec = (long)(after % LVS_SEC),
	};

	timerfd_settime(fd, 0, &time, NULL);
}

/*
 * Claim what is configured, and announce what is new.  Each time all of it is
 * looked at, so after a thousand changes in a row most of the time would go
 * into that: it rests in between, and what came meanwhile is done together.
 */
static void follow(struct lvsd *d)
{
	lvs_tstamp begin = clock_now(NULL);

	d->follow_due = d->follow_rests;
	if (d->follow_rests)
		return;
	claim_sync(d->programs.claim, d->dir);
	announce_look(d->announce, begin);
	marks_look(d->marks, d->cfg);
	d->follow_rests = true;
	set_timer(d->follow_fd, 1 + FOLLOW_REST * (clock_now(NULL) - begin));
}

static void on_rested(void *ctx)
{
	struct lvsd *d = ctx;
	uint64_t times;

	if (read(d->follow_fd, &times, sizeof(times)) < 0)
		return;
	d->follow_rests = false;
	if (d->follow_due)
		follow(d);
}

static void apply_services(struct lvsd *d, const struct conf *before,
			   const struct conf *cfg)
{
	struct apply_result result;

	apply_conf(d->dir, before, cfg, &result);
	log_result(cfg, &result);
}

/* Go over to CFG; -1, and nothing changed, if we cannot. */
static int go_over(struct lvsd *d, const struct conf *cfg)
{
	if (!guard_allows(d->dir, cfg, d->programs.claim != NULL) ||
	    interfaces_apply(d->ifs, cfg))
		return -1;
	apply_services(d, d->cfg, cfg);
	announce_set(d->announce, cfg->announce);
	return 0;
}

static void reload(struct lvsd *d)
{
	struct lvs_log log = log_sink();
	struct conf *cfg;

	notify_reloading();
	cfg = conf_load(d->opt->config, &log);
	if (cfg && go_over(d, cfg) == 0) {
		warn_of_later(d->cfg, cfg);
		conf_free(d->cfg);
		d->cfg = cfg;
		follow(d);
	} else {
		log_err("%s not applied: everything stays as it was",
			d->opt->config);
		conf_free(cfg);
	}
	notify_ready();
}

static void on_signal(void *ctx)
{
	struct lvsd *d = ctx;
	struct signalfd_siginfo info;

	if (read(d->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP)
		reload(d);
	else
		d->loop.stop = true;
}

/* The same error again and again is one line. */
static void note_rtnl(struct lvsd *d, int err)
{
	err = err < 0 ? err : 0;
	if (err && err != d->rtnl_error)
		log_warn("the kernel's routes and neighbours: %s",
			 lvs_strerror(err));
	d->rtnl_error = err;
}

/* An address is announced as soon as its interface can carry that. */
static void look_at_interfaces(struct lvsd *d)
{
	if (interfaces_look(d->ifs))
		follow(d);
}

static void on_rtnl(void *ctx)
{
	struct lvsd *d = ctx;

	note_rtnl(d, lvs_rtnl_process(d->rtnl, clock_now(NULL)));
	worker_wake(d->worker);
	look_at_interfaces(d);
}

static void on_worker(void *ctx)
{
	struct lvsd *d = ctx;

	worker_heard(d->worker);
	note_rtnl(d, lvs_rtnl_resolve(d->rtnl));
	look_at_interfaces(d);
}

/* What could not be asked for last time is asked for again. */
static int try_rtnl_again(struct lvsd *d)
{
	int err = lvs_rtnl_process(d->rtnl, clock_now(NULL));

	return err ? err : lvs_rtnl_resolve(d->rtnl);
}

/* Once a second. */
static void on_timer(void *ctx)
{
	struct lvsd *d = ctx;
	uint64_t times;

	if (read(d->timer_fd, &times, sizeof(times)) < 0)
		return;
	pages_tend(d->pages);
	lvs_director_tick(d->dir, clock_now(NULL));
	note_rtnl(d, try_rtnl_again(d));
	interfaces_look(d->ifs);
	interfaces_tell_losses(d->ifs, clock_now(NULL));
	follow(d);
	announce_repeat(d->announce, clock_now(NULL));
}

static void on_ctl(void *ctx)
{
	struct lvsd *d = ctx;

	lvs_ctl_server_process(d->ctl);
}

/* What lvsadm has changed is claimed before it has its answer, if it can be. */
static void on_change(void *ctx)
{
	follow(ctx);
}

static bool on_interface(void *ctx, size_t index, struct lvs_ctl_interface *ifc)
{
	const struct lvsd *d = ctx;

	return interfaces_stats(d->ifs, index, ifc);
}

/* ---- start, in this order; each says itself what is wrong ---------------- */

/* Blocked before there is a second thread, which inherits it. */
static int open_signals(struct lvsd *d)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	d->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return d->signal_fd < 0 ? failed("signals", -errno) : 0;
}

static int open_timers(struct lvsd *d)
{
	const struct itimerspec second = { { 1, 0 }, { 1, 0 } };
	const int flags = TFD_CLOEXEC | TFD_NONBLOCK;

	d->timer_fd = timerfd_create(CLOCK_MONOTONIC, flags);
	d->follow_fd = timerfd_create(CLOCK_MONOTONIC, flags);
	if (d->timer_fd < 0 || d->follow_fd < 0 ||
	    timerfd_settime(d->timer_fd, 0, &second, NULL))
		return failed("timer", -errno);
	return 0;
}

static int read_conf(struct lvsd *d)
{
	struct lvs_log log = log_sink();

	d->cfg = conf_load(d->opt->config, &log);
	return d->cfg ? 0 : -1;
}

static int load_programs(struct lvsd *d)
{
	return programs_load(&d->programs, d->cfg);
}

static int drop_privileges(struct lvsd *d)
{
	if (d->cfg->num_interfaces == 0)
		log_warn("%s names no interface: nothing will be forwarded",
			 d->cfg->path);
	else if (!caps_suffice())
		return -1;
	if (rundir_make(socket_path(d), d->cfg->user))
		return -1;
	return caps_drop(d->cfg->user);
}

static int open_director(struct lvsd *d)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	int err;

	if (getrandom(opts.hash_key, sizeof(opts.hash_key), 0) !=
	    (ssize_t)sizeof(opts.hash_key))
		return failed("random numbers", -errno);
	opts.log = log_sink();
	d->pages = d->cfg->huge_pages ? pages_open() : NULL;
	if (d->pages)
		opts.mem = lvs_pages_allocator(d->pages);
	err = lvs_director_new(&opts, &d->dir);
	return err ? failed("director", err) : 0;
}

static const char *socket_remedy(int err)
{
	switch (err) {
	case LVS_ERR_ADDRINUSE:
		return "; another lvsd answers there: stop it, or give this "
		       "one a socket of its own with --socket";
	case LVS_ERR_NOENT:
		return "; make the directory";
	case LVS_ERR_PERM:
	case -EACCES:
		return "; it takes write permission in the directory";
	case LVS_ERR_INVAL:
		return "; a path of at most 107 bytes is expected";
	default:
		return "";
	}
}

static int open_control(struct lvsd *d)
{
	struct lvs_ctl_server_opts opts = LVS_OPTS(struct lvs_ctl_server_opts);
	int err;

	opts.path = socket_path(d);
	opts.log = log_sink();
	opts.now = clock_now;
	opts.changed = on_change;
	opts.changed_ctx = d;
	opts.interface = on_interface;
	opts.interface_ctx = d;
	err = lvs_ctl_server_open(d->dir, &opts, &d->ctl);
	if (!err)
		return 0;
	log_err("control socket %s: %s%s", opts.path, lvs_strerror(err),
		socket_remedy(err));
	return -1;
}

static int open_network(struct lvsd *d)
{
	struct lvs_rtnl_opts opts = LVS_OPTS(struct lvs_rtnl_opts);
	int err;

	opts.log = log_sink();
	err = lvs_rtnl_open(d->dir, &opts, &d->rtnl);
	return err ? failed("the kernel's routes and neighbours", err) : 0;
}

static int open_worker(struct lvsd *d)
{
	const struct conf *cfg = d->cfg;
	const struct worker_opts opts = {
		.conn_limit = cfg->connection_limit ? cfg->connection_limit
						    : memory_connections(),
		/* What the kernel does not see any more it can't answer. */
		.resets = d->programs.claim != NULL,
		.hand_back = d->programs.claim != NULL,
		.mss_clamp = cfg->mss_clamp,
		.fast = fast_table(d->programs.fast),
		.busy_poll = cfg->busy_poll * LVS_USEC,
	};
	int err = worker_start(d->dir, &opts, &d->worker);

	if (!err) {
		d->ifs = interfaces_new(d->dir, d->worker, &d->programs);
		d->announce = announce_new(d->dir, d->worker, d->ifs);
		d->marks = marks_new(d->dir);
		err = d->ifs && d->announce && d->marks ? 0 : LVS_ERR_NOMEM;
	}
	return err ? failed("worker", err) : 0;
}

/* All is claimed before the first packet comes in. */
static int apply_first(struct lvsd *d)
{
	if (!guard_allows(d->dir, d->cfg, d->programs.claim != NULL))
		return -1;
	apply_services(d, NULL, d->cfg);
	claim_sync(d->programs.claim, d->dir);
	if (interfaces_apply(d->ifs, d->cfg))
		return -1;
	announce_set(d->announce, d->cfg->announce);
	follow(d);
	return 0;
}

static int open_loop(struct lvsd *d)
{
	int err = loop_init(&d->loop);

	if (!err)
		err = loop_add(&d->loop, d->signal_fd, on_signal, d);
	if (!err)
		err = loop_add(&d->loop, d->follow_fd, on_rested, d);
	if (!err)
		err = loop_add(&d->loop, d->timer_fd, on_timer, d);
	if (!err)
		err = loop_add(&d->loop, lvs_rtnl_fd(d->rtnl), on_rtnl, d);
	if (!err)
		err = loop_add(&d->loop, worker_fd(d->worker), on_worker, d);
	if (!err)
		err = loop_add(&d->loop, lvs_ctl_server_fd(d->ctl), on_ctl, d);
	return err ? failed("epoll", err) : 0;
}

static const struct {
	int (*take)(struct lvsd *d);
	int status; /* to exit with if it fails */
} steps[] = {
	{ open_signals, LVSD_EXIT_FAILED },
	{ open_timers, LVSD_EXIT_FAILED },
	{ read_conf, LVSD_EXIT_USAGE },
	{ load_programs, LVSD_EXIT_FAILED },
	{ drop_privileges, LVSD_EXIT_FAILED },
	{ open_director, LVSD_EXIT_FAILED },
	{ open_control, LVSD_EXIT_FAILED },
	{ open_network, LVSD_EXIT_FAILED },
	{ open_worker, LVSD_EXIT_FAILED },
	{ apply_first, LVSD_EXIT_FAILED },
	{ open_loop, LVSD_EXIT_FAILED },
};

static int start(struct lvsd *d)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i].take(d))
			return steps[i].status;
	return LVSD_EXIT_OK;
}

/* As far as it got. */
static void stop(struct lvsd *d)
{
	lvs_ctl_server_close(d->ctl);
	marks_free(d->marks);
	announce_free(d->announce);
	interfaces_free(d->ifs);
	worker_stop(d->worker);
	lvs_rtnl_close(d->rtnl);
	programs_unload(&d->programs);
	lvs_director_free(d->dir);
	lvs_pages_free(d->pages);
	conf_free(d->cfg);
	loop_fini(&d->loop);
	if (d->follow_fd >= 0)
		close(d->follow_fd);
	if (d->timer_fd >= 0)
		close(d->timer_fd);
	if (d->signal_fd >= 0)
		close(d->signal_fd);
}

static int serve(struct lvsd *d)
{
	int err;

	log_info("lvsd %s is ready, control socket %s", lvs_version(),
		 socket_path(d));
	notify_ready();
	err = loop_run(&d->loop);
	notify_stopping();
	if (err) {
		failed("epoll", err);
		return LVSD_EXIT_FAILED;
	}
	log_info("stopping");
	return LVSD_EXIT_OK;
}

int daemon_run(const struct options *opt)
{
	struct lvsd d = {
		.opt = opt,
		.signal_fd = -1,
		.timer_fd = -1,
		.follow_fd = -1,
		.loop.epoll_fd = -1,
	};
	int status;

	notify_open(opt->ready_fd);
	status = start(&d);
	if (status == LVSD_EXIT_OK)
		status = serve(&d);
	stop(&d);
	return status;
}
