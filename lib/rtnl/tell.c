/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tell.c - what of the kernel's news is worth a line in the log.
 *
 * Routes are not: a router has too many.
 */
#include "rtnl/tell.h"

#include "base/log.h"

#include <stdio.h>
#include <string.h>

/*
 * Lines about neighbours, a second and at once.  Any host on a link can claim
 * an address, and any client on one may have the kernel's table full; neither
 * is to fill the log.
 */
#define MOVED_MAX   10
#define REFUSED_MAX 1

void lvs_rtnl_tell_init(struct lvs_rtnl_tell *tell, struct lvs_director *dir,
			const struct lvs_log *log)
{
	tell->dir = dir;
	tell->log = *log;
	tell->opened = false;
	lvs_limit_init(&tell->moved, LVS_SEC / MOVED_MAX, MOVED_MAX);
	lvs_limit_init(&tell->refused, LVS_SEC / REFUSED_MAX, REFUSED_MAX);
}

#define LLADDR_STRLEN 18

static const char *lladdr_text(const uint8_t *b, char text[LLADDR_STRLEN])
{
	snprintf(text, LLADDR_STRLEN, "%02x:%02x:%02x:%02x:%02x:%02x", b[0],
		 b[1], b[2], b[3], b[4], b[5]);
	return text;
}

void lvs_rtnl_tell_link(const struct lvs_rtnl_tell *tell,
			const struct lvs_link *was, const struct lvs_link *now)
{
	char text[LLADDR_STRLEN];

	if (!was)
		lvs_log_line(&tell->log, LVS_LOG_INFO, "%s: found, %s, mtu %u",
			     now->name, now->up ? "up" : "down", now->mtu);
	else if (was->up != now->up)
		lvs_log_line(&tell->log, LVS_LOG_INFO, "%s: %s", now->name,
			     now->up ? "up" : "down");
	if (was && was->mtu != now->mtu)
		lvs_log_line(&tell->log, LVS_LOG_INFO, "%s: mtu %u", now->name,
			     now->mtu);
	if (was && memcmp(was->lladdr, now->lladdr, LVS_LLADDR_LEN) != 0)
		lvs_log_line(&tell->log, LVS_LOG_INFO, "%s: link address %s",
			     now->name, lladdr_text(now->lladdr, text));
}

/* What the first reading finds is no change. */
void lvs_rtnl_tell_addr(const struct lvs_rtnl_tell *tell,
			const struct lvs_rtnl_addr *addr, const char *what)
{
	char text[LVS_ADDR_STRLEN];
	struct lvs_link link;

	if (tell->opened && !lvs_net_link_get(tell->dir, addr->link, &link))
		lvs_log_line(&tell->log, LVS_LOG_INFO, "%s: address %s %s",
			     link.name,
			     lvs_addr_format(&addr->addr, text, sizeof(text)),
			     what);
}

/*
 * A neighbour that is somebody else now is rare, and a reason why connections
 * stall; that hosts are heard of, or no more, is neither.
 */
void lvs_rtnl_tell_neigh(struct lvs_rtnl_tell *tell,
			 const struct lvs_neigh *was,
			 const struct lvs_neigh *now, lvs_tstamp when)
{
	static const uint8_t none[LVS_LLADDR_LEN];
	const uint8_t *mac = now->lladdr;
	char text[LVS_ADDR_STRLEN], at[LLADDR_STRLEN];
	struct lvs_link link;

	if (memcmp(was->lladdr, mac, LVS_LLADDR_LEN) == 0 ||
	    memcmp(was->lladdr, none, LVS_LLADDR_LEN) == 0 ||
	    memcmp(mac, none, LVS_LLADDR_LEN) == 0 ||
	    lvs_net_link_get(tell->dir, now->link, &link) ||
	    !lvs_limit_take(&tell->moved, when))
		return;
	lvs_log_line(&tell->log, LVS_LOG_INFO, "%s: %s is at %s now", link.name,
		     lvs_addr_format(&now->addr, text, sizeof(text)),
		     lladdr_text(mac, at));
}

void lvs_rtnl_tell_refused(struct lvs_rtnl_tell *tell, int error,
			   lvs_tstamp when)
{
	if (lvs_limit_take(&tell->refused, when))
		lvs_log_line(&tell->log, LVS_LOG_WARNING,
			     "the kernel will not resolve a neighbour: %s",
			     lvs_strerror(error));
}
