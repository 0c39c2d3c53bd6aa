/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * map.c - putting into buckets, taking out, splitting and merging them.
 */
#include "base/map.h"

#include "base/mem.h"

#include <assert.h>
#include <string.h>

#define CHUNK_BUCKETS (1u << LVS_MAP_CHUNK_SHIFT)
#define CHUNK_BYTES   (CHUNK_BUCKETS * sizeof(struct lvs_bucket))
#define FIRST_ROOM    16u
/* Entries for a bucket at which the next round begins. */
#define FULL_LOAD 8u
/* And at which it begins backwards; after a round either way it is 4. */
#define LOW_LOAD   2u
#define AHEAD_BITS 8u
/* 2^27 buckets carry more entries than there are values. */
#define MAX_BUCKETS (1u << 27)

static_assert(sizeof(struct lvs_bucket) == 64, "a bucket is a cache line");

/* What a slot holds. */
struct entry {
	uint32_t value;
	uint8_t tag, ahead;
};

static struct entry get(const struct lvs_bucket *bucket, unsigned slot)
{
	return (struct entry){
		.value = bucket->values[slot],
		.tag = bucket->tags[slot],
		.ahead = bucket->ahead[slot],
	};
}

static void set(struct lvs_bucket *bucket, unsigned slot, struct entry entry)
{
	bucket->values[slot] = entry.value;
	bucket->tags[slot] = entry.tag;
	bucket->ahead[slot] = entry.ahead;
}

/*
 * Where in a hash the bits ahead of a bucket begin.  A bucket's level is the
 * number of bits that its number was made of; it is split by the next one.
 */
static unsigned ahead_from(unsigned level)
{
	return level - (level - LVS_MAP_CHUNK_SHIFT) % AHEAD_BITS;
}

static unsigned level_of(const struct lvs_map *map, uint32_t number)
{
	bool was_split = number < map->buckets - map->mask - 1;

	return map->level + (was_split || number > map->mask);
}

static bool add_chunk(struct lvs_map *map, uint32_t number)
{
	struct lvs_bucket *chunk;

	if (number == map->room) {
		uint32_t room = map->room ? 2 * map->room : FIRST_ROOM;
		struct lvs_bucket **chunks =
			lvs_mem_regrow(&map->opts.mem, map->chunks,
				       map->room * sizeof(*chunks),
				       room * sizeof(*chunks));

		if (!chunks)
			return false;
		map->bytes += (room - map->room) * sizeof(*chunks);
		map->chunks = chunks;
		map->room = room;
	}
	chunk = lvs_mem_alloc(&map->opts.mem, CHUNK_BYTES);
	if (!chunk)
		return false;
	map->bytes += CHUNK_BYTES;
	map->chunks[number] = chunk;
	return true;
}

int lvs_map_init(struct lvs_map *map, const struct lvs_map_opts *opts)
{
	memset(map, 0, sizeof(*map));
	map->opts = *opts;
	lvs_slab_init(&map->overflow, &opts->mem, sizeof(struct lvs_bucket));
	if (!add_chunk(map, 0)) {
		lvs_map_fini(map);
		return LVS_ERR_NOMEM;
	}
	map->buckets = CHUNK_BUCKETS;
	map->mask = CHUNK_BUCKETS - 1;
	map->level = LVS_MAP_CHUNK_SHIFT;
	return 0;
}

void lvs_map_fini(struct lvs_map *map)
{
	for (uint32_t i = 0; i < map->room; i++)
		lvs_mem_free(&map->opts.mem, map->chunks[i], CHUNK_BYTES);
	lvs_mem_free(&map->opts.mem, map->chunks,
		     map->room * sizeof(*map->chunks));
	lvs_slab_fini(&map->overflow);
}

size_t lvs_map_bytes(const struct lvs_map *map)
{
	return map->bytes + map->overflow.bytes;
}

/*
 * ENTRY into the chain that begins with FIRST.  A new overflow bucket comes
 * from the chain *SPARE (1 + index, linked by `more`) if there is one.
 */
static bool put(struct lvs_map *map, struct lvs_bucket *first,
		struct entry entry, uint32_t *spare)
{
	struct lvs_bucket *bucket = first;
	unsigned holes;
	uint32_t index;

	if (first->more)
		bucket = lvs_map_more(map, first);
	holes = lvs_bucket_match(bucket, 0);
	if (!holes) {
		if (*spare) {
			index = *spare - 1;
			bucket = lvs_slab_at(&map->overflow, index);
			*spare = bucket->more;
			memset(bucket, 0, sizeof(*bucket));
		} else {
			index = lvs_slab_alloc(&map->overflow);
			if (index == LVS_SLAB_NONE)
				return false;
			bucket = lvs_slab_at(&map->overflow, index);
		}
		bucket->more = first->more;
		first->more = index + 1;
		holes = 1;
	}
	set(bucket, (unsigned)__builtin_ctz(holes), entry);
	return true;
}

int lvs_map_insert(struct lvs_map *map, uint64_t hash, uint32_t value)
{
	uint32_t number = lvs_map_number(map, hash);
	struct entry entry = {
		.value = value,
		.tag = lvs_map_tag(hash),
		.ahead = (uint8_t)(hash >> ahead_from(level_of(map, number))),
	};
	uint32_t none = 0;

	if (!put(map, lvs_map_at(map, number), entry, &none))
		return LVS_ERR_NOMEM;
	map->entries++;
	if (map->entries > (uint64_t)map->buckets * FULL_LOAD) {
		map->growing = true;
		map->shrinking = false;
	}
	lvs_map_grow(map, 1);
	return 0;
}

/* The slot of VALUE under HASH; NULL: none. */
static struct lvs_bucket *locate(const struct lvs_map *map, uint64_t hash,
				 uint32_t value, unsigned *slot)
{
	struct lvs_bucket *bucket = lvs_map_first(map, hash);

	for (; bucket; bucket = lvs_map_more(map, bucket)) {
		unsigned hits = lvs_bucket_match(bucket, lvs_map_tag(hash));

		for (; hits; hits &= hits - 1) {
			*slot = (unsigned)__builtin_ctz(hits);
			if (bucket->values[*slot] == value)
				return bucket;
		}
	}
	return NULL;
}

/* Slots of BUCKET that are not free. */
static unsigned used_slots(const struct lvs_bucket *bucket)
{
	return ~lvs_bucket_match(bucket, 0) & ((1u << LVS_BUCKET_SLOTS) - 1);
}

bool lvs_map_remove(struct lvs_map *map, uint64_t hash, uint32_t value)
{
	struct lvs_bucket *first = lvs_map_first(map, hash);
	struct lvs_bucket *bucket, *donor;
	unsigned slot;

	bucket = locate(map, hash, value, &slot);
	if (!bucket)
		return false;
	map->entries--;
	bucket->tags[slot] = 0;
	donor = lvs_map_more(map, first);
	if (!donor)
		return true;
	if (bucket != donor) {
		unsigned last = (unsigned)__builtin_ctz(used_slots(donor));

		set(bucket, slot, get(donor, last));
		donor->tags[last] = 0;
	}
	if (!used_slots(donor)) {
		uint32_t empty = first->more - 1;

		first->more = donor->more;
		lvs_slab_free(&map->overflow, empty);
	}
	return true;
}

bool lvs_map_replace(struct lvs_map *map, uint64_t hash, uint32_t old,
		     uint32_t new)
{
	unsigned slot;
	struct lvs_bucket *bucket = locate(map, hash, old, &slot);

	if (bucket)
		bucket->values[slot] = new;
	return bucket != NULL;
}

/* Does this round use up the bits ahead, so that hashes are asked for? */
static bool needs_hashes(const struct lvs_map *map)
{
	return ahead_from(map->level + 1) != ahead_from(map->level);
}

/* All entries of FROM again, each in its own of LOW and HIGH. */
static void distribute(struct lvs_map *map, const struct lvs_bucket *from,
		       struct lvs_bucket *low, struct lvs_bucket *high,
		       uint32_t *spare)
{
	unsigned bit = map->level - ahead_from(map->level);
	unsigned used = used_slots(from);

	for (; used; used &= used - 1) {
		unsigned slot = (unsigned)__builtin_ctz(used);
		struct entry entry = get(from, slot);
		struct lvs_bucket *to = entry.ahead >> bit & 1 ? high : low;

		if (needs_hashes(map)) {
			uint64_t hash =
				map->opts.hash(map->opts.ctx, entry.value);

			entry.ahead =
				(uint8_t)(hash >> ahead_from(map->level + 1));
		}
		put(map, to, entry, spare);
	}
}

/* Overflow buckets that are linked by `more`, of which MORE is the first. */
static void free_chain(struct lvs_map *map, uint32_t more)
{
	while (more) {
		uint32_t index = more - 1;
		const struct lvs_bucket *bucket =
			lvs_slab_at(&map->overflow, index);

		more = bucket->more;
		lvs_slab_free(&map->overflow, index);
	}
}

/*
 * The chain of LOW over LOW and HIGH, which is empty.  That finds room without
 * the allocator: a chain of n buckets needs no more than n + 1 when it is two,
 * and its own overflow buckets are emptied before they are filled.
 */
static void split(struct lvs_map *map, struct lvs_bucket *low,
		  struct lvs_bucket *high)
{
	struct lvs_bucket from = *low;
	uint32_t spare = 0;

	memset(low, 0, sizeof(*low));
	for (;;) {
		uint32_t next = from.more;
		struct lvs_bucket *bucket;

		distribute(map, &from, low, high, &spare);
		if (!next)
			break;
		bucket = lvs_slab_at(&map->overflow, next - 1);
		from = *bucket;
		bucket->more = spare;
		spare = next;
	}
	free_chain(map, spare);
}

/* The next split will read these: they come while others work. */
static void prepare(const struct lvs_map *map, uint32_t number)
{
	const struct lvs_bucket *bucket = lvs_map_at(map, number);
	unsigned used = used_slots(bucket);

	__builtin_prefetch(bucket + 1);
	if (!needs_hashes(map) || !map->opts.prefetch)
		return;
	for (; used; used &= used - 1)
		map->opts.prefetch(map->opts.ctx,
				   bucket->values[__builtin_ctz(used)]);
}

/* All buckets of the round are split: the next one's. */
static void step_forth(struct lvs_map *map)
{
	map->mask = 2 * map->mask + 1;
	map->level++;
}

static bool split_next(struct lvs_map *map)
{
	uint32_t number = map->buckets;
	uint32_t chunk = number >> LVS_MAP_CHUNK_SHIFT;

	if (number == MAX_BUCKETS)
		return false;
	if (chunk >= map->room || !map->chunks[chunk]) {
		if (!add_chunk(map, chunk))
			return false;
	}
	map->buckets++;
	split(map, lvs_map_at(map, number & map->mask),
	      lvs_map_at(map, number));
	if (map->buckets > 2 * map->mask + 1) {
		step_forth(map);
		map->growing = false;
	} else {
		prepare(map, map->buckets & map->mask);
	}
	return true;
}

void lvs_map_grow(struct lvs_map *map, uint32_t count)
{
	while (map->growing && count-- > 0) {
		if (!split_next(map))
			return;
	}
}

/* ---- fewer buckets ------------------------------------------------------- */

/* What is ahead for the entries of CHAIN, now that they are of map->level. */
static void look_ahead(const struct lvs_map *map, struct lvs_bucket *chain)
{
	for (; chain; chain = lvs_map_more(map, chain)) {
		unsigned used = used_slots(chain);

		for (; used; used &= used - 1) {
			unsigned slot = (unsigned)__builtin_ctz(used);
			uint64_t hash = map->opts.hash(map->opts.ctx,
						       chain->values[slot]);

			chain->ahead[slot] =
				(uint8_t)(hash >> ahead_from(map->level));
		}
	}
}

/*
 * An overflow bucket for what of HIGH's first bucket finds no place in the
 * chain of LOW, into *SPARE if it takes one.  One is enough: later buckets of
 * HIGH's chain are empty before they are needed.
 */
static bool get_spare(struct lvs_map *map, const struct lvs_bucket *low,
		      const struct lvs_bucket *high, uint32_t *spare)
{
	const struct lvs_bucket *open =
		low->more ? lvs_map_more(map, low) : low;
	int free = __builtin_popcount(lvs_bucket_match(open, 0));
	uint32_t index;

	*spare = 0;
	if (__builtin_popcount(used_slots(high)) <= free)
		return true;
	index = lvs_slab_alloc(&map->overflow);
	if (index == LVS_SLAB_NONE)
		return false;
	*spare = index + 1;
	return true;
}

/* The chain of HIGH into that of LOW.  False: no memory, and nothing moved. */
static bool merge(struct lvs_map *map, struct lvs_bucket *low,
		  struct lvs_bucket *high)
{
	struct lvs_bucket from = *high;
	uint32_t spare;

	if (!get_spare(map, low, high, &spare))
		return false;
	for (;;) {
		unsigned used = used_slots(&from);
		uint32_t next = from.more;
		struct lvs_bucket *bucket;

		for (; used; used &= used - 1)
			put(map, low, get(&from, (unsigned)__builtin_ctz(used)),
			    &spare);
		if (!next)
			break;
		bucket = lvs_slab_at(&map->overflow, next - 1);
		from = *bucket;
		bucket->more = spare;
		spare = next;
	}
	free_chain(map, spare);
	if (needs_hashes(map))
		look_ahead(map, low);
	return true;
}

static void drop_chunk(struct lvs_map *map, uint32_t number)
{
	lvs_mem_free(&map->opts.mem, map->chunks[number], CHUNK_BYTES);
	map->chunks[number] = NULL;
	map->bytes -= CHUNK_BYTES;
}

/* The round before, as it was when all its buckets were split. */
static void step_back(struct lvs_map *map)
{
	map->mask /= 2;
	map->level--;
}

static bool merge_last(struct lvs_map *map)
{
	uint32_t number = map->buckets - 1;
	bool first = number == map->mask;

	if (first)
		step_back(map);
	if (!merge(map, lvs_map_at(map, number & map->mask),
		   lvs_map_at(map, number))) {
		if (first)
			step_forth(map);
		return false;
	}
	memset(lvs_map_at(map, number), 0, sizeof(struct lvs_bucket));
	map->buckets = number;
	if (number % CHUNK_BUCKETS == 0)
		drop_chunk(map, number >> LVS_MAP_CHUNK_SHIFT);
	return true;
}

/* Whether a round backwards is due, or is not over. */
static bool is_sparse(const struct lvs_map *map)
{
	return !map->growing && map->buckets > CHUNK_BUCKETS &&
	       map->entries < (uint64_t)map->buckets * LOW_LOAD;
}

bool lvs_map_shrink(struct lvs_map *map, uint32_t count)
{
	for (; count > 0; count--) {
		if (!map->shrinking)
			map->shrinking = is_sparse(map);
		if (!map->shrinking || !merge_last(map))
			return false;
		if (map->buckets == map->mask + 1)
			map->shrinking = false;
	}
	return map->shrinking || is_sparse(map);
}
