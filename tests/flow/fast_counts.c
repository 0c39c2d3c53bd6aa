/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fast_counts.c - what only a program has seen is counted, keeps connections
 * alive, and no longer than if the engine had seen it; and who has a place in a
 * table that is full.
 *
 * Two directors get the same packets (twins.h), and are asked the same.
 */
#include "check.h"

#include "engine/engine.h"
#include "twins.h"
#include <netinet/in.h>

/* The packet of a line, and who has to do what with it. */
#define PACKET(t, who, link, ...)                                              \
	ck_assert_str_eq(twins_packet(t, link, __VA_ARGS__), who)

/* C:PORT to V:80, by NAT to R1:8000: established, both directions entered. */
static void establish(struct twins *t, const char *client, unsigned port)
{
	PACKET(t, "sent", LINK_C, "%s:%u > V:80 tcp S", client, port);
	PACKET(t, "sent", LINK_S, "R1:8000 > %s:%u tcp SA", client, port);
	PACKET(t, "sent", LINK_C, "%s:%u > V:80 tcp A", client, port);
	PACKET(t, "sent", LINK_S, "R1:8000 > %s:%u tcp A len 9", client, port);
}

static void open_nat(struct twins *t, uint32_t buckets, uint32_t limit)
{
	twins_open(t, AF_INET, buckets, limit);
	twins_service(t, IPPROTO_TCP, 80, 0, "rr", 0);
	twins_dest(t, "R1", AF_INET, 8000, LVS_METHOD_NAT);
}

static void finish(struct twins *t)
{
	twins_compare(t);
	twins_close(t);
}

static struct lvs_engine_stats stats_of(const struct twins *t)
{
	struct lvs_engine_stats stats = LVS_OPTS(struct lvs_engine_stats);

	lvs_engine_stats(t->fast.eng, &stats);
	return stats;
}

/* ---- counters ------------------------------------------------------------
 */

/* Whoever asks first finds all that was counted until then. */
START_TEST(every_question_counts_first)
{
	struct lvs_dest_id id = { .port = 8000 };
	struct lvs_dest_info dest;
	struct lvs_service_info svc;
	struct lvs_stats all;
	struct twins t;

	open_nat(&t, 64, 0);
	net_addr("R1", AF_INET, &id.addr);
	establish(&t, "C", 1);
	PACKET(&t, "fast", LINK_C, "C:1 > V:80 tcp A len 60");
	ck_assert_int_eq(lvs_dest_get(t.fast.dir, &t.fast.svc, &id, &dest), 0);
	ck_assert_uint_eq(dest.stats.inpkts, 3);
	ck_assert_uint_eq(dest.stats.inbytes, 3 * 40 + 60);
	PACKET(&t, "fast", LINK_S, "R1:8000 > C:1 tcp A len 60");
	ck_assert_int_eq(lvs_service_get(t.fast.dir, &t.fast.svc, &svc), 0);
	ck_assert_uint_eq(svc.stats.outpkts, 3);
	ck_assert_uint_eq(svc.stats.outbytes, 3 * 40 + 9 + 60);
	PACKET(&t, "fast", LINK_C, "C:1 > V:80 tcp A len 60");
	lvs_director_stats(t.fast.dir, &all);
	ck_assert_uint_eq(all.inpkts, 4);
	PACKET(&t, "fast", LINK_C, "C:1 > V:80 tcp A len 60");
	ck_assert_uint_eq(stats_of(&t).fast_packets, 4);
	ck_assert_uint_eq(stats_of(&t).fast_flows, 2);
	ck_assert_uint_eq(stats_of(&t).packets, 4);
	finish(&t);
}
END_TEST

START_TEST(zeroed_is_what_was_counted_before)
{
	struct twins t;

	open_nat(&t, 64, 0);
	establish(&t, "C", 1);
	PACKET(&t, "fast", LINK_C, "C:1 > V:80 tcp A len 60");
	TWINS_BOTH(&t, w, need(lvs_director_zero(w->dir, NULL) == 0));
	PACKET(&t, "fast", LINK_C, "C:1 > V:80 tcp A len 60");
	finish(&t);
}
END_TEST

START_TEST(rates_are_the_same)
{
	struct twins t;

	open_nat(&t, 64, 0);
	establish(&t, "C", 1);
	for (unsigned i = 0; i < 50; i++) {
		for (unsigned n = 0; n < i % 7; n++)
			PACKET(&t, "fast", LINK_C, "C:1 > V:80 tcp A len 60");
		twins_pass(&t, t.plain.now + LVS_SEC / 2);
	}
	finish(&t);
}
END_TEST

/* Of many flows, more than are looked at in one go. */
START_TEST(nobody_is_forgotten)
{
	struct twins t;

	open_nat(&t, 1024, 0);
	for (unsigned port = 1001; port <= 1700; port++)
		establish(&t, "C", port);
	ck_assert_uint_gt(program_flows(&t.prog), 1300);
	for (unsigned port = 1001; port <= 1700; port++)
		twins_packet(&t, LINK_C, "C:%u > V:80 tcp A len 60", port);
	twins_compare(&t);
	for (unsigned port = 1001; port <= 1700; port++)
		twins_packet(&t, LINK_S, "R1:8000 > C:%u tcp A len 6", port);
	twins_pass(&t, t.plain.now + LVS_SEC);
	twins_compare(&t);
	/* They are looked at in turn, and leave when they were not used. */
	for (unsigned i = 0; i < 120; i++)
		twins_pass(&t, t.plain.now + LVS_SEC / 10);
	ck_assert_uint_eq(stats_of(&t).fast_flows, 0);
	finish(&t);
}
END_TEST

/* ---- time ----------------------------------------------------------------
 */

/* For HOURS nobody but the program sees a packet; then nobody at all. */
static void live_on(struct twins *t, const char *line, uint32_t link,
		    unsigned hours)
{
	for (unsigned i = 0; i < hours * 60; i++) {
		twins_pass(t, t->plain.now + 60 * LVS_SEC);
		/* An idle flow left meanwhile, and is entered anew. */
		twins_packet(t, link, "%s", line);
		PACKET(t, "fast", link, "%s", line);
	}
	twins_compare(t);
}

static uint64_t conns(struct twins *t)
{
	return stats_of(t).conns;
}

/* One more packet DELAY after it was established; it lives as long again. */
static void live_until(lvs_tstamp delay)
{
	struct twins t;

	open_nat(&t, 64, 0);
	establish(&t, "C", 1);
	for (lvs_tstamp at = 0; at + 9 * LVS_SEC < delay; at += 9 * LVS_SEC) {
		twins_pass(&t, t.plain.now + 9 * LVS_SEC);
		PACKET(&t, "fast", LINK_C, "C:1 > V:80 tcp A");
	}
	twins_packet(&t, LINK_S, "R1:8000 > C:1 tcp A");
	PACKET(&t, "fast", LINK_S, "R1:8000 > C:1 tcp A");
	/* To the tick: 900 s, rounded up, and one that had begun. */
	twins_pass(&t, t.plain.now + 900 * LVS_SEC);
	twins_compare(&t);
	ck_assert_uint_eq(conns(&t), 1);
	for (int i = 0; i < 4; i++) {
		twins_pass(&t, t.plain.now + (1u << LVS_TICK_SHIFT));
		twins_compare(&t);
	}
	ck_assert_uint_eq(conns(&t), 0);
	finish(&t);
}

START_TEST(used_ones_expire_when_they_should)
{
	live_until(0);
	live_until(100 * LVS_SEC);
	live_until(2000 * LVS_SEC);
}
END_TEST

START_TEST(used_ones_live_on)
{
	struct twins t;

	open_nat(&t, 64, 0);
	establish(&t, "C", 1);
	live_on(&t, "C:1 > V:80 tcp A", LINK_C, 1);
	live_on(&t, "R1:8000 > C:1 tcp A", LINK_S, 1);
	ck_assert_uint_eq(conns(&t), 1);
	finish(&t);
}
END_TEST

/* The engine's timer never comes by: a packet finds that its time is over. */
START_TEST(a_packet_asks_before_it_ends_one)
{
	struct twins t;

	open_nat(&t, 64, 0);
	establish(&t, "C", 1);
	t.plain.now = t.fast.now += 890 * LVS_SEC;
	PACKET(&t, "fast", LINK_C, "C:1 > V:80 tcp A");
	t.plain.now = t.fast.now += 20 * LVS_SEC;
	/* It was seen 20 s ago, not 910. */
	PACKET(&t, "sent", LINK_C, "C:1 > V:80 tcp A ttl 1");
	PACKET(&t, "sent", LINK_S, "R1:8000 > C:1 tcp SA");
	t.plain.now = t.fast.now += 910 * LVS_SEC;
	PACKET(&t, "passed", LINK_C, "C:1 > V:80 tcp A badsum partial");
	finish(&t);
}
END_TEST

/* Its flow was visited half a second before, and will be after. */
START_TEST(the_timer_asks_before_it_ends_one)
{
	const struct lvs_timeouts short_ones = { .tcp = 1 };
	struct twins t;

	open_nat(&t, 64, 0);
	TWINS_BOTH(&t, w,
		   need(lvs_director_set_timeouts(w->dir, &short_ones) == 0));
	establish(&t, "C", 1);
	for (int i = 0; i < 20; i++) {
		twins_pass(&t, t.plain.now + 900 * LVS_MSEC);
		t.plain.now = t.fast.now += 50 * LVS_MSEC;
		PACKET(&t, "fast", LINK_S, "R1:8000 > C:1 tcp A");
		twins_pass(&t, t.plain.now + 100 * LVS_MSEC);
		ck_assert_uint_eq(lvs_conn_count(t.fast.eng->conns), 1);
		PACKET(&t, "sent", LINK_S, "R1:8000 > C:1 tcp A");
	}
	finish(&t);
}
END_TEST

START_TEST(timeouts_count_from_when_they_are_set)
{
	const struct lvs_timeouts shorter = { .tcp = 100 };
	const struct lvs_timeouts longer = { .tcp = 1100 };
	struct lvs_conn_info infos[4];
	struct lvs_stats stats;
	uint64_t cursor = 0;
	struct twins t;

	open_nat(&t, 64, 0);
	establish(&t, "C", 1);
	establish(&t, "C", 2);
	establish(&t, "C", 3);
	PACKET(&t, "fast", LINK_C, "C:1 > V:80 tcp A");
	PACKET(&t, "fast", LINK_C, "C:2 > V:80 tcp A");
	TWINS_BOTH(&t, w,
		   need(lvs_director_set_timeouts(w->dir, &shorter) == 0));
	PACKET(&t, "fast", LINK_C, "C:2 > V:80 tcp A");
	twins_compare(&t);
	PACKET(&t, "fast", LINK_S, "R1:8000 > C:3 tcp A");
	TWINS_BOTH(&t, w,
		   need(lvs_director_set_timeouts(w->dir, &longer) == 0));
	twins_compare(&t);
	/* Whoever asks first, and before the engine is called. */
	PACKET(&t, "fast", LINK_S, "R1:8000 > C:2 tcp A");
	twins_compare(&t);
	TWINS_BOTH(&t, w,
		   need(lvs_director_set_timeouts(w->dir, &shorter) == 0));
	PACKET(&t, "fast", LINK_S, "R1:8000 > C:3 tcp A");
	lvs_director_stats(t.fast.dir, &stats);
	twins_compare(&t);
	TWINS_BOTH(&t, w,
		   need(lvs_director_set_timeouts(w->dir, &longer) == 0));
	PACKET(&t, "fast", LINK_S, "R1:8000 > C:3 tcp A");
	lvs_director_conns(t.fast.dir, &cursor, infos, 4, t.fast.now);
	twins_compare(&t);
	for (int i = 0; i < 20; i++) {
		twins_pass(&t, t.plain.now + 60 * LVS_SEC);
		twins_compare(&t);
	}
	ck_assert_uint_eq(conns(&t), 0);
	finish(&t);
}
END_TEST

/* ---- two connections with one reply key ----------------------------------
 */

START_TEST(replies_belong_to_who_asked_last)
{
	static const char *const requests[] = { "C:1 > V:80 tcp A",
						"C:1 > V:81 tcp A" };
	struct twins t;

	open_nat(&t, 64, 0);
	establish(&t, "C", 1);
	twins_service(&t, IPPROTO_TCP, 81, 0, "rr", 0);
	twins_dest(&t, "R1", AF_INET, 8000, LVS_METHOD_NAT);
	PACKET(&t, "fast", LINK_C, "C:1 > V:80 tcp A");
	PACKET(&t, "fast", LINK_S, "R1:8000 > C:1 tcp A");
	/* The client's port to another service, and to the same server. */
	PACKET(&t, "sent", LINK_C, "C:1 > V:81 tcp S");
	ck_assert_uint_eq(program_flows(&t.prog), 0);
	PACKET(&t, "sent", LINK_S, "R1:8000 > C:1 tcp SA");
	PACKET(&t, "sent", LINK_C, "C:1 > V:81 tcp A");
	PACKET(&t, "fast", LINK_C, "C:1 > V:81 tcp A");
	PACKET(&t, "sent", LINK_S, "R1:8000 > C:1 tcp A");
	PACKET(&t, "fast", LINK_S, "R1:8000 > C:1 tcp A");
	twins_compare(&t);
	/* The first asks again: replies are its own. */
	PACKET(&t, "sent", LINK_C, "C:1 > V:80 tcp A");
	PACKET(&t, "fast", LINK_C, "C:1 > V:80 tcp A");
	PACKET(&t, "sent", LINK_S, "R1:8000 > C:1 tcp A");
	PACKET(&t, "fast", LINK_S, "R1:8000 > C:1 tcp A");
	PACKET(&t, "sent", LINK_C, "C:1 > V:81 tcp A");
	/* Both at once: the first has lost them when it could be entered. */
	TWINS_BOTH(&t, w, net_neigh(w->dir, AF_INET, "C", LVS_NEIGH_STALE));
	twins_burst(&t, LINK_C, requests);
	ck_assert_uint_eq(program_flows(&t.prog), 1);
	PACKET(&t, "fast", LINK_C, "C:1 > V:81 tcp A");
	finish(&t);
}
END_TEST

/* ---- a table that is full ------------------------------------------------
 */

START_TEST(who_finds_no_place_is_slower_and_no_more)
{
	struct twins t;

	open_nat(&t, 1, 0);
	establish(&t, "C", 1);
	establish(&t, "C", 2);
	ck_assert_uint_eq(program_flows(&t.prog), 4);
	establish(&t, "C", 3);
	for (int i = 0; i < 40; i++)
		PACKET(&t, "sent", LINK_C, "C:3 > V:80 tcp A");
	PACKET(&t, "fast", LINK_C, "C:1 > V:80 tcp A");
	/* One that was not used for a second gives way. */
	twins_pass(&t, t.plain.now + 2 * LVS_SEC);
	PACKET(&t, "fast", LINK_C, "C:1 > V:80 tcp A");
	PACKET(&t, "fast", LINK_C, "C:2 > V:80 tcp A");
	PACKET(&t, "fast", LINK_S, "R1:8000 > C:2 tcp A");
	for (int i = 0; i < 70; i++)
		twins_packet(&t, LINK_C, "C:3 > V:80 tcp A");
	PACKET(&t, "fast", LINK_C, "C:3 > V:80 tcp A");
	PACKET(&t, "fast", LINK_C, "C:1 > V:80 tcp A");
	PACKET(&t, "sent", LINK_S, "R1:8000 > C:1 tcp A");
	ck_assert_uint_eq(program_flows(&t.prog), 4);
	finish(&t);
}
END_TEST

/* The connection table is: established ones stay, however they are seen. */
START_TEST(used_ones_are_not_lost_to_newcomers)
{
	struct twins t;

	open_nat(&t, 64, 4);
	establish(&t, "C", 1);
	establish(&t, "C", 2);
	/* More than its handshake was only seen by the program. */
	PACKET(&t, "fast", LINK_C, "C:1 > V:80 tcp A");
	for (unsigned port = 10; port < 60; port++) {
		twins_packet(&t, LINK_C, "C2:%u > V:80 tcp S", port);
		if (port % 10 == 0)
			twins_compare(&t);
	}
	PACKET(&t, "fast", LINK_C, "C:1 > V:80 tcp A");
	finish(&t);
}
END_TEST

/* With the connection that is lost its flows are, too. */
START_TEST(lost_ones_have_no_flows)
{
	struct twins t;

	open_nat(&t, 64, 2);
	establish(&t, "C", 1);
	establish(&t, "C", 2);
	/* That one of them is more than a handshake, only the program knows. */
	PACKET(&t, "fast", LINK_C, "C:1 > V:80 tcp A");
	PACKET(&t, "sent", LINK_C, "C:3 > V:80 tcp S");
	ck_assert_uint_eq(program_flows(&t.prog), 2);
	PACKET(&t, "fast", LINK_C, "C:1 > V:80 tcp A");
	PACKET(&t, "passed", LINK_C, "C:2 > V:80 tcp A");
	finish(&t);
}
END_TEST

/* ---- engines -------------------------------------------------------------
 */

START_TEST(the_next_engine_takes_the_table_over)
{
	struct twins t;

	open_nat(&t, 64, 0);
	establish(&t, "C", 1);
	PACKET(&t, "fast", LINK_C, "C:1 > V:80 tcp A len 60");
	TWINS_BOTH(&t, w, lvs_engine_free(w->eng));
	ck_assert_uint_eq(program_flows(&t.prog), 0);
	TWINS_BOTH(&t, w, world_engine(w, 0));
	t.prog.forwarded = 0; /* as the new engine knows it */
	twins_compare(&t);
	establish(&t, "C", 1);
	PACKET(&t, "fast", LINK_C, "C:1 > V:80 tcp A len 60");
	finish(&t);
}
END_TEST

LVS_TEST_MAIN("flow/fast_counts", every_question_counts_first,
	      zeroed_is_what_was_counted_before, rates_are_the_same,
	      nobody_is_forgotten, used_ones_expire_when_they_should,
	      used_ones_live_on, a_packet_asks_before_it_ends_one,
	      the_timer_asks_before_it_ends_one,
	      timeouts_count_from_when_they_are_set,
	      replies_belong_to_who_asked_last,
	      who_finds_no_place_is_slower_and_no_more,
	      used_ones_are_not_lost_to_newcomers, lost_ones_have_no_flows,
	      the_next_engine_takes_the_table_over)
