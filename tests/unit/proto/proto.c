/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * proto.c - every protocol's states and transitions, as text, against
 * tests/unit/proto/tables.txt; and what opens, follows and takes over.
 */
#include "check.h"

#include "proto/proto.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define TABLES TESTS_DIR "/unit/proto/tables.txt"

/* The packet that is event NAME of its protocol. */
static const struct {
	const char *name;
	struct lvs_parsed pkt;
} packets[] = {
	{ "syn", { .tcp_flags = LVS_TCP_SYN | LVS_TCP_ACK } },
	{ "fin", { .tcp_flags = LVS_TCP_FIN | LVS_TCP_ACK } },
	{ "ack", { .tcp_flags = LVS_TCP_ACK | LVS_TCP_PSH } },
	{ "rst", { .tcp_flags = LVS_TCP_RST | LVS_TCP_SYN } },
	{ "none", { .tcp_flags = LVS_TCP_PSH } },
	{ "datagram", { .tcp_flags = 0 } },
	{ "packet", { .tcp_flags = 0 } },
	{ "data", { .sctp_chunk = 0, .sctp_next = 0xff } },
	{ "init", { .sctp_chunk = 1, .sctp_next = 0xff } },
	{ "init_ack", { .sctp_chunk = 2, .sctp_next = 0xff } },
	{ "abort", { .sctp_chunk = 6, .sctp_next = 0xff } },
	{ "shutdown", { .sctp_chunk = 7, .sctp_next = 0xff } },
	{ "shutdown_ack", { .sctp_chunk = 8, .sctp_next = 0xff } },
	{ "error", { .sctp_chunk = 9, .sctp_next = 0xff } },
	{ "cookie_echo", { .sctp_chunk = 10, .sctp_next = 0 } },
	{ "cookie_ack", { .sctp_chunk = 11, .sctp_next = 0xff } },
	{ "shutdown_complete", { .sctp_chunk = 14, .sctp_next = 0xff } },
};

static const struct lvs_parsed *packet_of(const char *event)
{
	for (size_t i = 0; i < sizeof(packets) / sizeof(*packets); i++)
		if (!strcmp(packets[i].name, event))
			return &packets[i].pkt;
	ck_abort_msg("no packet for event %s", event);
	return NULL;
}

static const char *const modes[LVS_PROTO_MODES] = {
	[LVS_PROTO_IN] = "in",
	[LVS_PROTO_OUT] = "out",
	[LVS_PROTO_IN_ONLY] = "in-only",
};

static void print_transitions(FILE *out, const char *title,
			      const struct lvs_proto *proto)
{
	for (unsigned mode = 0; mode < LVS_PROTO_MODES; mode++)
		for (unsigned e = 0; e < proto->num_events; e++) {
			const struct lvs_parsed *pkt =
				packet_of(proto->events[e]);

			fprintf(out, "%s %s %s:", title, modes[mode],
				proto->events[e]);
			for (unsigned s = 0; s < proto->num_states; s++)
				fprintf(out, " %s",
					lvs_proto_state_name(
						proto,
						lvs_proto_next(proto, mode, s,
							       pkt)));
			fputc('\n', out);
		}
}

static const char *const phases[] = {
	[LVS_PHASE_OPENING] = "opening",
	[LVS_PHASE_OPEN] = "open",
	[LVS_PHASE_CLOSING] = "closing",
};

static void print_proto(FILE *out, const struct lvs_proto *proto)
{
	static const struct lvs_timeouts timeouts = { 900, 120, 300 };

	for (unsigned s = 0; s < proto->num_states; s++)
		fprintf(out, "%s state %s: %u s, %s%s\n", proto->name,
			lvs_proto_state_name(proto, s),
			lvs_proto_timeout(proto, s, &timeouts),
			phases[proto->states[s].phase],
			lvs_proto_state_active(proto, s) ? ", active" : "");
	print_transitions(out, proto->name, proto);
	if (proto->secure)
		print_transitions(out, "TCP-secure", proto->secure);
}

START_TEST(tables)
{
	FILE *expected = fopen(TABLES, "r");
	FILE *got = tmpfile();
	char want[512], have[512];
	unsigned line = 0;

	ck_assert_msg(expected && got, "cannot open %s", TABLES);
	for (size_t i = 0; lvs_proto_at(i); i++)
		print_proto(got, lvs_proto_at(i));
	rewind(got);
	while (fgets(want, sizeof(want), expected)) {
		line++;
		ck_assert_msg(fgets(have, sizeof(have), got),
			      "line %u is missing: %s", line, want);
		ck_assert_msg(!strcmp(want, have), "line %u\nhave %swant %s",
			      line, have, want);
	}
	ck_assert_msg(!fgets(have, sizeof(have), got), "and more: %s", have);
	fclose(expected);
	fclose(got);
}
END_TEST

static const struct {
	const char *what;
	uint8_t number;
	const char *event;
	bool strict, sloppy;
} openings[] = {
	{ "a SYN opens", IPPROTO_TCP, "syn", true, true },
	{ "an ACK opens only under sloppy_tcp", IPPROTO_TCP, "ack", false,
	  true },
	{ "a FIN opens only under sloppy_tcp", IPPROTO_TCP, "fin", false,
	  true },
	{ "a RST never opens, even with SYN", IPPROTO_TCP, "rst", false,
	  false },
	{ "any datagram opens", IPPROTO_UDP, "datagram", true, true },
	{ "an INIT opens", IPPROTO_SCTP, "init", true, true },
	{ "DATA opens only under sloppy_sctp", IPPROTO_SCTP, "data", false,
	  true },
	{ "an ABORT never opens", IPPROTO_SCTP, "abort", false, false },
	{ "AH never opens", IPPROTO_AH, "packet", false, false },
	{ "ESP never opens", IPPROTO_ESP, "packet", false, false },
};

START_TEST(opens)
{
	for (size_t i = 0; i < sizeof(openings) / sizeof(*openings); i++) {
		const struct lvs_proto *proto =
			lvs_proto_find(openings[i].number);
		const struct lvs_parsed *pkt = packet_of(openings[i].event);

		ck_assert_msg(lvs_proto_may_create(proto, pkt, false) ==
				      openings[i].strict,
			      "%s", openings[i].what);
		ck_assert_msg(lvs_proto_may_create(proto, pkt, true) ==
				      openings[i].sloppy,
			      "%s (sloppy)", openings[i].what);
	}
}
END_TEST

static const struct {
	const char *what;
	uint8_t number;
	const char *state, *event;
	bool fragment;
	bool reuses;
} reuses[] = {
	{ "a SYN takes over in TIME_WAIT", IPPROTO_TCP, "TIME_WAIT", "syn",
	  false, true },
	{ "a SYN takes over in CLOSE", IPPROTO_TCP, "CLOSE", "syn", false,
	  true },
	{ "a SYN goes on in ESTABLISHED", IPPROTO_TCP, "ESTABLISHED", "syn",
	  false, false },
	{ "a SYN goes on in FIN_WAIT", IPPROTO_TCP, "FIN_WAIT", "syn", false,
	  false },
	{ "an ACK goes on in TIME_WAIT", IPPROTO_TCP, "TIME_WAIT", "ack", false,
	  false },
	{ "a SYN in fragments goes on", IPPROTO_TCP, "TIME_WAIT", "syn", true,
	  false },
	{ "a datagram always goes on", IPPROTO_UDP, "UDP", "datagram", false,
	  false },
	{ "an INIT takes over in CLOSED", IPPROTO_SCTP, "CLOSED", "init", false,
	  true },
	{ "an INIT goes on in S-SENT", IPPROTO_SCTP, "S-SENT", "init", false,
	  false },
};

static unsigned state_of(const struct lvs_proto *proto, const char *name)
{
	for (unsigned s = 0; s < proto->num_states; s++)
		if (!strcmp(lvs_proto_state_name(proto, s), name))
			return s;
	ck_abort_msg("%s has no state %s", proto->name, name);
	return 0;
}

START_TEST(takes_over)
{
	for (size_t i = 0; i < sizeof(reuses) / sizeof(*reuses); i++) {
		const struct lvs_proto *proto =
			lvs_proto_find(reuses[i].number);
		struct lvs_parsed pkt = *packet_of(reuses[i].event);
		unsigned state = state_of(proto, reuses[i].state);

		pkt.first_fragment = reuses[i].fragment;
		ck_assert_msg(lvs_proto_reuses(proto, state, &pkt) ==
				      reuses[i].reuses,
			      "%s", reuses[i].what);
	}
}
END_TEST

/* A cookie in one packet with an ABORT is an ABORT. */
START_TEST(bundled_abort)
{
	const struct lvs_proto *proto = lvs_proto_find(IPPROTO_SCTP);
	const struct lvs_parsed pkt = { .sctp_chunk = 10, .sctp_next = 6 };
	unsigned state = lvs_proto_next(proto, LVS_PROTO_IN,
					state_of(proto, "INIT"), &pkt);

	ck_assert_str_eq(lvs_proto_state_name(proto, state), "CLOSED");
}
END_TEST

/* What `ipvsadm --set` sets replaces three timeouts and no other. */
START_TEST(set_timeouts)
{
	static const struct lvs_timeouts t = { 7, 8, 9 };
	const struct lvs_proto *tcp = lvs_proto_find(IPPROTO_TCP);
	const struct lvs_proto *udp = lvs_proto_find(IPPROTO_UDP);
	const struct lvs_proto *sctp = lvs_proto_find(IPPROTO_SCTP);

	for (unsigned s = 0; s < tcp->num_states; s++) {
		const char *name = lvs_proto_state_name(tcp, s);
		uint32_t want = tcp->states[s].secs;

		if (!strcmp(name, "ESTABLISHED"))
			want = t.tcp;
		if (!strcmp(name, "FIN_WAIT"))
			want = t.tcp_fin;
		ck_assert_uint_eq(lvs_proto_timeout(tcp, s, &t), want);
	}
	ck_assert_uint_eq(lvs_proto_timeout(udp, 0, &t), t.udp);
	ck_assert_uint_eq(lvs_proto_timeout(sctp, state_of(sctp, "ESTABLISHED"),
					    &t),
			  900);
}
END_TEST

START_TEST(ipsec_follows_ike)
{
	static const uint8_t numbers[] = { IPPROTO_AH, IPPROTO_ESP };
	struct lvs_flow flow = { .family = AF_INET6,
				 .src.b = { 1 },
				 .dst.b = { 2 } };
	struct lvs_flow key;

	for (size_t i = 0; i < 2; i++) {
		flow.protocol = numbers[i];
		lvs_proto_flow(lvs_proto_find(numbers[i]), &flow, &key);
		ck_assert_uint_eq(key.protocol, IPPROTO_UDP);
		ck_assert_uint_eq(ntohs(key.sport_be), 500);
		ck_assert_uint_eq(ntohs(key.dport_be), 500);
		ck_assert(lvs_ip_equal(&key.src, &flow.src));
		ck_assert(lvs_ip_equal(&key.dst, &flow.dst));
	}
	flow.protocol = IPPROTO_TCP;
	lvs_proto_flow(lvs_proto_find(IPPROTO_TCP), &flow, &key);
	ck_assert_mem_eq(&key, &flow, sizeof(key));
}
END_TEST

START_TEST(unknown)
{
	ck_assert_ptr_null(lvs_proto_find(IPPROTO_GRE));
	ck_assert_str_eq(lvs_proto_state_name(lvs_proto_find(IPPROTO_TCP), 11),
			 "BUG!");
	ck_assert(!lvs_proto_state_active(lvs_proto_find(IPPROTO_TCP), 99));
}
END_TEST

LVS_TEST_MAIN("proto", tables, opens, takes_over, bundled_abort, set_timeouts,
	      ipsec_follows_ike, unknown)
