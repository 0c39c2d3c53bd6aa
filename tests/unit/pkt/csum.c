/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * csum.c - checksums against sums made the slow way.
 */
#include "config.h"

#include "base/prng.h"
#include "check.h"
#include "pkt/csum.h"
#include "unit/pkt/oracle.h"

static unsigned slow_sum(const unsigned char *p, size_t len)
{
	unsigned long sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += (unsigned long)p[i] << (i % 2 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (unsigned)sum;
}

static void fill(struct lvs_prng *prng, unsigned char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (unsigned char)lvs_prng_next(prng);
}

START_TEST(every_length_and_alignment)
{
	static unsigned char buf[400];
	struct lvs_prng prng = { 1 };

	fill(&prng, buf, sizeof(buf));
	for (size_t start = 0; start < 9; start++) {
		for (size_t len = 0; len < 300; len++) {
			uint32_t sum = lvs_csum_bytes(buf + start, len);

			ck_assert_msg(lvs_swap16(lvs_csum_fold(sum)) ==
					      slow_sum(buf + start, len),
				      "%zu bytes from %zu", len, start);
		}
	}
}
END_TEST

START_TEST(carries_are_not_lost)
{
	static unsigned char buf[65536];

	memset(buf, 0xff, sizeof(buf));
	ck_assert_uint_eq(lvs_csum_fold(lvs_csum_bytes(buf, sizeof(buf))),
			  0xffff);
	ck_assert_uint_eq(lvs_csum_fold(lvs_csum_bytes(buf, sizeof(buf) - 1)),
			  lvs_swap16(slow_sum(buf, sizeof(buf) - 1) & 0xffff));
	ck_assert_uint_eq(lvs_csum_fold(0xffffffff), 0xffff);
	ck_assert_uint_eq(lvs_csum_fold(lvs_csum_add(0xffffffff, 0xffffffff)),
			  0xffff);
	memset(buf, 0, sizeof(buf));
	ck_assert_uint_eq(lvs_csum_fold(lvs_csum_bytes(buf, sizeof(buf))), 0);
}
END_TEST

/* RFC 1624 section 4: where RFC 1141 gives 0xffff, 0 is right. */
START_TEST(rfc1624_example)
{
	uint32_t diff = lvs_csum_diff16(lvs_swap16(0x5555), lvs_swap16(0x3285));

	ck_assert_uint_eq(lvs_csum_patch(lvs_swap16(0xdd2f), diff), 0);
}
END_TEST

START_TEST(a_difference_gives_what_a_new_sum_gives)
{
	struct lvs_prng prng = { 2 };
	unsigned char buf[60];

	for (int round = 0; round < 20000; round++) {
		size_t at = (size_t)lvs_prng_below(&prng, 20) * 2;
		uint16_t csum, was, now = (uint16_t)lvs_prng_next(&prng);

		fill(&prng, buf, sizeof(buf));
		if (round % 3 == 0)
			now = round % 2 ? 0 : 0xffff;
		csum = lvs_csum_of(buf, sizeof(buf));
		was = lvs_load16(buf + at);
		lvs_store16(buf + at, now);
		ck_assert_uint_eq(lvs_csum_patch(csum,
						 lvs_csum_diff16(was, now)),
				  lvs_csum_of(buf, sizeof(buf)));
	}
}
END_TEST

START_TEST(differences_of_addresses)
{
	struct lvs_prng prng = { 3 };
	union lvs_ip was, now;
	unsigned char buf[40];

	for (int round = 0; round < 20000; round++) {
		uint16_t family = round % 2 ? AF_INET : AF_INET6;
		size_t len = family == AF_INET ? 4 : 16;
		uint16_t csum;

		fill(&prng, buf, sizeof(buf));
		fill(&prng, was.b, 16);
		fill(&prng, now.b, 16);
		memcpy(buf + 8, was.b, len);
		csum = lvs_csum_of(buf, sizeof(buf));
		memcpy(buf + 8, now.b, len);
		ck_assert_uint_eq(lvs_csum_patch(csum,
						 lvs_csum_diff_ip(family, &was,
								  &now)),
				  lvs_csum_of(buf, sizeof(buf)));
	}
}
END_TEST

/* RFC 3720 B.4, and against one bit at a time. */
START_TEST(crc32c)
{
	struct lvs_prng prng = { 4 };
	unsigned char buf[300] = { 0 };
	uint32_t crc;

	ck_assert_uint_eq(lvs_crc32c(0, buf, 32), 0x8a9136aa);
	ck_assert_uint_eq(lvs_crc32c(0, "123456789", 9), 0xe3069283);
	fill(&prng, buf, sizeof(buf));
	for (size_t len = 0; len < sizeof(buf); len++)
		ck_assert_uint_eq(lvs_crc32c(0, buf, len),
				  oracle_crc32c(buf, len));
	crc = lvs_crc32c(lvs_crc32c(0, buf, 100), buf + 100, 200);
	ck_assert_uint_eq(crc, oracle_crc32c(buf, 300));
}
END_TEST

LVS_TEST_MAIN("pkt/csum", every_length_and_alignment, carries_are_not_lost,
	      rfc1624_example, a_difference_gives_what_a_new_sum_gives,
	      differences_of_addresses, crc32c)
