/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nat.c - network address translation: requests get the real server's address
 * and port as destination, replies the virtual ones as source.
 *
 * The real server must send its replies through the director.  So it can't be
 * the director's host, whose replies leave it by themselves.
 */
#include "fwd/fwd.h"

static void nat_fill(const struct lvs_fwd_way *way, struct lvs_action *request,
		     struct lvs_action *reply)
{
	(void)way;
	request->steps |= LVS_ACT_DST | LVS_ACT_TTL;
	reply->steps |= LVS_ACT_SRC | LVS_ACT_TTL;
}

const struct lvs_forwarding lvs_fwd_nat = {
	.name = "nat",
	.method = LVS_METHOD_NAT,
	.fill = nat_fill,
};
