/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * claimed.h - what tests of the claim on interfaces need, or why they cannot be.
 */
#ifndef LVS_TESTS_BPF_CLAIMED_H
#define LVS_TESTS_BPF_CLAIMED_H

#include "unit/io/veth.h"

#include <lvs/claim.h>
#include <unistd.h>

static inline const char *no_claim(void)
{
	struct lvs_claim *claim;
	int err;

	if (why_not())
		return why_not();
	if (geteuid() != 0)
		return "needs root";
	err = lvs_claim_open(NULL, &claim);
	if (err)
		return lvs_strerror(err);
	err = lvs_claim_add_link(claim, 1);
	lvs_claim_close(claim);
	return err ? lvs_strerror(err) : NULL;
}

#endif
