/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * map.h - from a 64-bit hash to 32-bit values, a cache line at a time.
 *
 * The map stores no keys: who asks for a hash gets candidates and compares
 * the keys, which lie with whatever the values name.  Several values may have
 * one hash.
 *
 * A bucket is one cache line: twelve values, each with an 8-bit tag from its
 * hash, and the bucket to go on with if twelve were not enough.
 *
 *	 0        8    12    16                              64
 *	+--------+----+-----+----------------------------------+
 *	| tags 0..11  | more| values 0..11                     |
 *	+-------------+-----+----------------------------------+
 *
 * All buckets but the first overflow bucket of a chain are full where there
 * is a chain, so putting in and taking out look at two buckets at most.
 *
 * The map grows by splitting one bucket in two at each insertion of a round,
 * in order (linear hashing; Litwin, VLDB 1980).  A round begins when buckets
 * are three quarters full and is over when they have become twice as many, so
 * in between no two of them differ much in load.  Not for several threads.
 */
#ifndef LVS_BASE_MAP_H
#define LVS_BASE_MAP_H

#include "base/slab.h"

#define LVS_BUCKET_SLOTS 12u
/* Buckets in one piece of memory. */
#define LVS_MAP_CHUNK_SHIFT 10u

struct lvs_bucket {
	uint64_t tags_low;  /* slots 0..7, a byte each; 0: free */
	uint32_t tags_high; /* slots 8..11 */
	uint32_t more;	    /* 1 + index in `overflow`; 0: none */
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
	bool growing;	  /* in a round */
	uint32_t room;	  /* elements of chunks[] */
	uint64_t entries;
	struct lvs_slab overflow;
	struct lvs_map_opts opts;
	size_t bytes; /* of chunks[] and what it points to */
};

/* LVS_ERR_NOMEM, or 0 and an empty map; OPTS is copied. */
int lvs_map_init(struct lvs_map *map, const struct lvs_map_opts *opts);
void lvs_map_fini(struct lvs_map *map);

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

/* The bytes of WORD that equal TAG, as bits 0..7. */
static inline unsigned lvs_bytes_equal(uint64_t word, uint8_t tag)
{
	const uint64_t low7 = 0x7f7f7f7f7f7f7f7fu;
	uint64_t diff = word ^ 0x0101010101010101u * tag;
	uint64_t zero = ~(((diff & low7) + low7) | diff | low7);

	/* Bit 7 of each byte, gathered in the uppermost byte. */
	return (unsigned)((zero >> 7) * 0x0102040810204080u >> 56);
}

/* Slots of BUCKET that have TAG, as bits; tag 0: that are free. */
static inline unsigned lvs_bucket_match(const struct lvs_bucket *bucket,
					uint8_t tag)
{
	return lvs_bytes_equal(bucket->tags_low, tag) |
	       (lvs_bytes_equal(bucket->tags_high, tag) & 0xf) << 8;
}

#endif
