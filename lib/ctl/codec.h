/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * codec.h - between the structs of lvs/director.h and netlink attributes.
 *
 * Each put appends one nest to a message that has LVS_CTL_OBJECT_MAX bytes
 * left; each get takes one apart that a stranger may have written, checks it
 * whole, and writes its result on success only.  Server and client use the
 * same ones, so a value that goes through them comes out as it went in.
 */
#ifndef LVS_CTL_CODEC_H
#define LVS_CTL_CODEC_H

#include <libmnl/libmnl.h>
#include <lvs/ctl.h>

/* No object needs more in a message, header included. */
#define LVS_CTL_OBJECT_MAX 2048

/* What get did not only check but saw: FULL asks for all that adding needs. */
enum lvs_ctl_detail {
	LVS_CTL_ID,   /* what tells one from the other */
	LVS_CTL_FULL, /* and what it is like */
};

/*
 * Services.  *MASK tells which bits of conf->flags the sender meant.
 * LVS_ERR_INVAL: something is missing; LVS_ERR_AFNOSUPPORT; LVS_ERR_RANGE: an
 * attribute of impossible length.
 */
void lvs_ctl_put_service_id(struct nlmsghdr *nlh,
			    const struct lvs_service_id *id);
void lvs_ctl_put_service(struct nlmsghdr *nlh,
			 const struct lvs_service_conf *conf);
void lvs_ctl_put_service_info(struct nlmsghdr *nlh,
			      const struct lvs_service_info *info);
int lvs_ctl_get_service(const struct nlattr *nest, enum lvs_ctl_detail detail,
			struct lvs_service_conf *conf, uint32_t *mask);
/* What an edit of OLD into CONF does not mention, because IPVS has it not. */
void lvs_ctl_keep_own(const struct nlattr *nest,
		      const struct lvs_service_conf *old,
		      struct lvs_service_conf *conf);
int lvs_ctl_get_service_info(const struct nlattr *nest,
			     struct lvs_service_info *info);

/* Destinations; FAMILY is what an address without a family has. */
void lvs_ctl_put_dest_id(struct nlmsghdr *nlh, const struct lvs_dest_id *id);
void lvs_ctl_put_dest(struct nlmsghdr *nlh, const struct lvs_dest_conf *conf);
void lvs_ctl_put_dest_info(struct nlmsghdr *nlh,
			   const struct lvs_dest_info *info);
int lvs_ctl_get_dest(const struct nlattr *nest, enum lvs_ctl_detail detail,
		     uint16_t family, struct lvs_dest_conf *conf);
int lvs_ctl_get_dest_info(const struct nlattr *nest, uint16_t family,
			  struct lvs_dest_info *info);

/* Synchronisation daemons. */
void lvs_ctl_put_sync(struct nlmsghdr *nlh, const struct lvs_sync_conf *conf);
int lvs_ctl_get_sync(const struct nlattr *nest, struct lvs_sync_conf *conf);

/* Counters, as IPVS has them twice: 32 bits where it began, 64 now. */
void lvs_ctl_put_stats(struct nlmsghdr *nlh, uint16_t type,
		       const struct lvs_stats *stats);
void lvs_ctl_put_stats64(struct nlmsghdr *nlh, uint16_t type,
			 const struct lvs_stats *stats);
int lvs_ctl_get_stats(const struct nlattr *nest, struct lvs_stats *stats);
int lvs_ctl_get_stats64(const struct nlattr *nest, struct lvs_stats *stats);

/* Our own nests.  conn->state points into the message. */
void lvs_ctl_put_conn(struct nlmsghdr *nlh, const struct lvs_conn_info *conn);
int lvs_ctl_get_conn(const struct nlattr *nest, struct lvs_conn_info *conn);
void lvs_ctl_put_status(struct nlmsghdr *nlh, const char *version,
			const struct lvs_stats *stats,
			const struct lvs_engine_stats *engine);
/* Writes info->daemon, stats and engine. */
int lvs_ctl_get_status(const struct nlattr *nest, struct lvs_ctl_info *info);
void lvs_ctl_put_interface(struct nlmsghdr *nlh,
			   const struct lvs_ctl_interface *ifc);
int lvs_ctl_get_interface(const struct nlattr *nest,
			  struct lvs_ctl_interface *ifc);
void lvs_ctl_put_mark(struct nlmsghdr *nlh, const struct lvs_mark_rule *rule);
int lvs_ctl_get_mark(const struct nlattr *nest, struct lvs_mark_rule *rule);

/* An address of FAMILY from a checked attribute; false if it is too short. */
bool lvs_ctl_get_addr(const struct nlattr *attr, uint16_t family,
		      struct lvs_addr *addr);
void lvs_ctl_put_addr(struct nlmsghdr *nlh, uint16_t type,
		      const struct lvs_addr *addr);
/*
 * A name in an array of SIZE bytes; one without end is sent without end, and
 * refused where it arrives.
 */
void lvs_ctl_put_name(struct nlmsghdr *nlh, uint16_t type, const char *name,
		      size_t size);
/* Ports travel in network order. */
uint16_t lvs_ctl_get_port(const struct nlattr *attr);
void lvs_ctl_put_port(struct nlmsghdr *nlh, uint16_t type, uint16_t port);

static inline bool lvs_ctl_is_family(uint16_t family)
{
	return family == AF_INET || family == AF_INET6;
}

#endif
