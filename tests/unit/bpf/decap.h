/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decap.h - whether tests of lvs/decap.h can run here.
 */
#ifndef LVS_TESTS_BPF_DECAP_H
#define LVS_TESTS_BPF_DECAP_H

#include "unit/io/veth.h"

#include <lvs/decap.h>

/* Old kernels, and containers, have no such programs; NULL: they have. */
static inline const char *why_no_program(void)
{
	struct lvs_decap *decap;
	int err;

	if (why_not())
		return why_not();
	if (geteuid() != 0)
		return "needs root";
	err = lvs_decap_open(NULL, &decap);
	if (err)
		return lvs_strerror(err);
	lvs_decap_close(decap);
	return NULL;
}

#endif
