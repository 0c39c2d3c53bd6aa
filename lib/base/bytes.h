/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bytes.h - numbers in network byte order at any address.
 *
 * get and put convert between network and host order; load and store move the
 * bytes as they are, for what is only copied, compared or summed.  None of
 * them needs alignment, and none checks a length.
 */
#ifndef LVS_BASE_BYTES_H
#define LVS_BASE_BYTES_H

#include <stdint.h>
#include <string.h>

static inline uint16_t lvs_load16(const void *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t lvs_load32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint64_t lvs_load64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline void lvs_store16(void *p, uint16_t v)
{
	memcpy(p, &v, sizeof(v));
}

static inline void lvs_store32(void *p, uint32_t v)
{
	memcpy(p, &v, sizeof(v));
}

/* Its own inverse: network to host order and back. */
static inline uint16_t lvs_swap16(uint16_t v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap16(v);
#else
	return v;
#endif
}

static inline uint32_t lvs_swap32(uint32_t v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap32(v);
#else
	return v;
#endif
}

static inline uint16_t lvs_get16(const void *p)
{
	return lvs_swap16(lvs_load16(p));
}

static inline uint32_t lvs_get32(const void *p)
{
	return lvs_swap32(lvs_load32(p));
}

static inline void lvs_put16(void *p, uint16_t v)
{
	lvs_store16(p, lvs_swap16(v));
}

#endif
