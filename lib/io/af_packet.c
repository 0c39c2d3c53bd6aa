/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * af_packet.c - an interface through a packet socket, packet(7).
 *
 * The socket sees what the interface receives, not what it sends, and what it
 * sends goes out past the host's routing.  With PACKET_VNET_HDR a packet
 * crosses as it is: up to 64 KiB of TCP segments that nobody has cut yet, a
 * checksum that nobody has summed yet.
 *
 * A packet socket gets a copy.  Keeping the host's own stack from acting on
 * the original is not this file's business.
 */
#include "config.h"

#include "base/log.h"
#include "io/bufs.h"
#include "io/io.h"
#include "pkt/offload.h"
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
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

/* Where packets are cut into segments, before they are sent. */
#define CUT_BYTES (2 * LVS_PKT_BUFSIZE)

#define VNET_LEN sizeof(struct virtio_net_hdr)

/* What the kernel knows of a packet besides its bytes, for a filter. */
#define AD(name) ((uint32_t)(SKF_AD_OFF + SKF_AD_##name))

struct af_packet {
	struct lvs_port port;
	int fd;
	uint32_t link;
	uint16_t l2_len;
	bool down; /* the kernel said so, and nothing came since */
	struct lvs_port_stats stats;
	struct lvs_bufs bufs;
	unsigned char *cut; /* CUT_BYTES */
};

static struct af_packet *af_packet(struct lvs_port *port)
{
	return (struct af_packet *)port;
}

/*
 * What reaches us: IP and ARP, not for another host (a bridge's or a
 * promiscuous interface's), and not of a VLAN on top of this interface, which
 * is an interface of its own.  Tag 0 is no VLAN but a priority.
 */
static const struct sock_filter filter[] = {
	/* 0 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AD(PKTTYPE)),
	/* 1 */ BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, PACKET_OTHERHOST, 9, 0),
	/* 2 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AD(VLAN_TAG_PRESENT)),
	/* 3 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 2, 0),
	/* 4 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AD(VLAN_TAG)),
	/* 5 */ BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0xfff, 5, 0),
	/* 6 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AD(PROTOCOL)),
	/* 7 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 2, 0),
	/* 8 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 1, 0),
	/* 9 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, 0, 1),
	/* 10 */ BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	/* 11 */ BPF_STMT(BPF_RET | BPF_K, 0),
};

/* Of the interface NAMEd so: its number, and whether it has a link header. */
static int look_up(struct af_packet *ap, const char *name)
{
	struct ifreq req = { 0 };

	ap->link = if_nametoindex(name);
	if (ap->link == 0)
		return LVS_ERR_NODEV;
	memcpy(req.ifr_name, name, strlen(name) + 1);
	if (ioctl(ap->fd, SIOCGIFHWADDR, &req) < 0)
		return -errno;
	switch (req.ifr_hwaddr.sa_family) {
	case ARPHRD_ETHER:
	case ARPHRD_LOOPBACK:
		ap->l2_len = ETH_HLEN;
		return 0;
	case ARPHRD_NONE:
	case ARPHRD_PPP:
		ap->l2_len = 0;
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
static int set_up(struct af_packet *ap, const struct lvs_port_opts *opts)
{
	struct sock_fprog prog = {
		.len = sizeof(filter) / sizeof(*filter),
		.filter = (struct sock_filter *)filter,
	};
	struct sockaddr_ll addr = { .sll_family = AF_PACKET };
	int error;

	if ((error = look_up(ap, opts->ifname)) < 0)
		return error;
	if (setsockopt(ap->fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
		       sizeof(prog)) < 0)
		return -errno;
	if ((error = set_flag(ap->fd, PACKET_VNET_HDR)) < 0 ||
	    (error = set_flag(ap->fd, PACKET_IGNORE_OUTGOING)) < 0)
		return error;
	set_queue(ap->fd, SO_RCVBUF, SO_RCVBUFFORCE, RX_QUEUE_BYTES,
		  opts->ifname, &opts->log);
	set_queue(ap->fd, SO_SNDBUF, SO_SNDBUFFORCE, TX_QUEUE_BYTES,
		  opts->ifname, &opts->log);
	addr.sll_protocol = htons(ETH_P_ALL);
	addr.sll_ifindex = (int)ap->link;
	if (bind(ap->fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return errno == ENXIO ? LVS_ERR_NODEV : -errno;
	return 0;
}

static void af_packet_close(struct lvs_port *port)
{
	struct af_packet *ap = af_packet(port);

	if (ap->fd >= 0)
		close(ap->fd);
	free(ap->cut);
	lvs_bufs_fini(&ap->bufs);
	free(ap);
}

static int af_packet_open(const struct lvs_port_opts *opts,
			  struct lvs_port **port)
{
	struct af_packet *ap;
	int error = LVS_ERR_NOMEM;

	if (!opts->ifname || strlen(opts->ifname) >= IFNAMSIZ)
		return LVS_ERR_NODEV;
	ap = calloc(1, sizeof(*ap));
	if (!ap)
		return LVS_ERR_NOMEM;
	ap->port.backend = &lvs_backend_af_packet;
	ap->cut = malloc(CUT_BYTES);
	/* Protocol 0: nothing is received before bind(2). */
	ap->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (ap->fd < 0)
		error = -errno;
	else if (ap->cut)
		error = lvs_bufs_init(&ap->bufs, opts->buffers);
	if (!error)
		error = set_up(ap, opts);
	if (error) {
		af_packet_close(&ap->port);
		return error;
	}
	*port = &ap->port;
	return 0;
}

static int af_packet_fd(struct lvs_port *port)
{
	return af_packet(port)->fd;
}

static uint32_t af_packet_link(struct lvs_port *port)
{
	return af_packet(port)->link;
}

/* The kernel takes the interface from a socket that is bound to it. */
static bool is_gone(const struct af_packet *ap)
{
	struct sockaddr_ll addr = { 0 };
	socklen_t len = sizeof(addr);

	return getsockname(ap->fd, (struct sockaddr *)&addr, &len) < 0 ||
	       addr.sll_ifindex != (int)ap->link;
}

/*
 * Up to N messages.  A packet that the virtio header cannot describe (SCTP
 * segments) is an error of its own and stands in the way of no other.
 */
static int receive(struct af_packet *ap, struct mmsghdr *msgs, unsigned n)
{
	for (;;) {
		int got = recvmmsg(ap->fd, msgs, n, MSG_DONTWAIT, NULL);

		if (got > 0)
			ap->down = false;
		if (got >= 0)
			return got;
		switch (errno) {
		case EINTR:
			continue;
		case EAGAIN:
			return ap->down && is_gone(ap) ? LVS_ERR_NODEV : 0;
		case EINVAL:
			ap->stats.rx_dropped++;
			continue;
		case ENETDOWN:
			ap->down = true;
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
static bool fill(const struct af_packet *ap, struct lvs_pkt *pkt,
		 const struct mmsghdr *msg, const struct virtio_net_hdr *vnet)
{
	uint32_t len = msg->msg_len - (uint32_t)VNET_LEN;

	if (msg->msg_len < VNET_LEN || len < ap->l2_len ||
	    msg->msg_hdr.msg_flags & MSG_TRUNC)
		return false;
	lvs_bufs_fill(pkt, len, ap->l2_len, ap->link);
	return lvs_offload_from_vnet(&pkt->off, vnet, len) == 0;
}

static int af_packet_rx(struct lvs_port *port, struct lvs_pkt *pkts[],
			size_t max)
{
	struct af_packet *ap = af_packet(port);
	struct virtio_net_hdr vnet[LVS_BURST];
	struct iovec iov[LVS_BURST][2];
	struct mmsghdr msgs[LVS_BURST];
	struct lvs_pkt *bufs[LVS_BURST];
	uint32_t n = ap->bufs.left;
	int got, lent = 0;

	n = n < max ? n : (uint32_t)max;
	n = n < LVS_BURST ? n : LVS_BURST;
	if (n == 0)
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		bufs[i] = lvs_bufs_peek(&ap->bufs, i);
		iov[i][0] = (struct iovec){ &vnet[i], VNET_LEN };
		iov[i][1] =
			(struct iovec){ lvs_bufs_data(bufs[i]), LVS_BUFS_ROOM };
		msgs[i] = (struct mmsghdr){
			.msg_hdr.msg_iov = iov[i],
			.msg_hdr.msg_iovlen = 2,
		};
	}
	got = receive(ap, msgs, n);
	if (got <= 0)
		return got;
	lvs_bufs_take(&ap->bufs, (uint32_t)got);
	for (int i = 0; i < got; i++) {
		if (!fill(ap, bufs[i], &msgs[i], &vnet[i])) {
			lvs_bufs_give(&ap->bufs, bufs[i]);
			ap->stats.rx_dropped++;
			continue;
		}
		pkts[lent++] = bufs[i];
		ap->stats.rx_packets++;
		ap->stats.rx_bytes += bufs[i]->len;
	}
	return lent;
}

static void af_packet_release(struct lvs_port *port,
			      struct lvs_pkt *const pkts[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		lvs_bufs_give(&af_packet(port)->bufs, pkts[i]);
}

/* Frames that wait for one sendmmsg(2). */
struct batch {
	struct af_packet *ap;
	unsigned count;
	struct mmsghdr msgs[LVS_BURST];
	struct iovec iov[LVS_BURST][2];
	struct virtio_net_hdr vnet[LVS_BURST];
};

/*
 * Send what waits; returns how many frames the interface took.  What it has
 * no room for is lost, as on a wire: to wait here would hold up the others.
 */
static unsigned flush(struct batch *batch)
{
	unsigned at = 0, sent = 0;

	while (at < batch->count) {
		int n = sendmmsg(batch->ap->fd, batch->msgs + at,
				 batch->count - at, MSG_DONTWAIT);

		if (n > 0) {
			at += (unsigned)n;
			sent += (unsigned)n;
		} else if (errno == EAGAIN || errno == ENETDOWN ||
			   errno == ENXIO) {
			break;
		} else if (errno != EINTR) {
			at++;
		}
	}
	batch->count = 0;
	return sent;
}

static void add(struct batch *batch, const struct lvs_pkt *pkt)
{
	unsigned i = batch->count++;

	lvs_offload_to_vnet(&batch->vnet[i], pkt);
	batch->iov[i][0] = (struct iovec){ &batch->vnet[i], VNET_LEN };
	batch->iov[i][1] = (struct iovec){ pkt->data, pkt->len };
	batch->msgs[i] = (struct mmsghdr){
		.msg_hdr.msg_iov = batch->iov[i],
		.msg_hdr.msg_iovlen = 2,
	};
}

/*
 * Send PKT as the segments it stands for, with nothing left to be done to
 * them.  false: not all of them went out.
 */
static bool send_cut(struct batch *batch, const struct lvs_pkt *pkt)
{
	struct lvs_seg seg;
	uint32_t bytes, at;
	unsigned sent = 0;

	if (lvs_seg_init(&seg, pkt) < 0)
		return false;
	bytes = lvs_seg_bytes(&seg);
	do {
		for (at = 0; at + bytes <= CUT_BYTES; at += bytes) {
			struct lvs_pkt out = { .data = batch->ap->cut + at,
					       .tailroom = bytes };

			if (batch->count == LVS_BURST ||
			    !lvs_seg_next(&seg, &out))
				break;
			add(batch, &out);
		}
		sent += flush(batch);
	} while (at > 0);
	return sent == seg.count;
}

static size_t af_packet_tx(struct lvs_port *port, struct lvs_pkt *const pkts[],
			   size_t count)
{
	struct af_packet *ap = af_packet(port);
	struct batch batch = { .ap = ap };
	size_t sent = 0;

	for (size_t i = 0; i < count; i++) {
		struct lvs_pkt *pkt = pkts[i];

		ap->stats.tx_bytes += pkt->len;
		if (batch.count == LVS_BURST)
			sent += flush(&batch);
		if (lvs_offload_fits(pkt, true, true)) {
			add(&batch, pkt);
		} else if (pkt->off.gso == LVS_GSO_NONE) {
			lvs_csum_complete(pkt);
			add(&batch, pkt);
		} else {
			sent += flush(&batch);
			sent += send_cut(&batch, pkt);
		}
	}
	sent += flush(&batch);
	ap->stats.tx_packets += sent;
	ap->stats.tx_dropped += count - sent;
	return sent;
}

static void af_packet_stats(struct lvs_port *port, struct lvs_port_stats *stats)
{
	struct af_packet *ap = af_packet(port);
	struct tpacket_stats kernel;
	socklen_t len = sizeof(kernel);

	/* Reading them sets them to 0. */
	if (getsockopt(ap->fd, SOL_PACKET, PACKET_STATISTICS, &kernel, &len) ==
	    0)
		ap->stats.rx_dropped += kernel.tp_drops;
	*stats = ap->stats;
}

const struct lvs_backend lvs_backend_af_packet = {
	.name = "af_packet",
	.summary = "an interface through a packet socket, offloads kept",
	.open = af_packet_open,
	.close = af_packet_close,
	.fd = af_packet_fd,
	.link = af_packet_link,
	.rx = af_packet_rx,
	.tx = af_packet_tx,
	.release = af_packet_release,
	.stats = af_packet_stats,
};
