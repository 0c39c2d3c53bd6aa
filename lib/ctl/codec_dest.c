/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * codec_dest.c - destinations as attributes.
 */
#include "ctl/attr.h"
#include "ctl/codec.h"
#include <linux/ip_vs.h>

#define COUNT (IPVS_DEST_ATTR_TUN_FLAGS + 1)

static const struct lvs_attr_rule rules[COUNT] = {
	[IPVS_DEST_ATTR_ADDR] = LVS_ATTR_ADDR,
	[IPVS_DEST_ATTR_PORT] = LVS_ATTR_U16,
	[IPVS_DEST_ATTR_FWD_METHOD] = LVS_ATTR_U32,
	[IPVS_DEST_ATTR_WEIGHT] = LVS_ATTR_U32,
	[IPVS_DEST_ATTR_U_THRESH] = LVS_ATTR_U32,
	[IPVS_DEST_ATTR_L_THRESH] = LVS_ATTR_U32,
	[IPVS_DEST_ATTR_ACTIVE_CONNS] = LVS_ATTR_U32,
	[IPVS_DEST_ATTR_INACT_CONNS] = LVS_ATTR_U32,
	[IPVS_DEST_ATTR_PERSIST_CONNS] = LVS_ATTR_U32,
	[IPVS_DEST_ATTR_STATS] = LVS_ATTR_NEST,
	[IPVS_DEST_ATTR_ADDR_FAMILY] = LVS_ATTR_U16,
	[IPVS_DEST_ATTR_STATS64] = LVS_ATTR_NEST,
	[IPVS_DEST_ATTR_TUN_TYPE] = LVS_ATTR_U8,
	[IPVS_DEST_ATTR_TUN_PORT] = LVS_ATTR_U16,
	[IPVS_DEST_ATTR_TUN_FLAGS] = LVS_ATTR_U16,
};

static void put_id(struct nlmsghdr *nlh, const struct lvs_dest_id *id)
{
	lvs_ctl_put_addr(nlh, IPVS_DEST_ATTR_ADDR, &id->addr);
	lvs_ctl_put_port(nlh, IPVS_DEST_ATTR_PORT, id->port);
	mnl_attr_put_u16(nlh, IPVS_DEST_ATTR_ADDR_FAMILY, id->addr.family);
}

static void put_conf(struct nlmsghdr *nlh, const struct lvs_dest_conf *conf)
{
	put_id(nlh, &conf->id);
	mnl_attr_put_u32(nlh, IPVS_DEST_ATTR_FWD_METHOD, conf->method);
	mnl_attr_put_u32(nlh, IPVS_DEST_ATTR_WEIGHT, (uint32_t)conf->weight);
	mnl_attr_put_u32(nlh, IPVS_DEST_ATTR_U_THRESH, conf->u_threshold);
	mnl_attr_put_u32(nlh, IPVS_DEST_ATTR_L_THRESH, conf->l_threshold);
	mnl_attr_put_u8(nlh, IPVS_DEST_ATTR_TUN_TYPE, conf->tun_type);
	lvs_ctl_put_port(nlh, IPVS_DEST_ATTR_TUN_PORT, conf->tun_port);
	mnl_attr_put_u16(nlh, IPVS_DEST_ATTR_TUN_FLAGS, conf->tun_flags);
}

void lvs_ctl_put_dest_id(struct nlmsghdr *nlh, const struct lvs_dest_id *id)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, IPVS_CMD_ATTR_DEST);

	put_id(nlh, id);
	mnl_attr_nest_end(nlh, nest);
}

void lvs_ctl_put_dest(struct nlmsghdr *nlh, const struct lvs_dest_conf *conf)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, IPVS_CMD_ATTR_DEST);

	put_conf(nlh, conf);
	mnl_attr_nest_end(nlh, nest);
}

void lvs_ctl_put_dest_info(struct nlmsghdr *nlh,
			   const struct lvs_dest_info *info)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, IPVS_CMD_ATTR_DEST);

	put_conf(nlh, &info->conf);
	mnl_attr_put_u32(nlh, IPVS_DEST_ATTR_ACTIVE_CONNS, info->active);
	mnl_attr_put_u32(nlh, IPVS_DEST_ATTR_INACT_CONNS, info->inact);
	mnl_attr_put_u32(nlh, IPVS_DEST_ATTR_PERSIST_CONNS, info->persist);
	lvs_ctl_put_stats(nlh, IPVS_DEST_ATTR_STATS, &info->stats);
	lvs_ctl_put_stats64(nlh, IPVS_DEST_ATTR_STATS64, &info->stats);
	mnl_attr_nest_end(nlh, nest);
}

static int get_id(const struct nlattr *const *tb, uint16_t family,
		  struct lvs_dest_id *id)
{
	if (!tb[IPVS_DEST_ATTR_ADDR] || !tb[IPVS_DEST_ATTR_PORT])
		return LVS_ERR_INVAL;
	if (tb[IPVS_DEST_ATTR_ADDR_FAMILY])
		family = mnl_attr_get_u16(tb[IPVS_DEST_ATTR_ADDR_FAMILY]);
	if (!lvs_ctl_is_family(family))
		return LVS_ERR_AFNOSUPPORT;
	id->port = lvs_ctl_get_port(tb[IPVS_DEST_ATTR_PORT]);
	return lvs_ctl_get_addr(tb[IPVS_DEST_ATTR_ADDR], family, &id->addr)
		       ? 0
		       : LVS_ERR_INVAL;
}

static int get_rest(const struct nlattr *const *tb, struct lvs_dest_conf *conf)
{
	if (!tb[IPVS_DEST_ATTR_FWD_METHOD] || !tb[IPVS_DEST_ATTR_WEIGHT] ||
	    !tb[IPVS_DEST_ATTR_U_THRESH] || !tb[IPVS_DEST_ATTR_L_THRESH])
		return LVS_ERR_INVAL;
	conf->method = mnl_attr_get_u32(tb[IPVS_DEST_ATTR_FWD_METHOD]) &
		       IP_VS_CONN_F_FWD_MASK;
	conf->weight = (int32_t)mnl_attr_get_u32(tb[IPVS_DEST_ATTR_WEIGHT]);
	conf->u_threshold = mnl_attr_get_u32(tb[IPVS_DEST_ATTR_U_THRESH]);
	conf->l_threshold = mnl_attr_get_u32(tb[IPVS_DEST_ATTR_L_THRESH]);
	if (tb[IPVS_DEST_ATTR_TUN_TYPE])
		conf->tun_type = mnl_attr_get_u8(tb[IPVS_DEST_ATTR_TUN_TYPE]);
	if (tb[IPVS_DEST_ATTR_TUN_PORT])
		conf->tun_port = lvs_ctl_get_port(tb[IPVS_DEST_ATTR_TUN_PORT]);
	if (tb[IPVS_DEST_ATTR_TUN_FLAGS])
		conf->tun_flags =
			mnl_attr_get_u16(tb[IPVS_DEST_ATTR_TUN_FLAGS]);
	return 0;
}

int lvs_ctl_get_dest(const struct nlattr *nest, enum lvs_ctl_detail detail,
		     uint16_t family, struct lvs_dest_conf *conf)
{
	struct lvs_dest_conf got = LVS_OPTS(struct lvs_dest_conf);
	const struct nlattr *tb[COUNT];
	int err = lvs_attr_parse_nest(nest, rules, tb, COUNT);

	if (!err)
		err = get_id(tb, family, &got.id);
	if (!err && detail == LVS_CTL_FULL)
		err = get_rest(tb, &got);
	if (!err)
		*conf = got;
	return err;
}

static uint32_t u32_or_0(const struct nlattr *attr)
{
	return attr ? mnl_attr_get_u32(attr) : 0;
}

int lvs_ctl_get_dest_info(const struct nlattr *nest, uint16_t family,
			  struct lvs_dest_info *info)
{
	struct lvs_dest_info got = { .active = 0 };
	const struct nlattr *tb[COUNT];
	int err = lvs_ctl_get_dest(nest, LVS_CTL_FULL, family, &got.conf);

	if (!err)
		err = lvs_attr_parse_nest(nest, rules, tb, COUNT);
	if (!err && tb[IPVS_DEST_ATTR_STATS64])
		err = lvs_ctl_get_stats64(tb[IPVS_DEST_ATTR_STATS64],
					  &got.stats);
	else if (!err && tb[IPVS_DEST_ATTR_STATS])
		err = lvs_ctl_get_stats(tb[IPVS_DEST_ATTR_STATS], &got.stats);
	if (err)
		return err;
	got.active = u32_or_0(tb[IPVS_DEST_ATTR_ACTIVE_CONNS]);
	got.inact = u32_or_0(tb[IPVS_DEST_ATTR_INACT_CONNS]);
	got.persist = u32_or_0(tb[IPVS_DEST_ATTR_PERSIST_CONNS]);
	*info = got;
	return 0;
}
