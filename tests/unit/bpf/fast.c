/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fast.c - which packets the fast path forwards, and as what.
 *
 * What is forwarded must have become, byte for byte, what the engine's own code
 * makes of it; what is not must be as it was.
 */
#include "unit/bpf/fast_run.h"

#include "pkt/mark.h"

static const struct rule reply = {
	.from = "R1:8080",
	.to = "C:1000",
	.steps = LVS_FAST_SRC,
	.write = "V:80",
	.link = 1,
};
static const struct rule datagram = {
	.from = "C:1000",
	.to = "V:53",
	.protocol = IPPROTO_UDP,
	.steps = LVS_FAST_DST,
	.write = "R1:5353",
	.link = 1,
};
static const struct rule same_port = {
	.from = "C:1000",
	.to = "V:80",
	.steps = LVS_FAST_DST,
	.write = "R1:80",
	.link = 1,
};
static const struct rule direct = {
	.from = "C:1000",
	.to = "V:80",
	.link = 1,
};
static const struct rule direct_datagram = {
	.from = "C:1000",
	.to = "V:53",
	.protocol = IPPROTO_UDP,
	.link = 1,
};

/* ---- what is forwarded --------------------------------------------------- */

static const struct {
	const char *what;
	const struct rule *rule;
	const char *packet;
	struct about about;
} hits[] = {
	{ "a request", &request, "C:1000 > V:80 tcp A len 3", { 0 } },
	{ "nothing but ACK", &request, "C:1000 > V:80 tcp A", { 0 } },
	{ "PSH", &request, "C:1000 > V:80 tcp PA len 100", { 0 } },
	{ "a reply", &reply, "R1:8080 > C:1000 tcp A len 1000", { 0 } },
	{ "DR", &direct, "C:1000 > V:80 tcp A len 7", { 0 } },
	{ "the port stays", &same_port, "C:1000 > V:80 tcp A len 7", { 0 } },
	{ "UDP", &datagram, "C:1000 > V:53 udp len 9", { 0 } },
	{ "empty UDP", &datagram, "C:1000 > V:53 udp", { 0 } },
	{ "UDP by DR", &direct_datagram, "C:1000 > V:53 udp len 9", { 0 } },
	{ "UDP by DR without a checksum",
	  &direct_datagram,
	  "C:1000 > V:53 udp len 9 nosum",
	  { 0 } },
	{ "DF", &request, "C:1000 > V:80 tcp A df", { 0 } },
	{ "a type of service", &request, "C:1000 > V:80 tcp A tos 3", { 0 } },
	{ "two hops left", &request, "C:1000 > V:80 tcp A ttl 2", { 0 } },
	{ "all hops left", &request, "C:1000 > V:80 tcp A ttl 255", { 0 } },
	{ "padding", &request, "C:1000 > V:80 tcp A pad 6", { 0 } },
	{ "a wrong transport checksum stays as wrong",
	  &request,
	  "C:1000 > V:80 tcp A len 3 badsum",
	  { 0 } },
	{ "TCP options", &request, "C:1000 > V:80 tcp A mss 1400", { 0 } },
	{ "segments",
	  &request,
	  "C:1000 > V:80 tcp A len 3000",
	  { .gso_size = 1400, .gso_segs = 3 } },
	{ "somebody's mark",
	  &request,
	  "C:1000 > V:80 tcp A len 3",
	  { .mark = 5 } },
};

static void forward(const char *what, const struct rule *rule, int af,
		    const char *packet, const struct about *about)
{
	struct lvs_fastpath *fast = open_fast(64);
	const struct lvs_fast_table *table = lvs_fastpath_table(fast);
	struct lvs_fast_flow *flow = flow_put(table, rule, af);
	struct lvs_pkt pkt;
	struct result result;

	make(&pkt, packet, af);
	if (run(fast, &pkt, about, &result)) {
		expect_forwarded(what, rule, af, &pkt, &result);
		ck_assert_uint_eq(flow->packets, 1);
		ck_assert_uint_eq(result.mark, about->mark);
	}
	lvs_fastpath_close(fast);
}

START_TEST(what_the_engine_would_do)
{
	for (size_t i = 0; i < 2 * NUM(hits); i++) {
		int af = families[i % 2];

		if (af == AF_INET6 && strstr(hits[i / 2].packet, " df"))
			continue;
		forward(hits[i / 2].what, hits[i / 2].rule, af,
			hits[i / 2].packet, &hits[i / 2].about);
	}
}
END_TEST

/* An interface that sums all bytes of a packet: that sum must follow. */
START_TEST(the_sum_of_all_bytes)
{
	for (size_t i = 0; i < 2 * NUM(hits); i++) {
		struct about about = hits[i / 2].about;
		int af = families[i % 2];

		if (af == AF_INET6 && strstr(hits[i / 2].packet, " df"))
			continue;
		about.flags = SUM_OF_ALL;
		forward(hits[i / 2].what, hits[i / 2].rule, af,
			hits[i / 2].packet, &about);
	}
}
END_TEST

static const struct {
	const char *what, *packet;
	uint8_t steps;
} tunnelled[] = {
	{ "TCP", "C:1000 > V:80 tcp A len 3", LVS_FAST_DF },
	{ "DF", "C:1000 > V:80 tcp A len 3 df", LVS_FAST_DF },
	{ "DF that is not copied", "C:1000 > V:80 tcp A len 3 df", 0 },
	{ "a type of service", "C:1000 > V:80 tcp A tos 184", LVS_FAST_DF },
	{ "ECN", "C:1000 > V:80 tcp A tos 2", LVS_FAST_DF },
	{ "congestion", "C:1000 > V:80 tcp A tos 3", LVS_FAST_DF },
	{ "two hops", "C:1000 > V:80 tcp A ttl 2", LVS_FAST_DF },
	{ "padding", "C:1000 > V:80 tcp A pad 6", LVS_FAST_DF },
	{ "the largest", "C:1000 > V:80 tcp A len 1420", LVS_FAST_DF },
};

static void encapsulate(size_t row, int inner, int outer, uint32_t flags)
{
	const struct rule rule = {
		.from = "C:1000",
		.to = "V:80",
		.steps = tunnelled[row].steps | LVS_FAST_OUTER,
		.outer = outer,
		.mtu = 1480,
		.link = 1,
	};
	const struct about about = { .flags = flags };

	if (inner == AF_INET6 && strstr(tunnelled[row].packet, " df"))
		return;
	forward(tunnelled[row].what, &rule, inner, tunnelled[row].packet,
		&about);
}

START_TEST(an_outer_header)
{
	for (size_t i = 0; i < 4 * NUM(tunnelled); i++) {
		encapsulate(i / 4, families[i % 2], families[i / 2 % 2], 0);
		/* What is cut off a packet, the kernel has no sum of. */
		if (!strstr(tunnelled[i / 4].packet, " pad"))
			encapsulate(i / 4, families[i % 2], families[i / 2 % 2],
				    SUM_OF_ALL);
	}
}
END_TEST

START_TEST(identification_goes_on)
{
	const struct rule rule = {
		.from = "C:1000",
		.to = "V:80",
		.steps = LVS_FAST_OUTER | LVS_FAST_DF,
		.outer = AF_INET,
		.link = 1,
	};
	struct lvs_fastpath *fast = open_fast(64);
	struct result result;
	struct lvs_pkt pkt;
	uint16_t before;

	flow_put(lvs_fastpath_table(fast), &rule, AF_INET);
	make(&pkt, "C:1000 > V:80 tcp A", AF_INET);
	run(fast, &pkt, &(struct about){ 0 }, &result);
	before = outer_id(&rule, &result);
	run(fast, &pkt, &(struct about){ 0 }, &result);
	ck_assert_uint_eq(outer_id(&rule, &result), (uint16_t)(before + 1));
	make(&pkt, "C:1000 > V:80 tcp A df", AF_INET);
	run(fast, &pkt, &(struct about){ 0 }, &result);
	ck_assert_uint_eq(outer_id(&rule, &result), 0);
	lvs_fastpath_close(fast);
}
END_TEST

/* Of UDP a checksum of 0 would mean that there is none. */
START_TEST(a_checksum_that_comes_to_0)
{
	for (size_t f = 0; f < 2; f++) {
		struct lvs_fastpath *fast = open_fast(64);
		const uint32_t l4 = ETH_LEN + (f ? 40 : 20);
		struct result result;
		struct lvs_udp *udp;
		struct lvs_pkt pkt;
		uint16_t sum, word;

		flow_put(lvs_fastpath_table(fast), &datagram, families[f]);
		make(&pkt, "C:1000 > V:53 udp len 2", families[f]);
		run(fast, &pkt, &(struct about){ 0 }, &result);
		/* As much more in the payload as the field has now. */
		memcpy(&sum, result.bytes + l4 + 6, 2);
		memcpy(&word, pkt.data + l4 + 8, 2);
		udp = (struct lvs_udp *)(pkt.data + l4);
		udp->csum = lvs_csum_patch(udp->csum, sum);
		word = lvs_csum_fold((uint32_t)word + sum);
		memcpy(pkt.data + l4 + 8, &word, 2);
		run(fast, &pkt, &(struct about){ 0 }, &result);
		ck_assert_mem_eq(result.bytes + l4 + 6, "\xff\xff", 2);
		expect_forwarded("0", &datagram, families[f], &pkt, &result);
		lvs_fastpath_close(fast);
	}
}
END_TEST

START_TEST(a_claim_may_stand_before)
{
	for (size_t f = 0; f < 2; f++) {
		struct lvs_fastpath *fast = open_fast(64);
		const struct about about = { .mark = LVS_CLAIMED_MARK };
		struct result result;
		struct lvs_pkt pkt;

		flow_put(lvs_fastpath_table(fast), &request, families[f]);
		make(&pkt, "C:1000 > V:80 tcp A len 3", families[f]);
		pkt.data[5] = 9; /* to another host */
		run(fast, &pkt, &about, &result);
		expect_forwarded("claimed", &request, families[f], &pkt,
				 &result);
		ck_assert_uint_eq(result.mark, 0);
		lvs_fastpath_close(fast);
	}
}
END_TEST

/* ---- what is left alone -------------------------------------------------- */

static const struct {
	const char *what;
	const struct rule *rule;
	const char *packet;
	struct about about;
} misses[] = {
	{ "another port of the client",
	  &request,
	  "C:1001 > V:80 tcp A",
	  { 0 } },
	{ "another client", &request, "C2:1000 > V:80 tcp A", { 0 } },
	{ "another port", &request, "C:1000 > V:81 tcp A", { 0 } },
	{ "another address", &request, "C:1000 > V2:80 tcp A", { 0 } },
	{ "another protocol", &request, "C:1000 > V:80 udp", { 0 } },
	{ "the other direction", &request, "V:80 > C:1000 tcp A", { 0 } },
	{ "SCTP", &request, "C:1000 > V:80 sctp init", { 0 } },
	{ "ping", &request, "C > V icmp 8/0 len 8", { 0 } },

	{ "SYN", &request, "C:1000 > V:80 tcp S", { 0 } },
	{ "SYN and ACK", &request, "C:1000 > V:80 tcp SA", { 0 } },
	{ "FIN", &request, "C:1000 > V:80 tcp FA", { 0 } },
	{ "RST", &request, "C:1000 > V:80 tcp R", { 0 } },
	{ "RST and ACK", &request, "C:1000 > V:80 tcp RA", { 0 } },
	{ "no ACK", &request, "C:1000 > V:80 tcp P len 1", { 0 } },

	{ "one hop left", &request, "C:1000 > V:80 tcp A ttl 1", { 0 } },
	{ "no hop left", &request, "C:1000 > V:80 tcp A ttl 0", { 0 } },
	{ "a first fragment",
	  &datagram,
	  "C:1000 > V:53 udp frag 0+ id 7 len 8",
	  { 0 } },
	{ "a later fragment",
	  &datagram,
	  "C > V udp frag 16 id 7 len 8",
	  { 0 } },
	{ "UDP without a checksum to rewrite",
	  &datagram,
	  "C:1000 > V:53 udp len 9 nosum",
	  { 0 } },
	{ "UDP with a length past its end",
	  &datagram,
	  "C:1000 > V:53 udp len 9 badlen",
	  { 0 } },
	{ "segments that are too large",
	  &request,
	  "C:1000 > V:80 tcp A len 3000",
	  { .gso_size = 1465, .gso_segs = 3 } },
	{ "handed back to the host",
	  &request,
	  "C:1000 > V:80 tcp A",
	  { .mark = LVS_HANDED_MARK } },
	{ "cut short", &request, "C:1000 > V:80 tcp A len 9 cut 1", { 0 } },
	{ "cut short in the header",
	  &request,
	  "C:1000 > V:80 tcp A cut 1",
	  { 0 } },
	{ "cut short in the ports",
	  &request,
	  "C:1000 > V:80 tcp A cut 17",
	  { 0 } },
	{ "UDP cut short", &datagram, "C:1000 > V:53 udp cut 1", { 0 } },
};

static void leave(const char *what, const struct rule *rule, int af,
		  const struct lvs_pkt *pkt, const struct about *about)
{
	struct lvs_fastpath *fast = open_fast(64);
	const struct lvs_fast_table *table = lvs_fastpath_table(fast);
	struct lvs_fast_flow *flow = flow_put(table, rule, af);
	struct result result;

	run(fast, pkt, about, &result);
	expect_left(what, af, pkt, &result);
	ck_assert_msg(flow->packets == 0 && flow->bytes == 0, "%s: counted",
		      what);
	lvs_fastpath_close(fast);
}

START_TEST(what_the_engine_must_see)
{
	for (size_t i = 0; i < 2 * NUM(misses); i++) {
		struct lvs_pkt pkt;

		make(&pkt, misses[i / 2].packet, families[i % 2]);
		leave(misses[i / 2].what, misses[i / 2].rule, families[i % 2],
		      &pkt, &misses[i / 2].about);
	}
}
END_TEST

/* One byte of a good packet is another one; the IPv4 checksum follows. */
static const struct {
	const char *what;
	int af;
	const struct rule *rule;
	int at; /* from the IP header on */
	uint8_t is;
} pokes[] = {
	{ "version 5", AF_INET, &request, 0, 0x55 },
	{ "IPv4 options", AF_INET, &request, 0, 0x46 },
	{ "a short IPv4 header", AF_INET, &request, 0, 0x44 },
	{ "total length 0", AF_INET, &request, 3, 0 },
	{ "a total length past the end", AF_INET, &request, 3, 20 + 20 + 10 },
	{ "a total length within the TCP header", AF_INET, &request, 3, 39 },
	{ "a total length within the UDP header", AF_INET, &datagram, 3, 27 },
	{ "evil bit and all, but MF", AF_INET, &request, 6, 0x20 },
	{ "an offset", AF_INET, &request, 7, 1 },
	{ "an offset's upper bits", AF_INET, &request, 6, 1 },
	{ "a short TCP header", AF_INET, &request, 20 + 12, 0x40 },
	{ "a TCP header past the end", AF_INET, &request, 20 + 12, 0xf0 },
	{ "a short UDP length", AF_INET, &datagram, 20 + 5, 7 },
	{ "a UDP length past the end", AF_INET, &datagram, 20 + 5, 8 + 10 },

	{ "version 4 as IPv6", AF_INET6, &request, 0, 0x40 },
	{ "no payload", AF_INET6, &request, 5, 0 },
	{ "a payload past the end", AF_INET6, &request, 5, 20 + 10 },
	{ "a payload within the TCP header", AF_INET6, &request, 5, 19 },
	{ "a payload within the UDP header", AF_INET6, &datagram, 5, 7 },
	{ "hop-by-hop options", AF_INET6, &request, 6, 0 },
	{ "a fragment header", AF_INET6, &request, 6, 44 },
	{ "destination options", AF_INET6, &request, 6, 60 },
	{ "a short TCP header", AF_INET6, &request, 40 + 12, 0x40 },
	{ "a TCP header past the end", AF_INET6, &request, 40 + 12, 0xf0 },
	{ "a short UDP length", AF_INET6, &datagram, 40 + 5, 7 },
	{ "a UDP length past the end", AF_INET6, &datagram, 40 + 5, 8 + 10 },
};

START_TEST(headers_that_are_not_plain)
{
	for (size_t i = 0; i < NUM(pokes); i++) {
		bool udp = pokes[i].rule == &datagram;
		struct lvs_pkt pkt;
		struct lvs_ipv4 *ip;

		make(&pkt,
		     udp ? "C:1000 > V:53 udp len 9"
			 : "C:1000 > V:80 tcp A len 9",
		     pokes[i].af);
		pkt.data[ETH_LEN + pokes[i].at] = pokes[i].is;
		ip = (struct lvs_ipv4 *)(pkt.data + ETH_LEN);
		if (pokes[i].af == AF_INET) {
			ip->csum = 0;
			ip->csum = lvs_csum_ipv4(ip);
		}
		leave(pokes[i].what, pokes[i].rule, pokes[i].af, &pkt,
		      &(struct about){ 0 });
	}
}
END_TEST

START_TEST(a_wrong_ipv4_checksum)
{
	struct lvs_pkt pkt;

	make(&pkt, "C:1000 > V:80 tcp A badipsum", AF_INET);
	leave("checksum", &request, AF_INET, &pkt, &(struct about){ 0 });
}
END_TEST

START_TEST(frames_that_are_not_for_this)
{
	for (size_t f = 0; f < 2; f++) {
		struct lvs_pkt pkt;

		make(&pkt, "C:1000 > V:80 tcp A len 9", families[f]);
		pkt.data[5] = 9;
		leave("to another host", &request, families[f], &pkt,
		      &(struct about){ 0 });
		make(&pkt, "C:1000 > V:80 tcp A len 9", families[f]);
		pkt.data[0] = 0xff;
		leave("to a group", &request, families[f], &pkt,
		      &(struct about){ 0 });
		make(&pkt, "C:1000 > V:80 tcp A len 9", families[f]);
		memcpy(pkt.data + 12, "\x08\x06", 2);
		leave("another EtherType", &request, families[f], &pkt,
		      &(struct about){ 0 });
		/* A second tag; the first is in no frame any more. */
		make(&pkt, "C:1000 > V:80 tcp A len 9", families[f]);
		pkt.data -= 4;
		pkt.len += 4;
		memmove(pkt.data, pkt.data + 4, 12);
		memcpy(pkt.data + 12, "\x81\x00\x00\x64", 4);
		leave("a VLAN tag", &request, families[f], &pkt,
		      &(struct about){ 0 });
	}
}
END_TEST

/* Of bytes and segments that just fit, one more does not. */
START_TEST(what_fits_and_what_does_not)
{
	static const struct {
		const char *packet;
		struct about about;
		uint32_t fits[2]; /* into this MTU, by family */
	} rows[] = {
		{ "C:1000 > V:80 tcp A len 9", { 0 }, { 49, 69 } },
		{ "C:1000 > V:80 tcp A len 9 pad 6", { 0 }, { 49, 69 } },
		{ "C:1000 > V:80 tcp A len 2500",
		  { .gso_size = 1000, .gso_segs = 3 },
		  { 1040, 1060 } },
		/* With options of eight bytes. */
		{ "C:1000 > V:80 tcp A len 2500 mss 1400",
		  { .gso_size = 1000, .gso_segs = 3 },
		  { 1048, 1068 } },
	};

	for (size_t i = 0; i < 2 * NUM(rows); i++) {
		struct rule rule = request;
		int af = families[i % 2];
		struct lvs_pkt pkt;

		rule.mtu = rows[i / 2].fits[i % 2];
		forward(rows[i / 2].packet, &rule, af, rows[i / 2].packet,
			&rows[i / 2].about);
		rule.mtu--;
		make(&pkt, rows[i / 2].packet, af);
		leave(rows[i / 2].packet, &rule, af, &pkt, &rows[i / 2].about);
	}
}
END_TEST

LVS_TEST_MAIN_UNLESS(missing(), "bpf/fast", what_the_engine_would_do,
		     the_sum_of_all_bytes, an_outer_header,
		     identification_goes_on, a_checksum_that_comes_to_0,
		     a_claim_may_stand_before, what_the_engine_must_see,
		     headers_that_are_not_plain, a_wrong_ipv4_checksum,
		     frames_that_are_not_for_this, what_fits_and_what_does_not)
