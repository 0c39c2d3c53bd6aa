/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tap.c - a packet socket that receives what concerns us of an interface.
 */
#include "config.h"

#include "base/log.h"
#include "io/tap.h"
#include "pkt/mark.h"
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Bytes of large packets the kernel keeps while we are busy, its own overhead
 * included: some 200.
 */
#define RX_QUEUE_BYTES (16 << 20)
/* Likewise of packets that a network card has not sent yet. */
#define TX_QUEUE_BYTES (4 << 20)

/* ---- filters ------------------------------------------------------------- */

/* What the kernel knows of a packet besides its bytes. */
#define LOAD(name)                                                             \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                                     \
		 (uint32_t)(SKF_AD_OFF + SKF_AD_##name))

#define TAKE   BPF_STMT(BPF_RET | BPF_K, UINT32_MAX)
#define REFUSE BPF_STMT(BPF_RET | BPF_K, 0)

/* Of what was loaded: TEST is JEQ, JGE or JSET (has one of these bits). */
#define TAKE_IF(test, value)                                                   \
	BPF_JUMP(BPF_JMP | BPF_##test | BPF_K, value, 0, 1), TAKE
#define REFUSE_IF(test, value)                                                 \
	BPF_JUMP(BPF_JMP | BPF_##test | BPF_K, value, 0, 1), REFUSE
#define REFUSE_UNLESS(test, value)                                             \
	BPF_JUMP(BPF_JMP | BPF_##test | BPF_K, value, 1, 0), REFUSE

/* The number of a VLAN; 0: none, whatever the field had before. */
#define LOAD_VLAN                                                              \
	LOAD(VLAN_TAG_PRESENT), BPF_STMT(BPF_MISC | BPF_TAX, 0),               \
		LOAD(VLAN_TAG), BPF_STMT(BPF_ALU | BPF_MUL | BPF_X, 0),        \
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xfff)

static int attach(int fd, struct sock_filter *code, size_t count)
{
	struct sock_fprog prog = {
		.len = (unsigned short)count,
		.filter = code,
	};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) <
	    0)
		return -errno;
	return 0;
}

/* The kinds of frames from this one on are not for us. */
static uint32_t not_from(const struct lvs_tap_conf *conf)
{
	return conf->cooked ? PACKET_BROADCAST : PACKET_OTHERHOST;
}

/*
 * What reaches one that hears all: IP and, with link headers, ARP; none to
 * another host (a bridge's or a promiscuous interface's); nothing of a VLAN on
 * top of this interface, which is an interface of its own (tag 0 is no VLAN but
 * a priority); nothing that the host backend has handed back to the host.
 */
static int attach_early(int fd, const struct lvs_tap_conf *conf)
{
	struct sock_filter code[] = {
		LOAD(PKTTYPE),
		REFUSE_IF(JGE, not_from(conf)),
		LOAD(MARK),
		REFUSE_IF(JEQ, LVS_HANDED_MARK),
		LOAD_VLAN,
		REFUSE_UNLESS(JEQ, 0),
		LOAD(PROTOCOL),
		TAKE_IF(JEQ, ETH_P_IP),
		TAKE_IF(JEQ, ETH_P_IPV6),
		TAKE_IF(JEQ, conf->cooked ? ETH_P_IPV6 : ETH_P_ARP),
		REFUSE,
	};

	return attach(fd, code, sizeof(code) / sizeof(*code));
}

/*
 * One that hears a single protocol is served when tags are off and interfaces
 * on top of this one have had their turn.  What is theirs comes by here too,
 * and is told by the interface.  What has a tag of a VLAN that nobody has is to
 * another host now, and so is what the claim has taken: that has its mark.
 */
static int attach_late(int fd, const struct lvs_tap_conf *conf)
{
	struct sock_filter code[] = {
		LOAD(IFINDEX),
		REFUSE_UNLESS(JEQ, conf->ifindex),
		LOAD(MARK),
		TAKE_IF(JEQ, LVS_CLAIMED_MARK),
		REFUSE_IF(JEQ, LVS_HANDED_MARK),
		LOAD(PKTTYPE),
		REFUSE_IF(JGE, not_from(conf)),
		TAKE,
	};

	return attach(fd, code, sizeof(code) / sizeof(*code));
}

/* ---- sockets ------------------------------------------------------------- */

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

int lvs_tap_socket(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

/* To hear PROTOCOL of the interface. */
static int bind_to(int fd, const struct lvs_tap_conf *conf, uint16_t protocol)
{
	const struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = (int)conf->ifindex,
	};

	if (bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
		return errno == ENXIO ? LVS_ERR_NODEV : -errno;
	return 0;
}

static void widen_in(int fd, const struct lvs_tap_conf *conf)
{
	set_queue(fd, SO_RCVBUF, SO_RCVBUFFORCE, RX_QUEUE_BYTES, conf->ifname,
		  &conf->log);
}

static void widen_out(int fd, const struct lvs_tap_conf *conf)
{
	set_queue(fd, SO_SNDBUF, SO_SNDBUFFORCE, TX_QUEUE_BYTES, conf->ifname,
		  &conf->log);
}

/*
 * The filter is there before the socket is bound, so that no packet comes
 * past it.
 */
int lvs_tap_open(struct lvs_tap *tap, const struct lvs_tap_conf *conf)
{
	bool early = conf->protocol == ETH_P_ALL;
	int error;

	if ((error = early ? attach_early(tap->fd, conf)
			   : attach_late(tap->fd, conf)) < 0 ||
	    (error = set_flag(tap->fd, PACKET_VNET_HDR)) < 0 ||
	    (error = set_flag(tap->fd, PACKET_IGNORE_OUTGOING)) < 0 ||
	    (error = lvs_ring_open(&tap->ring, tap->fd)) < 0)
		return error;
	widen_in(tap->fd, conf);
	if (early)
		widen_out(tap->fd, conf);
	return bind_to(tap->fd, conf, conf->protocol);
}

void lvs_tap_close(struct lvs_tap *tap)
{
	lvs_ring_close(&tap->ring);
	close(tap->fd);
}

int lvs_tap_send_only(int fd, const struct lvs_tap_conf *conf)
{
	int error = set_flag(fd, PACKET_VNET_HDR);

	if (error)
		return error;
	widen_out(fd, conf);
	return bind_to(fd, conf, 0);
}
