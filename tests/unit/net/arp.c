/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arp.c - ARP packets read, answered and made.
 *
 * The request and the answer to it are what Linux 6.18 sent for a ping between
 * two namespaces.
 */
#include "check.h"

#include "frame.h"
#include "net/arp.h"

#define ASK                                                                    \
	"ffffffffffff 02000000000a 0806 0001 0800 06 04 0001"                  \
	"02000000000a 0a00000a 000000000000 0a000001"

static const struct {
	const char *what;
	const char *frame;
	uint32_t l3;
	uint8_t kind;
	const char *target, *sender;
} rows[] = {
	{ "who has 10.0.0.1? tell 10.0.0.10", ASK, 14, LVS_ARP_ASK, "10.0.0.1",
	  "10.0.0.10" },
	{ "the same behind a VLAN tag",
	  "ffffffffffff 02000000000a 8100 0064 0806 0001 0800 06 04 0001"
	  "02000000000a 0a00000a 000000000000 0a000001",
	  18, LVS_ARP_ASK, "10.0.0.1", "10.0.0.10" },
	{ "a probe for 10.0.0.1",
	  "ffffffffffff 02000000000a 0806 0001 0800 06 04 0001"
	  "02000000000a 00000000 000000000000 0a000001",
	  14, LVS_ARP_PROBE, "10.0.0.1", NULL },
	{ "an announcement of 10.0.0.1 by a request",
	  "ffffffffffff 02000000000a 0806 0001 0800 06 04 0001"
	  "02000000000a 0a000001 000000000000 0a000001",
	  14, LVS_ARP_ANNOUNCE, "10.0.0.1", "10.0.0.1" },
	{ "an announcement of 10.0.0.1 by a reply",
	  "ffffffffffff 02000000000a 0806 0001 0800 06 04 0002"
	  "02000000000a 0a000001 02000000000a 0a000001",
	  14, LVS_ARP_ANNOUNCE, "10.0.0.1", "10.0.0.1" },
	{ "an ordinary reply",
	  "020000000001 02000000000a 0806 0001 0800 06 04 0002"
	  "02000000000a 0a00000a 020000000001 0a000001",
	  14, LVS_ARP_OTHER, "10.0.0.1", "10.0.0.10" },
	{ "padded to 60 bytes", ASK "000000000000000000000000000000000000", 14,
	  LVS_ARP_ASK, "10.0.0.1", "10.0.0.10" },
	{ "one byte short",
	  "ffffffffffff 02000000000a 0806 0001 0800 06 04 0001"
	  "02000000000a 0a00000a 000000000000 0a0000",
	  14, LVS_ARP_OTHER, NULL, NULL },
	{ "another hardware",
	  "ffffffffffff 02000000000a 0806 0006 0800 06 04 0001"
	  "02000000000a 0a00000a 000000000000 0a000001",
	  14, LVS_ARP_OTHER, NULL, NULL },
	{ "another protocol",
	  "ffffffffffff 02000000000a 0806 0001 86dd 06 04 0001"
	  "02000000000a 0a00000a 000000000000 0a000001",
	  14, LVS_ARP_OTHER, NULL, NULL },
	{ "another length of hardware addresses",
	  "ffffffffffff 02000000000a 0806 0001 0800 08 04 0001"
	  "02000000000a 0a00000a 000000000000 0a000001",
	  14, LVS_ARP_OTHER, NULL, NULL },
	{ "another length of protocol addresses",
	  "ffffffffffff 02000000000a 0806 0001 0800 06 10 0001"
	  "02000000000a 0a00000a 000000000000 0a000001",
	  14, LVS_ARP_OTHER, NULL, NULL },
	{ "a reverse request",
	  "ffffffffffff 02000000000a 0806 0001 0800 06 04 0003"
	  "02000000000a 0a00000a 000000000000 0a000001",
	  14, LVS_ARP_OTHER, "10.0.0.1", "10.0.0.10" },
	{ "a request for a multicast address",
	  "ffffffffffff 02000000000a 0806 0001 0800 06 04 0001"
	  "02000000000a 0a00000a 000000000000 e0000001",
	  14, LVS_ARP_OTHER, "224.0.0.1", "10.0.0.10" },
	{ "a request by a multicast address",
	  "ffffffffffff 02000000000a 0806 0001 0800 06 04 0001"
	  "02000000000a e0000001 000000000000 0a000001",
	  14, LVS_ARP_OTHER, "10.0.0.1", "224.0.0.1" },
};

START_TEST(reading)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct lvs_arp_msg arp;
		struct frame frame;

		frame_read(&frame, rows[i].frame, 0);
		lvs_arp_read(&frame.pkt, rows[i].l3, &arp);
		ck_assert_msg(arp.kind == rows[i].kind, "%s: kind %u",
			      rows[i].what, arp.kind);
		frame_same_addr(rows[i].what, &arp.target, rows[i].target);
		frame_same_addr(rows[i].what, &arp.sender, rows[i].sender);
		if (rows[i].target)
			ck_assert_uint_eq(arp.sender_lladdr[5], 0x0a);
		frame_free(&frame);
	}
}
END_TEST

static const uint8_t our_mac[6] = { 2, 0, 0, 0, 0, 1 };

static const struct {
	const char *what;
	uint32_t l3;
	const char *frame;
	const char *answer;
} answers[] = {
	{ "a request", 14, ASK,
	  "02000000000a 020000000001 0806 0001 0800 06 04 0002"
	  "020000000001 0a000001 02000000000a 0a00000a" },
	{ "a request behind a VLAN tag", 18,
	  "ffffffffffff 02000000000a 8100 0064 0806 0001 0800 06 04 0001"
	  "02000000000a 0a00000a 000000000000 0a000001",
	  "02000000000a 020000000001 8100 0064 0806 0001 0800 06 04 0002"
	  "020000000001 0a000001 02000000000a 0a00000a" },
	{ "a probe", 14,
	  "ffffffffffff 02000000000a 0806 0001 0800 06 04 0001"
	  "02000000000a 00000000 000000000000 0a000001",
	  "02000000000a 020000000001 0806 0001 0800 06 04 0002"
	  "020000000001 0a000001 02000000000a 00000000" },
	{ "a padded request", 14, ASK "000000000000000000000000000000000000",
	  "02000000000a 020000000001 0806 0001 0800 06 04 0002"
	  "020000000001 0a000001 02000000000a 0a00000a"
	  "000000000000000000000000000000000000" },
};

START_TEST(answering)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		struct frame frame;

		frame_read(&frame, answers[i].frame, 0);
		lvs_arp_answer(&frame.pkt, answers[i].l3, our_mac);
		frame_same(answers[i].what, &frame.pkt, answers[i].answer);
		frame_free(&frame);
	}
}
END_TEST

START_TEST(announcing)
{
	struct lvs_addr addr = lvs_addr_v4(0);
	struct lvs_pkt pkt = { .len = LVS_ARP_FRAME_LEN };
	unsigned char buf[LVS_ARP_FRAME_LEN];

	ck_assert_int_eq(lvs_addr_parse("10.0.0.1", &addr), 0);
	lvs_arp_announce(buf, our_mac, &addr);
	pkt.data = buf;
	frame_same("announcement", &pkt,
		   "ffffffffffff 020000000001 0806 0001 0800 06 04 0001"
		   "020000000001 0a000001 000000000000 0a000001");
}
END_TEST

LVS_TEST_MAIN("net/arp", reading, answering, announcing)
