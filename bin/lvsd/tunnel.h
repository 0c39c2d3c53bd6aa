/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tunnel.h - large packets of method TUN in one piece, where the kernel can.
 *
 * lvs_tunnel_open(3) and its like, with what lvsd says in its log.  A lvsd that
 * was built without liblvs-bpf has no_tunnel.c instead of tunnel.c.
 */
#ifndef LVSD_TUNNEL_H
#define LVSD_TUNNEL_H

#include <lvs/base.h>

struct lvs_tunnel;

/*
 * Load it, which takes privileges that are dropped later.  NULL if it cannot
 * be had; the log says why.
 */
struct lvs_tunnel *tunnel_open(void);
/* TUNNEL may be NULL. */
void tunnel_close(struct lvs_tunnel *tunnel);

/*
 * On packets that leave by interface LINK: a descriptor that keeps it there.
 * -1: it cannot be, or TUNNEL is NULL.
 */
int tunnel_add_link(struct lvs_tunnel *tunnel, uint32_t link);

#endif
