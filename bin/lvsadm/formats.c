/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * formats.c - the formats that a listing can be asked for in, as one list.
 */
#include "format.h"
#include <string.h>

static const struct format *const formats[] = {
	&format_text,
#ifdef WITH_JANSSON
	&format_json,
#endif
};

#define COUNT (sizeof(formats) / sizeof(*formats))

const struct format *format_at(size_t index)
{
	return index < COUNT ? formats[index] : NULL;
}

const struct format *format_find(const char *name)
{
	for (size_t i = 0; i < COUNT; i++) {
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
	}
	return NULL;
}
