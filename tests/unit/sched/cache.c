/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cache.c - what lblc and lblcr remember, and when they forget it.
 */
#include "unit/model/setup.h"

#include "base/mem.h"
#include "sched/cache.h"

#include <arpa/inet.h>

#define MEM   (&lvs_mem_default)
#define MAX   16384u
#define LIMIT 24576u

static struct lvs_addr nth_addr(uint32_t n)
{
	return lvs_addr_v4(htonl(0x0a000000 + n));
}

static void fill(struct lvs_cache *cache, uint32_t count, lvs_tstamp now)
{
	for (uint32_t n = 0; n < count; n++) {
		struct lvs_addr addr = nth_addr(n);

		ck_assert_ptr_nonnull(lvs_cache_add(cache, MEM, &addr, now));
	}
}

START_TEST(limit)
{
	static struct lvs_cache cache;
	struct lvs_addr addr = nth_addr(LIMIT);

	fill(&cache, LIMIT, LVS_SEC);
	ck_assert_ptr_null(lvs_cache_add(&cache, MEM, &addr, LVS_SEC));
	addr = nth_addr(LIMIT - 1);
	ck_assert_ptr_nonnull(lvs_cache_find(&cache, &addr));
	lvs_cache_fini(&cache, MEM);
	ck_assert_uint_eq(cache.num_entries, 0);
	ck_assert_ptr_null(lvs_cache_find(&cache, &addr));
}
END_TEST

static void tick_to(struct lvs_cache *cache, lvs_tstamp from, lvs_tstamp to)
{
	for (; from <= to; from += 10 * LVS_SEC)
		lvs_cache_tick(cache, MEM, from);
}

/* COUNT entries at second 1, seconds of ticks, and what is left then. */
static const struct {
	const char *what;
	uint32_t count;
	lvs_tstamp secs;
	uint32_t left;
} rows[] = {
	{ "a few stay", 100, 3600, 100 },
	{ "a few stay nearly a day", 100, 86000, 100 },
	{ "all go after a day, at the next full look", 100, 90000, 0 },
	{ "too many stay while they are used", LIMIT, 350, LIMIT },
	/* At minute 7: (24576 - 16384) * 4 / 3 = 10922, at most 8192. */
	{ "then at most half of the maximum goes at once", LIMIT, 430,
	  LIMIT - 8192 },
	{ "and no more when it is few enough", LIMIT, 3600, LIMIT - 8192 },
};

START_TEST(forgetting)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		static struct lvs_cache cache;

		fill(&cache, rows[i].count, LVS_SEC);
		tick_to(&cache, LVS_SEC, rows[i].secs * LVS_SEC);
		ck_assert_msg(cache.num_entries == rows[i].left, "%s: %u left",
			      rows[i].what, cache.num_entries);
		lvs_cache_fini(&cache, MEM);
		memset(&cache, 0, sizeof(cache));
	}
}
END_TEST

START_TEST(members)
{
	static struct lvs_cache cache;
	struct lvs_dest a = { .index = 1 }, b = { .index = 2 };
	struct lvs_addr addr = nth_addr(1);
	struct lvs_cache_entry *entry = lvs_cache_add(&cache, MEM, &addr, 10);

	lvs_cache_insert(entry, MEM, &a, 20);
	lvs_cache_insert(entry, MEM, &b, 30);
	lvs_cache_insert(entry, MEM, &a, 40);
	ck_assert_uint_eq(entry->num_members, 2);
	ck_assert_uint_eq(entry->changed, 30);
	ck_assert_ptr_eq(entry->members->dest, &b);
	ck_assert_uint_eq(a.refs, 1);
	lvs_cache_erase(entry, MEM, &b, 50);
	ck_assert_uint_eq(b.refs, 0);
	ck_assert_uint_eq(entry->changed, 50);
	lvs_cache_fini(&cache, MEM);
	ck_assert_uint_eq(a.refs, 0);
}
END_TEST

LVS_TEST_MAIN("sched cache", limit, forgetting, members)
