/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reset.c - which packets a reset answers, and what it looks like; which
 * numbers it has is in tests/flow/cases/stray.flow.
 */
#include "config.h"

#include "check.h"
#include "pkt/icmp.h"
#include "pkt/reset.h"
#include "pkt/wire.h"
#include "unit/pkt/oracle.h"

static bool is_answered(const struct lvs_parsed *p)
{
	return p->kind == LVS_PKT_FLOW && p->flow.protocol == IPPROTO_TCP &&
	       !p->first_fragment && !(p->tcp_flags & LVS_TCP_RST);
}

/* PKT is a reset that answers ABOUT, of which P is the shape. */
static void check_reset(const struct lvs_pkt *pkt, const unsigned char *about,
			const struct lvs_parsed *p)
{
	uint32_t head = p->flow.family == AF_INET6 ? 40 : 20;
	struct lvs_parsed q;

	lvs_parse(pkt, &q);
	ck_assert_pstr_eq(oracle_judge(pkt->data + p->l3, pkt->len - p->l3),
			  NULL);
	ck_assert_uint_eq(q.kind, LVS_PKT_FLOW);
	ck_assert_uint_eq(pkt->len, p->l3 + head + 20);
	ck_assert_uint_eq(q.ttl, 64);
	ck_assert(q.tcp_flags & LVS_TCP_RST);
	ck_assert(lvs_ip_equal(&q.flow.dst, &p->flow.src));
	ck_assert(lvs_ip_equal(&q.flow.src, &p->flow.dst));
	ck_assert_uint_eq(q.flow.sport_be, p->flow.dport_be);
	ck_assert_uint_eq(q.flow.dport_be, p->flow.sport_be);
	if (p->l3) { /* link addresses exchanged, type and tag as before */
		ck_assert(!memcmp(pkt->data, about + 6, 6));
		ck_assert(!memcmp(pkt->data + 6, about, 6));
		ck_assert(!memcmp(pkt->data + 12, about + 12, p->l3 - 12u));
	}
}

START_TEST(to_every_packet)
{
	unsigned answered = 0;

	for (const struct oracle_spec *s = oracle_specs; s->what; s++) {
		struct lvs_pkt *pkt = oracle_pkt(s);
		unsigned char about[18];
		uint32_t room = pkt->len + pkt->tailroom;
		struct lvs_parsed p;

		lvs_parse(pkt, &p);
		memcpy(about, pkt->data, sizeof(about));
		ck_assert_msg(lvs_reset_may_answer(pkt, &p) == is_answered(&p),
			      "%s", s->what);
		if (is_answered(&p)) {
			lvs_reset_make(pkt, &p);
			check_reset(pkt, about, &p);
			ck_assert_uint_eq(pkt->len + pkt->tailroom, room);
			answered++;
		}
		oracle_free(pkt);
	}
	ck_assert_uint_ge(answered, 4);
}
END_TEST

START_TEST(not_in_return_for_damage)
{
	for (int family = 0; family < 2; family++) {
		struct oracle_spec spec = {
			.family = family ? AF_INET6 : AF_INET,
			.protocol = IPPROTO_TCP,
			.link = 14,
			.flags = LVS_TCP_ACK,
			.payload = 5,
		};
		struct lvs_pkt *pkt = oracle_pkt(&spec);
		struct lvs_parsed p;

		lvs_parse(pkt, &p);
		ck_assert(lvs_reset_may_answer(pkt, &p));
		pkt->data[p.payload + 4] ^= 1;
		ck_assert(!lvs_reset_may_answer(pkt, &p));
		pkt->off.flags = LVS_OFF_VALID;
		ck_assert(lvs_reset_may_answer(pkt, &p));
		pkt->data[0] |= 1; /* sent to many */
		ck_assert(!lvs_reset_may_answer(pkt, &p));
		oracle_free(pkt);
	}
}
END_TEST

LVS_TEST_MAIN("pkt/reset", to_every_packet, not_in_return_for_damage)
