/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sched.h - what the library's own schedulers share.
 *
 * They see destinations as the model keeps them; a scheduler from outside has
 * lvs/sched.h.
 */
#ifndef LVS_SCHED_SCHED_H
#define LVS_SCHED_SCHED_H

#include "model/service.h"
#include <arpa/inet.h>

extern const struct lvs_scheduler lvs_sched_rr;
extern const struct lvs_scheduler lvs_sched_wrr;
extern const struct lvs_scheduler lvs_sched_lc;
extern const struct lvs_scheduler lvs_sched_wlc;
extern const struct lvs_scheduler lvs_sched_fo;
extern const struct lvs_scheduler lvs_sched_ovf;
extern const struct lvs_scheduler lvs_sched_lblc;
extern const struct lvs_scheduler lvs_sched_lblcr;
extern const struct lvs_scheduler lvs_sched_dh;
extern const struct lvs_scheduler lvs_sched_sh;
extern const struct lvs_scheduler lvs_sched_mh;
extern const struct lvs_scheduler lvs_sched_sed;
extern const struct lvs_scheduler lvs_sched_nq;
extern const struct lvs_scheduler lvs_sched_twos;
/* Beyond IPVS's. */
extern const struct lvs_scheduler lvs_sched_mh64k;
extern const struct lvs_scheduler lvs_sched_chbl;
extern const struct lvs_scheduler lvs_sched_p2c;

/* Of service->conf.flags, as sh and mh read them. */
#define LVS_SCHED_FALLBACK LVS_SVC_SCHED1
#define LVS_SCHED_PORT	   LVS_SVC_SCHED2

/* Connections of DEST, an active one as heavy as 257 others. */
static inline uint64_t lvs_sched_load(const struct lvs_dest *dest)
{
	return ((uint64_t)lvs_dest_active_now(dest) << 8) +
	       lvs_dest_total_now(dest);
}

/* Whether A carries less load for its weight than B, whose weight is not 0. */
static inline bool lvs_sched_lighter(const struct lvs_dest *a,
				     const struct lvs_dest *b)
{
	return lvs_sched_load(b) * (uint64_t)a->weight >
	       lvs_sched_load(a) * (uint64_t)b->weight;
}

/*
 * The eligible destination of SVC that is BETTER than those before it and than
 * which none after it is better; NULL: none is eligible.
 */
static inline struct lvs_dest *lvs_sched_best(
	const struct lvs_service *svc,
	bool (*better)(const struct lvs_dest *a, const struct lvs_dest *b))
{
	struct lvs_dest *best = NULL;

	for (struct lvs_dest *d = svc->first; d; d = d->next)
		if (lvs_dest_eligible(d) && (!best || better(d, best)))
			best = d;
	return best;
}

/* The 32 bits of an address that are hashed: its words, xored. */
static inline uint32_t lvs_sched_fold(const struct lvs_addr *addr)
{
	const uint32_t *w_be = addr->ip.w_be;

	return ntohl(w_be[0] ^ w_be[1] ^ w_be[2] ^ w_be[3]);
}

/* VALUE spread over 2^BITS by multiplication with 2^32 / golden ratio. */
static inline uint32_t lvs_sched_hash32(uint32_t value, unsigned bits)
{
	return (value * 0x61c88647u) >> (32 - bits);
}

static inline uint32_t lvs_sched_gcd(uint32_t a, uint32_t b)
{
	while (b) {
		uint32_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

#endif
