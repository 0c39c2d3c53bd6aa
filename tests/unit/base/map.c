/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * map.c - the map of hashes, against an array of what was inserted.
 */
#include "check.h"

#include "base/hash.h"
#include "base/map.h"
#include "base/prng.h"
#include "unit/counted.h"

#include <string.h>

#define MANY 60000u

static const uint64_t key[2] = { 1, 2 };
static unsigned spread; /* bits that hashes may differ in */

static uint64_t hash_of(void *ctx, uint32_t value)
{
	uint64_t hash = lvs_hash_bytes(key, &value, sizeof(value));

	(void)ctx;
	return spread < 64 ? hash & ((UINT64_C(1) << spread) - 1) : hash;
}

static void map_new(struct lvs_map *map, const struct lvs_allocator *mem)
{
	struct lvs_map_opts opts = { .mem = *mem, .hash = hash_of };

	LVS_MUST(lvs_map_init(map, &opts) == 0);
}

static unsigned found(const struct lvs_map *map, uint32_t value)
{
	uint64_t hash = hash_of(NULL, value);
	const struct lvs_bucket *bucket = lvs_map_first(map, hash);
	unsigned count = 0;

	for (; bucket; bucket = lvs_map_more(map, bucket)) {
		unsigned slots = lvs_bucket_match(bucket, lvs_map_tag(hash));

		for (; slots; slots &= slots - 1)
			count += bucket->values[__builtin_ctz(slots)] == value;
	}
	return count;
}

/* Tags from few values, so that there are matches in all combinations. */
START_TEST(tags)
{
	struct lvs_prng prng;

	lvs_prng_seed(&prng, 4);
	for (int round = 0; round < 100000; round++) {
		struct lvs_bucket bucket;
		uint8_t *bytes = (uint8_t *)&bucket;
		uint8_t tag = (uint8_t)(lvs_prng_next(&prng) & 0x83);
		unsigned expected = 0;

		for (size_t i = 0; i < sizeof(bucket); i++)
			bytes[i] = (uint8_t)(lvs_prng_next(&prng) & 0x83);
		for (unsigned i = 0; i < LVS_BUCKET_SLOTS; i++)
			expected |= (unsigned)(bucket.tags[i] == tag) << i;
		LVS_MUST(lvs_bucket_match(&bucket, tag) == expected);
	}
}
END_TEST

static void check_all(const struct lvs_map *map, const bool live[])
{
	for (uint32_t i = 0; i < MANY; i++)
		LVS_MUST(found(map, i) == live[i]);
}

/*
 * Grows over several rounds and shrinks again; with few different hashes too,
 * which nothing but long chains can hold.
 */
static void random_use(unsigned hash_bits)
{
	static bool live[MANY];
	struct counted counted;
	struct lvs_map map;
	struct lvs_prng prng;
	uint64_t count = 0;

	spread = hash_bits;
	memset(live, 0, sizeof(live));
	counted_init(&counted);
	lvs_prng_seed(&prng, hash_bits);
	map_new(&map, &counted.mem);
	for (uint32_t step = 0; step < 4 * MANY; step++) {
		uint32_t value = (uint32_t)lvs_prng_below(&prng, MANY);
		uint64_t hash = hash_of(NULL, value);

		LVS_MUST(found(&map, value) == live[value]);
		if (live[value] && step < 2 * MANY && step % 4)
			continue; /* mostly growing at first */
		if (live[value])
			LVS_MUST(lvs_map_remove(&map, hash, value));
		else
			LVS_MUST(lvs_map_insert(&map, hash, value) == 0);
		live[value] = !live[value];
		count += live[value] ? 1 : UINT64_MAX;
		LVS_MUST(map.entries == count);
		LVS_MUST(lvs_map_bytes(&map) == counted.bytes);
		if (step % 50000 == 0)
			check_all(&map, live);
	}
	check_all(&map, live);
	LVS_MUST(map.buckets > 4096);
	for (uint32_t i = 0; i < MANY; i++)
		LVS_MUST(lvs_map_remove(&map, hash_of(NULL, i), i) == live[i]);
	LVS_MUST(map.entries == 0);
	LVS_MUST(map.overflow.live == 0);
	lvs_map_fini(&map);
	LVS_MUST(counted.bytes == 0);
}

START_TEST(random_hashes)
{
	random_use(64);
}
END_TEST

START_TEST(few_hashes)
{
	random_use(9);
}
END_TEST

/* Past the size from which on splitting has asked for hashes again. */
START_TEST(large)
{
	const uint32_t count = 2600000;
	struct lvs_map map;

	spread = 64;
	map_new(&map, &lvs_mem_default);
	for (uint32_t i = 0; i < count; i++)
		LVS_MUST(lvs_map_insert(&map, hash_of(NULL, i), i) == 0);
	LVS_MUST(map.buckets > 1u << 18);
	for (uint32_t i = 0; i < count; i++)
		LVS_MUST(found(&map, i) == 1);
	lvs_map_grow(&map, UINT32_MAX);
	for (uint32_t i = 0; i < count; i++)
		LVS_MUST(lvs_map_remove(&map, hash_of(NULL, i), i));
	LVS_MUST(map.entries == 0);
	lvs_map_fini(&map);
}
END_TEST

/*
 * Full and nearly empty by turns: what is left is found at every size, also by
 * the splits that come after merging, and memory is back at the end.
 */
static void waves(unsigned hash_bits)
{
	static bool live[MANY];
	struct counted counted;
	struct lvs_map map;
	size_t small;

	spread = hash_bits;
	memset(live, 0, sizeof(live));
	counted_init(&counted);
	map_new(&map, &counted.mem);
	small = counted.bytes;
	for (unsigned wave = 0; wave < 3; wave++) {
		for (uint32_t i = 0; i < MANY; i++) {
			if (!live[i])
				LVS_MUST(lvs_map_insert(&map, hash_of(NULL, i),
							i) == 0);
			live[i] = true;
			LVS_MUST(!lvs_map_shrink(&map, 1));
		}
		check_all(&map, live);
		for (uint32_t i = 0; i < MANY; i++) {
			live[i] = i % 100 == wave;
			if (!live[i])
				LVS_MUST(lvs_map_remove(&map, hash_of(NULL, i),
							i));
			lvs_map_shrink(&map, i % 3);
			if (i % 10000 == 0)
				check_all(&map, live);
			LVS_MUST(lvs_map_bytes(&map) == counted.bytes);
		}
		while (lvs_map_shrink(&map, 16))
			;
		LVS_MUST(map.buckets == 1024);
		check_all(&map, live);
	}
	for (uint32_t i = 0; i < MANY; i++)
		if (live[i])
			lvs_map_remove(&map, hash_of(NULL, i), i);
	/* The array of chunks and a chunk of overflow buckets stay. */
	LVS_MUST(counted.bytes < 8 * small);
	LVS_MUST(map.overflow.live == 0);
	lvs_map_fini(&map);
	LVS_MUST(counted.bytes == 0);
}

START_TEST(waves_of_random_hashes)
{
	waves(64);
}
END_TEST

START_TEST(waves_of_few_hashes)
{
	waves(11);
}
END_TEST

/* Through the sizes at which merging has to ask for hashes, and back. */
START_TEST(large_and_small_again)
{
	const uint32_t count = 2600000, keep = 3000;
	struct lvs_map map;
	size_t full;

	spread = 64;
	map_new(&map, &lvs_mem_default);
	for (uint32_t i = 0; i < count; i++)
		LVS_MUST(lvs_map_insert(&map, hash_of(NULL, i), i) == 0);
	full = lvs_map_bytes(&map);
	for (uint32_t i = keep; i < count; i++)
		LVS_MUST(lvs_map_remove(&map, hash_of(NULL, i), i));
	while (lvs_map_shrink(&map, 16))
		;
	LVS_MUST(lvs_map_bytes(&map) < full / 50);
	for (uint32_t i = 0; i < keep; i++)
		LVS_MUST(found(&map, i) == 1);
	for (uint32_t i = keep; i < count; i++)
		LVS_MUST(lvs_map_insert(&map, hash_of(NULL, i), i) == 0);
	for (uint32_t i = 0; i < count; i++)
		LVS_MUST(found(&map, i) == 1);
	lvs_map_fini(&map);
}
END_TEST

/* Without memory merging waits, and nothing is lost. */
START_TEST(no_memory_to_merge)
{
	static bool live[MANY];
	struct counted counted;
	struct lvs_map map;
	uint32_t buckets;

	spread = 12; /* chains that don't fit into one another's buckets */
	counted_init(&counted);
	map_new(&map, &counted.mem);
	for (uint32_t i = 0; i < MANY; i++) {
		LVS_MUST(lvs_map_insert(&map, hash_of(NULL, i), i) == 0);
		live[i] = true;
	}
	counted.fail_at = counted.calls + 1;
	counted.fail_after = true;
	buckets = map.buckets;
	while (lvs_slab_alloc(&map.overflow) != LVS_SLAB_NONE)
		;
	map.entries = 0; /* as if nearly empty, which such chains never are */
	while (lvs_map_shrink(&map, 16))
		;
	map.entries = MANY;
	LVS_MUST(map.buckets > 1024 && map.buckets <= buckets);
	check_all(&map, live);
	lvs_map_fini(&map);
	LVS_MUST(counted.bytes == 0);
}
END_TEST

START_TEST(replaced)
{
	struct lvs_map map;

	spread = 0;
	map_new(&map, &lvs_mem_default);
	for (uint32_t i = 0; i < 40; i++)
		LVS_MUST(lvs_map_insert(&map, 0, i) == 0);
	LVS_MUST(lvs_map_replace(&map, 0, 7, 1007));
	LVS_MUST(!lvs_map_replace(&map, 0, 7, 1008));
	LVS_MUST(found(&map, 7) == 0);
	LVS_MUST(found(&map, 1007) == 1);
	LVS_MUST(map.entries == 40);
	lvs_map_fini(&map);
}
END_TEST

/* Without memory growing waits, and nothing that is in the map is lost. */
START_TEST(no_memory)
{
	spread = 64;
	for (uint64_t fail_at = 1; fail_at < 40; fail_at++) {
		static bool live[MANY];
		struct counted counted;
		struct lvs_map map;
		struct lvs_map_opts opts = { .hash = hash_of };

		memset(live, 0, sizeof(live));
		counted_init(&counted);
		counted.fail_at = fail_at;
		counted.fail_after = fail_at % 2;
		opts.mem = counted.mem;
		if (lvs_map_init(&map, &opts) != 0) {
			LVS_MUST(fail_at <= 2);
			LVS_MUST(counted.bytes == 0);
			continue;
		}
		for (uint32_t i = 0; i < MANY; i++)
			live[i] =
				lvs_map_insert(&map, hash_of(NULL, i), i) == 0;
		check_all(&map, live);
		counted.fail_at = 0;
		lvs_map_grow(&map, UINT32_MAX);
		check_all(&map, live);
		lvs_map_fini(&map);
		LVS_MUST(counted.bytes == 0);
	}
}
END_TEST

LVS_TEST_MAIN("base/map", tags, random_hashes, few_hashes, large,
	      waves_of_random_hashes, waves_of_few_hashes,
	      large_and_small_again, no_memory_to_merge, replaced, no_memory)
