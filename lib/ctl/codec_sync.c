/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * codec_sync.c - synchronisation daemons as attributes.
 */
#include "ctl/attr.h"
#include "ctl/codec.h"
#include <linux/ip_vs.h>
#include <string.h>

#define COUNT (IPVS_DAEMON_ATTR_MCAST_TTL + 1)

static const struct lvs_attr_rule rules[COUNT] = {
	[IPVS_DAEMON_ATTR_STATE] = LVS_ATTR_U32,
	[IPVS_DAEMON_ATTR_MCAST_IFN] = LVS_ATTR_STRING(IP_VS_IFNAME_MAXLEN),
	[IPVS_DAEMON_ATTR_SYNC_ID] = LVS_ATTR_U32,
	[IPVS_DAEMON_ATTR_SYNC_MAXLEN] = LVS_ATTR_U16,
	[IPVS_DAEMON_ATTR_MCAST_GROUP] = LVS_ATTR_U32,
	[IPVS_DAEMON_ATTR_MCAST_GROUP6] = { 16, 16, false },
	[IPVS_DAEMON_ATTR_MCAST_PORT] = LVS_ATTR_U16,
	[IPVS_DAEMON_ATTR_MCAST_TTL] = LVS_ATTR_U8,
};

_Static_assert(sizeof(((struct lvs_sync_conf *)0)->link) == IP_VS_IFNAME_MAXLEN,
	       "an interface's name is as long here as there");

void lvs_ctl_put_sync(struct nlmsghdr *nlh, const struct lvs_sync_conf *conf)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, IPVS_CMD_ATTR_DAEMON);

	mnl_attr_put_u32(nlh, IPVS_DAEMON_ATTR_STATE, conf->role);
	lvs_ctl_put_name(nlh, IPVS_DAEMON_ATTR_MCAST_IFN, conf->link,
			 sizeof(conf->link));
	mnl_attr_put_u32(nlh, IPVS_DAEMON_ATTR_SYNC_ID, conf->id);
	if (conf->max_len)
		mnl_attr_put_u16(nlh, IPVS_DAEMON_ATTR_SYNC_MAXLEN,
				 conf->max_len);
	if (conf->group.family == AF_INET)
		mnl_attr_put_u32(nlh, IPVS_DAEMON_ATTR_MCAST_GROUP,
				 conf->group.ip.v4_be);
	if (conf->group.family == AF_INET6)
		lvs_ctl_put_addr(nlh, IPVS_DAEMON_ATTR_MCAST_GROUP6,
				 &conf->group);
	/* Host order, unlike every other port. */
	if (conf->port)
		mnl_attr_put_u16(nlh, IPVS_DAEMON_ATTR_MCAST_PORT, conf->port);
	if (conf->ttl)
		mnl_attr_put_u8(nlh, IPVS_DAEMON_ATTR_MCAST_TTL, conf->ttl);
	mnl_attr_nest_end(nlh, nest);
}

static void get_group(const struct nlattr *const *tb,
		      struct lvs_sync_conf *conf)
{
	const struct nlattr *group4 = tb[IPVS_DAEMON_ATTR_MCAST_GROUP];
	const struct nlattr *group6 = tb[IPVS_DAEMON_ATTR_MCAST_GROUP6];

	if (group6)
		lvs_ctl_get_addr(group6, AF_INET6, &conf->group);
	else if (group4)
		conf->group = lvs_addr_v4(mnl_attr_get_u32(group4));
}

int lvs_ctl_get_sync(const struct nlattr *nest, struct lvs_sync_conf *conf)
{
	struct lvs_sync_conf got = LVS_OPTS(struct lvs_sync_conf);
	const struct nlattr *tb[COUNT];
	int err = lvs_attr_parse_nest(nest, rules, tb, COUNT);

	if (err)
		return err;
	if (!tb[IPVS_DAEMON_ATTR_STATE])
		return LVS_ERR_INVAL;
	got.role = mnl_attr_get_u32(tb[IPVS_DAEMON_ATTR_STATE]);
	if (tb[IPVS_DAEMON_ATTR_MCAST_IFN])
		strcpy(got.link,
		       mnl_attr_get_str(tb[IPVS_DAEMON_ATTR_MCAST_IFN]));
	if (tb[IPVS_DAEMON_ATTR_SYNC_ID])
		got.id = mnl_attr_get_u32(tb[IPVS_DAEMON_ATTR_SYNC_ID]);
	if (tb[IPVS_DAEMON_ATTR_SYNC_MAXLEN])
		got.max_len =
			mnl_attr_get_u16(tb[IPVS_DAEMON_ATTR_SYNC_MAXLEN]);
	if (tb[IPVS_DAEMON_ATTR_MCAST_PORT])
		got.port = mnl_attr_get_u16(tb[IPVS_DAEMON_ATTR_MCAST_PORT]);
	if (tb[IPVS_DAEMON_ATTR_MCAST_TTL])
		got.ttl = mnl_attr_get_u8(tb[IPVS_DAEMON_ATTR_MCAST_TTL]);
	get_group(tb, &got);
	*conf = got;
	return 0;
}
