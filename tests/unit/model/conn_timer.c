/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conn_timer.c - connections go when their time is over, not before.
 */
#include "unit/model/conn_model.h"

/* Each timeout exactly: there one tick before, gone at it. */
START_TEST(expires_at_the_tick)
{
	struct fixture f;

	setup(&f, 1, 0, 12345 * LVS_SEC);
	for (uint32_t timeout = 1; timeout < 100000;
	     timeout += 1 + timeout / 3) {
		LVS_MUST(add(&f, 0, timeout));
		advance(&f, timeout - 1, 10);
		LVS_MUST(f.all[0].conn);
		advance(&f, 1, 10);
		LVS_MUST(!f.all[0].conn);
	}
	teardown(&f);
}
END_TEST

/* The caller that does as it is told by *NEXT is never late. */
START_TEST(next_is_in_time)
{
	struct fixture f;
	lvs_tstamp next;

	setup(&f, 500, 0, 77 * LVS_SEC);
	for (uint32_t i = 0; i < f.count; i++)
		LVS_MUST(add(&f, i, 1 + i * i));
	while (f.live > 0) {
		LVS_MUST(!lvs_conn_table_advance(f.tab, f.now, 1000, &next));
		if (f.live == 0)
			break;
		LVS_MUST(next < UINT64_MAX);
		for (uint32_t i = 0; i < f.count; i++) {
			const struct expected *x = &f.all[i];

			LVS_MUST(!x->conn ||
				 lvs_tick(next) - x->seen <= x->timeout);
		}
		f.now = next;
		f.tick = lvs_tick(next);
	}
	lvs_conn_table_advance(f.tab, f.now, 1000, &next);
	LVS_MUST(next == UINT64_MAX);
	teardown(&f);
}
END_TEST

/* Long after it was made the table sees its first packet. */
START_TEST(late_beginning)
{
	struct fixture f;

	setup(&f, 1, 0, 0);
	f.now = (lvs_tstamp)1000 * 86400 * LVS_SEC;
	LVS_MUST(add(&f, 0, 500));
	advance(&f, 499, 10);
	LVS_MUST(f.all[0].conn);
	advance(&f, 1, 10);
	LVS_MUST(!f.all[0].conn);
	teardown(&f);
}
END_TEST

/* As long as ticks can say: looked at now and then, and left alone. */
START_TEST(longest_timeout)
{
	struct fixture f;

	setup(&f, 2, 0, beginnings[_i]);
	for (uint32_t i = 0; i < f.count; i++)
		LVS_MUST(add(&f, i, i ? UINT32_MAX : 10));
	/* The wheel looks at tick 10 when the last packet was at 1000. */
	f.now += (lvs_tstamp)1000 << LVS_TICK_SHIFT;
	touch(&f.all[0], f.now);
	f.all[0].timeout = UINT32_MAX;
	lvs_conn_set_timeout(f.tab, f.all[0].conn, UINT32_MAX);
	for (uint32_t step = 0; step < 1500; step++) {
		lvs_tstamp next;
		bool more;

		if (step > 0)
			f.now += (lvs_tstamp)lvs_prng_below(&f.prng, 1u << 21)
				 << LVS_TICK_SHIFT;
		f.tick = lvs_tick(f.now);
		more = lvs_conn_table_advance(f.tab, f.now, 3, &next);
		LVS_MUST(!more);
		LVS_MUST(next > f.now);
		LVS_MUST(f.live == 2);
	}
	check_all(&f);
	teardown(&f);
}
END_TEST

/* Seconds are never too few ticks, wherever in its tick a packet came. */
START_TEST(seconds_are_not_early)
{
	for (uint32_t secs = 0; secs < 100000; secs += 1 + secs / 7) {
		lvs_tstamp seen = (lvs_tstamp)77 * LVS_SEC + secs * 1234567;
		lvs_tstamp due =
			(lvs_tstamp)(lvs_tick(seen) + lvs_secs_to_ticks(secs))
			<< LVS_TICK_SHIFT;

		LVS_MUST(due >= seen + secs * LVS_SEC);
		LVS_MUST(due <= seen + secs * LVS_SEC + (2u << LVS_TICK_SHIFT));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("model/conn_timer");
	TCase *tc = tcase_create("conn_timer");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, expires_at_the_tick);
	tcase_add_test(tc, next_is_in_time);
	tcase_add_test(tc, late_beginning);
	tcase_add_loop_test(tc, longest_timeout, 0, 3);
	tcase_add_test(tc, seconds_are_not_early);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
