/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * receive.c - what it costs to receive a packet, by each way that packet(7)
 *has.
 *
 *	tests/bench/receive		as root
 *
 *	queue	recvmmsg(2), 32 at a time
 *	ring2	TPACKET_V2 with frames for the longest packet
 *	ring3	TPACKET_V3, blocks of 1 MiB, a millisecond
 *	port	af_packet of the library
 *	late	the same, opened to be served after tc ingress
 *
 * all with the virtio header, and each packet copied to where it is worked on.
 * They receive on a veth interface what a packet socket sends at its other end,
 * 32 by 32, in one thread: the kernel hands a packet over within the send. What
 * it costs to send to nobody is taken off.
 */
#define _GNU_SOURCE /* unshare(2), recvmmsg(2) */
#include "bench.h"

#include "unit/io/frame.h"
#include <arpa/inet.h>
#include <err.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <lvs/port.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define BURST	   32u
#define BURSTS	   100u /* that are timed as one */
#define PIECES	   40u
#define ROOM	   (128u << 10)
#define FRAMES	   128u
#define BLOCK	   (1u << 20)
#define BLOCKS	   16u
#define VNET	   sizeof(struct virtio_net_hdr)
#define QUEUE_SIZE (64 << 20)

struct way {
	const char *name;
	void (*open)(void);
	unsigned (*take)(void); /* how many there were */
	void (*close)(void);
};

static int near_fd = -1, far_fd;
static unsigned char *map;
static uint32_t next;
static struct lvs_port *port;
static unsigned char copy[BURST][66000];
static struct frame frame;

/* ---- sockets --------------------------------------------------------------
 */

static void set(int fd, int level, int option, const void *value, size_t len)
{
	if (setsockopt(fd, level, option, value, (socklen_t)len) < 0)
		err(1, "setsockopt %d", option);
}

static int open_socket(void)
{
	const int on = 1, bytes = QUEUE_SIZE;
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);

	if (fd < 0)
		err(1, "packet socket");
	set(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	set(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
	set(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on));
	return fd;
}

static void bind_to(int fd, const char *ifname, uint16_t protocol)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = (int)if_nametoindex(ifname),
	};

	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		err(1, "%s", ifname);
}

static void open_ring(int version, const void *req, size_t len, size_t bytes)
{
	near_fd = open_socket();
	set(near_fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version));
	set(near_fd, SOL_PACKET, PACKET_RX_RING, req, len);
	map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, near_fd, 0);
	if (map == MAP_FAILED)
		err(1, "ring");
	next = 0;
	bind_to(near_fd, "near", ETH_P_ALL);
}

static void close_near(void)
{
	close(near_fd);
}

/* ---- ways -----------------------------------------------------------------
 */

static void nobody(void)
{
}

static unsigned take_none(void)
{
	return BURST;
}

static void queue_open(void)
{
	near_fd = open_socket();
	bind_to(near_fd, "near", ETH_P_ALL);
}

static unsigned queue_take(void)
{
	struct virtio_net_hdr vnet[BURST];
	struct iovec iov[BURST][2];
	struct mmsghdr msgs[BURST];
	int got;

	for (unsigned i = 0; i < BURST; i++) {
		iov[i][0] = (struct iovec){ &vnet[i], VNET };
		iov[i][1] = (struct iovec){ copy[i], sizeof(copy[i]) };
		msgs[i] = (struct mmsghdr){
			.msg_hdr = { .msg_iov = iov[i], .msg_iovlen = 2 },
		};
	}
	got = recvmmsg(near_fd, msgs, BURST, MSG_DONTWAIT, NULL);
	return got > 0 ? (unsigned)got : 0;
}

static void ring2_open(void)
{
	const struct tpacket_req req = {
		.tp_block_size = ROOM,
		.tp_block_nr = FRAMES,
		.tp_frame_size = ROOM,
		.tp_frame_nr = FRAMES,
	};

	open_ring(TPACKET_V2, &req, sizeof(req), (size_t)ROOM * FRAMES);
}

static unsigned ring2_take(void)
{
	unsigned n = 0;

	for (;;) {
		struct tpacket2_hdr *hdr = (void *)(map + (size_t)next * ROOM);

		if (!(__atomic_load_n(&hdr->tp_status, __ATOMIC_ACQUIRE) &
		      TP_STATUS_USER))
			return n;
		memcpy(copy[n % BURST], (unsigned char *)hdr + hdr->tp_mac,
		       hdr->tp_snaplen);
		__atomic_store_n(&hdr->tp_status, TP_STATUS_KERNEL,
				 __ATOMIC_RELEASE);
		next = (next + 1) % FRAMES;
		n++;
	}
}

static void ring2_close(void)
{
	munmap(map, (size_t)ROOM * FRAMES);
	close_near();
}

static void ring3_open(void)
{
	const struct tpacket_req3 req = {
		.tp_block_size = BLOCK,
		.tp_block_nr = BLOCKS,
		.tp_frame_size = ROOM,
		.tp_frame_nr = BLOCKS * (BLOCK / ROOM),
		.tp_retire_blk_tov = 1,
	};

	open_ring(TPACKET_V3, &req, sizeof(req), (size_t)BLOCK * BLOCKS);
}

/* A block is ours when it is full, or a millisecond old. */
static unsigned ring3_take(void)
{
	unsigned n = 0;

	for (;;) {
		struct tpacket_block_desc *block =
			(void *)(map + (size_t)next * BLOCK);
		struct tpacket3_hdr *hdr;

		if (!(__atomic_load_n(&block->hdr.bh1.block_status,
				      __ATOMIC_ACQUIRE) &
		      TP_STATUS_USER))
			return n;
		hdr = (void *)((unsigned char *)block +
			       block->hdr.bh1.offset_to_first_pkt);
		for (uint32_t i = 0; i < block->hdr.bh1.num_pkts; i++) {
			memcpy(copy[n % BURST],
			       (unsigned char *)hdr + hdr->tp_mac,
			       hdr->tp_snaplen);
			hdr = (void *)((unsigned char *)hdr +
				       hdr->tp_next_offset);
			n++;
		}
		__atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL,
				 __ATOMIC_RELEASE);
		next = (next + 1) % BLOCKS;
	}
}

static void ring3_close(void)
{
	munmap(map, (size_t)BLOCK * BLOCKS);
	close_near();
}

static void open_port(bool late)
{
	struct lvs_port_opts opts = LVS_OPTS(struct lvs_port_opts);
	int error;

	opts.ifname = "near";
	opts.late = late;
	error = lvs_port_open("af_packet", &opts, &port);
	if (error)
		errx(1, "near: %s", lvs_strerror(error));
}

static void port_open(void)
{
	open_port(false);
}

static void late_open(void)
{
	open_port(true);
}

static unsigned port_take(void)
{
	struct lvs_pkt *pkts[BURST];
	int got = lvs_port_rx(port, pkts, BURST);

	if (got <= 0)
		return 0;
	lvs_port_release(port, pkts, (size_t)got);
	return (unsigned)got;
}

static void port_close(void)
{
	lvs_port_close(port);
}

static const struct way ways[] = {
	{ "nobody", nobody, take_none, nobody },
	{ "queue", queue_open, queue_take, close_near },
	{ "ring2", ring2_open, ring2_take, ring2_close },
	{ "ring3", ring3_open, ring3_take, ring3_close },
	{ "port", port_open, port_take, port_close },
	{ "late", late_open, port_take, port_close },
};

#define NUM_WAYS (sizeof(ways) / sizeof(*ways))

/* ---- measuring ------------------------------------------------------------
 */

static void send_burst(void)
{
	struct virtio_net_hdr vnet = {
		.flags = frame.off.flags ? VIRTIO_NET_HDR_F_NEEDS_CSUM : 0,
		.gso_type = frame.off.gso ? VIRTIO_NET_HDR_GSO_TCPV4
					  : VIRTIO_NET_HDR_GSO_NONE,
		.hdr_len = (uint16_t)frame.payload,
		.gso_size = frame.off.gso_size,
		.csum_start = frame.off.csum_start,
		.csum_offset = frame.off.csum_offset,
	};
	struct iovec iov[2] = { { &vnet, VNET }, { frame.bytes, frame.len } };
	struct mmsghdr msgs[BURST];

	for (unsigned i = 0; i < BURST; i++)
		msgs[i] = (struct mmsghdr){
			.msg_hdr = { .msg_iov = iov, .msg_iovlen = 2 },
		};
	if (sendmmsg(far_fd, msgs, BURST, 0) != (int)BURST)
		err(1, "sendmmsg");
}

/* Nanoseconds of this thread for a packet, sent and received. */
static uint64_t piece(const struct way *way)
{
	struct timespec from, to;
	unsigned taken = 0;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	for (unsigned i = 0; i < BURSTS; i++) {
		send_burst();
		taken += way->take();
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	/* Those of a block that is not full; asking is not part of the work. */
	while (taken < BURST * BURSTS)
		taken += way->take();
	return (uint64_t)((to.tv_sec - from.tv_sec) * 1000000000 + to.tv_nsec -
			  from.tv_nsec) /
	       (BURST * BURSTS);
}

static void measure(size_t payload)
{
	struct bench_times times[NUM_WAYS] = { 0 };
	double base, queue;

	frame_tcp(&frame, AF_INET, payload);
	if (payload <= FRAME_MSS)
		frame_finish(&frame);
	for (unsigned i = 0; i < PIECES; i++)
		for (size_t w = 0; w < NUM_WAYS; w++) {
			ways[w].open();
			bench_add(&times[w], piece(&ways[w]));
			ways[w].close();
		}
	base = bench_percentile(&times[0], 10);
	queue = bench_percentile(&times[1], 10) - base;
	for (size_t w = 1; w < NUM_WAYS; w++) {
		double ns = bench_percentile(&times[w], 10) - base;

		printf("%7zu  %-6s %7.0f  %5.2f\n", frame.len, ways[w].name, ns,
		       ns / queue);
		bench_forget(&times[w]);
	}
	bench_forget(&times[0]);
}

static void make_pair(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		err(1, "no network namespace");
	if (system("ip link add near address 02:00:00:00:00:01 type veth "
		   "peer name far address 02:00:00:00:00:02 && "
		   "ip link set far up && ip link set near up"))
		errx(1, "no veth pair");
	far_fd = open_socket();
	bind_to(far_fd, "far", 0);
}

int main(void)
{
	static const size_t payloads[] = { 10, 900, 60000 };

	bench_machine();
	make_pair();
	printf("# ns of one processor to receive a packet (10 %% quantile), "
	       "and "
	       "ratio to queue\n"
	       "#  bytes  way         ns  ratio\n");
	for (size_t i = 0; i < sizeof(payloads) / sizeof(*payloads); i++)
		measure(payloads[i]);
	return 0;
}
