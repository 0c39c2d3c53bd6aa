/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mss.c - an MSS option wherever it lies, and options of a stranger's making;
 * what becomes of whole packets is in tests/flow/cases/mss.flow.
 */
#include "config.h"

#include "check.h"
#include "pkt/mss.h"
#include "pkt/offload.h"
#include "unit/pkt/oracle.h"

#include <string.h>

static const struct {
	const char *what;
	const char *before, *after; /* 8 bytes of options, MTU 1400 */
} rows[] = {
	{ "the option first", "\2\4\5\xb4\1\1\1\0", "\2\4\5\x50\1\1\1\0" },
	{ "behind one byte", "\1\2\4\5\xb4\1\1\0", "\1\2\4\5\x50\1\1\0" },
	{ "behind another", "\3\3\7\2\4\5\xb4\0", "\3\3\7\2\4\5\x50\0" },
	{ "at the very end", "\4\2\1\1\2\4\5\xb4", "\4\2\1\1\2\4\5\x50" },
	{ "what fits stays", "\2\4\5\x50\1\1\1\0", "\2\4\5\x50\1\1\1\0" },
	{ "less stays", "\2\4\2\0\1\1\1\0", "\2\4\2\0\1\1\1\0" },
	{ "none", "\1\1\1\1\1\1\1\1", "\1\1\1\1\1\1\1\1" },
	{ "behind the end", "\0\0\2\4\5\xb4\0\0", "\0\0\2\4\5\xb4\0\0" },
	{ "too short a one", "\2\3\5\xb4\1\1\1\0", "\2\3\5\xb4\1\1\1\0" },
	{ "cut off", "\1\1\1\1\1\2\4\5", "\1\1\1\1\1\2\4\5" },
	{ "no length", "\1\1\1\1\1\1\1\2", "\1\1\1\1\1\1\1\2" },
	{ "of no length", "\3\0\2\4\5\xb4\1\0", "\3\0\2\4\5\xb4\1\0" },
	{ "over the end", "\3\x40\2\4\5\xb4\1\0", "\3\x40\2\4\5\xb4\1\0" },
};

/* A SYN with eight bytes of options: what was payload is a header now. */
static struct lvs_pkt *syn_with(const char *options, struct lvs_parsed *p)
{
	struct oracle_spec spec = { "", AF_INET,      IPPROTO_TCP,
				    14, .payload = 8, .flags = 2 };
	struct lvs_pkt *pkt = oracle_pkt(&spec);
	unsigned char *tcp = pkt->data + 34;

	oracle_make_partial(pkt, 14, 34, IPPROTO_TCP);
	tcp[12] = 7 << 4;
	memcpy(tcp + 20, options, 8);
	lvs_csum_complete(pkt);
	lvs_parse(pkt, p);
	ck_assert_int_eq(p->kind, LVS_PKT_FLOW);
	ck_assert_ptr_null(oracle_judge(pkt->data + 14, pkt->len - 14));
	return pkt;
}

START_TEST(options_of_all_kinds)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct lvs_parsed p;
		struct lvs_pkt *pkt = syn_with(rows[i].before, &p);

		lvs_mss_clamp(pkt, &p, 1400);
		ck_assert_msg(!memcmp(pkt->data + 54, rows[i].after, 8), "%s",
			      rows[i].what);
		ck_assert_msg(!oracle_judge(pkt->data + 14, pkt->len - 14),
			      "%s: checksum", rows[i].what);
		oracle_free(pkt);
	}
}
END_TEST

/* Nobody's MSS is below what everybody can take. */
START_TEST(not_below_the_least)
{
	struct lvs_parsed p;
	struct lvs_pkt *pkt = syn_with(rows[0].before, &p);

	lvs_mss_clamp(pkt, &p, 575);
	ck_assert(!memcmp(pkt->data + 54, rows[0].before, 8));
	lvs_mss_clamp(pkt, &p, 576);
	ck_assert(!memcmp(pkt->data + 54, "\2\4\2\x18", 4));
	oracle_free(pkt);
}
END_TEST

LVS_TEST_MAIN("pkt/mss", options_of_all_kinds, not_below_the_least)
