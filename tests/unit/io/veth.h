/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * veth.h - a veth pair in a network namespace that goes with the process: the
 * port under test is at its near end, a packet socket of the test's own at
 * the far one.
 *
 * The file that includes it has defined _GNU_SOURCE, for unshare(2).
 */
#ifndef LVS_TESTS_UNIT_IO_VETH_H
#define LVS_TESTS_UNIT_IO_VETH_H

#include "frame.h"
#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static inline void run(const char *command)
{
	ck_assert_msg(system(command) == 0, "failed: %s", command);
}

static inline bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) > 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

/* A namespace of our own: as root, or as root of a user namespace. */
static inline bool enter_namespace(void)
{
	char map[32];

	if (geteuid() == 0)
		return unshare(CLONE_NEWNET) == 0;
	snprintf(map, sizeof(map), "0 %u 1", geteuid());
	return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 &&
	       write_file("/proc/self/uid_map", map);
}

/* Why these tests cannot be run here; NULL: they can. */
static inline const char *why_not(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(enter_namespace() ? 0 : 1);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		return "no network namespace can be made";
	if (system("ip -V >/dev/null 2>&1") != 0)
		return "no ip(8)";
	return NULL;
}

static inline bool is_running(const char *ifname)
{
	struct ifreq req = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bool running;

	strcpy(req.ifr_name, ifname);
	running = ioctl(fd, SIOCGIFFLAGS, &req) == 0 &&
		  req.ifr_flags & IFF_RUNNING;
	close(fd);
	return running;
}

/*
 * Before the kernel has noticed its carrier, in a thread of its own, an
 * interface swallows what is sent.
 */
static inline void pair_up(void)
{
	run("ip link set far up && ip link set near up");
	while (!is_running("near") || !is_running("far"))
		sched_yield();
	run("ip link set far up"); /* waits for that thread's lock */
}

/* No IPv6 of the kernel's own, which would speak up when it likes. */
static inline void make_pair(void)
{
	ck_assert(enter_namespace());
	write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	run("ip link add near address 02:00:00:00:00:01 type veth "
	    "peer name far address 02:00:00:00:00:02");
	pair_up();
}

/* With every frame that LINK receives, and offload state in front. */
static inline int open_at(const char *link)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(link),
	};
	int on = 1, bytes = 8 << 20;
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
	ck_assert_int_eq(setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on,
				    sizeof(on)),
			 0);
	ck_assert_int_eq(setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on,
				    sizeof(on)),
			 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static inline int open_far(void)
{
	return open_at("far");
}

static inline void veth_put(int fd, const struct frame *f)
{
	struct virtio_net_hdr vnet = {
		.flags = f->off.flags & LVS_OFF_CSUM
				 ? VIRTIO_NET_HDR_F_NEEDS_CSUM
				 : 0,
		.gso_type =
			f->off.gso == LVS_GSO_TCPV4   ? VIRTIO_NET_HDR_GSO_TCPV4
			: f->off.gso == LVS_GSO_TCPV6 ? VIRTIO_NET_HDR_GSO_TCPV6
						      : VIRTIO_NET_HDR_GSO_NONE,
		.hdr_len = (uint16_t)f->payload,
		.gso_size = f->off.gso_size,
		.csum_start = f->off.csum_start,
		.csum_offset = f->off.csum_offset,
	};
	struct iovec iov[2] = {
		{ &vnet, sizeof(vnet) },
		{ (void *)(uintptr_t)f->bytes, f->len },
	};

	ck_assert_int_eq(writev(fd, iov, 2), (ssize_t)(sizeof(vnet) + f->len));
}

static inline void veth_take(int far_fd, struct frame *f)
{
	struct pollfd fd = { .fd = far_fd, .events = POLLIN };
	struct virtio_net_hdr vnet;
	struct iovec iov[2] = {
		{ &vnet, sizeof(vnet) },
		{ f->bytes, sizeof(f->bytes) },
	};
	ssize_t got;

	ck_assert_msg(poll(&fd, 1, 5000) == 1, "nothing was sent");
	got = readv(far_fd, iov, 2);
	ck_assert_int_gt(got, (ssize_t)sizeof(vnet));
	f->len = (size_t)got - sizeof(vnet);
	memset(&f->off, 0, sizeof(f->off));
	if (vnet.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		f->off.flags = LVS_OFF_CSUM;
	f->off.gso = vnet.gso_type == VIRTIO_NET_HDR_GSO_TCPV4	 ? LVS_GSO_TCPV4
		     : vnet.gso_type == VIRTIO_NET_HDR_GSO_TCPV6 ? LVS_GSO_TCPV6
								 : LVS_GSO_NONE;
	f->off.gso_size = vnet.gso_size;
}

/* An interface that is slow: what it does not send at once waits in LIMIT. */
static inline void slow_down(const char *ifname, const char *limit)
{
	char command[100];

	snprintf(command, sizeof(command),
		 "tc qdisc add dev %s root tbf rate 8kbit burst 2000 limit %s",
		 ifname, limit);
	run(command);
}

#endif
