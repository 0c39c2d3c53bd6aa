/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flood.c - a million SYNs from random addresses, while real clients talk and
 * others come: all that were there go on, newcomers get in, memory is bounded
 * and comes back, and every count is exact.
 *
 * What the limit does to single connections is in cases/limit.flow; what a
 * flood costs in time tests/bench/flood measures.
 */
#include "check.h"

#include "base/prng.h"
#include "engine/engine.h"
#include "net.h"
#include "packet.h"
#include "sum.h"
#include "unit/counted.h"
#include <netinet/in.h>
#include <string.h>

#define LIMIT	    20000u
#define ESTABLISHED 5000u
#define SYNS	    1000000u
#define NEWCOMERS   20u /* handshakes in the midst of it */
#define ETH	    14u

/* Bytes of a connection, all included, and what there is without any. */
#define CONN_BYTES 130u
#define BASE_BYTES (1u << 20)

struct flood {
	int af;
	struct counted counted;
	struct lvs_director *dir;
	struct lvs_engine *eng;
	struct lvs_service_id svc;
	lvs_tstamp now;
	struct lvs_prng prng;
	unsigned char buf[512]; /* of one packet */
	unsigned char syn[128]; /* the flood's, but for who it is from */
	int syn_len;
	size_t bytes_max;
};

static enum lvs_verdict hand_in(struct flood *f, int len, uint32_t link)
{
	struct lvs_pkt pkt, *pkts[] = { &pkt };

	lvs_pkt_init(&pkt, f->buf, sizeof(f->buf), LVS_PKT_HEADROOM,
		     ETH + (uint32_t)len, ETH);
	memset(pkt.data, 0, 12);
	pkt.data[12] = f->af == AF_INET ? 0x08 : 0x86;
	pkt.data[13] = f->af == AF_INET ? 0x00 : 0xdd;
	pkt.link_in = link;
	lvs_engine_input(f->eng, pkts, 1, f->now);
	return pkt.verdict;
}

static enum lvs_verdict packet(struct flood *f, uint32_t link,
			       const char *format, unsigned port)
{
	unsigned char *ip = f->buf + LVS_PKT_HEADROOM + ETH;
	struct lvs_offload off;
	char text[128];
	int len;

	snprintf(text, sizeof(text), format, port);
	len = packet_build(text, f->af, ip, 256, &off);
	ck_assert_int_gt(len, 0);
	return hand_in(f, len, link);
}

/* A SYN from anywhere. */
static enum lvs_verdict syn(struct flood *f)
{
	unsigned char *ip = f->buf + LVS_PKT_HEADROOM + ETH;
	bool v4 = f->af == AF_INET;
	uint64_t random[2] = { lvs_prng_next(&f->prng),
			       lvs_prng_next(&f->prng) };

	memcpy(ip, f->syn, (size_t)f->syn_len);
	memcpy(ip + (v4 ? 12 : 8), random, v4 ? 4 : 14);
	ip[v4 ? 12 : 8] = 0x20; /* a single host's, whatever follows */
	memcpy(ip + (v4 ? 20 : 40), &random[1], 2);
	ip[v4 ? 20 : 40] |= 4; /* not from port 20 */
	if (v4) {
		unsigned sum;

		memset(ip + 10, 0, 2);
		sum = sum_of(ip, 20);
		ip[10] = (unsigned char)(sum >> 8);
		ip[11] = (unsigned char)sum;
	}
	return hand_in(f, f->syn_len, LINK_C);
}

static void set_up(struct flood *f, int af)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_engine_opts eng = LVS_OPTS(struct lvs_engine_opts);
	struct lvs_service_conf conf = LVS_OPTS(struct lvs_service_conf);
	struct lvs_dest_conf dest = LVS_OPTS(struct lvs_dest_conf);
	struct lvs_offload off;

	memset(f, 0, sizeof(*f));
	f->af = af;
	f->now = 1000 * LVS_SEC;
	lvs_prng_seed(&f->prng, 7);
	counted_init(&f->counted);
	opts.mem = &f->counted.mem;
	ck_assert_int_eq(lvs_director_new(&opts, &f->dir), 0);
	net_fill(f->dir, af);
	eng.conn_limit = LIMIT;
	ck_assert_int_eq(lvs_engine_new(f->dir, &eng, &f->eng), 0);
	conf.id.protocol = IPPROTO_TCP;
	conf.id.port = 80;
	strcpy(conf.scheduler, "wlc");
	ck_assert(net_addr("V", af, &conf.id.addr));
	ck_assert_int_eq(lvs_service_add(f->dir, &conf), 0);
	f->svc = conf.id;
	dest.id.port = 8000;
	dest.weight = 1;
	ck_assert(net_addr("R1", af, &dest.id.addr));
	ck_assert_int_eq(lvs_dest_add(f->dir, &f->svc, &dest), 0);
	f->syn_len = packet_build("F:1 > V:80 tcp S", af, f->syn,
				  sizeof(f->syn), &off);
}

static bool handshake(struct flood *f, unsigned port)
{
	return packet(f, LINK_C, "F:%u > V:80 tcp S", port) == LVS_SEND &&
	       packet(f, LINK_S, "R1:8000 > F:%u tcp SA", port) == LVS_SEND &&
	       packet(f, LINK_C, "F:%u > V:80 tcp A", port) == LVS_SEND &&
	       packet(f, LINK_C, "F:%u > V:80 tcp PA len 9", port) == LVS_SEND;
}

/* One that comes in the midst of SYNs, and has to try again if refused. */
static unsigned newcomer(struct flood *f, unsigned port)
{
	unsigned tries = 1;

	while (packet(f, LINK_C, "F:%u > V:80 tcp S", port) != LVS_SEND) {
		tries++;
		for (unsigned i = 0; i < 1000; i++)
			syn(f);
	}
	for (unsigned i = 0; i < LIMIT / 4; i++)
		syn(f);
	ck_assert_int_eq(packet(f, LINK_S, "R1:8000 > F:%u tcp SA", port),
			 LVS_SEND);
	for (unsigned i = 0; i < LIMIT / 4; i++)
		syn(f);
	ck_assert_int_eq(packet(f, LINK_C, "F:%u > V:80 tcp A", port),
			 LVS_SEND);
	ck_assert_int_eq(packet(f, LINK_C, "F:%u > V:80 tcp PA len 9", port),
			 LVS_SEND);
	return tries;
}

static void flood(struct flood *f)
{
	for (unsigned i = 0; i < SYNS; i++) {
		syn(f);
		if (f->counted.bytes > f->bytes_max)
			f->bytes_max = f->counted.bytes;
		if (i % 50 == 0)
			f->now += LVS_MSEC / 10;
		if (i % 1000 == 0)
			lvs_engine_tick(f->eng, f->now);
	}
}

static void all_still_talk(struct flood *f)
{
	for (unsigned i = 0; i < ESTABLISHED + NEWCOMERS; i++) {
		ck_assert_int_eq(packet(f, LINK_C, "F:%u > V:80 tcp PA len 3",
					1024 + i),
				 LVS_SEND);
		ck_assert_int_eq(packet(f, LINK_S,
					"R1:8000 > F:%u tcp PA len 3",
					1024 + i),
				 LVS_SEND);
	}
}

/* What is in the table, what was counted, and that nothing is missing. */
static void check_counts(const struct flood *f)
{
	struct lvs_engine_stats stats = LVS_OPTS(struct lvs_engine_stats);
	struct lvs_dest_info info;
	uint64_t evicted, refused;

	lvs_engine_stats(f->eng, &stats);
	ck_assert_uint_eq(lvs_dest_list(f->dir, &f->svc, 0, &info, 1), 1);
	evicted = stats.evicted[LVS_EVICT_HALF_OPEN];
	refused = stats.dropped[LVS_REASON_CONN_LIMIT];
	ck_assert_uint_eq(stats.conns, LIMIT);
	ck_assert_uint_eq(stats.conn_limit, LIMIT);
	ck_assert_uint_eq(stats.evicted[LVS_EVICT_CLOSING], 0);
	ck_assert_uint_eq(stats.evicted[LVS_EVICT_BARE], 0);
	ck_assert_uint_eq(info.active, LIMIT);
	ck_assert_uint_eq(info.inact, 0);
	ck_assert_uint_eq(info.stats.conns, LIMIT + evicted);
	/* The hand meets all that stay in one place: few are refused. */
	ck_assert_uint_lt(refused, SYNS / 50);
	ck_assert_uint_eq(stats.packets, stats.sent + refused);
}

static uint64_t conns_after(struct flood *f, lvs_tstamp time)
{
	struct lvs_engine_stats stats = LVS_OPTS(struct lvs_engine_stats);

	f->now += time;
	while (lvs_engine_tick(f->eng, f->now) <= f->now)
		;
	lvs_engine_stats(f->eng, &stats);
	return stats.conns;
}

/* Half-open ones go first; when all are gone, so is their memory. */
static void calm(struct flood *f)
{
	ck_assert_uint_eq(conns_after(f, 70 * LVS_SEC),
			  ESTABLISHED + NEWCOMERS);
	all_still_talk(f);
	ck_assert_uint_eq(conns_after(f, 1000 * LVS_SEC), 0);
	ck_assert_uint_lt(f->counted.bytes, f->bytes_max / 3);
}

static void million(int af)
{
	static struct flood f;
	unsigned tries = 0;

	set_up(&f, af);
	for (unsigned i = 0; i < ESTABLISHED; i++)
		ck_assert(handshake(&f, 1024 + i));
	flood(&f);
	for (unsigned i = 0; i < NEWCOMERS; i++)
		tries += newcomer(&f, 1024 + ESTABLISHED + i);
	ck_assert_uint_lt(tries, 3 * NEWCOMERS);
	all_still_talk(&f);
	check_counts(&f);
	ck_assert_uint_lt(f.bytes_max, LIMIT * CONN_BYTES + BASE_BYTES);
	calm(&f);
	lvs_engine_free(f.eng);
	lvs_director_free(f.dir);
	ck_assert_uint_eq(f.counted.bytes, 0);
}

START_TEST(a_million_syns_v4)
{
	million(AF_INET);
}
END_TEST

START_TEST(a_million_syns_v6)
{
	million(AF_INET6);
}
END_TEST

LVS_TEST_MAIN("flow/flood", a_million_syns_v4, a_million_syns_v6)
