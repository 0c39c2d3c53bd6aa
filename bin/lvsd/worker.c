/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * worker.c - the thread that forwards: epoll over its ports, bursts through
 * its engine, and the engine's own time.
 */
#include "config.h"

#include "clock.h"
#include "worker.h"
#include <lvs/net.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Bursts from one port before the next has its turn. */
#define BURSTS_A_TURN 8
#define EVENTS_MAX    16
/* Rounds, at most, until the system is asked what has happened to the ports. */
#define ROUNDS_A_POLL 256
/* To give way to nobody takes less than this. */
#define ALONE_MOST (2 * LVS_USEC)
/* So many times as long as others had the processor, it is left to them. */
#define LEAVE_TIMES 16

struct failed {
	struct lvs_port *port;
	int error;
};

struct worker {
	struct lvs_director *dir;
	struct lvs_engine *eng;
	struct lvs_port *ports[WORKER_PORTS_MAX + 1];
	size_t num_ports;
	struct lvs_port *host; /* ours, the first of them; NULL: none */
	struct failed failed[WORKER_PORTS_MAX];
	_Atomic size_t num_failed; /* read by the main thread too */
	lvs_tstamp tick_at;
	lvs_tstamp heard;     /* when packets came last */
	lvs_tstamp poll;      /* so long after that we look without sleep */
	lvs_tstamp poll_most; /* 0: never */
	lvs_tstamp left;      /* until then the processor is left to others */
	uint32_t wants;	      /* lvs_net_wants at the last look */
	unsigned rounds;      /* since the ports were polled */
	int epoll_fd;
	int wake_fd; /* eventfd: main thread to worker */
	int news_fd; /* eventfd: worker to main thread */
	bool stop;
	_Atomic bool called; /* wake_fd has been raised */

	pthread_t thread;
	pthread_mutex_t lock; /* of the call */
	pthread_cond_t done;
	void (*call)(struct worker *w, void *arg); /* NULL: none waits */
	void *arg;
};

/* An eventfd is full only when it says already what it has to say. */
static void raise_event(int fd)
{
	const uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

static void clear_event(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0)
		return;
}

/* ---- inside the worker's thread ----------------------------------------- */

static size_t index_of(const struct worker *w, const struct lvs_port *port)
{
	size_t i = 0;

	while (i < w->num_ports && w->ports[i] != port)
		i++;
	return i;
}

static void take_out(struct worker *w, size_t index)
{
	epoll_ctl(w->epoll_fd, EPOLL_CTL_DEL, lvs_port_fd(w->ports[index]),
		  NULL);
	w->ports[index] = w->ports[--w->num_ports];
}

/*
 * To be woken takes some 20 us, so packets that come closer together are
 * looked for instead; whether they do is known from those before.
 */
static void note_packets(struct worker *w, lvs_tstamp now)
{
	if (now - w->heard <= w->poll_most)
		w->poll = w->poll_most;
	else
		w->poll /= 2;
	w->heard = now;
}

/* PORT has had its say in this round, or was taken out meanwhile. */
static void pump(struct worker *w, struct lvs_port *port)
{
	size_t index = index_of(w, port);
	int got = LVS_BURST;

	for (int i = 0; i < BURSTS_A_TURN && got == LVS_BURST; i++) {
		lvs_tstamp now = clock_now(NULL);

		if (index == w->num_ports)
			return;
		got = lvs_forward(w->eng, w->ports, w->num_ports, index, now);
		if (got > 0)
			note_packets(w, now);
	}
	if (got >= 0 || got == LVS_ERR_AGAIN)
		return;
	w->failed[w->num_failed] = (struct failed){ port, got };
	w->num_failed++;
	take_out(w, index);
	raise_event(w->news_fd);
}

static void carry_out_call(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	if (w->call) {
		w->call(w, w->arg);
		w->call = NULL;
		pthread_cond_signal(&w->done);
	}
	pthread_mutex_unlock(&w->lock);
}

static void tick(struct worker *w, bool woken)
{
	lvs_tstamp now = clock_now(NULL);

	if (now >= w->tick_at)
		w->tick_at = lvs_engine_tick(w->eng, now);
	else if (!woken)
		return;
	lvs_forward_output(w->eng, w->ports, w->num_ports, now);
}

/* Packets wait for a hop, or go to a stale one: the main thread asks for it. */
static void tell_of_wants(struct worker *w)
{
	uint32_t wants = lvs_net_wants(w->dir);

	if (wants == w->wants)
		return;
	w->wants = wants;
	raise_event(w->news_fd);
}

static int wait_ms(const struct worker *w, lvs_tstamp now)
{
	if (w->tick_at <= now)
		return 0;
	return (int)((w->tick_at - now + LVS_MSEC - 1) / LVS_MSEC);
}

/* Everything of one round but the packets. */
static void serve_others(struct worker *w)
{
	bool woken = atomic_load(&w->called);

	if (woken) {
		atomic_store(&w->called, false);
		clear_event(w->wake_fd);
		carry_out_call(w);
	}
	tick(w, woken);
	tell_of_wants(w);
}

/* Sleep until something comes, WAIT milliseconds at most, and serve it. */
static void poll_ports(struct worker *w, int wait)
{
	struct epoll_event events[EVENTS_MAX];
	int n = epoll_wait(w->epoll_fd, events, EVENTS_MAX, wait);

	w->rounds = 0;
	for (int i = 0; i < n; i++)
		if (events[i].data.ptr != w)
			pump(w, events[i].data.ptr);
}

/* Serve what has come already; false: nothing. */
static bool look(struct worker *w)
{
	bool any = false;

	for (size_t i = 0; i < w->num_ports; i++) {
		struct lvs_port *port = w->ports[i];

		if (!lvs_port_pending(port))
			continue;
		pump(w, port);
		any = true;
	}
	return any;
}

/*
 * Give way, then look again.  Others who ran for long and sent us nothing want
 * the processor for something else; it is left to them for a while, until
 * something wakes us.
 */
static void give_way_and_look(struct worker *w, lvs_tstamp now)
{
	lvs_tstamp away;

	sched_yield();
	if (look(w))
		return;
	away = clock_now(NULL) - now;
	if (away > ALONE_MOST)
		w->left = now + LEAVE_TIMES * away;
}

static void serve_ports(struct worker *w)
{
	lvs_tstamp now;

	if (look(w)) {
		if (++w->rounds == ROUNDS_A_POLL)
			poll_ports(w, 0);
		return;
	}
	now = clock_now(NULL);
	if (now - w->heard < w->poll && now >= w->left)
		give_way_and_look(w, now);
	else
		poll_ports(w, wait_ms(w, now));
}

static void *run(void *arg)
{
	struct worker *w = arg;

	while (!w->stop) {
		serve_ports(w);
		serve_others(w);
	}
	return NULL;
}

/* ---- calls of the main thread ------------------------------------------- */

static void call(struct worker *w, void (*fn)(struct worker *w, void *arg),
		 void *arg)
{
	pthread_mutex_lock(&w->lock);
	w->call = fn;
	w->arg = arg;
	w->called = true;
	raise_event(w->wake_fd);
	while (w->call)
		pthread_cond_wait(&w->done, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

struct port_call {
	struct lvs_port *port;
	int error;
};

static void do_add_port(struct worker *w, void *arg)
{
	struct port_call *c = arg;
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = c->port };

	if (w->num_ports + w->num_failed ==
	    WORKER_PORTS_MAX + (w->host != NULL))
		c->error = LVS_ERR_NOSPC;
	else if (epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, lvs_port_fd(c->port),
			   &event))
		c->error = -errno;
	else
		w->ports[w->num_ports++] = c->port;
}

int worker_add_port(struct worker *w, struct lvs_port *port)
{
	struct port_call c = { .port = port };

	call(w, do_add_port, &c);
	return c.error;
}

static void do_remove_port(struct worker *w, void *arg)
{
	const struct port_call *c = arg;
	size_t index = index_of(w, c->port);

	if (index < w->num_ports)
		take_out(w, index);
	for (size_t i = 0; i < w->num_failed; i++) {
		if (w->failed[i].port != c->port)
			continue;
		w->failed[i] = w->failed[w->num_failed - 1];
		w->num_failed--;
	}
}

void worker_remove_port(struct worker *w, struct lvs_port *port)
{
	struct port_call c = { .port = port };

	call(w, do_remove_port, &c);
}

static void do_failed_port(struct worker *w, void *arg)
{
	struct port_call *c = arg;

	if (w->num_failed == 0)
		return;
	w->num_failed--;
	c->port = w->failed[w->num_failed].port;
	c->error = w->failed[w->num_failed].error;
}

struct lvs_port *worker_failed_port(struct worker *w, int *error)
{
	struct port_call c = { .port = NULL };

	if (w->num_failed > 0)
		call(w, do_failed_port, &c);
	*error = c.error;
	return c.port;
}

struct send_call {
	struct lvs_port *port;
	struct lvs_pkt *const *pkts;
	size_t count;
};

/* A port that has failed meanwhile sends nothing any more. */
static void do_send(struct worker *w, void *arg)
{
	const struct send_call *c = arg;

	if (index_of(w, c->port) < w->num_ports)
		lvs_port_tx(c->port, c->pkts, c->count);
}

void worker_send(struct worker *w, struct lvs_port *port,
		 struct lvs_pkt *const pkts[], size_t count)
{
	struct send_call c = { .port = port, .pkts = pkts, .count = count };

	call(w, do_send, &c);
}

struct stats_call {
	struct lvs_port *const *ports;
	struct lvs_port_stats *stats;
	size_t count;
};

static void do_port_stats(struct worker *w, void *arg)
{
	const struct stats_call *c = arg;

	(void)w;
	for (size_t i = 0; i < c->count; i++)
		lvs_port_stats(c->ports[i], &c->stats[i]);
}

void worker_port_stats(struct worker *w, struct lvs_port *const ports[],
		       size_t count, struct lvs_port_stats stats[])
{
	struct stats_call c = { .ports = ports,
				.stats = stats,
				.count = count };

	call(w, do_port_stats, &c);
}

static void do_stop(struct worker *w, void *arg)
{
	(void)arg;
	w->stop = true;
}

void worker_wake(struct worker *w)
{
	w->called = true;
	raise_event(w->wake_fd);
}

int worker_fd(const struct worker *w)
{
	return w->news_fd;
}

void worker_heard(struct worker *w)
{
	clear_event(w->news_fd);
}

static void release(struct worker *w)
{
	lvs_engine_free(w->eng);
	lvs_port_close(w->host);
	if (w->epoll_fd >= 0)
		close(w->epoll_fd);
	if (w->wake_fd >= 0)
		close(w->wake_fd);
	if (w->news_fd >= 0)
		close(w->news_fd);
	pthread_cond_destroy(&w->done);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

static int open_host(struct worker *w)
{
	struct lvs_port_opts opts = LVS_OPTS(struct lvs_port_opts);
	int err = lvs_port_open("host", &opts, &w->host);

	if (!err)
		w->ports[w->num_ports++] = w->host;
	return err;
}

static int prepare(struct worker *w, struct lvs_director *dir,
		   const struct worker_opts *given)
{
	struct lvs_engine_opts opts = LVS_OPTS(struct lvs_engine_opts);
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = w };
	int err = given->hand_back ? open_host(w) : 0;

	if (err)
		return err;
	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->news_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->epoll_fd < 0 || w->wake_fd < 0 || w->news_fd < 0 ||
	    epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, w->wake_fd, &event))
		return -errno;
	opts.conn_limit = given->conn_limit;
	opts.resets = given->resets;
	opts.mss_clamp = given->mss_clamp;
	opts.fast = given->fast;
	return lvs_engine_new(dir, &opts, &w->eng);
}

int worker_start(struct lvs_director *dir, const struct worker_opts *opts,
		 struct worker **worker)
{
	struct worker *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return LVS_ERR_NOMEM;
	w->epoll_fd = w->wake_fd = w->news_fd = -1;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->done, NULL);
	w->poll_most = opts->busy_poll;
	w->dir = dir;
	err = prepare(w, dir, opts);
	if (!err)
		err = -pthread_create(&w->thread, NULL, run, w);
	if (err) {
		release(w);
		return err;
	}
	pthread_setname_np(w->thread, "lvsd/worker");
	*worker = w;
	return 0;
}

void worker_stop(struct worker *w)
{
	if (!w)
		return;
	call(w, do_stop, NULL);
	pthread_join(w->thread, NULL);
	release(w);
}
