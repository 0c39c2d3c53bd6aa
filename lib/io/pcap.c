/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pcap.c - captures in and out, to replay what once happened.
 *
 * The classic format of tcpdump(8), in either byte order, with stamps in
 * micro- or nanoseconds (draft-ietf-opsawg-pcap); pcapng is not read.
 *
 *	file	magic 4 | version 2+2 | 0 8 | snaplen 4 | link type 4
 *	packet	seconds 4 | fraction 4 | bytes here 4 | on the wire 4 | bytes
 *
 * A capture knows nothing of offloads, so what is written is finished first.
 */
#include "config.h"

#include "base/bytes.h"
#include "io/bufs.h"
#include "io/finish.h"
#include "io/io.h"
#include "pkt/parse.h"
#include "pkt/wire.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC_USEC 0xa1b2c3d4u
#define MAGIC_NSEC 0xa1b23c4du

/* Link types (LINKTYPE_* of the format). */
#define LINK_ETHERNET 1
#define LINK_RAW      101
#define LINK_IPV4     228
#define LINK_IPV6     229

#define VLAN_ID	 0xfff /* of a tag, the rest is priority */
#define VLAN_MAX 4094

struct file_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zero[2];
	uint32_t snaplen;
	uint32_t link;
};

struct packet_header {
	uint32_t sec, fraction;
	uint32_t len, wire_len;
};

struct pcap {
	struct lvs_port port;
	FILE *in, *out;	 /* either may be NULL */
	bool swapped;	 /* the input is of a host of the other byte order */
	uint32_t unit;	 /* nanoseconds of a fraction of the input */
	uint16_t l2_len; /* of the input's packets */
	uint32_t link;
	uint16_t vlan; /* whose frames are taken */
	int error;     /* the input cannot be read any further */
	lvs_tstamp now;
	struct lvs_bufs bufs;
	struct lvs_port_stats stats;
	unsigned char finish[LVS_FINISH_BYTES];
};

static struct pcap *pcap(struct lvs_port *port)
{
	return (struct pcap *)port;
}

static uint32_t number(const struct pcap *cap, uint32_t value)
{
	return cap->swapped ? __builtin_bswap32(value) : value;
}

static int read_magic(struct pcap *cap, uint32_t magic)
{
	cap->swapped = magic == __builtin_bswap32(MAGIC_USEC) ||
		       magic == __builtin_bswap32(MAGIC_NSEC);
	magic = number(cap, magic);
	cap->unit = magic == MAGIC_USEC ? 1000 : 1;
	return magic == MAGIC_USEC || magic == MAGIC_NSEC ? 0 : LVS_ERR_PROTO;
}

static int open_input(struct pcap *cap, const char *path)
{
	struct file_header head;

	cap->in = fopen(path, "rbe");
	if (!cap->in)
		return -errno;
	if (fread(&head, sizeof(head), 1, cap->in) != 1 ||
	    read_magic(cap, head.magic) < 0)
		return LVS_ERR_PROTO;
	/* Above 16 bits it says how long the frame check sequence is. */
	switch (number(cap, head.link) & 0xffff) {
	case LINK_ETHERNET:
		cap->l2_len = 14;
		return 0;
	case LINK_RAW:
	case LINK_IPV4:
	case LINK_IPV6:
		cap->l2_len = 0;
		return 0;
	default:
		return LVS_ERR_NOTSUP;
	}
}

/* Without a link there are no link headers, whatever the input has. */
static bool is_bare(const struct pcap *cap)
{
	return cap->l2_len == 0 || cap->link == LVS_LINK_NONE;
}

static int open_output(struct pcap *cap, const char *path)
{
	struct file_header head = {
		.magic = MAGIC_NSEC,
		.major = 2,
		.minor = 4,
		.snaplen = LVS_PKT_BUFSIZE,
		.link = is_bare(cap) ? LINK_RAW : LINK_ETHERNET,
	};

	cap->out = fopen(path, "wbe");
	if (!cap->out)
		return -errno;
	return fwrite(&head, sizeof(head), 1, cap->out) == 1 ? 0 : LVS_ERR_IO;
}

static void pcap_close(struct lvs_port *port)
{
	struct pcap *cap = pcap(port);

	if (cap->in)
		fclose(cap->in);
	if (cap->out)
		fclose(cap->out);
	lvs_bufs_fini(&cap->bufs);
	free(cap);
}

static int pcap_open(const struct lvs_port_opts *opts, struct lvs_port **port)
{
	struct pcap *cap = calloc(1, sizeof(*cap));
	int error;

	if (!cap)
		return LVS_ERR_NOMEM;
	cap->port.backend = &lvs_backend_pcap;
	cap->link = opts->link;
	cap->vlan = opts->vlan;
	cap->l2_len = 14;
	error = lvs_bufs_init(&cap->bufs, opts->buffers);
	if (!error && opts->vlan > VLAN_MAX)
		error = LVS_ERR_INVAL;
	if (!error && opts->ifname)
		error = open_input(cap, opts->ifname);
	if (!error && opts->output)
		error = open_output(cap, opts->output);
	if (error) {
		pcap_close(&cap->port);
		return error;
	}
	*port = &cap->port;
	return 0;
}

static int pcap_fd(struct lvs_port *port)
{
	(void)port;
	return -1;
}

static uint32_t pcap_link(struct lvs_port *port)
{
	return pcap(port)->link;
}

/* The VLAN that the frame PKT is of; 0: none. */
static uint16_t vlan_of(const struct lvs_pkt *pkt)
{
	uint16_t type;

	if (pkt->len < (uint32_t)pkt->l2_len + LVS_VLAN_LEN)
		return 0;
	type = lvs_get16(pkt->data + pkt->l2_len - 2);
	if (type != LVS_ETH_VLAN && type != LVS_ETH_QINQ)
		return 0;
	return lvs_get16(pkt->data + pkt->l2_len) & VLAN_ID;
}

/* Make PKT what LEN bytes were read for: 1; 0: of another VLAN; or an error. */
static int take_in(const struct pcap *cap, struct lvs_pkt *pkt, uint32_t len)
{
	uint16_t l3;

	if (len < cap->l2_len || len == 0)
		return LVS_ERR_MSGSIZE;
	lvs_bufs_fill(pkt, len, cap->l2_len, cap->link);
	if (cap->l2_len && vlan_of(pkt) != cap->vlan)
		return 0;
	if (!is_bare(cap))
		return 1;
	switch (lvs_parse_link(pkt, &l3)) {
	case LVS_ETH_IPV4:
	case LVS_ETH_IPV6:
		lvs_bufs_bare(pkt, l3);
		return 1;
	default:
		return LVS_ERR_NOTSUP;
	}
}

/*
 * The next packet of the input into PKT: 1; 0: there is none, or none to be
 * forwarded; LVS_ERR_MSGSIZE: it is cut off; LVS_ERR_PROTO.
 */
static int read_packet(struct pcap *cap, struct lvs_pkt *pkt)
{
	struct packet_header head;
	size_t got = fread(&head, 1, sizeof(head), cap->in);
	lvs_tstamp when;
	uint32_t len;
	int took;

	if (got == 0)
		return 0;
	if (got < sizeof(head))
		return LVS_ERR_MSGSIZE;
	len = number(cap, head.len);
	if (len > LVS_BUFS_ROOM)
		return LVS_ERR_PROTO;
	if (fread(lvs_bufs_data(pkt), 1, len, cap->in) < len)
		return LVS_ERR_MSGSIZE;
	when = number(cap, head.sec) * LVS_SEC +
	       (lvs_tstamp)number(cap, head.fraction) * cap->unit;
	cap->now = when > cap->now ? when : cap->now;
	took = take_in(cap, pkt, len);
	if (took <= 0) {
		cap->stats.rx_errors += took < 0;
		return 0;
	}
	cap->stats.rx_packets++;
	cap->stats.rx_bytes += len;
	return 1;
}

static int pcap_rx(struct lvs_port *port, struct lvs_pkt *pkts[], size_t max)
{
	struct pcap *cap = pcap(port);
	size_t lent = 0;

	if (!cap->in || cap->error)
		return cap->error;
	/* The file may have grown since its end was seen. */
	clearerr(cap->in);
	while (lent < max && cap->bufs.left > 0 && !feof(cap->in)) {
		struct lvs_pkt *pkt = lvs_bufs_peek(&cap->bufs, 0);
		int got = read_packet(cap, pkt);

		if (got < 0) {
			cap->error = got;
			break;
		}
		if (got == 0)
			continue;
		lvs_bufs_take(&cap->bufs, 1);
		pkts[lent++] = pkt;
	}
	return lent > 0 ? (int)lent : cap->error;
}

static void pcap_release(struct lvs_port *port, struct lvs_pkt *const pkts[],
			 size_t count)
{
	for (size_t i = 0; i < count; i++)
		lvs_bufs_give(&pcap(port)->bufs, pkts[i]);
}

static bool write_frame(void *ctx, const struct lvs_pkt *frame)
{
	struct pcap *cap = ctx;
	struct packet_header head = {
		.sec = (uint32_t)(cap->now / LVS_SEC),
		.fraction = (uint32_t)(cap->now % LVS_SEC),
		.len = frame->len,
		.wire_len = frame->len,
	};

	return fwrite(&head, sizeof(head), 1, cap->out) == 1 &&
	       fwrite(frame->data, 1, frame->len, cap->out) == frame->len;
}

static size_t pcap_tx(struct lvs_port *port, struct lvs_pkt *const pkts[],
		      size_t count)
{
	struct pcap *cap = pcap(port);
	struct lvs_finish how = {
		.bytes = cap->finish,
		.emit = write_frame,
		.ctx = cap,
	};
	size_t sent = 0;

	for (size_t i = 0; cap->out && i < count; i++) {
		if (!lvs_finish(&how, pkts[i]))
			continue;
		sent++;
		cap->stats.tx_bytes += pkts[i]->len;
	}
	if (cap->out && fflush(cap->out) != 0)
		sent = 0;
	cap->stats.tx_packets += sent;
	cap->stats.tx_dropped += count - sent;
	return sent;
}

static void pcap_stats(struct lvs_port *port, struct lvs_port_stats *stats)
{
	*stats = pcap(port)->stats;
}

lvs_tstamp lvs_pcap_time(struct lvs_port *port)
{
	return port->backend == &lvs_backend_pcap ? pcap(port)->now : 0;
}

const struct lvs_backend lvs_backend_pcap = {
	.name = "pcap",
	.summary = "captures in and out",
	.open = pcap_open,
	.close = pcap_close,
	.fd = pcap_fd,
	.link = pcap_link,
	.rx = pcap_rx,
	.tx = pcap_tx,
	.release = pcap_release,
	.stats = pcap_stats,
};
