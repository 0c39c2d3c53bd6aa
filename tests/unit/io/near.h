/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * near.h - the rig of a backend that is an interface's: its port is at the near
 * end of a veth pair, the test has the far one.
 *
 * What was sent is taken there; how is the backend's, as the host may have a
 * say in it.
 */
#ifndef LVS_TESTS_UNIT_IO_NEAR_H
#define LVS_TESTS_UNIT_IO_NEAR_H

#include "contract.h"
#include "veth.h"

/* Compiled with 1: of ports that were opened with `late`. */
#ifndef RIG_LATE
#define RIG_LATE 0
#endif

static struct lvs_port *open_port(const char *backend, const char *ifname,
				  uint32_t buffers)
{
	struct lvs_port_opts opts = LVS_OPTS(struct lvs_port_opts);
	struct lvs_port *port;

	opts.ifname = ifname;
	opts.buffers = buffers;
	opts.late = RIG_LATE;
	ck_assert_int_eq(lvs_port_open(backend, &opts, &port), 0);
	return port;
}

static void rig_close(struct rig *rig)
{
	lvs_port_close(rig->port);
	lvs_port_close(rig->other);
	close(rig->far_fd);
}

static void rig_put(struct rig *rig, const struct frame *f)
{
	veth_put(rig->far_fd, f);
}

#endif
