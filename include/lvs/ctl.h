/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lvs/ctl.h - control: the messages of the kernel's IPVS generic-netlink
 * family (<linux/ip_vs.h>) over a Unix SOCK_SEQPACKET socket.
 *
 * A server answers for a director; a client asks.  Same commands, attributes,
 * errno answers and multi-part dumps as the kernel's; our own additions are
 * attributes from 0x1000 and commands from 128.
 */
#ifndef LVS_CTL_H
#define LVS_CTL_H

#include <lvs/base.h>
#include <lvs/director.h>
#include <lvs/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where lvsd listens unless told otherwise. */
#define LVS_CTL_SOCKET "/run/lvsd/control"

struct lvs_ctl_server;

struct lvs_ctl_server_opts {
	size_t sz;
	const char *path;   /* of the socket; copied */
	uint32_t mode;      /* permissions; 0: 0600 */
	uint32_t clients;   /* at once; 0: 64 */
	bool read_only;     /* answer only commands that change nothing */
	struct lvs_log log; /* copied */
	/* The clock that expiry times are told by; not NULL. */
	lvs_tstamp (*now)(void *ctx);
	void *now_ctx;
};

/*
 * Listen at OPTS->path for DIR (borrowed).  A socket there that nobody
 * answers on is replaced.  LVS_ERR_ADDRINUSE (somebody answers on it),
 * LVS_ERR_INVAL (path too long), LVS_ERR_PERM, LVS_ERR_NOMEM, -errno.
 *
 * Peers may change things if their user is root or the server's own; others
 * get LVS_ERR_PERM for each command that is not read-only.
 */
LVS_API int lvs_ctl_server_open(struct lvs_director *dir,
				const struct lvs_ctl_server_opts *opts,
				struct lvs_ctl_server **srv);

/* Close it and unlink the socket. */
LVS_API void lvs_ctl_server_close(struct lvs_ctl_server *srv);

/* One descriptor for all of the server, readable when there is work. */
LVS_API int lvs_ctl_server_fd(struct lvs_ctl_server *srv);

/* Do what is there to do, without waiting. */
LVS_API void lvs_ctl_server_process(struct lvs_ctl_server *srv);

struct lvs_ctl;

/*
 * Connect to the server at PATH (NULL: LVS_CTL_SOCKET).  LVS_ERR_NOENT,
 * LVS_ERR_CONNREFUSED (nobody listens), LVS_ERR_PERM, LVS_ERR_NOMEM, -errno.
 */
LVS_API int lvs_ctl_open(const char *path, struct lvs_ctl **ctl);
LVS_API void lvs_ctl_close(struct lvs_ctl *ctl);

/* As the calls of lvs/director.h, through a server; and -errno of the way. */
LVS_API int lvs_ctl_service_add(struct lvs_ctl *ctl,
				const struct lvs_service_conf *conf);
LVS_API int lvs_ctl_service_edit(struct lvs_ctl *ctl,
				 const struct lvs_service_conf *conf);
LVS_API int lvs_ctl_service_del(struct lvs_ctl *ctl,
				const struct lvs_service_id *id);
LVS_API int lvs_ctl_flush(struct lvs_ctl *ctl);
LVS_API int lvs_ctl_service_get(struct lvs_ctl *ctl,
				const struct lvs_service_id *id,
				struct lvs_service_info *info);
LVS_API int lvs_ctl_dest_add(struct lvs_ctl *ctl,
			     const struct lvs_service_id *id,
			     const struct lvs_dest_conf *conf);
LVS_API int lvs_ctl_dest_edit(struct lvs_ctl *ctl,
			      const struct lvs_service_id *id,
			      const struct lvs_dest_conf *conf);
LVS_API int lvs_ctl_dest_del(struct lvs_ctl *ctl,
			     const struct lvs_service_id *id,
			     const struct lvs_dest_id *dest);
LVS_API int lvs_ctl_zero(struct lvs_ctl *ctl, const struct lvs_service_id *id);
LVS_API int lvs_ctl_timeouts(struct lvs_ctl *ctl, struct lvs_timeouts *t);
LVS_API int lvs_ctl_set_timeouts(struct lvs_ctl *ctl,
				 const struct lvs_timeouts *t);

/*
 * Listings: all of them in *LIST, *COUNT of them, an array to be given to
 * free(3).  0 or an error; *LIST is written on success only.
 */
LVS_API int lvs_ctl_service_list(struct lvs_ctl *ctl,
				 struct lvs_service_info **list, size_t *count);
LVS_API int lvs_ctl_dest_list(struct lvs_ctl *ctl,
			      const struct lvs_service_id *id,
			      struct lvs_dest_info **list, size_t *count);

/*
 * Every connection, as it arrives; each CONN is borrowed for the call.  A call
 * that returns other than 0 ends the walk, and is returned.
 */
LVS_API int lvs_ctl_conn_each(struct lvs_ctl *ctl,
			      int (*each)(void *ctx,
					  const struct lvs_conn_info *conn),
			      void *ctx);

struct lvs_ctl_info {
	size_t sz;
	uint32_t version;       /* of IPVS that is spoken: 0x010201 */
	uint32_t conn_tab_size; /* of the connection table, entries */
	char daemon[32];        /* version of the server; "": the kernel */
	struct lvs_stats stats; /* of all services */
	struct lvs_engine_stats engine;
};

/* INFO->sz as with LVS_OPTS. */
LVS_API int lvs_ctl_info(struct lvs_ctl *ctl, struct lvs_ctl_info *info);

#ifdef __cplusplus
}
#endif

#endif
