/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * setup_time.c - how long a destination takes, as it is averaged and
 * forgotten.
 */
#include "unit/model/setup.h"

#define US ((uint64_t)1000)
#define MS (1000 * US)

/* One after the other; times since the first are given in milliseconds. */
static const struct {
	const char *what;
	uint64_t at;
	uint64_t took;	/* ns; 0: only looked at */
	uint64_t known; /* afterwards, in 64 ns */
} steps[] = {
	{ "nothing is known", 0, 0, 0 },
	{ "the first time is the average", 0, 640 * US, 10000 },
	{ "a longer one counts an eighth", 1, 1280 * US, 11250 },
	{ "a shorter one too", 2, 80 * US, 10000 },
	{ "it stays known for ten seconds", 10002, 0, 10000 },
	{ "and not longer", 10052, 0, 0 },
	{ "the next one is a first one again", 10052, 64 * US, 1000 },
	{ "an engine whose clock is behind", 10000, 128 * US, 1125 },
	{ "the least there is", 30000, 1, 1 },
	{ "the most", 60000, 600000 * MS, 156250000 },
};

START_TEST(averaged)
{
	struct lvs_dest dest = { .weight = 1 };
	const lvs_tstamp first = 500 * LVS_SEC;

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		lvs_tstamp now = first + steps[i].at * MS;
		uint64_t known;

		if (steps[i].took)
			lvs_dest_setup_took(&dest, steps[i].took, now);
		known = lvs_dest_setup_time(&dest, now);
		ck_assert_msg(known == steps[i].known * 64, "%s: %lu ns",
			      steps[i].what, (unsigned long)known);
	}
}
END_TEST

/* ---- p2c
 * --------------------------------------------------------------------- */

/* Two servers of weight 1 that take so long; how the second one fares. */
static const struct {
	const char *what;
	uint64_t first, second; /* ns; 0: not known */
	double at_least, at_most;
} shares[] = {
	{ "nothing known: alike", 0, 0, 0.49, 0.51 },
	{ "one of them known: alike", 0, 100 * MS, 0.49, 0.51 },
	{ "some 50 us farther away", 100 * US, 150 * US, 0.48, 0.5 },
	{ "9 ms slower: a tenth", 64, 9 * MS, 0.085, 0.095 },
	{ "a second slower: a thousandth", 64, 1000 * MS, 0.0005, 0.0015 },
};

#define PICKS 4000

START_TEST(slower_ones_get_less)
{
	for (size_t i = 0; i < sizeof(shares) / sizeof(*shares); i++) {
		struct lvs_director *dir = new_director();
		struct lvs_service_id id =
			add_service(dir, "10.9.0.1:80", "p2c");
		struct lvs_service *svc = lvs_director_exact(dir, &id);
		struct lvs_dest *second, *first;
		double share;

		add_dest(dir, &id, "10.0.1.1:80", 1);
		add_dest(dir, &id, "10.0.1.2:80", 1);
		first = the_dest(dir, &id, "10.0.1.1:80");
		second = the_dest(dir, &id, "10.0.1.2:80");
		if (shares[i].first)
			lvs_dest_setup_took(first, shares[i].first, LVS_SEC);
		if (shares[i].second)
			lvs_dest_setup_took(second, shares[i].second, LVS_SEC);
		for (uint32_t n = 0; n < PICKS; n++) {
			struct lvs_sched_flow flow = flow_of(&id, n);

			lvs_dest_activity(lvs_service_schedule(svc, &flow), 1);
		}
		share = (double)lvs_dest_total_now(second) / PICKS;
		ck_assert_msg(share >= shares[i].at_least &&
				      share <= shares[i].at_most,
			      "%s: %.4f", shares[i].what, share);
		lvs_director_free(dir);
	}
}
END_TEST

LVS_TEST_MAIN("model setup time", averaged, slower_ones_get_less)
