/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pages.c - pieces that do not overlap, are zero, and come again.
 */
#include "check.h"

#include "base/mem.h"
#include "base/prng.h"

#include <lvs/pages.h>

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define MOST  ((size_t)64 << 20)
#define PIECE ((size_t)96 << 10)

static struct lvs_pages *new_pages(size_t from)
{
	struct lvs_pages_opts opts = LVS_OPTS(struct lvs_pages_opts);
	struct lvs_pages *pages;

	opts.most = MOST;
	opts.from = from;
	opts.ahead = 3;
	ck_assert_int_eq(lvs_pages_new(&opts, &pages), 0);
	return pages;
}

static unsigned tend_all(struct lvs_pages *pages)
{
	unsigned calls = 1;

	while (lvs_pages_tend(pages))
		calls++;
	return calls;
}

static bool is_zero(const unsigned char *bytes, size_t size)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

/* Pieces of all sizes, written all over, given back in any order. */
START_TEST(random_use)
{
	static const size_t sizes[] = { 64,	   1000,      32 << 10,
					64 << 10,  PIECE,     176 << 10,
					128 << 10, 512 << 10, 700 << 10 };
	struct lvs_pages *pages = new_pages(1 << 20);
	const struct lvs_allocator *mem = lvs_pages_allocator(pages);
	struct {
		unsigned char *ptr;
		size_t size;
	} pieces[150] = { { NULL, 0 } };
	struct lvs_prng prng;

	lvs_prng_seed(&prng, 1);
	for (int step = 0; step < 4000; step++) {
		unsigned i = (unsigned)lvs_prng_below(&prng, 150);
		unsigned char mark = (unsigned char)(i + 1);

		if (step % 16 == 0)
			lvs_pages_tend(pages);
		if (!pieces[i].ptr) {
			size_t size = sizes[lvs_prng_below(&prng, 9)];

			pieces[i].ptr = lvs_mem_alloc(mem, size);
			pieces[i].size = size;
			LVS_MUST(pieces[i].ptr);
			LVS_MUST(is_zero(pieces[i].ptr, size));
			LVS_MUST(size % 64 ||
				 (uintptr_t)pieces[i].ptr % 64 == 0);
			memset(pieces[i].ptr, mark, size);
			continue;
		}
		LVS_MUST(pieces[i].ptr[0] == mark);
		LVS_MUST(memcmp(pieces[i].ptr, pieces[i].ptr + 1,
				pieces[i].size - 1) == 0);
		lvs_mem_free(mem, pieces[i].ptr, pieces[i].size);
		pieces[i].ptr = NULL;
	}
	for (unsigned i = 0; i < 150; i++)
		lvs_mem_free(mem, pieces[i].ptr, pieces[i].size);
	lvs_pages_free(pages);
}
END_TEST

/* Nothing is made ready for a small table; for a large one, as much as said. */
START_TEST(ready_when_large)
{
	struct lvs_pages *pages = new_pages(1 << 20);
	const struct lvs_allocator *mem = lvs_pages_allocator(pages);
	unsigned char *first[16], *next[40];

	ck_assert_uint_eq(tend_all(pages), 1);
	for (unsigned i = 0; i < 16; i++)
		first[i] = lvs_mem_alloc(mem, PIECE);
	ck_assert_uint_eq(tend_all(pages), 3);
	/* 21 to a page, one after the other. */
	for (unsigned i = 0; i < 40; i++) {
		next[i] = lvs_mem_alloc(mem, PIECE);
		if (i % 21 != 0)
			ck_assert_ptr_eq(next[i], next[i - 1] + PIECE);
		else
			ck_assert_uint_eq((uintptr_t)next[i] % (2 << 20), 0);
	}
	ck_assert_uint_eq(tend_all(pages), 2);
	/* What was given back is given again. */
	lvs_mem_free(mem, next[5], PIECE);
	ck_assert_ptr_eq(lvs_mem_alloc(mem, PIECE), next[5]);
	for (unsigned i = 0; i < 40; i++)
		lvs_mem_free(mem, next[i], PIECE);
	for (unsigned i = 0; i < 16; i++)
		lvs_mem_free(mem, first[i], PIECE);
	lvs_pages_free(pages);
}
END_TEST

/* When nobody tends, or `most` is used up, memory still comes. */
START_TEST(never_waits)
{
	struct lvs_pages *pages = new_pages(1 << 20);
	const struct lvs_allocator *mem = lvs_pages_allocator(pages);
	void *pieces[1000];

	for (unsigned i = 0; i < 1000; i++) {
		pieces[i] = lvs_mem_alloc(mem, PIECE);
		ck_assert_ptr_nonnull(pieces[i]);
		if (i > 500)
			tend_all(pages);
	}
	ck_assert(!lvs_pages_tend(pages));
	for (unsigned i = 0; i < 1000; i++)
		lvs_mem_free(mem, pieces[i], PIECE);
	lvs_pages_free(pages);
}
END_TEST

struct tender {
	struct lvs_pages *pages;
	atomic_bool stop;
};

static void *tend(void *arg)
{
	struct tender *tender = arg;

	while (!atomic_load(&tender->stop))
		lvs_pages_tend(tender->pages);
	return NULL;
}

START_TEST(tended_by_another_thread)
{
	struct tender tender = { .pages = new_pages(1 << 20) };
	const struct lvs_allocator *mem = lvs_pages_allocator(tender.pages);
	unsigned char *pieces[600];
	pthread_t threads[2];

	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, tend,
						&tender),
				 0);
	for (int round = 0; round < 5; round++) {
		for (unsigned i = 0; i < 600; i++) {
			pieces[i] = lvs_mem_alloc(mem, PIECE);
			LVS_MUST(is_zero(pieces[i], PIECE));
			memset(pieces[i], 0xff, PIECE);
		}
		for (unsigned i = 0; i < 600; i++)
			lvs_mem_free(mem, pieces[i], PIECE);
	}
	atomic_store(&tender.stop, true);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	lvs_pages_free(tender.pages);
}
END_TEST

START_TEST(options)
{
	struct lvs_pages_opts opts = LVS_OPTS(struct lvs_pages_opts);
	struct lvs_pages *pages;

	ck_assert_int_eq(lvs_pages_new(NULL, &pages), 0);
	lvs_pages_free(pages);
	lvs_pages_free(NULL);
	opts.most = (size_t)1 << 60;
	ck_assert_int_eq(lvs_pages_new(&opts, &pages), LVS_ERR_NOMEM);
	opts.sz = 0;
	ck_assert_int_eq(lvs_pages_new(&opts, &pages), LVS_ERR_INVAL);
}
END_TEST

LVS_TEST_MAIN("base/pages", random_use, ready_when_large, never_waits,
	      tended_by_another_thread, options)
