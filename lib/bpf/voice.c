/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * voice.c - what libbpf says, for a log of ours.
 */
#include "bpf/voice.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

static _Thread_local const struct lvs_log *listener;

static int hear(enum libbpf_print_level level, const char *format, va_list args)
{
	char line[512];

	if (level == LIBBPF_DEBUG || !listener)
		return 0;
	vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\n")] = 0;
	lvs_log_line(listener, LVS_LOG_DEBUG, "%s", line);
	return 0;
}

libbpf_print_fn_t lvs_bpf_listen(const struct lvs_log *log)
{
	listener = log;
	return libbpf_set_print(hear);
}
