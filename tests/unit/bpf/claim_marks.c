/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * claim_marks.c - the program's verdict on packets to services by mark.
 */
#include "unit/bpf/verdict.h"

#include <lvs/mark.h>

static const struct {
	uint32_t mark;
	uint8_t protocol;
	const char *addr;
	uint8_t plen[2]; /* IPv4, IPv6 */
	uint16_t min, max;
} mark_rules[] = {
	{ 1, IPPROTO_TCP, "V", { 32, 128 }, 80, 80 },
	{ 1, IPPROTO_TCP, "V", { 32, 128 }, 443, 443 },
	{ 9, IPPROTO_TCP, "V2", { 32, 128 }, 85, 85 },
	{ 2, IPPROTO_TCP, "V2", { 32, 128 }, 80, 89 },
	{ 3, IPPROTO_UDP, "V", { 24, 64 }, 5000, 5999 },
	{ 2, IPPROTO_UDP, "F", { 24, 48 }, 0, 0 },
};

static const struct {
	const char *what;
	const char *packet;
	const char *kind;
} marked[] = {
	{ "one port", "C:1000 > V:80 tcp S", "request" },
	{ "the other", "C:1000 > V:443 tcp S", "request" },
	{ "neither", "C:1000 > V:81 tcp S", "pass" },
	{ "another protocol", "C:1000 > V:80 udp", "pass" },
	{ "a reply from one", "R1:80 > C:1000 tcp SA", "reply" },
	{ "a reply from the other", "R1:443 > C:1000 tcp SA", "reply" },
	{ "the real server's other ports", "R1:22 > C:1000 tcp SA", "pass" },

	{ "the first port of a range", "C:1000 > V2:80 tcp S", "request" },
	{ "the last", "C:1000 > V2:89 tcp S", "request" },
	{ "below", "C:1000 > V2:79 tcp S", "pass" },
	{ "above", "C:1000 > V2:90 tcp S", "pass" },
	{ "what another rule has first", "C:1000 > V2:85 tcp S", "pass" },
	{ "next to it", "C:1000 > V2:86 tcp S", "request" },
	{ "a DR reply that comes by here", "V2:80 > C:1000 tcp SA", "reply" },
	{ "one of the other's port", "V2:85 > C:1000 tcp SA", "pass" },

	{ "a network", "C:1000 > V2:5000 udp", "request" },
	{ "its last port", "C:1000 > V:5999 udp", "request" },
	{ "above", "C:1000 > V:6000 udp", "pass" },
	{ "a reply by the range", "R3:5500 > C:1000 udp", "reply" },
	{ "outside of it", "R3:6000 > C:1000 udp", "pass" },
	{ "outside of the network", "C:1000 > N:5000 udp", "pass" },
	{ "every port: the first", "C:1000 > F:0 udp", "request" },
	{ "every port: the last", "C:1000 > F:65535 udp", "request" },
	{ "another protocol", "C:1000 > F:80 tcp S", "pass" },

	{ "an error about a reply",
	  "G > V2 icmp @unreach ( V2:5000 > C:1000 udp )", "error" },
	{ "an error about something else",
	  "G > V2 icmp @unreach ( V2:6000 > C:1000 udp )", "pass" },
	{ "the first fragment of a request",
	  "C:7 > V2:5000 udp frag 0+ id 7 len 8", "request" },
	{ "its second fragment", "C > V2 udp frag 16 id 7 len 8", "fragment" },
};

static void add_mark(struct lvs_director *dir, int af, uint32_t mark,
		     uint8_t method, const char *real)
{
	struct lvs_service_conf svc = LVS_OPTS(struct lvs_service_conf);
	struct lvs_dest_conf dest = LVS_OPTS(struct lvs_dest_conf);

	svc.id.fwmark = mark;
	svc.id.addr.family = (uint16_t)af;
	ck_assert_int_eq(lvs_service_add(dir, &svc), 0);
	dest.method = method;
	dest.weight = 1;
	ck_assert(net_addr(real, af, &dest.id.addr));
	ck_assert_int_eq(lvs_dest_add(dir, &svc.id, &dest), 0);
}

static struct lvs_director *configured_by_marks(int af)
{
	struct lvs_mark_rule rules[sizeof(mark_rules) / sizeof(*mark_rules)];
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	size_t count = sizeof(rules) / sizeof(*rules);
	struct lvs_director *dir;

	ck_assert_int_eq(lvs_director_new(&opts, &dir), 0);
	for (size_t i = 0; i < count; i++) {
		struct lvs_addr addr;

		ck_assert(net_addr(mark_rules[i].addr, af, &addr));
		rules[i] = (struct lvs_mark_rule){
			.mark = mark_rules[i].mark,
			.protocol = mark_rules[i].protocol,
			.plen = mark_rules[i].plen[af == AF_INET6],
			.port_min = mark_rules[i].min,
			.port_max = mark_rules[i].max,
		};
		rules[i].addr = lvs_addr_mask(&addr, rules[i].plen);
	}
	ck_assert_int_eq(lvs_marks_set(dir, rules, count), 0);
	add_mark(dir, af, 1, LVS_METHOD_NAT, "R1");
	add_mark(dir, af, 2, LVS_METHOD_DR, "R2");
	add_mark(dir, af, 3, LVS_METHOD_NAT, "R3");
	return dir;
}

static void judge_marked(struct lvs_claim *claim, int af, bool claimed)
{
	for (size_t i = 0; i < sizeof(marked) / sizeof(*marked); i++) {
		const char *want = claimed ? marked[i].kind : "pass", *got;
		unsigned char frame[1024];
		char text[256];
		size_t len;

		/* The program remembers those that it knew before. */
		if (!claimed && strcmp(marked[i].kind, "fragment") == 0)
			continue;
		spell(marked[i].packet, af, text, sizeof(text));
		len = frame_of(text, af, frame, sizeof(frame));
		got = verdict(claim, frame, len);
		ck_assert_msg(strcmp(got, want) == 0, "%s (%s): %s",
			      marked[i].what, text, got);
	}
}

START_TEST(services_by_mark)
{
	for (size_t f = 0; f < 2; f++) {
		struct lvs_claim_stats stats = LVS_OPTS(struct lvs_claim_stats);
		int af = families[f];
		struct lvs_director *dir = configured_by_marks(af);
		struct lvs_claim *claim = open_claim(dir);

		judge_marked(claim, af, true);
		/* Two ports of V and R1; R3, V2 and the two networks. */
		lvs_claim_stats(claim, &stats);
		ck_assert_uint_eq(stats.entries, 4 + 4 + 2);
		ck_assert_int_eq(lvs_marks_set(dir, NULL, 0), 0);
		ck_assert_int_eq(lvs_claim_sync(claim, dir), 3);
		lvs_claim_stats(claim, &stats);
		ck_assert_uint_eq(stats.entries, 0);
		judge_marked(claim, af, false);
		lvs_claim_close(claim);
		lvs_director_free(dir);
	}
}
END_TEST

LVS_TEST_MAIN_UNLESS(missing(), "bpf/claim_marks", services_by_mark)
