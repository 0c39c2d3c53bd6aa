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
#include <lvs/mark.h>
#include <lvs/port.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where lvsd listens unless told otherwise. */
#define LVS_CTL_SOCKET "/run/lvsd/control"

/* An interface that a server forwards on, as it tells its clients. */
struct lvs_ctl_interface {
	char name[16];
	char backend[16]; /* an lvs_backend's name */
	struct lvs_port_stats stats;
};

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
	/*
	 * A command has changed something, and is answered when this returns:
	 * for a program that must follow what is configured.  May be NULL.
	 */
	void (*changed)(void *ctx);
	void *changed_ctx;
	/*
	 * The INDEX-th interface that the program forwards on, into *IFC;
	 * false: there are no more.  NULL: it tells of none.
	 */
	bool (*interface)(void *ctx, size_t index,
			  struct lvs_ctl_interface *ifc);
	void *interface_ctx;
};

/*
 * Listen at OPTS->path for DIR (borrowed).  A socket there that nobody
 * answers on is replaced.  LVS_ERR_ADDRINUSE (somebody answers on it),
 * LVS_ERR_EXIST (a file that is no socket), LVS_ERR_NOENT (no such folder),
 * LVS_ERR_INVAL (path too long), LVS_ERR_PERM, LVS_ERR_NOMEM, -errno.
 *
 * Peers may change things if their user is root or the server's own; others
 * get LVS_ERR_PERM for each command that is not read-only.  More peers than
 * OPTS->clients are hung up on.
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

/* One conversation, of one thread at a time; its calls wait for the answer. */
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

/* Interfaces, in the server's order; LVS_ERR_NOTSUP by a kernel. */
LVS_API int lvs_ctl_interface_list(struct lvs_ctl *ctl,
				   struct lvs_ctl_interface **list,
				   size_t *count);

/* Rules for marks (lvs/mark.h), in their order; LVS_ERR_NOTSUP by a kernel. */
LVS_API int lvs_ctl_mark_list(struct lvs_ctl *ctl, struct lvs_mark_rule **list,
			      size_t *count);

/*
 * Every connection, as it arrives; each CONN is borrowed for the call, its
 * state too.  A call that returns other than 0 ends the walk, and is returned;
 * CTL then connects anew.  EACH must not use CTL.
 */
LVS_API int lvs_ctl_conn_each(struct lvs_ctl *ctl,
			      int (*each)(void *ctx,
					  const struct lvs_conn_info *conn),
			      void *ctx);

/* Connection synchronisation: one that sends, one that receives. */
enum lvs_sync_role {
	LVS_SYNC_MASTER = 1,
	LVS_SYNC_BACKUP = 2,
};

/* A member that is 0 (a group without family) has IPVS's default. */
struct lvs_sync_conf {
	size_t sz;
	uint32_t role;         /* enum lvs_sync_role */
	uint32_t id;           /* 0: of all */
	char link[16];         /* interface to send on, or to receive from */
	struct lvs_addr group; /* multicast */
	uint16_t port;         /* UDP */
	uint16_t max_len;      /* of a datagram, bytes */
	uint8_t ttl;
};

/*
 * Start CONF->role, stop ROLE, and list what runs (at most two, in LIST);
 * *COUNT is written on success only.  LVS_ERR_EXIST, LVS_ERR_SRCH (none runs),
 * LVS_ERR_NODEV, LVS_ERR_INVAL; LVS_ERR_NOTSUP by a server that has no
 * synchronisation.
 */
LVS_API int lvs_ctl_sync_start(struct lvs_ctl *ctl,
			       const struct lvs_sync_conf *conf);
LVS_API int lvs_ctl_sync_stop(struct lvs_ctl *ctl, enum lvs_sync_role role);
LVS_API int lvs_ctl_sync_list(struct lvs_ctl *ctl, struct lvs_sync_conf list[2],
			      size_t *count);

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

/*
 * What <linux/ip_vs.h> does not have, for programs that write their messages
 * themselves.  A reply carries the command beside its request's.
 */
enum lvs_ctl_cmd {
	LVS_CMD_NEW_CONN = 128,   /* reply only */
	LVS_CMD_GET_CONN = 129,   /* dump: every connection */
	LVS_CMD_SET_STATUS = 130, /* reply only */
	LVS_CMD_GET_STATUS = 131, /* the server and its engines */
	LVS_CMD_NEW_INTERFACE = 132, /* reply only */
	LVS_CMD_GET_INTERFACE = 133, /* dump: every interface */
	LVS_CMD_NEW_MARK = 134,      /* reply only */
	LVS_CMD_GET_MARK = 135,      /* dump: every rule for marks */
};

/* Top-level attributes, each a nest. */
enum lvs_ctl_attr {
	LVS_CMD_ATTR_CONN = 0x1000,
	LVS_CMD_ATTR_STATUS = 0x1001,
	LVS_CMD_ATTR_INTERFACE = 0x1002,
	LVS_CMD_ATTR_MARK = 0x1003,
};

/* Beside IPVS_SVC_ATTR_*. */
enum lvs_ctl_svc_attr {
	LVS_SVC_ATTR_NUM_DESTS = 0x1000, /* u32 */
	/*
	 * u32 each, as in lvs_service_conf.  An edit without them leaves them
	 * as they are, or ends them if it names another scheduler.
	 */
	LVS_SVC_ATTR_TABLE_SIZE = 0x1001,
	LVS_SVC_ATTR_SLOW_START = 0x1002,
};

/* In LVS_CMD_ATTR_CONN.  Addresses are 16 bytes, of the AF beside them. */
enum lvs_ctl_conn_attr {
	LVS_CONN_ATTR_PROTOCOL = 1, /* u16 */
	LVS_CONN_ATTR_AF,           /* u16: of client and virtual address */
	LVS_CONN_ATTR_CLIENT_ADDR,
	LVS_CONN_ATTR_CLIENT_PORT, /* be16 */
	LVS_CONN_ATTR_VIRT_ADDR,
	LVS_CONN_ATTR_VIRT_PORT, /* be16 */
	LVS_CONN_ATTR_DEST_AF,   /* u16 */
	LVS_CONN_ATTR_DEST_ADDR,
	LVS_CONN_ATTR_DEST_PORT, /* be16 */
	LVS_CONN_ATTR_METHOD,    /* u32: enum lvs_method */
	LVS_CONN_ATTR_STATE,     /* string */
	LVS_CONN_ATTR_EXPIRES,   /* u32: seconds from now */
	LVS_CONN_ATTR_FLAGS,     /* u32: IP_VS_CONN_F_* */
	LVS_CONN_ATTR_TEMPLATE,  /* u8: 1 for a persistence template */
	LVS_CONN_ATTR_COUNT
};

/* In LVS_CMD_ATTR_STATUS. */
enum lvs_ctl_status_attr {
	LVS_STATUS_ATTR_VERSION = 1, /* string: of the server */
	LVS_STATUS_ATTR_STATS64,     /* nest: IPVS_STATS_ATTR_*, all services */
	LVS_STATUS_ATTR_CONNS,       /* u64, and so on: lvs_engine_stats */
	LVS_STATUS_ATTR_PACKETS,
	LVS_STATUS_ATTR_PASSED,
	LVS_STATUS_ATTR_SENT,
	LVS_STATUS_ATTR_HELD,
	LVS_STATUS_ATTR_DROP, /* nest, once a reason */
	LVS_STATUS_ATTR_CONN_LIMIT,
	LVS_STATUS_ATTR_EVICTED, /* nest, once an enum lvs_eviction */
	LVS_STATUS_ATTR_FAST_FLOWS, /* u64 */
	LVS_STATUS_ATTR_FAST_PACKETS,
	LVS_STATUS_ATTR_COUNT
};

/* In LVS_STATUS_ATTR_DROP; in LVS_STATUS_ATTR_EVICTED, of connections. */
enum lvs_ctl_drop_attr {
	LVS_DROP_ATTR_NAME = 1, /* string: lvs_reason_name, _eviction_name */
	LVS_DROP_ATTR_PACKETS,  /* u64 */
	LVS_DROP_ATTR_COUNT
};

/* In LVS_CMD_ATTR_INTERFACE. */
enum lvs_ctl_interface_attr {
	LVS_INTERFACE_ATTR_NAME = 1,   /* string */
	LVS_INTERFACE_ATTR_BACKEND,    /* string */
	LVS_INTERFACE_ATTR_RX_PACKETS, /* u64, and so on: lvs_port_stats */
	LVS_INTERFACE_ATTR_RX_BYTES,
	LVS_INTERFACE_ATTR_RX_DROPPED,
	LVS_INTERFACE_ATTR_RX_ERRORS,
	LVS_INTERFACE_ATTR_TX_PACKETS,
	LVS_INTERFACE_ATTR_TX_BYTES,
	LVS_INTERFACE_ATTR_TX_DROPPED,
	LVS_INTERFACE_ATTR_TX_ERRORS,
	LVS_INTERFACE_ATTR_COUNT
};

/* In LVS_CMD_ATTR_MARK. */
enum lvs_ctl_mark_attr {
	LVS_MARK_ATTR_MARK = 1, /* u32 */
	LVS_MARK_ATTR_AF,       /* u16 */
	LVS_MARK_ATTR_ADDR,     /* 16 bytes */
	LVS_MARK_ATTR_PLEN,     /* u8 */
	LVS_MARK_ATTR_PROTOCOL, /* u16 */
	LVS_MARK_ATTR_PORT_MIN, /* be16; both 0: every port */
	LVS_MARK_ATTR_PORT_MAX, /* be16 */
	LVS_MARK_ATTR_COUNT
};

#ifdef __cplusplus
}
#endif

#endif
