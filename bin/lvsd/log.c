/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log.c - one line of text to standard error, the journal or syslog.
 *
 * The only state of lvsd that is global: there is one standard error.
 */
#include "log.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024

enum target {
	TO_TERMINAL,
	TO_JOURNAL,
	TO_SYSLOG,
};

static enum lvs_level max_level = LVS_LOG_INFO;
static enum target target = TO_TERMINAL;

static const struct {
	int priority; /* of syslog(3), and of the journal */
	const char *mark;
} levels[] = {
	[LVS_LOG_ERR] = { LOG_ERR, "" },
	[LVS_LOG_WARNING] = { LOG_WARNING, "warning: " },
	[LVS_LOG_INFO] = { LOG_INFO, "" },
	[LVS_LOG_DEBUG] = { LOG_DEBUG, "debug: " },
};

/*
 * JOURNAL_STREAM is "device:inode" of the stream that the journal reads; it
 * is inherited by programs whose standard error goes somewhere else.
 */
static bool stderr_is_journal(void)
{
	const char *env = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return env && sscanf(env, "%llu:%llu", &dev, &ino) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev &&
	       st.st_ino == ino;
}

void log_open(enum lvs_level level, bool to_syslog)
{
	max_level = level;
	if (to_syslog) {
		openlog("lvsd", LOG_PID, LOG_DAEMON);
		target = TO_SYSLOG;
	} else if (stderr_is_journal()) {
		target = TO_JOURNAL;
	} else {
		target = TO_TERMINAL;
	}
}

static void emit(void *ctx, enum lvs_level level, const char *text)
{
	char line[LINE_MAX_BYTES];
	int len;

	(void)ctx;
	if (level > max_level)
		return;
	if (target == TO_SYSLOG) {
		syslog(levels[level].priority, "%s", text);
		return;
	}
	if (target == TO_JOURNAL)
		len = snprintf(line, sizeof(line), "<%d>%s\n",
			       levels[level].priority, text);
	else
		len = snprintf(line, sizeof(line), "lvsd: %s%s\n",
			       levels[level].mark, text);
	if (len >= (int)sizeof(line)) {
		len = (int)sizeof(line) - 1;
		line[len - 1] = '\n';
	}
	/* Nobody is left to tell when standard error is gone. */
	if (write(STDERR_FILENO, line, (size_t)len) < 0)
		return;
}

struct lvs_log log_sink(void)
{
	return (struct lvs_log){ .emit = emit };
}

void log_write(enum lvs_level level, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	va_list ap;

	if (level > max_level)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	emit(NULL, level, text);
}
