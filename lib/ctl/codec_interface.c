/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * codec_interface.c - interfaces and the counters of their ports as attributes.
 */
#include "ctl/attr.h"
#include "ctl/codec.h"
#include <string.h>

static const struct lvs_attr_rule rules[LVS_INTERFACE_ATTR_COUNT] = {
	[LVS_INTERFACE_ATTR_NAME] =
		LVS_ATTR_STRING(sizeof(((struct lvs_ctl_interface *)0)->name)),
	[LVS_INTERFACE_ATTR_BACKEND] = LVS_ATTR_STRING(
		sizeof(((struct lvs_ctl_interface *)0)->backend)),
	[LVS_INTERFACE_ATTR_RX_PACKETS] = LVS_ATTR_U64,
	[LVS_INTERFACE_ATTR_RX_BYTES] = LVS_ATTR_U64,
	[LVS_INTERFACE_ATTR_RX_DROPPED] = LVS_ATTR_U64,
	[LVS_INTERFACE_ATTR_RX_ERRORS] = LVS_ATTR_U64,
	[LVS_INTERFACE_ATTR_TX_PACKETS] = LVS_ATTR_U64,
	[LVS_INTERFACE_ATTR_TX_BYTES] = LVS_ATTR_U64,
	[LVS_INTERFACE_ATTR_TX_DROPPED] = LVS_ATTR_U64,
	[LVS_INTERFACE_ATTR_TX_ERRORS] = LVS_ATTR_U64,
};

static const struct {
	uint16_t type;
	size_t at;
} counters[] = {
	{ LVS_INTERFACE_ATTR_RX_PACKETS,
	  offsetof(struct lvs_port_stats, rx_packets) },
	{ LVS_INTERFACE_ATTR_RX_BYTES,
	  offsetof(struct lvs_port_stats, rx_bytes) },
	{ LVS_INTERFACE_ATTR_RX_DROPPED,
	  offsetof(struct lvs_port_stats, rx_dropped) },
	{ LVS_INTERFACE_ATTR_RX_ERRORS,
	  offsetof(struct lvs_port_stats, rx_errors) },
	{ LVS_INTERFACE_ATTR_TX_PACKETS,
	  offsetof(struct lvs_port_stats, tx_packets) },
	{ LVS_INTERFACE_ATTR_TX_BYTES,
	  offsetof(struct lvs_port_stats, tx_bytes) },
	{ LVS_INTERFACE_ATTR_TX_DROPPED,
	  offsetof(struct lvs_port_stats, tx_dropped) },
	{ LVS_INTERFACE_ATTR_TX_ERRORS,
	  offsetof(struct lvs_port_stats, tx_errors) },
};

#define COUNTERS (sizeof(counters) / sizeof(*counters))

void lvs_ctl_put_interface(struct nlmsghdr *nlh,
			   const struct lvs_ctl_interface *ifc)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, LVS_CMD_ATTR_INTERFACE);

	lvs_ctl_put_name(nlh, LVS_INTERFACE_ATTR_NAME, ifc->name,
			 sizeof(ifc->name));
	lvs_ctl_put_name(nlh, LVS_INTERFACE_ATTR_BACKEND, ifc->backend,
			 sizeof(ifc->backend));
	for (size_t i = 0; i < COUNTERS; i++) {
		uint64_t n;

		memcpy(&n, (const char *)&ifc->stats + counters[i].at,
		       sizeof(n));
		mnl_attr_put_u64(nlh, counters[i].type, n);
	}
	mnl_attr_nest_end(nlh, nest);
}

int lvs_ctl_get_interface(const struct nlattr *nest,
			  struct lvs_ctl_interface *ifc)
{
	const struct nlattr *tb[LVS_INTERFACE_ATTR_COUNT];
	struct lvs_ctl_interface got = { .name = "" };
	int err =
		lvs_attr_parse_nest(nest, rules, tb, LVS_INTERFACE_ATTR_COUNT);

	if (err)
		return err;
	if (!tb[LVS_INTERFACE_ATTR_NAME] || !tb[LVS_INTERFACE_ATTR_BACKEND])
		return LVS_ERR_INVAL;
	strcpy(got.name, mnl_attr_get_str(tb[LVS_INTERFACE_ATTR_NAME]));
	strcpy(got.backend, mnl_attr_get_str(tb[LVS_INTERFACE_ATTR_BACKEND]));
	for (size_t i = 0; i < COUNTERS; i++) {
		const struct nlattr *attr = tb[counters[i].type];
		uint64_t n = attr ? mnl_attr_get_u64(attr) : 0;

		memcpy((char *)&got.stats + counters[i].at, &n, sizeof(n));
	}
	*ifc = got;
	return 0;
}
