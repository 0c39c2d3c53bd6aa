/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slow_start.c - weights that rise: when, how far, and what it makes of the
 * choices.
 */
#include "unit/model/setup.h"

static struct lvs_service_conf conf;

static void start(struct lvs_director **dir, const char *scheduler,
		  uint32_t seconds)
{
	*dir = new_director();
	conf = service_conf("10.9.0.1:80", scheduler);
	conf.slow_start = seconds;
	ck_assert_int_eq(lvs_service_add(*dir, &conf), 0);
}

static struct lvs_dest_conf nth_dest(int n, int32_t weight)
{
	char text[LVS_ENDPOINT_STRLEN];

	snprintf(text, sizeof(text), "10.0.%d.%d:80", n / 256, n % 256);
	return dest_conf(text, weight);
}

/* ---- weights, step by step -------------------------------------------------
 */

enum step {
	TICK, /* at second `n` */
	ADD,  /* number `n` with weight `weight` */
	EDIT,
	DEL,
	SECONDS, /* the service has slow_start of `n` */
	OTHER,	 /* another scheduler for it */
};

/*
 * Ten seconds to rise.  `weights` are those of numbers 1, 2 and 3 afterwards,
 * 0 if there is none: configured ones, or 64 times as much while any rises.
 */
static const struct {
	const char *what;
	enum step step;
	int n;
	int32_t weight;
	int32_t weights[3];
} steps[] = {
	{ "the clock begins", TICK, 100, 0, { 0, 0, 0 } },
	{ "a lone one, not yet begun", ADD, 1, 2, { 8, 0, 0 } },
	{ "another in the same second", ADD, 2, 3, { 8, 12, 0 } },
	{ "both begin", TICK, 101, 0, { 8, 12, 0 } },
	{ "half of the time, half of the rest", TICK, 106, 0, { 68, 102, 0 } },
	{ "one with weight 0 does not rise", ADD, 3, 0, { 68, 102, 0 } },
	{ "a tick at which nothing is over", TICK, 110, 0, { 116, 174, 0 } },
	{ "risen: what is configured", TICK, 111, 0, { 2, 3, 0 } },
	{ "and nothing more", TICK, 200, 0, { 2, 3, 0 } },
	{ "weight 0 to 1: it comes up", EDIT, 3, 1, { 128, 192, 4 } },
	{ "begins", TICK, 201, 0, { 128, 192, 4 } },
	{ "is edited while it rises", EDIT, 3, 2, { 128, 192, 8 } },
	{ "rises", TICK, 206, 0, { 128, 192, 68 } },
	{ "one more weight for a risen one", EDIT, 1, 3, { 192, 192, 68 } },
	{ "goes down while it rises", EDIT, 3, 0, { 3, 3, 0 } },
	{ "comes up anew", EDIT, 3, 2, { 192, 192, 8 } },
	{ "a removal of the only one that rises", DEL, 3, 0, { 3, 3, 0 } },
	{ "it comes back", ADD, 3, 1, { 192, 192, 4 } },
	{ "begins", TICK, 300, 0, { 192, 192, 4 } },
	{ "a scheduler in between", OTHER, 0, 0, { 192, 192, 4 } },
	{ "the service does without", SECONDS, 0, 0, { 3, 3, 1 } },
	{ "also at a tick", TICK, 301, 0, { 3, 3, 1 } },
	{ "the service has it again, and all are up",
	  SECONDS,
	  10,
	  0,
	  { 3, 3, 1 } },
	{ "weights as large as they get",
	  EDIT,
	  1,
	  INT32_MAX,
	  { INT32_MAX, 3, 1 } },
	{ "leave no room for parts", EDIT, 3, 0, { INT32_MAX, 3, 0 } },
	{ "but of their own", EDIT, 3, 32, { INT32_MAX, 3, 2 } },
};

static void make(struct lvs_director *dir, size_t i)
{
	struct lvs_dest_conf d = nth_dest(steps[i].n, steps[i].weight);
	int err = 0;

	switch (steps[i].step) {
	case TICK:
		lvs_director_tick(dir, (lvs_tstamp)steps[i].n * LVS_SEC);
		break;
	case ADD:
		err = lvs_dest_add(dir, &conf.id, &d);
		break;
	case EDIT:
		err = lvs_dest_edit(dir, &conf.id, &d);
		break;
	case DEL:
		err = lvs_dest_del(dir, &conf.id, &d.id);
		break;
	case SECONDS:
		conf.slow_start = (uint32_t)steps[i].n;
		err = lvs_service_edit(dir, &conf);
		break;
	case OTHER:
		strcpy(conf.scheduler, "p2c");
		err = lvs_service_edit(dir, &conf);
		break;
	}
	ck_assert_msg(!err, "%s: %s", steps[i].what, lvs_strerror(err));
}

START_TEST(weights)
{
	struct lvs_director *dir;
	struct lvs_service *svc;

	start(&dir, "wrr", 10);
	svc = lvs_director_exact(dir, &conf.id);
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		make(dir, i);
		for (int n = 0; n < 3; n++) {
			struct lvs_dest_conf d = nth_dest(n + 1, 0);
			struct lvs_dest *dest = lvs_service_dest(svc, &d.id);
			int32_t weight = dest ? dest->weight : 0;

			ck_assert_msg(weight == steps[i].weights[n],
				      "%s: number %d has %d", steps[i].what,
				      n + 1, weight);
		}
	}
	lvs_director_free(dir);
}
END_TEST

/* What is listed is what is configured. */
START_TEST(listed)
{
	struct lvs_director *dir;
	struct lvs_dest_conf d = nth_dest(1, 5);
	struct lvs_dest_info info;

	start(&dir, "wlc", 10);
	ck_assert_int_eq(lvs_dest_add(dir, &conf.id, &d), 0);
	ck_assert_int_eq(lvs_dest_get(dir, &conf.id, &d.id, &info), 0);
	ck_assert_int_eq(info.conf.weight, 5);
	lvs_director_free(dir);
}
END_TEST

/* ---- choices
 * ----------------------------------------------------------------- */

#define PICKS 4400

/* Of connections that stay open, how many number 1 gets of PICKS. */
static unsigned picks_of_first(struct lvs_director *dir)
{
	struct lvs_service *svc = lvs_director_exact(dir, &conf.id);
	struct lvs_dest_conf d = nth_dest(1, 0);
	const struct lvs_dest *first = lvs_service_dest(svc, &d.id);
	unsigned got = 0;

	for (uint32_t n = 0; n < PICKS; n++) {
		struct lvs_sched_flow flow = flow_of(&conf.id, n);
		struct lvs_dest *dest = lvs_service_schedule(svc, &flow);

		ck_assert_ptr_nonnull(dest);
		lvs_dest_activity(dest, 1);
		got += dest == first;
	}
	for (struct lvs_dest *x = svc->first; x; x = x->next) {
		while (lvs_dest_total_now(x)) {
			lvs_dest_activity(x, -1);
			lvs_dest_unbind(x, false);
		}
	}
	return got;
}

/* Whether GOT is PART of WHOLE of all picks, to a twentieth. */
static bool near(unsigned got, unsigned part, unsigned whole)
{
	unsigned want = PICKS * part / whole;

	return got >= want - want / 20 - 1 && got <= want + want / 20 + 1;
}

START_TEST(choices)
{
	for (size_t s = 0; lvs_scheduler_at(s); s++) {
		const struct lvs_scheduler *sched = lvs_scheduler_at(s);
		struct lvs_dest_conf first = nth_dest(1, 0);
		struct lvs_dest_conf second = nth_dest(2, 1);
		struct lvs_director *dir;
		unsigned got;

		if (!(sched->traits & LVS_SCHED_SLOW_START))
			continue;
		start(&dir, sched->name, 20);
		ck_assert_int_eq(lvs_dest_add(dir, &conf.id, &first), 0);
		ck_assert_int_eq(lvs_dest_add(dir, &conf.id, &second), 0);
		lvs_director_tick(dir, 100 * LVS_SEC);
		ck_assert_msg(picks_of_first(dir) == 0, "%s: alone",
			      sched->name);
		lvs_director_tick(dir, 200 * LVS_SEC);
		first.weight = 1;
		ck_assert_int_eq(lvs_dest_edit(dir, &conf.id, &first), 0);
		lvs_director_tick(dir, 201 * LVS_SEC);
		got = picks_of_first(dir);
		ck_assert_msg(near(got, 1, 17), "%s: %u at first", sched->name,
			      got);
		lvs_director_tick(dir, 211 * LVS_SEC);
		got = picks_of_first(dir);
		ck_assert_msg(near(got, 17, 49), "%s: %u then", sched->name,
			      got);
		lvs_director_tick(dir, 221 * LVS_SEC);
		got = picks_of_first(dir);
		ck_assert_msg(near(got, 1, 2), "%s: %u at last", sched->name,
			      got);
		lvs_director_free(dir);
	}
}
END_TEST

/* ---- what cannot be had
 * --------------------------------------------------------- */

START_TEST(refused)
{
	static const char *const without[] = {
		"rr", "lc",    "fo",   "ovf",  "dh",	"sh",
		"mh", "mh64k", "chbl", "lblc", "lblcr", "none"
	};
	struct lvs_director *dir = new_director();

	for (size_t i = 0; i < sizeof(without) / sizeof(*without); i++) {
		conf = service_conf("10.9.0.1:80", without[i]);
		conf.slow_start = 1;
		ck_assert_msg(lvs_service_add(dir, &conf) == LVS_ERR_NOTSUP,
			      "%s", without[i]);
	}
	conf = service_conf("10.9.0.1:80", "wlc");
	conf.slow_start = LVS_TIMEOUT_MAX + 1;
	ck_assert_int_eq(lvs_service_add(dir, &conf), LVS_ERR_INVAL);
	conf.slow_start--;
	ck_assert_int_eq(lvs_service_add(dir, &conf), 0);
	lvs_director_free(dir);
}
END_TEST

LVS_TEST_MAIN("model slow start", weights, listed, choices, refused)
