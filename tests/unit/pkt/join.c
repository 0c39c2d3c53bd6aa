/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * join.c - fragments, cut here in any way and in any order, are put together
 * to what was cut; and what cannot be put together in one way only is not.
 */
#include "config.h"

#include "check.h"
#include "pkt/join.h"
#include "pkt/wire.h"
#include "unit/counted.h"
#include "unit/pkt/oracle.h"

#include <string.h>

#define ROUNDS 300

/* A datagram: the IP packet, and which of its headers each fragment has. */
struct whole {
	unsigned char ip[70000];
	uint32_t len, head;
	int family;
};

static struct whole whole;
static unsigned char buf[LVS_PKT_BUFSIZE];
static struct lvs_join joined;
static struct counted counted;
static size_t bytes;

static void setup(void)
{
	counted_init(&counted);
	joined = (struct lvs_join){ 0 };
	bytes = 0;
}

static void teardown(void)
{
	lvs_join_free(&joined, &counted.mem, &bytes);
	ck_assert_uint_eq(bytes, 0);
	ck_assert_uint_eq(counted.bytes, 0);
}

static void build(const struct oracle_spec *spec)
{
	whole.len = (uint32_t)oracle_build(whole.ip, spec);
	whole.family = spec->family;
	whole.head = (spec->family == AF_INET ? 20 : 40) + spec->options;
}

static void set16(unsigned char *at, uint32_t value)
{
	at[0] = (unsigned char)(value >> 8);
	at[1] = (unsigned char)value;
}

/* The byte that says what follows the headers of an IPv6 packet. */
static uint32_t last_next(void)
{
	return whole.head == 40 ? 6 : 40;
}

/* LEN bytes from AT of the payload as a fragment in PKT. */
static void cut(struct lvs_pkt *pkt, uint32_t at, uint32_t len, bool more,
		uint8_t tos, bool df)
{
	bool v4 = whole.family == AF_INET;
	uint32_t head = whole.head + (v4 ? 0 : 8);
	unsigned char *ip = buf + LVS_PKT_HEADROOM;
	uint32_t sum = 0;

	memcpy(ip, whole.ip, whole.head);
	memcpy(ip + head, whole.ip + whole.head + at, len);
	if (v4) {
		ip[1] = tos;
		set16(ip + 2, head + len);
		set16(ip + 6, at / 8 | (more ? 0x2000 : 0) | (df ? 0x4000 : 0));
		set16(ip + 10, 0);
		for (uint32_t i = 0; i < head; i += 2)
			sum += (uint32_t)ip[i] << 8 | ip[i + 1];
		sum = (sum & 0xffff) + (sum >> 16);
		set16(ip + 10, ~(sum + (sum >> 16)));
	} else {
		ip[1] = (unsigned char)((ip[1] & 0x0f) | tos << 4);
		set16(ip + 4, head - 40 + len);
		memset(ip + whole.head, 0, 8);
		ip[whole.head] = ip[last_next()];
		ip[last_next()] = IPPROTO_FRAGMENT;
		set16(ip + whole.head + 2, at | (more ? 1 : 0));
		set16(ip + whole.head + 6, 0x1234);
	}
	lvs_pkt_init(pkt, buf, sizeof(buf), LVS_PKT_HEADROOM, head + len, 0);
}

static enum lvs_join_result add_as(uint32_t at, uint32_t len, bool more,
				   uint8_t tos, bool df)
{
	struct lvs_frag_info info;
	struct lvs_parsed p;
	struct lvs_pkt pkt;

	cut(&pkt, at, len, more, tos, df);
	lvs_parse(&pkt, &p);
	LVS_MUST(p.first_fragment || p.kind == LVS_PKT_FRAGMENT);
	lvs_frag_read(&pkt, &p, &info);
	LVS_MUST(info.at == at && info.len == len && info.more == more);
	return lvs_join_add(&joined, &counted.mem, &pkt, &p, &info, &bytes);
}

static enum lvs_join_result add(uint32_t at, uint32_t len, bool more)
{
	return add_as(at, len, more, 0, false);
}

static struct lvs_frag_how must_be_the_same(const char *what)
{
	static unsigned char got[LVS_PKT_BUFSIZE];
	struct lvs_frag_how how;
	struct lvs_pkt out;
	uint32_t len = lvs_join_len(&joined);

	ck_assert_msg(len == whole.len, "%s: %u bytes", what, len);
	lvs_pkt_init(&out, got, sizeof(got), 0, 0, 0);
	lvs_join_make(&joined, &out, &how);
	ck_assert_uint_eq(out.len, len);
	ck_assert_msg(!memcmp(out.data, whole.ip, len), "%s: bytes", what);
	return how;
}

static uint32_t rnd(uint32_t below)
{
	return (uint32_t)rand() % below;
}

static const struct oracle_spec specs[] = {
	{ "a datagram", AF_INET, IPPROTO_UDP, .payload = 4000 },
	{ "the longest", AF_INET, IPPROTO_UDP, .payload = 65507 },
	{ "with options", AF_INET, IPPROTO_UDP, .payload = 3000, .options = 8 },
	{ "a TCP segment", AF_INET, IPPROTO_TCP, .payload = 1460 },
	{ "an ESP packet", AF_INET, IPPROTO_ESP, .payload = 1460 },
	{ "in IPv6", AF_INET6, IPPROTO_UDP, .payload = 4000 },
	{ "the longest in IPv6", AF_INET6, IPPROTO_UDP, .payload = 65527 },
	{ "behind an IPv6 header", AF_INET6, IPPROTO_UDP, .payload = 3000,
	  .options = 8 },
	{ "a TCP segment in IPv6", AF_INET6, IPPROTO_TCP, .payload = 1460 },
};

#define SPECS (sizeof(specs) / sizeof(*specs))

/* Cut whole into random pieces; the first has a transport header. */
static size_t random_cuts(uint32_t *at)
{
	uint32_t payload = whole.len - whole.head, pos = 0;
	uint32_t most = 24 + 8 * rnd(payload / 16);
	size_t n = 0;

	while (pos < payload) {
		uint32_t least = pos ? payload / 250 / 8 * 8 + 8 : 24;

		at[n++] = pos;
		pos += least + 8 * rnd(most / 8);
	}
	at[n] = payload;
	return n;
}

static void shuffle(size_t *order, size_t n)
{
	for (size_t i = 0; i < n; i++)
		order[i] = i;
	for (size_t i = n; i-- > 1;) {
		size_t j = rnd((uint32_t)i + 1), was = order[i];

		order[i] = order[j];
		order[j] = was;
	}
}

static void any_pieces(const struct oracle_spec *spec)
{
	static uint32_t at[LVS_JOIN_MAX + 1];
	static size_t order[LVS_JOIN_MAX];
	uint32_t longest;

	build(spec);
	for (int round = 0; round < ROUNDS; round++) {
		size_t n = random_cuts(at);
		struct lvs_frag_how how;

		if (n < 2)
			continue;
		longest = 0;
		shuffle(order, n);
		for (size_t i = 0; i < n; i++) {
			size_t k = order[i],
			       again = order[rnd((uint32_t)i + 1)];
			uint32_t len = at[k + 1] - at[k];
			enum lvs_join_result want =
				i + 1 < n ? LVS_JOIN_TAKEN : LVS_JOIN_WHOLE;

			LVS_MUST(add(at[k], len, k + 1 < n) == want);
			LVS_MUST(add(at[again], at[again + 1] - at[again],
				     again + 1 < n) == LVS_JOIN_TWICE);
			len += whole.head + (whole.family == AF_INET ? 0 : 8);
			longest = len > longest ? len : longest;
		}
		how = must_be_the_same(spec->what);
		ck_assert_uint_eq(how.mtu, longest);
		if (whole.family == AF_INET6)
			ck_assert(how.common == whole.head &&
				  how.next == last_next());
		lvs_join_free(&joined, &counted.mem, &bytes);
		ck_assert_uint_eq(counted.bytes, 0);
	}
}

START_TEST(any_pieces_in_any_order)
{
	setup();
	srand(1);
	for (size_t i = 0; i < SPECS; i++)
		any_pieces(&specs[i]);
	teardown();
}
END_TEST

/* What is cut by lvs_frag is the other half of it. */
static void cut_and_put_together(const struct oracle_spec *spec)
{
	static unsigned char from[LVS_PKT_HEADROOM + sizeof(whole.ip)];
	static unsigned char piece[2000];
	struct lvs_frag_how how = { .mtu = 1400, .id = 7 };
	struct lvs_pkt pkt, out;
	struct lvs_frag frag;

	build(spec);
	how.common = (uint16_t)whole.head;
	how.next = (uint16_t)last_next();
	memcpy(from + LVS_PKT_HEADROOM, whole.ip, whole.len);
	lvs_pkt_init(&pkt, from, sizeof(from), LVS_PKT_HEADROOM, whole.len, 0);
	ck_assert_int_eq(lvs_frag_init(&frag, &pkt, 0, &how), 0);
	lvs_pkt_init(&out, piece, sizeof(piece), 0, 0, 0);
	while (lvs_frag_next(&frag, &out)) {
		struct lvs_frag_info info;
		struct lvs_parsed p;
		enum lvs_join_result result;

		ck_assert_uint_le(out.len, 1400);
		lvs_parse(&out, &p);
		ck_assert_uint_eq(p.l3_len, out.len);
		ck_assert(p.ip_csum_ok);
		lvs_frag_read(&out, &p, &info);
		result = lvs_join_add(&joined, &counted.mem, &out, &p, &info,
				      &bytes);
		ck_assert_int_eq(result,
				 frag.done ? LVS_JOIN_WHOLE : LVS_JOIN_TAKEN);
	}
	must_be_the_same(spec->what);
	lvs_join_free(&joined, &counted.mem, &bytes);
}

START_TEST(what_is_cut_and_put_together_is_the_same)
{
	setup();
	for (size_t i = 0; i < SPECS; i++)
		cut_and_put_together(&specs[i]);
	teardown();
}
END_TEST

struct step {
	uint32_t at, len;
	bool more;
	enum lvs_join_result result;
};

static const struct {
	const char *what;
	struct step steps[5];
} rows[] = {
	{ "the same once more",
	  { { 0, 80, true, LVS_JOIN_TAKEN },
	    { 0, 80, true, LVS_JOIN_TWICE } } },
	{ "a part of one that is there",
	  { { 0, 80, true, LVS_JOIN_TAKEN },
	    { 8, 16, true, LVS_JOIN_TWICE } } },
	{ "the last of it once more",
	  { { 80, 80, false, LVS_JOIN_TAKEN },
	    { 80, 80, false, LVS_JOIN_TWICE } } },
	{ "over the end of one that is there",
	  { { 0, 80, true, LVS_JOIN_TAKEN },
	    { 72, 16, true, LVS_JOIN_OVERLAP } } },
	{ "over the beginning of one that is there",
	  { { 80, 80, true, LVS_JOIN_TAKEN },
	    { 0, 88, true, LVS_JOIN_OVERLAP } } },
	{ "all around one that is there",
	  { { 80, 8, true, LVS_JOIN_TAKEN },
	    { 72, 24, true, LVS_JOIN_OVERLAP } } },
	{ "over two that are there",
	  { { 0, 80, true, LVS_JOIN_TAKEN },
	    { 80, 80, true, LVS_JOIN_TAKEN },
	    { 40, 80, true, LVS_JOIN_OVERLAP } } },
	{ "longer than one that is there",
	  { { 0, 80, true, LVS_JOIN_TAKEN },
	    { 0, 88, true, LVS_JOIN_OVERLAP } } },
	{ "behind the last one",
	  { { 80, 80, false, LVS_JOIN_TAKEN },
	    { 160, 8, true, LVS_JOIN_BAD } } },
	{ "a last one before others",
	  { { 160, 80, true, LVS_JOIN_TAKEN },
	    { 80, 80, false, LVS_JOIN_BAD } } },
	{ "two last ones",
	  { { 80, 80, false, LVS_JOIN_TAKEN },
	    { 160, 80, false, LVS_JOIN_BAD } } },
	{ "more to come of what is over",
	  { { 160, 80, false, LVS_JOIN_TAKEN },
	    { 0, 80, true, LVS_JOIN_TAKEN },
	    { 80, 80, true, LVS_JOIN_WHOLE } } },
	{ "nothing in it",
	  { { 0, 80, true, LVS_JOIN_TAKEN }, { 80, 0, true, LVS_JOIN_BAD } } },
};

static void fits_together(int family)
{
	struct oracle_spec spec = { "", family, IPPROTO_UDP, .payload = 1000 };

	build(&spec);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct step *s = rows[i].steps;

		for (size_t n = 0; s[n].len || s[n].at; n++)
			ck_assert_msg(add(s[n].at, s[n].len, s[n].more) ==
					      s[n].result,
				      "%s: %zu", rows[i].what, n);
		lvs_join_free(&joined, &counted.mem, &bytes);
	}
}

START_TEST(what_fits_together)
{
	setup();
	fits_together(AF_INET);
	fits_together(AF_INET6);
	teardown();
}
END_TEST

static const struct {
	const char *what;
	uint8_t first, second;
	int tos; /* of the whole; -1: they don't go together */
} ecns[] = {
	{ "none can", 0, 0, 0 },
	{ "both can", 2, 2, 2 },
	{ "congestion met by the first", 3, 2, 3 },
	{ "congestion met by the second", 2, 3, 3 },
	{ "who can't meets none", 0, 3, -1 },
	{ "who can't doesn't begin to", 0, 2, -1 },
	{ "who can doesn't cease to", 1, 0, -1 },
};

static void congestion(int family)
{
	struct oracle_spec spec = { "", family, IPPROTO_UDP, .payload = 152 };

	for (size_t i = 0; i < sizeof(ecns) / sizeof(*ecns); i++) {
		spec.tos = ecns[i].tos < 0 ? 0 : (unsigned)ecns[i].tos;
		build(&spec);
		ck_assert_int_eq(add_as(0, 80, true, ecns[i].first, false),
				 LVS_JOIN_TAKEN);
		ck_assert_msg(add_as(80, 80, false, ecns[i].second, false) ==
				      (ecns[i].tos < 0 ? LVS_JOIN_BAD
						       : LVS_JOIN_WHOLE),
			      "%s", ecns[i].what);
		if (ecns[i].tos >= 0)
			must_be_the_same(ecns[i].what);
		lvs_join_free(&joined, &counted.mem, &bytes);
	}
}

START_TEST(congestion_is_passed_on)
{
	setup();
	congestion(AF_INET);
	congestion(AF_INET6);
	teardown();
}
END_TEST

static const struct {
	const char *what;
	bool first, second; /* DF, of the longer and the shorter */
	bool df;
} dfs[] = {
	{ "neither", false, false, false },
	{ "both", true, true, true },
	{ "the longer one", true, false, true },
	{ "the shorter one", false, true, false },
};

/* As Linux has it: the size that DF was set for is what counts. */
START_TEST(df_is_the_longest_fragments)
{
	struct oracle_spec spec = { "", AF_INET, IPPROTO_UDP, .payload = 152 };

	setup();
	build(&spec);
	for (size_t i = 0; i < sizeof(dfs) / sizeof(*dfs); i++) {
		struct lvs_frag_how how;

		add_as(0, 88, true, 0, dfs[i].first);
		add_as(88, 72, false, 0, dfs[i].second);
		how = must_be_the_same(dfs[i].what);
		ck_assert_msg(how.df == dfs[i].df, "%s", dfs[i].what);
		ck_assert_uint_eq(how.mtu, 108);
		lvs_join_free(&joined, &counted.mem, &bytes);
	}
	teardown();
}
END_TEST

/* Whatever came before it and after it. */
START_TEST(the_first_as_it_came)
{
	for (size_t i = 0; i < SPECS; i++) {
		const unsigned char *first;
		struct lvs_pkt pkt;
		uint32_t len;

		setup();
		build(&specs[i]);
		ck_assert_ptr_null(lvs_join_first(&joined, &len));
		add(24, 8, true);
		ck_assert_ptr_null(lvs_join_first(&joined, &len));
		add(0, 24, true);
		add(32, 8, true);
		cut(&pkt, 0, 24, true, 0, false);
		first = lvs_join_first(&joined, &len);
		ck_assert_ptr_nonnull(first);
		ck_assert_uint_eq(len, pkt.len);
		ck_assert_mem_eq(first, pkt.data, len);
		teardown();
	}
}
END_TEST

START_TEST(limits)
{
	struct oracle_spec spec = { "", AF_INET, IPPROTO_UDP, .payload = 4000 };
	uint32_t n;

	setup();
	build(&spec);
	for (n = 0; n < LVS_JOIN_MAX; n++)
		ck_assert_int_eq(add(8 * n, 8, true), LVS_JOIN_TAKEN);
	ck_assert_int_eq(add(8 * n, 8, true), LVS_JOIN_MANY);
	ck_assert_uint_eq(bytes, counted.bytes);
	lvs_join_free(&joined, &counted.mem, &bytes);

	counted.fail_at = counted.calls + 1;
	ck_assert_int_eq(add(0, 8, true), LVS_JOIN_NO_MEMORY);
	teardown();
}
END_TEST

LVS_TEST_MAIN("pkt/join", any_pieces_in_any_order,
	      what_is_cut_and_put_together_is_the_same, what_fits_together,
	      congestion_is_passed_on, df_is_the_longest_fragments,
	      the_first_as_it_came, limits)
