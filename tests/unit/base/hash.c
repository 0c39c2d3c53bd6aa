/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hash.c - SipHash-1-3 against another implementation's values.
 *
 * Expected values are hash() of CPython 3.11, whose bytes are hashed with
 * SipHash-1-3, for PYTHONHASHSEED=0 (key 0) and 42.
 */
#include "check.h"

#include "base/hash.h"
#include "base/prng.h"

#include <inttypes.h>

static const uint64_t zero_key[2];
static const uint64_t seed42_key[2] = { 0xdc504fd368cd90af,
					0xb920bb9ffe99e9c1 };

static const struct {
	const char *what;
	const uint64_t *key;
	size_t size; /* of the message 00 01 02 ... */
	uint64_t expected;
} rows[] = {
	{ "one byte, key 0", zero_key, 1, 0x68a914128e01e473 },
	{ "one less than a word", zero_key, 7, 0x2f098ab0c751325a },
	{ "a word exactly", zero_key, 8, 0xead411e67ebe2eea },
	{ "a word and a byte", zero_key, 9, 0x75927f9d95124362 },
	{ "two words", zero_key, 16, 0x8972188433a5c5b7 },
	{ "many words and a rest", zero_key, 63, 0x385d3e39e5f37359 },
	{ "one byte, another key", seed42_key, 1, 0xce880c366bcf3489 },
	{ "seven bytes, another key", seed42_key, 7, 0xce280fabc397fbda },
	{ "a word, another key", seed42_key, 8, 0x60866c3c108c6afb },
	{ "31 bytes, another key", seed42_key, 31, 0x06f3af51bda71c61 },
	{ "63 bytes, another key", seed42_key, 63, 0x06e24d6f0d014c37 },
};

START_TEST(known_values)
{
	unsigned char message[64];

	for (unsigned char i = 0; i < sizeof(message); i++)
		message[i] = i;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint64_t got =
			lvs_hash_bytes(rows[i].key, message, rows[i].size);

		ck_assert_msg(got == rows[i].expected,
			      "%s: 0x%" PRIx64 " instead of 0x%" PRIx64,
			      rows[i].what, got, rows[i].expected);
	}
}
END_TEST

/* Word by word, with the length as last word, it is the same function. */
START_TEST(words_are_bytes)
{
	static const unsigned char message[16] = {
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	};
	struct lvs_hash hash;

	lvs_hash_begin(&hash, seed42_key);
	lvs_hash_add(&hash, 0x0706050403020100u);
	lvs_hash_add(&hash, 0x0f0e0d0c0b0a0908u);
	lvs_hash_add(&hash, (uint64_t)16 << 56);
	ck_assert_uint_eq(lvs_hash_end(&hash),
			  lvs_hash_bytes(seed42_key, message, 16));
}
END_TEST

/* Whatever instructions it is made of here. */
START_TEST(pairs_are_each_by_itself)
{
	struct lvs_prng prng;
	uint64_t key[2], words[2][LVS_HASH_LANES], hash[LVS_HASH_LANES];

	lvs_prng_seed(&prng, 5);
	for (int round = 0; round < 1000; round++) {
		key[0] = lvs_prng_next(&prng);
		key[1] = lvs_prng_next(&prng);
		for (unsigned i = 0; i < LVS_HASH_LANES; i++) {
			words[0][i] = lvs_prng_next(&prng);
			words[1][i] = lvs_prng_next(&prng);
		}
		lvs_hash_pairs(key, words[0], words[1], hash);
		for (unsigned i = 0; i < LVS_HASH_LANES; i++)
			LVS_MUST(hash[i] ==
				 lvs_hash_pair(key, words[0][i], words[1][i]));
	}
}
END_TEST

LVS_TEST_MAIN("base/hash", known_values, words_are_bytes,
	      pairs_are_each_by_itself)
