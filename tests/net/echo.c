/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * echo.c - UDP echo, for tests: both sides of it.
 *
 *	echo serve PORT
 *	echo ask ADDRESS PORT COUNT
 *
 * The server answers from the very address that was asked, which a socket for
 * all addresses does not by itself: a real server's VIP is on lo.  It prints a
 * line when it listens.  The client sends COUNT datagrams of growing size, 32
 * at a time, and exits 0 if every one came back as it went, 1 if some did not
 * come back, 3 as soon as one comes back wrong.
 */
#define _GNU_SOURCE /* struct in6_pktinfo */
#include <arpa/inet.h>
#include <err.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define WINDOW	32
#define LARGEST 1400

/* An IPv6 socket that takes IPv4 too tells both kinds of address alike. */
static int listen_on(const char *port)
{
	struct sockaddr_in6 addr = {
		.sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)atoi(port)),
	};
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	int on = 1, off = 0;

	if (fd < 0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) <
		    0 ||
	    bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		err(1, "port %s", port);
	return fd;
}

static void serve(int fd)
{
	static uint8_t data[65536];
	_Alignas(struct cmsghdr) uint8_t control[256];
	struct sockaddr_in6 peer;

	for (;;) {
		struct iovec iov = { data, sizeof(data) };
		struct msghdr msg = {
			.msg_name = &peer,
			.msg_namelen = sizeof(peer),
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};
		ssize_t got = recvmsg(fd, &msg, 0);

		if (got < 0)
			continue;
		/* What came with it goes back with it: the address asked. */
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c;
		     c = CMSG_NXTHDR(&msg, c)) {
			struct in6_pktinfo *info;

			if (c->cmsg_type != IPV6_PKTINFO)
				continue;
			info = (struct in6_pktinfo *)(void *)CMSG_DATA(c);
			info->ipi6_ifindex = 0;
		}
		iov.iov_len = (size_t)got;
		if (sendmsg(fd, &msg, 0) < 0)
			warn("answer");
	}
}

static int connect_to(const char *address, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM,
				  .ai_flags = AI_NUMERICHOST };
	struct addrinfo *found;
	int fd;

	if (getaddrinfo(address, port, &hints, &found) != 0)
		errx(2, "%s port %s: no address", address, port);
	fd = socket(found->ai_family, SOCK_DGRAM, 0);
	if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen) < 0)
		err(1, "%s", address);
	freeaddrinfo(found);
	return fd;
}

/* Datagram NUMBER: its number, then a pattern; returns its size. */
static size_t make(uint8_t *data, uint32_t number)
{
	size_t size = 4 + number % (LARGEST - 4);

	memcpy(data, &number, 4);
	for (size_t i = 4; i < size; i++)
		data[i] = (uint8_t)(number + i);
	return size;
}

/* Of COUNT datagrams from FIRST on, how many come back right. */
static unsigned ask(int fd, uint32_t first, unsigned count)
{
	uint8_t sent[LARGEST], got[LARGEST + 1];
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	unsigned right = 0;

	for (uint32_t i = 0; i < count; i++)
		if (send(fd, sent, make(sent, first + i), 0) < 0)
			warn("send");
	while (right < count && poll(&ready, 1, 5000) == 1) {
		ssize_t size = recv(fd, got, sizeof(got), 0);
		uint32_t number;

		if (size < 4) {
			warn("receive");
			return right;
		}
		memcpy(&number, got, 4);
		if (make(sent, number) != (size_t)size ||
		    memcmp(sent, got, (size_t)size) != 0)
			errx(3, "datagram %u came back wrong", number);
		/* One from before, given up already, counts no more. */
		if (number - first < count)
			right++;
	}
	return right;
}

int main(int argc, char *argv[])
{
	unsigned count, right = 0;
	int fd;

	if (argc == 3 && strcmp(argv[1], "serve") == 0) {
		fd = listen_on(argv[2]);
		puts("ready");
		fflush(stdout);
		serve(fd);
	}
	if (argc != 5 || strcmp(argv[1], "ask") != 0)
		errx(2, "usage: echo serve PORT | echo ask ADDRESS PORT COUNT");
	fd = connect_to(argv[2], argv[3]);
	count = (unsigned)atoi(argv[4]);
	for (unsigned at = 0; at < count; at += WINDOW) {
		unsigned n = count - at < WINDOW ? count - at : WINDOW;
		unsigned back = ask(fd, at, n);

		right += back;
		if (back < n)
			break;
	}
	printf("%u of %u came back\n", right, count);
	return right == count ? 0 : 1;
}
