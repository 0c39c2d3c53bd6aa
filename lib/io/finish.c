/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * finish.c - from a packet to the frames that an interface can take.
 */
#include "io/finish.h"
#include "pkt/offload.h"

static bool cut(const struct lvs_finish *how, const struct lvs_pkt *pkt)
{
	struct lvs_pkt frame;
	struct lvs_seg seg;

	if (lvs_seg_init(&seg, pkt) < 0)
		return false;
	for (;;) {
		lvs_pkt_init(&frame, how->bytes, LVS_FINISH_BYTES, 0, 0, 0);
		if (!lvs_seg_next(&seg, &frame))
			return true;
		if (!how->emit(how->ctx, &frame))
			return false;
	}
}

bool lvs_finish(const struct lvs_finish *how, struct lvs_pkt *pkt)
{
	if (!lvs_offload_fits(pkt, how->can_csum, how->can_gso)) {
		if (pkt->off.gso != LVS_GSO_NONE)
			return cut(how, pkt);
		lvs_csum_complete(pkt);
	}
	return how->emit(how->ctx, pkt);
}
