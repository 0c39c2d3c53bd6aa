/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lvs/rtnl.h - the kernel's links, addresses, routes and neighbours, mirrored
 * into a director's picture of the network (lvs/net.h).
 *
 * Only the main and local routing tables are mirrored; policy routing is not
 * looked at.  Of a route with several next hops the first one whose link is up
 * is used, for all packets.  Routes into tunnels without a device of their own
 * (RTA_ENCAP) are taken for unreachable.  Routes by next hop objects need
 * net.ipv4.nexthop_compat_mode, which is on unless somebody turned it off.
 */
#ifndef LVS_RTNL_H
#define LVS_RTNL_H

#include <lvs/base.h>
#include <lvs/director.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lvs_rtnl;

struct lvs_rtnl_opts {
	size_t sz;
	struct lvs_log log; /* copied */
};

/*
 * Open a netlink socket, wait for the kernel's answers and read everything into DIR (borrowed) and keep
 * listening.  OPTS may be NULL.  LVS_ERR_NOMEM, or what the kernel said.
 */
LVS_API int lvs_rtnl_open(struct lvs_director *dir,
			  const struct lvs_rtnl_opts *opts,
			  struct lvs_rtnl **rtnl);
LVS_API void lvs_rtnl_close(struct lvs_rtnl *rtnl);

/* Readable when lvs_rtnl_process has something to do. */
LVS_API int lvs_rtnl_fd(struct lvs_rtnl *rtnl);

/*
 * Take in what the kernel told, without waiting.  NOW, which never runs
 * backwards, is for the log, whose lines are limited.  Lost messages (ENOBUFS) are
 * answered by reading everything again.  0, or what the kernel said: then
 * there may be no more to read and yet something to do, so call it now and
 * then, such as once a second.
 */
LVS_API int lvs_rtnl_process(struct lvs_rtnl *rtnl, lvs_tstamp now);

/*
 * Ask the kernel to resolve the next hops that packets wait for, and to
 * confirm those in use that it has become unsure of (lvs_net_wanted): what the
 * director sends confirms no neighbour to the kernel.  The answer comes by
 * lvs_rtnl_process.  Cheap when there is nothing to ask; to be called after
 * packets were handled.
 *
 * Returns how many were asked for, or LVS_ERR_*.  Without CAP_NET_ADMIN that
 * is LVS_ERR_PERM from the second call on that finds something to ask: then
 * only the neighbours that the host itself talks to are known.
 */
LVS_API int lvs_rtnl_resolve(struct lvs_rtnl *rtnl);

/* The index of the interface NAMEd so, or 0. */
LVS_API uint32_t lvs_rtnl_ifindex(const char *name);

#ifdef __cplusplus
}
#endif

#endif
