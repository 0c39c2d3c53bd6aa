/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * claim_nets.h - what is to be claimed for services by mark, whose packets the
 * director knows by rules (lvs/mark.h).
 *
 * Of rules that overlap the first one counts, also if no service has its mark.
 * So what is claimed of a network is worked out here for each port, and each
 * network stands for itself: the program looks at the longest prefix alone.
 */
#ifndef LVS_BPF_CLAIM_NETS_H
#define LVS_BPF_CLAIM_NETS_H

#include "bpf/claim_map.h"
#include <lvs/director.h>
#include <lvs/mark.h>

struct lvs_claim_set;

struct lvs_claim_rule {
	struct lvs_mark_rule rule;
	uint32_t claims; /* LVS_CLAIM_*; 0: no service, or not to be claimed */
	bool alone;	 /* one port of one address, and in no other rule */
};

/* Ports that a real server replies from. */
struct lvs_claim_range {
	struct lvs_claim_net net; /* its address */
	uint16_t min, max;
};

/* An element of map `nets`. */
struct lvs_claim_area {
	struct lvs_claim_net net;
	struct lvs_claim_ports ports;
};

/* All zero: empty. */
struct lvs_claim_nets {
	struct lvs_claim_area *areas; /* in order of `net`, each once */
	size_t count;
	/* While it is being read: */
	struct lvs_claim_rule *rules;
	size_t num_rules;
	struct lvs_claim_range *ranges;
	size_t num_ranges, size;
};

/* DIR's rules, before its services; LVS_ERR_NOMEM. */
int lvs_claim_nets_begin(struct lvs_claim_nets *nets, struct lvs_director *dir);

/* Whether a rule has the mark and family of ID. */
bool lvs_claim_nets_have(const struct lvs_claim_nets *nets,
			 const struct lvs_service_id *id);

/*
 * Into SET, of which its nets are part, the service CONF by mark with COUNT
 * destinations.  LVS_ERR_NOMEM.
 */
int lvs_claim_nets_add(struct lvs_claim_set *set,
		       const struct lvs_service_conf *conf,
		       const struct lvs_dest_info *dests, size_t count);

/* All services were added: SET's entries and areas; LVS_ERR_NOMEM. */
int lvs_claim_nets_end(struct lvs_claim_set *set);

void lvs_claim_nets_free(struct lvs_claim_nets *nets);

#endif
