/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * offload.h - in software what an interface cannot do: complete a checksum,
 * cut a GSO packet into segments; and offload state from and to the form that
 * the kernel has it in.
 *
 * A port sends a packet like this:
 *
 *	if (lvs_offload_fits(pkt, can_csum, can_gso))
 *		send it with lvs_offload_to_vnet's header
 *	else if (pkt->off.gso == LVS_GSO_NONE)
 *		lvs_csum_complete(pkt), send it
 *	else
 *		lvs_seg_init(&seg, pkt), and send what lvs_seg_next gives
 */
#ifndef LVS_PKT_OFFLOAD_H
#define LVS_PKT_OFFLOAD_H

#include "pkt/parse.h"

struct virtio_net_hdr;

/*
 * Whether an interface that completes checksums (CAN_CSUM) or cuts segments
 * (CAN_GSO) can take PKT as it is.  What has an outer header since is left to
 * none: struct virtio_net_hdr cannot say where the inner one is, and cards that
 * know TCP only look for it behind the first.  Nor does it know SCTP's CRC.
 */
bool lvs_offload_fits(const struct lvs_pkt *pkt, bool can_csum, bool can_gso);

/* Complete PKT's checksum, if it is to be; also SCTP's.  Not for GSO. */
void lvs_csum_complete(struct lvs_pkt *pkt);

/*
 * The largest IP packet that PKT becomes on the wire, header included: its own
 * length, or with GSO that of a full segment.  Compare this with an MTU.
 */
uint32_t lvs_seg_max_len(const struct lvs_pkt *pkt, const struct lvs_parsed *p);

/* Where the cutting has got to; lives no longer than its packet. */
struct lvs_seg {
	const struct lvs_pkt *pkt;
	uint32_t payload; /* offset of the first byte not yet handed out */
	uint32_t end;	  /* of the last, plus 1 */
	uint32_t seq;	  /* payload bytes handed out */
	uint16_t count;	  /* segments handed out */
	uint16_t head;	  /* bytes of header in front of each segment */
	uint16_t outer; /* offset of the outer IP header; l3 if there is none */
	uint16_t l3, l4; /* of the inner headers */
	uint8_t protocol;
	bool done;
};

/*
 * Begin cutting PKT, a GSO packet with or without LVS_OFF_ENCAP; it is borrowed
 * and not changed.  LVS_ERR_PROTO: its headers do not fit its offload state.
 */
int lvs_seg_init(struct lvs_seg *seg, const struct lvs_pkt *pkt);

/*
 * The next segment into OUT: headers and payload are copied to OUT->data, all
 * checksums complete; len, tailroom, l2_len, metadata and offload state are
 * written, room there must be for the longest (lvs_seg_bytes).  false: no more.
 */
bool lvs_seg_next(struct lvs_seg *seg, struct lvs_pkt *out);

/* Bytes of the longest segment, link header included. */
uint32_t lvs_seg_bytes(const struct lvs_seg *seg);

/*
 * Offload state from VNET, which came with a frame of LEN bytes, in host byte
 * order as packet sockets and tun have it by default; offsets count from the
 * frame's first byte.  LVS_ERR_PROTO: it contradicts itself or the length;
 * LVS_ERR_NOTSUP: a kind of GSO that is not known here.  *OFF is only written
 * on success.
 */
int lvs_offload_from_vnet(struct lvs_offload *off,
			  const struct virtio_net_hdr *vnet, uint32_t len);

/* VNET for PKT, for which lvs_offload_fits is true but for an outer header. */
void lvs_offload_to_vnet(struct virtio_net_hdr *vnet,
			 const struct lvs_pkt *pkt);

/*
 * Put the tag that the NIC took out (pkt->vlan) back into the frame, as a
 * packet socket wants it for sending.  false: no headroom.
 */
bool lvs_vlan_push(struct lvs_pkt *pkt);

#endif
