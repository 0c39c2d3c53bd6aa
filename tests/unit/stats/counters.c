/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * counters.c - sums over shards, rates, and the words to drop reasons.
 */
#include "check.h"

#include "base/mem.h"
#include "stats/counters.h"

#include <string.h>

START_TEST(shards_add_up)
{
	struct lvs_meter meter = { .base = { 1000 } };
	uint64_t count[LVS_COUNTERS];

	ck_assert_int_eq(lvs_meter_grow(&meter, &lvs_mem_default, 2), 0);
	lvs_meter_add(&meter, 0, LVS_COUNT_CONNS, 1);
	lvs_meter_add(&meter, 1, LVS_COUNT_CONNS, 2);
	lvs_meter_add(&meter, 1, LVS_COUNT_OUTBYTES, 3);
	/* Growing loses nothing, and nothing shrinks. */
	ck_assert_int_eq(lvs_meter_grow(&meter, &lvs_mem_default, 5), 0);
	ck_assert_int_eq(lvs_meter_grow(&meter, &lvs_mem_default, 1), 0);
	lvs_meter_add(&meter, 4, LVS_COUNT_CONNS, 4);
	lvs_meter_read(&meter, count);
	ck_assert_uint_eq(count[LVS_COUNT_CONNS], 1007);
	ck_assert_uint_eq(count[LVS_COUNT_OUTBYTES], 3);
	lvs_meter_clear(&meter);
	lvs_meter_read(&meter, count);
	ck_assert_uint_eq(count[LVS_COUNT_CONNS], 0);
	lvs_meter_fini(&meter, &lvs_mem_default);
}
END_TEST

START_TEST(a_shard_is_a_cache_line)
{
	ck_assert_uint_eq(sizeof(struct lvs_shard), 64);
}
END_TEST

/* What is shown after PASSES of two seconds that bring as much each. */
static const struct {
	const char *what;
	uint64_t packets, bytes; /* in two seconds */
	int passes;
	uint64_t pps, bps;
} rates[] = {
	{ "nothing", 0, 0, 5, 0, 0 },
	/* 10/s and 1000/s, a quarter of the way: 2.5, 250. */
	{ "the first pass brings a quarter", 20, 2000, 1, 2, 250 },
	/* 10 * (1 - 0.75^2) = 4.375, 437.5 */
	{ "the second a quarter of the rest", 20, 2000, 2, 4, 437 },
	{ "after a minute it is there", 20, 2000, 30, 10, 1000 },
	{ "half a one in a second is shown as none", 1, 1, 30, 0, 0 },
	{ "40 Gbit/s do not overflow", 8000000, UINT64_C(10000000000), 100,
	  4000000, UINT64_C(5000000000) },
};

START_TEST(rates_as_ipvs)
{
	for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
		uint64_t count[LVS_COUNTERS] = { 0 };
		const uint64_t zero[LVS_COUNTERS] = { 0 };
		struct lvs_rates r = { .avg = { 0 } };
		struct lvs_stats s;

		for (int pass = 0; pass < rates[i].passes; pass++) {
			count[LVS_COUNT_CONNS] += rates[i].packets;
			count[LVS_COUNT_INPKTS] += rates[i].packets;
			count[LVS_COUNT_OUTPKTS] += rates[i].packets;
			count[LVS_COUNT_INBYTES] += rates[i].bytes;
			count[LVS_COUNT_OUTBYTES] += rates[i].bytes;
			lvs_rates_fold(&r, count);
		}
		lvs_stats_show(&s, count, zero, &r);
		ck_assert_msg(s.cps == rates[i].pps && s.inpps == s.cps &&
				      s.outpps == s.cps,
			      "%s: %llu packets/s", rates[i].what,
			      (unsigned long long)s.inpps);
		ck_assert_msg(s.inbps == rates[i].bps && s.outbps == s.inbps,
			      "%s: %llu bytes/s", rates[i].what,
			      (unsigned long long)s.inbps);
	}
}
END_TEST

START_TEST(rates_fade)
{
	uint64_t count[LVS_COUNTERS] = { [LVS_COUNT_INPKTS] = 2000 };
	const uint64_t zero[LVS_COUNTERS] = { 0 };
	struct lvs_rates r = { .avg = { 0 } };
	struct lvs_stats s;
	uint64_t last = UINT64_MAX;

	for (int pass = 0; pass < 40; pass++) {
		lvs_rates_fold(&r, count);
		lvs_stats_show(&s, count, zero, &r);
		ck_assert_uint_le(s.inpps, last);
		last = s.inpps;
	}
	ck_assert_uint_eq(last, 0);
}
END_TEST

START_TEST(zero_points)
{
	struct lvs_meter meter = { .base = { 5, 6, 7, 8, 9 },
				   .rates.avg = { 1 << 20 } };
	uint64_t count[LVS_COUNTERS];
	struct lvs_stats s;

	lvs_meter_read(&meter, count);
	lvs_meter_zero(&meter, count);
	meter.base[LVS_COUNT_OUTPKTS] += 2;
	lvs_meter_read(&meter, count);
	lvs_stats_show(&s, count, meter.zero, &meter.rates);
	ck_assert_uint_eq(s.conns, 0);
	ck_assert_uint_eq(s.outpkts, 2);
	ck_assert_uint_eq(s.outbytes, 0);
	ck_assert_uint_eq(s.cps, 0);
}
END_TEST

START_TEST(reasons_have_words)
{
	for (unsigned r = 0; r < LVS_REASON_COUNT; r++) {
		ck_assert_uint_gt(strlen(lvs_reason_name(r)), 0);
		ck_assert_uint_gt(strlen(lvs_reason_text(r)), 0);
	}
	ck_assert_str_eq(lvs_reason_name(LVS_REASON_NO_ROUTE), "no-route");
	ck_assert_str_eq(lvs_reason_name(LVS_REASON_COUNT), "?");
}
END_TEST

LVS_TEST_MAIN("stats", shards_add_up, a_shard_is_a_cache_line, rates_as_ipvs,
	      rates_fade, zero_points, reasons_have_words)
