/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nat.c - network address translation: requests get the real server's address
 * and port as destination, replies the virtual ones as source.
 *
 * The real server must send its replies through the director.  It can't be
 * the director's host: the kernel would have to take a changed packet back.
 */
#include "fwd/fwd.h"

static void nat_fill(const struct lvs_fwd_way *way, struct lvs_action *request,
		     struct lvs_action *reply)
{
	request->steps |= LVS_ACT_DST | LVS_ACT_TTL;
	reply->steps |= LVS_ACT_SRC | LVS_ACT_TTL;
	if (way->hop && way->hop->local)
		request->reason = LVS_REASON_NO_ROUTE;
}

const struct lvs_forwarding lvs_fwd_nat = {
	.name = "nat",
	.method = LVS_METHOD_NAT,
	.fill = nat_fill,
};
