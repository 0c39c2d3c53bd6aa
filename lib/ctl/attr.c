/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attr.c - taking netlink messages apart, with every length checked.
 */
#include "ctl/attr.h"
#include <limits.h>
#include <string.h>

const struct nlmsghdr *lvs_message_at(const void *data, size_t len)
{
	const struct nlmsghdr *nlh = data;

	if (len < sizeof(*nlh) || nlh->nlmsg_len < sizeof(*nlh) ||
	    nlh->nlmsg_len > len)
		return NULL;
	return nlh;
}

static int check(const struct nlattr *attr, const struct lvs_attr_rule *rule)
{
	uint16_t len = mnl_attr_get_payload_len(attr);

	if (len < rule->min || len > rule->max)
		return LVS_ERR_RANGE;
	if (rule->string && !memchr(mnl_attr_get_payload(attr), 0, len))
		return LVS_ERR_INVAL;
	return 0;
}

int lvs_attr_parse(const void *data, size_t len,
		   const struct lvs_attr_rule *rules, const struct nlattr **tb,
		   size_t count)
{
	const char *at = data;

	memset(tb, 0, count * sizeof(*tb));
	while (len > 0) {
		const struct nlattr *attr = (const void *)at;
		size_t step;
		uint16_t type;

		if (len > INT_MAX || !mnl_attr_ok(attr, (int)len))
			return LVS_ERR_INVAL;
		type = mnl_attr_get_type(attr);
		if (type < count && rules[type].max > 0) {
			int err = check(attr, &rules[type]);

			if (err)
				return err;
			tb[type] = attr;
		}
		/* The last one need not be padded. */
		step = lvs_attr_align(attr->nla_len);
		if (step >= len)
			break;
		at += step;
		len -= step;
	}
	return 0;
}

int lvs_attr_parse_nest(const struct nlattr *nest,
			const struct lvs_attr_rule *rules,
			const struct nlattr **tb, size_t count)
{
	return lvs_attr_parse(mnl_attr_get_payload(nest),
			      mnl_attr_get_payload_len(nest), rules, tb, count);
}

/* The attribute after ATTR (NULL: the first) in LEN bytes at DATA, or NULL. */
static const struct nlattr *step(const void *data, size_t len,
				 const struct nlattr *attr)
{
	const char *end = (const char *)data + len;
	const char *at = data;

	if (attr)
		at = (const char *)attr + lvs_attr_align(attr->nla_len);
	if (at >= end || !mnl_attr_ok((const void *)at, (int)(end - at)))
		return NULL;
	return (const void *)at;
}

const struct nlattr *lvs_attr_next(const struct nlattr *nest,
				   const struct nlattr *attr)
{
	return step(mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest),
		    attr);
}

const struct nlattr *lvs_attr_find_nested(const struct nlattr *nest,
					  uint16_t type)
{
	const struct nlattr *attr = lvs_attr_next(nest, NULL);

	while (attr && mnl_attr_get_type(attr) != type)
		attr = lvs_attr_next(nest, attr);
	return attr;
}

const struct nlattr *lvs_attr_find(const struct nlmsghdr *nlh, size_t extra,
				   uint16_t type)
{
	const void *data = mnl_nlmsg_get_payload_offset(nlh, extra);
	size_t len = mnl_nlmsg_get_payload_len(nlh) - extra;
	const struct nlattr *attr = step(data, len, NULL);

	while (attr && mnl_attr_get_type(attr) != type)
		attr = step(data, len, attr);
	return attr;
}
