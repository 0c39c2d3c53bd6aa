/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frag.c - fragments put together again are what was cut.
 *
 * That a kernel cuts the same way is tested in recorded.c.
 */
#include "config.h"

#include "check.h"
#include "pkt/csum.h"
#include "pkt/frag.h"
#include "unit/pkt/oracle.h"

static const struct {
	const char *what;
	struct oracle_spec spec;
	uint32_t mtu;
	size_t count;
} cuts[] = {
	{ "fits as it is",
	  { "", AF_INET, IPPROTO_UDP, 14, .payload = 1472 },
	  1500,
	  1 },
	{ "a byte too long",
	  { "", AF_INET, IPPROTO_UDP, 14, .payload = 1473 },
	  1500,
	  2 },
	{ "no multiple of 8 fits the MTU",
	  { "", AF_INET, IPPROTO_UDP, 14, .payload = 3000 },
	  1003,
	  4 },
	{ "the least MTU of all",
	  { "", AF_INET, IPPROTO_TCP, 14, .payload = 500 },
	  68,
	  11 },
	{ "behind a VLAN tag",
	  { "", AF_INET, IPPROTO_UDP, 18, .payload = 2000 },
	  1500,
	  2 },
	{ "without link layer",
	  { "", AF_INET, IPPROTO_UDP, .payload = 2000 },
	  1500,
	  2 },
	{ "with options",
	  { "", AF_INET, IPPROTO_UDP, 14, .payload = 2000, .options = 8 },
	  1500,
	  2 },
	{ "with padding",
	  { "", AF_INET, IPPROTO_UDP, 14, .payload = 90, .padding = 3 },
	  100,
	  2 },
	{ "nothing behind the header",
	  { "", AF_INET, IPPROTO_ESP, .link = 14 },
	  100,
	  1 },
	{ "a fragment in the middle",
	  { "", AF_INET, IPPROTO_UDP, 14, .payload = 1472, .frag = 0x20b9 },
	  576,
	  3 },
	{ "the last fragment",
	  { "", AF_INET, IPPROTO_UDP, 14, .payload = 1001, .frag = 0x00b9 },
	  576,
	  2 },
	{ "the longest",
	  { "", AF_INET, IPPROTO_UDP, 14, .payload = 65507 },
	  1500,
	  45 },
};

/* Offset and "more" of the fragment, and its length. */
static void check_fragment(size_t i, const struct lvs_pkt *piece, size_t n,
			   uint32_t at, bool last)
{
	const struct oracle_spec *s = &cuts[i].spec;
	const unsigned char *ip = piece->data + s->link;
	unsigned frag = lvs_get16(ip + 6);
	bool more = !last || (s->frag & 0x2000);
	uint32_t head = 20 + s->options;
	const char *wrong = oracle_judge(ip, piece->len - s->link);

	if (cuts[i].count > 1 || s->frag)
		ck_assert_msg(!wrong, "%s, %zu: %s", cuts[i].what, n, wrong);
	ck_assert_uint_le(piece->len - s->link, cuts[i].mtu);
	ck_assert_uint_eq(frag & 0x1fff, (s->frag & 0x1fff) + at / 8);
	ck_assert_msg(!(frag & 0x2000) == !more, "%s, %zu", cuts[i].what, n);
	ck_assert_uint_eq(lvs_get16(ip + 4), 0x1234);
	if (!last)
		ck_assert_uint_eq((piece->len - s->link - head) % 8, 0);
	/* Record route stays behind; router alert goes with each. */
	if (s->options)
		ck_assert_msg(!memcmp(ip + 20,
				      n ? "\1\1\1\1\x94\4\0\0"
					: "\7\3\4\1\x94\4\0\0",
				      8),
			      "%s, %zu: options", cuts[i].what, n);
}

START_TEST(fragments_make_up_the_packet)
{
	static unsigned char buf[2000], whole[70000];

	for (size_t i = 0; i < sizeof(cuts) / sizeof(*cuts); i++) {
		const struct oracle_spec *s = &cuts[i].spec;
		struct lvs_pkt *pkt = oracle_pkt(s), piece;
		uint16_t l3 = (uint16_t)s->link;
		uint32_t head = l3 + 20 + s->options, at = 0;
		uint32_t payload = pkt->len - head - s->padding;
		struct lvs_frag_how how = { .mtu = cuts[i].mtu };
		struct lvs_frag frag;
		size_t n = 0;

		memcpy(whole, pkt->data, pkt->len);
		ck_assert_int_eq(lvs_frag_init(&frag, pkt, l3, &how), 0);
		lvs_pkt_init(&piece, buf, cuts[i].mtu + l3, 0, 0, 0);
		while (lvs_frag_next(&frag, &piece)) {
			uint32_t len = piece.len - head;

			check_fragment(i, &piece, n, at, at + len == payload);
			ck_assert(!memcmp(piece.data + head, whole + head + at,
					  len));
			ck_assert_uint_eq(piece.l2_len, pkt->l2_len);
			at += len;
			n++;
		}
		ck_assert_msg(at == payload, "%s: %u bytes", cuts[i].what, at);
		ck_assert_msg(n == cuts[i].count, "%s: %zu pieces",
			      cuts[i].what, n);
		oracle_free(pkt);
	}
}
END_TEST

/* One checksum for all fragments: it has to be there before. */
START_TEST(an_unfinished_checksum_is_completed)
{
	static unsigned char buf[2000];
	struct oracle_spec spec = { "", AF_INET, IPPROTO_UDP, 14,
				    .payload = 100 };
	struct lvs_pkt *want = oracle_pkt(&spec);
	struct lvs_pkt *pkt = oracle_pkt(&spec), piece;
	struct lvs_frag_how how = { .mtu = 68 };
	struct lvs_frag frag;

	oracle_make_partial(pkt, 14, 34, IPPROTO_UDP);
	ck_assert_int_eq(lvs_frag_init(&frag, pkt, 14, &how), 0);
	lvs_pkt_init(&piece, buf, sizeof(buf), 0, 0, 0);
	ck_assert(lvs_frag_next(&frag, &piece));
	ck_assert(!memcmp(piece.data + 34, want->data + 34, 8));
	oracle_free(pkt);
	oracle_free(want);
}
END_TEST

static const struct {
	const char *what;
	struct oracle_spec spec;
	uint32_t mtu;
	int err;
} refused[] = {
	{ "DF is set",
	  { "", AF_INET, IPPROTO_UDP, 14, .payload = 100, .df = true },
	  68,
	  LVS_ERR_MSGSIZE },
	{ "no 8 bytes fit",
	  { "", AF_INET, IPPROTO_UDP, 14, .payload = 100 },
	  27,
	  LVS_ERR_MSGSIZE },
	{ "8 bytes fit",
	  { "", AF_INET, IPPROTO_UDP, 14, .payload = 100 },
	  28,
	  0 },
	{ "no 8 bytes fit behind options",
	  { "", AF_INET, IPPROTO_UDP, 14, .payload = 100, .options = 40 },
	  67,
	  LVS_ERR_MSGSIZE },
};

START_TEST(what_cannot_be_cut)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		struct lvs_pkt *pkt = oracle_pkt(&refused[i].spec);
		struct lvs_frag_how how = { .mtu = refused[i].mtu };
		struct lvs_frag frag;

		ck_assert_msg(lvs_frag_init(&frag, pkt, 14, &how) ==
				      refused[i].err,
			      "%s", refused[i].what);
		oracle_free(pkt);
	}
}
END_TEST

/* Options of a stranger's making: no byte beyond them is touched. */
START_TEST(malformed_options)
{
	static const char *const options[] = {
		"\7\0\0\0\0\0\0\0",	"\7\1\0\0\0\0\0\0",
		"\7\xff\0\0\0\0\0\0",	"\1\1\1\1\1\1\1\7",
		"\1\1\1\1\1\1\7\3",	"\0\7\3\4\7\3\4\7",
		"\x94\4\0\0\x44\4\5\0", "\x94\x09\0\0\0\0\0\0",
	};
	static unsigned char buf[2000];

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		struct oracle_spec spec = { "", AF_INET,	IPPROTO_UDP,
					    14, .payload = 100, .options = 8 };
		struct lvs_pkt *pkt = oracle_pkt(&spec), piece;
		struct lvs_frag_how how = { .mtu = 68 };
		struct lvs_frag frag;

		memcpy(pkt->data + 34, options[i], 8);
		ck_assert_int_eq(lvs_frag_init(&frag, pkt, 14, &how), 0);
		lvs_pkt_init(&piece, buf, 14 + 68, 0, 0, 0);
		for (uint32_t at = 42; lvs_frag_next(&frag, &piece);
		     at += piece.len - 42) {
			ck_assert_pstr_eq(oracle_judge(piece.data + 14,
						       piece.len - 14),
					  NULL);
			ck_assert(!memcmp(piece.data + 42, pkt->data + at,
					  piece.len - 42));
		}
		oracle_free(pkt);
	}
}
END_TEST

LVS_TEST_MAIN("pkt/frag", fragments_make_up_the_packet,
	      an_unfinished_checksum_is_completed, what_cannot_be_cut,
	      malformed_options)
