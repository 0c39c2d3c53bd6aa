/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * csum.h - Internet checksums (RFC 1071), whole and by difference (RFC 1624),
 * and the CRC32c of SCTP.
 *
 * A sum is a uint32_t that gathers 16-bit words in ones' complement; words
 * are added as they are loaded, in network order, since the sum is the same
 * in either byte order once it is stored again (RFC 1071 section 2 (B)).
 * Sums and differences may be added in any order with lvs_csum_add, folded to
 * 16 bits at any time, and made long before the packet comes.
 *
 * A checksum field holds the complement of such a sum; that of a packet whose
 * checksum is still to be completed (LVS_OFF_CSUM) holds the sum itself.
 */
#ifndef LVS_PKT_CSUM_H
#define LVS_PKT_CSUM_H

#include "base/bytes.h"
#include <lvs/addr.h>

static inline uint32_t lvs_csum_add(uint32_t a, uint32_t b)
{
	uint32_t sum = a + b;

	return sum + (sum < b);
}

/* To 16 bits; 0 only if nothing but zeros was added. */
static inline uint16_t lvs_csum_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)(sum + (sum >> 16));
}

/* What a sum changes by when the 16-bit word WAS becomes NOW. */
static inline uint32_t lvs_csum_diff16(uint16_t was, uint16_t now)
{
	return (uint32_t)(uint16_t)~was + now;
}

/* The same for an address of FAMILY; for AF_INET only 4 bytes count. */
static inline uint32_t lvs_csum_diff_ip(uint16_t family,
					const union lvs_ip *was,
					const union lvs_ip *now)
{
	uint32_t sum = lvs_csum_add(~was->w_be[0], now->w_be[0]);

	if (family == AF_INET6) {
		for (int i = 1; i < 4; i++) {
			sum = lvs_csum_add(sum, ~was->w_be[i]);
			sum = lvs_csum_add(sum, now->w_be[i]);
		}
	}
	return lvs_csum_fold(sum);
}

/* Checksum field FIELD after what it covers changed by DIFF (RFC 1624). */
static inline uint16_t lvs_csum_patch(uint16_t field, uint32_t diff)
{
	return (uint16_t)~lvs_csum_fold(lvs_csum_add((uint16_t)~field, diff));
}

/* Checksum field of an IPv4 header without options whose field is 0. */
static inline uint16_t lvs_csum_ipv4(const void *head)
{
	const unsigned char *p = (const unsigned char *)head;
	uint64_t sum = (uint64_t)lvs_load32(p) + lvs_load32(p + 4) +
		       lvs_load32(p + 8) + lvs_load32(p + 12) +
		       lvs_load32(p + 16);

	return (uint16_t)~lvs_csum_fold(
		lvs_csum_add((uint32_t)sum, (uint32_t)(sum >> 32)));
}

/* A sum of LEN bytes; an odd one is followed by a zero. */
uint32_t lvs_csum_bytes(const void *buf, size_t len);

/* The checksum field over LEN bytes in which the field itself is 0. */
static inline uint16_t lvs_csum_of(const void *buf, size_t len)
{
	return (uint16_t)~lvs_csum_fold(lvs_csum_bytes(buf, len));
}

/* Sum of the pseudo-header (RFC 9293 3.1, RFC 8200 8.1); LEN from the
 * transport header on.  L3 is the IPv4 or IPv6 header. */
uint32_t lvs_csum_pseudo(const unsigned char *l3, uint16_t family,
			 uint8_t protocol, uint32_t len);

/* CRC32c (RFC 9260 appendix A) of LEN bytes after those whose CRC is CRC; 0 to
 * begin. */
uint32_t lvs_crc32c(uint32_t crc, const void *buf, size_t len);

/* As it is stored: least significant byte first. */
static inline uint32_t lvs_crc32c_le(uint32_t crc)
{
	return lvs_swap32(__builtin_bswap32(crc));
}

#endif
