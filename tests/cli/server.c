/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * server.c - a director with a control socket and nothing else, for as long as
 * a command runs.
 *
 *      server SOCKET COMMAND [ARGUMENT...]
 *
 * COMMAND finds the socket in $LVSD_SOCKET; its exit status is the server's.
 * No packet is forwarded and no privilege needed.
 */
#include <lvs/lvs.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static lvs_tstamp now(void *ctx)
{
	struct timespec ts;

	(void)ctx;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (lvs_tstamp)ts.tv_sec * LVS_SEC + (lvs_tstamp)ts.tv_nsec;
}

static int die(const char *what, int error)
{
	fprintf(stderr, "server: %s: %s\n", what, lvs_strerror(error));
	return 99;
}

/* Written to when the command has ended. */
static int ended[2];

static void on_child(int signal)
{
	(void)signal;
	(void)!write(ended[1], "", 1);
}

static pid_t start(char **command)
{
	pid_t pid = fork();

	if (pid == 0) {
		execvp(command[0], command);
		perror(command[0]);
		_exit(127);
	}
	return pid;
}

static int serve(struct lvs_ctl_server *srv, char **command)
{
	struct pollfd fds[] = {
		{ .fd = lvs_ctl_server_fd(srv), .events = POLLIN },
		{ .fd = ended[0], .events = POLLIN },
	};
	pid_t pid = start(command);
	int status;

	if (pid < 0)
		return die("fork", -errno);
	while (!fds[1].revents) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return die("poll", -errno);
		lvs_ctl_server_process(srv);
	}
	if (waitpid(pid, &status, 0) < 0)
		return die("waitpid", -errno);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

/* Two, which have carried and lost what they always have. */
static bool interface(void *ctx, size_t index, struct lvs_ctl_interface *ifc)
{
	static const struct lvs_ctl_interface all[] = {
		{ .name = "eth0",
		  .backend = "af_packet",
		  .stats = { .rx_packets = 1,
			     .rx_bytes = 123456789012,
			     .rx_dropped = 3,
			     .rx_errors = 4,
			     .tx_packets = 5,
			     .tx_bytes = 6,
			     .tx_dropped = 7,
			     .tx_errors = 8 } },
		{ .name = "a-name-of-15-ch", .backend = "raw" },
	};

	(void)ctx;
	if (index >= sizeof(all) / sizeof(*all))
		return false;
	*ifc = all[index];
	return true;
}

int main(int argc, char **argv)
{
	struct lvs_director_opts dir_opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_ctl_server_opts opts = LVS_OPTS(struct lvs_ctl_server_opts);
	struct lvs_director *dir;
	struct lvs_ctl_server *srv;
	int err, status;

	if (argc < 3) {
		fprintf(stderr, "usage: server SOCKET COMMAND...\n");
		return 99;
	}
	if (getrandom(dir_opts.hash_key, sizeof(dir_opts.hash_key), 0) < 0 ||
	    pipe(ended) || signal(SIGCHLD, on_child) == SIG_ERR ||
	    setenv("LVSD_SOCKET", argv[1], 1))
		return die("setting up", -errno);
	err = lvs_director_new(&dir_opts, &dir);
	if (err)
		return die("director", err);
	opts.path = argv[1];
	opts.now = now;
	opts.interface = interface;
	err = lvs_ctl_server_open(dir, &opts, &srv);
	if (err)
		return die(argv[1], err);
	status = serve(srv, argv + 2);
	lvs_ctl_server_close(srv);
	lvs_director_free(dir);
	return status;
}
