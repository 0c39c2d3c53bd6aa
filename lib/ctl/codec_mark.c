/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * codec_mark.c - the director's rules for marks (lvs/mark.h) as attributes.
 */
#include "ctl/attr.h"
#include "ctl/codec.h"

static const struct lvs_attr_rule rules[LVS_MARK_ATTR_COUNT] = {
	[LVS_MARK_ATTR_MARK] = LVS_ATTR_U32,
	[LVS_MARK_ATTR_AF] = LVS_ATTR_U16,
	[LVS_MARK_ATTR_ADDR] = LVS_ATTR_ADDR,
	[LVS_MARK_ATTR_PLEN] = LVS_ATTR_U8,
	[LVS_MARK_ATTR_PROTOCOL] = LVS_ATTR_U16,
	[LVS_MARK_ATTR_PORT_MIN] = LVS_ATTR_U16,
	[LVS_MARK_ATTR_PORT_MAX] = LVS_ATTR_U16,
};

void lvs_ctl_put_mark(struct nlmsghdr *nlh, const struct lvs_mark_rule *rule)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, LVS_CMD_ATTR_MARK);

	mnl_attr_put_u32(nlh, LVS_MARK_ATTR_MARK, rule->mark);
	mnl_attr_put_u16(nlh, LVS_MARK_ATTR_AF, rule->addr.family);
	lvs_ctl_put_addr(nlh, LVS_MARK_ATTR_ADDR, &rule->addr);
	mnl_attr_put_u8(nlh, LVS_MARK_ATTR_PLEN, rule->plen);
	mnl_attr_put_u16(nlh, LVS_MARK_ATTR_PROTOCOL, rule->protocol);
	lvs_ctl_put_port(nlh, LVS_MARK_ATTR_PORT_MIN, rule->port_min);
	lvs_ctl_put_port(nlh, LVS_MARK_ATTR_PORT_MAX, rule->port_max);
	mnl_attr_nest_end(nlh, nest);
}

int lvs_ctl_get_mark(const struct nlattr *nest, struct lvs_mark_rule *rule)
{
	const struct nlattr *tb[LVS_MARK_ATTR_COUNT];
	struct lvs_mark_rule got = { .mark = 0 };
	int err = lvs_attr_parse_nest(nest, rules, tb, LVS_MARK_ATTR_COUNT);
	uint16_t family;

	if (err)
		return err;
	for (int type = LVS_MARK_ATTR_MARK; type < LVS_MARK_ATTR_COUNT; type++)
		if (!tb[type])
			return LVS_ERR_INVAL;
	family = mnl_attr_get_u16(tb[LVS_MARK_ATTR_AF]);
	if (!lvs_ctl_is_family(family) ||
	    !lvs_ctl_get_addr(tb[LVS_MARK_ATTR_ADDR], family, &got.addr))
		return LVS_ERR_INVAL;
	got.mark = mnl_attr_get_u32(tb[LVS_MARK_ATTR_MARK]);
	got.plen = mnl_attr_get_u8(tb[LVS_MARK_ATTR_PLEN]);
	got.protocol = (uint8_t)mnl_attr_get_u16(tb[LVS_MARK_ATTR_PROTOCOL]);
	got.port_min = lvs_ctl_get_port(tb[LVS_MARK_ATTR_PORT_MIN]);
	got.port_max = lvs_ctl_get_port(tb[LVS_MARK_ATTR_PORT_MAX]);
	*rule = got;
	return 0;
}
