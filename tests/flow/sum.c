/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sum.c - Internet checksum and CRC32c, byte by byte.
 */
#include "sum.h"
#include <netinet/in.h>
#include <string.h>

static uint64_t words(const unsigned char *buf, size_t len)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? buf[i] : (unsigned)buf[i] << 8;
	return sum;
}

static unsigned fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (unsigned)sum;
}

unsigned sum_of(const unsigned char *buf, size_t len)
{
	return ~fold(words(buf, len)) & 0xffff;
}

/* ICMP (v4) has no pseudo-header. */
static uint64_t pseudo(const unsigned char *ip, unsigned protocol, unsigned len)
{
	if (protocol == IPPROTO_ICMP)
		return 0;
	if (ip[0] >> 4 == 6)
		return words(ip + 8, 32) + protocol + len;
	return words(ip + 12, 8) + protocol + len;
}

unsigned sum_pseudo(const unsigned char *ip, unsigned protocol, unsigned len)
{
	return fold(pseudo(ip, protocol, len));
}

unsigned sum_transport(const unsigned char *ip, unsigned head, unsigned len,
		       unsigned protocol)
{
	unsigned sum =
		~fold(pseudo(ip, protocol, len) + words(ip + head, len)) &
		0xffff;

	return sum == 0 && protocol == IPPROTO_UDP ? 0xffff : sum;
}

/* RFC 9260 appendix A, a bit at a time; the field counts as zeros. */
static uint32_t crc(const unsigned char *l4, unsigned len)
{
	uint32_t c = ~0u;

	for (unsigned i = 0; i < len; i++) {
		c ^= i >= 8 && i < 12 ? 0 : l4[i];
		for (int bit = 0; bit < 8; bit++)
			c = c >> 1 ^ (c & 1 ? 0x82f63b78u : 0);
	}
	return ~c;
}

void sum_sctp(unsigned char *l4, unsigned len)
{
	uint32_t c = crc(l4, len);

	for (int i = 0; i < 4; i++)
		l4[8 + i] = (unsigned char)(c >> (8 * i));
}

int sum_sctp_ok(const unsigned char *l4, unsigned len)
{
	unsigned char copy[12];

	memcpy(copy, l4, sizeof(copy));
	for (int i = 0; i < 4; i++)
		if (copy[8 + i] != (unsigned char)(crc(l4, len) >> (8 * i)))
			return 0;
	return 1;
}
