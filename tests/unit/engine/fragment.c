/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of packets that came in pieces: which pieces are of one packet,
 * and that it never takes more than its place.
 */
#include "check.h"

#include "engine/fragment.h"
#include "unit/counted.h"

#include <netinet/in.h>

static struct lvs_fragments frags;
static const uint64_t key[2] = { 1, 2 };

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
		struct lvs_parcels left;

		memset(&frags, 0, sizeof(frags));
		lvs_fragments_init(&frags, key);
		lvs_parcels_init(&left);
		ck_assert_ptr_null(lvs_fragments_find(&frags, &a, 1));
		d = lvs_fragments_add(&frags, &a, 10, &left);
		found = lvs_fragments_find(&frags, &b, 9);
		ck_assert_msg((found == d) == rows[i].same, "%s", rows[i].say);
		ck_assert_ptr_null(lvs_fragments_find(&frags, &a, 10));
	}
}
END_TEST

/* A thousand packets' pieces wait; the table keeps what it has places for. */
START_TEST(what_has_no_place_is_handed_back)
{
	struct lvs_parcels left;
	struct counted counted;

	counted_init(&counted);
	memset(&frags, 0, sizeof(frags));
	lvs_fragments_init(&frags, key);
	lvs_parcels_init(&left);
	for (uint32_t id = 0; id < 1000; id++) {
		struct lvs_parsed p = piece(AF_INET, 1, IPPROTO_UDP, id);
		struct lvs_datagram *d =
			lvs_fragments_add(&frags, &p, 10 + id, &left);

		lvs_parcels_put(&d->waiting, lvs_parcel_new(&counted.mem, 10));
		frags.waiting++;
		/* The newest is never the one that has to go. */
		ck_assert_ptr_eq(lvs_fragments_find(&frags, &p, 5), d);
	}
	ck_assert_uint_le(frags.waiting, LVS_FRAGMENT_SETS * LVS_FRAGMENT_WAYS);
	ck_assert_uint_eq(frags.waiting + left.count, 1000);
	lvs_fragments_expire(&frags, 10 + 999, &left);
	ck_assert_uint_eq(left.count, 1000);
	ck_assert_uint_eq(frags.waiting, 0);
	lvs_parcels_free(&left, &counted.mem);
	lvs_fragments_free(&frags, &counted.mem);
	ck_assert_uint_eq(counted.bytes, 0);
}
END_TEST

LVS_TEST_MAIN("engine/fragment", of_one_packet,
	      what_has_no_place_is_handed_back)
