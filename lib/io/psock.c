/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * psock.c - an interface by packet sockets, packet(7).
 *
 * A port sees what the interface receives, not what it sends.  With
 * PACKET_VNET_HDR a packet comes as it is: up to 64 KiB of TCP segments that
 * nobody has cut yet, a checksum that nobody has summed yet.  Small packets
 * come by a ring, which takes half as long; large ones by the socket's queue,
 * as in a ring they would take twice as long and each frame 64 KiB.
 *
 * A packet socket gets a copy.  Keeping the host's own stack from acting on
 * the original is not this file's business.
 */
#include "config.h"

#include "io/psock.h"
#include "pkt/offload.h"
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

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
	if (ioctl(ps->taps[0].fd, SIOCGIFHWADDR, &req) < 0)
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

/* A tap more, without a filter and bound to nothing. */
static int add_tap(struct lvs_psock *ps)
{
	int fd = lvs_tap_socket();

	if (fd < 0)
		return fd;
	ps->taps[ps->num_taps++].fd = fd;
	return 0;
}

static int watch(struct lvs_psock *ps, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(ps->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno
								      : 0;
}

/* The INDEX-th tap of a late port. */
static int open_late_tap(struct lvs_psock *ps, unsigned index,
			 struct lvs_tap_conf *conf)
{
	static const uint16_t protocols[LVS_TAPS_MAX] = {
		ETH_P_IP,
		ETH_P_IPV6,
		ETH_P_ARP,
	};
	int error = index < ps->num_taps ? 0 : add_tap(ps);

	conf->protocol = protocols[index];
	if (!error)
		error = lvs_tap_open(&ps->taps[index], conf);
	return error ? error : watch(ps, ps->taps[index].fd);
}

/*
 * Only one of them has something for the log: they would all say the same. ARP,
 * the last one, is no matter without a link header.
 */
static int open_late(struct lvs_psock *ps, struct lvs_tap_conf conf)
{
	bool has_arp = ps->l2_len > 0 && !conf.cooked;
	unsigned count = has_arp ? LVS_TAPS_MAX : LVS_TAPS_MAX - 1;
	int error = 0;

	ps->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (ps->epoll_fd < 0)
		return -errno;
	if (!conf.cooked) {
		ps->out_fd = lvs_tap_socket();
		error = ps->out_fd < 0 ? ps->out_fd
				       : lvs_tap_send_only(ps->out_fd, &conf);
	}
	for (unsigned i = 0; i < count && !error; i++) {
		error = open_late_tap(ps, i, &conf);
		conf.log = (struct lvs_log){ 0 };
	}
	return error;
}

static int set_up(struct lvs_psock *ps, const struct lvs_port_opts *opts)
{
	const struct lvs_tap_conf conf = {
		.ifname = opts->ifname,
		.log = opts->log,
		.ifindex = ps->ifindex,
		.protocol = ETH_P_ALL,
		.cooked = ps->cooked,
	};

	return opts->late ? open_late(ps, conf)
			  : lvs_tap_open(&ps->taps[0], &conf);
}

int lvs_psock_open(struct lvs_psock *ps, const struct lvs_port_opts *opts,
		   bool cooked)
{
	int error;

	ps->epoll_fd = ps->out_fd = -1;
	ps->cooked = cooked;
	error = add_tap(ps);
	if (!error)
		error = look_up(ps, opts->ifname);
	if (!error)
		error = lvs_bufs_init(&ps->bufs, opts->buffers);
	return error ? error : set_up(ps, opts);
}

void lvs_psock_hear_groups(struct lvs_psock *ps)
{
	const struct packet_mreq req = {
		.mr_ifindex = (int)ps->ifindex,
		.mr_type = PACKET_MR_ALLMULTI,
	};

	if (setsockopt(ps->taps[0].fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &req,
		       sizeof(req)) < 0)
		return;
}

void lvs_psock_close(struct lvs_psock *ps)
{
	for (unsigned i = 0; i < ps->num_taps; i++)
		lvs_tap_close(&ps->taps[i]);
	if (ps->epoll_fd >= 0)
		close(ps->epoll_fd);
	if (ps->out_fd >= 0)
		close(ps->out_fd);
	lvs_bufs_fini(&ps->bufs);
}

/* The kernel takes the interface from sockets that are bound to it. */
static bool is_gone(const struct lvs_psock *ps)
{
	struct sockaddr_ll addr = { 0 };
	socklen_t len = sizeof(addr);

	return getsockname(ps->taps[0].fd, (struct sockaddr *)&addr, &len) <
		       0 ||
	       addr.sll_ifindex != (int)ps->ifindex;
}

/* What TAP has to say of the interface; it says it once. */
static int ask(struct lvs_psock *ps, const struct lvs_tap *tap)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(tap->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return -errno;
	if (error != ENETDOWN)
		return -error;
	ps->down = true;
	return 0;
}

/* 0, or what has become of the interface since the last time. */
static int trouble(struct lvs_psock *ps)
{
	int error = 0;

	for (unsigned i = 0; i < ps->num_taps; i++) {
		int said = ask(ps, &ps->taps[i]);

		error = error ? error : said;
	}
	if (error)
		return error;
	return ps->down && is_gone(ps) ? LVS_ERR_NODEV : 0;
}

/* Up to N messages of TAP's queue. */
static int receive(struct lvs_psock *ps, const struct lvs_tap *tap,
		   struct mmsghdr *msgs, unsigned n)
{
	for (;;) {
		int got = recvmmsg(tap->fd, msgs, n, MSG_DONTWAIT, NULL);

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
 * Up to N packets, at most LVS_BURST, from TAP's queue.  Returns how many
 * have left it, or what receive said.
 */
static int from_queue(struct lvs_psock *ps, const struct lvs_tap *tap,
		      struct lvs_pkt *pkts[], size_t n, size_t *lent)
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
	got = receive(ps, tap, msgs, (unsigned)n);
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

/* Packets of TAP's ring until N are lent or one comes from the queue. */
static void from_ring(struct lvs_psock *ps, struct lvs_tap *tap,
		      struct lvs_pkt *pkts[], size_t n, size_t *lent)
{
	struct lvs_ring_frame frame;

	while (*lent < n) {
		struct lvs_pkt *pkt = lvs_bufs_peek(&ps->bufs, 0);

		switch (lvs_ring_look(&tap->ring, &frame)) {
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
		lvs_ring_give(&tap->ring);
	}
}

/* Those of the ring's next frames that only keep a place, at most MOST. */
static size_t count_queued(struct lvs_tap *tap, size_t most)
{
	struct lvs_ring_frame frame;

	while (tap->queued < most &&
	       lvs_ring_look(&tap->ring, &frame) == LVS_RING_QUEUED) {
		tap->queued++;
		lvs_ring_give(&tap->ring);
	}
	return tap->queued < most ? tap->queued : most;
}

/*
 * Packets come in the order of the ring's frames.  A packet is in the queue
 * before its frame says so, and nothing is taken from the queue that no frame
 * has told of.
 */
static int from_tap(struct lvs_psock *ps, struct lvs_tap *tap,
		    struct lvs_pkt *pkts[], size_t n, size_t *lent)
{
	while (*lent < n) {
		size_t queued = count_queued(tap, n - *lent);
		size_t before = *lent;
		int got;

		if (queued == 0) {
			from_ring(ps, tap, pkts, n, lent);
			if (*lent == before)
				return 0;
			continue;
		}
		got = from_queue(ps, tap, pkts, queued, lent);
		if (got < 0)
			return got;
		/* That none is there cannot be; but nobody waits for it. */
		tap->queued -= got > 0 ? (size_t)got : tap->queued;
	}
	return 0;
}

/*
 * From each tap in turn until N are lent; the next time it begins behind the
 * one that had the rest, so that much of one protocol is not all there is.
 */
static int from_taps(struct lvs_psock *ps, struct lvs_pkt *pkts[], size_t n,
		     size_t *lent)
{
	int error = 0;

	for (unsigned i = 0; i < ps->num_taps && *lent < n && !error; i++) {
		error = from_tap(ps, &ps->taps[ps->turn], pkts, n, lent);
		if (++ps->turn == ps->num_taps)
			ps->turn = 0;
	}
	return error;
}

int lvs_psock_rx(struct lvs_psock *ps, struct lvs_pkt *pkts[], size_t max)
{
	size_t n = ps->bufs.left, lent = 0;
	int error;

	n = n < max ? n : max;
	n = n < LVS_BURST ? n : LVS_BURST;
	if (n == 0)
		return 0;
	error = from_taps(ps, pkts, n, &lent);
	if (lent > 0)
		ps->down = false;
	else if (error == 0)
		error = trouble(ps);
	return lent > 0 ? (int)lent : error;
}

bool lvs_psock_pending(const struct lvs_psock *ps)
{
	struct lvs_ring_frame frame;

	for (unsigned i = 0; i < ps->num_taps; i++) {
		const struct lvs_tap *tap = &ps->taps[i];

		if (tap->queued > 0 ||
		    lvs_ring_look(&tap->ring, &frame) != LVS_RING_EMPTY)
			return true;
	}
	return false;
}

void lvs_psock_release(struct lvs_psock *ps, struct lvs_pkt *const pkts[],
		       size_t count)
{
	for (size_t i = 0; i < count; i++)
		lvs_bufs_give(&ps->bufs, pkts[i]);
}

/* How many TAP had no room for, since the last time. */
static uint64_t dropped(const struct lvs_tap *tap)
{
	struct tpacket_stats kernel;
	socklen_t len = sizeof(kernel);

	if (getsockopt(tap->fd, SOL_PACKET, PACKET_STATISTICS, &kernel, &len) <
	    0)
		return 0;
	return kernel.tp_drops;
}

void lvs_psock_stats(struct lvs_psock *ps, struct lvs_port_stats *stats)
{
	for (unsigned i = 0; i < ps->num_taps; i++)
		ps->rx_dropped += dropped(&ps->taps[i]);
	stats->rx_packets = ps->rx_packets;
	stats->rx_bytes = ps->rx_bytes;
	stats->rx_dropped = ps->rx_dropped;
	stats->rx_errors = ps->rx_errors;
}
