/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lvs/claim.h - what the director takes, the kernel must not process as well.
 *
 * A claim is a small BPF program at the entrance of each interface that an
 * engine listens on.  It drops what belongs to the director, after packet
 * sockets bound to ETH_P_ALL have seen it and before the host's own stack
 * does: so a host that has a virtual address itself does not answer, and one
 * that forwards does not forward a second time.  All else passes untouched.
 *
 * Claimed, and counted by kind, are
 *   requests   to address and port of a virtual service, whole or as the first
 *              of several fragments
 *   replies    from a real server of a NAT service, or from a virtual address
 *              itself; but not what is for the host (its own connections to a
 *              real server) or was asked for past the director: a real server
 *              reached by its own address, through this host, stays so
 *   errors     ICMP errors about either, of the kinds that IPVS translates
 *   fragments  that follow one of those
 *
 * Echo requests to a virtual address are too, counted as requests, where the
 * host has it not and would send them on: the director answers them.
 *
 * What rules of lvs/mark.h mark for a service is claimed exactly, by networks
 * and ranges of ports, and no more of it than the first rule that fits says.
 *
 * Not claimed: other ICMP, ARP and neighbour discovery; frames of a VLAN, which
 * are for that VLAN's own interface; services by a mark that no rule gives, and,
 * but for `hand_back`, those that have a destination on the host itself
 * (LVS_METHOD_LOCAL, or by DR and TUN an address of the host), of which the
 * host must see everything.  A fragment that overtakes its first one is not recognised.  What a real server
 * of a service for all ports sends by UDP unasked is taken for a reply.
 *
 * The program is gone when its process is, however that ends.  This header is
 * of liblvs-bpf; the rest of the library needs no BPF.  Not thread-safe: one
 * claim, one thread at a time.
 */
#ifndef LVS_CLAIM_H
#define LVS_CLAIM_H

#include <lvs/base.h>
#include <lvs/director.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lvs_claim;

/* How the program hangs on an interface. */
enum lvs_claim_attach {
	LVS_CLAIM_AUTO,	  /* tcx, or clsact where the kernel has no tcx */
	LVS_CLAIM_TCX,	  /* a BPF link, from Linux 6.6 on */
	LVS_CLAIM_CLSACT, /* a tc filter; without its process it lets all pass
			   */
};

struct lvs_claim_opts {
	size_t sz;
	struct lvs_log log; /* copied */
	uint32_t limit;	    /* of addresses and ports, of networks; 0: 65536 */
	uint8_t attach;	    /* enum lvs_claim_attach */
	/*
	 * Not 0: a port of backend "host" hands the host what has verdict
	 * LVS_HOST, so services with a destination on the host can be claimed
	 * too.  A second program, at the exit of lo, puts what the port sends
	 * on the interface that it came in by, which must have the first one.
	 */
	uint8_t hand_back;
	/*
	 * Not 0: for ports that were opened with `late`.  What is claimed is not
	 * dropped but made a packet to another host, which the host ignores,
	 * and marked, by which such a port knows it.  What is handed back to
	 * the host keeps the mark that it came with, 0x6c767368.  Not on an
	 * interface that is part of another one (a bridge, a bond): that one
	 * takes what comes before such a port does.
	 */
	uint8_t late;
};

/*
 * Load the program; it claims nothing and hangs on no interface yet (but for
 * `hand_back`, on lo).  OPTS may be NULL.  LVS_ERR_PERM (CAP_BPF and
 * CAP_NET_ADMIN are needed), LVS_ERR_NOTSUP (this kernel cannot; it takes Linux 5.12), LVS_ERR_NOMEM, LVS_ERR_INVAL.
 */
LVS_API int lvs_claim_open(const struct lvs_claim_opts *opts,
			   struct lvs_claim **claim);

/* Take the program from all interfaces and free CLAIM (or NULL). */
LVS_API void lvs_claim_close(struct lvs_claim *claim);

/*
 * Hang the program on the interface with index LINK: 0, also if it hangs there
 * already.  An interface that is deleted takes it along; one made anew is
 * added anew.  LVS_ERR_NODEV, LVS_ERR_PERM, LVS_ERR_NOTSUP, LVS_ERR_NOMEM.
 */
LVS_API int lvs_claim_add_link(struct lvs_claim *claim, uint32_t link);

/* LVS_ERR_NOENT if it was never added. */
LVS_API int lvs_claim_del_link(struct lvs_claim *claim, uint32_t link);

/*
 * Claim what is configured in DIR now, and no more; to be called after every
 * change of services, destinations and rules.  What stays is claimed
 * throughout.  Needs no privilege from Linux 5.19 on, before that CAP_BPF.
 *
 * Returns how many services cannot be claimed (by a mark that no rule gives, or
 * with a destination on the host without `hand_back`); they are named in the
 * log when they are new, those by a mark at LVS_LOG_DEBUG.  LVS_ERR_NOSPC (over the limit), LVS_ERR_NOMEM: the
 * former claims stay.
 */
LVS_API int lvs_claim_sync(struct lvs_claim *claim, struct lvs_director *dir);

struct lvs_claim_stats {
	size_t sz;
	uint64_t requests, replies, errors, fragments; /* claimed so far */
	uint32_t entries; /* addresses and ports, and networks, claimed */
	uint32_t links;	  /* interfaces the program hangs on */
};

/* STATS->sz as with LVS_OPTS. */
LVS_API void lvs_claim_stats(struct lvs_claim *claim,
			     struct lvs_claim_stats *stats);

#ifdef __cplusplus
}
#endif

#endif
