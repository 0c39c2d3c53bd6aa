/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * codec_own.c - what IPVS's messages do not have: connections, the status of
 * the server and its engines; and addresses, names and ports, which all use.
 */
#include "ctl/attr.h"
#include "ctl/codec.h"
#include <arpa/inet.h>
#include <linux/ip_vs.h>
#include <stdio.h>
#include <string.h>

bool lvs_ctl_get_addr(const struct nlattr *attr, uint16_t family,
		      struct lvs_addr *addr)
{
	if (mnl_attr_get_payload_len(attr) < lvs_family_bits(family) / 8)
		return false;
	*addr = lvs_addr_from_bytes(family, mnl_attr_get_payload(attr));
	return true;
}

void lvs_ctl_put_addr(struct nlmsghdr *nlh, uint16_t type,
		      const struct lvs_addr *addr)
{
	mnl_attr_put(nlh, type, sizeof(addr->ip), &addr->ip);
}

void lvs_ctl_put_name(struct nlmsghdr *nlh, uint16_t type, const char *name,
		      size_t size)
{
	size_t len = strnlen(name, size);

	mnl_attr_put(nlh, type, len < size ? len + 1 : size, name);
}

uint16_t lvs_ctl_get_port(const struct nlattr *attr)
{
	return ntohs(mnl_attr_get_u16(attr));
}

void lvs_ctl_put_port(struct nlmsghdr *nlh, uint16_t type, uint16_t port)
{
	mnl_attr_put_u16(nlh, type, htons(port));
}

/* ---- connections --------------------------------------------------------- */

/* No name of a state is longer, the final 0 included. */
#define STATE_MAX 32

static const struct lvs_attr_rule conn_rules[LVS_CONN_ATTR_COUNT] = {
	[LVS_CONN_ATTR_PROTOCOL] = LVS_ATTR_U16,
	[LVS_CONN_ATTR_AF] = LVS_ATTR_U16,
	[LVS_CONN_ATTR_CLIENT_ADDR] = LVS_ATTR_ADDR,
	[LVS_CONN_ATTR_CLIENT_PORT] = LVS_ATTR_U16,
	[LVS_CONN_ATTR_VIRT_ADDR] = LVS_ATTR_ADDR,
	[LVS_CONN_ATTR_VIRT_PORT] = LVS_ATTR_U16,
	[LVS_CONN_ATTR_DEST_AF] = LVS_ATTR_U16,
	[LVS_CONN_ATTR_DEST_ADDR] = LVS_ATTR_ADDR,
	[LVS_CONN_ATTR_DEST_PORT] = LVS_ATTR_U16,
	[LVS_CONN_ATTR_METHOD] = LVS_ATTR_U32,
	[LVS_CONN_ATTR_STATE] = LVS_ATTR_STRING(STATE_MAX),
	[LVS_CONN_ATTR_EXPIRES] = LVS_ATTR_U32,
	[LVS_CONN_ATTR_FLAGS] = LVS_ATTR_U32,
	[LVS_CONN_ATTR_TEMPLATE] = LVS_ATTR_U8,
};

void lvs_ctl_put_conn(struct nlmsghdr *nlh, const struct lvs_conn_info *conn)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, LVS_CMD_ATTR_CONN);

	mnl_attr_put_u16(nlh, LVS_CONN_ATTR_PROTOCOL, conn->protocol);
	mnl_attr_put_u16(nlh, LVS_CONN_ATTR_AF, conn->client.family);
	lvs_ctl_put_addr(nlh, LVS_CONN_ATTR_CLIENT_ADDR, &conn->client);
	lvs_ctl_put_port(nlh, LVS_CONN_ATTR_CLIENT_PORT, conn->client_port);
	lvs_ctl_put_addr(nlh, LVS_CONN_ATTR_VIRT_ADDR, &conn->virt);
	lvs_ctl_put_port(nlh, LVS_CONN_ATTR_VIRT_PORT, conn->virt_port);
	mnl_attr_put_u16(nlh, LVS_CONN_ATTR_DEST_AF, conn->dest.family);
	lvs_ctl_put_addr(nlh, LVS_CONN_ATTR_DEST_ADDR, &conn->dest);
	lvs_ctl_put_port(nlh, LVS_CONN_ATTR_DEST_PORT, conn->dest_port);
	mnl_attr_put_u32(nlh, LVS_CONN_ATTR_METHOD, conn->method);
	mnl_attr_put_strz(nlh, LVS_CONN_ATTR_STATE, conn->state);
	mnl_attr_put_u32(nlh, LVS_CONN_ATTR_EXPIRES, conn->expires);
	mnl_attr_put_u32(nlh, LVS_CONN_ATTR_FLAGS, conn->flags);
	mnl_attr_put_u8(nlh, LVS_CONN_ATTR_TEMPLATE, conn->persist_template);
	mnl_attr_nest_end(nlh, nest);
}

static bool get_conn_addrs(const struct nlattr *const *tb,
			   struct lvs_conn_info *conn)
{
	uint16_t family = mnl_attr_get_u16(tb[LVS_CONN_ATTR_AF]);
	uint16_t dest_family = mnl_attr_get_u16(tb[LVS_CONN_ATTR_DEST_AF]);

	return lvs_ctl_is_family(family) && lvs_ctl_is_family(dest_family) &&
	       lvs_ctl_get_addr(tb[LVS_CONN_ATTR_CLIENT_ADDR], family,
				&conn->client) &&
	       lvs_ctl_get_addr(tb[LVS_CONN_ATTR_VIRT_ADDR], family,
				&conn->virt) &&
	       lvs_ctl_get_addr(tb[LVS_CONN_ATTR_DEST_ADDR], dest_family,
				&conn->dest);
}

int lvs_ctl_get_conn(const struct nlattr *nest, struct lvs_conn_info *conn)
{
	const struct nlattr *tb[LVS_CONN_ATTR_COUNT];
	struct lvs_conn_info got = { .flags = 0 };
	int err =
		lvs_attr_parse_nest(nest, conn_rules, tb, LVS_CONN_ATTR_COUNT);

	if (err)
		return err;
	for (int type = LVS_CONN_ATTR_PROTOCOL; type < LVS_CONN_ATTR_COUNT;
	     type++) {
		if (!tb[type])
			return LVS_ERR_INVAL;
	}
	if (!get_conn_addrs(tb, &got))
		return LVS_ERR_INVAL;
	got.protocol = (uint8_t)mnl_attr_get_u16(tb[LVS_CONN_ATTR_PROTOCOL]);
	got.client_port = lvs_ctl_get_port(tb[LVS_CONN_ATTR_CLIENT_PORT]);
	got.virt_port = lvs_ctl_get_port(tb[LVS_CONN_ATTR_VIRT_PORT]);
	got.dest_port = lvs_ctl_get_port(tb[LVS_CONN_ATTR_DEST_PORT]);
	got.method = (uint8_t)mnl_attr_get_u32(tb[LVS_CONN_ATTR_METHOD]);
	got.state = mnl_attr_get_str(tb[LVS_CONN_ATTR_STATE]);
	got.expires = mnl_attr_get_u32(tb[LVS_CONN_ATTR_EXPIRES]);
	got.flags = mnl_attr_get_u32(tb[LVS_CONN_ATTR_FLAGS]);
	got.persist_template = mnl_attr_get_u8(tb[LVS_CONN_ATTR_TEMPLATE]) != 0;
	*conn = got;
	return 0;
}

/* ---- status -------------------------------------------------------------- */

/* Longest name of a reason, the final 0 included. */
#define REASON_MAX 32

static const struct lvs_attr_rule status_rules[LVS_STATUS_ATTR_COUNT] = {
	[LVS_STATUS_ATTR_VERSION] =
		LVS_ATTR_STRING(sizeof(((struct lvs_ctl_info *)0)->daemon)),
	[LVS_STATUS_ATTR_STATS64] = LVS_ATTR_NEST,
	[LVS_STATUS_ATTR_CONNS] = LVS_ATTR_U64,
	[LVS_STATUS_ATTR_PACKETS] = LVS_ATTR_U64,
	[LVS_STATUS_ATTR_PASSED] = LVS_ATTR_U64,
	[LVS_STATUS_ATTR_SENT] = LVS_ATTR_U64,
	[LVS_STATUS_ATTR_HELD] = LVS_ATTR_U64,
	[LVS_STATUS_ATTR_DROP] = LVS_ATTR_NEST,
	[LVS_STATUS_ATTR_CONN_LIMIT] = LVS_ATTR_U64,
	[LVS_STATUS_ATTR_EVICTED] = LVS_ATTR_NEST,
	[LVS_STATUS_ATTR_FAST_FLOWS] = LVS_ATTR_U64,
	[LVS_STATUS_ATTR_FAST_PACKETS] = LVS_ATTR_U64,
};

static const struct lvs_attr_rule drop_rules[LVS_DROP_ATTR_COUNT] = {
	[LVS_DROP_ATTR_NAME] = LVS_ATTR_STRING(REASON_MAX),
	[LVS_DROP_ATTR_PACKETS] = LVS_ATTR_U64,
};

/* A status is the largest object; its counts must find room. */
_Static_assert(512 + (LVS_REASON_COUNT + LVS_EVICT_COUNT) *
				       (4 + 4 + REASON_MAX + 12) <=
		       LVS_CTL_OBJECT_MAX,
	       "LVS_CTL_OBJECT_MAX is too small for that many reasons");

/* Counts that have names: packets by reason, connections by class. */
struct named_counts {
	uint16_t type; /* LVS_STATUS_ATTR_* */
	unsigned num;
	const char *(*name)(unsigned number);
};

static const struct named_counts drops = {
	LVS_STATUS_ATTR_DROP,
	LVS_REASON_COUNT,
	lvs_reason_name,
};

static const struct named_counts evictions = {
	LVS_STATUS_ATTR_EVICTED,
	LVS_EVICT_COUNT,
	lvs_eviction_name,
};

/* Those of COUNTS that are not 0. */
static void put_counts(struct nlmsghdr *nlh, const struct named_counts *kind,
		       const uint64_t counts[])
{
	for (unsigned i = 0; i < kind->num; i++) {
		struct nlattr *nest;

		if (counts[i] == 0)
			continue;
		nest = mnl_attr_nest_start(nlh, kind->type);
		mnl_attr_put_strz(nlh, LVS_DROP_ATTR_NAME, kind->name(i));
		mnl_attr_put_u64(nlh, LVS_DROP_ATTR_PACKETS, counts[i]);
		mnl_attr_nest_end(nlh, nest);
	}
}

void lvs_ctl_put_status(struct nlmsghdr *nlh, const char *version,
			const struct lvs_stats *stats,
			const struct lvs_engine_stats *engine)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, LVS_CMD_ATTR_STATUS);

	mnl_attr_put_strz(nlh, LVS_STATUS_ATTR_VERSION, version);
	lvs_ctl_put_stats64(nlh, LVS_STATUS_ATTR_STATS64, stats);
	mnl_attr_put_u64(nlh, LVS_STATUS_ATTR_CONNS, engine->conns);
	mnl_attr_put_u64(nlh, LVS_STATUS_ATTR_PACKETS, engine->packets);
	mnl_attr_put_u64(nlh, LVS_STATUS_ATTR_PASSED, engine->passed);
	mnl_attr_put_u64(nlh, LVS_STATUS_ATTR_SENT, engine->sent);
	mnl_attr_put_u64(nlh, LVS_STATUS_ATTR_HELD, engine->held);
	put_counts(nlh, &drops, engine->dropped);
	mnl_attr_put_u64(nlh, LVS_STATUS_ATTR_CONN_LIMIT, engine->conn_limit);
	put_counts(nlh, &evictions, engine->evicted);
	mnl_attr_put_u64(nlh, LVS_STATUS_ATTR_FAST_FLOWS, engine->fast_flows);
	mnl_attr_put_u64(nlh, LVS_STATUS_ATTR_FAST_PACKETS,
			 engine->fast_packets);
	mnl_attr_nest_end(nlh, nest);
}

/* One of KIND into COUNTS; a name that is not known here is passed over. */
static int get_count(const struct nlattr *nest, const struct named_counts *kind,
		     uint64_t counts[])
{
	const struct nlattr *tb[LVS_DROP_ATTR_COUNT];
	int err =
		lvs_attr_parse_nest(nest, drop_rules, tb, LVS_DROP_ATTR_COUNT);

	if (err)
		return err;
	if (!tb[LVS_DROP_ATTR_NAME] || !tb[LVS_DROP_ATTR_PACKETS])
		return LVS_ERR_INVAL;
	for (unsigned i = 0; i < kind->num; i++) {
		if (strcmp(kind->name(i),
			   mnl_attr_get_str(tb[LVS_DROP_ATTR_NAME])) == 0)
			counts[i] = mnl_attr_get_u64(tb[LVS_DROP_ATTR_PACKETS]);
	}
	return 0;
}

static uint64_t u64_or_0(const struct nlattr *attr)
{
	return attr ? mnl_attr_get_u64(attr) : 0;
}

int lvs_ctl_get_status(const struct nlattr *nest, struct lvs_ctl_info *info)
{
	struct lvs_engine_stats engine = LVS_OPTS(struct lvs_engine_stats);
	const struct nlattr *tb[LVS_STATUS_ATTR_COUNT];
	const struct nlattr *attr;
	struct lvs_stats stats;
	int err = lvs_attr_parse_nest(nest, status_rules, tb,
				      LVS_STATUS_ATTR_COUNT);

	if (err)
		return err;
	if (!tb[LVS_STATUS_ATTR_VERSION] || !tb[LVS_STATUS_ATTR_STATS64])
		return LVS_ERR_INVAL;
	err = lvs_ctl_get_stats64(tb[LVS_STATUS_ATTR_STATS64], &stats);
	for (attr = lvs_attr_next(nest, NULL); !err && attr;
	     attr = lvs_attr_next(nest, attr)) {
		uint16_t type = mnl_attr_get_type(attr);

		if (type == drops.type)
			err = get_count(attr, &drops, engine.dropped);
		else if (type == evictions.type)
			err = get_count(attr, &evictions, engine.evicted);
	}
	if (err)
		return err;
	engine.conns = u64_or_0(tb[LVS_STATUS_ATTR_CONNS]);
	engine.packets = u64_or_0(tb[LVS_STATUS_ATTR_PACKETS]);
	engine.passed = u64_or_0(tb[LVS_STATUS_ATTR_PASSED]);
	engine.sent = u64_or_0(tb[LVS_STATUS_ATTR_SENT]);
	engine.held = u64_or_0(tb[LVS_STATUS_ATTR_HELD]);
	engine.conn_limit = u64_or_0(tb[LVS_STATUS_ATTR_CONN_LIMIT]);
	engine.fast_flows = u64_or_0(tb[LVS_STATUS_ATTR_FAST_FLOWS]);
	engine.fast_packets = u64_or_0(tb[LVS_STATUS_ATTR_FAST_PACKETS]);
	info->stats = stats;
	info->engine = engine;
	strcpy(info->daemon, mnl_attr_get_str(tb[LVS_STATUS_ATTR_VERSION]));
	return 0;
}
