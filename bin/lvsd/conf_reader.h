/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conf_reader.h - one file on its way to becoming a struct conf.
 *
 * In steps, each its own file: the text without comments (conf_text.c), the
 * tree of sections and words (conf_syntax.c), what words mean
 * (conf_words.c), marks (conf_mark.c), virtual services (conf_service.c), and a
 * trial in a director of its own (conf_trial.c).
 */
#ifndef LVSD_CONF_READER_H
#define LVSD_CONF_READER_H

#include "conf.h"
#include <confuse.h>

struct conf_reader {
	const char *path;
	const struct lvs_log *log;
	unsigned errors;
};

/* Log "path:LINE: ..." (LINE 0: "path: ...") and count it. */
void conf_error(struct conf_reader *rd, int line, const char *fmt, ...)
	LVS_PRINTF(3, 4);

/*
 * The file's text, comments blanked out, to be given to free(3); NULL if it
 * cannot be read or a quote, comment or brace is never closed.
 */
char *conf_text(struct conf_reader *rd);

/*
 * TEXT as a tree, to be given to cfg_free; NULL if it is no such tree.  Every
 * option's value is a struct conf_word.
 */
cfg_t *conf_syntax(struct conf_reader *rd, const char *text);

struct conf_word {
	int line;
	char text[];
};

/* The line that section SEC begins on. */
int conf_line(cfg_t *sec);

/* The word of option NAME, or NULL if the file does not give it. */
const struct conf_word *conf_word(cfg_t *sec, const char *name);

/*
 * Option NAME of SEC into *VALUE.  False if the file does not give it, or
 * (after an error) gives it wrong; *VALUE is then as before.
 */
bool conf_number(struct conf_reader *rd, cfg_t *sec, const char *name,
		 uint32_t min, uint32_t max, uint32_t *value);
bool conf_bool(struct conf_reader *rd, cfg_t *sec, const char *name,
	       bool *value);

/* All of TEXT as a mark, 1 to 4294967295, also in hexadecimal. */
bool conf_mark_number(const char *text, uint32_t *mark);

/* Choices end with a NULL name. */
struct conf_choice {
	const char *name;
	uint32_t value;
};

/* WORD as one of CHOICES, for an option NAMEd so. */
bool conf_choose(struct conf_reader *rd, const struct conf_word *word,
		 const char *name, const struct conf_choice *choices,
		 uint32_t *value);
bool conf_choice(struct conf_reader *rd, cfg_t *sec, const char *name,
		 const struct conf_choice *choices, uint32_t *value);

/* "a, b, c" in BUF of SIZE bytes; what does not fit is left out. */
void conf_list_names(char *buf, size_t size,
		     const char *(*name_at)(const void *ctx, size_t index),
		     const void *ctx);

/* The matches of section fwmark, behind those that CFG has. */
void conf_fwmark(struct conf_reader *rd, cfg_t *sec, struct conf *cfg);

/* Section virtual_service into *SVC, whose dests are then to be freed. */
void conf_service(struct conf_reader *rd, cfg_t *sec, struct conf_service *svc);

/* What the director itself would not take of CFG. */
void conf_trial(struct conf_reader *rd, const struct conf *cfg);

#endif
