/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hash.c - SipHash-1-3 of a run of bytes, and of several pairs at once.
 */
#include "config.h"

#include "base/hash.h"

/* COUNT <= 8 bytes as a little-endian word. */
static uint64_t load_le(const unsigned char *bytes, size_t count)
{
	uint64_t word = 0;

	for (size_t i = 0; i < count; i++)
		word |= (uint64_t)bytes[i] << (8 * i);
	return word;
}

uint64_t lvs_hash_bytes(const uint64_t key[2], const void *data, size_t size)
{
	const unsigned char *bytes = data;
	struct lvs_hash hash;
	size_t left = size;

	lvs_hash_begin(&hash, key);
	for (; left >= 8; left -= 8, bytes += 8)
		lvs_hash_add(&hash, load_le(bytes, 8));
	/* The last word ends in the length, modulo 256. */
	lvs_hash_add(&hash, load_le(bytes, left) | (uint64_t)size << 56);
	return lvs_hash_end(&hash);
}

/*
 * LVS_LANES is the attribute by which the compiler makes vector instructions of
 * the loop, for several processors; the loader takes those for the one at hand.
 */
static LVS_LANES void pairs(const uint64_t key[2],
			    const uint64_t first[restrict LVS_HASH_LANES],
			    const uint64_t second[restrict LVS_HASH_LANES],
			    uint64_t hash[restrict LVS_HASH_LANES])
{
	const uint64_t same[2] = { key[0], key[1] };

	for (unsigned i = 0; i < LVS_HASH_LANES; i++)
		hash[i] = lvs_hash_pair(same, first[i], second[i]);
}

/* Not itself LVS_LANES: clang 14 would give it another name. */
void lvs_hash_pairs(const uint64_t key[2], const uint64_t first[LVS_HASH_LANES],
		    const uint64_t second[LVS_HASH_LANES],
		    uint64_t hash[LVS_HASH_LANES])
{
	pairs(key, first, second, hash);
}
