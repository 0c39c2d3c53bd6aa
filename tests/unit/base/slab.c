/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slab.c - records by index, against a plain array that says which are live.
 */
#include "check.h"

#include "base/prng.h"
#include "base/slab.h"
#include "unit/counted.h"

#include <string.h>

#define MANY  100000u
#define CHUNK (1u << LVS_SLAB_SHIFT)

struct record {
	uint64_t self;
	uint32_t rest[3]; /* 24 bytes: not a power of two */
};

static void fill(struct lvs_slab *slab, uint32_t index)
{
	struct record *record = lvs_slab_at(slab, index);

	for (size_t i = 0; i < sizeof(*record); i++)
		LVS_MUST(((unsigned char *)record)[i] == 0);
	record->self = index;
	memset(record->rest, 0xff, sizeof(record->rest));
}

START_TEST(random_use)
{
	static bool live[MANY];
	struct counted counted;
	struct lvs_slab slab;
	struct lvs_prng prng;
	uint32_t count = 0;

	counted_init(&counted);
	memset(live, 0, sizeof(live));
	lvs_prng_seed(&prng, 1);
	lvs_slab_init(&slab, &counted.mem, sizeof(struct record));
	for (int step = 0; step < 400000; step++) {
		/* Grows for a while, then shrinks. */
		bool grow = lvs_prng_below(&prng, 100) <
			    (step / 40000 % 2 ? 20 : 80);
		uint32_t index;

		if (grow && count < MANY / 2) {
			index = lvs_slab_alloc(&slab);
			LVS_MUST(index < MANY);
			LVS_MUST(!live[index]);
			fill(&slab, index);
			live[index] = true;
			count++;
		} else if (count > 0) {
			uint32_t from = (uint32_t)lvs_prng_below(&prng, MANY);

			index = lvs_slab_next(&slab, from);
			if (index == LVS_SLAB_NONE)
				index = lvs_slab_next(&slab, 0);
			LVS_MUST(live[index]);
			LVS_MUST(((struct record *)lvs_slab_at(&slab, index))
					 ->self == index);
			lvs_slab_free(&slab, index);
			live[index] = false;
			count--;
		}
		LVS_MUST(slab.live == count);
		LVS_MUST(slab.bytes == counted.bytes);
	}
	lvs_slab_fini(&slab);
	LVS_MUST(counted.bytes == 0);
}
END_TEST

/* What was reserved is there when memory has run out; no more is asked for. */
START_TEST(reserved)
{
	struct counted counted;
	struct lvs_slab slab;

	counted_init(&counted);
	lvs_slab_init(&slab, &counted.mem, sizeof(struct record));
	for (uint32_t i = 0; i < CHUNK - 1; i++)
		fill(&slab, lvs_slab_alloc(&slab));
	LVS_MUST(lvs_slab_reserve(&slab, 1));
	LVS_MUST(slab.bytes < 2 * sizeof(struct record) * CHUNK);
	LVS_MUST(lvs_slab_reserve(&slab, 2));
	counted.fail_at = counted.calls + 1;
	counted.fail_after = true;
	LVS_MUST(lvs_slab_alloc(&slab) != LVS_SLAB_NONE);
	LVS_MUST(lvs_slab_reserve(&slab, CHUNK));
	for (uint32_t i = 0; i < CHUNK; i++)
		LVS_MUST(lvs_slab_alloc(&slab) != LVS_SLAB_NONE);
	LVS_MUST(!lvs_slab_reserve(&slab, 1));
	lvs_slab_fini(&slab);
	LVS_MUST(counted.bytes == 0);
}
END_TEST

/* The walk gives what is live, in order, from wherever it starts. */
START_TEST(walk_is_exact)
{
	static bool live[4 * CHUNK];
	struct lvs_slab slab;
	struct lvs_prng prng;

	lvs_prng_seed(&prng, 2);
	lvs_slab_init(&slab, &lvs_mem_default, 8);
	for (uint32_t i = 0; i < 4 * CHUNK; i++) {
		LVS_MUST(lvs_slab_alloc(&slab) == i);
		live[i] = true;
	}
	for (uint32_t i = 0; i < 4 * CHUNK; i++) {
		if (i / CHUNK == 2 || lvs_prng_below(&prng, 2)) {
			lvs_slab_free(&slab, i);
			live[i] = false;
		}
	}
	for (uint32_t from = 0; from < 5 * CHUNK; from += 7) {
		uint32_t expected = from;

		while (expected < 4 * CHUNK && !live[expected])
			expected++;
		if (expected >= 4 * CHUNK)
			expected = LVS_SLAB_NONE;
		LVS_MUST(lvs_slab_next(&slab, from) == expected);
	}
	lvs_slab_fini(&slab);
}
END_TEST

/* After a peak memory goes back, but for one chunk's worth to spare. */
START_TEST(gives_back)
{
	struct counted counted;
	struct lvs_slab slab;
	size_t one_chunk = 0;

	counted_init(&counted);
	lvs_slab_init(&slab, &counted.mem, 16);
	for (uint32_t i = 0; i < 16 * CHUNK; i++) {
		lvs_slab_alloc(&slab);
		if (i == 0)
			one_chunk = counted.bytes;
	}
	LVS_MUST(counted.bytes > 10 * one_chunk);
	for (uint32_t i = 1; i < 16 * CHUNK; i++)
		lvs_slab_free(&slab, i);
	LVS_MUST(counted.bytes <= 3 * one_chunk);
	/* And holes are used again. */
	for (uint32_t i = 1; i < 16 * CHUNK; i++)
		LVS_MUST(lvs_slab_alloc(&slab) < 16 * CHUNK + 1);
	lvs_slab_fini(&slab);
	LVS_MUST(counted.bytes == 0);
}
END_TEST

START_TEST(no_memory)
{
	for (uint64_t fail_at = 1; fail_at <= 12; fail_at++) {
		struct counted counted;
		struct lvs_slab slab;
		uint32_t failures = 0;

		counted_init(&counted);
		counted.fail_at = fail_at;
		lvs_slab_init(&slab, &counted.mem, 16);
		for (uint32_t i = 0; i < 5 * CHUNK; i++)
			failures += lvs_slab_alloc(&slab) == LVS_SLAB_NONE;
		LVS_MUST(failures == 1);
		LVS_MUST(slab.live == 5 * CHUNK - 1);
		LVS_MUST(slab.bytes == counted.bytes);
		lvs_slab_fini(&slab);
		LVS_MUST(counted.bytes == 0);
	}
}
END_TEST

LVS_TEST_MAIN("base/slab", random_use, walk_is_exact, gives_back, no_memory,
	      reserved)
