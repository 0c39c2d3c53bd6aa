/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * server.c - the control socket: who may connect, and whose turn it is.
 *
 * One epoll descriptor stands for all sockets, so that an event loop of any
 * kind has one descriptor to watch.  A client is either read from or written
 * to, never both: as long as it does not take its answers no further request
 * of its own is read, and nobody else waits for it.
 */
#include "config.h"

#include "base/log.h"
#include "base/opts.h"
#include "ctl/session.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENTS_DEFAULT 64

/* Datagrams sent to one client before the others have their turn. */
#define TURN 16

struct client {
	struct client *next, **link; /* of the server */
	int fd;
	uint32_t events; /* what epoll watches for */
	struct lvs_session session;
	size_t out_len; /* of what waits to be sent */
	union {
		int align;
		uint8_t bytes[LVS_SESSION_OUT_MAX];
	} out;
};

struct lvs_ctl_server {
	struct lvs_director *dir; /* borrowed */
	struct lvs_log log;
	lvs_tstamp (*now)(void *ctx);
	void *now_ctx;
	void (*changed)(void *ctx);
	void *changed_ctx;
	bool (*interface)(void *ctx, size_t index,
			  struct lvs_ctl_interface *ifc);
	void *interface_ctx;
	bool read_only;
	int epoll, listener;
	struct sockaddr_un addr;
	struct stat made; /* the socket's file, as we made it */
	struct client *clients;
	uint32_t num_clients, max_clients;
};

/* ---- clients ------------------------------------------------------------- */

static void client_close(struct lvs_ctl_server *srv, struct client *c)
{
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	srv->num_clients--;
	close(c->fd);
	free(c);
}

static bool client_watch(struct lvs_ctl_server *srv, struct client *c,
			 uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = c };

	if (c->events == events)
		return true;
	if (epoll_ctl(srv->epoll, EPOLL_CTL_MOD, c->fd, &ev))
		return false;
	c->events = events;
	return true;
}

enum io {
	IO_DONE,
	IO_WAIT,
	IO_GONE
};

static enum io failed(void)
{
	return errno == EAGAIN || errno == EINTR ? IO_WAIT : IO_GONE;
}

static enum io client_send(struct client *c)
{
	if (send(c->fd, c->out.bytes, c->out_len, MSG_NOSIGNAL) < 0)
		return failed();
	c->out_len = 0;
	return IO_DONE;
}

static enum io client_receive(struct client *c)
{
	ssize_t n = recv(c->fd, c->session.in.bytes,
			 sizeof(c->session.in.bytes), MSG_TRUNC);

	if (n < 0)
		return failed();
	if (n == 0) /* an empty datagram reads the same, and means nothing */
		return IO_GONE;
	lvs_session_take(&c->session, (size_t)n);
	return IO_DONE;
}

/*
 * One turn of C: false when it is gone.  What is to be said next is made
 * before the turn can end, so that the right event is waited for.
 */
static bool client_turn(struct lvs_ctl_server *srv, struct client *c)
{
	enum io io = IO_DONE;

	for (int left = TURN; io == IO_DONE; left--) {
		if (c->out_len == 0)
			c->out_len =
				lvs_session_answer(&c->session, c->out.bytes);
		if (left == 0)
			break;
		io = c->out_len ? client_send(c) : client_receive(c);
	}
	if (io == IO_GONE)
		return false;
	return client_watch(srv, c, c->out_len ? EPOLLOUT : EPOLLIN);
}

/* Root, and whoever runs the server, may change things. */
static bool may_change(const struct lvs_ctl_server *srv, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (srv->read_only ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return false;
	return peer.uid == 0 || peer.uid == geteuid();
}

static struct client *client_new(struct lvs_ctl_server *srv, int fd)
{
	struct client *c = calloc(1, sizeof(*c));
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };

	if (!c || epoll_ctl(srv->epoll, EPOLL_CTL_ADD, fd, &ev)) {
		free(c);
		return NULL;
	}
	c->fd = fd;
	c->events = EPOLLIN;
	c->session.dir = srv->dir;
	c->session.now = srv->now;
	c->session.now_ctx = srv->now_ctx;
	c->session.may_change = may_change(srv, fd);
	c->session.changed = srv->changed;
	c->session.changed_ctx = srv->changed_ctx;
	c->session.interface = srv->interface;
	c->session.interface_ctx = srv->interface_ctx;
	c->next = srv->clients;
	c->link = &srv->clients;
	if (c->next)
		c->next->link = &c->next;
	srv->clients = c;
	srv->num_clients++;
	return c;
}

static void server_accept(struct lvs_ctl_server *srv)
{
	int fd = accept4(srv->listener, NULL, NULL,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (srv->num_clients < srv->max_clients && client_new(srv, fd))
		return;
	lvs_log_line(&srv->log, LVS_LOG_WARNING,
		     "control socket %s: client refused, %u are connected",
		     srv->addr.sun_path, srv->num_clients);
	close(fd);
}

void lvs_ctl_server_process(struct lvs_ctl_server *srv)
{
	struct epoll_event ev[TURN];
	int n = epoll_wait(srv->epoll, ev, TURN, 0);

	for (int i = 0; i < n; i++) {
		struct client *c = ev[i].data.ptr;

		if (!c)
			server_accept(srv);
		else if (!client_turn(srv, c))
			client_close(srv, c);
	}
}

int lvs_ctl_server_fd(struct lvs_ctl_server *srv)
{
	return srv->epoll;
}

/* ---- the socket's file --------------------------------------------------- */

/* 0: something is there that answers no more, and is out of the way now. */
static int remove_stale(const struct sockaddr_un *addr)
{
	struct stat st;
	int fd, err;

	if (lstat(addr->sun_path, &st))
		return -errno;
	if (!S_ISSOCK(st.st_mode))
		return LVS_ERR_EXIST;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	err = connect(fd, (const void *)addr, sizeof(*addr)) ? errno : 0;
	close(fd);
	if (err != ECONNREFUSED)
		return LVS_ERR_ADDRINUSE;
	return unlink(addr->sun_path) ? -errno : 0;
}

static int bind_at(int fd, const struct sockaddr_un *addr)
{
	int err;

	if (bind(fd, (const void *)addr, sizeof(*addr)) == 0)
		return 0;
	if (errno != EADDRINUSE)
		return -errno;
	err = remove_stale(addr);
	if (err)
		return err;
	return bind(fd, (const void *)addr, sizeof(*addr)) ? -errno : 0;
}

static int server_listen(struct lvs_ctl_server *srv, uint32_t mode)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = NULL };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
			0);
	int err;

	if (fd < 0)
		return -errno;
	srv->listener = fd;
	/* Before bind: a file with wider permissions is never there. */
	if (fchmod(fd, mode))
		return -errno;
	err = bind_at(fd, &srv->addr);
	if (err)
		return err;
	/* From here on the file is ours to remove; umask took bits off it. */
	if (lstat(srv->addr.sun_path, &srv->made) ||
	    chmod(srv->addr.sun_path, mode) || listen(fd, SOMAXCONN) ||
	    epoll_ctl(srv->epoll, EPOLL_CTL_ADD, fd, &ev))
		return -errno;
	return 0;
}

/* Unless somebody else has made a new one at the same place meanwhile. */
static void server_unlink(const struct lvs_ctl_server *srv)
{
	struct stat st;

	if (srv->made.st_ino == 0 || lstat(srv->addr.sun_path, &st))
		return;
	if (st.st_ino == srv->made.st_ino && st.st_dev == srv->made.st_dev)
		unlink(srv->addr.sun_path);
}

/* ---- open and close ------------------------------------------------------ */

static int server_init(struct lvs_ctl_server *srv,
		       const struct lvs_ctl_server_opts *opts)
{
	srv->log = opts->log;
	srv->now = opts->now;
	srv->now_ctx = opts->now_ctx;
	srv->changed = opts->changed;
	srv->changed_ctx = opts->changed_ctx;
	srv->interface = opts->interface;
	srv->interface_ctx = opts->interface_ctx;
	srv->read_only = opts->read_only;
	srv->max_clients = opts->clients ? opts->clients : CLIENTS_DEFAULT;
	srv->addr.sun_family = AF_UNIX;
	strcpy(srv->addr.sun_path, opts->path);
	srv->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (srv->epoll < 0)
		return -errno;
	return server_listen(srv, opts->mode ? opts->mode : 0600);
}

int lvs_ctl_server_open(struct lvs_director *dir,
			const struct lvs_ctl_server_opts *given,
			struct lvs_ctl_server **srv)
{
	struct lvs_ctl_server_opts opts;
	struct lvs_ctl_server *new;
	int err = lvs_opts_read(&opts, sizeof(opts), given);

	if (err)
		return err;
	if (!opts.now || !opts.path || !opts.path[0] ||
	    strlen(opts.path) >= sizeof(new->addr.sun_path))
		return LVS_ERR_INVAL;
	new = calloc(1, sizeof(*new));
	if (!new)
		return LVS_ERR_NOMEM;
	new->dir = dir;
	new->epoll = -1;
	new->listener = -1;
	err = server_init(new, &opts);
	if (err) {
		lvs_ctl_server_close(new);
		return err;
	}
	*srv = new;
	return 0;
}

void lvs_ctl_server_close(struct lvs_ctl_server *srv)
{
	if (!srv)
		return;
	while (srv->clients)
		client_close(srv, srv->clients);
	server_unlink(srv);
	if (srv->listener >= 0)
		close(srv->listener);
	if (srv->epoll >= 0)
		close(srv->epoll);
	free(srv);
}
