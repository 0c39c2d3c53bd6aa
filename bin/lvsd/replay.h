/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * replay.h - what lvsd would do with a capture, as a capture.
 *
 * No interface is opened, no socket, and no privilege needed.
 */
#ifndef LVSD_REPLAY_H
#define LVSD_REPLAY_H

#include "options.h"

/*
 * The packets of OPT->replay through the director of OPT->config; what is sent
 * goes to OPT->output, if not NULL.  Prints what went where, and returns an
 * exit status.
 */
int replay(const struct options *opt);

#endif
