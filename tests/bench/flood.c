/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flood.c - what a flood of SYNs costs those who are there already.
 *
 *	tests/bench/flood
 *
 * TCP by NAT, in bursts of 32, with a limit of 200,000 connections.  Packets of
 * established ones, a request and a reply by turns, hit at random, are timed
 *
 *	before	without any others in the table
 *	beside	when the table is full of half-open ones, and no SYN comes
 *	under	with a burst of 32 SYNs from random addresses, each of which
 *		takes the place of another, after every burst
 *
 * and so are the SYNs.  "Beside" and "under" are measured by turns.  Packets
 * are made before the clock starts; only lvs_engine_input is timed.
 */
#include "bench.h"

#include "base/prng.h"
#include "flow/net.h"
#include "flow/packet.h"
#include "flow/sum.h"

#include <lvs/engine.h>
#include <netinet/in.h>

#define LIMIT  200000u
#define PIECE  1024u /* packets that are made before they are timed */
#define PIECES 1000u /* of each kind for a row */
#define ROOM   (2048u + 64u)
#define ETH    14u
#define HOSTS  250u /* in F's network: clients of established connections */

/* Packets of one kind, ready to be handed in. */
struct piece {
	unsigned char *bufs;
	struct lvs_pkt pkts[PIECE];
	struct lvs_pkt *ptrs[PIECE];
};

struct bench {
	struct lvs_director *dir;
	struct lvs_engine *eng;
	lvs_tstamp now;
	uint32_t conns; /* established */
	struct lvs_prng prng;
	struct piece good, bad;
};

enum kind {
	SYN,
	SYN_ACK,
	ACK,
	REPLY,
	NUM_KINDS
};

/* A packet of each kind, but for the client in it. */
static struct {
	const char *text;
	bool reply;
	unsigned char ip[512];
	int len;
} models[NUM_KINDS] = {
	[SYN] = { .text = "F:1 > V:80 tcp S partial" },
	[SYN_ACK] = { .text = "R1:8000 > F:1 tcp SA partial", .reply = true },
	[ACK] = { .text = "F:1 > V:80 tcp PA len 9 partial" },
	[REPLY] = { .text = "R1:8000 > F:1 tcp PA len 9 partial",
		    .reply = true },
};

/* ---- packets --------------------------------------------------------------
 */

static void put16(unsigned char *at, unsigned value)
{
	at[0] = (unsigned char)(value >> 8);
	at[1] = (unsigned char)value;
}

/*
 * Packet I of PIECE is of KIND, its client ADDR
 * and PORT.  Its transport checksum is still to be completed, which costs the
 * engine the same.
 */
static void make(struct piece *piece, uint32_t i, enum kind kind,
		 const unsigned char addr[4], unsigned port)
{
	unsigned char *buf = piece->bufs + (size_t)i * ROOM;
	struct lvs_pkt *pkt = &piece->pkts[i];
	uint32_t len = (uint32_t)models[kind].len;
	bool reply = models[kind].reply;
	unsigned char *ip;

	lvs_pkt_init(pkt, buf, ROOM, LVS_PKT_HEADROOM, ETH + len, ETH);
	pkt->link_in = reply ? LINK_S : LINK_C;
	memset(pkt->data, 0, 12);
	put16(pkt->data + 12, 0x0800);
	ip = pkt->data + ETH;
	memcpy(ip, models[kind].ip, len);
	memcpy(ip + (reply ? 16 : 12), addr, 4);
	put16(ip + (reply ? 22 : 20), port);
	put16(ip + 10, 0);
	put16(ip + 10, sum_of(ip, 20));
	pkt->off.flags = LVS_OFF_CSUM;
	pkt->off.csum_start = ETH + 20;
	pkt->off.csum_offset = 16;
	piece->ptrs[i] = pkt;
}

/* One of established connection NUMBER. */
static void make_good(struct bench *b, uint32_t i, enum kind kind,
		      uint32_t number)
{
	const unsigned char addr[4] = { 198, 51, 100,
					(unsigned char)(1 + number % HOSTS) };

	make(&b->good, i, kind, addr, 1024 + number / HOSTS);
}

/* A SYN from anywhere. */
static void make_bad(struct bench *b, uint32_t i)
{
	uint64_t bits = lvs_prng_next(&b->prng);
	unsigned char addr[4];

	memcpy(addr, &bits, 4);
	addr[0] = 0x20;
	make(&b->bad, i, SYN, addr, 1024 | (unsigned)(bits >> 48));
}

static void open_piece(struct piece *piece)
{
	piece->bufs = aligned_alloc(64, (size_t)PIECE * ROOM);
	need(piece->bufs);
}

/* ---- the director ---------------------------------------------------------
 */

static void open_director(struct bench *b)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_engine_opts eng = LVS_OPTS(struct lvs_engine_opts);
	struct lvs_service_conf svc = LVS_OPTS(struct lvs_service_conf);
	struct lvs_dest_conf dest = LVS_OPTS(struct lvs_dest_conf);

	opts.hash_key[0] = 0x0123456789abcdef;
	opts.hash_key[1] = 0x5ac635d8aa3a93e7;
	need(lvs_director_new(&opts, &b->dir) == 0);
	net_fill(b->dir, AF_INET);
	eng.conn_limit = LIMIT;
	need(lvs_engine_new(b->dir, &eng, &b->eng) == 0);
	svc.id.protocol = IPPROTO_TCP;
	svc.id.port = 80;
	strcpy(svc.scheduler, "wlc");
	need(net_addr("V", AF_INET, &svc.id.addr));
	need(lvs_service_add(b->dir, &svc) == 0);
	dest.id.port = 8000;
	dest.weight = 1;
	need(net_addr("R1", AF_INET, &dest.id.addr));
	need(lvs_dest_add(b->dir, &svc.id, &dest) == 0);
}

static void close_bench(struct bench *b)
{
	lvs_engine_free(b->eng);
	lvs_director_free(b->dir);
	free(b->good.bufs);
	free(b->bad.bufs);
}

/* Connections 0 to CONNS - 1: a handshake and a packet of each. */
static void establish(struct bench *b, uint32_t conns)
{
	static const enum kind kinds[] = { SYN, SYN_ACK, ACK, ACK };

	for (b->conns = 0; b->conns < conns; b->conns++) {
		for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
			make_good(b, 0, kinds[i], b->conns);
			lvs_engine_input(b->eng, b->good.ptrs, 1, b->now);
			need(b->good.pkts[0].verdict == LVS_SEND);
		}
	}
}

/* ---- what is measured -----------------------------------------------------
 */

static uint64_t burst(struct bench *b, struct piece *piece, uint32_t from)
{
	uint64_t begun = bench_ns();

	lvs_engine_input(b->eng, piece->ptrs + from, LVS_BURST, b->now);
	return bench_ns() - begun;
}

/* A piece of packets of those who are there; SYNS after each burst, or none. */
static void pass(struct bench *b, struct bench_times *good,
		 struct bench_times *syns)
{
	uint64_t good_ns = 0, syns_ns = 0;

	for (uint32_t i = 0; i < PIECE; i++) {
		make_good(b, i, i & 1 ? REPLY : ACK,
			  (uint32_t)lvs_prng_below(&b->prng, b->conns));
		make_bad(b, i);
	}
	for (uint32_t i = 0; i < PIECE; i += LVS_BURST) {
		good_ns += burst(b, &b->good, i);
		if (syns)
			syns_ns += burst(b, &b->bad, i);
	}
	bench_add(good, good_ns);
	if (syns)
		bench_add(syns, syns_ns);
	for (uint32_t i = 0; i < PIECE; i++)
		need(b->good.pkts[i].verdict == LVS_SEND);
	b->now += LVS_MSEC;
}

static void fill_with_syns(struct bench *b)
{
	for (uint32_t n = 0; n < 2 * LIMIT; n += PIECE) {
		for (uint32_t i = 0; i < PIECE; i++)
			make_bad(b, i);
		lvs_engine_input(b->eng, b->bad.ptrs, PIECE, b->now);
	}
}

static double row(const char *what, uint32_t conns, struct bench_times *times,
		  double before)
{
	double ns[3];

	for (unsigned i = 0; i < 3; i++)
		ns[i] = bench_percentile(times, 10 + 40 * i) / PIECE;
	printf("%-22s %8u %7.1f %7.1f %7.1f", what, conns, ns[0], ns[1], ns[2]);
	if (before > 0)
		printf("  %.2f", ns[0] / before);
	putchar('\n');
	bench_forget(times);
	return ns[0];
}

static void run(uint32_t conns)
{
	static struct bench b;
	struct bench_times before = { 0 }, beside = { 0 }, under = { 0 };
	struct bench_times syns = { 0 };
	double base;

	memset(&b, 0, sizeof(b));
	b.now = LVS_SEC;
	open_piece(&b.good);
	open_piece(&b.bad);
	open_director(&b);
	establish(&b, conns);
	for (unsigned i = 0; i < PIECES; i++)
		pass(&b, &before, NULL);
	fill_with_syns(&b);
	for (unsigned i = 0; i < PIECES; i++) {
		pass(&b, &beside, NULL);
		pass(&b, &under, &syns);
	}
	base = row("established, before", conns, &before, 0);
	row("established, beside", conns, &beside, base);
	row("established, under", conns, &under, base);
	row("SYN for another's place", conns, &syns, 0);
	close_bench(&b);
}

int main(void)
{
	struct lvs_offload off;

	bench_machine();
	for (unsigned i = 0; i < NUM_KINDS; i++) {
		models[i].len =
			packet_build(models[i].text, AF_INET, models[i].ip,
				     sizeof(models[i].ip), &off);
		need(models[i].len > 0);
	}
	printf("# ns a packet (of pieces of %u packets, 10 %%, half and 90 %% "
	       "took no longer); by the 10 %%, in times of before\n",
	       PIECE);
	printf("%-22s %8s %7s %7s %7s\n", "what", "conns", "10 %", "50 %",
	       "90 %");
	run(1000);
	run(10000);
	run(100000);
	return 0;
}
