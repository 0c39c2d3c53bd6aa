/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * psock.c - a packet socket on an interface, packet(7).
 *
 * It sees what the interface receives, not what it sends.  With
 * PACKET_VNET_HDR a packet comes as it is: up to 64 KiB of TCP segments that
 * nobody has cut yet, a checksum that nobody has summed yet.
 *
 * A packet socket gets a copy.  Keeping the host's own stack from acting on
 * the original is not this file's business.
 */
#include "config.h"

#include "base/log.h"
#include "io/psock.h"
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
 * Bytes of packets the kernel keeps while we are busy, its own overhead
 * included: some 200 large packets or 20,000 small ones.
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
 * own.  Tag 0 is no VLAN but a priority.
 */
#define FILTER(not_from, protocol)                                             \
	{                                                                      \
		/* 0 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                     \
				 AD(PKTTYPE)), /* 1 */                         \
			BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, not_from, 9,       \
				 0), /* 2 */                                   \
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                     \
				 AD(VLAN_TAG_PRESENT)),		      /* 3 */  \
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 2, 0), /* 4 */  \
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                     \
				 AD(VLAN_TAG)), /* 5 */                        \
			BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0xfff, 5,         \
				 0), /* 6 */                                   \
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                     \
				 AD(PROTOCOL)), /* 7 */                        \
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 2,       \
				 0), /* 8 */                                   \
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 1,     \
				 0), /* 9 */                                   \
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, protocol, 0, 1),   \
			/* 10 */ BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),        \
			/* 11 */ BPF_STMT(BPF_RET | BPF_K, 0),                 \
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
	    (error = set_flag(ps->fd, PACKET_IGNORE_OUTGOING)) < 0)
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

/*
 * Up to N messages.  A packet that the virtio header cannot describe (SCTP
 * segments) is an error of its own and stands in the way of no other.
 */
static int receive(struct lvs_psock *ps, struct mmsghdr *msgs, unsigned n)
{
	for (;;) {
		int got = recvmmsg(ps->fd, msgs, n, MSG_DONTWAIT, NULL);

		if (got > 0)
			ps->down = false;
		if (got >= 0)
			return got;
		switch (errno) {
		case EINTR:
			continue;
		case EAGAIN:
			return ps->down && is_gone(ps) ? LVS_ERR_NODEV : 0;
		case EINVAL:
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

/*
 * Make PKT what MSG and VNET say was received.  false: nothing that can be
 * forwarded.
 */
static bool fill(const struct lvs_psock *ps, struct lvs_pkt *pkt,
		 const struct mmsghdr *msg, const struct virtio_net_hdr *vnet)
{
	uint32_t len = msg->msg_len - (uint32_t)LVS_VNET_LEN;

	if (msg->msg_len < LVS_VNET_LEN || len < ps->l2_len ||
	    msg->msg_hdr.msg_flags & MSG_TRUNC)
		return false;
	lvs_bufs_fill(pkt, len, ps->l2_len, ps->ifindex);
	if (lvs_offload_from_vnet(&pkt->off, vnet, len) < 0)
		return false;
	/* Of SOCK_DGRAM the kernel does not tell the offload state. */
	if (ps->cooked)
		lvs_bufs_bare(pkt, pkt->l2_len);
	return true;
}

int lvs_psock_rx(struct lvs_psock *ps, struct lvs_pkt *pkts[], size_t max)
{
	struct virtio_net_hdr vnet[LVS_BURST];
	struct iovec iov[LVS_BURST][2];
	struct mmsghdr msgs[LVS_BURST];
	struct lvs_pkt *bufs[LVS_BURST];
	uint32_t n = ps->bufs.left;
	int got, lent = 0;

	n = n < max ? n : (uint32_t)max;
	n = n < LVS_BURST ? n : LVS_BURST;
	if (n == 0)
		return 0;
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
	got = receive(ps, msgs, n);
	if (got <= 0)
		return got;
	lvs_bufs_take(&ps->bufs, (uint32_t)got);
	for (int i = 0; i < got; i++) {
		if (!fill(ps, bufs[i], &msgs[i], &vnet[i])) {
			lvs_bufs_give(&ps->bufs, bufs[i]);
			ps->rx_errors++;
			continue;
		}
		pkts[lent++] = bufs[i];
		ps->rx_packets++;
		ps->rx_bytes += bufs[i]->len;
	}
	return lent;
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
