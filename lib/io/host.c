/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host.c - packets to the host itself, which is kept from them otherwise.
 *
 * Sent on lo by a packet socket, each with a mark that says on which interface
 * it came in.  The second program of lvs/claim.h, at the exit of lo, has it
 * received there, past the wire: so the host's firewall, its reverse path
 * filter and who listens on one interface only see what they would without a
 * director.  What lo takes is longer than any packet: nothing is cut.
 *
 * Without that program lo itself receives it, as from nowhere.
 */
#include "config.h"

#include "base/bytes.h"
#include "io/batch.h"
#include "io/io.h"
#include "io/psock.h"
#include "pkt/mark.h"
#include "pkt/offload.h"
#include "pkt/wire.h"
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Bytes of packets that the host has not yet looked at. */
#define QUEUE_BYTES (4 << 20)

struct host {
	struct lvs_port port;
	int fd;
	struct lvs_port_stats sent;
	unsigned char cut[LVS_BATCH_CUT];
};

static struct host *host(struct lvs_port *port)
{
	return (struct host *)port;
}

static void host_close(struct lvs_port *port)
{
	if (host(port)->fd >= 0)
		close(host(port)->fd);
	free(port);
}

/* Protocol 0: nothing is received. */
static int open_socket(int *fd)
{
	const int on = 1, bytes = QUEUE_BYTES;
	struct sockaddr_ll addr = { .sll_family = AF_PACKET };

	*fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		return -errno;
	addr.sll_ifindex = (int)if_nametoindex("lo");
	if (addr.sll_ifindex == 0)
		return LVS_ERR_NODEV;
	if (setsockopt(*fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) < 0 ||
	    bind(*fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	/* A small queue works, it only drops earlier. */
	if (setsockopt(*fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)))
		(void)setsockopt(*fd, SOL_SOCKET, SO_SNDBUF, &bytes,
				 sizeof(bytes));
	return 0;
}

static int host_open(const struct lvs_port_opts *opts, struct lvs_port **port)
{
	struct host *h = calloc(1, sizeof(*h));
	int error;

	(void)opts;
	if (!h)
		return LVS_ERR_NOMEM;
	h->port.backend = &lvs_backend_host;
	error = open_socket(&h->fd);
	if (error) {
		host_close(&h->port);
		return error;
	}
	*port = &h->port;
	return 0;
}

static int host_fd(struct lvs_port *port)
{
	(void)port;
	return -1;
}

static uint32_t host_link(struct lvs_port *port)
{
	(void)port;
	return LVS_LINK_HOST;
}

static int host_rx(struct lvs_port *port, struct lvs_pkt *pkts[], size_t max)
{
	(void)port;
	(void)pkts;
	(void)max;
	return 0;
}

static void host_release(struct lvs_port *port, struct lvs_pkt *const pkts[],
			 size_t count)
{
	(void)port;
	(void)pkts;
	(void)count;
}

/* A batch, and the mark of each packet in it. */
struct marked_batch {
	struct lvs_batch batch; /* first */
	uint32_t link;		/* of what is added next */
	union {
		struct cmsghdr head;
		unsigned char bytes[CMSG_SPACE(sizeof(uint32_t))];
	} mark[LVS_BATCH];
};

static void add(struct lvs_batch *batch, const struct lvs_pkt *pkt)
{
	struct marked_batch *marked = (struct marked_batch *)batch;
	const uint32_t mark = LVS_DOOR_MARK | marked->link;
	unsigned i = batch->count++;
	struct cmsghdr *head = &marked->mark[i].head;

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SO_MARK;
	head->cmsg_len = CMSG_LEN(sizeof(mark));
	memcpy(CMSG_DATA(head), &mark, sizeof(mark));
	lvs_offload_to_vnet(&batch->head[i].vnet, pkt);
	batch->iov[i][0] = (struct iovec){ &batch->head[i].vnet, LVS_VNET_LEN };
	batch->iov[i][1] = (struct iovec){ pkt->data, pkt->len };
	batch->msgs[i] = (struct mmsghdr){
		.msg_hdr.msg_iov = batch->iov[i],
		.msg_hdr.msg_iovlen = 2,
		.msg_hdr.msg_control = marked->mark[i].bytes,
		.msg_hdr.msg_controllen = sizeof(marked->mark[i]),
	};
}

/* lo has a link header; one without gets it back when it is received. */
static bool give_link(struct lvs_pkt *pkt)
{
	bool v4 = pkt->len && pkt->data[0] >> 4 == 4;

	if (pkt->l2_len)
		return true;
	if (pkt->headroom < LVS_ETH_LEN)
		return false;
	pkt->data -= LVS_ETH_LEN;
	pkt->headroom -= LVS_ETH_LEN;
	pkt->len += LVS_ETH_LEN;
	pkt->l2_len = LVS_ETH_LEN;
	memset(pkt->data, 0, LVS_ETH_LEN);
	lvs_put16(pkt->data + 12, v4 ? LVS_ETH_IPV4 : LVS_ETH_IPV6);
	if (pkt->off.flags & LVS_OFF_CSUM)
		pkt->off.csum_start += LVS_ETH_LEN;
	return true;
}

static size_t host_tx(struct lvs_port *port, struct lvs_pkt *const pkts[],
		      size_t count)
{
	struct host *h = host(port);
	struct marked_batch marked;
	struct lvs_batch *batch = &marked.batch;

	lvs_batch_init(batch, h->fd, true);
	for (size_t i = 0; i < count; i++) {
		struct lvs_pkt *pkt = pkts[i];

		if (pkt->link_in == LVS_LINK_NONE ||
		    pkt->link_in > LVS_DOOR_LINKS || !give_link(pkt)) {
			batch->errors++;
			continue;
		}
		if (batch->count == LVS_BATCH)
			lvs_batch_flush(batch);
		marked.link = pkt->link_in;
		if (pkt->off.gso != LVS_GSO_NONE &&
		    !lvs_offload_fits(pkt, true, true)) {
			lvs_batch_cut(batch, pkt, h->cut, add);
			continue;
		}
		if (!lvs_offload_fits(pkt, true, true))
			lvs_csum_complete(pkt);
		add(batch, pkt);
	}
	lvs_batch_end(batch, count, &h->sent);
	return batch->sent;
}

static void host_stats(struct lvs_port *port, struct lvs_port_stats *stats)
{
	*stats = host(port)->sent;
}

const struct lvs_backend lvs_backend_host = {
	.name = "host",
	.summary = "the host itself, where lvs/claim.h keeps packets from it",
	.open = host_open,
	.close = host_close,
	.fd = host_fd,
	.link = host_link,
	.rx = host_rx,
	.tx = host_tx,
	.release = host_release,
	.stats = host_stats,
};
