/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lvs/pkt.h - a packet on its way through a director.
 *
 * A packet is one buffer with room around it, its offload state and, after the
 * engine has seen it, a verdict.  It is never an error: what cannot be
 * forwarded has a verdict and a counted, named reason (lvs/stats.h).
 *
 *	 headroom      link header   IP packet          tailroom
 *	|.............|#############|##################|.........|
 *	              ^ data         ^ data + l2_len    ^ data + len
 */
#ifndef LVS_PKT_H
#define LVS_PKT_H

#include <lvs/base.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Room that encapsulation and a link header may need before data. */
#define LVS_PKT_HEADROOM 128
/* The longest IP packet, and buffer bytes for it with a link header. */
#define LVS_PKT_MAX 65535
#define LVS_PKT_BUFSIZE (LVS_PKT_HEADROOM + 32 + LVS_PKT_MAX)

/* No link: a port without link layer, or "not known". */
#define LVS_LINK_NONE 0
/* The host itself: what is sent there it receives, on the packet's link_in. */
#define LVS_LINK_HOST UINT32_MAX

/*
 * What the sender left to be done, as struct virtio_net_hdr has it (virtio
 * 1.2, section 5.1.6.2); offsets are from data, in host order.
 */
enum lvs_gso {
	LVS_GSO_NONE,
	LVS_GSO_TCPV4,
	LVS_GSO_TCPV6,
	LVS_GSO_UDP_L4, /* UDP segmentation offload: a row of datagrams */
};

#define LVS_OFF_CSUM (1u << 0)  /* sum [csum_start, end) and store it */
#define LVS_OFF_VALID (1u << 1) /* checksum known to be right */
#define LVS_OFF_ECN (1u << 2)   /* GSO: CWR in the first segment only */
#define LVS_OFF_ENCAP (1u << 3) /* CSUM, GSO: behind an outer header since */

struct lvs_offload {
	uint8_t flags;
	uint8_t gso;          /* enum lvs_gso */
	uint16_t gso_size;    /* payload bytes a segment */
	uint16_t csum_start;  /* where summing starts */
	uint16_t csum_offset; /* where the sum goes, from csum_start */
};

/* What is to become of a packet. */
enum lvs_verdict {
	LVS_PASS, /* not ours: the host's stack may have it */
	LVS_SEND, /* send on link_out; the link header is written */
	LVS_DROP, /* with `reason` */
	LVS_HELD, /* the engine has copied it and will send it itself */
	/*
	 * The host's, which is the real server: as LVS_PASS, but a host that
	 * is kept from such packets (lvs/claim.h) must be given this one.
	 */
	LVS_HOST,
};

struct lvs_pkt {
	unsigned char *data;
	uint32_t len;      /* link header included */
	uint32_t headroom; /* writable bytes before data */
	uint32_t tailroom; /* writable bytes after data + len */
	uint16_t l2_len;   /* 0: no link layer, data is the IP header */
	uint16_t vlan;     /* tag taken out by the NIC: TCI | 1 << 12; 0: none */
	uint32_t link_in;  /* interface index, or LVS_LINK_NONE */
	uint32_t link_out; /* written with verdict LVS_SEND */
	uint32_t mark;     /* fwmark; 0: what lvs/mark.h gives it */
	struct lvs_offload off;
	uint8_t verdict;   /* enum lvs_verdict */
	uint8_t reason;    /* enum lvs_reason, with LVS_DROP */
	uint8_t to_host;   /* link level: 1 sent to this host, 0 to another */
	uint8_t zero;
	void *owner;       /* the backend's own */
};

/*
 * Make PKT a packet of LEN bytes that lie HEADROOM bytes into BUF, which has
 * SIZE bytes; l2_len is the length of the link header, 14 for Ethernet.
 */
static inline void lvs_pkt_init(struct lvs_pkt *pkt, void *buf, uint32_t size,
				uint32_t headroom, uint32_t len,
				uint16_t l2_len)
{
	memset(pkt, 0, sizeof(*pkt));
	pkt->data = (unsigned char *)buf + headroom;
	pkt->len = len;
	pkt->headroom = headroom;
	pkt->tailroom = size - headroom - len;
	pkt->l2_len = l2_len;
	pkt->to_host = 1;
}

#ifdef __cplusplus
}
#endif

#endif
