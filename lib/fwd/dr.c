/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dr.c - direct routing: the packet goes to the real server's link address as
 * it is.
 *
 * The real server has the virtual address itself and answers the client
 * directly.  A reply that does come this way is routed on: the host would not
 * do it if it has the virtual address too, or does not forward.
 */
#include "fwd/fwd.h"

static void dr_fill(const struct lvs_fwd_way *way, struct lvs_action *request,
		    struct lvs_action *reply)
{
	(void)way;
	request->steps |= LVS_ACT_TTL;
	reply->steps |= LVS_ACT_TTL;
}

const struct lvs_forwarding lvs_fwd_dr = {
	.name = "dr",
	.method = LVS_METHOD_DR,
	.fill = dr_fill,
};
