/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decap.c - takes IP-in-IP apart on a real server whose kernel has no tunnel
 * devices.
 *
 *	decap NAME
 *
 * Makes the tun device NAME, brings it up, prints "ready" and from then on
 * hands what comes in IPv4 or IPv6 with an IPv4 or IPv6 packet inside to the
 * kernel again, without the outer header, as received on NAME.  It sets up
 * nothing else: the VIP and rp_filter are yours.  Like a tunnel device that
 * accepts any peer, it believes every sender, so use it where only directors
 * can send.  Where the kernel has them, `ip link add NAME type ipip` and
 * `ip6tnl` are better.
 *
 * Needs CAP_NET_RAW and CAP_NET_ADMIN; the device goes when the program ends.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Bytes of packets the kernel may keep for us. */
#define QUEUE_BYTES (8 << 20)

/* One raw socket for each pair of outer and inner family. */
static const struct {
	int family;
	int protocol;
	unsigned inner_version;
} kinds[] = {
	{ AF_INET, IPPROTO_IPIP, 4 },
	{ AF_INET, IPPROTO_IPV6, 6 },
	{ AF_INET6, IPPROTO_IPIP, 4 },
	{ AF_INET6, IPPROTO_IPV6, 6 },
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

static int open_raw(int family, int protocol)
{
	int bytes = QUEUE_BYTES;
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			protocol);

	if (fd < 0)
		err(1, "raw socket");
	/* With the default size it drops more, and still works. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	return fd;
}

static int open_tun(const char *name)
{
	struct ifreq req = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd, ctl;

	if (strlen(name) >= IFNAMSIZ)
		errx(2, "%s: name too long", name);
	memcpy(req.ifr_name, name, strlen(name) + 1);
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &req) < 0)
		err(1, "/dev/net/tun: %s", name);
	ctl = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (ctl < 0 || ioctl(ctl, SIOCGIFFLAGS, &req) < 0)
		err(1, "%s", name);
	req.ifr_flags |= IFF_UP;
	if (ioctl(ctl, SIOCSIFFLAGS, &req) < 0)
		err(1, "%s: up", name);
	close(ctl);
	return fd;
}

/* An IPv4 raw socket gives the outer header too, an IPv6 one does not. */
static size_t outer_len(int family, const uint8_t *packet)
{
	return family == AF_INET ? (size_t)(packet[0] & 0xf) * 4 : 0;
}

/* Everything that FD, of the INDEX-th kind, has for us goes to TUN. */
static void pass_on(int fd, size_t index, int tun)
{
	static uint8_t packet[65536 + 60];
	ssize_t got;

	while ((got = recv(fd, packet, sizeof(packet), 0)) > 0) {
		size_t outer = outer_len(kinds[index].family, packet);
		size_t len = (size_t)got;

		if (len <= outer ||
		    packet[outer] >> 4 != kinds[index].inner_version)
			continue;
		/* What the kernel will not take is lost, as on a wire. */
		if (write(tun, packet + outer, len - outer) < 0 &&
		    errno == EBADFD)
			err(1, "tun device");
	}
}

int main(int argc, char *argv[])
{
	struct pollfd fds[KINDS];
	int tun;

	if (argc != 2) {
		fprintf(stderr, "usage: decap NAME\n");
		return 2;
	}
	tun = open_tun(argv[1]);
	for (size_t i = 0; i < KINDS; i++) {
		fds[i].fd = open_raw(kinds[i].family, kinds[i].protocol);
		fds[i].events = POLLIN;
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		if (poll(fds, KINDS, -1) < 0 && errno != EINTR)
			err(1, "poll");
		for (size_t i = 0; i < KINDS; i++)
			if (fds[i].revents)
				pass_on(fds[i].fd, i, tun);
	}
}
