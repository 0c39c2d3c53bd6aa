/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * csum.c - Internet checksums over whole buffers.
 */
#include "config.h"

#include "pkt/csum.h"
#include "pkt/wire.h"

/* Ones' complement over 64 bits; folds to the same 16 in the end. */
static inline uint64_t add64(uint64_t a, uint64_t b)
{
	uint64_t sum = a + b;

	return sum + (sum < b);
}

uint32_t lvs_csum_bytes(const void *buf, size_t len)
{
	const unsigned char *p = buf;
	uint64_t even = 0, odd = 0; /* two chains of carries at a time */
	unsigned char last[8] = { 0 };

	for (; len >= 32; p += 32, len -= 32) {
		even = add64(even, lvs_load64(p));
		odd = add64(odd, lvs_load64(p + 8));
		even = add64(even, lvs_load64(p + 16));
		odd = add64(odd, lvs_load64(p + 24));
	}
	for (; len >= 8; p += 8, len -= 8)
		even = add64(even, lvs_load64(p));
	if (len)
		memcpy(last, p, len);
	even = add64(add64(even, odd), lvs_load64(last));
	return lvs_csum_add((uint32_t)even, (uint32_t)(even >> 32));
}

uint32_t lvs_csum_pseudo(const unsigned char *l3, uint16_t family,
			 uint8_t protocol, uint32_t len)
{
	uint32_t sum;

	/* Source and, right behind it, destination. */
	if (family == AF_INET)
		sum = lvs_csum_bytes(l3 + offsetof(struct lvs_ipv4, src_be), 8);
	else
		sum = lvs_csum_bytes(l3 + offsetof(struct lvs_ipv6, src), 32);
	sum = lvs_csum_add(sum, lvs_swap32(len));
	return lvs_csum_add(sum, lvs_swap32(protocol));
}
