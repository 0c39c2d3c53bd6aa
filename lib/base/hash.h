/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hash.h - SipHash-1-3, the keyed hash of every table that strangers fill.
 *
 * SipHash (Aumasson, Bernstein, INDOCRYPT 2012) with one round for a word and
 * three at the end, as the hash tables of Rust and Python have it: who does
 * not know the key cannot choose values that collide.  Not a MAC: for that
 * the authors ask for SipHash-2-4.
 */
#ifndef LVS_BASE_HASH_H
#define LVS_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-1-3 of the SIZE bytes at DATA; the same on every machine. */
uint64_t lvs_hash_bytes(const uint64_t key[2], const void *data, size_t size);

/*
 * The same hash taken word by word, for keys that are a few integers: begin,
 * add each word, end.  The length is not hashed, so all keys of one table must
 * have the same number of words, or a word that says how many follow.
 */
struct lvs_hash {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t lvs_rotl64(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

static inline void lvs_hash_round(struct lvs_hash *hash)
{
	hash->v0 += hash->v1;
	hash->v2 += hash->v3;
	hash->v1 = lvs_rotl64(hash->v1, 13) ^ hash->v0;
	hash->v3 = lvs_rotl64(hash->v3, 16) ^ hash->v2;
	hash->v0 = lvs_rotl64(hash->v0, 32) + hash->v3;
	hash->v2 += hash->v1;
	hash->v1 = lvs_rotl64(hash->v1, 17) ^ hash->v2;
	hash->v3 = lvs_rotl64(hash->v3, 21) ^ hash->v0;
	hash->v2 = lvs_rotl64(hash->v2, 32);
}

static inline void lvs_hash_begin(struct lvs_hash *hash, const uint64_t key[2])
{
	hash->v0 = key[0] ^ 0x736f6d6570736575u; /* "somepseu" */
	hash->v1 = key[1] ^ 0x646f72616e646f6du; /* "dorandom" */
	hash->v2 = key[0] ^ 0x6c7967656e657261u; /* "lygenera" */
	hash->v3 = key[1] ^ 0x7465646279746573u; /* "tedbytes" */
}

static inline void lvs_hash_add(struct lvs_hash *hash, uint64_t word)
{
	hash->v3 ^= word;
	lvs_hash_round(hash);
	hash->v0 ^= word;
}

static inline uint64_t lvs_hash_end(struct lvs_hash *hash)
{
	hash->v2 ^= 0xff;
	lvs_hash_round(hash);
	lvs_hash_round(hash);
	lvs_hash_round(hash);
	return hash->v0 ^ hash->v1 ^ hash->v2 ^ hash->v3;
}

/* The hash of a key of two words. */
static inline uint64_t lvs_hash_pair(const uint64_t key[2], uint64_t first,
				     uint64_t second)
{
	struct lvs_hash hash;

	lvs_hash_begin(&hash, key);
	lvs_hash_add(&hash, first);
	lvs_hash_add(&hash, second);
	return lvs_hash_end(&hash);
}

/* Pairs that lvs_hash_pairs takes at once. */
#define LVS_HASH_LANES 8u

/*
 * lvs_hash_pair of LVS_HASH_LANES pairs: hash[i] of first[i] and second[i].
 * A fifth of the time of one by one, where the processor has vectors for it.
 */
void lvs_hash_pairs(const uint64_t key[2], const uint64_t first[LVS_HASH_LANES],
		    const uint64_t second[LVS_HASH_LANES],
		    uint64_t hash[LVS_HASH_LANES]);

#endif
