/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fast_random.c - packets with a few wrong bytes: the fast path forwards those
 * that the engine's parser finds fit for it, as the engine would, and no
 * others.
 */
#include "unit/bpf/fast_run.h"

#include "base/prng.h"

#define PACKETS 40000

static const struct rule rules[] = {
	{
		.from = "C:1000",
		.to = "V:80",
		.steps = LVS_FAST_DST,
		.write = "R1:8080",
		.mtu = 576,
		.link = 1,
	},
	{
		.from = "C:1000",
		.to = "V:53",
		.protocol = IPPROTO_UDP,
		.steps = LVS_FAST_SRC,
		.write = "R1:5353",
		.mtu = 576,
		.link = 1,
	},
	{
		.from = "C:1000",
		.to = "V:53",
		.protocol = IPPROTO_UDP,
		.mtu = 576,
		.link = 1,
	},
};

static const char *const packets[] = { "C:1000 > V:80 tcp A len 9 ttl 3",
				       "C:1000 > V:53 udp len 9 ttl 3",
				       "C:1000 > V:53 udp len 9 nosum ttl 3" };

static struct lvs_prng prng;

static uint32_t below(uint32_t n)
{
	return (uint32_t)lvs_prng_below(&prng, n);
}

/* Up to three bytes of the headers, often with a checksum that is right. */
static void spoil(struct lvs_pkt *pkt, int af)
{
	const uint32_t head = af == AF_INET ? 20 : 40;
	struct lvs_ipv4 *ip = (struct lvs_ipv4 *)(pkt->data + ETH_LEN);

	for (uint32_t i = below(4); i; i--) {
		unsigned char *at = pkt->data + ETH_LEN + below(head + 20);

		*at = below(2) ? (unsigned char)below(256)
			       : *at ^ (unsigned char)(1u << below(8));
	}
	if (af == AF_INET && below(8)) {
		ip->csum = 0;
		ip->csum = lvs_csum_ipv4(ip);
	}
	if (!below(8))
		pkt->len -= below(pkt->len - ETH_LEN - head);
}

/* Whether all holds that lvs/fast.h asks for, by the engine's own parser. */
static bool is_fit(const struct lvs_pkt *pkt, const struct rule *rule, int af)
{
	const struct lvs_fast_key key = rule_key(rule, af);
	const size_t len = af == AF_INET ? 4 : 16;
	const struct lvs_udp *udp;
	struct lvs_parsed p;

	lvs_parse(pkt, &p);
	if (p.kind != LVS_PKT_FLOW || p.first_fragment || !p.ip_csum_ok ||
	    p.l4 - p.l3 != (af == AF_INET ? 20 : 40) || p.ttl <= 1 ||
	    p.l3_len > rule->mtu)
		return false;
	if (memcmp(&p.flow.src, key.src_be, len) != 0 ||
	    memcmp(&p.flow.dst, key.dst_be, len) != 0 ||
	    p.flow.sport_be != key.sport_be ||
	    p.flow.dport_be != key.dport_be || p.flow.protocol != key.protocol)
		return false;
	udp = (const struct lvs_udp *)(pkt->data + p.l4);
	if (p.flow.protocol == IPPROTO_UDP)
		return udp->csum || !rule->write;
	return (p.tcp_flags & 0x17) == 0x10;
}

START_TEST(as_the_engine_reads_them)
{
	unsigned fit = 0;

	lvs_prng_seed(&prng, 1);
	for (size_t i = 0; i < 2 * NUM(rules); i++) {
		struct lvs_fastpath *fast = open_fast(4);
		const struct rule *rule = &rules[i / 2];
		int af = families[i % 2];

		flow_put(lvs_fastpath_table(fast), rule, af);
		for (unsigned n = 0; n < PACKETS / 6; n++) {
			struct result result;
			struct lvs_pkt pkt;
			char what[32];

			snprintf(what, sizeof(what), "packet %u of %zu", n, i);
			make(&pkt, packets[below(NUM(packets))], af);
			spoil(&pkt, af);
			run(fast, &pkt, &(struct about){ 0 }, &result);
			if (is_fit(&pkt, rule, af)) {
				expect_forwarded(what, rule, af, &pkt, &result);
				fit++;
			} else {
				expect_left(what, af, &pkt, &result);
			}
		}
		lvs_fastpath_close(fast);
	}
	ck_assert_uint_gt(fit, PACKETS / 20);
	ck_assert_uint_lt(fit, PACKETS / 2);
}
END_TEST

LVS_TEST_MAIN_UNLESS(missing(), "bpf/fast_random", as_the_engine_reads_them)
