/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * no_tunnel.c - in place of tunnel.c where there is no liblvs-bpf.
 */
#include "tunnel.h"

struct lvs_tunnel *tunnel_open(void)
{
	return NULL;
}

void tunnel_close(struct lvs_tunnel *tunnel)
{
	(void)tunnel;
}

int tunnel_add_link(struct lvs_tunnel *tunnel, uint32_t link)
{
	(void)tunnel;
	(void)link;
	return -1;
}
