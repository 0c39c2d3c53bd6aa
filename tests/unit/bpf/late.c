/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * late.c - a claim whose ports are served behind it: what it claims reaches a
 * socket bound to one protocol, marked, and nobody else on the host.
 *
 * The host has the virtual address V itself, and would send on what is for G.
 * That it has looked at a packet shows in what it sends: a reset, an ICMP error
 * or the packet once more.  An echo request that follows is answered in any
 * case, and nothing else may come before that answer.
 */
#define _GNU_SOURCE /* unshare(2) */
#include "check.h"

#include "flow/net.h"
#include "flow/packet.h"
#include "unit/bpf/claimed.h"
#include "unit/io/veth.h"

#include "pkt/mark.h"
#include <lvs/claim.h>
#include <netinet/in.h>

#define RCVMARK 75 /* SO_RCVMARK of Linux 5.19, in newer <sys/socket.h> */

static const int families[] = { AF_INET, AF_INET6 };
static const uint8_t attaches[] = { LVS_CLAIM_TCX, LVS_CLAIM_CLSACT };

struct rig {
	struct lvs_director *dir;
	struct lvs_claim *claim;
	int far;
	int port; /* as a late one: near's, of the family's protocol */
	int af;
};

static struct lvs_director *configured(int af)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_service_conf svc = LVS_OPTS(struct lvs_service_conf);
	struct lvs_dest_conf dest = LVS_OPTS(struct lvs_dest_conf);
	struct lvs_director *dir;
	static const char *const virts[] = { "V", "G" };

	ck_assert_int_eq(lvs_director_new(&opts, &dir), 0);
	for (size_t i = 0; i < 2; i++) {
		svc.id.protocol = IPPROTO_TCP;
		svc.id.port = 80;
		ck_assert(net_addr(virts[i], af, &svc.id.addr));
		ck_assert_int_eq(lvs_service_add(dir, &svc), 0);
		dest.id.port = 80;
		dest.method = LVS_METHOD_DR;
		dest.weight = 1;
		ck_assert(net_addr("R1", af, &dest.id.addr));
		ck_assert_int_eq(lvs_dest_add(dir, &svc.id, &dest), 0);
	}
	return dir;
}

static int open_port(int af)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(af == AF_INET ? ETH_P_IP : ETH_P_IPV6),
		.sll_ifindex = (int)if_nametoindex("near"),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), on = 1;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, RCVMARK, &on, sizeof(on)),
			 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

/* The client is at the far end, and so is all the world. */
static void make_host(void)
{
	make_pair();
	run("sysctl -qw net.ipv6.conf.all.disable_ipv6=0 "
	    "net.ipv6.conf.lo.disable_ipv6=0 "
	    "net.ipv6.conf.near.disable_ipv6=0 "
	    "net.ipv6.conf.far.disable_ipv6=1 "
	    "net.ipv6.conf.near.accept_dad=0 "
	    "net.ipv6.conf.near.router_solicitations=0 "
	    "net.ipv4.conf.all.forwarding=1 net.ipv6.conf.all.forwarding=1 "
	    "net.ipv4.conf.far.forwarding=0 "
	    "net.ipv4.conf.all.send_redirects=0 "
	    "net.ipv4.conf.near.send_redirects=0");
	run("ip link set lo up");
	run("ip addr add 10.9.0.1/32 dev lo && "
	    "ip addr add fd00:9::1/128 dev lo");
	run("ip route add default dev near && "
	    "ip -6 route add default dev near");
}

/* NAME is at the far end: nobody has to be asked. */
static void add_neighbour(const char *name)
{
	for (size_t f = 0; f < 2; f++) {
		char text[LVS_ADDR_STRLEN], command[200];
		struct lvs_addr addr;

		ck_assert(net_addr(name, families[f], &addr));
		snprintf(command, sizeof(command),
			 "ip neigh add %s lladdr 02:00:00:00:00:02 dev near",
			 lvs_addr_format(&addr, text, sizeof(text)));
		run(command);
	}
}

static void open_rig(struct rig *rig, int af, uint8_t attach)
{
	struct lvs_claim_opts opts = LVS_OPTS(struct lvs_claim_opts);

	make_host();
	add_neighbour("C");
	add_neighbour("G");
	opts.attach = attach;
	opts.late = 1;
	rig->af = af;
	rig->dir = configured(af);
	ck_assert_int_eq(lvs_claim_open(&opts, &rig->claim), 0);
	ck_assert_int_eq(lvs_claim_sync(rig->claim, rig->dir), 0);
	ck_assert_int_eq(lvs_claim_add_link(rig->claim, if_nametoindex("near")),
			 0);
	rig->far = open_far();
	rig->port = open_port(af);
}

static void close_rig(struct rig *rig)
{
	close(rig->port);
	close(rig->far);
	lvs_claim_close(rig->claim);
	lvs_director_free(rig->dir);
}

/* TEXT's packet, from the far end. */
static void put(struct rig *rig, const char *text)
{
	static struct frame f;
	struct lvs_offload off;
	int len = packet_build(text, rig->af, f.bytes + FRAME_L2,
			       sizeof(f.bytes) - FRAME_L2, &off);

	ck_assert_msg(len > 0, "%s", text);
	memset(&f.off, 0, sizeof(f.off));
	memcpy(f.bytes, "\x02\0\0\0\0\x01\x02\0\0\0\0\x02", 12);
	frame_put16(f.bytes + 12, rig->af == AF_INET ? 0x0800 : 0x86dd);
	f.len = FRAME_L2 + (size_t)len;
	veth_put(rig->far, &f);
}

/* What the host says to its neighbours when it likes: ARP, and ND and MLD. */
static bool is_chat(const struct frame *f)
{
	const unsigned char *type = f->bytes + 12,
			    *src = f->bytes + FRAME_L2 + 8;

	return memcmp(type, "\x08\x06", 2) == 0 ||
	       (memcmp(type, "\x86\xdd", 2) == 0 &&
		(memcmp(src, "\xfe\x80", 2) == 0 || src[0] == 0));
}

/* The next packet that the host sends besides, as text. */
static void take(struct rig *rig, char *text, size_t size)
{
	static struct frame f;

	do
		veth_take(rig->far, &f);
	while (is_chat(&f));
	packet_show(f.bytes + FRAME_L2, f.len - FRAME_L2, &f.off, text, size);
}

static void ping(struct rig *rig, const char *before)
{
	const char *echo = rig->af == AF_INET ? "C > V icmp 8/0 len 8"
					      : "C > V icmp 128/0 len 8";
	const char *answer =
		rig->af == AF_INET ? "V > C icmp 0/0" : "V > C icmp 129/0";
	char text[512];

	put(rig, echo);
	take(rig, text, sizeof(text));
	ck_assert_msg(strncmp(text, answer, strlen(answer)) == 0,
		      "%s: the host sent %s", before, text);
}

/* What the port has next: a mark and for whom the packet is. */
static void expect_at_port(struct rig *rig, const char *what, uint32_t mark,
			   uint8_t type)
{
	struct pollfd poll_fd = { .fd = rig->port, .events = POLLIN };
	unsigned char data[2048], control[256];
	struct sockaddr_ll from;
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	uint32_t got = 0;

	ck_assert_msg(poll(&poll_fd, 1, 5000) == 1, "%s: nothing", what);
	ck_assert_int_gt(recvmsg(rig->port, &msg, 0), 0);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c;
	     c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_MARK)
			memcpy(&got, CMSG_DATA(c), sizeof(got));
	ck_assert_msg(got == mark, "%s: mark %x", what, got);
	ck_assert_msg(from.sll_pkttype == type, "%s: type %u", what,
		      from.sll_pkttype);
}

/* SENT is what the host sends if it is not kept from it. */
static const struct {
	const char *what, *packet, *sent;
} rows[] = {
	{ "to an address of the host", "C:1000 > V:80 tcp S",
	  "V:80 > C:1000 tcp RA" },
	{ "to somewhere else", "C:1000 > G:80 tcp S", "C:1000 > G:80 tcp S" },
};

#define NUM_ROWS (sizeof(rows) / sizeof(*rows))

static void each(void (*test)(struct rig *rig))
{
	for (size_t i = 0; i < 4; i++) {
		struct rig rig;

		open_rig(&rig, families[i % 2], attaches[i / 2]);
		test(&rig);
		close_rig(&rig);
	}
}

static void expect_claimed(struct rig *rig)
{
	struct lvs_claim_stats stats = LVS_OPTS(struct lvs_claim_stats);

	for (size_t i = 0; i < NUM_ROWS; i++) {
		put(rig, rows[i].packet);
		expect_at_port(rig, rows[i].what, LVS_CLAIMED_MARK,
			       PACKET_OTHERHOST);
		ping(rig, rows[i].what);
		expect_at_port(rig, "ping", 0, PACKET_HOST);
	}
	lvs_claim_stats(rig->claim, &stats);
	ck_assert_uint_eq(stats.requests, NUM_ROWS);
}

START_TEST(what_is_claimed_is_the_ports_alone)
{
	each(expect_claimed);
}
END_TEST

/* The same packets, and nobody claims them: so the test above can fail. */
static void expect_answer(struct rig *rig)
{
	char text[512];

	lvs_service_flush(rig->dir);
	ck_assert_int_eq(lvs_claim_sync(rig->claim, rig->dir), 0);
	for (size_t i = 0; i < NUM_ROWS; i++) {
		put(rig, rows[i].packet);
		expect_at_port(rig, rows[i].what, 0, PACKET_HOST);
		take(rig, text, sizeof(text));
		ck_assert_msg(strncmp(text, rows[i].sent,
				      strlen(rows[i].sent)) == 0,
			      "%s: the host sent %s", rows[i].what, text);
	}
}

START_TEST(the_host_would_act)
{
	each(expect_answer);
}
END_TEST

/* It comes by the claim once more, and is the host's; the port sees by what. */
static void expect_handed(struct rig *rig)
{
	const uint32_t mark = LVS_HANDED_MARK;
	char text[512];

	ck_assert_int_eq(setsockopt(rig->far, SOL_SOCKET, SO_MARK, &mark,
				    sizeof(mark)),
			 0);
	put(rig, rows[0].packet);
	expect_at_port(rig, "handed back", LVS_HANDED_MARK, PACKET_HOST);
	take(rig, text, sizeof(text));
	ck_assert_msg(strncmp(text, rows[0].sent, strlen(rows[0].sent)) == 0,
		      "the host sent %s", text);
}

START_TEST(what_is_handed_back_keeps_its_mark)
{
	each(expect_handed);
}
END_TEST

LVS_TEST_MAIN_UNLESS(no_claim(), "bpf/late", what_is_claimed_is_the_ports_alone,
		     the_host_would_act, what_is_handed_back_keeps_its_mark)
