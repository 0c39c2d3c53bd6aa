/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nd.c - neighbour solicitations read, answered, advertisements made.
 *
 * The solicitation and the probe, and what answers them, are what Linux 6.18
 * sent for a ping, and for an address given to two, between two namespaces.
 */
#include "check.h"

#include "frame.h"
#include "net/nd.h"
#include "pkt/parse.h"

#define ETH_ASK	  "3333ff000001 02000000000a 86dd"
#define IP_A	  "20010db800000000000000000000000a"
#define IP_1	  "20010db8000000000000000000000001"
#define NO_IP	  "00000000000000000000000000000000"
#define ALL_NODES "ff020000000000000000000000000001"
#define SOLICIT_1 "ff0200000000000000000001ff000001"
#define SLLA	  "0101 02000000000a"
#define TLLA	  "0201 020000000001"
#define NONCE	  "0e01 7298ab28d105"

#define ASK                                                                    \
	ETH_ASK "60000000 0020 3a ff" IP_A SOLICIT_1                           \
		"87 00 1c17 00000000" IP_1 SLLA
#define PROBE                                                                  \
	ETH_ASK "60000000 0020 3a ff" NO_IP SOLICIT_1                          \
		"87 00 501d 00000000" IP_1 NONCE

static const struct {
	const char *what;
	const char *frame;
	uint8_t kind;
	const char *target, *sender;
	bool has_lladdr;
} rows[] = {
	{ "who has 2001:db8::1?", ASK, LVS_ND_ASK, "2001:db8::1", "2001:db8::a",
	  true },
	{ "a probe", PROBE, LVS_ND_PROBE, "2001:db8::1", NULL, false },
	{ "without an option, to the address itself",
	  ETH_ASK "60000000 0018 3a ff" IP_A IP_1 "87 00 ef75 00000000" IP_1,
	  LVS_ND_ASK, "2001:db8::1", "2001:db8::a", false },
	{ "another option before the address",
	  ETH_ASK "60000000 0028 3a ff" IP_A SOLICIT_1
		  "87 00 1f47 00000000" IP_1 NONCE SLLA,
	  LVS_ND_ASK, "2001:db8::1", "2001:db8::a", true },
	{ "a wrong checksum",
	  ETH_ASK "60000000 0020 3a ff" IP_A SOLICIT_1
		  "87 00 1c18 00000000" IP_1 SLLA,
	  LVS_ND_OTHER, NULL, NULL, false },
	{ "come through a router: hop limit 254",
	  ETH_ASK "60000000 0020 3a fe" IP_A SOLICIT_1
		  "87 00 1c17 00000000" IP_1 SLLA,
	  LVS_ND_OTHER, NULL, NULL, false },
	{ "a code that is not 0",
	  ETH_ASK "60000000 0020 3a ff" IP_A SOLICIT_1
		  "87 01 1c16 00000000" IP_1 SLLA,
	  LVS_ND_OTHER, NULL, NULL, false },
	{ "an option of length 0",
	  ETH_ASK "60000000 0020 3a ff" IP_A SOLICIT_1
		  "87 00 1c18 00000000" IP_1 "0100 02000000000a",
	  LVS_ND_OTHER, NULL, NULL, false },
	{ "an option longer than the packet",
	  ETH_ASK "60000000 0020 3a ff" IP_A SOLICIT_1
		  "87 00 1c16 00000000" IP_1 "0102 02000000000a",
	  LVS_ND_OTHER, NULL, NULL, false },
	{ "half an option",
	  ETH_ASK "60000000 001c 3a ff" IP_A SOLICIT_1
		  "87 00 1c25 00000000" IP_1 "0101 0200",
	  LVS_ND_OTHER, NULL, NULL, false },
	{ "a multicast target",
	  ETH_ASK "60000000 0020 3a ff" IP_A SOLICIT_1
		  "87 00 4acd 00000000" ALL_NODES SLLA,
	  LVS_ND_OTHER, NULL, NULL, false },
	{ "a probe with a link-layer address",
	  ETH_ASK "60000000 0020 3a ff" NO_IP SOLICIT_1
		  "87 00 49da 00000000" IP_1 SLLA,
	  LVS_ND_OTHER, "2001:db8::1", NULL, true },
	{ "a probe that is not sent to the solicited node",
	  ETH_ASK "60000000 0020 3a ff" NO_IP ALL_NODES
		  "87 00 4f1f 00000000" IP_1 NONCE,
	  LVS_ND_OTHER, "2001:db8::1", NULL, false },
	{ "an announcement",
	  "333300000001 020000000001 86dd 60000000 0020 3a ff" IP_1 ALL_NODES
	  "88 00 f92a 20000000" IP_1 TLLA,
	  LVS_ND_ANNOUNCE, "2001:db8::1", "2001:db8::1", true },
	{ "to all nodes, and yet solicited (RFC 4861, 7.1.2)",
	  "333300000001 020000000001 86dd 60000000 0020 3a ff" IP_1 ALL_NODES
	  "88 00 b92a 60000000" IP_1 TLLA,
	  LVS_ND_OTHER, "2001:db8::1", "2001:db8::1", true },
	{ "the answer to a solicitation",
	  "02000000000a 020000000001 86dd 60000000 0020 3a ff" IP_1 IP_A
	  "88 00 8a6b 60000000" IP_1 TLLA,
	  LVS_ND_OTHER, "2001:db8::1", "2001:db8::1", true },
};

/*
 * Read HEX as the engine does; but lvs_parse already says "some other ICMP" of
 * what comes through a router, and is not asked.
 */
static void read_nd(const char *hex, uint32_t tailroom, struct frame *frame,
		    struct lvs_parsed *parsed, struct lvs_nd_msg *nd)
{
	frame_read(frame, hex, tailroom);
	lvs_parse(&frame->pkt, parsed);
	lvs_nd_read(&frame->pkt, parsed, nd);
}

START_TEST(reading)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct lvs_parsed parsed;
		struct lvs_nd_msg nd;
		struct frame frame;

		read_nd(rows[i].frame, 0, &frame, &parsed, &nd);
		ck_assert_msg(nd.kind == rows[i].kind, "%s: kind %u",
			      rows[i].what, nd.kind);
		frame_same_addr(rows[i].what, &nd.target, rows[i].target);
		frame_same_addr(rows[i].what, &nd.sender, rows[i].sender);
		ck_assert_msg(nd.has_lladdr == rows[i].has_lladdr, "%s",
			      rows[i].what);
		frame_free(&frame);
	}
}
END_TEST

START_TEST(unfinished_checksum)
{
	struct lvs_parsed parsed;
	struct lvs_nd_msg nd;
	struct frame frame;

	read_nd(ETH_ASK "60000000 0020 3a ff" IP_A SOLICIT_1
			"87 00 0000 00000000" IP_1 SLLA,
		0, &frame, &parsed, &nd);
	ck_assert_uint_eq(nd.kind, LVS_ND_OTHER);
	frame.pkt.off.flags = LVS_OFF_CSUM;
	lvs_nd_read(&frame.pkt, &parsed, &nd);
	ck_assert_uint_eq(nd.kind, LVS_ND_ASK);
	frame_free(&frame);
}
END_TEST

static const uint8_t our_mac[6] = { 2, 0, 0, 0, 0, 1 };

static const struct {
	const char *what;
	const char *frame;
	uint32_t tailroom;
	const char *answer; /* NULL: there is no room for it */
} answers[] = {
	{ "a solicitation", ASK, 0,
	  "02000000000a 020000000001 86dd 60000000 0020 3a ff" IP_1 IP_A
	  "88 00 8a6b 60000000" IP_1 TLLA },
	{ "a probe: to all nodes, not solicited", PROBE, 0,
	  "333300000001 020000000001 86dd 60000000 0020 3a ff" IP_1 ALL_NODES
	  "88 00 f92a 20000000" IP_1 TLLA },
	{ "a solicitation without option",
	  ETH_ASK "60000000 0018 3a ff" IP_A IP_1 "87 00 ef75 00000000" IP_1,
	  LVS_ND_TAILROOM,
	  "02000000000a 020000000001 86dd 60000000 0020 3a ff" IP_1 IP_A
	  "88 00 8a6b 60000000" IP_1 TLLA },
	{ "a solicitation without option in too small a buffer",
	  ETH_ASK "60000000 0018 3a ff" IP_A IP_1 "87 00 ef75 00000000" IP_1,
	  LVS_ND_TAILROOM - 1, NULL },
	{ "a solicitation with more than its answer needs",
	  ETH_ASK "60000000 0028 3a ff" IP_A SOLICIT_1
		  "87 00 1f47 00000000" IP_1 NONCE SLLA,
	  0,
	  "02000000000a 020000000001 86dd 60000000 0020 3a ff" IP_1 IP_A
	  "88 00 8a6b 60000000" IP_1 TLLA },
	{ "a solicitation with traffic class and flow label",
	  ETH_ASK "6e012345 0020 3a ff" IP_A SOLICIT_1
		  "87 00 1c17 00000000" IP_1 SLLA,
	  0,
	  "02000000000a 020000000001 86dd 60000000 0020 3a ff" IP_1 IP_A
	  "88 00 8a6b 60000000" IP_1 TLLA },
	{ "to the link-layer address in the option",
	  "3333ff000001 02000000000b 86dd 60000000 0020 3a ff" IP_A SOLICIT_1
	  "87 00 1c17 00000000" IP_1 SLLA,
	  0,
	  "02000000000a 020000000001 86dd 60000000 0020 3a ff" IP_1 IP_A
	  "88 00 8a6b 60000000" IP_1 TLLA },
	{ "behind a VLAN tag",
	  "3333ff000001 02000000000a 8100 0064 86dd 60000000 0020 3a ff" IP_A
		  SOLICIT_1 "87 00 1c17 00000000" IP_1 SLLA,
	  0,
	  "02000000000a 020000000001 8100 0064 86dd 60000000 0020 3a ff" IP_1
		  IP_A "88 00 8a6b 60000000" IP_1 TLLA },
};

START_TEST(answering)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		struct lvs_parsed parsed;
		struct lvs_nd_msg nd;
		struct frame frame;
		const char *expected = answers[i].answer;

		read_nd(answers[i].frame, answers[i].tailroom, &frame, &parsed,
			&nd);
		ck_assert_uint_ne(nd.kind, LVS_ND_OTHER);
		ck_assert_msg(lvs_nd_answer(&frame.pkt, &parsed, &nd,
					    our_mac) == (expected != NULL),
			      "%s", answers[i].what);
		frame_same(answers[i].what, &frame.pkt,
			   expected ? expected : answers[i].frame);
		frame_free(&frame);
	}
}
END_TEST

START_TEST(announcing)
{
	struct lvs_addr addr;
	struct lvs_pkt pkt = { .len = LVS_ND_FRAME_LEN };
	unsigned char buf[LVS_ND_FRAME_LEN];

	ck_assert_int_eq(lvs_addr_parse("2001:db8::1", &addr), 0);
	lvs_nd_announce(buf, our_mac, &addr);
	pkt.data = buf;
	frame_same("announcement", &pkt,
		   "333300000001 020000000001 86dd 60000000 0020 3a ff" IP_1
			   ALL_NODES "88 00 f92a 20000000" IP_1 TLLA);
}
END_TEST

LVS_TEST_MAIN("net/nd", reading, unfinished_checksum, answering, announcing)
