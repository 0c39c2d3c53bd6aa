/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decap.c - takes IP-in-IP apart on a real server whose kernel has no tunnel
 * devices, in user space.
 *
 *	decap NAME
 *
 * Makes the tun device NAME, brings it up, prints "ready" and from then on
 * hands what comes in IPv4 or IPv6 with an IPv4 or IPv6 packet inside to the
 * kernel again, without the outer header, as received on NAME.  It sets up
 * nothing else: the VIP and rp_filter are yours.  Like a tunnel device that
 * accepts any peer, it believes every sender, so use it where only directors
 * can send.  Where the kernel has them, `ip link add NAME type ipip` and
 * `ip6tnl` are better, or lvs-decap(8), which is as fast and needs no process.
 * Beside that this one takes what it leaves: tunnels that come in fragments.
 *
 * Packet sockets bring what came in one piece, TCP segments that nobody has
 * cut included.  Raw sockets bring what came in fragments, put together; and
 * that there are some keeps the kernel from saying that it knows no tunnels.
 *
 * Needs CAP_NET_RAW and CAP_NET_ADMIN; the device goes when the program ends.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef IP_RECVFRAGSIZE
#define IP_RECVFRAGSIZE 25
#endif
#ifndef IPV6_RECVFRAGSIZE
#define IPV6_RECVFRAGSIZE 77
#endif

/* Bytes of packets the kernel may keep for us. */
#define QUEUE_BYTES (8 << 20)

#define IPV6_LEN 40

/* Where a filter finds the IP header, and what the packet was sent as. */
#define NET(at)	 ((uint32_t)(SKF_NET_OFF + (at)))
#define PKT_TYPE ((uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE))

#define NUM(array) (sizeof(array) / sizeof(*(array)))

/* To this host, IP-in-IP, and no fragment. */
static struct sock_filter whole4[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, PKT_TYPE),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_HOST, 0, 6),
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, NET(6)),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x3fff, 4, 0),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, NET(9)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_IPIP, 1, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_IPV6, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

static struct sock_filter whole6[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, PKT_TYPE),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_HOST, 0, 4),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, NET(6)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_IPIP, 1, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_IPV6, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

/*
 * Not what must not be fragmented: for IPv4 that spares most second copies.
 * What is put together again says no longer that it must not.
 */
static struct sock_filter joined4[] = {
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, NET(6)),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x4000, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

static void set(int fd, int level, int option, int value, const char *what)
{
	if (setsockopt(fd, level, option, &value, sizeof(value)) < 0)
		err(1, "%s", what);
}

static int open_socket(int family, int protocol)
{
	int bytes = QUEUE_BYTES;
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			protocol);

	if (fd < 0)
		err(1, "socket");
	/* With the default size it drops more, and still works. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	return fd;
}

static void set_filter(int fd, struct sock_filter *filter, size_t count)
{
	struct sock_fprog prog = { (unsigned short)count, filter };

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) <
	    0)
		err(1, "filter");
}

/* Bound to a protocol it sees each packet once, where it ends up. */
static int open_whole(uint16_t type, struct sock_filter *filter, size_t count)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET,
				    .sll_protocol = htons(type) };
	int fd = open_socket(AF_PACKET, 0);

	set(fd, SOL_PACKET, PACKET_VNET_HDR, 1, "packet socket");
	set_filter(fd, filter, count);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		err(1, "packet socket");
	return fd;
}

static int open_joined(int family, int protocol)
{
	int fd = open_socket(family, protocol);

	if (family == AF_INET6) {
		set(fd, IPPROTO_IPV6, IPV6_RECVFRAGSIZE, 1, "raw socket");
		return fd;
	}
	set(fd, IPPROTO_IP, IP_RECVFRAGSIZE, 1, "raw socket");
	set_filter(fd, joined4, NUM(joined4));
	return fd;
}

static int open_tun(const char *name)
{
	struct ifreq req = { .ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR };
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

/* A packet as it came, and its offload state. */
struct packet {
	struct virtio_net_hdr vnet;
	uint8_t bytes[65536 + 128];
	size_t len;
};

/* Hand what is behind the first STRIP bytes of P to TUN, if it is IP. */
static void pass_on(struct packet *p, size_t strip, int tun)
{
	struct iovec iov[2] = {
		{ &p->vnet, sizeof(p->vnet) },
		{ p->bytes + strip, p->len - strip },
	};
	unsigned version;

	if (p->len <= strip)
		return;
	version = p->bytes[strip] >> 4;
	if (version != 4 && version != 6)
		return;
	if (p->vnet.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		if (p->vnet.csum_start < strip)
			return;
		p->vnet.csum_start = (uint16_t)(p->vnet.csum_start - strip);
	}
	p->vnet.hdr_len = 0; /* a hint only */
	/* What the kernel will not take is lost, as on a wire. */
	if (writev(tun, iov, 2) < 0 && errno == EBADFD)
		err(1, "tun device");
}

/* Bytes of P up to the inner header; the IP header is at L3. */
static size_t headers(const struct packet *p, size_t l3)
{
	if (p->bytes[l3] >> 4 == 4)
		return l3 + (size_t)(p->bytes[l3] & 0xf) * 4;
	return l3 + IPV6_LEN;
}

static void read_whole(int fd, int tun)
{
	static struct packet p;
	struct sockaddr_ll from;
	struct iovec iov[2] = {
		{ &p.vnet, sizeof(p.vnet) },
		{ p.bytes, sizeof(p.bytes) },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t got;

	for (;;) {
		size_t l3 = ETH_HLEN;

		msg.msg_name = &from;
		msg.msg_namelen = sizeof(from);
		got = recvmsg(fd, &msg, 0);
		if (got < (ssize_t)sizeof(p.vnet))
			return;
		if (from.sll_hatype != ARPHRD_ETHER &&
		    from.sll_hatype != ARPHRD_LOOPBACK)
			l3 = 0;
		p.len = (size_t)got - sizeof(p.vnet);
		if (p.len > l3)
			pass_on(&p, headers(&p, l3), tun);
	}
}

/* The kernel says how long fragments were of a packet that came in such. */
static bool is_joined(struct msghdr *msg, int family)
{
	int level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
	int type = family == AF_INET ? IP_RECVFRAGSIZE : IPV6_RECVFRAGSIZE;
	struct cmsghdr *cmsg;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg))
		if (cmsg->cmsg_level == level && cmsg->cmsg_type == type)
			return true;
	return false;
}

/* An IPv4 raw socket gives the outer header too, an IPv6 one does not. */
static void read_joined(int fd, int family, int tun)
{
	static struct packet p;
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { p.bytes, sizeof(p.bytes) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t got;

	memset(&p.vnet, 0, sizeof(p.vnet));
	for (;;) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof(control.bytes);
		got = recvmsg(fd, &msg, 0);
		if (got <= 0)
			return;
		p.len = (size_t)got;
		if (is_joined(&msg, family))
			pass_on(&p, family == AF_INET ? headers(&p, 0) : 0,
				tun);
	}
}

int main(int argc, char *argv[])
{
	struct pollfd fds[6] = { 0 };
	int tun;

	if (argc != 2) {
		fprintf(stderr, "usage: decap NAME\n");
		return 2;
	}
	tun = open_tun(argv[1]);
	fds[0].fd = open_whole(ETH_P_IP, whole4, NUM(whole4));
	fds[1].fd = open_whole(ETH_P_IPV6, whole6, NUM(whole6));
	fds[2].fd = open_joined(AF_INET, IPPROTO_IPIP);
	fds[3].fd = open_joined(AF_INET, IPPROTO_IPV6);
	fds[4].fd = open_joined(AF_INET6, IPPROTO_IPIP);
	fds[5].fd = open_joined(AF_INET6, IPPROTO_IPV6);
	for (size_t i = 0; i < NUM(fds); i++)
		fds[i].events = POLLIN;
	puts("ready");
	fflush(stdout);
	for (;;) {
		if (poll(fds, NUM(fds), -1) < 0 && errno != EINTR)
			err(1, "poll");
		for (size_t i = 0; i < NUM(fds); i++) {
			if (!fds[i].revents)
				continue;
			if (i < 2)
				read_whole(fds[i].fd, tun);
			else
				read_joined(fds[i].fd,
					    i < 4 ? AF_INET : AF_INET6, tun);
		}
	}
}
