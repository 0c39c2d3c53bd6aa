/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shape.c - one UDP datagram of an unusual shape to an echo, and back.
 *
 *	shape [-p PORT] [-n TIMES] [-i MS] [-w MS] ADDRESS PORT SIZE [HOW]
 *
 * It is sent from PORT, so that it may be one more of a flow; TIMES, each when
 * the one before it is back and MS are over; and waited for so long at most.
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
 *	padded     in a frame with 30 bytes behind it, by interface "front" to
 *	           the link address of the next argument
 *	segments   as many datagrams of 500 bytes, in one piece (UDP GSO)
 *	sweep      65,536 of them, whose checksums have every value
 *
 * Exits 0 if it came back as it went; 1 if nothing did within a second (5 but
 * for overlap, or -w); 3 if something else did.  An ICMP error is printed as
 * "ICMP TYPE/CODE from ADDRESS", or "MTU N" if it tells one, and ends in 4.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
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
#define UDP_SEGMENT	 103

#define PIECE	1000u
#define SEGMENT 500u
#define WINDOW	128u

static uint8_t data[65536], back[65537];
static unsigned own_port, times = 1, interval;
static int patience;
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

static void take_port(int fd)
{
	struct sockaddr_storage any = { .ss_family = there.ss_family };

	/* Others use it towards other addresses. */
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	((struct sockaddr_in *)(void *)&any)->sin_port =
		htons((uint16_t)own_port);
	if (bind(fd, (struct sockaddr *)&any, addr_len) < 0)
		err(2, "port %u", own_port);
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
	if (fd >= 0 && own_port)
		take_port(fd);
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

static uint32_t fold(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

static uint32_t sum16(const uint8_t *at, size_t len)
{
	return fold(sum(0, at, len));
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
	s = fold(sum(sum(s, bytes_of(&there), alen), at, 8 + size));
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

/* In a frame that is longer than the packet. */
static void send_padded(const char *lladdr, size_t size)
{
	static uint8_t packet[2048];
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(is_v6() ? ETHERTYPE_IPV6 : ETHERTYPE_IP),
		.sll_ifindex = (int)if_nametoindex("front"),
		.sll_halen = 6,
	};
	size_t head;
	int fd = socket(AF_PACKET, SOCK_DGRAM, 0);

	for (unsigned i = 0; i < 6; i++)
		to.sll_addr[i] = (uint8_t)strtoul(lladdr + 3 * i, NULL, 16);
	if (is_v6()) {
		head = lay_v6(packet, 0, size, false) - 8;
		put16(packet + 4, 8 + size);
		packet[6] = IPPROTO_UDP;
	} else {
		head = lay_v4(packet, 0, 8 + size, false);
		put16(packet + 10, ~sum16(packet, 20) & 0xffff);
	}
	lay_udp(packet + head, size);
	if (sendto(fd, packet, head + 8 + size + 30, 0, (struct sockaddr *)&to,
		   sizeof(to)) < 0)
		err(2, "frame");
	close(fd);
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

/* One of segments, each of which comes back. */
static int ask_segments(int fd, size_t size)
{
	int status = 0;

	set(fd, IPPROTO_UDP, UDP_SEGMENT, SEGMENT);
	for (size_t i = SEGMENT; i < size; i++)
		data[i] = data[i - SEGMENT];
	if (send(fd, data, size, 0) < 0)
		err(2, "send");
	for (size_t i = 0; i < size && status == 0; i += SEGMENT)
		status = wait_for(fd, SEGMENT, patience ? patience : 5000);
	return status;
}

/* All that can be in two bytes. */
static int sweep(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	static bool is_back[65536];

	for (unsigned first = 0; first < 65536; first += WINDOW) {
		for (unsigned i = first; i < first + WINDOW; i++)
			if (send(fd, &(uint16_t){ (uint16_t)i }, 2, 0) < 0)
				err(2, "send");
		for (unsigned n = 0; n < WINDOW; n++) {
			uint16_t value;

			if (poll(&ready, 1, 5000) != 1 ||
			    recv(fd, &value, 2, 0) != 2)
				errx(1, "%u of %u came", n, first);
			if (is_back[value])
				errx(3, "%u came twice", value);
			is_back[value] = true;
		}
	}
	return 0;
}

static void prepare(int fd, const char *how, const char *number)
{
	set(fd, is_v6() ? IPPROTO_IPV6 : IPPROTO_IP,
	    is_v6() ? IPV6_RECVERR : IP_RECVERR, 1);
	if (strcmp(how, "df") == 0)
		dont_fragment(fd);
	else if (strcmp(how, "nosum") == 0)
		no_checksum(fd);
	else if (strcmp(how, "options") == 0)
		add_options(fd);
	else if (strcmp(how, "ttl") == 0 && number)
		live_for(fd, atoi(number));
}

static int send_one(int fd, const char *how, const char *word, size_t size)
{
	bool overlap = strcmp(how, "overlap") == 0;

	if (strcmp(how, "segments") == 0)
		return ask_segments(fd, size);
	if (strcmp(how, "sweep") == 0)
		return sweep(fd);
	if (strcmp(how, "padded") == 0)
		send_padded(word, size);
	else if (strcmp(how, "shuffled") == 0 || overlap)
		send_pieces(size, overlap);
	else if (send(fd, data, size, 0) < 0)
		err(2, "send");
	return wait_for(fd, size, patience ? patience : overlap ? 1000 : 5000);
}

static void take_options(int argc, char *argv[])
{
	int opt;

	while ((opt = getopt(argc, argv, "+p:n:i:w:")) != -1) {
		if (opt == 'p')
			own_port = (unsigned)atoi(optarg);
		else if (opt == 'n')
			times = (unsigned)atoi(optarg);
		else if (opt == 'i')
			interval = (unsigned)atoi(optarg);
		else if (opt == 'w')
			patience = atoi(optarg);
		else
			exit(2);
	}
	if (argc - optind < 3)
		errx(2, "usage: shape [OPTION...] ADDRESS PORT SIZE [HOW]");
}

int main(int argc, char *argv[])
{
	const char *how;
	int fd, status = 0;
	size_t size;

	take_options(argc, argv);
	argv += optind;
	how = argv[3] ? argv[3] : "plain";
	fd = open_to(argv[0], argv[1]);
	size = (size_t)atoi(argv[2]);
	for (size_t i = 0; i < size; i++)
		data[i] = (uint8_t)(i * 7 + i / 1000);
	prepare(fd, how, argv[3] ? argv[4] : NULL);
	if (strcmp(how, "lone") == 0) {
		send_first(size);
		return 0;
	}
	for (unsigned i = 0; i < times && status == 0; i++) {
		if (i > 0)
			poll(NULL, 0, (int)interval);
		status = send_one(fd, how, argv[4], size);
	}
	return status;
}
