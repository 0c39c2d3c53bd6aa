/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frag.h - an IPv4 packet cut into fragments (RFC 791 3.2).
 *
 * Not for IPv6, whose routers don't fragment, and not for GSO packets, which
 * are to be segmented first.  Putting fragments together is another matter.
 */
#ifndef LVS_PKT_FRAG_H
#define LVS_PKT_FRAG_H

#include <lvs/pkt.h>

struct lvs_frag {
	const struct lvs_pkt *pkt;
	uint32_t pos;  /* offset of the first byte not yet handed out */
	uint32_t end;  /* of the last, plus 1 */
	uint32_t max;  /* payload bytes of a fragment at most */
	uint16_t l3;   /* offset of the IP header */
	uint16_t head; /* bytes up to the payload, link header included */
	bool done;
};

/*
 * Begin cutting PKT, whose IPv4 header is L3 bytes in and was checked, and
 * which may itself be a fragment, into packets of at most MTU bytes.  PKT is
 * borrowed; its checksum is completed.  A DF bit is cleared only where the
 * caller has cleared it: LVS_ERR_MSGSIZE if it is set, or for an MTU that no
 * 8 bytes fit into (the least a link may have is 68).
 */
int lvs_frag_init(struct lvs_frag *frag, struct lvs_pkt *pkt, uint16_t l3,
		  uint32_t mtu);

/*
 * The next fragment into OUT, as lvs_seg_next does: MTU + L3 bytes of room.
 * Options that are not to be copied are NOPs from the second on.  false: no
 * more.
 */
bool lvs_frag_next(struct lvs_frag *frag, struct lvs_pkt *out);

#endif
