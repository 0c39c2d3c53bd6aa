/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options.h - the options, as one list.
 */
#ifndef LVSADM_OPTIONS_H
#define LVSADM_OPTIONS_H

#include "lvsadm.h"
#include "scan.h"

struct option {
	char letter;      /* 0: none */
	const char *word; /* --word */
	enum takes takes;
	enum option_bit bit;
	/* What the option says goes into REQ; VALUE may be NULL.  Or NULL. */
	enum status (*take)(struct request *req, const struct option *option,
			    const char *value);
	int number;        /* for take: the protocol, the method, ... */
	const char *value; /* what its value is called */
	const char *help;
};

const struct option *option_find(const char *word, size_t len);
const struct option *option_letter(char letter);
const struct option *option_at(size_t index);
const char *option_name(enum option_bit bit);

#endif
