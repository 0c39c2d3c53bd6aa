/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exact.c - choices that recordings of IPVS do not reach: weights of another
 * size, thousands of destinations, a removed destination that comes back.
 */
#include "unit/model/setup.h"

#include <arpa/inet.h>

struct world {
	struct lvs_director *dir;
	struct lvs_service_id id;
	struct lvs_service *svc;
};

static void world_init(struct world *w, const char *scheduler)
{
	w->dir = new_director();
	w->id = add_service(w->dir, "10.9.0.1:80", scheduler);
	w->svc = lvs_director_exact(w->dir, &w->id);
}

static struct lvs_dest *choose(struct world *w, uint32_t client)
{
	struct lvs_sched_flow flow = flow_of(&w->id, client);

	return w->svc->sched->pick(w->svc, &flow);
}

/* wrr as it is defined: the level sinks step by step, and all are asked. */
struct plain_wrr {
	struct lvs_dest *last;
	int64_t level, top, step;
};

static struct lvs_dest *plain_pick(struct world *w, struct plain_wrr *p)
{
	struct lvs_dest *d = p->last;

	for (int64_t tries = 0; tries < 2 * p->top / p->step + 4;) {
		d = d ? d->next : w->svc->first;
		if (!d) {
			tries++;
			p->level -= p->step;
			if (p->level <= 0)
				p->level = p->top;
		} else if (lvs_dest_eligible(d) && d->weight >= p->level) {
			return p->last = d;
		}
	}
	return NULL;
}

static const struct {
	const char *what;
	int32_t weights[5]; /* up to the first that is negative */
	int32_t step, top;
} wrr_rows[] = {
	{ "a common divisor", { 9, 6, 3, -1 }, 3, 7 },
	{ "none", { 7, 5, 3, 2, -1 }, 1, 7 },
	{ "equal ones", { 100, 100, 100, -1 }, 100, 1 },
	{ "quiesced ones", { 0, 4, 0, 2, -1 }, 2, 3 },
	{ "very different ones", { 1, 1000, -1 }, 1, 1000 },
};

START_TEST(wrr_levels)
{
	for (size_t i = 0; i < sizeof(wrr_rows) / sizeof(*wrr_rows); i++) {
		struct plain_wrr plain = { .step = wrr_rows[i].step,
					   .top = wrr_rows[i].top,
					   .level = wrr_rows[i].top };
		struct lvs_service_conf conf;
		struct world w;

		world_init(&w, "rr");
		for (int d = 0; wrr_rows[i].weights[d] >= 0; d++) {
			char text[LVS_ENDPOINT_STRLEN];

			snprintf(text, sizeof(text), "10.0.1.%d:80", d + 1);
			add_dest(w.dir, &w.id, text, wrr_rows[i].weights[d]);
		}
		conf = service_conf("10.9.0.1:80", "wrr");
		ck_assert_int_eq(lvs_service_edit(w.dir, &conf), 0);
		for (uint32_t n = 0; n < 5000; n++) {
			struct lvs_dest *want = plain_pick(&w, &plain);

			ck_assert_msg(choose(&w, n) == want, "%s: pick %u",
				      wrr_rows[i].what, n);
		}
		lvs_director_free(w.dir);
	}
}
END_TEST

/* Levels that nobody reaches are not gone through one by one. */
START_TEST(wrr_huge_weight)
{
	struct lvs_dest_conf heavy = dest_conf("10.0.1.1:80", INT32_MAX);
	struct world w;

	heavy.u_threshold = 1;
	world_init(&w, "wrr");
	ck_assert_int_eq(lvs_dest_add(w.dir, &w.id, &heavy), 0);
	add_dest(w.dir, &w.id, "10.0.1.2:80", 1);
	lvs_dest_bind(the_dest(w.dir, &w.id, "10.0.1.1:80"), false);
	for (uint32_t n = 0; n < 1000; n++)
		ck_assert_int_eq(choose(&w, n)->weight, 1);
	lvs_director_free(w.dir);
}
END_TEST

/* All full: nobody, and afterwards on from where it stood. */
START_TEST(wrr_after_overload)
{
	struct lvs_dest *a, *b;
	struct world w;

	world_init(&w, "wrr");
	add_dest(w.dir, &w.id, "10.0.1.1:80", 2);
	add_dest(w.dir, &w.id, "10.0.1.2:80", 2);
	a = choose(&w, 0);
	b = choose(&w, 1);
	ck_assert_ptr_ne(a, b);
	ck_assert_ptr_eq(choose(&w, 2), a);
	atomic_fetch_or(&a->flags, LVS_DEST_OVERLOAD);
	atomic_fetch_or(&b->flags, LVS_DEST_OVERLOAD);
	ck_assert_ptr_null(choose(&w, 3));
	atomic_fetch_and(&a->flags, ~LVS_DEST_OVERLOAD);
	atomic_fetch_and(&b->flags, ~LVS_DEST_OVERLOAD);
	ck_assert_ptr_eq(choose(&w, 4), b);
	lvs_director_free(w.dir);
}
END_TEST

/* After that the level is the lowest: at the end of the list, the top again. */
START_TEST(wrr_level_after_overload)
{
	static const int32_t after[] = { 3, 3, 1, 3, 3, 3, 1 };
	struct lvs_service_conf conf = service_conf("10.9.0.1:80", "wrr");
	struct lvs_dest *heavy, *light;
	struct world w;

	world_init(&w, "rr");
	add_dest(w.dir, &w.id, "10.0.1.1:80", 3);
	add_dest(w.dir, &w.id, "10.0.1.2:80", 1);
	ck_assert_int_eq(lvs_service_edit(w.dir, &conf), 0);
	heavy = choose(&w, 0);
	ck_assert_int_eq(heavy->weight, 3);
	light = the_dest(w.dir, &w.id, "10.0.1.2:80");
	atomic_fetch_or(&heavy->flags, LVS_DEST_OVERLOAD);
	atomic_fetch_or(&light->flags, LVS_DEST_OVERLOAD);
	ck_assert_ptr_null(choose(&w, 1));
	atomic_fetch_and(&heavy->flags, ~LVS_DEST_OVERLOAD);
	atomic_fetch_and(&light->flags, ~LVS_DEST_OVERLOAD);
	for (uint32_t n = 0; n < sizeof(after) / sizeof(*after); n++)
		ck_assert_int_eq(choose(&w, n)->weight, after[n]);
	lvs_director_free(w.dir);
}
END_TEST

/* rr goes on with who stood after a removed destination. */
START_TEST(rr_removed)
{
	struct world w;

	world_init(&w, "rr");
	for (int d = 4; d > 0; d--) {
		char text[LVS_ENDPOINT_STRLEN];

		snprintf(text, sizeof(text), "10.0.1.%d:80", d);
		add_dest(w.dir, &w.id, text, d);
	}
	ck_assert_int_eq(choose(&w, 0)->weight, 1);
	ck_assert_int_eq(choose(&w, 1)->weight, 2);
	ck_assert_int_eq(del_dest(w.dir, &w.id, "10.0.1.2:80"), 0);
	ck_assert_int_eq(choose(&w, 2)->weight, 3);
	ck_assert_int_eq(choose(&w, 3)->weight, 4);
	ck_assert_int_eq(choose(&w, 4)->weight, 1);
	ck_assert_int_eq(del_dest(w.dir, &w.id, "10.0.1.1:80"), 0);
	ck_assert_int_eq(choose(&w, 5)->weight, 3);
	lvs_director_free(w.dir);
}
END_TEST

/* lblc: removed means elsewhere; back again means back, while remembered. */
START_TEST(lblc_comes_back)
{
	struct lvs_dest *first, *second;
	struct world w;

	world_init(&w, "lblc");
	add_dest(w.dir, &w.id, "10.0.1.1:80", 1);
	add_dest(w.dir, &w.id, "10.0.1.2:80", 1);
	first = choose(&w, 0);
	ck_assert_ptr_eq(choose(&w, 1), first);
	ck_assert_int_eq(lvs_dest_del(w.dir, &w.id, &first->conf.id), 0);
	add_dest(w.dir, &w.id, "10.0.1.2:80", 1);
	ck_assert_ptr_eq(choose(&w, 2), first);
	ck_assert_int_eq(lvs_dest_del(w.dir, &w.id, &first->conf.id), 0);
	second = choose(&w, 3);
	ck_assert_ptr_ne(second, first);
	add_dest(w.dir, &w.id, "10.0.1.2:80", 1);
	ck_assert_ptr_eq(choose(&w, 4), second);
	lvs_director_free(w.dir);
}
END_TEST

/* The share of 10,000 clients that are sent elsewhere by a change. */
static double moved(struct world *w, int (*change)(struct world *w))
{
	enum {
		CLIENTS = 10000
	};
	static struct lvs_dest *before[CLIENTS];
	unsigned count = 0;

	for (uint32_t n = 0; n < CLIENTS; n++)
		before[n] = choose(w, n * 7919);
	ck_assert_int_eq(change(w), 0);
	for (uint32_t n = 0; n < CLIENTS; n++)
		count += choose(w, n * 7919) != before[n];
	return (double)count / CLIENTS;
}

static int remove_one(struct world *w)
{
	return del_dest(w->dir, &w->id, "10.0.1.5:80");
}

static int add_one(struct world *w)
{
	struct lvs_dest_conf conf = dest_conf("10.0.1.5:80", 1);

	return lvs_dest_add(w->dir, &w->id, &conf);
}

static int quiesce_one(struct world *w)
{
	struct lvs_dest_conf conf = dest_conf("10.0.1.5:80", 0);

	return lvs_dest_edit(w->dir, &w->id, &conf);
}

/* Ten equal destinations: a tenth has to move, Maglev moves little more. */
START_TEST(mh_moves_few)
{
	struct lvs_service_conf conf = service_conf("10.9.0.1:80", "mh");
	struct world w;

	world_init(&w, "mh");
	conf.flags = LVS_SVC_SCHED1;
	ck_assert_int_eq(lvs_service_edit(w.dir, &conf), 0);
	for (int d = 0; d < 10; d++) {
		char text[LVS_ENDPOINT_STRLEN];

		snprintf(text, sizeof(text), "10.0.1.%d:80", d);
		add_dest(w.dir, &w.id, text, 1);
	}
	ck_assert_double_le(moved(&w, remove_one), 0.15);
	ck_assert_double_le(moved(&w, add_one), 0.15);
	ck_assert_double_le(moved(&w, quiesce_one), 0.105);
	lvs_director_free(w.dir);
}
END_TEST

/*
 * A quiesced destination keeps its slots, and its clients are refused; one
 * that was added with weight 0, even out of the trash, has none.
 */
START_TEST(mh_weight_zero)
{
	struct world w;
	unsigned refused = 0;

	world_init(&w, "mh");
	add_dest(w.dir, &w.id, "10.0.1.1:80", 1);
	add_one(&w);
	ck_assert_int_eq(quiesce_one(&w), 0);
	for (uint32_t n = 0; n < 1000; n++)
		refused += !choose(&w, n);
	ck_assert_uint_ge(refused, 450);
	ck_assert_uint_le(refused, 550);
	ck_assert_int_eq(remove_one(&w), 0);
	add_dest(w.dir, &w.id, "10.0.1.5:80", 0);
	for (uint32_t n = 0; n < 1000; n++)
		ck_assert_ptr_nonnull(choose(&w, n));
	lvs_director_free(w.dir);
}
END_TEST

/* More destinations than slots: an error at bind, no harm when added. */
START_TEST(mh_too_many)
{
	enum {
		SLOTS = 4093
	};
	struct lvs_service_conf conf = service_conf("10.9.0.1:80", "mh");
	struct lvs_dest_conf dest = dest_conf("10.1.0.0:80", 1);
	struct world w;

	world_init(&w, "wlc");
	for (uint32_t d = 0; d < SLOTS; d++) {
		dest.id.addr.ip.v4_be = htonl(0x0a010001 + d);
		ck_assert_int_eq(lvs_dest_add(w.dir, &w.id, &dest), 0);
	}
	ck_assert_int_eq(lvs_service_edit(w.dir, &conf), 0);
	dest.id.addr.ip.v4_be = htonl(0x0a030000);
	ck_assert_int_eq(lvs_dest_add(w.dir, &w.id, &dest), 0);
	ck_assert_ptr_nonnull(choose(&w, 1));
	conf = service_conf("10.9.0.1:80", "wlc");
	ck_assert_int_eq(lvs_service_edit(w.dir, &conf), 0);
	conf = service_conf("10.9.0.1:80", "mh");
	ck_assert_int_eq(lvs_service_edit(w.dir, &conf), LVS_ERR_INVAL);
	lvs_director_free(w.dir);
}
END_TEST

LVS_TEST_MAIN("sched exact", wrr_levels, wrr_huge_weight, wrr_after_overload,
	      wrr_level_after_overload, rr_removed, lblc_comes_back,
	      mh_moves_few, mh_weight_zero, mh_too_many)
