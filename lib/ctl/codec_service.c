/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * codec_service.c - services as attributes.
 *
 * A service by mark carries mark and family only, one by address carries
 * protocol, address and port; IPVS never sends both.
 */
#include "ctl/attr.h"
#include "ctl/codec.h"
#include <arpa/inet.h>
#include <linux/ip_vs.h>
#include <netinet/in.h>
#include <string.h>

#define COUNT (IPVS_SVC_ATTR_STATS64 + 1)

static const struct lvs_attr_rule rules[COUNT] = {
	[IPVS_SVC_ATTR_AF] = LVS_ATTR_U16,
	[IPVS_SVC_ATTR_PROTOCOL] = LVS_ATTR_U16,
	[IPVS_SVC_ATTR_ADDR] = LVS_ATTR_ADDR,
	[IPVS_SVC_ATTR_PORT] = LVS_ATTR_U16,
	[IPVS_SVC_ATTR_FWMARK] = LVS_ATTR_U32,
	[IPVS_SVC_ATTR_SCHED_NAME] = LVS_ATTR_STRING(LVS_NAME_MAX),
	[IPVS_SVC_ATTR_FLAGS] = { sizeof(struct ip_vs_flags),
				  sizeof(struct ip_vs_flags), false },
	[IPVS_SVC_ATTR_TIMEOUT] = LVS_ATTR_U32,
	[IPVS_SVC_ATTR_NETMASK] = LVS_ATTR_U32,
	[IPVS_SVC_ATTR_STATS] = LVS_ATTR_NEST,
	[IPVS_SVC_ATTR_PE_NAME] = LVS_ATTR_STRING(LVS_NAME_MAX),
	[IPVS_SVC_ATTR_STATS64] = LVS_ATTR_NEST,
};

static void put_id(struct nlmsghdr *nlh, const struct lvs_service_id *id)
{
	mnl_attr_put_u16(nlh, IPVS_SVC_ATTR_AF, id->addr.family);
	if (id->fwmark) {
		mnl_attr_put_u32(nlh, IPVS_SVC_ATTR_FWMARK, id->fwmark);
		return;
	}
	mnl_attr_put_u16(nlh, IPVS_SVC_ATTR_PROTOCOL, id->protocol);
	lvs_ctl_put_addr(nlh, IPVS_SVC_ATTR_ADDR, &id->addr);
	lvs_ctl_put_port(nlh, IPVS_SVC_ATTR_PORT, id->port);
}

/* IPVS has a mask in network order for IPv4 and a prefix length for IPv6. */
static uint32_t netmask_of(const struct lvs_service_conf *conf)
{
	uint32_t bits = lvs_family_bits(conf->id.addr.family);
	uint32_t plen = conf->plen > 0 && conf->plen < bits ? conf->plen : bits;

	if (conf->id.addr.family != AF_INET)
		return plen;
	return htonl(UINT32_MAX << (32 - plen)) & ~conf->holes_be;
}

/* And back; a mask of IPv4 that is no prefix is all bits with holes. */
static int set_netmask(struct lvs_service_conf *conf, uint32_t netmask)
{
	uint32_t holes = ~ntohl(netmask);

	if (conf->id.addr.family == AF_INET6) {
		if (netmask < 1 || netmask > 128)
			return LVS_ERR_INVAL;
		conf->plen = netmask % 128;
		return 0;
	}
	if ((holes & (holes + 1)) == 0 && holes != UINT32_MAX)
		conf->plen = (uint32_t)__builtin_popcount(netmask) % 32;
	else
		conf->holes_be = htonl(holes);
	return 0;
}

static void put_conf(struct nlmsghdr *nlh, const struct lvs_service_conf *conf)
{
	struct ip_vs_flags flags = { conf->flags, UINT32_MAX };

	put_id(nlh, &conf->id);
	lvs_ctl_put_name(nlh, IPVS_SVC_ATTR_SCHED_NAME, conf->scheduler,
			 sizeof(conf->scheduler));
	if (conf->pe[0])
		lvs_ctl_put_name(nlh, IPVS_SVC_ATTR_PE_NAME, conf->pe,
				 sizeof(conf->pe));
	mnl_attr_put(nlh, IPVS_SVC_ATTR_FLAGS, sizeof(flags), &flags);
	mnl_attr_put_u32(nlh, IPVS_SVC_ATTR_TIMEOUT, conf->timeout);
	mnl_attr_put_u32(nlh, IPVS_SVC_ATTR_NETMASK, netmask_of(conf));
	mnl_attr_put_u32(nlh, LVS_SVC_ATTR_TABLE_SIZE, conf->table_size);
	mnl_attr_put_u32(nlh, LVS_SVC_ATTR_SLOW_START, conf->slow_start);
}

void lvs_ctl_put_service_id(struct nlmsghdr *nlh,
			    const struct lvs_service_id *id)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, IPVS_CMD_ATTR_SERVICE);

	put_id(nlh, id);
	mnl_attr_nest_end(nlh, nest);
}

void lvs_ctl_put_service(struct nlmsghdr *nlh,
			 const struct lvs_service_conf *conf)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, IPVS_CMD_ATTR_SERVICE);

	put_conf(nlh, conf);
	mnl_attr_nest_end(nlh, nest);
}

void lvs_ctl_put_service_info(struct nlmsghdr *nlh,
			      const struct lvs_service_info *info)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, IPVS_CMD_ATTR_SERVICE);

	put_conf(nlh, &info->conf);
	lvs_ctl_put_stats(nlh, IPVS_SVC_ATTR_STATS, &info->stats);
	lvs_ctl_put_stats64(nlh, IPVS_SVC_ATTR_STATS64, &info->stats);
	mnl_attr_put_u32(nlh, LVS_SVC_ATTR_NUM_DESTS, info->num_dests);
	mnl_attr_nest_end(nlh, nest);
}

static int get_id(const struct nlattr *const *tb, struct lvs_service_id *id)
{
	uint16_t family, protocol;

	if (!tb[IPVS_SVC_ATTR_AF])
		return LVS_ERR_INVAL;
	family = mnl_attr_get_u16(tb[IPVS_SVC_ATTR_AF]);
	if (!lvs_ctl_is_family(family))
		return LVS_ERR_AFNOSUPPORT;
	*id = (struct lvs_service_id){ .addr.family = family };
	if (tb[IPVS_SVC_ATTR_FWMARK])
		id->fwmark = mnl_attr_get_u32(tb[IPVS_SVC_ATTR_FWMARK]);
	if (id->fwmark)
		return 0;
	if (!tb[IPVS_SVC_ATTR_PROTOCOL] || !tb[IPVS_SVC_ATTR_ADDR] ||
	    !tb[IPVS_SVC_ATTR_PORT])
		return LVS_ERR_INVAL;
	protocol = mnl_attr_get_u16(tb[IPVS_SVC_ATTR_PROTOCOL]);
	if (protocol > UINT8_MAX)
		return LVS_ERR_INVAL;
	id->protocol = (uint8_t)protocol;
	id->port = lvs_ctl_get_port(tb[IPVS_SVC_ATTR_PORT]);
	return lvs_ctl_get_addr(tb[IPVS_SVC_ATTR_ADDR], family, &id->addr)
		       ? 0
		       : LVS_ERR_INVAL;
}

static int get_rest(const struct nlattr *const *tb,
		    struct lvs_service_conf *conf, uint32_t *mask)
{
	struct ip_vs_flags flags;

	if (!tb[IPVS_SVC_ATTR_SCHED_NAME] || !tb[IPVS_SVC_ATTR_FLAGS] ||
	    !tb[IPVS_SVC_ATTR_TIMEOUT] || !tb[IPVS_SVC_ATTR_NETMASK])
		return LVS_ERR_INVAL;
	strcpy(conf->scheduler, mnl_attr_get_str(tb[IPVS_SVC_ATTR_SCHED_NAME]));
	if (tb[IPVS_SVC_ATTR_PE_NAME])
		strcpy(conf->pe, mnl_attr_get_str(tb[IPVS_SVC_ATTR_PE_NAME]));
	memcpy(&flags, mnl_attr_get_payload(tb[IPVS_SVC_ATTR_FLAGS]),
	       sizeof(flags));
	conf->flags = flags.flags & flags.mask;
	*mask = flags.mask;
	conf->timeout = mnl_attr_get_u32(tb[IPVS_SVC_ATTR_TIMEOUT]);
	return set_netmask(conf, mnl_attr_get_u32(tb[IPVS_SVC_ATTR_NETMASK]));
}

/* One of our own; *VALUE is as before where it is not given. */
static int get_own_u32(const struct nlattr *nest, uint16_t type,
		       uint32_t *value)
{
	const struct nlattr *attr = lvs_attr_find_nested(nest, type);

	if (!attr)
		return 0;
	if (mnl_attr_get_payload_len(attr) != sizeof(*value))
		return LVS_ERR_RANGE;
	*value = mnl_attr_get_u32(attr);
	return 0;
}

static int get_own(const struct nlattr *nest, struct lvs_service_conf *conf)
{
	int err = get_own_u32(nest, LVS_SVC_ATTR_TABLE_SIZE, &conf->table_size);

	return err ? err
		   : get_own_u32(nest, LVS_SVC_ATTR_SLOW_START,
				 &conf->slow_start);
}

void lvs_ctl_keep_own(const struct nlattr *nest,
		      const struct lvs_service_conf *old,
		      struct lvs_service_conf *conf)
{
	if (strcmp(old->scheduler, conf->scheduler) != 0)
		return;
	if (!lvs_attr_find_nested(nest, LVS_SVC_ATTR_TABLE_SIZE))
		conf->table_size = old->table_size;
	if (!lvs_attr_find_nested(nest, LVS_SVC_ATTR_SLOW_START))
		conf->slow_start = old->slow_start;
}

int lvs_ctl_get_service(const struct nlattr *nest, enum lvs_ctl_detail detail,
			struct lvs_service_conf *conf, uint32_t *mask)
{
	struct lvs_service_conf got = LVS_OPTS(struct lvs_service_conf);
	const struct nlattr *tb[COUNT];
	uint32_t got_mask = 0;
	int err = lvs_attr_parse_nest(nest, rules, tb, COUNT);

	if (!err)
		err = get_id(tb, &got.id);
	if (!err && detail == LVS_CTL_FULL)
		err = get_rest(tb, &got, &got_mask);
	if (!err && detail == LVS_CTL_FULL)
		err = get_own(nest, &got);
	if (err)
		return err;
	*conf = got;
	if (mask)
		*mask = got_mask;
	return 0;
}

/* A kernel does not tell; 0 then. */
static uint32_t num_dests(const struct nlattr *nest)
{
	const struct nlattr *attr =
		lvs_attr_find_nested(nest, LVS_SVC_ATTR_NUM_DESTS);

	if (!attr || mnl_attr_get_payload_len(attr) != sizeof(uint32_t))
		return 0;
	return mnl_attr_get_u32(attr);
}

int lvs_ctl_get_service_info(const struct nlattr *nest,
			     struct lvs_service_info *info)
{
	struct lvs_service_info got = { .num_dests = 0 };
	const struct nlattr *tb[COUNT];
	int err = lvs_ctl_get_service(nest, LVS_CTL_FULL, &got.conf, NULL);

	if (!err)
		err = lvs_attr_parse_nest(nest, rules, tb, COUNT);
	if (!err && tb[IPVS_SVC_ATTR_STATS64])
		err = lvs_ctl_get_stats64(tb[IPVS_SVC_ATTR_STATS64],
					  &got.stats);
	else if (!err && tb[IPVS_SVC_ATTR_STATS])
		err = lvs_ctl_get_stats(tb[IPVS_SVC_ATTR_STATS], &got.stats);
	if (err)
		return err;
	got.num_dests = num_dests(nest);
	*info = got;
	return 0;
}
