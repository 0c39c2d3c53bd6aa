/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check.h - what every unit test program shares.
 *
 * A file of tests ends in LVS_TEST_MAIN("name", test_a, test_b, ...): one
 * suite, run with or without forking as CK_FORK says.  A table-driven test
 * puts a sentence in each row and prints it when the row fails.
 */
#ifndef LVS_TESTS_CHECK_H
#define LVS_TESTS_CHECK_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* As ck_assert, without its system call: for loops of many thousands. */
#define LVS_MUST(condition)                                                    \
	do {                                                                   \
		if (!(condition))                                              \
			ck_abort_msg("not so: %s", #condition);                \
	} while (0)

#define LVS_TEST_MAIN(title, ...) LVS_TEST_MAIN_UNLESS(NULL, title, __VA_ARGS__)

/* If WHY_NOT, a string, is not NULL, the program is skipped and says it. */
#define LVS_TEST_MAIN_UNLESS(why_not, title, ...)                              \
	int main(void)                                                         \
	{                                                                      \
		const char *reason = (why_not);                                \
		const TTest *const tests[] = { __VA_ARGS__ };                  \
		SRunner *runner;                                               \
		Suite *suite;                                                  \
		int failed;                                                    \
                                                                               \
		if (reason) {                                                  \
			printf("1..0 # SKIP %s\n", reason);                    \
			return 77;                                             \
		}                                                              \
		suite = suite_create(title);                                   \
		runner = srunner_create(suite);                                \
		for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++) {  \
			TCase *tc = tcase_create(tests[i]->name);              \
                                                                               \
			tcase_set_timeout(tc, 120);                            \
			tcase_add_test(tc, tests[i]);                          \
			suite_add_tcase(suite, tc);                            \
		}                                                              \
		srunner_run_all(runner, CK_ENV);                               \
		failed = srunner_ntests_failed(runner);                        \
		srunner_free(runner);                                          \
		return failed ? EXIT_FAILURE : EXIT_SUCCESS;                   \
	}

#endif
