/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * no_claim.c - in place of claim.c where there is no liblvs-bpf.
 */
#include "claim.h"
#include "log.h"

struct lvs_claim *claim_open(bool late)
{
	(void)late;
	log_info("the kernel cannot be kept off packets: this lvsd was built "
		 "without liblvs-bpf");
	return NULL;
}

void claim_close(struct lvs_claim *claim)
{
	(void)claim;
}

int claim_add_link(struct lvs_claim *claim, uint32_t link)
{
	(void)claim;
	(void)link;
	return 0;
}

void claim_del_link(struct lvs_claim *claim, uint32_t link)
{
	(void)claim;
	(void)link;
}

void claim_sync(struct lvs_claim *claim, struct lvs_director *dir)
{
	(void)claim;
	(void)dir;
}
