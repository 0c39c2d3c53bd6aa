/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * piece.h - a packet made of the headers and a part of the payload of another:
 * a segment or a fragment, whose headers are then put right.
 */
#ifndef LVS_PKT_PIECE_H
#define LVS_PKT_PIECE_H

#include <lvs/pkt.h>

/*
 * OUT becomes the first HEAD bytes of FROM and the LEN bytes at AT, with FROM's
 * metadata and nothing left to offload.  Its buffer, owner and headroom stay;
 * there must be room behind its data.
 */
static inline void lvs_piece_copy(struct lvs_pkt *out,
				  const struct lvs_pkt *from, uint32_t head,
				  uint32_t at, uint32_t len)
{
	uint32_t room = out->len + out->tailroom;

	memcpy(out->data, from->data, head);
	memcpy(out->data + head, from->data + at, len);
	out->len = head + len;
	out->tailroom = room - out->len;
	out->l2_len = from->l2_len;
	out->vlan = from->vlan;
	out->link_in = from->link_in;
	out->link_out = from->link_out;
	out->mark = from->mark;
	out->off = (struct lvs_offload){ 0 };
	out->verdict = from->verdict;
	out->reason = from->reason;
	out->to_host = from->to_host;
}

#endif
