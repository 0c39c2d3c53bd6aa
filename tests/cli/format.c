/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * format.c - listings of lvsadm, line by line.
 *
 * Expected lines are ipvsadm 1.31's for the same numbers: recorded with a
 * kernel (tests/golden/text), or printed by it for numbers that were handed to
 * it in a kernel's place.
 */
#include "check.h"

#include "format.h"
#include "sort.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static char *text;
static size_t text_len;
static FILE *real_stdout;

/* What is printed from here on is in `text` after captured(). */
static void capture(void)
{
	real_stdout = stdout;
	stdout = open_memstream(&text, &text_len);
}

static const char *captured(void)
{
	fclose(stdout);
	stdout = real_stdout;
	return text;
}

static void same(const char *what, const char *wanted)
{
	const char *got = captured();

	ck_assert_msg(strcmp(got, wanted) == 0, "%s\nwanted %s\ngot    %s",
		      what, wanted, got);
	free(text);
}

/* The same for what is behind the first line, the service's. */
static void same_end(const char *what, const char *wanted)
{
	const char *got = strchr(captured(), '\n') + 1;

	ck_assert_msg(strcmp(got, wanted) == 0, "%s\nwanted %s\ngot    %s",
		      what, wanted, got);
	free(text);
}

static struct lvs_service_info service(const char *at, uint8_t protocol)
{
	struct lvs_service_info svc = { .num_dests = 0 };

	svc.conf.id.protocol = protocol;
	ck_assert_int_eq(lvs_endpoint_parse(at, &svc.conf.id.addr,
					    &svc.conf.id.port),
			 0);
	strcpy(svc.conf.scheduler, "rr");
	return svc;
}

static struct lvs_dest_info dest(const char *at)
{
	struct lvs_dest_info d = { .active = 0 };

	ck_assert_int_eq(lvs_endpoint_parse(at, &d.conf.id.addr,
					    &d.conf.id.port),
			 0);
	return d;
}

/* ---- numbers ------------------------------------------------------------- */

static const struct {
	const char *what;
	enum columns columns;
	bool exact;
	uint64_t n[5];
	const char *service, *dest;
} numbers[] = {
	{ "nothing",
	  COLUMNS_STATS,
	  false,
	  { 0, 0, 0, 0, 0 },
	  "TCP  1.2.3.4:80                          0        0        0"
	  "        0        0\n",
	  "  -> 10.0.0.0:80                         0        0        0"
	  "        0        0\n" },
	{ "where each unit begins",
	  COLUMNS_STATS,
	  false,
	  { 99999999, 100000000, 999999999, 99999999999, 100000000000 },
	  "TCP  1.2.3.4:80                   99999999  100000K  999999K"
	  "   99999M     100G\n",
	  "  -> 10.0.0.0:80                  99999999  100000K  999999K"
	  "   99999M     100G\n" },
	{ "where the largest begins",
	  COLUMNS_STATS,
	  false,
	  { 1, 2, 4294967295, 99999999999999, 100000000000000 },
	  "TCP  1.2.3.4:80                          1        2    4294M"
	  "   99999G     100T\n",
	  "  -> 10.0.0.0:80                         1        2    4294M"
	  "   99999G     100T\n" },
	{ "more than there is room for",
	  COLUMNS_STATS,
	  false,
	  { 1000000000, 0, 1215752191, 4294967291805032704,
	    18446744070414584320u },
	  "TCP  1.2.3.4:80                      1000M        0    1215M"
	  " 4294967T18446744T\n",
	  "  -> 10.0.0.0:80                     1000M        0    1215M"
	  " 4294967T18446744T\n" },
	{ "in full",
	  COLUMNS_STATS,
	  true,
	  { 99999999, 100000000, 999999999, 99999999999,
	    18446744070414584320u },
	  "TCP  1.2.3.4:80                   99999999 100000000 999999999"
	  " 99999999999 18446744070414584320\n",
	  "  -> 10.0.0.0:80                  99999999 100000000 999999999"
	  " 99999999999 18446744070414584320\n" },
	{ "rates of a destination: only bytes have units",
	  COLUMNS_RATE,
	  false,
	  { 100000000, 999999999, 1000000000, 999999999, 33554442 },
	  "TCP  1.2.3.4:80                    100000K  999999K    1000M"
	  "  999999K 33554442\n",
	  "  -> 10.0.0.0:80                  100000000 999999999 1000000000"
	  "  999999K 33554442\n" },
	{ "rates in full",
	  COLUMNS_RATE,
	  true,
	  { 4294967295, 4294967295, 4294967295, 4294967295, 4294967295 },
	  "TCP  1.2.3.4:80                   4294967295 4294967295 4294967295"
	  " 4294967295 4294967295\n",
	  "  -> 10.0.0.0:80                  4294967295 4294967295 4294967295"
	  " 4294967295 4294967295\n" },
};

START_TEST(large_numbers)
{
	for (size_t i = 0; i < COUNT(numbers); i++) {
		const uint64_t *n = numbers[i].n;
		const struct lvs_stats stats = {
			n[0], n[1], n[2], n[3], n[4],
			n[0], n[1], n[2], n[3], n[4],
		};
		struct view view = { .columns = numbers[i].columns,
				     .numeric = true,
				     .exact = numbers[i].exact };
		struct lvs_service_info svc =
			service("1.2.3.4:80", IPPROTO_TCP);
		struct lvs_dest_info d = dest("10.0.0.0:80");

		svc.stats = stats;
		d.stats = stats;
		capture();
		format_text.service(&view, &svc, NULL, 0);
		same(numbers[i].what, numbers[i].service);
		capture();
		format_text.service(&view, &svc, &d, 1);
		same_end(numbers[i].what, numbers[i].dest);
	}
}
END_TEST

static const struct {
	const char *what;
	enum columns columns;
	const char *at;
	struct lvs_dest_info info;
	const char *line;
} dests[] = {
	{ "the largest values",
	  COLUMNS_PLAIN,
	  "8.0.0.0:256",
	  { .conf = { .method = LVS_METHOD_LOCAL, .weight = INT32_MAX },
	    .active = UINT32_MAX,
	    .inact = UINT32_MAX },
	  "  -> 8.0.0.0:256                  Local   2147483647 4294967295"
	  " 4294967295\n" },
	{ "IPv6 in its column",
	  COLUMNS_PLAIN,
	  "[fd00:16::11]:80",
	  { .conf = { .weight = 1 }, .active = 1 },
	  "  -> [fd00:16::11]:80             Masq    1      1          0"
	  "         \n" },
	{ "IPv6 beyond its column is not cut",
	  COLUMNS_PLAIN,
	  "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:1]:65535",
	  { .conf = { .method = LVS_METHOD_DR } },
	  "  -> [2001:db8:aaaa:bbbb:cccc:dddd:eeee:1]:65535 Route   0      0"
	  "          0         \n" },
	{ "thresholds",
	  COLUMNS_THRESHOLDS,
	  "10.0.0.0:80",
	  { .conf = { .u_threshold = 1000000000, .l_threshold = 3 },
	    .active = 12,
	    .inact = 3456 },
	  "  -> 10.0.0.0:80                  1000000000 3          12"
	  "         3456      \n" },
	{ "templates",
	  COLUMNS_PERSISTENT,
	  "10.0.0.0:80",
	  { .conf.weight = 200, .persist = 78, .active = 12, .inact = 3456 },
	  "  -> 10.0.0.0:80                  200       78          12"
	  "         3456      \n" },
	{ "no tunnel",
	  COLUMNS_TUNNEL,
	  "10.0.0.0:80",
	  { .conf.weight = 3 },
	  "  -> 10.0.0.0:80                  Masq    n/a           3      0"
	  "          0         \n" },
	{ "ipip",
	  COLUMNS_TUNNEL,
	  "10.0.0.0:80",
	  { .conf = { .method = LVS_METHOD_TUN, .weight = 1 } },
	  "  -> 10.0.0.0:80                  Tunnel  ipip          1      0"
	  "          0         \n" },
	{ "gue",
	  COLUMNS_TUNNEL,
	  "10.0.0.0:80",
	  { .conf = { .method = LVS_METHOD_TUN,
		      .tun_type = LVS_TUN_GUE,
		      .tun_port = 65535,
		      .tun_flags = LVS_TUN_REMCSUM } },
	  "  -> 10.0.0.0:80                  Tunnel  gue:65535:r+c 0      0"
	  "          0         \n" },
	{ "gre",
	  COLUMNS_TUNNEL,
	  "10.0.0.0:80",
	  { .conf = { .method = LVS_METHOD_TUN,
		      .tun_type = LVS_TUN_GRE,
		      .tun_flags = LVS_TUN_CSUM } },
	  "  -> 10.0.0.0:80                  Tunnel  gre:+c        0      0"
	  "          0         \n" },
};

START_TEST(destinations)
{
	struct lvs_service_info svc = service("1.2.3.4:80", IPPROTO_TCP);

	for (size_t i = 0; i < COUNT(dests); i++) {
		struct view view = { .columns = dests[i].columns,
				     .numeric = true };
		struct lvs_dest_info d = dests[i].info;

		d.conf.id = dest(dests[i].at).conf.id;
		capture();
		format_text.service(&view, &svc, &d, 1);
		same_end(dests[i].what, dests[i].line);
	}
}
END_TEST

/* ---- services ------------------------------------------------------------ */

static const struct {
	const char *what, *at;
	uint32_t mark;
	uint8_t protocol;
	struct lvs_service_conf conf;
	const char *line, *saved;
} services[] = {
	{ "everything, IPv4",
	  "10.9.0.1:53",
	  0,
	  IPPROTO_UDP,
	  { .scheduler = "sh",
	    .pe = "sip",
	    .timeout = 300,
	    .plen = 24,
	    .flags = LVS_SVC_PERSISTENT | LVS_SVC_ONEPACKET | LVS_SVC_SCHED1 |
		     LVS_SVC_SCHED2 },
	  "UDP  10.9.0.1:53 sh (sh-fallback,sh-port) persistent 300 mask"
	  " 255.255.255.0 pe sip ops\n",
	  "-A -u 10.9.0.1:53 -s sh -p 300 -M 255.255.255.0 --pe sip -o"
	  " -b sh-fallback,sh-port\n" },
	{ "everything, IPv6",
	  "[fd00:9::1]:443",
	  0,
	  IPPROTO_TCP,
	  { .scheduler = "mh",
	    .timeout = 60,
	    .plen = 64,
	    .flags = LVS_SVC_PERSISTENT | LVS_SVC_SCHED2 },
	  "TCP  [fd00:9::1]:443 mh (mh-port) persistent 60 mask 64\n",
	  "-A -t [fd00:9::1]:443 -s mh -p 60 -M 64 -b mh-port\n" },
	{ "flags without a name",
	  "10.9.0.1:80",
	  0,
	  IPPROTO_SCTP,
	  { .scheduler = "rr",
	    .flags = LVS_SVC_SCHED1 | LVS_SVC_SCHED2 | LVS_SVC_SCHED3 },
	  "SCTP 10.9.0.1:80 rr (flag-1,flag-2,flag-3)\n",
	  "-A --sctp-service 10.9.0.1:80 -s rr -b flag-1,flag-2,flag-3\n" },
	{ "a mask of nothing",
	  "10.9.0.1:80",
	  0,
	  IPPROTO_TCP,
	  { .scheduler = "rr",
	    .timeout = 1,
	    .holes_be = UINT32_MAX,
	    .flags = LVS_SVC_PERSISTENT },
	  "TCP  10.9.0.1:80 rr persistent 1 mask 0.0.0.0\n",
	  "-A -t 10.9.0.1:80 -s rr -p 1 -M 0.0.0.0\n" },
	{ "a mask without persistence is not told",
	  "10.9.0.1:80",
	  0,
	  IPPROTO_TCP,
	  { .scheduler = "rr", .plen = 8 },
	  "TCP  10.9.0.1:80 rr\n",
	  "-A -t 10.9.0.1:80 -s rr\n" },
	{ "what ipvsadm has not is saved only",
	  "10.9.0.1:80",
	  0,
	  IPPROTO_TCP,
	  { .scheduler = "wlc", .table_size = 13, .slow_start = 30 },
	  "TCP  10.9.0.1:80 wlc\n",
	  "-A -t 10.9.0.1:80 -s wlc --table-size 13 --slow-start 30\n" },
	{ "by mark",
	  "0.0.0.0",
	  7,
	  0,
	  { .scheduler = "wlc" },
	  "FWM  7 wlc\n",
	  "-A -f 7 -s wlc\n" },
	{ "by mark, IPv6",
	  "::",
	  7,
	  0,
	  { .scheduler = "wlc" },
	  "FWM  7 IPv6 wlc\n",
	  "-A -f 7 -6 -s wlc\n" },
};

START_TEST(services_and_saved)
{
	const struct view view = { .numeric = true };

	for (size_t i = 0; i < COUNT(services); i++) {
		struct lvs_service_info svc =
			service(services[i].at, services[i].protocol);
		struct lvs_service_id id = svc.conf.id;

		svc.conf = services[i].conf;
		svc.conf.id = id;
		svc.conf.id.fwmark = services[i].mark;
		capture();
		format_text.service(&view, &svc, NULL, 0);
		same(services[i].what, services[i].line);
		capture();
		format_save.service(&view, &svc, NULL, 0);
		same(services[i].what, services[i].saved);
	}
}
END_TEST

/* ---- connections --------------------------------------------------------- */

static const struct {
	const char *what, *client, *virt, *dest, *state;
	uint8_t protocol;
	uint32_t expires;
	const char *line;
} conns[] = {
	{ "TCP", "10.0.1.1:51000", "10.9.0.1:443", "172.16.0.12:443",
	  "ESTABLISHED", IPPROTO_TCP, 893,
	  "TCP 14:53  ESTABLISHED 10.0.1.1:51000     10.9.0.1:443      "
	  " 172.16.0.12:443\n" },
	{ "IPv6", "[fd00:c:1::1]:56000", "[fd00:9::1]:80", "[fd00:16::11]:80",
	  "ESTABLISHED", IPPROTO_TCP, 893,
	  "TCP 14:53  ESTABLISHED [fd00:c:1::1]:56000 [fd00:9::1]:80    "
	  " [fd00:16::11]:80\n" },
	{ "a template of a mark", "10.0.1.5", "0.0.0.1", "172.16.0.13",
	  "ASSURED", 0, 93,
	  "IP  01:33  ASSURED     10.0.1.5:0         0.0.0.1:0         "
	  " 172.16.0.13:0\n" },
	{ "hours are minutes", "10.0.1.2", "10.9.0.1:443", "172.16.0.11:443",
	  "ASSURED", IPPROTO_TCP, 60292,
	  "TCP 1004:52 ASSURED     10.0.1.2:0         10.9.0.1:443      "
	  " 172.16.0.11:443\n" },
};

START_TEST(connections)
{
	const struct view view = { .numeric = true };

	for (size_t i = 0; i < COUNT(conns); i++) {
		struct lvs_conn_info c = { .state = conns[i].state,
					   .protocol = conns[i].protocol,
					   .expires = conns[i].expires };

		lvs_endpoint_parse(conns[i].client, &c.client, &c.client_port);
		lvs_endpoint_parse(conns[i].virt, &c.virt, &c.virt_port);
		lvs_endpoint_parse(conns[i].dest, &c.dest, &c.dest_port);
		capture();
		format_text.conn(&view, &c);
		same(conns[i].what, conns[i].line);
	}
}
END_TEST

/* daemon.jsonl of the recordings. */
START_TEST(synchronisation)
{
	struct lvs_sync_conf sync[2] = {
		{ .role = LVS_SYNC_MASTER,
		  .link = "c1",
		  .id = 7,
		  .max_len = 1472,
		  .port = 8848,
		  .ttl = 1 },
		{ .role = LVS_SYNC_BACKUP, .link = "br0", .id = 9 },
	};

	lvs_addr_parse("224.0.0.81", &sync[0].group);
	capture();
	format_text.sync(sync, 2);
	same("two daemons", "master sync daemon (mcast=c1, syncid=7,"
			    " maxlen=1472, group=224.0.0.81, port=8848,"
			    " ttl=1)\n"
			    "backup sync daemon (mcast=br0, syncid=9)\n");
}
END_TEST

START_TEST(status)
{
	const struct view view = { .numeric = true };
	struct lvs_mark_rule marks[] = {
		{ .mark = 7, .plen = 32, .protocol = IPPROTO_TCP },
		{ .mark = UINT32_MAX,
		  .plen = 8,
		  .protocol = IPPROTO_SCTP,
		  .port_min = 1,
		  .port_max = 65535 },
		{ .mark = 8, .plen = 128, .protocol = IPPROTO_UDP },
		{ .mark = 8,
		  .plen = 64,
		  .protocol = IPPROTO_UDP,
		  .port_min = 53,
		  .port_max = 53 },
	};
	struct daemon_status s = { .info = LVS_OPTS(struct lvs_ctl_info) };

	strcpy(s.info.daemon, "0.1");
	s.info.engine.conns = 1;
	s.info.engine.conn_limit = 20;
	s.info.engine.packets = 2;
	s.info.engine.sent = 3;
	s.info.engine.passed = 4;
	s.info.engine.held = 5;
	s.info.engine.fast_packets = 123456789012;
	s.info.engine.fast_flows = 6;
	capture();
	format_text.status(&view, &s);
	same("no interface, nothing dropped, no rule",
	     "lvsd 0.1\n"
	     "Connections              1  of at most 20\n"
	     "Packets                  2\n"
	     "  sent                   3\n"
	     "  passed                 4  left to this host\n"
	     "  held                   5  until their next hop is known\n"
	     "Fast path     123456789012  more, forwarded by the kernel; 6 "
	     "flows now\n");
	lvs_addr_parse("10.0.0.1", &marks[0].addr);
	lvs_addr_parse("10.0.0.0", &marks[1].addr);
	lvs_addr_parse("fd00::1", &marks[2].addr);
	lvs_addr_parse("fd00::", &marks[3].addr);
	s = (struct daemon_status){ .marks = marks, .num_marks = 4 };
	capture();
	format_text.status(&view, &s);
	same("rules for marks",
	     "lvsd \n"
	     "Connections              0\n"
	     "Packets                  0\n"
	     "  sent                   0\n"
	     "  passed                 0  left to this host\n"
	     "  held                   0  until their next hop is known\n"
	     "Fast path                0  more, forwarded by the kernel; 0 "
	     "flows now\n"
	     "Mark       Match\n"
	     "7          tcp 10.0.0.1\n"
	     "4294967295 sctp 10.0.0.0/8:1-65535\n"
	     "8          udp fd00::1\n"
	     "8          udp [fd00::/64]:53\n");
}
END_TEST

/* ---- order --------------------------------------------------------------- */

START_TEST(order)
{
	/* What is more than half the number space away comes before. */
	static const char *const wanted[] = {
		"172.16.0.11", "172.16.0.12",  "200.1.1.1",
		"1.255.255.1", "10.128.2.255",
	};
	struct lvs_dest_info list[] = {
		dest("172.16.0.12"), dest("10.128.2.255"), dest("200.1.1.1"),
		dest("1.255.255.1"), dest("172.16.0.11"),
	};

	sort_dests(list, COUNT(list));
	for (size_t i = 0; i < COUNT(list); i++) {
		char buf[LVS_ADDR_STRLEN];

		lvs_addr_format(&list[i].conf.id.addr, buf, sizeof(buf));
		ck_assert_str_eq(buf, wanted[i]);
	}
}
END_TEST

/* Any order of the same is the same, where the comparison is an order. */
START_TEST(order_of_services)
{
	struct lvs_service_info in[] = {
		service("10.0.0.1:80", IPPROTO_TCP),
		service("10.0.0.1:443", IPPROTO_TCP),
		service("10.0.0.2:1", IPPROTO_TCP),
		service("10.0.0.1:53", IPPROTO_UDP),
		service("[fd00::1]:80", IPPROTO_TCP),
		service("[fd00::1:0:0:0]:80", IPPROTO_TCP),
		service("0.0.0.0", 0),
	};
	struct lvs_service_info out[COUNT(in)];

	in[COUNT(in) - 1].conf.id.fwmark = 1;
	for (size_t shift = 0; shift < COUNT(in); shift++) {
		for (size_t i = 0; i < COUNT(in); i++)
			out[(i * 3 + shift) % COUNT(in)] = in[i];
		sort_services(out, COUNT(out));
		ck_assert(!memcmp(in, out, sizeof(in)));
	}
}
END_TEST

LVS_TEST_MAIN("cli/format", large_numbers, destinations, services_and_saved,
	      connections, synchronisation, status, order, order_of_services)
