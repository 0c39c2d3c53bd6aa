/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * claim_set.h - what is to be claimed for a director's configuration.
 *
 * Data only; no map and no kernel.  A set is a list of keys in order, each
 * once, so that two sets can be compared by going through them side by side.
 */
#ifndef LVS_BPF_CLAIM_SET_H
#define LVS_BPF_CLAIM_SET_H

#include "bpf/claim_nets.h"
#include <lvs/director.h>

struct lvs_claim_entry {
	struct lvs_claim_key key;
	uint32_t claims; /* LVS_CLAIM_* */
};

/* All zero: an empty set. */
struct lvs_claim_set {
	struct lvs_claim_entry *entries;
	size_t count, size;
	bool any_port;			 /* an entry has port 0 */
	struct lvs_claim_nets nets;	 /* of services by mark */
	struct lvs_service_id *left_out; /* services that cannot be claimed */
	size_t num_left_out;
};

/*
 * SET, empty before, from DIR.  A service with a destination on the host can be
 * claimed if its packets are HANDED_BACK.  LVS_ERR_NOMEM, and it is empty.
 */
int lvs_claim_set_read(struct lvs_claim_set *set, struct lvs_director *dir,
		       bool handed_back);
void lvs_claim_set_free(struct lvs_claim_set *set);

/* While SET is being read: CLAIMS of ADDR and PORT; LVS_ERR_NOMEM. */
int lvs_claim_set_add(struct lvs_claim_set *set, const struct lvs_addr *addr,
		      uint16_t port, uint8_t protocol, uint32_t claims);
/* Likewise echo requests to ADDR, if the host has it not. */
int lvs_claim_set_add_echo(struct lvs_claim_set *set,
			   const struct lvs_addr *addr);

bool lvs_claim_set_leaves_out(const struct lvs_claim_set *set,
			      const struct lvs_service_id *id);

#endif
