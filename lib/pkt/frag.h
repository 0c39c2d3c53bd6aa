/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frag.h - a packet cut into fragments (RFC 791 3.2, RFC 8200 4.5), and what a
 * fragment's headers say.
 *
 * Not for GSO packets, which are to be segmented first; nor is it decided here
 * who may cut: an IPv6 packet only its sender does, or who has put it together
 * or in front of it an outer header.  Putting together is join.h.
 */
#ifndef LVS_PKT_FRAG_H
#define LVS_PKT_FRAG_H

#include "pkt/parse.h"

/* Of a fragment, what lvs_parse does not tell. */
struct lvs_frag_info {
	uint32_t at;	 /* where its payload belongs, bytes */
	uint32_t len;	 /* of the payload */
	uint16_t head;	 /* of the IP header up to the payload, bytes */
	uint16_t common; /* of that, IPv6: what precedes the fragment header */
	uint16_t
		next; /* IPv6: of the byte that announces the latter, from l3 */
	bool more;
	bool df; /* IPv4 */
};

/* PKT, measured as a fragment in P: P->first_fragment or LVS_PKT_FRAGMENT. */
void lvs_frag_read(const struct lvs_pkt *pkt, const struct lvs_parsed *p,
		   struct lvs_frag_info *info);

/*
 * Where the fragment header is behind the IPv6 header at L3, for which there
 * must be one; in *NEXT, where the byte is that announces it.
 */
uint16_t lvs_frag6_find(const unsigned char *l3, uint16_t *next);

/* How to cut. */
struct lvs_frag_how {
	uint32_t mtu;
	uint32_t id;	 /* IPv6: identification */
	uint16_t common; /* IPv6: bytes that each fragment begins with */
	uint16_t next;	 /* IPv6: offset of their last next-header field */
	bool df;	 /* IPv4: fragments are not to be cut again */
};

struct lvs_frag {
	const struct lvs_pkt *pkt;
	uint32_t pos;	/* offset of the first byte not yet handed out */
	uint32_t end;	/* of the last, plus 1 */
	uint32_t max;	/* payload bytes of a fragment at most */
	uint16_t l3;	/* offset of the IP header */
	uint16_t head;	/* bytes up to the payload, link header included */
	uint16_t flags; /* IPv4: to be set in each */
	bool done;
};

/*
 * Begin cutting PKT, whose IP header is L3 bytes in and was checked, into
 * packets of at most HOW->mtu bytes.  An IPv4 packet may itself be a fragment.
 * PKT is borrowed; its checksum is completed, and an IPv6 packet gets a
 * fragment header, for which it needs 8 bytes of headroom.
 *
 * LVS_ERR_MSGSIZE: DF is set, which only the caller may clear; no room; or no
 * 8 bytes fit into the MTU (the least a link may have is 68, 1280).
 */
int lvs_frag_init(struct lvs_frag *frag, struct lvs_pkt *pkt, uint16_t l3,
		  const struct lvs_frag_how *how);

/*
 * The next fragment into OUT, as lvs_seg_next does: mtu + L3 bytes of room.
 * IPv4 options that are not to be copied are NOPs from the second on.  false:
 * no more.
 */
bool lvs_frag_next(struct lvs_frag *frag, struct lvs_pkt *out);

#endif
