/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lvs/decap.h - a real server's end of a tunnel, without a tunnel device.
 *
 * By method TUN a packet comes to a real server inside another.  This is a
 * small BPF program at the entrance of interfaces that takes off the outer
 * header, IPv4 or IPv6 with either inside, in the kernel and where the packet
 * lies: large packets stay whole, nobody has to be woken.  To the host the
 * inner packet is one that came by that interface, as by direct routing; so
 * rp_filter and firewalls see its source and destination, and never the outer
 * header.
 *
 * Taken apart is what is addressed to an address of lvs_decap_add_own, and if
 * there are peers, comes from one of them; without, every sender is believed,
 * as by a tunnel device that accepts any.  The rest goes on to the host:
 * fragments too, which it puts together and then has a tunnel for, or none.
 *
 * Unlike the claim this outlives its process: it hangs on an interface until it
 * is taken away or the interface goes, and a later process finds it there.
 *
 * This header is of liblvs-bpf; the rest of the library needs no BPF.  Not
 * thread-safe: one decapsulator, one thread at a time.
 */
#ifndef LVS_DECAP_H
#define LVS_DECAP_H

#include <lvs/addr.h>
#include <lvs/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lvs_decap;

/* How the program hangs on an interface. */
enum lvs_decap_attach {
	LVS_DECAP_AUTO,	 /* tcx, or clsact where the kernel has no tcx */
	LVS_DECAP_TCX,	 /* before all other programs, from Linux 6.6 on */
	LVS_DECAP_CLSACT /* a tc filter; its qdisc stays when it goes */
};

struct lvs_decap_opts {
	size_t sz;
	struct lvs_log log; /* copied */
	uint8_t attach;	    /* enum lvs_decap_attach */
};

/*
 * Load the program; it hangs on no interface yet and takes nothing apart.  OPTS
 * may be NULL.  LVS_ERR_PERM (CAP_BPF and CAP_NET_ADMIN are needed),
 * LVS_ERR_NOTSUP (this kernel cannot), LVS_ERR_NOMEM, LVS_ERR_INVAL.
 */
LVS_API int lvs_decap_open(const struct lvs_decap_opts *opts,
			   struct lvs_decap **decap);

/*
 * The one that hangs on the interface with index LINK, perhaps since an earlier
 * process.  OPTS as above.  LVS_ERR_NOENT: none does.  LVS_ERR_PERM
 * (CAP_SYS_ADMIN is needed), LVS_ERR_NOMEM, LVS_ERR_INVAL.
 */
LVS_API int lvs_decap_find(const struct lvs_decap_opts *opts, uint32_t link,
			   struct lvs_decap **decap);

/* DECAP may be NULL.  Where the program hangs it stays. */
LVS_API void lvs_decap_close(struct lvs_decap *decap);

/*
 * Hang the program on the interface with index LINK, one of Ethernet or without
 * link header.  LVS_ERR_EXIST: it hangs there already, or another of its kind
 * does.  LVS_ERR_NODEV, LVS_ERR_PERM, LVS_ERR_NOTSUP, LVS_ERR_NOMEM.
 */
LVS_API int lvs_decap_add_link(struct lvs_decap *decap, uint32_t link);

/* LVS_ERR_NOENT: it does not hang there.  LVS_ERR_PERM as lvs_decap_find. */
LVS_API int lvs_decap_del_link(struct lvs_decap *decap, uint32_t link);

/*
 * An address of this host at which tunnels end; one that has been added is
 * added no second time, and there is room for 4096.  LVS_ERR_INVAL: not
 * unicast.  LVS_ERR_NOSPC, LVS_ERR_PERM, LVS_ERR_NOMEM.
 */
LVS_API int lvs_decap_add_own(struct lvs_decap *decap,
			      const struct lvs_addr *addr);

/*
 * An address of a director, from which tunnels come; with the first one those
 * from elsewhere are no longer taken apart.  Errors as above.
 */
LVS_API int lvs_decap_add_peer(struct lvs_decap *decap,
			       const struct lvs_addr *addr);

/* Packets so far, on all interfaces, whichever process asks. */
struct lvs_decap_stats {
	size_t sz;
	uint64_t taken;	    /* apart */
	uint64_t fragments; /* left to the host */
	uint64_t strangers; /* not from a peer; left to the host */
	uint64_t odd;	    /* with options, or not right; left to the host */
	uint64_t congested; /* dropped, since they cannot say so (RFC 6040) */
};

/* STATS->sz as with LVS_OPTS. */
LVS_API void lvs_decap_stats(struct lvs_decap *decap,
			     struct lvs_decap_stats *stats);

#ifdef __cplusplus
}
#endif

#endif
