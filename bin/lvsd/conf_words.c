/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conf_words.c - what a word of the configuration may mean.
 */
#include "conf_reader.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void conf_error(struct conf_reader *rd, int line, const char *fmt, ...)
{
	char text[900], place[32] = "";
	int len;
	va_list ap;

	rd->errors++;
	if (line > 0)
		snprintf(place, sizeof(place), ":%d", line);
	len = snprintf(text, sizeof(text), "%s%s: ", rd->path, place);
	if (len >= (int)sizeof(text))
		len = (int)sizeof(text) - 1;
	va_start(ap, fmt);
	vsnprintf(text + len, sizeof(text) - (size_t)len, fmt, ap);
	va_end(ap);
	rd->log->emit(rd->log->ctx, LVS_LOG_ERR, text);
}

void conf_list_names(char *buf, size_t size,
		     const char *(*name_at)(const void *ctx, size_t index),
		     const void *ctx)
{
	const char *name;
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; (name = name_at(ctx, i)) && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s",
					 i ? ", " : "", name);
}

bool conf_number(struct conf_reader *rd, cfg_t *sec, const char *name,
		 uint32_t min, uint32_t max, uint32_t *value)
{
	const struct conf_word *word = conf_word(sec, name);
	unsigned long long number = 0;
	char *end = NULL;

	if (!word)
		return false;
	errno = 0;
	if (word->text[0] >= '0' && word->text[0] <= '9')
		number = strtoull(word->text, &end, 10);
	if (!end || *end || errno || number < min || number > max) {
		conf_error(rd, word->line,
			   "%s = %s: a number from %u to %u is expected", name,
			   word->text, min, max);
		return false;
	}
	*value = (uint32_t)number;
	return true;
}

bool conf_mark_number(const char *text, uint32_t *mark)
{
	unsigned long long number = 0;
	char *end = NULL;

	errno = 0;
	if (*text >= '0' && *text <= '9')
		number = strtoull(text, &end, 0);
	if (!end || *end || errno || number == 0 || number > UINT32_MAX)
		return false;
	*mark = (uint32_t)number;
	return true;
}

static const char *choice_at(const void *ctx, size_t index)
{
	const struct conf_choice *choices = ctx;

	return choices[index].name;
}

bool conf_choose(struct conf_reader *rd, const struct conf_word *word,
		 const char *name, const struct conf_choice *choices,
		 uint32_t *value)
{
	char allowed[400];

	for (const struct conf_choice *c = choices; c->name; c++) {
		if (strcasecmp(c->name, word->text) != 0)
			continue;
		*value = c->value;
		return true;
	}
	conf_list_names(allowed, sizeof(allowed), choice_at, choices);
	conf_error(rd, word->line, "%s = %s: one of %s is expected", name,
		   word->text, allowed);
	return false;
}

bool conf_choice(struct conf_reader *rd, cfg_t *sec, const char *name,
		 const struct conf_choice *choices, uint32_t *value)
{
	const struct conf_word *word = conf_word(sec, name);

	return word && conf_choose(rd, word, name, choices, value);
}

bool conf_bool(struct conf_reader *rd, cfg_t *sec, const char *name,
	       bool *value)
{
	static const struct conf_choice choices[] = {
		{ "yes", 1 }, { "no", 0 },  { "true", 1 }, { "false", 0 },
		{ "on", 1 },  { "off", 0 }, { NULL, 0 },
	};
	uint32_t number = 0;

	if (!conf_choice(rd, sec, name, choices, &number))
		return false;
	*value = number != 0;
	return true;
}
