/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scan.h - an argument vector, option by option.
 *
 * Options are spelled as ipvsadm takes them: -n, -nc, -t VALUE, -tVALUE,
 * -t=VALUE, --word, --word VALUE, --word=VALUE; words are not abbreviated, and
 * after "--" nothing is an option.  An optional value is the next argument
 * unless that begins with "-".
 */
#ifndef LVSADM_SCAN_H
#define LVSADM_SCAN_H

#include <stddef.h>

enum takes {
	TAKES_NOTHING,
	TAKES_VALUE,
	TAKES_OPTIONAL,
};

struct scan {
	char **argv;
	int argc, next;
	const char *group; /* the letters of -nc that are still to come */
	int plain;         /* "--" was seen */
};

/* One argument, as far as it can be told without knowing the options. */
enum scanned {
	SCAN_END,
	SCAN_LETTER, /* letter is set */
	SCAN_WORD,   /* word, word_len are set */
	SCAN_PLAIN,  /* value is set: not an option */
};

struct spelled {
	char letter;
	const char *word;
	size_t word_len;
	const char *value;
};

enum scanned scan_next(struct scan *scan, struct spelled *spelled);

/*
 * The value of the option just scanned, for one that takes TAKES, into
 * *VALUE; NULL for none.  Returns 0, or a sentence on what is wrong, to be
 * printed after the argument itself, scan_argument.
 */
const char *scan_value(struct scan *scan, const struct spelled *spelled,
		       enum takes takes, const char **value);
const char *scan_argument(const struct scan *scan);

#endif
