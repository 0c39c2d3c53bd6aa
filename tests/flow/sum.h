/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sum.h - checksums the naive way, for judging those of the library.
 */
#ifndef LVS_TESTS_FLOW_SUM_H
#define LVS_TESTS_FLOW_SUM_H

#include <stddef.h>
#include <stdint.h>

/* The checksum field over LEN bytes in which the field is 0; host order. */
unsigned sum_of(const unsigned char *buf, size_t len);

/* The pseudo-header's sum of the IP packet at IP, as "partial" has it. */
unsigned sum_pseudo(const unsigned char *ip, unsigned protocol, unsigned len);

/* The transport checksum of LEN bytes HEAD bytes behind IP. */
unsigned sum_transport(const unsigned char *ip, unsigned head, unsigned len,
		       unsigned protocol);

/* Write SCTP's CRC32c; and whether it is right. */
void sum_sctp(unsigned char *l4, unsigned len);
int sum_sctp_ok(const unsigned char *l4, unsigned len);

/* Byte number I of every payload. */
static inline unsigned char sum_pattern(size_t i)
{
	return (unsigned char)(i * 31 + 7);
}

#endif
