/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * claim.c - keeping the kernel off, by liblvs-bpf.
 */
#include "claim.h"
#include "log.h"
#include <lvs/claim.h>

struct lvs_claim *claim_open(bool late)
{
	struct lvs_claim_opts opts = LVS_OPTS(struct lvs_claim_opts);
	struct lvs_claim *claim;
	int err;

	opts.log = log_sink();
	/* worker.c has a port that does. */
	opts.hand_back = 1;
	opts.late = late;
	err = lvs_claim_open(&opts, &claim);
	if (!err)
		return claim;
	log_info("the kernel cannot be kept off packets: %s%s",
		 lvs_strerror(err),
		 err == LVS_ERR_PERM ? "; it takes CAP_BPF and CAP_NET_ADMIN"
				     : "");
	return NULL;
}

void claim_close(struct lvs_claim *claim)
{
	if (claim)
		lvs_claim_close(claim);
}

int claim_add_link(struct lvs_claim *claim, uint32_t link)
{
	return claim ? lvs_claim_add_link(claim, link) : 0;
}

/* An interface that is gone has taken it along. */
void claim_del_link(struct lvs_claim *claim, uint32_t link)
{
	if (claim)
		lvs_claim_del_link(claim, link);
}

void claim_sync(struct lvs_claim *claim, struct lvs_director *dir)
{
	int err = claim ? lvs_claim_sync(claim, dir) : 0;

	if (err < 0)
		log_err("the kernel is not kept off what is new: %s",
			lvs_strerror(err));
}
