/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cut.c - packets that leave in fragments.
 *
 * Whether they may is decided before (forward.c), how the headers then look is
 * pkt/frag.h's.
 */
#include "engine/engine.h"
#include "pkt/offload.h"

/*
 * The fragments of PKT leave one by one, after the first as what FOLLOWS.  The
 * receiver can't do with a part: false if one is lost, the rest is not sent.
 */
static bool leave_fragments(struct lvs_engine *eng, struct lvs_pkt *pkt,
			    uint16_t l3, const struct lvs_frag_how *how,
			    const struct lvs_exit *exit, bool follows)
{
	struct lvs_parcel *piece;
	struct lvs_frag frag;

	if (lvs_frag_init(&frag, pkt, l3, how) < 0) {
		eng->count.dropped[LVS_REASON_TOO_BIG]++;
		return false;
	}
	while ((piece = lvs_parcel_new(&eng->dir->mem, how->mtu + l3))) {
		if (!lvs_frag_next(&frag, &piece->pkt)) {
			lvs_parcel_free(piece, &eng->dir->mem);
			return true;
		}
		piece->follows = follows;
		follows = true;
		if (!lvs_engine_leave_made(eng, piece, l3, exit))
			return false;
	}
	eng->count.dropped[LVS_REASON_NO_MEMORY]++;
	return false;
}

/* SEGMENT, which is a parcel's, as it is or in fragments. */
static bool leave_segment(struct lvs_engine *eng, struct lvs_parcel *segment,
			  uint16_t l3, const struct lvs_frag_how *how,
			  const struct lvs_exit *exit)
{
	bool left;

	if (segment->pkt.len - l3 <= how->mtu)
		return lvs_engine_leave_made(eng, segment, l3, exit);
	left = leave_fragments(eng, &segment->pkt, l3, how, exit,
			       segment->follows);
	lvs_parcel_free(segment, &eng->dir->mem);
	return left;
}

static void leave_segments(struct lvs_engine *eng, const struct lvs_pkt *pkt,
			   uint16_t l3, const struct lvs_frag_how *how,
			   const struct lvs_exit *exit)
{
	struct lvs_parcel *segment;
	struct lvs_seg seg;
	bool follows = false;

	if (lvs_seg_init(&seg, pkt) < 0) {
		eng->count.dropped[LVS_REASON_TOO_BIG]++;
		return;
	}
	while ((segment =
			lvs_parcel_new(&eng->dir->mem, lvs_seg_bytes(&seg)))) {
		if (!lvs_seg_next(&seg, &segment->pkt)) {
			lvs_parcel_free(segment, &eng->dir->mem);
			return;
		}
		segment->follows = follows;
		follows = true;
		if (!leave_segment(eng, segment, l3, how, exit))
			return;
	}
	eng->count.dropped[LVS_REASON_NO_MEMORY]++;
}

void lvs_engine_leave_cut(struct lvs_engine *eng, struct lvs_pkt *pkt,
			  uint16_t l3, const struct lvs_frag_how *how,
			  const struct lvs_exit *exit)
{
	/* What becomes of its parts is counted with them. */
	pkt->verdict = LVS_HELD;
	if (pkt->off.gso != LVS_GSO_NONE)
		leave_segments(eng, pkt, l3, how, exit);
	else
		leave_fragments(eng, pkt, l3, how, exit, false);
}
