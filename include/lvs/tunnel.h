/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lvs/tunnel.h - large packets through a tunnel in one piece.
 *
 * TCP data crosses a director in packets of up to 64 KiB, which the last
 * interface, or the kernel right before it, cuts into segments.  A packet
 * socket cannot say that the segments lie behind an outer header; so for
 * method TUN the af_packet backend would have to cut them itself, which makes
 * it several times slower.  This is a small BPF program at the exit of an
 * interface that says it instead.  It passes over what a port that was opened
 * with `tunnels` did not send.
 *
 * This header is of liblvs-bpf; the rest of the library needs no BPF.  Any
 * thread, one at a time.
 */
#ifndef LVS_TUNNEL_H
#define LVS_TUNNEL_H

#include <lvs/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lvs_tunnel;

struct lvs_tunnel_opts {
	size_t sz;
	struct lvs_log log; /* copied */
};

/*
 * Load the program; it hangs on no interface yet.  OPTS may be NULL.
 * LVS_ERR_PERM (CAP_BPF and CAP_NET_ADMIN are needed), LVS_ERR_NOTSUP (this
 * kernel cannot), LVS_ERR_NOMEM, LVS_ERR_INVAL.
 */
LVS_API int lvs_tunnel_open(const struct lvs_tunnel_opts *opts,
			    struct lvs_tunnel **tunnel);

/* TUNNEL may be NULL.  Where the program hangs it stays. */
LVS_API void lvs_tunnel_close(struct lvs_tunnel *tunnel);

/*
 * Hang the program on the interface with index LINK, an Ethernet one, for as
 * long as the returned descriptor (0 or more) is open; it is the caller's, to
 * be given to close(2).  Then ports on that interface may be opened with
 * `tunnels`, and must be closed before it.  LVS_ERR_EXIST: it hangs there
 * already.  LVS_ERR_NODEV, LVS_ERR_PERM, LVS_ERR_NOTSUP (it takes Linux 6.6).
 */
LVS_API int lvs_tunnel_add_link(struct lvs_tunnel *tunnel, uint32_t link);

#ifdef __cplusplus
}
#endif

#endif
