/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * restore.c - lvsadm -R: commands from standard input, one a line.
 *
 * As ipvsadm does it: words are parted by blanks, nothing is quoted, a first
 * word "ipvsadm" (or "lvsadm") is passed over.  What the server refuses is
 * told and the next line is done; a line that is not understood is the last.
 * Lines that begin with # are comments here.
 */
#include "lvsadm.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 64

/* LINE as words after argv[0]; returns argc, or -1 for too many. */
static int split(char *line, char *argv[WORDS_MAX + 1])
{
	char *rest, *word = strtok_r(line, " \t\n", &rest);
	int argc = 1;

	if (word && (!strcmp(word, "ipvsadm") || !strcmp(word, "lvsadm")))
		word = strtok_r(NULL, " \t\n", &rest);
	for (; word; word = strtok_r(NULL, " \t\n", &rest)) {
		if (argc == WORDS_MAX)
			return -1;
		argv[argc++] = word;
	}
	argv[argc] = NULL;
	return argc;
}

/* *STATUS is the line's; false when it was the last to be done. */
static bool do_line(struct app *app, char *line, enum status *status)
{
	char *argv[WORDS_MAX + 1] = { "lvsadm" };
	int argc = split(line, argv);

	if (argc < 0) {
		*status = fail(STATUS_INVALID, "too many words in a line");
		return false;
	}
	if (argc == 1 || argv[1][0] == '#')
		return true;
	app->refused = false;
	*status = request_run(app, argc, argv);
	return *status == STATUS_OK || app->refused;
}

enum status restore_run(struct request *req)
{
	enum status status = STATUS_OK;
	char *line = NULL;
	size_t size = 0;

	if (req->app->restoring)
		return try_help();
	req->app->restoring = true;
	while (getline(&line, &size, stdin) >= 0 &&
	       do_line(req->app, line, &status))
		;
	free(line);
	req->app->restoring = false;
	return status;
}
