/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * door.c - what the host backend sends, the host receives where it came in.
 *
 * The judge is a socket of the host's: it tells by which interface a datagram
 * came.  The reverse path filter is strict, so from anywhere else none would.
 */
#define _GNU_SOURCE /* unshare(2), struct in6_pktinfo */
#include "check.h"

#include "flow/net.h"
#include "flow/packet.h"
#include "unit/bpf/claimed.h"
#include "unit/io/veth.h"

#include <lvs/claim.h>
#include <lvs/port.h>
#include <netinet/in.h>

#define RCVMARK 75 /* SO_RCVMARK of Linux 5.19, in newer <sys/socket.h> */

struct rig {
	struct lvs_claim *claim;
	struct lvs_port *port; /* to the host */
	struct lvs_port *near; /* by which lvsd would listen */
	int udp;	       /* [::]:53, IPv4 too */
};

static const int families[] = { AF_INET, AF_INET6 };
static const uint8_t attaches[] = { LVS_CLAIM_TCX, LVS_CLAIM_CLSACT };

static int open_udp(void)
{
	struct sockaddr_in6 addr = { .sin6_family = AF_INET6,
				     .sin6_port = htons(53) };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int on = 1, bytes = 1 << 20;

	ck_assert_int_ge(fd, 0);
	setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, RCVMARK, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static void open_rig(struct rig *rig, uint8_t attach)
{
	struct lvs_claim_opts opts = LVS_OPTS(struct lvs_claim_opts);
	struct lvs_port_opts near = LVS_OPTS(struct lvs_port_opts);

	make_pair();
	run("sysctl -qw net.ipv6.conf.all.disable_ipv6=0 "
	    "net.ipv6.conf.lo.disable_ipv6=0 "
	    "net.ipv6.conf.near.disable_ipv6=0 "
	    "net.ipv6.conf.near.accept_dad=0 "
	    "net.ipv4.conf.all.rp_filter=1");
	run("ip link set lo up");
	run("ip addr add 10.0.0.1/24 dev near");
	run("ip addr add fd00:c::1/64 dev near nodad");
	run("ip addr add 10.9.0.1/32 dev lo");
	run("ip addr add fd00:9::1/128 dev lo");
	opts.attach = attach;
	opts.hand_back = 1;
	ck_assert_int_eq(lvs_claim_open(&opts, &rig->claim), 0);
	ck_assert_int_eq(lvs_claim_add_link(rig->claim, if_nametoindex("near")),
			 0);
	near.ifname = "near";
	ck_assert_int_eq(lvs_port_open("af_packet", &near, &rig->near), 0);
	ck_assert_int_eq(lvs_port_open("host", &near, &rig->port), 0);
	ck_assert_uint_eq(lvs_port_link(rig->port), LVS_LINK_HOST);
	ck_assert_int_eq(lvs_port_fd(rig->port), -1);
	rig->udp = open_udp();
}

static void close_rig(struct rig *rig)
{
	close(rig->udp);
	lvs_port_close(rig->port);
	lvs_port_close(rig->near);
	lvs_claim_close(rig->claim);
}

static unsigned char buf[LVS_PKT_BUFSIZE];

/*
 * TEXT as it came in by near, with a link header of L2 bytes to the address
 * that ends in MAC; near's own does in 1.
 */
static void make(struct lvs_pkt *pkt, const char *text, int af, uint16_t l2,
		 unsigned char mac)
{
	unsigned char *at = buf + LVS_PKT_HEADROOM;
	struct lvs_offload off;
	int len = packet_build(text, af, at + l2,
			       sizeof(buf) - LVS_PKT_HEADROOM - l2, &off);

	ck_assert_msg(len > 0, "%s", text);
	if (l2) {
		memcpy(at, "\x02\0\0\0\0\0\x02\0\0\0\0\x02", 12);
		at[5] = mac;
		at[12] = af == AF_INET6 ? 0x86 : 0x08;
		at[13] = af == AF_INET6 ? 0xdd : 0x00;
	}
	lvs_pkt_init(pkt, buf, sizeof(buf), LVS_PKT_HEADROOM,
		     (uint32_t)len + l2, l2);
	if (off.flags & LVS_OFF_CSUM)
		off.csum_start = (uint16_t)(off.csum_start + l2);
	pkt->off = off;
	pkt->link_in = if_nametoindex("near");
}

static void send_one(struct rig *rig, struct lvs_pkt *pkt, size_t sent)
{
	ck_assert_uint_eq(lvs_port_tx(rig->port, &pkt, 1), sent);
}

/* The host has LEN bytes, by near, and with no mark. */
static void expect(const struct rig *rig, size_t len)
{
	struct pollfd poll_fd = { .fd = rig->udp, .events = POLLIN };
	static unsigned char data[65536];
	unsigned char control[256];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	const struct in6_pktinfo *info;
	uint32_t mark;

	ck_assert_msg(poll(&poll_fd, 1, 5000) == 1, "nothing came");
	ck_assert_int_eq(recvmsg(rig->udp, &msg, 0), (ssize_t)len);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c;
	     c = CMSG_NXTHDR(&msg, c)) {
		info = (const void *)CMSG_DATA(c);
		if (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_PKTINFO)
			ck_assert_uint_eq(info->ipi6_ifindex,
					  if_nametoindex("near"));
		memcpy(&mark, CMSG_DATA(c), sizeof(mark));
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_MARK)
			ck_assert_uint_eq(mark, 0);
	}
}

START_TEST(the_host_receives_it_where_it_came_in)
{
	static const struct {
		const char *packet;
		size_t len;
		uint16_t l2;
		unsigned char mac;
	} rows[] = {
		{ "C:1000 > V:53 udp len 9", 9, 14, 1 },
		{ "C:1000 > V:53 udp len 9 partial", 9, 14, 1 },
		/* It was to the host, whatever it says. */
		{ "C:1000 > V:53 udp len 9", 9, 14, 9 },
		{ "C:1000 > V:53 udp len 1300", 1300, 0, 0 },
		{ "C:1000 > V:53 udp len 9 partial", 9, 0, 0 },
		/* Put together of fragments: longer than near's MTU. */
		{ "C:1000 > V:53 udp len 9000", 9000, 14, 1 },
		{ "C:1000 > V:53 udp len 65000", 65000, 14, 1 },
	};

	for (size_t a = 0; a < 2; a++) {
		struct lvs_pkt pkt, *again;
		struct rig rig;

		open_rig(&rig, attaches[a]);
		for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(*rows); i++) {
			make(&pkt, rows[i / 2].packet, families[i % 2],
			     rows[i / 2].l2, rows[i / 2].mac);
			send_one(&rig, &pkt, 1);
			expect(&rig, rows[i / 2].len);
			/* Who has sent it does not get it once more. */
			ck_assert_int_eq(lvs_port_rx(rig.near, &again, 1), 0);
		}
		close_rig(&rig);
	}
}
END_TEST

START_TEST(what_came_in_nowhere_is_an_error)
{
	struct lvs_port_stats stats;
	struct lvs_pkt pkt;
	struct rig rig;

	open_rig(&rig, LVS_CLAIM_AUTO);
	make(&pkt, "C:1000 > V:53 udp len 9", AF_INET, 14, 1);
	pkt.link_in = LVS_LINK_NONE;
	send_one(&rig, &pkt, 0);
	pkt.link_in = 1 << 24; /* no room for it in the mark */
	send_one(&rig, &pkt, 0);
	lvs_port_stats(rig.port, &stats);
	ck_assert_uint_eq(stats.tx_errors, 2);
	ck_assert_uint_eq(stats.tx_packets, 0);
	close_rig(&rig);
}
END_TEST

START_TEST(lo_is_left_as_it_was)
{
	for (size_t a = 0; a < 2; a++) {
		struct rig rig;

		open_rig(&rig, attaches[a]);
		ck_assert_int_eq(lvs_claim_del_link(rig.claim,
						    if_nametoindex("near")),
				 0);
		close_rig(&rig);
		run("test -z \"$(tc filter show dev lo egress)\"");
		run("! ip -d link show lo | grep -q tcx");
	}
}
END_TEST

LVS_TEST_MAIN_UNLESS(no_claim(), "bpf/door",
		     the_host_receives_it_where_it_came_in,
		     what_came_in_nowhere_is_an_error, lo_is_left_as_it_was)
