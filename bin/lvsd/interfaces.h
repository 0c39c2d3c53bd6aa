/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * interfaces.h - the configured interfaces, and the port of each while there
 * is one.
 *
 * An interface that is deleted, or whose port fails, is closed and opened
 * again when one of that name is up; meanwhile the others go on.
 */
#ifndef LVSD_INTERFACES_H
#define LVSD_INTERFACES_H

#include "conf.h"
#include "programs.h"
#include "worker.h"
#include <lvs/ctl.h>

struct interfaces;

/* None yet; the arguments are borrowed.  NULL: out of memory. */
struct interfaces *interfaces_new(struct lvs_director *dir,
				  struct worker *worker,
				  const struct programs *programs);

/* Close every port and free. */
void interfaces_free(struct interfaces *ifs);

/*
 * Go over to what CFG lists.  All that is new is opened first; if anything
 * cannot be, nothing has changed: -1 after a line in the log.
 */
int interfaces_apply(struct interfaces *ifs, const struct conf *cfg);

/*
 * Up to MAX ports that have a link of their own, into PORTS; returns how many.
 * They are there until the next call of interfaces_apply or interfaces_look.
 */
size_t interfaces_ports(const struct interfaces *ifs, struct lvs_port *ports[],
			size_t max);

/*
 * Look after all of them: what failed or was deleted is closed, what is there
 * again is opened.  Call it when links may have changed and now and then.
 * True: one was opened, went up or down, or has another link address.
 */
bool interfaces_look(struct interfaces *ifs);

/*
 * What the INDEX-th interface is and has carried and lost since it was first
 * open, into *IFC; false: there are no more.
 */
bool interfaces_stats(struct interfaces *ifs, size_t index,
		      struct lvs_ctl_interface *ifc);

/* Log what was lost; call it now and then. */
void interfaces_tell_losses(struct interfaces *ifs, lvs_tstamp now);

#endif
