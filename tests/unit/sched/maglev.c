/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * maglev.c - Maglev tables: who waits for them, how many slots a change
 * moves, how even they are.
 */
#include "unit/model/setup.h"

#include "sched/maglev.h"

#include <arpa/inet.h>
#include <sys/mman.h>

#define MOST 1001 /* destinations */

struct world {
	struct lvs_director *dir;
	struct lvs_service_conf conf;
	struct lvs_service *svc;
};

static struct lvs_dest_conf nth_dest(uint32_t n, int32_t weight)
{
	struct lvs_dest_conf conf = LVS_OPTS(struct lvs_dest_conf);

	conf.id.addr = lvs_addr_v4(htonl(0x0a000101 + n));
	conf.id.port = 80;
	conf.weight = weight;
	return conf;
}

static const struct lvs_maglev *table(const struct world *w)
{
	return w->svc->sched_state;
}

static void world_init(struct world *w, const char *scheduler)
{
	w->dir = new_director();
	w->conf = service_conf("10.9.0.1:80", scheduler);
	ck_assert_int_eq(lvs_service_add(w->dir, &w->conf), 0);
	w->svc = lvs_director_exact(w->dir, &w->conf.id);
}

static void add(struct world *w, uint32_t n, int32_t weight)
{
	struct lvs_dest_conf conf = nth_dest(n, weight);

	ck_assert_int_eq(lvs_dest_add(w->dir, &w->conf.id, &conf), 0);
}

static int32_t same(uint32_t n)
{
	(void)n;
	return 100;
}

static int32_t mixed(uint32_t n)
{
	return 10 + (int32_t)n % 7 * 10;
}

/* All at once: the scheduler is given when its destinations are there. */
static void add_all(struct world *w, uint32_t count,
		    int32_t (*weight)(uint32_t))
{
	struct lvs_service_conf plain = w->conf;

	strcpy(plain.scheduler, "rr");
	plain.table_size = 0;
	ck_assert_int_eq(lvs_service_edit(w->dir, &plain), 0);
	for (uint32_t n = 0; n < count; n++)
		add(w, n, weight(n));
	ck_assert_int_eq(lvs_service_edit(w->dir, &w->conf), 0);
}

/* ---- nobody waits ----------------------------------------------------------
 */

/*
 * A table cannot be read or written while engines are stopped: the work then
 * is the same for any number of slots.
 */
static int fenced_changed(struct lvs_service *svc, struct lvs_dest *dest,
			  enum lvs_dest_event event)
{
	struct lvs_maglev *maglev = svc->sched_state;
	size_t bytes = maglev->size * sizeof(*maglev->slots);
	int err;

	ck_assert_ptr_nonnull(maglev->spare);
	ck_assert_int_eq(mprotect(maglev->slots, bytes, PROT_NONE), 0);
	ck_assert_int_eq(mprotect(maglev->spare, bytes, PROT_NONE), 0);
	err = lvs_maglev_changed(svc, dest, event);
	ck_assert_int_eq(mprotect(maglev->slots, bytes, PROT_READ | PROT_WRITE),
			 0);
	ck_assert_int_eq(mprotect(maglev->spare, bytes, PROT_READ | PROT_WRITE),
			 0);
	return err;
}

static struct fake_engine engine;

/* Whole pages, and only from a caller who lets engines run. */
static void *page_alloc(void *ctx, size_t size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)ctx;
	if (size >= 65536) {
		ck_assert_int_eq(pthread_mutex_trylock(&engine.slot.gate), 0);
		pthread_mutex_unlock(&engine.slot.gate);
	}
	return mem == MAP_FAILED ? NULL : mem;
}

static void page_free(void *ctx, void *ptr, size_t size)
{
	(void)ctx;
	if (ptr && size >= 65536) {
		ck_assert_int_eq(pthread_mutex_trylock(&engine.slot.gate), 0);
		pthread_mutex_unlock(&engine.slot.gate);
	}
	if (ptr)
		munmap(ptr, size);
}

static const char *const tabled[] = { "mh", "mh64k", "chbl" };

START_TEST(nobody_waits)
{
	static const struct lvs_allocator pages = { page_alloc, page_free,
						    NULL };

	for (size_t i = 0; i < sizeof(tabled) / sizeof(*tabled); i++) {
		struct lvs_scheduler fenced = *lvs_scheduler_find(tabled[i]);
		const struct lvs_scheduler *own[] = { &fenced, NULL };
		struct lvs_director_opts opts =
			LVS_OPTS(struct lvs_director_opts);
		struct lvs_dest_conf d = nth_dest(1, 3);
		struct world w = { .conf = service_conf("10.9.0.1:80",
							"fenced") };

		fenced.name = "fenced";
		fenced.changed = fenced_changed;
		opts.schedulers = own;
		opts.mem = &pages;
		w.conf.table_size = 131071;
		ck_assert_int_eq(lvs_director_new(&opts, &w.dir), 0);
		fake_init(&engine, 0);
		ck_assert_int_eq(lvs_director_enter(w.dir, &engine.slot), 0);
		ck_assert_int_eq(lvs_service_add(w.dir, &w.conf), 0);
		w.svc = lvs_director_exact(w.dir, &w.conf.id);
		add(&w, 0, 1);
		add(&w, 1, 1);
		ck_assert_int_eq(lvs_dest_edit(w.dir, &w.conf.id, &d), 0);
		ck_assert_int_eq(lvs_dest_del(w.dir, &w.conf.id, &d.id), 0);
		for (uint32_t s = 0; s < table(&w)->size; s++)
			LVS_MUST(table(&w)->slots[s] == w.svc->first);
		w.conf.table_size = 65537;
		ck_assert_int_eq(lvs_service_edit(w.dir, &w.conf), 0);
		ck_assert_uint_eq(table(&w)->size, 65537);
		lvs_service_flush(w.dir);
		lvs_director_leave(w.dir, &engine.slot);
		lvs_director_free(w.dir);
	}
}
END_TEST

/* ---- how many slots a change moves ------------------------------------------
 */

enum change {
	REMOVED,
	ADDED,
	REWEIGHED, /* to the row's weight */
	QUIESCED
};

/*
 * All of weight 100, and the one in the middle, or one more, changes.
 * `at_least` is what any method must move, as a share of all slots: what that
 * one had or has then.  `at_most` is what ours moves, rounded up.
 */
static const struct {
	const char *what, *scheduler;
	uint32_t count;
	enum change change;
	int32_t weight;
	double at_least, at_most;
} moves[] = {
	{ "one of 10 removed", "mh64k", 10, REMOVED, 0, 0.1, 0.105 },
	{ "one added to 10", "mh64k", 10, ADDED, 100, 0.0909, 0.097 },
	{ "one of 10 at half its weight", "mh64k", 10, REWEIGHED, 50, 0.0473,
	  0.051 },
	{ "one of 10 at twice its weight", "mh64k", 10, REWEIGHED, 200, 0.0818,
	  0.089 },
	{ "one of 10 by 1 % heavier", "mh64k", 10, REWEIGHED, 101, 0.0009,
	  0.0018 },
	{ "one of 10 quiesced: its slots stay", "mh64k", 10, QUIESCED, 0, 0,
	  0 },
	{ "one of 100 removed", "mh64k", 100, REMOVED, 0, 0.01, 0.018 },
	{ "one added to 100", "mh64k", 100, ADDED, 100, 0.0099, 0.018 },
	{ "one of 100 by 1 % heavier", "mh64k", 100, REWEIGHED, 101, 0.0001,
	  0.0015 },
	{ "one of 1000 removed", "mh64k", 1000, REMOVED, 0, 0.001, 0.008 },
	{ "one of 1000 at half its weight", "mh64k", 1000, REWEIGHED, 50,
	  0.0005, 0.005 },
	{ "one of 1000 by 1 % heavier", "mh64k", 1000, REWEIGHED, 101, 0,
	  0.001 },
	{ "chbl: one of 10 removed", "chbl", 10, REMOVED, 0, 0.1, 0.105 },
	{ "chbl: one of 10 by 1 % heavier", "chbl", 10, REWEIGHED, 101, 0.0009,
	  0.0018 },
	{ "as IPVS, one of 10 removed", "mh", 10, REMOVED, 0, 0.1, 0.12 },
	{ "as IPVS, one of 10 by 1 % heavier: five times the minimum and more",
	  "mh", 10, REWEIGHED, 101, 0.0045, 0.2 },
};

static void make_change(struct world *w, size_t row)
{
	struct lvs_dest_conf middle =
		nth_dest(moves[row].count / 2, moves[row].weight);
	int err;

	switch (moves[row].change) {
	case REMOVED:
		err = lvs_dest_del(w->dir, &w->conf.id, &middle.id);
		break;
	case ADDED:
		middle = nth_dest(moves[row].count, moves[row].weight);
		err = lvs_dest_add(w->dir, &w->conf.id, &middle);
		break;
	default:
		err = lvs_dest_edit(w->dir, &w->conf.id, &middle);
	}
	ck_assert_int_eq(err, 0);
}

START_TEST(few_move)
{
	static struct lvs_dest *before[65537];

	for (size_t i = 0; i < sizeof(moves) / sizeof(*moves); i++) {
		uint32_t moved = 0, size;
		struct world w;
		double share;

		world_init(&w, moves[i].scheduler);
		add_all(&w, moves[i].count, same);
		size = table(&w)->size;
		memcpy(before, table(&w)->slots, size * sizeof(*before));
		make_change(&w, i);
		for (uint32_t s = 0; s < size; s++)
			moved += before[s] != table(&w)->slots[s];
		share = (double)moved / size;
		ck_assert_msg(share >= moves[i].at_least * 0.98 &&
				      share <= moves[i].at_most,
			      "%s: %.5f of the slots", moves[i].what, share);
		lvs_director_free(w.dir);
	}
}
END_TEST

/* ---- what a table looks like ------------------------------------------------
 */

static const struct {
	const char *what, *scheduler;
	uint32_t count, size; /* of the table; 0: the scheduler's own */
	double most;	      /* slots above the share by weight */
} shares[] = {
	{ "10 by weight", "mh64k", 10, 0, 1.001 },
	{ "1000 by weight, of 65537", "mh64k", 1000, 0, 1.1 },
	{ "1000 by weight, of a million", "mh64k", 1000, 1000003, 1.01 },
	{ "as many as slots", "mh64k", 251, 251, 32 },
	{ "IPVS's, of 131071", "mh", 100, 131071, 1.01 },
	{ "bounded loads, of a million", "chbl", 1000, 1000003, 1.01 },
};

START_TEST(even)
{
	for (size_t i = 0; i < sizeof(shares) / sizeof(*shares); i++) {
		uint32_t slots[MOST] = { 0 };
		double sum = 0, most = 0;
		struct world w;

		world_init(&w, shares[i].scheduler);
		w.conf.table_size = shares[i].size;
		add_all(&w, shares[i].count, mixed);
		for (uint32_t s = 0; s < table(&w)->size; s++)
			slots[table(&w)->slots[s]->index]++;
		for (uint32_t n = 0; n < shares[i].count; n++)
			sum += mixed(n);
		for (struct lvs_dest *d = w.svc->first; d; d = d->next) {
			double share =
				(double)table(&w)->size * d->weight / sum;

			if (slots[d->index] / share > most)
				most = slots[d->index] / share;
		}
		ck_assert_msg(most <= shares[i].most, "%s: %.4f",
			      shares[i].what, most);
		lvs_director_free(w.dir);
	}
}
END_TEST

/* Two directors need not have been told of their destinations in one order. */
START_TEST(any_order)
{
	struct world up, down;

	world_init(&up, "mh64k");
	world_init(&down, "mh64k");
	for (uint32_t n = 0; n < 20; n++) {
		add(&up, n, mixed(n));
		add(&down, 19 - n, mixed(19 - n));
	}
	for (uint32_t s = 0; s < table(&up)->size; s++)
		LVS_MUST(lvs_addr_equal(&table(&up)->slots[s]->conf.id.addr,
					&table(&down)->slots[s]->conf.id.addr));
	lvs_director_free(up.dir);
	lvs_director_free(down.dir);
}
END_TEST

static const struct {
	const char *what, *scheduler;
	uint32_t size;
	int err;
} sizes[] = {
	{ "the smallest prime", "mh64k", 2, 0 },
	{ "IPVS's smallest", "mh", 251, 0 },
	{ "the largest", "chbl", LVS_TABLE_SIZE_MAX, 0 },
	{ "larger, and a prime", "mh64k", 16777259, LVS_ERR_RANGE },
	{ "no prime", "mh64k", 65536, LVS_ERR_RANGE },
	{ "the square of a prime", "mh64k", 4093 * 4093, LVS_ERR_RANGE },
	{ "no prime either", "mh64k", 1, LVS_ERR_RANGE },
	{ "a scheduler without such a table", "sh", 251, LVS_ERR_NOTSUP },
	{ "no scheduler", "none", 251, LVS_ERR_NOTSUP },
};

START_TEST(table_sizes)
{
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct lvs_director *dir = new_director();
		struct lvs_service_conf conf =
			service_conf("10.9.0.1:80", sizes[i].scheduler);

		conf.table_size = sizes[i].size;
		ck_assert_msg(lvs_service_add(dir, &conf) == sizes[i].err, "%s",
			      sizes[i].what);
		lvs_director_free(dir);
	}
}
END_TEST

LVS_TEST_MAIN("sched maglev", nobody_waits, few_move, even, any_order,
	      table_sizes)
