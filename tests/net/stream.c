/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stream.c - TCP both ways at once, each byte looked at, for tests.
 *
 *	stream serve PORT NAME
 *	stream ask [OPTION...] ADDRESS PORT
 *
 * A client tells the server what it wants (struct wish), which answers with the
 * first character of NAME; then both send a pattern of their own, each checks
 * the other's, and who has sent all closes its half.  Options of a client:
 *
 *	-c COUNT    connections at once (1)
 *	-p PORT     the port of the first, the others follow
 *	-b ADDRESS  the address that they come from
 *	-u BYTES    to the server
 *	-d BYTES    to the client
 *	-e          both until SIGTERM, when the client closes first
 *	-r RATE     KiB a second, each way
 *	-l          the server sends only when the client has closed its half
 *	-k          the client resets its connections when all is through
 *	-q          the server does
 *
 * It prints "ready" when all are there, and at the end who served how many
 * ("1:600 2:400").  Exits 0 if all bytes were right, 1 if a connection was
 * lost, 3 if a byte was wrong.
 */
#define _GNU_SOURCE /* accept4 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNS_MAX 8192
#define PERIOD	  65521u /* a prime: no two segments look alike */
#define PIECE	  65536u
#define ENDLESS	  UINT64_MAX
#define CHUNK	  4096u /* of what is paced */
#define MS_DEAD	  30000

enum {
	LATE = 1,
	RESET = 2
};

/* What a client says first; one machine, so as it lies in memory. */
struct wish {
	uint64_t up, down;
	uint32_t rate; /* KiB/s; 0: as fast as it goes */
	uint32_t key;  /* of the patterns */
	uint32_t flags;
	uint32_t resets; /* the client does */
};

struct conn {
	struct wish wish;
	uint64_t sent, got;
	int64_t begin; /* ms */
	int64_t alive;
	unsigned wished; /* bytes of the wish that are through */
	bool named, shut, eof;
};

static struct pollfd polls[CONNS_MAX + 1]; /* the last: a server's socket */
static struct conn conns[CONNS_MAX];
static unsigned count;
static bool is_server;
static char name;
static unsigned served[256];
static uint8_t pattern[2 * PERIOD + PIECE];
static volatile sig_atomic_t is_over;

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void make_pattern(void)
{
	uint32_t x = 2463534242;

	for (unsigned i = 0; i < PERIOD; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		pattern[i] = (uint8_t)x;
	}
	for (unsigned i = PERIOD; i < sizeof(pattern); i++)
		pattern[i] = pattern[i - PERIOD];
}

/* What is OFFSET bytes into a stream, PIECE bytes of it and more. */
static const uint8_t *bytes_at(const struct conn *c, uint64_t offset, bool up)
{
	return pattern + (offset + c->wish.key * 97 + up * 31) % PERIOD;
}

/* ---- one connection ------------------------------------------------------ */

static uint64_t left_to_send(const struct conn *c)
{
	uint64_t all = is_server ? c->wish.down : c->wish.up;

	if (!c->named || (is_server && (c->wish.flags & LATE) && !c->eof))
		return 0;
	if (all == ENDLESS && (is_over || (is_server && c->eof)))
		return 0;
	return all - c->sent;
}

/* How much of it may go now. */
static uint64_t may_send(const struct conn *c, int64_t now)
{
	uint64_t left = left_to_send(c), due;

	if (c->wish.rate == 0)
		return left;
	due = (uint64_t)(now - c->begin) * c->wish.rate * 1024 / 1000;
	due = due > c->sent ? due - c->sent : 0;
	return due >= left ? left : due >= CHUNK ? due : 0;
}

static bool is_late(const struct conn *c)
{
	return is_server && (c->wish.flags & LATE) && !c->eof;
}

static void reset_on_close(int fd)
{
	struct linger linger = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

static void forget(unsigned i)
{
	close(polls[i].fd);
	count--;
	polls[i] = polls[count];
	conns[i] = conns[count];
}

static void lost(unsigned i, const char *why)
{
	const struct conn *c = &conns[i];

	if (!is_server)
		errx(1, "connection %u: %s; sent %llu, got %llu", c->wish.key,
		     why, (unsigned long long)c->sent,
		     (unsigned long long)c->got);
}

/* The server's hello, or the client's; false if it waits for more. */
static bool greet(unsigned i)
{
	struct conn *c = &conns[i];
	uint8_t *wish = (uint8_t *)&c->wish + c->wished;
	size_t rest = sizeof(c->wish) - c->wished;
	ssize_t done;

	if (is_server)
		done = recv(polls[i].fd, wish, rest, 0);
	else
		done = send(polls[i].fd, wish, rest, MSG_NOSIGNAL);
	if (done <= 0)
		return false;
	c->wished += (unsigned)done;
	if (c->wished < sizeof(c->wish))
		return false;
	c->begin = now_ms();
	if (is_server)
		c->named = send(polls[i].fd, &name, 1, MSG_NOSIGNAL) == 1;
	return true;
}

static bool take_name(unsigned i)
{
	char by;

	if (recv(polls[i].fd, &by, 1, 0) != 1)
		return false;
	served[(uint8_t)by]++;
	conns[i].named = true;
	conns[i].begin = now_ms();
	return true;
}

static int put(unsigned i, int64_t now)
{
	struct conn *c = &conns[i];
	uint64_t most = may_send(c, now);
	ssize_t done;

	if (most == 0)
		return 0;
	done = send(polls[i].fd, bytes_at(c, c->sent, !is_server),
		    most < PIECE ? most : PIECE, MSG_NOSIGNAL);
	if (done < 0)
		return errno == EAGAIN ? 0 : -1;
	c->sent += (uint64_t)done;
	c->alive = now;
	return 0;
}

static int take(unsigned i, int64_t now)
{
	static uint8_t data[PIECE];
	struct conn *c = &conns[i];
	ssize_t done = recv(polls[i].fd, data, sizeof(data), 0);

	if (done < 0)
		return errno == EAGAIN ? 0 : -1;
	c->alive = now;
	c->eof = done == 0;
	if (memcmp(data, bytes_at(c, c->got, is_server), (size_t)done) != 0)
		errx(3, "connection %u: wrong after %llu bytes", c->wish.key,
		     (unsigned long long)c->got);
	c->got += (uint64_t)done;
	return 0;
}

static bool has_all(const struct conn *c)
{
	uint64_t all = is_server ? c->wish.up : c->wish.down;

	return all == ENDLESS || c->got == all;
}

static void close_halves(unsigned i)
{
	struct conn *c = &conns[i];
	bool resets = is_server ? c->wish.flags & RESET : c->wish.resets;

	if (!c->named || is_late(c) || left_to_send(c) > 0 ||
	    (is_server && c->wish.down == ENDLESS && !c->eof))
		return;
	if (resets && has_all(c)) {
		reset_on_close(polls[i].fd);
		forget(i);
		return;
	}
	if (!c->shut && !(c->wish.flags & RESET) && !resets)
		shutdown(polls[i].fd, SHUT_WR);
	c->shut = true;
	if (!c->eof)
		return;
	if (!has_all(c))
		lost(i, "closed too soon");
	forget(i);
}

static int step(unsigned i, int64_t now)
{
	struct conn *c = &conns[i];
	short got = polls[i].revents;

	if (c->wished < sizeof(c->wish)) {
		if (got & (POLLERR | POLLHUP))
			return -1;
		if (!(got & (POLLIN | POLLOUT)) || !greet(i))
			return 0;
	}
	if (!c->named)
		return got & (POLLERR | POLLHUP)	 ? -1
		       : !(got & POLLIN) || take_name(i) ? 0
							 : -1;
	if (got & (POLLIN | POLLHUP | POLLERR) && !c->eof && take(i, now) < 0)
		return -1;
	return put(i, now);
}

/* ---- all of them --------------------------------------------------------- */

static short wanted(const struct conn *c, int64_t now)
{
	if (c->wished < sizeof(c->wish))
		return is_server ? POLLIN : POLLOUT;
	return (short)((c->eof ? 0 : POLLIN) |
		       (may_send(c, now) > 0 ? POLLOUT : 0));
}

static void round_of_all(void)
{
	int64_t now = now_ms();
	int timeout = 1000;

	for (unsigned i = 0; i < count; i++) {
		polls[i].events = wanted(&conns[i], now);
		/* Some bytes are due soon. */
		if (conns[i].wish.rate)
			timeout = 5;
	}
	polls[count] = polls[CONNS_MAX];
	if (poll(polls, count + is_server, timeout) < 0 && errno != EINTR)
		err(2, "poll");
	polls[CONNS_MAX].revents = polls[count].revents;
	now = now_ms();
	/* From the end, as the last takes the place of one that ends. */
	for (unsigned i = count; i-- > 0;) {
		if (step(i, now) < 0) {
			lost(i, strerror(errno));
			forget(i);
		} else if (!is_server && now - conns[i].alive > MS_DEAD) {
			lost(i, "silence");
		} else {
			close_halves(i);
		}
	}
}

static struct addrinfo *resolve(const char *address, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_NUMERICHOST };
	struct addrinfo *found;

	if (getaddrinfo(address, port, &hints, &found) != 0)
		errx(2, "%s port %s: no address", address, port);
	return found;
}

static void add(int fd, const struct wish *wish)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	polls[count] = (struct pollfd){ .fd = fd };
	conns[count] = (struct conn){ .alive = now_ms() };
	if (wish)
		conns[count].wish = *wish;
	count++;
}

/* ---- server -------------------------------------------------------------- */

static int serve(const char *port)
{
	struct sockaddr_in6 addr = {
		.sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)atoi(port)),
	};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int on = 1, off = 0, new;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0 ||
	    bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(fd, 4096) < 0)
		err(1, "port %s", port);
	puts("ready");
	fflush(stdout);
	polls[CONNS_MAX] = (struct pollfd){ .fd = fd, .events = POLLIN };
	for (;;) {
		round_of_all();
		while (count < CONNS_MAX - 1 &&
		       (new = accept4(fd, NULL, NULL, SOCK_NONBLOCK)) >= 0)
			add(new, NULL);
	}
}

/* ---- client -------------------------------------------------------------- */

static void take_address(int fd, const char *from, unsigned port, int family)
{
	struct addrinfo *here = resolve(from		    ? from
					: family == AF_INET ? "0.0.0.0"
							    : "::",
					"0");
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* The port is at the same place in both kinds of address. */
	((struct sockaddr_in *)(void *)here->ai_addr)->sin_port =
		htons((uint16_t)port);
	if (bind(fd, here->ai_addr, here->ai_addrlen) < 0)
		err(2, "port %u", port);
	freeaddrinfo(here);
}

static void connect_one(const struct addrinfo *to, const char *from,
			unsigned port, const struct wish *wish)
{
	int fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0)
		err(2, "socket");
	if (from || port)
		take_address(fd, from, port, to->ai_family);
	if (connect(fd, to->ai_addr, to->ai_addrlen) < 0 &&
	    errno != EINPROGRESS)
		err(1, "connect");
	add(fd, wish);
}

static unsigned ready(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 256; i++)
		n += served[i];
	return n;
}

static void end(int sig)
{
	(void)sig;
	is_over = 1;
}

static int ask(unsigned conns_wanted)
{
	bool said = false;

	signal(SIGTERM, end);
	while (count > 0) {
		round_of_all();
		if (!said && ready() == conns_wanted) {
			puts("ready");
			fflush(stdout);
			said = true;
		}
	}
	for (unsigned i = 0, n = 0; i < 256; i++)
		if (served[i])
			printf("%s%c:%u", n++ ? " " : "", (char)i, served[i]);
	putchar('\n');
	return 0;
}

static int client(int argc, char *argv[])
{
	struct wish wish = { 0 };
	const char *from = NULL;
	unsigned n = 1, port = 0;
	struct addrinfo *to;
	int opt;

	while ((opt = getopt(argc, argv, "c:p:b:u:d:r:elkq")) != -1) {
		switch (opt) {
		case 'c':
			n = (unsigned)atoi(optarg);
			break;
		case 'p':
			port = (unsigned)atoi(optarg);
			break;
		case 'b':
			from = optarg;
			break;
		case 'u':
			wish.up = strtoull(optarg, NULL, 10);
			break;
		case 'd':
			wish.down = strtoull(optarg, NULL, 10);
			break;
		case 'r':
			wish.rate = (uint32_t)atoi(optarg);
			break;
		case 'e':
			wish.up = wish.down = ENDLESS;
			break;
		case 'l':
			wish.flags |= LATE;
			break;
		case 'k':
			wish.resets = 1;
			break;
		case 'q':
			wish.flags |= RESET;
			break;
		default:
			return 2;
		}
	}
	if (argc - optind != 2 || n < 1 || n >= CONNS_MAX)
		errx(2, "usage: stream ask [OPTION...] ADDRESS PORT");
	to = resolve(argv[optind], argv[optind + 1]);
	for (wish.key = 0; wish.key < n; wish.key++)
		connect_one(to, from, port ? port + wish.key : 0, &wish);
	freeaddrinfo(to);
	return ask(n);
}

int main(int argc, char *argv[])
{
	struct rlimit files = { CONNS_MAX + 64, CONNS_MAX + 64 };

	make_pattern();
	setrlimit(RLIMIT_NOFILE, &files);
	if (argc == 4 && strcmp(argv[1], "serve") == 0) {
		is_server = true;
		name = argv[3][0];
		return serve(argv[2]);
	}
	if (argc < 2 || strcmp(argv[1], "ask") != 0)
		errx(2, "usage: stream serve PORT NAME | stream ask ...");
	return client(argc - 1, argv + 1);
}
