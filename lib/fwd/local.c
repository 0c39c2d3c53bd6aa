/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * local.c - the real server is the director's own host: its stack may have
 * the packet, unchanged.  What the host replies goes its own way; a packet that
 * comes in as if it were such a reply is none.
 */
#include "fwd/fwd.h"

static void local_fill(const struct lvs_fwd_way *way,
		       struct lvs_action *request, struct lvs_action *reply)
{
	(void)way;
	request->steps |= LVS_ACT_HOST;
	reply->steps |= LVS_ACT_PASS;
}

const struct lvs_forwarding lvs_fwd_local = {
	.name = "local",
	.method = LVS_METHOD_LOCAL,
	.fill = local_fill,
};
