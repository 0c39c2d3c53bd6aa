/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * map.h - from a 64-bit hash to 32-bit values, a cache line at a time.
 *
 * The map stores no keys: who asks for a hash gets candidates and compares
 * the keys, which lie with whatever the values name.  Several values may have
 * one hash.
 *
 * A bucket is one cache line: ten values, each with an 8-bit tag from its hash
 * and the bits of it by which the next splits go, and the bucket to go on with
 * if ten were not enough.
 *
 *	 0         10         20     24                           64
 *	+----------+----------+------+------------------------------+
 *	| tags     | ahead    | more | values                       |
 *	+----------+----------+------+------------------------------+
 *
 * All buckets but the first overflow bucket of a chain are full where there
 * is a chain, so putting in and taking out look at two buckets at most.
 *
 * The map grows by splitting one bucket in two at each insertion of a round,
 * in order (linear hashing; Litwin, VLDB 1980).  A round begins when buckets
 * are four fifths full and is over when they have become twice as many, so in
 * between no two of them differ much in load.  A split reads nothing but the
 * bucket, because `ahead` says which half is whose; only every eighth round
 * has to ask for the hashes again.  It shrinks the same way backwards: see
 * lvs_map_shrink.  Not for several threads.
 */
#ifndef LVS_BASE_MAP_H
#define LVS_BASE_MAP_H

#include "base/slab.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define LVS_BUCKET_SLOTS 10u
/* Buckets in one piece of memory. */
#define LVS_MAP_CHUNK_SHIFT 10u

struct lvs_bucket {
	uint8_t tags[LVS_BUCKET_SLOTS]; /* 0: free */
	uint8_t ahead[LVS_BUCKET_SLOTS];
	uint32_t more; /* 1 + index in `overflow`; 0: none */
	uint32_t values[LVS_BUCKET_SLOTS];
};

struct lvs_map_opts {
	struct lvs_allocator mem; /* copied */
	/* The hash that VALUE was inserted with. */
	uint64_t (*hash)(void *ctx, uint32_t value);
	/* hash(VALUE) will be called soon; NULL: nothing to prepare. */
	void (*prefetch)(void *ctx, uint32_t value);
	void *ctx;
};

struct lvs_map {
	struct lvs_bucket **chunks;
	uint32_t buckets; /* mask + 1, and those split off in this round */
	uint32_t mask;	  /* of the buckets at the beginning of the round */
	unsigned level;	  /* bits of the mask */
	bool growing;	  /* in a round */
	bool shrinking;	  /* in a round backwards */
	uint32_t room;	  /* elements of chunks[] */
	uint64_t entries;
	struct lvs_slab overflow;
	struct lvs_map_opts opts;
	size_t bytes; /* of chunks[] and what it points to */
};

/* LVS_ERR_NOMEM, or 0 and an empty map; OPTS is copied. */
int lvs_map_init(struct lvs_map *map, const struct lvs_map_opts *opts);
void lvs_map_fini(struct lvs_map *map);

/* The next COUNT insertions will find memory; false: there is none. */
static inline bool lvs_map_reserve(struct lvs_map *map, uint32_t count)
{
	return lvs_slab_reserve(&map->overflow, count);
}

/*
 * VALUE can be found under HASH from now on.  LVS_ERR_NOMEM: it was not
 * inserted.  Moves a growing map on; that this finds no memory is no error.
 */
int lvs_map_insert(struct lvs_map *map, uint64_t hash, uint32_t value);
/* False: VALUE was not there. */
bool lvs_map_remove(struct lvs_map *map, uint64_t hash, uint32_t value);
/* NEW takes OLD's place, under the same hash.  False: OLD was not there. */
bool lvs_map_replace(struct lvs_map *map, uint64_t hash, uint32_t old,
		     uint32_t new);

/* Split up to COUNT buckets, if the map is growing. */
void lvs_map_grow(struct lvs_map *map, uint32_t count);

/*
 * Merge up to COUNT buckets with those that they were split from, if buckets
 * are a fifth full; memory goes back by the chunk.  A round is over when there
 * are half as many.  True: this one is not, and not for want of memory.
 */
bool lvs_map_shrink(struct lvs_map *map, uint32_t count);

/* Bytes taken from the allocator. */
size_t lvs_map_bytes(const struct lvs_map *map);

static inline uint8_t lvs_map_tag(uint64_t hash)
{
	uint8_t tag = (uint8_t)(hash >> 56);

	return tag ? tag : 1;
}

static inline struct lvs_bucket *lvs_map_at(const struct lvs_map *map,
					    uint32_t number)
{
	return &map->chunks[number >> LVS_MAP_CHUNK_SHIFT]
			   [number & ((1u << LVS_MAP_CHUNK_SHIFT) - 1)];
}

static inline uint32_t lvs_map_number(const struct lvs_map *map, uint64_t hash)
{
	uint32_t number = (uint32_t)hash & (2 * map->mask + 1);

	return number < map->buckets ? number : number & map->mask;
}

/* Where candidates for HASH begin, and where they go on; NULL: at the end. */
static inline struct lvs_bucket *lvs_map_first(const struct lvs_map *map,
					       uint64_t hash)
{
	return lvs_map_at(map, lvs_map_number(map, hash));
}

static inline struct lvs_bucket *lvs_map_more(const struct lvs_map *map,
					      const struct lvs_bucket *bucket)
{
	return bucket->more ? lvs_slab_at(&map->overflow, bucket->more - 1)
			    : NULL;
}

/* Slots of BUCKET that have TAG, as bits; tag 0: that are free. */
static inline unsigned lvs_bucket_match(const struct lvs_bucket *bucket,
					uint8_t tag)
{
#ifdef __SSE2__
	__m128i tags = _mm_loadu_si128((const __m128i *)(const void *)bucket);
	__m128i equal = _mm_cmpeq_epi8(tags, _mm_set1_epi8((char)tag));

	return (unsigned)_mm_movemask_epi8(equal) &
	       ((1u << LVS_BUCKET_SLOTS) - 1);
#else
	unsigned slots = 0;

	for (unsigned i = 0; i < LVS_BUCKET_SLOTS; i++)
		slots |= (unsigned)(bucket->tags[i] == tag) << i;
	return slots;
#endif
}

#endif
