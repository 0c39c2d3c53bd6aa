/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * programs.c - what of BPF is loaded, and whether there is a fast path.
 *
 * A fast path takes the claim: ports see packets after the programs then, and
 * the claim must leave to them what it keeps from the host (`late`).
 */
#include "programs.h"
#include "log.h"
#include <stdio.h>

/*
 * Kernels that load the program may yet have no place for it.  That is found
 * out before anything depends on it.
 */
static int try_interfaces(struct lvs_fastpath *fast, const struct conf *cfg)
{
	int err = LVS_ERR_NODEV;

	for (size_t i = 0; i < cfg->num_interfaces && err; i++)
		if (conf_is_af_packet(cfg->interfaces[i].backend))
			err = fast_try(fast, cfg->interfaces[i].name);
	return err;
}

/* The fast path into p->fast, or NULL, and why in WHY of SIZE bytes. */
static void open_fast(struct programs *p, const struct conf *cfg, char *why,
		      size_t size)
{
	int err;

	if (cfg->conflicts != CONFLICTS_CLAIM) {
		snprintf(why, size, "it takes kernel_conflicts = claim");
		return;
	}
	if (!conf_has_af_packet(cfg)) {
		snprintf(why, size,
			 "it takes an interface with backend = af_packet");
		return;
	}
	err = fast_open(cfg->fast_flows, &p->fast);
	if (!err)
		err = try_interfaces(p->fast, cfg);
	if (!err)
		return;
	snprintf(why, size, "%s%s", lvs_strerror(err), fast_remedy(err));
	fast_close(p->fast);
	p->fast = NULL;
}

/* Without a claim the host would see what the ports see. */
static void open_claim(struct programs *p, char *why, size_t size)
{
	p->claim = claim_open(p->fast != NULL);
	if (p->claim || !p->fast)
		return;
	snprintf(why, size, "the kernel cannot be kept off packets");
	fast_close(p->fast);
	p->fast = NULL;
}

int programs_load(struct programs *p, const struct conf *cfg)
{
	char why[200] = "";

	if (cfg->num_interfaces == 0)
		return 0;
	p->insist = cfg->fast_path == FAST_PATH_YES;
	if (cfg->fast_path != FAST_PATH_NO)
		open_fast(p, cfg, why, sizeof(why));
	if (cfg->conflicts == CONFLICTS_CLAIM)
		open_claim(p, why, sizeof(why));
	if (p->insist && !p->fast) {
		log_err("fast_path = yes: %s; fast_path = auto does without "
			"where it cannot be had",
			why);
		return -1;
	}
	if (p->fast)
		log_info("fast path: up to %u flows",
			 fast_table(p->fast)->buckets * LVS_FAST_WAYS);
	else if (cfg->fast_path != FAST_PATH_NO)
		log_info("no fast path: %s", why);
	p->tunnel = tunnel_open();
	return 0;
}

void programs_unload(struct programs *p)
{
	tunnel_close(p->tunnel);
	fast_close(p->fast);
	claim_close(p->claim);
}
