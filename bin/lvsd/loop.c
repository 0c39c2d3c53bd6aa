/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loop.c - epoll(7) for a handful of sources.
 */
#include "loop.h"
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

int loop_init(struct loop *loop)
{
	memset(loop, 0, sizeof(*loop));
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return loop->epoll_fd < 0 ? -errno : 0;
}

void loop_fini(struct loop *loop)
{
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
	loop->epoll_fd = -1;
}

int loop_add(struct loop *loop, int fd, void (*ready)(void *ctx), void *ctx)
{
	struct loop_source *source = &loop->sources[loop->count];
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = source };

	if (loop->count == LOOP_SOURCES_MAX)
		return -ENOSPC;
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event))
		return -errno;
	source->ready = ready;
	source->ctx = ctx;
	loop->count++;
	return 0;
}

int loop_run(struct loop *loop)
{
	struct epoll_event events[LOOP_SOURCES_MAX];

	while (!loop->stop) {
		int n = epoll_wait(loop->epoll_fd, events, LOOP_SOURCES_MAX,
				   -1);

		if (n < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < n; i++) {
			const struct loop_source *source = events[i].data.ptr;

			source->ready(source->ctx);
		}
	}
	return 0;
}
