/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A token bucket: how many at once, and how many in time.
 */
#include "check.h"

#include "base/limit.h"

static unsigned taken(struct lvs_limit *limit, unsigned asks, lvs_tstamp now)
{
	unsigned count = 0;

	while (asks-- > 0)
		count += lvs_limit_take(limit, now);
	return count;
}

/* One every 10, three at once. */
static const struct {
	const char *what;
	lvs_tstamp now;
	unsigned asks, taken;
} asks[] = {
	{ "a full bucket", 1000, 10, 3 },
	{ "nothing came back yet", 1009, 1, 0 },
	{ "one did", 1010, 2, 1 },
	{ "one more, late", 1029, 2, 1 },
	{ "it was not late for the next", 1030, 2, 1 },
	{ "two", 1050, 9, 2 },
	{ "never more than the bucket holds", 5000, 10, 3 },
	{ "half full", 5020, 1, 1 },
	{ "what was left is there", 5020, 3, 1 },
};

START_TEST(a_bucket)
{
	struct lvs_limit limit;

	lvs_limit_init(&limit, 10, 3);
	for (size_t i = 0; i < sizeof(asks) / sizeof(*asks); i++)
		ck_assert_msg(taken(&limit, asks[i].asks, asks[i].now) ==
				      asks[i].taken,
			      "%s", asks[i].what);
}
END_TEST

START_TEST(no_limit)
{
	struct lvs_limit limit;

	lvs_limit_init(&limit, 0, 1);
	ck_assert_uint_eq(taken(&limit, 100, 0), 100);
	ck_assert_uint_eq(taken(&limit, 100, 7), 100);
}
END_TEST

START_TEST(in_the_long_run)
{
	struct lvs_limit limit;
	unsigned count = 0;

	lvs_limit_init(&limit, LVS_SEC / 1000, 50);
	for (lvs_tstamp now = 0; now < 10 * LVS_SEC; now += LVS_SEC / 7000)
		count += lvs_limit_take(&limit, now);
	ck_assert_uint_ge(count, 10000);
	ck_assert_uint_le(count, 10050);
}
END_TEST

LVS_TEST_MAIN("base/limit", a_bucket, no_limit, in_the_long_run)
