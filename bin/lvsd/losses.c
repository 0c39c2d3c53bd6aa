/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * losses.c - what an interface lost, as lines of the log.
 */
#include "losses.h"
#include "log.h"
#include <inttypes.h>
#include <string.h>

/* No two lines of a kind about an interface come closer. */
#define QUIET (60 * LVS_SEC)

static const struct {
	size_t at; /* in struct lvs_port_stats */
	const char *why;
} kinds[LOSSES_KINDS] = {
	{ offsetof(struct lvs_port_stats, rx_dropped),
	  "lost, the receive queue was full: they come faster than lvsd takes "
	  "them; give it more of a processor, or the interface less" },
	{ offsetof(struct lvs_port_stats, tx_dropped),
	  "lost, the interface did not take them: it is down or slower than "
	  "what is sent; a longer txqueuelen (`ip link`) outlasts bursts" },
	{ offsetof(struct lvs_port_stats, rx_errors),
	  "lost, which came cut off or as no packet socket can tell of them; "
	  "large receive offload (`ethtool -K`) may be to blame" },
	{ offsetof(struct lvs_port_stats, tx_errors),
	  "lost, the host refused to send them: it has no route to the client "
	  "or real server, or they are longer than the MTU" },
};

void losses_look(struct losses *l, const char *name,
		 const struct lvs_port_stats *stats, lvs_tstamp now)
{
	for (size_t i = 0; i < LOSSES_KINDS; i++) {
		uint64_t lost;

		memcpy(&lost, (const char *)stats + kinds[i].at, sizeof(lost));
		if (lost == l->kind[i].told ||
		    (l->kind[i].at && now - l->kind[i].at < QUIET))
			continue;
		log_warn("%s: %" PRIu64 " packets %s", name,
			 lost - l->kind[i].told, kinds[i].why);
		l->kind[i].told = lost;
		l->kind[i].at = now;
	}
}
