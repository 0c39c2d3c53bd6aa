/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * must.h - what the simulation takes for granted: it ends where it is not so.
 */
#ifndef LVS_TESTS_SIM_MUST_H
#define LVS_TESTS_SIM_MUST_H

#include <stdio.h>
#include <stdlib.h>

#define must(what)                                                             \
	((what) ? (void)0                                                      \
		: (fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__,  \
			   #what),                                             \
		   abort()))

#endif
