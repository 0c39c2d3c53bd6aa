/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * codec_stats.c - counters as attributes.
 *
 * IPVS sends them in two nests with the same attribute numbers: STATS with
 * counters of 32 bits (they wrap) and bytes of 64, STATS64 with 64 throughout.
 */
#include "ctl/attr.h"
#include "ctl/codec.h"
#include <linux/ip_vs.h>
#include <string.h>

#define STATS_COUNT (IPVS_STATS_ATTR_OUTBPS + 1)

#define AT(member) offsetof(struct lvs_stats, member)

static const struct field {
	uint16_t type;
	bool wide; /* 64 bits in STATS too */
	size_t offset;
} fields[] = {
	{ IPVS_STATS_ATTR_CONNS, false, AT(conns) },
	{ IPVS_STATS_ATTR_INPKTS, false, AT(inpkts) },
	{ IPVS_STATS_ATTR_OUTPKTS, false, AT(outpkts) },
	{ IPVS_STATS_ATTR_INBYTES, true, AT(inbytes) },
	{ IPVS_STATS_ATTR_OUTBYTES, true, AT(outbytes) },
	{ IPVS_STATS_ATTR_CPS, false, AT(cps) },
	{ IPVS_STATS_ATTR_INPPS, false, AT(inpps) },
	{ IPVS_STATS_ATTR_OUTPPS, false, AT(outpps) },
	{ IPVS_STATS_ATTR_INBPS, false, AT(inbps) },
	{ IPVS_STATS_ATTR_OUTBPS, false, AT(outbps) },
};

#define FIELDS (sizeof(fields) / sizeof(*fields))

static uint64_t value(const struct lvs_stats *stats, const struct field *f)
{
	uint64_t v;

	memcpy(&v, (const char *)stats + f->offset, sizeof(v));
	return v;
}

void lvs_ctl_put_stats(struct nlmsghdr *nlh, uint16_t type,
		       const struct lvs_stats *stats)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, type);

	for (size_t i = 0; i < FIELDS; i++) {
		uint64_t v = value(stats, &fields[i]);

		if (fields[i].wide)
			mnl_attr_put_u64(nlh, fields[i].type, v);
		else
			mnl_attr_put_u32(nlh, fields[i].type, (uint32_t)v);
	}
	mnl_attr_nest_end(nlh, nest);
}

void lvs_ctl_put_stats64(struct nlmsghdr *nlh, uint16_t type,
			 const struct lvs_stats *stats)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, type);

	for (size_t i = 0; i < FIELDS; i++)
		mnl_attr_put_u64(nlh, fields[i].type, value(stats, &fields[i]));
	mnl_attr_nest_end(nlh, nest);
}

static int get(const struct nlattr *nest, const struct lvs_attr_rule *rules,
	       struct lvs_stats *stats)
{
	const struct nlattr *tb[STATS_COUNT];
	struct lvs_stats got = { 0 };
	int err = lvs_attr_parse_nest(nest, rules, tb, STATS_COUNT);

	if (err)
		return err;
	for (size_t i = 0; i < FIELDS; i++) {
		const struct nlattr *attr = tb[fields[i].type];
		uint64_t v;

		if (!attr)
			continue;
		v = rules[fields[i].type].min == 8 ? mnl_attr_get_u64(attr)
						   : mnl_attr_get_u32(attr);
		memcpy((char *)&got + fields[i].offset, &v, sizeof(v));
	}
	*stats = got;
	return 0;
}

int lvs_ctl_get_stats(const struct nlattr *nest, struct lvs_stats *stats)
{
	struct lvs_attr_rule rules[STATS_COUNT] = { { 0 } };

	for (size_t i = 0; i < FIELDS; i++)
		rules[fields[i].type] =
			fields[i].wide ? (struct lvs_attr_rule)LVS_ATTR_U64
				       : (struct lvs_attr_rule)LVS_ATTR_U32;
	return get(nest, rules, stats);
}

int lvs_ctl_get_stats64(const struct nlattr *nest, struct lvs_stats *stats)
{
	struct lvs_attr_rule rules[STATS_COUNT] = { { 0 } };

	for (size_t i = 0; i < FIELDS; i++)
		rules[fields[i].type] = (struct lvs_attr_rule)LVS_ATTR_U64;
	return get(nest, rules, stats);
}
