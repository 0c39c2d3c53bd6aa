/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shape.c - one UDP datagram of an unusual shape to an echo, and back.
 *
 *	shape ADDRESS PORT SIZE [HOW]
 *
 * HOW is one of
 *	plain      as the kernel sends it, in fragments if it is large
 *	df         the kernel may not fragment it, nor may anybody else
 *	nosum      without UDP checksum
 *	options    IPv4: a router alert; IPv6: a destination options header
 *	shuffled   in fragments of 1,000 bytes, the last first, the first last
 *	overlap    the same, and one of them overlaps another
 *	lone       of those the first alone, and nothing is waited for
 *	ttl N      with N hops to live
 *
 * Exits 0 if it came back as it went; 1 if nothing did within a second (5 but
 * for overlap); 3 if something else did.  An ICMP error is printed as
 * "ICMP TYPE/CODE from ADDRESS", or "MTU N" if it tells one, and ends in 4.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define UDP_NO_CHECK6_TX 101

#define PIECE 1000u

static uint8_t data[65536], back[65537];
static struct sockaddr_storage here, there;
static socklen_t addr_len = sizeof(there);

static void set(int fd, int level, int option, int value)
{
	if (setsockopt(fd, level, option, &value, sizeof(value)) < 0)
		err(2, "option %d of level %d", option, level);
}

static void set_bytes(int fd, int level, int option, const void *value,
		      socklen_t len)
{
	if (setsockopt(fd, level, option, value, len) < 0)
		err(2, "option %d of level %d", option, level);
}

static bool is_v6(void)
{
	return there.ss_family == AF_INET6;
}

static int open_to(const char *address, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM,
				  .ai_flags = AI_NUMERICHOST };
	struct addrinfo *found;
	int fd;

	if (getaddrinfo(address, port, &hints, &found) != 0)
		errx(2, "%s port %s: no address", address, port);
	memcpy(&there, found->ai_addr, found->ai_addrlen);
	addr_len = found->ai_addrlen;
	fd = socket(found->ai_family, SOCK_DGRAM, 0);
	freeaddrinfo(found);
	if (fd < 0 || connect(fd, (struct sockaddr *)&there, addr_len) < 0 ||
	    getsockname(fd, (struct sockaddr *)&here,
			&(socklen_t){ sizeof(here) }) < 0)
		err(2, "%s", address);
	return fd;
}

/* ---- as the kernel sends it ---------------------------------------------- */

static void no_checksum(int fd)
{
	if (is_v6())
		set(fd, IPPROTO_UDP, UDP_NO_CHECK6_TX, 1);
	else
		set(fd, SOL_SOCKET, SO_NO_CHECK, 1);
}

static void add_options(int fd)
{
	static const uint8_t alert[] = { 0x94, 4, 0, 0 };
	static const uint8_t padding[] = { 0, 0, 1, 4, 0, 0, 0, 0 };

	if (is_v6())
		set_bytes(fd, IPPROTO_IPV6, IPV6_DSTOPTS, padding,
			  sizeof(padding));
	else
		set_bytes(fd, IPPROTO_IP, IP_OPTIONS, alert, sizeof(alert));
}

static void dont_fragment(int fd)
{
	if (is_v6())
		set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
	else
		set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
	if (is_v6())
		set(fd, IPPROTO_IPV6, IPV6_DONTFRAG, 1);
}

static void live_for(int fd, int hops)
{
	if (is_v6())
		set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, hops);
	else
		set(fd, IPPROTO_IP, IP_TTL, hops);
}

/* ---- fragment by fragment ------------------------------------------------ */

static void put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint32_t sum(uint32_t before, const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		before += (uint32_t)at[i] << (i & 1 ? 0 : 8);
	return before;
}

static const uint8_t *bytes_of(const struct sockaddr_storage *addr)
{
	const void *at = addr;

	return is_v6() ? ((const struct sockaddr_in6 *)at)->sin6_addr.s6_addr
		       : (const uint8_t *)&((const struct sockaddr_in *)at)
				 ->sin_addr;
}

/* The UDP datagram of SIZE bytes of data at AT. */
static void lay_udp(uint8_t *at, size_t size)
{
	size_t alen = is_v6() ? 16 : 4;
	uint32_t s;

	/* The port is at the same place in both kinds of address. */
	memcpy(at, (const uint8_t *)&here + 2, 2);
	memcpy(at + 2, (const uint8_t *)&there + 2, 2);
	put16(at + 4, 8 + size);
	put16(at + 6, 0);
	memcpy(at + 8, data, size);
	s = sum(IPPROTO_UDP + (uint32_t)(8 + size), bytes_of(&here), alen);
	s = sum(sum(s, bytes_of(&there), alen), at, 8 + size);
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	put16(at + 6, s == 0xffff ? 0xffff : ~s & 0xffff);
}

static size_t lay_v4(uint8_t *at, size_t offset, size_t len, bool more)
{
	memset(at, 0, 20);
	at[0] = 0x45;
	put16(at + 2, 20 + len);
	put16(at + 4, (size_t)getpid() & 0xffff);
	put16(at + 6, offset / 8 | (more ? 0x2000 : 0));
	at[8] = 64;
	at[9] = IPPROTO_UDP;
	memcpy(at + 12, bytes_of(&here), 4);
	memcpy(at + 16, bytes_of(&there), 4);
	return 20;
}

static size_t lay_v6(uint8_t *at, size_t offset, size_t len, bool more)
{
	memset(at, 0, 48);
	at[0] = 0x60;
	put16(at + 4, 8 + len);
	at[6] = IPPROTO_FRAGMENT;
	at[7] = 64;
	memcpy(at + 8, bytes_of(&here), 16);
	memcpy(at + 24, bytes_of(&there), 16);
	at[40] = IPPROTO_UDP;
	put16(at + 42, offset | more);
	put16(at + 46, (size_t)getpid() & 0xffff);
	return 48;
}

static void send_piece(int raw, const uint8_t *udp, size_t size, size_t offset,
		       size_t len)
{
	struct sockaddr_storage to = there;
	uint8_t packet[48 + PIECE + 8];
	bool more = offset + len < size;
	size_t head = is_v6() ? lay_v6(packet, offset, len, more)
			      : lay_v4(packet, offset, len, more);

	/* A raw socket takes the port for a protocol. */
	memset((uint8_t *)&to + 2, 0, 2);
	memcpy(packet + head, udp + offset, len);
	if (sendto(raw, packet, head + len, 0, (struct sockaddr *)&to,
		   addr_len) < 0)
		err(2, "fragment");
}

static int open_raw(void)
{
	int raw = socket(there.ss_family, SOCK_RAW, IPPROTO_RAW);

	if (raw < 0)
		err(2, "raw socket");
	return raw;
}

static void send_first(size_t size)
{
	static uint8_t udp[65536];

	lay_udp(udp, size);
	send_piece(open_raw(), udp, 8 + size, 0, PIECE);
}

static void send_pieces(size_t size, bool overlap)
{
	static uint8_t udp[65536];
	int raw = open_raw();
	size_t at = (8 + size) / PIECE * PIECE;

	lay_udp(udp, size);
	size += 8;
	if (overlap)
		send_piece(raw, udp, size, PIECE / 2 / 8 * 8, PIECE);
	for (;; at -= PIECE) {
		if (at < size)
			send_piece(raw, udp, size, at,
				   size - at < PIECE ? size - at : PIECE);
		if (at == 0)
			return;
	}
}

/* ---- what comes back ----------------------------------------------------- */

/* Print the ICMP error that FD has, and end. */
static void print_error(int fd)
{
	char from[INET6_ADDRSTRLEN] = "?";
	_Alignas(struct cmsghdr) uint8_t control[512];
	struct iovec iov = { back, sizeof(back) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};

	if (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c;
	     c = CMSG_NXTHDR(&msg, c)) {
		const struct sock_extended_err *e = (const void *)CMSG_DATA(c);
		const struct sockaddr *by = SO_EE_OFFENDER(e);
		const void *ip = &((const struct sockaddr_in *)(const void *)by)
					  ->sin_addr;

		if (by->sa_family == AF_INET6)
			ip = &((const struct sockaddr_in6 *)(const void *)by)
				      ->sin6_addr;
		inet_ntop(by->sa_family, ip, from, sizeof(from));
		if (e->ee_errno == EMSGSIZE)
			printf("MTU %u\n", e->ee_info);
		else
			printf("ICMP %u/%u from %s\n", e->ee_type, e->ee_code,
			       from);
		exit(4);
	}
}

static int wait_for(int fd, size_t size, int timeout)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	ssize_t got;

	if (poll(&ready, 1, timeout) != 1)
		return 1;
	print_error(fd);
	got = recv(fd, back, sizeof(back), MSG_DONTWAIT);
	return got == (ssize_t)size && memcmp(data, back, size) == 0 ? 0 : 3;
}

int main(int argc, char *argv[])
{
	const char *how = argc > 4 ? argv[4] : "plain";
	size_t size;
	int fd;

	if (argc < 4)
		errx(2, "usage: shape ADDRESS PORT SIZE [HOW]");
	fd = open_to(argv[1], argv[2]);
	size = (size_t)atoi(argv[3]);
	for (size_t i = 0; i < size; i++)
		data[i] = (uint8_t)(i * 7 + i / 1000);
	set(fd, is_v6() ? IPPROTO_IPV6 : IPPROTO_IP,
	    is_v6() ? IPV6_RECVERR : IP_RECVERR, 1);
	if (strcmp(how, "df") == 0)
		dont_fragment(fd);
	else if (strcmp(how, "nosum") == 0)
		no_checksum(fd);
	else if (strcmp(how, "options") == 0)
		add_options(fd);
	else if (strcmp(how, "ttl") == 0 && argc > 5)
		live_for(fd, atoi(argv[5]));
	if (strcmp(how, "lone") == 0) {
		send_first(size);
		return 0;
	}
	if (strcmp(how, "shuffled") == 0 || strcmp(how, "overlap") == 0)
		send_pieces(size, strcmp(how, "overlap") == 0);
	else if (send(fd, data, size, 0) < 0)
		err(2, "send");
	return wait_for(fd, size, strcmp(how, "overlap") == 0 ? 1000 : 5000);
}
