/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conf_text.c - the configuration file's text, comments blanked out.
 *
 * libconfuse 3.3 loses count of the lines at each comment, takes a file that
 * ends inside a section for a whole one, and ends the program on what it
 * cannot read.  So comments are overwritten with spaces and what was opened
 * must be closed before it sees the text.  What words mean is not looked at.
 */
#include "conf_reader.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX_BYTES (16u << 20)
#define DEPTH_MAX      16

struct scan {
	struct conf_reader *rd;
	char *p;
	int line;
	int depth;
	int opened[DEPTH_MAX]; /* lines of braces not closed yet */
};

/* Over the string that begins at s->p; no option needs one over two lines. */
static bool scan_string(struct scan *s)
{
	char quote = *s->p++;

	for (; *s->p && *s->p != '\n'; s->p++) {
		if (*s->p == quote)
			return true;
		if (*s->p == '\\' && s->p[1] && s->p[1] != '\n')
			s->p++;
	}
	conf_error(s->rd, s->line,
		   "a string begins here and does not end on this line: a "
		   "closing %c is expected",
		   quote);
	return false;
}

static void blank_line(struct scan *s)
{
	while (s->p[1] && s->p[1] != '\n')
		*s->p++ = ' ';
	*s->p = ' ';
}

static bool blank_block(struct scan *s)
{
	int begin = s->line;

	s->p[0] = s->p[1] = ' '; /* so that "/" "*" "/" closes nothing */
	for (; *s->p; s->p++) {
		if (s->p[0] == '*' && s->p[1] == '/') {
			s->p[0] = s->p[1] = ' ';
			s->p++;
			return true;
		}
		if (*s->p == '\n')
			s->line++;
		else
			*s->p = ' ';
	}
	conf_error(s->rd, begin,
		   "a comment begins here and never ends: */ is expected");
	return false;
}

static void brace_open(struct scan *s)
{
	if (s->depth < DEPTH_MAX)
		s->opened[s->depth] = s->line;
	s->depth++;
}

static bool brace_close(struct scan *s)
{
	if (s->depth-- > 0)
		return true;
	conf_error(s->rd, s->line, "this } closes nothing");
	return false;
}

/* One character, or what begins with it. */
static bool scan_one(struct scan *s, bool word_begins)
{
	switch (*s->p) {
	case '\n':
		s->line++;
		return true;
	case '"':
	case '\'':
		return scan_string(s);
	case '{':
		brace_open(s);
		return true;
	case '}':
		return brace_close(s);
	case '#':
		blank_line(s);
		return true;
	case '/':
		if (word_begins && s->p[1] == '/')
			blank_line(s);
		else if (word_begins && s->p[1] == '*')
			return blank_block(s);
		return true;
	default:
		return true;
	}
}

static bool scan(struct conf_reader *rd, char *text)
{
	struct scan s = { .rd = rd, .p = text, .line = 1 };
	char before = '\n';

	for (; *s.p; before = *s.p++)
		if (!scan_one(&s, strchr(" \t\r\n={}(),+", before) != NULL))
			return false;
	if (s.depth == 0)
		return true;
	if (s.depth > DEPTH_MAX)
		s.depth = DEPTH_MAX;
	conf_error(rd, s.opened[s.depth - 1], "this { is never closed");
	return false;
}

static char *read_all(struct conf_reader *rd, FILE *file)
{
	char *text = malloc(FILE_MAX_BYTES + 1);
	size_t len;

	if (!text) {
		conf_error(rd, 0, "%s", lvs_strerror(LVS_ERR_NOMEM));
		return NULL;
	}
	len = fread(text, 1, FILE_MAX_BYTES + 1, file);
	if (ferror(file))
		conf_error(rd, 0, "%s", strerror(errno));
	else if (len > FILE_MAX_BYTES)
		conf_error(rd, 0, "larger than %u MiB", FILE_MAX_BYTES >> 20);
	else if (memchr(text, '\0', len))
		conf_error(rd, 0, "not a text file: it has a 0 byte");
	else
		return text[len] = '\0', text;
	free(text);
	return NULL;
}

char *conf_text(struct conf_reader *rd)
{
	FILE *file = fopen(rd->path, "re");
	char *text;

	if (!file) {
		conf_error(rd, 0, "%s", strerror(errno));
		return NULL;
	}
	text = read_all(rd, file);
	fclose(file);
	if (text && !scan(rd, text)) {
		free(text);
		text = NULL;
	}
	return text;
}
