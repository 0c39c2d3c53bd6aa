/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * notify.c - sd_notify(3)'s protocol, and a line on --ready-fd.
 */
#include "notify.h"
#include "log.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_un peer;
static socklen_t peer_len; /* 0: systemd did not ask */
static int ready = -1;

void notify_open(int ready_fd)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;

	ready = ready_fd;
	if (len < 2 || len >= sizeof(peer.sun_path))
		return;
	peer.sun_family = AF_UNIX;
	memcpy(peer.sun_path, path, len);
	if (path[0] == '@') /* abstract: the name begins with a 0 byte */
		peer.sun_path[0] = '\0';
	peer_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	unsetenv("NOTIFY_SOCKET");
}

static void tell_systemd(const char *text)
{
	int fd;

	if (!peer_len)
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || sendto(fd, text, strlen(text), MSG_NOSIGNAL,
			     (const struct sockaddr *)&peer, peer_len) < 0)
		log_warn("systemd cannot be told \"%s\": %s", text,
			 strerror(errno));
	if (fd >= 0)
		close(fd);
}

void notify_ready(void)
{
	static const char line[] = "READY=1\n";

	tell_systemd("READY=1");
	if (ready < 0)
		return;
	if (write(ready, line, sizeof(line) - 1) < 0)
		log_warn("--ready-fd %d: %s", ready, strerror(errno));
	close(ready);
	ready = -1;
}

void notify_reloading(void)
{
	char text[64];
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		 (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000);
	tell_systemd(text);
}

void notify_stopping(void)
{
	tell_systemd("STOPPING=1");
}
