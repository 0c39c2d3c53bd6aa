/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * psock.c - a packet socket on an interface, packet(7).
 *
 * It sees what the interface receives, not what it sends.  With
 * PACKET_VNET_HDR a packet comes as it is: up to 64 KiB of TCP segments that
 * nobody has cut yet, a checksum that nobody has summed yet.  Small packets
 * come by a ring, which takes half as long; large ones by the socket's queue,
 * as in a ring they would take twice as long and each frame 64 KiB.
 *
 * A packet socket gets a copy.  Keeping the host's own stack from acting on
 * the original is not this file's business.
 */
#include "config.h"

#include "base/log.h"
#include "io/psock.h"
#include "pkt/mark.h"
#include "pkt/offload.h"
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Bytes of large packets the kernel keeps while we are busy, its own overhead
 * included: some 200.
 */
#define RX_QUEUE_BYTES (16 << 20)
/* Likewise of packets that a network card has not sent yet. */
#define TX_QUEUE_BYTES (4 << 20)

/* What the kernel knows of a packet besides its bytes, for a filter. */
#define AD(name) ((uint32_t)(SKF_AD_OFF + SKF_AD_##name))

/*
 * What reaches us: IP and perhaps a third PROTOCOL; frames of a kind before
 * NOT_FROM, so none to another host (a bridge's or a promiscuous interface's);
 * nothing of a VLAN on top of this interface, which is an interface of its
 * own (tag 0 is no VLAN but a priority); nothing that the host backend has
 * handed back to the host.
 */
#define FILTER(not_from, protocol)                                             \
	{                                                                      \
		/* 0 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                     \
				 AD(PKTTYPE)), /* 1 */                         \
			BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, not_from, 11,      \
				 0),				      /* 2 */  \
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AD(MARK)), /* 3 */  \
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, LVS_HANDED_MARK,   \
				 9, 0), /* 4 */                                \
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                     \
				 AD(VLAN_TAG_PRESENT)),		      /* 5 */  \
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 2, 0), /* 6 */  \
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                     \
				 AD(VLAN_TAG)), /* 7 */                        \
			BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0xfff, 5,         \
				 0), /* 8 */                                   \
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                     \
				 AD(PROTOCOL)), /* 9 */                        \
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 2,       \
				 0), /* 10 */                                  \
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 1,     \
				 0), /* 11 */                                  \
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, protocol, 0, 1),   \
			/* 12 */ BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),        \
			/* 13 */ BPF_STMT(BPF_RET | BPF_K, 0),                 \
	}

static const struct sock_filter of_frames[] =
	FILTER(PACKET_OTHERHOST, ETH_P_ARP);
static const struct sock_filter of_packets[] =
	FILTER(PACKET_BROADCAST, ETH_P_IPV6);

/* Of the interface NAMEd so: its number, and whether it has a link header. */
static int look_up(struct lvs_psock *ps, const char *name)
{
	struct ifreq req = { 0 };

	if (!name || strlen(name) >= IFNAMSIZ)
		return LVS_ERR_NODEV;
	ps->ifindex = if_nametoindex(name);
	if (ps->ifindex == 0)
		return LVS_ERR_NODEV;
	memcpy(req.ifr_name, name, strlen(name) + 1);
	if (ioctl(ps->fd, SIOCGIFHWADDR, &req) < 0)
		return -errno;
	switch (req.ifr_hwaddr.sa_family) {
	case ARPHRD_ETHER:
	case ARPHRD_LOOPBACK:
		ps->l2_len = ETH_HLEN;
		return 0;
	case ARPHRD_NONE:
	case ARPHRD_PPP:
		ps->l2_len = 0;
		return 0;
	default:
		return LVS_ERR_NOTSUP;
	}
}

/*
 * BYTES of queue by OPTION, past the system's limit if we may, and up to it
 * otherwise: a small queue works, it only drops earlier.
 */
static void set_queue(int fd, int option, int forced_option, int bytes,
		      const char *ifname, const struct lvs_log *log)
{
	int got = 0;
	socklen_t len = sizeof(got);

	if (setsockopt(fd, SOL_SOCKET, forced_option, &bytes, sizeof(bytes)) ==
	    0)
		return;
	(void)setsockopt(fd, SOL_SOCKET, option, &bytes, sizeof(bytes));
	(void)getsockopt(fd, SOL_SOCKET, option, &got, &len);
	if (got < bytes)
		lvs_log_line(log, LVS_LOG_WARNING,
			     "%s: queue of %d bytes instead of %d: raise "
			     "net.core.%cmem_max or give CAP_NET_ADMIN",
			     ifname, got, bytes,
			     option == SO_RCVBUF ? 'r' : 'w');
}

static int set_flag(int fd, int option)
{
	int on = 1;

	return setsockopt(fd, SOL_PACKET, option, &on, sizeof(on)) < 0 ? -errno
								       : 0;
}

/*
 * The filter is there before the socket is bound, so that no packet comes
 * past it.
 */
static int set_up(struct lvs_psock *ps, const struct lvs_port_opts *opts)
{
	struct sock_fprog prog = {
		.len = sizeof(of_frames) / sizeof(*of_frames),
		.filter = (struct sock_filter *)(ps->cooked ? of_packets
							    : of_frames),
	};
	struct sockaddr_ll addr = { .sll_family = AF_PACKET };
	int error;

	if (setsockopt(ps->fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
		       sizeof(prog)) < 0)
		return -errno;
	if ((error = set_flag(ps->fd, PACKET_VNET_HDR)) < 0 ||
	    (error = set_flag(ps->fd, PACKET_IGNORE_OUTGOING)) < 0 ||
	    (error = lvs_ring_open(&ps->ring, ps->fd)) < 0)
		return error;
	set_queue(ps->fd, SO_RCVBUF, SO_RCVBUFFORCE, RX_QUEUE_BYTES,
		  opts->ifname, &opts->log);
	set_queue(ps->fd, SO_SNDBUF, SO_SNDBUFFORCE, TX_QUEUE_BYTES,
		  opts->ifname, &opts->log);
	addr.sll_protocol = htons(ETH_P_ALL);
	addr.sll_ifindex = (int)ps->ifindex;
	if (bind(ps->fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return errno == ENXIO ? LVS_ERR_NODEV : -errno;
	return 0;
}

int lvs_psock_open(struct lvs_psock *ps, const struct lvs_port_opts *opts,
		   bool cooked)
{
	int error;

	/* Protocol 0: nothing is received before bind(2). */
	ps->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (ps->fd < 0)
		return -errno;
	error = look_up(ps, opts->ifname);
	if (error)
		return error;
	ps->cooked = cooked;
	error = lvs_bufs_init(&ps->bufs, opts->buffers);
	return error ? error : set_up(ps, opts);
}

void lvs_psock_hear_groups(struct lvs_psock *ps)
{
	const struct packet_mreq req = {
		.mr_ifindex = (int)ps->ifindex,
		.mr_type = PACKET_MR_ALLMULTI,
	};

	if (setsockopt(ps->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &req,
		       sizeof(req)) < 0)
		return;
}

void lvs_psock_close(struct lvs_psock *ps)
{
	lvs_ring_close(&ps->ring);
	if (ps->fd >= 0)
		close(ps->fd);
	lvs_bufs_fini(&ps->bufs);
}

/* The kernel takes the interface from a socket that is bound to it. */
static bool is_gone(const struct lvs_psock *ps)
{
	struct sockaddr_ll addr = { 0 };
	socklen_t len = sizeof(addr);

	return getsockname(ps->fd, (struct sockaddr *)&addr, &len) < 0 ||
	       addr.sll_ifindex != (int)ps->ifindex;
}

/* 0, or what has become of the interface since the last time. */
static int trouble(struct lvs_psock *ps)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(ps->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return -errno;
	if (error == ENETDOWN)
		ps->down = true;
	else if (error)
		return -error;
	return ps->down && is_gone(ps) ? LVS_ERR_NODEV : 0;
}

/* Up to N messages of the queue. */
static int receive(struct lvs_psock *ps, struct mmsghdr *msgs, unsigned n)
{
	for (;;) {
		int got = recvmmsg(ps->fd, msgs, n, MSG_DONTWAIT, NULL);

		if (got >= 0)
			return got;
		switch (errno) {
		case EINTR:
			continue;
		case EAGAIN:
			return 0;
		case EINVAL: /* the virtio header cannot describe it */
			ps->rx_errors++;
			continue;
		case ENETDOWN:
			ps->down = true;
			continue;
		default:
			return -errno;
		}
	}
}

/* PKT is nothing that can be forwarded. */
static void keep(struct lvs_psock *ps, struct lvs_pkt *pkt)
{
	lvs_bufs_give(&ps->bufs, pkt);
	ps->rx_errors++;
}

/*
 * Make PKT what VNET and the LEN bytes in its buffer say was received, and
 * lend it as the next of *LENT.
 */
static void lend(struct lvs_psock *ps, struct lvs_pkt *pkt, uint32_t len,
		 const struct virtio_net_hdr *vnet, struct lvs_pkt *pkts[],
		 size_t *lent)
{
	if (len < ps->l2_len) {
		keep(ps, pkt);
		return;
	}
	lvs_bufs_fill(pkt, len, ps->l2_len, ps->ifindex);
	if (lvs_offload_from_vnet(&pkt->off, vnet, len) < 0) {
		keep(ps, pkt);
		return;
	}
	if (ps->cooked)
		lvs_bufs_bare(pkt, pkt->l2_len);
	pkts[(*lent)++] = pkt;
	ps->rx_packets++;
	ps->rx_bytes += pkt->len;
}

/*
 * Up to N packets, at most LVS_BURST, from the socket's queue.  Returns how
 * many have left it, or what receive said.
 */
static int from_queue(struct lvs_psock *ps, struct lvs_pkt *pkts[], size_t n,
		      size_t *lent)
{
	struct virtio_net_hdr vnet[LVS_BURST];
	struct iovec iov[LVS_BURST][2];
	struct mmsghdr msgs[LVS_BURST];
	struct lvs_pkt *bufs[LVS_BURST];
	int got;

	for (uint32_t i = 0; i < n; i++) {
		bufs[i] = lvs_bufs_peek(&ps->bufs, i);
		iov[i][0] = (struct iovec){ &vnet[i], LVS_VNET_LEN };
		iov[i][1] =
			(struct iovec){ lvs_bufs_data(bufs[i]), LVS_BUFS_ROOM };
		msgs[i] = (struct mmsghdr){
			.msg_hdr.msg_iov = iov[i],
			.msg_hdr.msg_iovlen = 2,
		};
	}
	got = receive(ps, msgs, (unsigned)n);
	if (got <= 0)
		return got;
	lvs_bufs_take(&ps->bufs, (uint32_t)got);
	for (int i = 0; i < got; i++) {
		uint32_t len = msgs[i].msg_len;

		if (len < LVS_VNET_LEN || msgs[i].msg_hdr.msg_flags & MSG_TRUNC)
			keep(ps, bufs[i]);
		else
			lend(ps, bufs[i], len - (uint32_t)LVS_VNET_LEN,
			     &vnet[i], pkts, lent);
	}
	return got;
}

/* Packets of the ring until N are lent or one comes from the queue. */
static void from_ring(struct lvs_psock *ps, struct lvs_pkt *pkts[], size_t n,
		      size_t *lent)
{
	struct lvs_ring_frame frame;

	while (*lent < n) {
		struct lvs_pkt *pkt = lvs_bufs_peek(&ps->bufs, 0);

		switch (lvs_ring_look(&ps->ring, &frame)) {
		case LVS_RING_PACKET:
			lvs_bufs_take(&ps->bufs, 1);
			memcpy(lvs_bufs_data(pkt), frame.data, frame.len);
			lend(ps, pkt, frame.len, frame.vnet, pkts, lent);
			break;
		case LVS_RING_CUT:
			ps->rx_dropped++;
			break;
		case LVS_RING_QUEUED:
		case LVS_RING_EMPTY:
			return;
		}
		lvs_ring_give(&ps->ring);
	}
}

/* Those of the ring's next frames that only keep a place, at most MOST. */
static size_t count_queued(struct lvs_psock *ps, size_t most)
{
	struct lvs_ring_frame frame;

	while (ps->queued < most &&
	       lvs_ring_look(&ps->ring, &frame) == LVS_RING_QUEUED) {
		ps->queued++;
		lvs_ring_give(&ps->ring);
	}
	return ps->queued < most ? ps->queued : most;
}

/*
 * Packets come in the order of the ring's frames.  A packet is in the queue
 * before its frame says so, and nothing is taken from the queue that no frame
 * has told of.
 */
static int from_both(struct lvs_psock *ps, struct lvs_pkt *pkts[], size_t n,
		     size_t *lent)
{
	while (*lent < n) {
		size_t queued = count_queued(ps, n - *lent);
		size_t before = *lent;
		int got;

		if (queued == 0) {
			from_ring(ps, pkts, n, lent);
			if (*lent == before)
				return 0;
			continue;
		}
		got = from_queue(ps, pkts, queued, lent);
		if (got < 0)
			return got;
		/* That none is there cannot be; but nobody waits for it. */
		ps->queued -= got > 0 ? (size_t)got : ps->queued;
	}
	return 0;
}

int lvs_psock_rx(struct lvs_psock *ps, struct lvs_pkt *pkts[], size_t max)
{
	size_t n = ps->bufs.left, lent = 0;
	int error;

	n = n < max ? n : max;
	n = n < LVS_BURST ? n : LVS_BURST;
	if (n == 0)
		return 0;
	error = from_both(ps, pkts, n, &lent);
	if (lent > 0)
		ps->down = false;
	else if (error == 0)
		error = trouble(ps);
	return lent > 0 ? (int)lent : error;
}

bool lvs_psock_pending(const struct lvs_psock *ps)
{
	struct lvs_ring_frame frame;

	return ps->queued > 0 ||
	       lvs_ring_look(&ps->ring, &frame) != LVS_RING_EMPTY;
}

void lvs_psock_release(struct lvs_psock *ps, struct lvs_pkt *const pkts[],
		       size_t count)
{
	for (size_t i = 0; i < count; i++)
		lvs_bufs_give(&ps->bufs, pkts[i]);
}

void lvs_psock_stats(struct lvs_psock *ps, struct lvs_port_stats *stats)
{
	struct tpacket_stats kernel;
	socklen_t len = sizeof(kernel);

	/* Reading them sets them to 0. */
	if (getsockopt(ps->fd, SOL_PACKET, PACKET_STATISTICS, &kernel, &len) ==
	    0)
		ps->rx_dropped += kernel.tp_drops;
	stats->rx_packets = ps->rx_packets;
	stats->rx_bytes = ps->rx_bytes;
	stats->rx_dropped = ps->rx_dropped;
	stats->rx_errors = ps->rx_errors;
}
