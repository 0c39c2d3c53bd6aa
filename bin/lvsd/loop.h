/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loop.h - the main thread's wait for descriptors.
 */
#ifndef LVSD_LOOP_H
#define LVSD_LOOP_H

#include <stdbool.h>

#define LOOP_SOURCES_MAX 8

struct loop_source {
	void (*ready)(void *ctx);
	void *ctx;
};

struct loop {
	int epoll_fd;
	bool stop; /* set by a source: loop_run returns */
	int count;
	struct loop_source sources[LOOP_SOURCES_MAX];
};

/* 0 or -errno; loop_fini in either case. */
int loop_init(struct loop *loop);
void loop_fini(struct loop *loop);

/* READY(CTX) is called while FD (borrowed) is readable.  0 or -errno. */
int loop_add(struct loop *loop, int fd, void (*ready)(void *ctx), void *ctx);

/* 0 when stopped, or -errno. */
int loop_run(struct loop *loop);

#endif
