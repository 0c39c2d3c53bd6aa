/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Datagrams of which not all fragments come: who is told, how that gets back,
 * and that a flood of them costs bounded memory and no more answers than any
 * other error.  What is put together is in tests/flow.
 */
#include "check.h"

#include "engine/engine.h"
#include "pkt/csum.h"
#include "unit/counted.h"
#include "unit/model/setup.h"

#include <string.h>

#define PAYLOAD 400u /* of a first fragment, UDP header included */

static struct counted counted;
static struct lvs_director *dir;
static struct lvs_engine *eng;
static bool v6;

static void set_up(bool six, uint32_t rate, uint32_t burst)
{
	static const char *const names[][2] = {
		{ "10.9.0.1:53", "10.1.0.1:53" },
		{ "[fd00:9::1]:53", "[fd00:1::1]:53" },
	};
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_engine_opts limits = LVS_OPTS(struct lvs_engine_opts);
	struct lvs_service_conf conf = service_conf(names[six][0], "rr");

	v6 = six;
	counted_init(&counted);
	opts.mem = &counted.mem;
	ck_assert_int_eq(lvs_director_new(&opts, &dir), 0);
	conf.id.protocol = IPPROTO_UDP;
	ck_assert_int_eq(lvs_service_add(dir, &conf), 0);
	add_dest(dir, &conf.id, names[six][1], 1);
	limits.answer_rate = rate;
	limits.answer_burst = burst;
	ck_assert_int_eq(lvs_engine_new(dir, &limits, &eng), 0);
}

static void tear_down(void)
{
	lvs_engine_free(eng);
	lvs_director_free(dir);
	ck_assert_uint_eq(counted.bytes, 0);
}

static void put16(unsigned char *at, uint32_t value)
{
	at[0] = (unsigned char)(value >> 8);
	at[1] = (unsigned char)value;
}

/* The first fragment of datagram ID to the service, at AT; its length. */
static uint32_t lay(unsigned char *at, uint32_t id)
{
	uint32_t head = v6 ? 48 : 20;

	memset(at, 0, head + PAYLOAD);
	if (v6) {
		at[0] = 0x60;
		put16(at + 4, 8 + PAYLOAD);
		at[6] = IPPROTO_FRAGMENT;
		at[7] = 64;
		memcpy(at + 8, "\xfd\0\0\7", 4);
		at[23] = 5;
		memcpy(at + 24, "\xfd\0\0\x09", 4);
		at[39] = 1;
		at[40] = IPPROTO_UDP;
		at[43] = 1;
		put16(at + 44, id >> 16);
		put16(at + 46, id);
	} else {
		uint16_t sum;

		at[0] = 0x45;
		put16(at + 2, head + PAYLOAD);
		put16(at + 4, id);
		at[6] = 0x20;
		at[8] = 64;
		at[9] = IPPROTO_UDP;
		memcpy(at + 12, "\x0a\7\0\5\x0a\x09\0\1", 8);
		at[14] = (unsigned char)(id >> 16);
		sum = lvs_csum_of(at, 20);
		memcpy(at + 10, &sum, 2);
	}
	put16(at + head, 1000);
	put16(at + head + 2, 53);
	put16(at + head + 4, 2000);
	return head + PAYLOAD;
}

/* One comes, with a link header of LINK bytes, the rest of it a VLAN tag. */
static uint8_t comes(uint32_t id, uint32_t link, lvs_tstamp now)
{
	static unsigned char buf[1024];
	struct lvs_pkt pkt, *pkts[] = { &pkt };
	unsigned char *at = buf + LVS_PKT_HEADROOM;
	uint32_t len = lay(at + link, id);

	if (link) {
		memcpy(at, "\2\0\0\0\0\1\2\0\0\0\0\2", 12);
		put16(at + link - 2, v6 ? 0x86dd : 0x0800);
	}
	if (link == 18)
		memcpy(at + 12, "\x81\0\0\x2a", 4);
	lvs_pkt_init(&pkt, buf, sizeof(buf), LVS_PKT_HEADROOM, link + len,
		     link ? 14 : 0);
	pkt.link_in = link ? 3 : LVS_LINK_NONE;
	pkt.vlan = link == 14 ? 0x1005 : 0;
	lvs_engine_input(eng, pkts, 1, now);
	return pkt.verdict;
}

/* The next packet that the engine has made; NULL: none. */
static const struct lvs_pkt *made(lvs_tstamp now)
{
	struct lvs_pkt *pkts[1];

	return lvs_engine_output(eng, pkts, 1, now) ? pkts[0] : NULL;
}

static uint64_t dropped(enum lvs_reason reason)
{
	struct lvs_engine_stats stats = LVS_OPTS(struct lvs_engine_stats);

	lvs_engine_stats(eng, &stats);
	return stats.dropped[reason];
}

/* Ticks until nothing is left to do at NOW. */
static void wait_until(lvs_tstamp now)
{
	while (lvs_engine_tick(eng, now) <= now)
		;
}

/* PKT says that the time for the datagram of ID is over. */
static void check_answer(const struct lvs_pkt *pkt, uint32_t id, uint32_t link)
{
	unsigned char first[512];
	uint32_t len = lay(first, id), head = v6 ? 48 : 28;
	const unsigned char *ip = pkt->data + link;
	struct lvs_parsed p;

	lvs_parse(pkt, &p);
	ck_assert_uint_eq(pkt->verdict, LVS_SEND);
	ck_assert_uint_eq(pkt->link_out, pkt->link_in);
	ck_assert_uint_eq(pkt->len, link + head + len);
	ck_assert_uint_eq(p.icmp_type, v6 ? 3 : 11);
	ck_assert_uint_eq(p.icmp_code, 1);
	ck_assert(p.ip_csum_ok && lvs_icmp_csum_ok(pkt, &p));
	ck_assert_mem_eq(ip + head, first, len);
	if (v6)
		ck_assert_mem_eq(ip + 24, first + 8, 16);
	else
		ck_assert_mem_eq(ip + 16, first + 12, 4);
}

START_TEST(back_by_where_it_came_from)
{
	static const uint32_t links[] = { 0, 14, 18 };

	for (int i = 0; i < 6; i++) {
		uint32_t link = links[i / 2];
		const struct lvs_pkt *pkt;

		set_up(i % 2, 0, 0);
		ck_assert_uint_eq(comes(7, link, LVS_SEC), LVS_HELD);
		wait_until(61 * LVS_SEC);
		pkt = made(61 * LVS_SEC);
		ck_assert_ptr_nonnull(pkt);
		check_answer(pkt, 7, link);
		ck_assert_uint_eq(pkt->link_out, link ? 3 : LVS_LINK_NONE);
		ck_assert_uint_eq(pkt->vlan, link == 14 ? 0x1005 : 0);
		if (link)
			ck_assert_mem_eq(pkt->data, "\2\0\0\0\0\2\2\0\0\0\0\1",
					 12);
		if (link == 18)
			ck_assert_mem_eq(pkt->data + 12, "\x81\0\0\x2a", 4);
		ck_assert_ptr_null(made(61 * LVS_SEC));
		ck_assert_uint_eq(dropped(LVS_REASON_FRAG_TIMEOUT), 1);
		tear_down();
	}
}
END_TEST

/* Who can't be told is not, and nothing else changes. */
START_TEST(without_memory_nobody_is_told)
{
	for (int six = 0; six < 2; six++) {
		uint64_t calls;

		set_up(six, 0, 0);
		comes(7, 14, LVS_SEC);
		calls = counted.calls;
		counted.fail_at = calls + 1;
		counted.fail_after = true;
		wait_until(61 * LVS_SEC);
		ck_assert_uint_gt(counted.calls, calls);
		ck_assert_ptr_null(made(61 * LVS_SEC));
		ck_assert_uint_eq(dropped(LVS_REASON_FRAG_TIMEOUT), 1);
		tear_down();
	}
}
END_TEST

/*
 * What is thrown away for lack of room nobody hears of; of the rest as many as
 * of any other errors; and each is counted once.
 */
START_TEST(a_flood)
{
	enum {
		COUNT = 50000,
		RATE = 10,
		BURST = 5
	};
	uint64_t evicted, unanswered;
	lvs_tstamp now = LVS_SEC;
	unsigned answers = 0;
	size_t before;

	for (int six = 0; six < 2; six++, answers = 0, now = LVS_SEC) {
		set_up(six, RATE, BURST);
		before = counted.bytes;
		for (uint32_t id = 1; id <= COUNT; id++)
			LVS_MUST(comes(id, 14, now) == LVS_HELD);
		ck_assert_uint_le(counted.bytes, before + LVS_FRAGMENTS_BYTES);
		evicted = dropped(LVS_REASON_FRAG_LIMIT);
		ck_assert_uint_gt(evicted, COUNT / 2);
		ck_assert_ptr_null(made(now));
		/* All of the rest at once, then nothing for a second. */
		now += LVS_FRAGMENTS_V6;
		wait_until(now);
		while (made(now))
			answers++;
		ck_assert_uint_eq(answers, BURST);
		wait_until(now + LVS_SEC);
		ck_assert_ptr_null(made(now + LVS_SEC));
		unanswered = dropped(LVS_REASON_ANSWER_LIMIT);
		ck_assert_uint_eq(dropped(LVS_REASON_FRAG_LIMIT), evicted);
		ck_assert_uint_eq(dropped(LVS_REASON_FRAG_TIMEOUT), BURST);
		ck_assert_uint_eq(evicted + unanswered + BURST, COUNT);
		tear_down();
	}
}
END_TEST

LVS_TEST_MAIN("engine/pieces", back_by_where_it_came_from,
	      without_memory_nobody_is_told, a_flood)
