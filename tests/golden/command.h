/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * command.h - the ipvsadm commands of a recording, done to a director.
 */
#ifndef LVS_GOLDEN_COMMAND_H
#define LVS_GOLDEN_COMMAND_H

#include "case.h"

/*
 * LINE, with @SVC and @RSn for the case's service and real servers.  0, an
 * LVS_ERR_* of the director's, or LVS_ERR_PROTO for what is no command here.
 */
int golden_command(const struct golden *g, struct lvs_director *dir,
		   const char *line);

/* The case's service. */
struct lvs_service_id golden_service(const struct golden *g);

#endif
