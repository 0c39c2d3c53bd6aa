/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * codec_other.c - connections, synchronisation, status, counters: what goes
 * into attributes comes out again; and any message, missing parts or cut off,
 * is refused.
 */
#include "unit/ctl/message.h"

/* Member by member: what lies between members says nothing. */
static void same_conn(const struct lvs_conn_info *a,
		      const struct lvs_conn_info *b)
{
	ck_assert(lvs_addr_equal(&a->client, &b->client));
	ck_assert(lvs_addr_equal(&a->virt, &b->virt));
	ck_assert(lvs_addr_equal(&a->dest, &b->dest));
	ck_assert_uint_eq(a->client_port, b->client_port);
	ck_assert_uint_eq(a->virt_port, b->virt_port);
	ck_assert_uint_eq(a->dest_port, b->dest_port);
	ck_assert_uint_eq(a->protocol, b->protocol);
	ck_assert_uint_eq(a->method, b->method);
	ck_assert(a->persist_template == b->persist_template);
	ck_assert_str_eq(a->state, b->state);
	ck_assert_uint_eq(a->expires, b->expires);
	ck_assert_uint_eq(a->flags, b->flags);
}

static void same_sync(const struct lvs_sync_conf *a,
		      const struct lvs_sync_conf *b)
{
	ck_assert_uint_eq(a->sz, b->sz);
	ck_assert_uint_eq(a->role, b->role);
	ck_assert_uint_eq(a->id, b->id);
	ck_assert_str_eq(a->link, b->link);
	ck_assert(lvs_addr_equal(&a->group, &b->group));
	ck_assert_uint_eq(a->port, b->port);
	ck_assert_uint_eq(a->max_len, b->max_len);
	ck_assert_uint_eq(a->ttl, b->ttl);
}

START_TEST(conn_there_and_back)
{
	struct lvs_conn_info conns[2] = {
		{ .client = addr("10.0.0.1"),
		  .virt = addr("10.9.0.1"),
		  .dest = addr("172.16.0.1"),
		  .client_port = 1,
		  .virt_port = 2,
		  .dest_port = 3,
		  .protocol = IPPROTO_TCP,
		  .method = LVS_METHOD_TUN,
		  .persist_template = true,
		  .state = "ESTABLISHED",
		  .expires = 899,
		  .flags = 0x100 },
		{ .client = addr("2001:db8::1"),
		  .virt = addr("fd00::1"),
		  .dest = addr("172.16.0.1"),
		  .state = "" },
	};

	for (size_t i = 0; i < COUNT(conns); i++) {
		struct lvs_conn_info got;

		lvs_ctl_put_conn(begin(), &conns[i]);
		ck_assert_int_eq(lvs_ctl_get_conn(nest(), &got), 0);
		same_conn(&got, &conns[i]);
	}
}
END_TEST

START_TEST(sync_there_and_back)
{
	struct lvs_sync_conf confs[3] = {
		{ .role = LVS_SYNC_MASTER,
		  .id = 255,
		  .link = "012345678901234",
		  .group = addr("224.0.0.81"),
		  .port = 8848,
		  .max_len = 1472,
		  .ttl = 1 },
		{ .role = LVS_SYNC_BACKUP, .group = addr("ff02::81") },
		{ .role = LVS_SYNC_BACKUP },
	};

	for (size_t i = 0; i < COUNT(confs); i++) {
		struct lvs_sync_conf got;

		confs[i].sz = sizeof(confs[i]);
		lvs_ctl_put_sync(begin(), &confs[i]);
		ck_assert_int_eq(lvs_ctl_get_sync(nest(), &got), 0);
		same_sync(&got, &confs[i]);
	}
}
END_TEST

START_TEST(status_there_and_back)
{
	struct lvs_engine_stats engine = LVS_OPTS(struct lvs_engine_stats);
	struct lvs_ctl_info info = LVS_OPTS(struct lvs_ctl_info);

	engine.conns = 1;
	engine.packets = 2;
	engine.passed = 3;
	engine.sent = 4;
	engine.held = 5;
	engine.conn_limit = 6;
	engine.fast_flows = 7;
	engine.fast_packets = 8;
	for (unsigned i = 0; i < LVS_EVICT_COUNT; i++)
		engine.evicted[i] = 50 + i;
	for (unsigned r = 0; r < LVS_REASON_COUNT; r++)
		engine.dropped[r] = 100 + r;
	lvs_ctl_put_status(begin(), "1.2.3", &stats, &engine);
	ck_assert_int_eq(lvs_ctl_get_status(nest(), &info), 0);
	ck_assert_str_eq(info.daemon, "1.2.3");
	ck_assert(!memcmp(&info.engine, &engine, sizeof(engine)));
	same_stats("status", &info.stats);
}
END_TEST

/* It ends before the counts of the fast path, which are nothing then. */
START_TEST(status_of_an_older_server)
{
	struct lvs_engine_stats engine = LVS_OPTS(struct lvs_engine_stats);
	struct lvs_ctl_info info = LVS_OPTS(struct lvs_ctl_info);
	union {
		struct nlattr nest;
		char bytes[LVS_CTL_OBJECT_MAX];
	} older;

	engine.conns = 1;
	engine.fast_flows = 7;
	engine.fast_packets = 8;
	lvs_ctl_put_status(begin(), "1.2.3", &stats, &engine);
	memcpy(older.bytes, nest(), nest()->nla_len);
	older.nest.nla_len -= (uint16_t)(2 * (4 + sizeof(uint64_t)));
	ck_assert_int_eq(lvs_ctl_get_status(&older.nest, &info), 0);
	ck_assert_uint_eq(info.engine.conns, 1);
	ck_assert_uint_eq(info.engine.fast_flows, 0);
	ck_assert_uint_eq(info.engine.fast_packets, 0);
}
END_TEST

START_TEST(interface_there_and_back)
{
	/* Both names as long as they may be. */
	struct lvs_ctl_interface ifc = {
		.name = "012345678901234",
		.backend = "abcdefghijklmno",
		.stats = { 1, 2, 3, 4, 5, 6, 7, UINT64_MAX },
	};
	struct lvs_ctl_interface got;

	lvs_ctl_put_interface(begin(), &ifc);
	ck_assert_int_eq(lvs_ctl_get_interface(nest(), &got), 0);
	ck_assert_str_eq(got.name, ifc.name);
	ck_assert_str_eq(got.backend, ifc.backend);
	ck_assert_mem_eq(&got.stats, &ifc.stats, sizeof(got.stats));
	/* Names without end are refused where they arrive. */
	memset(ifc.name, 'x', sizeof(ifc.name));
	lvs_ctl_put_interface(begin(), &ifc);
	ck_assert_int_eq(lvs_ctl_get_interface(nest(), &got), LVS_ERR_INVAL);
}
END_TEST

START_TEST(mark_there_and_back)
{
	struct lvs_mark_rule rule = {
		.addr = addr("fd00::"),
		.mark = UINT32_MAX,
		.port_min = 1,
		.port_max = UINT16_MAX,
		.plen = 64,
		.protocol = IPPROTO_SCTP,
	};
	struct lvs_mark_rule got;

	lvs_ctl_put_mark(begin(), &rule);
	ck_assert_int_eq(lvs_ctl_get_mark(nest(), &got), 0);
	ck_assert_mem_eq(&got, &rule, sizeof(got));
	rule.addr.family = AF_UNIX;
	lvs_ctl_put_mark(begin(), &rule);
	ck_assert_int_eq(lvs_ctl_get_mark(nest(), &got), LVS_ERR_INVAL);
}
END_TEST

/* Counters of 32 bits wrap; the message has room for no more. */
START_TEST(stats_of_32_bits)
{
	struct lvs_stats big = stats, got;

	big.inpkts = (UINT64_C(1) << 32) + 2;
	lvs_ctl_put_stats(begin(), IPVS_SVC_ATTR_STATS, &big);
	ck_assert_int_eq(lvs_ctl_get_stats(nest(), &got), 0);
	same_stats("wrapped", &got);
	ck_assert_int_eq(lvs_ctl_get_stats64(nest(), &got), LVS_ERR_RANGE);
	lvs_ctl_put_stats64(begin(), IPVS_SVC_ATTR_STATS64, &big);
	ck_assert_int_eq(lvs_ctl_get_stats64(nest(), &got), 0);
	ck_assert(!memcmp(&got, &big, sizeof(got)));
}
END_TEST

static int get_any(int which, const struct nlattr *n)
{
	struct lvs_service_info svc;
	struct lvs_dest_info dest;
	struct lvs_conn_info conn;
	struct lvs_sync_conf sync;
	struct lvs_ctl_interface ifc;
	struct lvs_mark_rule rule;
	struct lvs_ctl_info info;

	switch (which) {
	case 0:
		return lvs_ctl_get_service_info(n, &svc);
	case 1:
		return lvs_ctl_get_dest_info(n, AF_INET, &dest);
	case 2:
		return lvs_ctl_get_conn(n, &conn);
	case 3:
		return lvs_ctl_get_sync(n, &sync);
	case 4:
		return lvs_ctl_get_interface(n, &ifc);
	case 5:
		return lvs_ctl_get_mark(n, &rule);
	default:
		return lvs_ctl_get_status(n, &info);
	}
}

static void put_any(int which)
{
	struct lvs_service_info svc = {
		.conf = { .id = { .addr = addr("fd00::1"),
				  .port = 80,
				  .protocol = IPPROTO_TCP },
			  .scheduler = "wrr",
			  .pe = "sip",
			  .flags = LVS_SVC_PERSISTENT,
			  .timeout = 300,
			  .plen = 64 },
	};
	struct lvs_dest_info dest = { .conf.id.addr = addr("fd00::1") };
	struct lvs_conn_info conn = { .client = addr("10.0.0.1"),
				      .virt = addr("10.0.0.1"),
				      .dest = addr("fd00::1"),
				      .state = "NONE" };
	struct lvs_sync_conf sync = { .role = 1, .group = addr("ff02::1") };
	struct lvs_ctl_interface ifc = { .name = "eth0", .backend = "raw" };
	struct lvs_mark_rule rule = { .addr = addr("fd00::"), .mark = 1 };
	struct lvs_engine_stats engine = { .evicted = { 1 },
					   .dropped = { 1, 1 } };

	switch (which) {
	case 0:
		lvs_ctl_put_service_info(begin(), &svc);
		break;
	case 1:
		lvs_ctl_put_dest_info(begin(), &dest);
		break;
	case 2:
		lvs_ctl_put_conn(begin(), &conn);
		break;
	case 3:
		lvs_ctl_put_sync(begin(), &sync);
		break;
	case 4:
		lvs_ctl_put_interface(begin(), &ifc);
		break;
	case 5:
		lvs_ctl_put_mark(begin(), &rule);
		break;
	default:
		lvs_ctl_put_status(begin(), "1", &stats, &engine);
	}
}

/*
 * Cut anywhere, and with each byte changed: never read beyond the nest (which
 * is alone in its memory for a sanitizer to see), and cut it is an error.
 */
START_TEST(damaged)
{
	for (int which = 0; which < 7; which++) {
		uint16_t len;

		put_any(which);
		len = nest()->nla_len;
		ck_assert_int_eq(get_any(which, nest()), 0);
		for (uint16_t cut = 4; cut <= len; cut++) {
			struct nlattr *copy = malloc(cut);

			memcpy(copy, nest(), cut);
			copy->nla_len = cut;
			get_any(which, copy);
			free(copy);
		}
		for (uint16_t at = 4; at < len; at++) {
			struct nlattr *copy = malloc(len);

			memcpy(copy, nest(), len);
			((uint8_t *)copy)[at] ^= 0xff;
			get_any(which, copy);
			((uint8_t *)copy)[at] ^= 0xfe;
			get_any(which, copy);
			free(copy);
		}
	}
}
END_TEST

LVS_TEST_MAIN("ctl/codec_other", conn_there_and_back, sync_there_and_back,
	      status_there_and_back, status_of_an_older_server,
	      interface_there_and_back, mark_there_and_back, stats_of_32_bits,
	      damaged)
