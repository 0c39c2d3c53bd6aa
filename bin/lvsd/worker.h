/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * worker.h - the thread that forwards: one engine, and a port an interface.
 *
 * All that the packet path needs happens in this thread; the main thread does
 * everything that may take long.  They meet in two places: a call that the
 * worker carries out between two bursts, and one descriptor that tells the
 * main thread when the worker needs it.
 */
#ifndef LVSD_WORKER_H
#define LVSD_WORKER_H

#include <lvs/director.h>
#include <lvs/fast.h>
#include <lvs/port.h>

/* Ports of one worker at most. */
#define WORKER_PORTS_MAX 64

struct worker;

struct worker_opts {
	uint32_t conn_limit;
	bool resets; /* answer stray TCP packets: nobody else does */
	bool mss_clamp;
	/* Hand the host what is its own of what the claim keeps from it. */
	bool hand_back;
	const struct lvs_fast_table *fast; /* borrowed; NULL: none */
	lvs_tstamp busy_poll; /* look for packets so long before sleeping */
};

/*
 * A thread with an engine of DIR (borrowed) and no ports, in *WORKER.  0,
 * LVS_ERR_* or -errno.
 */
int worker_start(struct lvs_director *dir, const struct worker_opts *opts,
		 struct worker **worker);

/* End the thread and free the engine; ports stay their lender's. */
void worker_stop(struct worker *w);

/* PORT is lent until it is removed or failed.  0, LVS_ERR_NOSPC, -errno. */
int worker_add_port(struct worker *w, struct lvs_port *port);
void worker_remove_port(struct worker *w, struct lvs_port *port);

/*
 * Send COUNT packets of the caller's, ready as they are, on PORT; what the
 * interface does not take is lost.
 */
void worker_send(struct worker *w, struct lvs_port *port,
		 struct lvs_pkt *const pkts[], size_t count);

/* The counters of COUNT of PORTS, all lent and not given back, into STATS. */
void worker_port_stats(struct worker *w, struct lvs_port *const ports[],
		       size_t count, struct lvs_port_stats stats[]);

/* The network has changed: look whether packets that wait can go. */
void worker_wake(struct worker *w);

/* Readable when a next hop is wanted, or a port has failed. */
int worker_fd(const struct worker *w);

/* Make it not readable; then do both of what it may mean. */
void worker_heard(struct worker *w);

/* A port that failed, given back, with its *ERROR; NULL: no more. */
struct lvs_port *worker_failed_port(struct worker *w, int *error);

#endif
