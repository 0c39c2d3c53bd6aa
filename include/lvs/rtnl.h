/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lvs/rtnl.h - the kernel's links, addresses, routes and neighbours, mirrored
 * into a director's picture of the network (lvs/net.h).
 *
 * Only the main and local routing tables are mirrored, and of a route with
 * several next hops the first; policy routing is not looked at.
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
 * Open a netlink socket, read everything into DIR (borrowed) and keep
 * listening.  OPTS may be NULL.  LVS_ERR_NOMEM, or what the kernel said.
 */
LVS_API int lvs_rtnl_open(struct lvs_director *dir,
			  const struct lvs_rtnl_opts *opts,
			  struct lvs_rtnl **rtnl);
LVS_API void lvs_rtnl_close(struct lvs_rtnl *rtnl);

/* Readable when lvs_rtnl_process has something to do. */
LVS_API int lvs_rtnl_fd(struct lvs_rtnl *rtnl);

/*
 * Take in what the kernel told, without waiting.  Lost messages (ENOBUFS) are
 * answered by reading everything again.  0, or what the kernel said.
 */
LVS_API int lvs_rtnl_process(struct lvs_rtnl *rtnl);

/*
 * Ask the kernel to resolve the next hops that packets wait for
 * (lvs_net_wanted); its answer comes by lvs_rtnl_process.  Needs
 * CAP_NET_ADMIN.  Returns how many were asked for, or LVS_ERR_*.
 */
LVS_API int lvs_rtnl_resolve(struct lvs_rtnl *rtnl);

/* The index of the interface NAMEd so, or 0. */
LVS_API uint32_t lvs_rtnl_ifindex(const char *name);

#ifdef __cplusplus
}
#endif

#endif
