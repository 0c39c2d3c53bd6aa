/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rtt.c - how long one byte takes there and back, over TCP; and UDP floods.
 *
 *	rtt serve PORT
 *	rtt ask ADDRESS PORT COUNT SECONDS
 *	rtt flood ADDRESS PORT SECONDS
 *	rtt drain PORT FILE
 *
 * `ask' prints the median and the 99th percentile in microseconds, of COUNT
 * round trips or as many as SECONDS are enough for.  `flood' sends datagrams
 * that make frames of 64 bytes (18 of payload), as fast as one thread can;
 * `drain' writes to FILE how many a second it got, four times a second while
 * some come.  The servers print a line when they are ready.
 */
#define _GNU_SOURCE /* sendmmsg(2) */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH	32
#define PAYLOAD 18
#define WINDOW	250000000 /* nanoseconds that `drain' counts over */

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static int listen_on(int type, const char *port)
{
	struct sockaddr_in6 addr = {
		.sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)atoi(port)),
	};
	int fd = socket(AF_INET6, type, 0);
	int on = 1, off = 0, bytes = 8 << 20;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    (type == SOCK_STREAM && listen(fd, 16) < 0))
		err(1, "port %s", port);
	puts("ready");
	fflush(stdout);
	return fd;
}

static int connect_to(int type, const char *address, const char *port)
{
	struct addrinfo hints = { .ai_socktype = type,
				  .ai_flags = AI_NUMERICHOST };
	struct addrinfo *found;
	int fd, on = 1;

	if (getaddrinfo(address, port, &hints, &found) != 0)
		errx(2, "%s port %s: no address", address, port);
	fd = socket(found->ai_family, type, 0);
	if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen) < 0)
		err(1, "%s port %s", address, port);
	if (type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	freeaddrinfo(found);
	return fd;
}

/* One client after the other. */
static void serve(const char *port)
{
	int listener = listen_on(SOCK_STREAM, port);
	int on = 1;
	char byte;

	for (;;) {
		int fd = accept(listener, NULL, NULL);

		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		while (read(fd, &byte, 1) == 1 && write(fd, &byte, 1) == 1)
			;
		close(fd);
	}
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void ask(const char *address, const char *port, size_t count,
		unsigned seconds)
{
	uint64_t *took = calloc(count, sizeof(*took));
	int fd = connect_to(SOCK_STREAM, address, port);
	uint64_t end = now_ns() + seconds * UINT64_C(1000000000);
	size_t done = 0;
	char byte = 0;

	if (!took || count == 0)
		errx(1, "no memory, or nothing to do");
	do {
		uint64_t start = now_ns();

		if (write(fd, &byte, 1) != 1 || read(fd, &byte, 1) != 1)
			err(1, "%s", address);
		took[done++] = now_ns() - start;
	} while (done < count && now_ns() < end);
	qsort(took, done, sizeof(*took), by_value);
	printf("%.1f %.1f\n", (double)took[done / 2] / 1e3,
	       (double)took[done * 99 / 100] / 1e3);
}

static void flood(const char *address, const char *port, unsigned seconds)
{
	int fd = connect_to(SOCK_DGRAM, address, port);
	uint64_t end = now_ns() + seconds * UINT64_C(1000000000);
	char payload[PAYLOAD] = { 0 };
	struct iovec iov = { payload, PAYLOAD };
	struct mmsghdr msgs[BATCH];

	for (size_t i = 0; i < BATCH; i++)
		msgs[i] = (struct mmsghdr){ .msg_hdr.msg_iov = &iov,
					    .msg_hdr.msg_iovlen = 1 };
	while (now_ns() < end)
		if (sendmmsg(fd, msgs, BATCH, 0) < 0 && errno != ENOBUFS &&
		    errno != ECONNREFUSED)
			err(1, "%s", address);
}

static void drain(const char *port, const char *path)
{
	FILE *file = fopen(path, "we");
	int fd = listen_on(SOCK_DGRAM, port);
	uint64_t got = 0, since = now_ns(), now;
	char payload[BATCH][PAYLOAD];
	struct iovec iov[BATCH];
	struct mmsghdr msgs[BATCH];

	if (!file)
		err(1, "%s", path);
	for (size_t i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){ payload[i], PAYLOAD };
		msgs[i] = (struct mmsghdr){ .msg_hdr.msg_iov = &iov[i],
					    .msg_hdr.msg_iovlen = 1 };
	}
	for (;;) {
		int n = recvmmsg(fd, msgs, BATCH, MSG_WAITFORONE, NULL);

		if (n < 0)
			err(1, "receive");
		now = now_ns();
		if (now - since >= WINDOW) {
			/* A pause before the first is not part of a rate. */
			if (got > 0 && now - since < WINDOW * 3 / 2)
				fprintf(file, "%.0f\n",
					(double)got * 1e9 /
						(double)(now - since));
			fflush(file);
			since = now;
			got = 0;
		}
		got += (uint64_t)n;
	}
}

int main(int argc, char *argv[])
{
	const char *what = argc > 2 ? argv[1] : "";

	signal(SIGPIPE, SIG_IGN);
	if (argc == 3 && strcmp(what, "serve") == 0)
		serve(argv[2]);
	else if (argc == 4 && strcmp(what, "drain") == 0)
		drain(argv[2], argv[3]);
	else if (argc == 6 && strcmp(what, "ask") == 0)
		ask(argv[2], argv[3], (size_t)atoi(argv[4]),
		    (unsigned)atoi(argv[5]));
	else if (argc == 5 && strcmp(what, "flood") == 0)
		flood(argv[2], argv[3], (unsigned)atoi(argv[4]));
	else
		errx(2, "usage: rtt serve PORT | drain PORT FILE | "
			"ask ADDRESS PORT COUNT SECONDS | flood ADDRESS PORT "
			"SECONDS");
	return 0;
}
