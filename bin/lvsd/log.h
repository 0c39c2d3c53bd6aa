/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log.h - where lvsd says what it has to say: standard error, or syslog.
 *
 * Under systemd standard error goes to the journal, and lines begin with the
 * priority that sd-daemon(3) describes; elsewhere they begin with "lvsd:".
 * A line is one write, so lines of several threads do not mix.
 */
#ifndef LVSD_LOG_H
#define LVSD_LOG_H

#include <lvs/base.h>

/* Call before the first thread starts; lines above LEVEL are left out. */
void log_open(enum lvs_level level, bool to_syslog);

/* For the library's objects. */
struct lvs_log log_sink(void);

void log_write(enum lvs_level level, const char *fmt, ...) LVS_PRINTF(2, 3);

#define log_err(...)   log_write(LVS_LOG_ERR, __VA_ARGS__)
#define log_warn(...)  log_write(LVS_LOG_WARNING, __VA_ARGS__)
#define log_info(...)  log_write(LVS_LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LVS_LOG_DEBUG, __VA_ARGS__)

#endif
