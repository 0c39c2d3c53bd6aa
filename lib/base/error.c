/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * error.c - error numbers as sentences, and the library's version.
 */
#include "config.h"

#include <lvs/base.h>

const char *lvs_strerror(int error)
{
	switch (error) {
	case 0:
		return "success";
#define ERROR_CASE(name, number, sentence)                                     \
	case -(number):                                                        \
		return sentence;
		LVS_ERRORS(ERROR_CASE)
#undef ERROR_CASE
	default:
		return "unexpected error";
	}
}

const char *lvs_version(void)
{
	return PACKAGE_VERSION;
}
