/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log.c - a line for the caller's log.
 */
#include "base/log.h"

#include <stdio.h>

void lvs_log_line(const struct lvs_log *log, enum lvs_level level,
		  const char *format, ...)
{
	char text[512];
	va_list ap;

	if (!log->emit)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	log->emit(log->ctx, level, text);
}
