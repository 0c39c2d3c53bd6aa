/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log.h - a line for the caller's log.
 */
#ifndef LVS_BASE_LOG_H
#define LVS_BASE_LOG_H

#include <lvs/base.h>

/* Format one line, cut at 511 bytes, for LOG; nothing if it has no emit. */
void lvs_log_line(const struct lvs_log *log, enum lvs_level level,
		  const char *format, ...) LVS_PRINTF(3, 4);

#endif
