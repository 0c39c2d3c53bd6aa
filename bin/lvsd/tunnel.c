/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tunnel.c - large packets of method TUN in one piece, by liblvs-bpf.
 */
#include "tunnel.h"
#include "log.h"
#include <lvs/tunnel.h>

struct lvs_tunnel *tunnel_open(void)
{
	struct lvs_tunnel_opts opts = LVS_OPTS(struct lvs_tunnel_opts);
	struct lvs_tunnel *tunnel;
	int err;

	opts.log = log_sink();
	err = lvs_tunnel_open(&opts, &tunnel);
	if (!err)
		return tunnel;
	log_info("packets of method tun are cut in software: %s",
		 lvs_strerror(err));
	return NULL;
}

void tunnel_close(struct lvs_tunnel *tunnel)
{
	lvs_tunnel_close(tunnel);
}

int tunnel_add_link(struct lvs_tunnel *tunnel, uint32_t link)
{
	int fd = tunnel ? lvs_tunnel_add_link(tunnel, link) : -1;

	return fd < 0 ? -1 : fd;
}
