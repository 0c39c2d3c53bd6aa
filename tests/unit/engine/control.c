/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Of which template a connection is: a map that is asked at random, and one
 * that gets no memory.
 */
#include "check.h"

#include "engine/control.h"
#include "unit/counted.h"

#define CONNS 5000u

static struct lvs_conn conns[CONNS], templates[3];

static struct lvs_conn *by(size_t i)
{
	return &templates[i % 3];
}

START_TEST(each_connection_finds_its_own)
{
	struct lvs_controls ctl = { 0 };

	ck_assert_int_eq(lvs_controls_init(&ctl, &lvs_mem_default), 0);
	for (size_t i = 0; i < CONNS; i++) {
		ck_assert_ptr_null(lvs_control_of(&ctl, &conns[i]));
		ck_assert(lvs_control_add(&ctl, &conns[i], by(i)));
		ck_assert(conns[i].flags & LVS_CONN_CONTROLLED);
	}
	for (size_t i = 0; i < CONNS; i += 2) {
		ck_assert_ptr_eq(lvs_control_take(&ctl, &conns[i]), by(i));
		ck_assert(!(conns[i].flags & LVS_CONN_CONTROLLED));
		ck_assert_ptr_null(lvs_control_take(&ctl, &conns[i]));
	}
	for (size_t i = 0; i < CONNS; i++)
		ck_assert_ptr_eq(lvs_control_of(&ctl, &conns[i]),
				 i % 2 ? by(i) : NULL);
	lvs_controls_fini(&ctl);
}
END_TEST

START_TEST(without_memory_nothing_is_entered)
{
	struct lvs_controls ctl = { 0 };
	struct counted counted;
	bool failed = false;

	counted_init(&counted);
	ck_assert_int_eq(lvs_controls_init(&ctl, &counted.mem), 0);
	counted.fail_at = counted.calls + 1;
	for (size_t i = 0; i < CONNS; i++) {
		conns[i].flags = 0;
		if (lvs_control_add(&ctl, &conns[i], by(i)))
			continue;
		failed = true;
		ck_assert(!(conns[i].flags & LVS_CONN_CONTROLLED));
		ck_assert_ptr_null(lvs_control_of(&ctl, &conns[i]));
		counted.fail_at = 0;
	}
	ck_assert(failed);
	lvs_controls_fini(&ctl);
	ck_assert_uint_eq(counted.bytes, 0);
}
END_TEST

LVS_TEST_MAIN("engine/control", each_connection_finds_its_own,
	      without_memory_nothing_is_entered)
