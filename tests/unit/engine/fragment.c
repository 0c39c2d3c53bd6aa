/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of datagrams that came in fragments: which fragments are of one
 * datagram, and which datagram goes first.
 */
#include "check.h"

#include "engine/fragment.h"
#include "unit/counted.h"

#include <netinet/in.h>

static struct lvs_fragments frags;
static struct counted counted;

static void setup(void)
{
	static const uint64_t key[2] = { 1, 2 };

	counted_init(&counted);
	memset(&frags, 0, sizeof(frags));
	lvs_fragments_init(&frags, &counted.mem, key);
}

static void teardown(void)
{
	lvs_fragments_free(&frags);
	ck_assert_uint_eq(frags.bytes, 0);
	ck_assert_uint_eq(counted.bytes, 0);
}

static struct lvs_parsed piece(uint8_t family, uint32_t src, uint8_t protocol,
			       uint32_t id)
{
	struct lvs_parsed p = { .frag_id = id };

	p.flow.family = family;
	p.flow.protocol = protocol;
	p.flow.src.w_be[family == AF_INET ? 0 : 3] = src;
	p.flow.dst.w_be[family == AF_INET ? 0 : 3] = 99;
	return p;
}

static const struct {
	const char *say;
	uint8_t family1, family2;
	uint32_t src1, src2;
	uint8_t protocol1, protocol2;
	uint32_t id1, id2;
	bool same;
} rows[] = {
	{ "all the same", AF_INET, AF_INET, 1, 1, IPPROTO_UDP, IPPROTO_UDP, 7,
	  7, true },
	{ "another identification", AF_INET, AF_INET, 1, 1, IPPROTO_UDP,
	  IPPROTO_UDP, 7, 8, false },
	{ "another sender", AF_INET, AF_INET, 1, 2, IPPROTO_UDP, IPPROTO_UDP, 7,
	  7, false },
	{ "another protocol", AF_INET, AF_INET, 1, 1, IPPROTO_UDP, IPPROTO_TCP,
	  7, 7, false },
	{ "another family", AF_INET, AF_INET6, 0, 0, IPPROTO_UDP, IPPROTO_UDP,
	  7, 7, false },
	{ "IPv6, all the same", AF_INET6, AF_INET6, 1, 1, IPPROTO_UDP,
	  IPPROTO_UDP, 7, 7, true },
	{ "IPv6, a header before the transport's", AF_INET6, AF_INET6, 1, 1,
	  IPPROTO_UDP, IPPROTO_DSTOPTS, 7, 7, true },
	{ "IPv6, another sender", AF_INET6, AF_INET6, 1, 2, IPPROTO_UDP,
	  IPPROTO_UDP, 7, 7, false },
};

START_TEST(of_one_packet)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct lvs_parsed a = piece(rows[i].family1, rows[i].src1,
					    rows[i].protocol1, rows[i].id1);
		struct lvs_parsed b = piece(rows[i].family2, rows[i].src2,
					    rows[i].protocol2, rows[i].id2);
		struct lvs_datagram *d, *found;

		setup();
		ck_assert_ptr_null(lvs_fragments_find(&frags, &a));
		d = lvs_fragments_add(&frags, &a, 10);
		found = lvs_fragments_find(&frags, &b);
		ck_assert_msg((found == d) == rows[i].same, "%s", rows[i].say);
		lvs_fragments_del(&frags, d);
		ck_assert_ptr_null(lvs_fragments_find(&frags, &a));
		teardown();
	}
}
END_TEST

/* Whatever goes in whatever order, the oldest of those left is known. */
START_TEST(the_oldest_goes_first)
{
	static struct lvs_datagram *all[1000];

	setup();
	for (uint32_t i = 0; i < 1000; i++) {
		struct lvs_parsed p =
			piece(i % 3 ? AF_INET : AF_INET6, 1, IPPROTO_UDP, i);

		all[i] = lvs_fragments_add(&frags, &p, 10 + i);
	}
	ck_assert_uint_eq(frags.count, 1000);
	ck_assert_uint_eq(frags.bytes, 1000 * sizeof(struct lvs_datagram));
	for (uint32_t i = 1; i < 1000; i += 2)
		lvs_fragments_del(&frags, all[i]);
	for (uint32_t i = 0; i < 1000; i += 2) {
		struct lvs_datagram *oldest = lvs_fragments_oldest(&frags);

		ck_assert_ptr_eq(oldest, all[i]);
		lvs_fragments_del(&frags, oldest);
	}
	ck_assert_ptr_null(lvs_fragments_oldest(&frags));
	teardown();
}
END_TEST

/* Half a minute in IPv4, a minute in IPv6 (RFC 8200 4.5). */
START_TEST(they_wait_so_long)
{
	struct lvs_parsed p4 = piece(AF_INET, 1, IPPROTO_UDP, 1);
	struct lvs_parsed p6 = piece(AF_INET6, 1, IPPROTO_UDP, 1);
	struct lvs_datagram *d4, *d6;

	setup();
	d6 = lvs_fragments_add(&frags, &p6, LVS_SEC);
	d4 = lvs_fragments_add(&frags, &p4, 2 * LVS_SEC);
	ck_assert_ptr_null(lvs_fragments_over(&frags, 32 * LVS_SEC - 1));
	ck_assert_ptr_eq(lvs_fragments_over(&frags, 32 * LVS_SEC), d4);
	lvs_fragments_del(&frags, d4);
	ck_assert_ptr_null(lvs_fragments_over(&frags, 61 * LVS_SEC - 1));
	ck_assert_ptr_eq(lvs_fragments_over(&frags, 61 * LVS_SEC), d6);
	teardown();
}
END_TEST

START_TEST(without_memory_nothing_is_known)
{
	struct lvs_parsed p = piece(AF_INET, 1, IPPROTO_UDP, 1);

	setup();
	counted.fail_at = 1;
	ck_assert_ptr_null(lvs_fragments_add(&frags, &p, 0));
	ck_assert_ptr_null(lvs_fragments_find(&frags, &p));
	teardown();
}
END_TEST

LVS_TEST_MAIN("engine/fragment", of_one_packet, the_oldest_goes_first,
	      they_wait_so_long, without_memory_nothing_is_known)
