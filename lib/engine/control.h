/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * control.h - which template a connection was made by.
 */
#ifndef LVS_ENGINE_CONTROL_H
#define LVS_ENGINE_CONTROL_H

#include "base/map.h"
#include "base/slab.h"
#include "model/conn.h"

struct lvs_control {
	struct lvs_conn *conn, *by;
};

struct lvs_controls {
	struct lvs_map map;
	struct lvs_slab slab; /* of struct lvs_control */
};

/* LVS_ERR_NOMEM, or 0.  CTL must stay where it is. */
int lvs_controls_init(struct lvs_controls *ctl,
		      const struct lvs_allocator *mem);
void lvs_controls_fini(struct lvs_controls *ctl);

/* CONN was made by BY and has LVS_CONN_CONTROLLED now; false: no memory. */
bool lvs_control_add(struct lvs_controls *ctl, struct lvs_conn *conn,
		     struct lvs_conn *by);

/* What CONN was made by; NULL: nothing known. */
struct lvs_conn *lvs_control_of(const struct lvs_controls *ctl,
				const struct lvs_conn *conn);

/* The same, and it is forgotten. */
struct lvs_conn *lvs_control_take(struct lvs_controls *ctl,
				  struct lvs_conn *conn);

#endif
