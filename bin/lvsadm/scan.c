/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scan.c - an argument vector, option by option.
 */
#include "scan.h"
#include <string.h>

static enum scanned scan_letter(struct scan *scan, struct spelled *spelled)
{
	spelled->letter = *scan->group++;
	if (*scan->group == '\0')
		scan->group = NULL;
	return SCAN_LETTER;
}

enum scanned scan_next(struct scan *scan, struct spelled *spelled)
{
	const char *arg;

	*spelled = (struct spelled){ 0 };
	if (scan->group)
		return scan_letter(scan, spelled);
	if (scan->next >= scan->argc)
		return SCAN_END;
	arg = scan->argv[scan->next++];
	if (scan->plain || arg[0] != '-' || arg[1] == '\0') {
		spelled->value = arg;
		return SCAN_PLAIN;
	}
	if (strcmp(arg, "--") == 0) {
		scan->plain = 1;
		return scan_next(scan, spelled);
	}
	if (arg[1] != '-') {
		scan->group = arg + 1;
		return scan_letter(scan, spelled);
	}
	spelled->word = arg + 2;
	spelled->word_len = strcspn(spelled->word, "=");
	if (spelled->word[spelled->word_len] == '=')
		spelled->value = spelled->word + spelled->word_len + 1;
	return SCAN_WORD;
}

/* What stands in the same argument: -tVALUE, -t=VALUE, --word=VALUE. */
static const char *attached(struct scan *scan, const struct spelled *spelled)
{
	const char *value = scan->group;

	if (spelled->word)
		return spelled->value;
	scan->group = NULL;
	return value && value[0] == '=' ? value + 1 : value;
}

const char *scan_value(struct scan *scan, const struct spelled *spelled,
		       enum takes takes, const char **value)
{
	*value = NULL;
	if (takes == TAKES_NOTHING)
		return spelled->value ? "option does not take an argument"
				      : NULL;
	*value = attached(scan, spelled);
	if (*value)
		return NULL;
	if (scan->next >= scan->argc)
		return takes == TAKES_OPTIONAL ? NULL : "missing argument";
	if (takes == TAKES_OPTIONAL && scan->argv[scan->next][0] == '-')
		return NULL;
	*value = scan->argv[scan->next++];
	return NULL;
}

const char *scan_argument(const struct scan *scan)
{
	return scan->argv[scan->next - 1];
}
