/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * serving.h - a server in a thread of its own, on a socket in a new folder.
 */
#ifndef LVS_TESTS_UNIT_CTL_SERVING_H
#define LVS_TESTS_UNIT_CTL_SERVING_H

#include "check.h"

#include <lvs/ctl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/liblvs-ctl-XXXXXX";
static char path[64];
static struct lvs_director *dir;
static struct lvs_ctl_server *srv;
static pthread_t thread;
static int stop; /* eventfd */
static pid_t sweeper;
static int alive; /* as long as it is open, nothing is swept */

static inline lvs_tstamp now(void *ctx)
{
	(void)ctx;
	return 10 * LVS_SEC;
}

static inline struct lvs_ctl_server_opts options(void)
{
	struct lvs_ctl_server_opts opts = LVS_OPTS(struct lvs_ctl_server_opts);

	opts.path = path;
	opts.now = now;
	return opts;
}

static inline void *serve(void *arg)
{
	struct pollfd fds[] = {
		{ .fd = lvs_ctl_server_fd(srv), .events = POLLIN },
		{ .fd = stop, .events = POLLIN },
	};

	(void)arg;
	while (poll(fds, 2, -1) >= 0 && !fds[1].revents)
		lvs_ctl_server_process(srv);
	return NULL;
}

/* Another process removes what a test leaves that is killed with its group. */
static inline void start_sweeper(void)
{
	int ends[2];
	char none;

	ck_assert_int_eq(pipe(ends), 0);
	sweeper = fork();
	ck_assert_int_ge(sweeper, 0);
	if (sweeper == 0) {
		setpgid(0, 0);
		close(ends[1]);
		while (read(ends[0], &none, 1) > 0)
			;
		unlink(path);
		rmdir(folder);
		_exit(0);
	}
	close(ends[0]);
	alive = ends[1];
}

static inline void make_director(void)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/control", folder);
	start_sweeper();
	ck_assert_int_eq(lvs_director_new(&opts, &dir), 0);
}

static inline void drop_director(void)
{
	lvs_director_free(dir);
	ck_assert_int_eq(rmdir(folder), 0);
	close(alive);
	ck_assert_int_eq(waitpid(sweeper, NULL, 0), sweeper);
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
}

static inline void start(const struct lvs_ctl_server_opts *opts)
{
	ck_assert_int_eq(lvs_ctl_server_open(dir, opts, &srv), 0);
	stop = eventfd(0, 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, serve, NULL), 0);
}

static inline void finish(void)
{
	ck_assert_int_eq(eventfd_write(stop, 1), 0);
	pthread_join(thread, NULL);
	close(stop);
	lvs_ctl_server_close(srv);
}

static inline struct lvs_ctl *client(void)
{
	struct lvs_ctl *ctl;

	ck_assert_int_eq(lvs_ctl_open(path, &ctl), 0);
	return ctl;
}

static inline struct lvs_service_conf service(uint32_t mark, uint16_t family)
{
	struct lvs_service_conf conf = LVS_OPTS(struct lvs_service_conf);

	conf.id.fwmark = mark;
	conf.id.addr.family = family;
	strcpy(conf.scheduler, "rr");
	return conf;
}

static inline struct lvs_dest_conf destination(const char *text)
{
	struct lvs_dest_conf conf = LVS_OPTS(struct lvs_dest_conf);

	ck_assert_int_eq(lvs_endpoint_parse(text, &conf.id.addr, &conf.id.port),
			 0);
	conf.weight = 1;
	return conf;
}

#endif
