/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hash.c - SipHash-1-3 of a run of bytes.
 */
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
