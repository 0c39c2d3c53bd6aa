/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * codec.c - services and destinations: what goes into attributes comes out
 * again.
 */
#include "unit/ctl/message.h"

/* ---- services ------------------------------------------------------------ */

static const struct {
	const char *what, *addr;
	struct lvs_service_conf conf;
} services[] = {
	{ "IPv4, TCP",
	  "10.9.0.1",
	  { .id = { .port = 80, .protocol = IPPROTO_TCP },
	    .scheduler = "rr" } },
	{ "IPv6, UDP, everything",
	  "2001:db8::1",
	  { .id = { .port = 65535, .protocol = IPPROTO_UDP },
	    .scheduler = "012345678901234",
	    .pe = "012345678901234",
	    .flags = LVS_SVC_PERSISTENT | LVS_SVC_ONEPACKET,
	    .timeout = 2678400,
	    .plen = 64,
	    .table_size = 16777213,
	    .slow_start = 2678400 } },
	{ "IPv4, a network of clients",
	  "10.9.0.1",
	  { .id = { .port = 443, .protocol = IPPROTO_TCP },
	    .flags = LVS_SVC_PERSISTENT,
	    .plen = 24 } },
	{ "IPv4, a network of one bit",
	  "10.9.0.1",
	  { .id = { .port = 443, .protocol = IPPROTO_TCP }, .plen = 1 } },
	{ "IPv6, a network of one bit",
	  "2001:db8::1",
	  { .id = { .port = 443, .protocol = IPPROTO_TCP }, .plen = 1 } },
	{ "SCTP",
	  "10.9.0.1",
	  { .id = { .port = 1, .protocol = IPPROTO_SCTP } } },
	{ "by mark, IPv4",
	  NULL,
	  { .id = { .addr.family = AF_INET, .fwmark = 1 } } },
	{ "by mark, IPv6",
	  NULL,
	  { .id = { .addr.family = AF_INET6, .fwmark = UINT32_MAX } } },
};

static struct lvs_service_info service(size_t i)
{
	struct lvs_service_info info = { .conf = services[i].conf,
					 .num_dests = 3,
					 .stats = stats };

	info.conf.sz = sizeof(info.conf);
	if (services[i].addr)
		info.conf.id.addr = addr(services[i].addr);
	return info;
}

/* What an IPVS client cannot say stays, unless the scheduler is another. */
START_TEST(own_is_kept)
{
	struct lvs_service_info info = service(0);
	struct lvs_service_conf old = info.conf, conf = info.conf;

	old.table_size = 13;
	old.slow_start = 30;
	lvs_ctl_put_service_id(begin(), &conf.id);
	lvs_ctl_keep_own(nest(), &old, &conf);
	ck_assert_uint_eq(conf.table_size, 13);
	ck_assert_uint_eq(conf.slow_start, 30);

	conf = info.conf;
	strcpy(old.scheduler, "wlc");
	lvs_ctl_keep_own(nest(), &old, &conf);
	ck_assert_uint_eq(conf.table_size, 0);
	ck_assert_uint_eq(conf.slow_start, 0);

	old = info.conf;
	old.table_size = 13;
	old.slow_start = 30;
	lvs_ctl_put_service(begin(), &conf);
	lvs_ctl_keep_own(nest(), &old, &conf);
	ck_assert_uint_eq(conf.table_size, 0);
	ck_assert_uint_eq(conf.slow_start, 0);
}
END_TEST

START_TEST(service_there_and_back)
{
	for (size_t i = 0; i < COUNT(services); i++) {
		struct lvs_service_info info = service(i), got;
		struct lvs_service_conf conf;
		uint32_t mask;

		lvs_ctl_put_service_info(begin(), &info);
		ck_assert_msg(!lvs_ctl_get_service_info(nest(), &got), "%s",
			      services[i].what);
		ck_assert_msg(!memcmp(&got.conf, &info.conf, sizeof(got.conf)),
			      "%s: conf", services[i].what);
		ck_assert_uint_eq(got.num_dests, 3);
		same_stats(services[i].what, &got.stats);

		lvs_ctl_put_service(begin(), &info.conf);
		ck_assert_int_eq(lvs_ctl_get_service(nest(), LVS_CTL_FULL,
						     &conf, &mask),
				 0);
		ck_assert_msg(!memcmp(&conf, &info.conf, sizeof(conf)), "%s",
			      services[i].what);
		ck_assert_uint_eq(mask, UINT32_MAX);

		lvs_ctl_put_service_id(begin(), &info.conf.id);
		ck_assert_int_eq(lvs_ctl_get_service(nest(), LVS_CTL_ID, &conf,
						     NULL),
				 0);
		ck_assert_msg(!memcmp(&conf.id, &info.conf.id, sizeof(conf.id)),
			      "%s: id", services[i].what);
		ck_assert_int_eq(lvs_ctl_get_service(nest(), LVS_CTL_FULL,
						     &conf, NULL),
				 LVS_ERR_INVAL);
	}
}
END_TEST

/* What a kernel sends and takes for a mask, and what it is for us. */
static const struct {
	const char *what;
	uint16_t family;
	uint32_t wire;
	int error;
	uint32_t plen, holes;
} masks[] = {
	{ "255.255.255.255", AF_INET, 0xffffffff, 0, 0, 0 },
	{ "255.255.255.0", AF_INET, 0xffffff00, 0, 24, 0 },
	{ "128.0.0.0", AF_INET, 0x80000000, 0, 1, 0 },
	{ "0.0.0.0", AF_INET, 0, 0, 0, 0xffffffff },
	{ "0.0.0.24", AF_INET, 0x18, 0, 0, 0xffffffe7 },
	{ "255.0.255.0", AF_INET, 0xff00ff00, 0, 0, 0x00ff00ff },
	{ "all of IPv6", AF_INET6, 128, 0, 0, 0 },
	{ "half of IPv6", AF_INET6, 64, 0, 64, 0 },
	{ "nothing of IPv6", AF_INET6, 0, LVS_ERR_INVAL, 0, 0 },
	{ "more than IPv6 has", AF_INET6, 129, LVS_ERR_INVAL, 0, 0 },
};

static void put_masked(uint16_t family, uint32_t netmask)
{
	struct ip_vs_flags flags = { 0, UINT32_MAX };
	struct nlmsghdr *nlh = begin();
	struct nlattr *n = mnl_attr_nest_start(nlh, IPVS_CMD_ATTR_SERVICE);

	mnl_attr_put_u16(nlh, IPVS_SVC_ATTR_AF, family);
	mnl_attr_put_u32(nlh, IPVS_SVC_ATTR_FWMARK, 1);
	mnl_attr_put_strz(nlh, IPVS_SVC_ATTR_SCHED_NAME, "rr");
	mnl_attr_put(nlh, IPVS_SVC_ATTR_FLAGS, sizeof(flags), &flags);
	mnl_attr_put_u32(nlh, IPVS_SVC_ATTR_TIMEOUT, 0);
	mnl_attr_put_u32(nlh, IPVS_SVC_ATTR_NETMASK, netmask);
	mnl_attr_nest_end(nlh, n);
}

START_TEST(netmasks)
{
	for (size_t i = 0; i < COUNT(masks); i++) {
		bool v4 = masks[i].family == AF_INET;
		uint32_t wire = v4 ? htonl(masks[i].wire) : masks[i].wire;
		struct lvs_service_conf conf, again;
		int err;

		put_masked(masks[i].family, wire);
		err = lvs_ctl_get_service(nest(), LVS_CTL_FULL, &conf, NULL);
		ck_assert_msg(err == masks[i].error, "%s: %d", masks[i].what,
			      err);
		if (err)
			continue;
		ck_assert_msg(conf.plen == masks[i].plen &&
				      conf.holes_be == htonl(masks[i].holes),
			      "%s: %u 0x%x", masks[i].what, conf.plen,
			      conf.holes_be);
		lvs_ctl_put_service(begin(), &conf);
		ck_assert_int_eq(lvs_ctl_get_service(nest(), LVS_CTL_FULL,
						     &again, NULL),
				 0);
		ck_assert_msg(!memcmp(&conf, &again, sizeof(conf)), "%s",
			      masks[i].what);
	}
}
END_TEST

/* The flags a sender does not mean must not be set by it. */
START_TEST(flags_under_a_mask)
{
	struct ip_vs_flags flags = { LVS_SVC_PERSISTENT | LVS_SVC_SCHED1,
				     LVS_SVC_SCHED1 | LVS_SVC_SCHED2 };
	struct lvs_service_info info = service(0);
	struct lvs_service_conf conf;
	uint32_t mask;

	lvs_ctl_put_service(begin(), &info.conf);
	memcpy(payload(IPVS_SVC_ATTR_FLAGS), &flags, sizeof(flags));
	ck_assert_int_eq(lvs_ctl_get_service(nest(), LVS_CTL_FULL, &conf,
					     &mask),
			 0);
	ck_assert_uint_eq(conf.flags, LVS_SVC_SCHED1);
	ck_assert_uint_eq(mask, flags.mask);
}
END_TEST

/* 256 above TCP is not TCP. */
START_TEST(protocol_of_16_bits)
{
	struct lvs_service_info info = service(0);
	struct lvs_service_conf conf;
	uint16_t protocol = 256 + IPPROTO_TCP;

	lvs_ctl_put_service(begin(), &info.conf);
	memcpy(payload(IPVS_SVC_ATTR_PROTOCOL), &protocol, sizeof(protocol));
	ck_assert_int_eq(lvs_ctl_get_service(nest(), LVS_CTL_ID, &conf, NULL),
			 LVS_ERR_INVAL);
}
END_TEST

/* ---- destinations -------------------------------------------------------- */

static const struct {
	const char *what, *addr;
	struct lvs_dest_conf conf;
} dests[] = {
	{ "IPv4, NAT",
	  "172.16.0.11",
	  { .id.port = 80, .method = LVS_METHOD_NAT, .weight = 1 } },
	{ "IPv6, DR",
	  "fd00::1",
	  { .id.port = 65535,
	    .method = LVS_METHOD_DR,
	    .weight = INT32_MAX,
	    .u_threshold = INT32_MAX,
	    .l_threshold = 1 } },
	{ "a tunnel",
	  "172.16.0.11",
	  { .method = LVS_METHOD_TUN,
	    .tun_type = LVS_TUN_GUE,
	    .tun_flags = LVS_TUN_REMCSUM,
	    .tun_port = 6080 } },
	{ "a weight below 0 is for the director to refuse",
	  "172.16.0.11",
	  { .weight = -5 } },
};

START_TEST(dest_there_and_back)
{
	for (size_t i = 0; i < COUNT(dests); i++) {
		struct lvs_dest_info info = { .conf = dests[i].conf,
					      .active = 1,
					      .inact = 2,
					      .persist = 3,
					      .stats = stats };
		struct lvs_dest_info got;
		struct lvs_dest_conf conf;

		info.conf.sz = sizeof(info.conf);
		info.conf.id.addr = addr(dests[i].addr);
		lvs_ctl_put_dest_info(begin(), &info);
		ck_assert_msg(!lvs_ctl_get_dest_info(nest(), AF_UNSPEC, &got),
			      "%s", dests[i].what);
		ck_assert_msg(!memcmp(&got.conf, &info.conf, sizeof(got.conf)),
			      "%s: conf", dests[i].what);
		ck_assert_uint_eq(got.active, 1);
		ck_assert_uint_eq(got.inact, 2);
		ck_assert_uint_eq(got.persist, 3);
		same_stats(dests[i].what, &got.stats);

		lvs_ctl_put_dest_id(begin(), &info.conf.id);
		ck_assert_int_eq(lvs_ctl_get_dest(nest(), LVS_CTL_ID, AF_UNSPEC,
						  &conf),
				 0);
		ck_assert_msg(!memcmp(&conf.id, &info.conf.id, sizeof(conf.id)),
			      "%s: id", dests[i].what);
		ck_assert_int_eq(lvs_ctl_get_dest(nest(), LVS_CTL_FULL,
						  AF_UNSPEC, &conf),
				 LVS_ERR_INVAL);
	}
}
END_TEST

/* Other bits of a connection's flags may come with the method. */
START_TEST(method_among_flags)
{
	uint32_t method = IP_VS_CONN_F_NOOUTPUT | IP_VS_CONN_F_DROUTE |
			  IP_VS_CONN_F_INACTIVE | 0x8;
	struct lvs_dest_conf conf = LVS_OPTS(struct lvs_dest_conf);

	conf.id.addr = addr("10.0.0.1");
	lvs_ctl_put_dest(begin(), &conf);
	memcpy(payload(IPVS_DEST_ATTR_FWD_METHOD), &method, sizeof(method));
	ck_assert_int_eq(lvs_ctl_get_dest(nest(), LVS_CTL_FULL, AF_INET, &conf),
			 0);
	ck_assert_uint_eq(conf.method, LVS_METHOD_DR);
}
END_TEST

static void put_dest(size_t addr_len, int family)
{
	static const uint8_t bytes[16] = { 192, 0, 2, 1 };
	struct nlmsghdr *nlh = begin();
	struct nlattr *n = mnl_attr_nest_start(nlh, IPVS_CMD_ATTR_DEST);

	mnl_attr_put(nlh, IPVS_DEST_ATTR_ADDR, addr_len, bytes);
	mnl_attr_put_u16(nlh, IPVS_DEST_ATTR_PORT, htons(80));
	if (family >= 0)
		mnl_attr_put_u16(nlh, IPVS_DEST_ATTR_ADDR_FAMILY,
				 (uint16_t)family);
	mnl_attr_nest_end(nlh, n);
}

static const struct {
	const char *what;
	size_t addr_len;
	int family; /* -1: none in the message */
	uint16_t service;
	int error;
} families[] = {
	{ "IPv4 in four bytes", 4, AF_INET, AF_INET, 0 },
	{ "IPv4 in sixteen", 16, AF_INET, AF_INET6, 0 },
	{ "the service's family if none is given", 4, -1, AF_INET, 0 },
	{ "and for IPv6", 16, -1, AF_INET6, 0 },
	{ "IPv6 in four bytes", 4, AF_INET6, AF_INET6, LVS_ERR_INVAL },
	{ "the service's family, and too short", 4, -1, AF_INET6,
	  LVS_ERR_INVAL },
	{ "three bytes", 3, AF_INET, AF_INET, LVS_ERR_RANGE },
	{ "a family that is none of ours", 16, AF_UNIX, AF_INET,
	  LVS_ERR_AFNOSUPPORT },
};

START_TEST(dest_families)
{
	for (size_t i = 0; i < COUNT(families); i++) {
		struct lvs_dest_conf conf;
		int err;

		put_dest(families[i].addr_len, families[i].family);
		err = lvs_ctl_get_dest(nest(), LVS_CTL_ID, families[i].service,
				       &conf);
		ck_assert_msg(err == families[i].error, "%s: %d",
			      families[i].what, err);
	}
}
END_TEST

LVS_TEST_MAIN("ctl/codec", service_there_and_back, own_is_kept, netmasks,
	      flags_under_a_mask, protocol_of_16_bits, method_among_flags,
	      dest_there_and_back, dest_families)
