/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * daemon.h - lvsd from start to stop.
 */
#ifndef LVSD_DAEMON_H
#define LVSD_DAEMON_H

#include "options.h"

/* Run until SIGTERM or SIGINT; returns an exit status. */
int daemon_run(const struct options *opt);

#endif
