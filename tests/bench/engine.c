/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine.c - what a packet costs in the engine, by number of connections.
 *
 *	tests/bench/engine [MOST]      connections, 10 million if not given;
 *	                               in ordinary pages, then in huge ones,
 *	                               then with a table of flows (lvs/fast.h)
 *
 * TCP by NAT over Ethernet, in bursts of 32: each connection's SYN, scheduled
 * by wlc over 100 real servers, while their number grows; then, with as many as
 * that, packets of established connections hit at random, a request and a reply
 * by turns.  Packets lie in buffers of their own and are made before the clock
 * starts; only lvs_engine_input is timed.
 *
 * With a table it is all of that which is timed and entering flows besides; no
 * program takes a packet away, and of many connections most find no place.
 */
#include "bench.h"
#include "counters.h"

#include "base/prng.h"

#include <arpa/inet.h>
#include <lvs/engine.h>
#include <lvs/net.h>
#include <lvs/pages.h>
#include <netinet/in.h>

#define PIECE  1000u /* packets that are made before they are timed */
#define PIECES 2000u /* of packets for a row */
/*
 * Bytes of a packet's buffer.  Not a power of two, as those of lib/io are not:
 * else all packets share a few sets of the cache.
 */
#define ROOM	(2048u + 64u)
#define SERVERS 100u
#define FLOWS	65536u
#define FRAME	60u /* TCP, IPv4, Ethernet, padded */

enum {
	LINK_C = 1,
	LINK_S
};

/* Flags of a TCP header. */
#define SYN 0x02
#define ACK 0x10

struct bench {
	struct lvs_director *dir;
	struct lvs_engine *eng;
	lvs_tstamp now;
	uint32_t conns;
	uint8_t *server; /* which one each connection has */
	unsigned char *bufs;
	struct lvs_pkt pkts[PIECE];
	struct lvs_pkt *ptrs[PIECE];
};

static struct lvs_pages *pages;	    /* NULL: ordinary ones */
static struct lvs_fast_table table; /* no flows: none */
static struct lvs_fast_state state;
static struct bench_counters counters;

static void must(int ret, const char *what)
{
	if (ret >= 0)
		return;
	fprintf(stderr, "%s: %s\n", what, lvs_strerror(ret));
	exit(1);
}

/* ---- the director ---------------------------------------------------------
 */

static void add_link(struct bench *b, uint32_t index, uint32_t net)
{
	struct lvs_link link = {
		.index = index, .mtu = 1500, .up = true, .ethernet = true
	};
	struct lvs_route route = { .plen = 8, .link = index };
	struct lvs_addr own = lvs_addr_v4(htonl(net | 1));

	route.dst = lvs_addr_v4(htonl(net));
	must(lvs_net_link_set(b->dir, &link), "link");
	must(lvs_net_addr_set(b->dir, index, &own, 8), "address");
	must(lvs_net_route_set(b->dir, &route), "route");
}

static void add_neigh(struct bench *b, uint32_t index, uint32_t addr)
{
	struct lvs_neigh neigh = {
		.link = index,
		.addr = lvs_addr_v4(htonl(addr)),
		.state = LVS_NEIGH_REACHABLE,
		.lladdr = { 2, 0, 0, 0, 0, 9 },
	};

	must(lvs_net_neigh_set(b->dir, &neigh), "neighbour");
}

/* Clients are 128.0.0.0/2 behind a gateway on the clients' link. */
static void add_clients(struct bench *b)
{
	struct lvs_route route = { .plen = 2, .link = LINK_C };

	route.dst = lvs_addr_v4(htonl(0x80000000));
	route.gateway = lvs_addr_v4(htonl(0x0a0000fe));
	must(lvs_net_route_set(b->dir, &route), "route");
	add_neigh(b, LINK_C, 0x0a0000fe);
}

static void open_director(struct bench *b)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_engine_opts engine = LVS_OPTS(struct lvs_engine_opts);
	struct lvs_service_conf svc = LVS_OPTS(struct lvs_service_conf);

	opts.hash_key[0] = 0x0123456789abcdef;
	opts.hash_key[1] = 0x5ac635d8aa3a93e7;
	if (pages)
		opts.mem = lvs_pages_allocator(pages);
	must(lvs_director_new(&opts, &b->dir), "director");
	add_link(b, LINK_C, 0x0a000000);
	add_link(b, LINK_S, 0x0b000000);
	add_clients(b);
	svc.id.protocol = IPPROTO_TCP;
	svc.id.addr = lvs_addr_v4(htonl(0x0a090001));
	svc.id.port = 80;
	strcpy(svc.scheduler, "wlc");
	must(lvs_service_add(b->dir, &svc), "service");
	for (uint32_t i = 0; i < SERVERS; i++) {
		struct lvs_dest_conf dest = LVS_OPTS(struct lvs_dest_conf);

		dest.id.addr = lvs_addr_v4(htonl(0x0b000100 + i));
		dest.id.port = 8080;
		dest.weight = 1;
		add_neigh(b, LINK_S, 0x0b000100 + i);
		must(lvs_dest_add(b->dir, &svc.id, &dest), "dest");
	}
	if (table.flows)
		engine.fast = &table;
	must(lvs_engine_new(b->dir, &engine, &b->eng), "engine");
}

static void make_table(void)
{
	size_t size = (size_t)FLOWS * sizeof(*table.flows);

	table.state = &state;
	table.buckets = FLOWS / LVS_FAST_WAYS;
	table.flows = aligned_alloc(64, size);
	if (!table.flows)
		exit(1);
	memset(table.flows, 0, size);
}

/* ---- packets --------------------------------------------------------------
 */

static void put16(unsigned char *at, uint32_t value)
{
	at[0] = (unsigned char)(value >> 8);
	at[1] = (unsigned char)value;
}

static void put32(unsigned char *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

static uint32_t sum16(const unsigned char *at, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)at[i] << 8 | at[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* Client of connection NUMBER. */
static uint32_t client(uint32_t number, uint16_t *port)
{
	struct lvs_prng prng;
	uint64_t bits;

	lvs_prng_seed(&prng, number);
	bits = lvs_prng_next(&prng);
	*port = (uint16_t)(bits | 1024);
	/* No two connections have one address and port. */
	return 0x80000000u | (number * 0x9e3779b1u & 0x3fffffff);
}

/*
 * A packet of connection NUMBER in buffer I.  The transport checksum is left
 * to be completed, which costs the engine the same.
 */
static void make(struct bench *b, uint32_t i, uint32_t number, bool reply,
		 uint8_t flags)
{
	unsigned char *buf = b->bufs + (size_t)i * ROOM, *ip, *tcp;
	struct lvs_pkt *pkt = &b->pkts[i];
	uint32_t src, dst = 0x0a090001;
	uint16_t sport, dport = 80;

	src = client(number, &sport);
	if (reply) {
		dst = src;
		dport = sport;
		src = 0x0b000100 + b->server[number];
		sport = 8080;
	}
	lvs_pkt_init(pkt, buf, ROOM, LVS_PKT_HEADROOM, FRAME, 14);
	pkt->link_in = reply ? LINK_S : LINK_C;
	memset(pkt->data, 0, FRAME);
	ip = pkt->data + 14;
	tcp = ip + 20;
	put16(ip - 2, 0x0800);
	put16(ip, 0x4500);
	put16(ip + 2, 40);
	put16(ip + 6, 0x4000);
	put16(ip + 8, 64 << 8 | IPPROTO_TCP);
	put32(ip + 12, src);
	put32(ip + 16, dst);
	put16(ip + 10, ~sum16(ip, 20) & 0xffff);
	put16(tcp, sport);
	put16(tcp + 2, dport);
	tcp[12] = 5 << 4;
	tcp[13] = flags;
	b->ptrs[i] = pkt;
}

/* The whole piece; the last burst of it is a short one. */
static uint64_t input(struct bench *b)
{
	uint64_t begun;

	bench_counters_start(&counters);
	begun = bench_ns();
	for (uint32_t i = 0; i < PIECE; i += LVS_BURST) {
		uint32_t left = PIECE - i;

		lvs_engine_input(b->eng, b->ptrs + i,
				 left < LVS_BURST ? left : LVS_BURST, b->now);
	}
	begun = bench_ns() - begun;
	bench_counters_stop(&counters);
	return begun;
}

static void check(const struct bench *b)
{
	for (uint32_t i = 0; i < PIECE; i++) {
		if (b->pkts[i].verdict == LVS_SEND)
			continue;
		fprintf(stderr, "packet %u: verdict %u (%s)\n", i,
			b->pkts[i].verdict, lvs_reason_name(b->pkts[i].reason));
		exit(1);
	}
}

/* ---- what is measured -----------------------------------------------------
 */

/* One packet of connection NUMBER, untimed. */
static void pass_one(struct bench *b, uint32_t number, bool reply,
		     uint8_t flags)
{
	make(b, 0, number, reply, flags);
	lvs_engine_input(b->eng, b->ptrs, 1, b->now);
}

/* A piece of new connections; they are established when it returns. */
static uint64_t begin_piece(struct bench *b)
{
	uint64_t ns;

	while (pages && lvs_pages_tend(pages))
		;
	for (uint32_t i = 0; i < PIECE; i++)
		make(b, i, b->conns + i, false, SYN);
	ns = input(b);
	check(b);
	for (uint32_t i = 0; i < PIECE; i++)
		b->server[b->conns + i] = b->pkts[i].data[14 + 19];
	for (uint32_t i = 0; i < PIECE; i++) {
		pass_one(b, b->conns + i, true, SYN | ACK);
		pass_one(b, b->conns + i, false, ACK);
	}
	b->conns += PIECE;
	return ns;
}

/* A piece of packets of connections that are there. */
static uint64_t pass_piece(struct bench *b, struct lvs_prng *prng)
{
	uint64_t ns;

	for (uint32_t i = 0; i < PIECE; i++)
		make(b, i, (uint32_t)lvs_prng_below(prng, b->conns), i & 1,
		     ACK);
	ns = input(b);
	check(b);
	return ns;
}

static void row(const char *what, uint32_t conns, struct bench_times *times)
{
	double unit = PIECE;

	printf("%-14s %s %10u %7.1f %7.1f %7.1f", what,
	       table.flows ? "fl"
	       : pages	   ? "2M"
			   : "4K",
	       conns, bench_percentile(times, 10) / unit,
	       bench_percentile(times, 50) / unit,
	       bench_percentile(times, 90) / unit);
	bench_counters_row(&counters, unit * (double)times->count);
	putchar('\n');
	fflush(stdout);
	bench_forget(times);
}

static void grow_to(struct bench *b, uint32_t conns)
{
	struct bench_times times = { 0 };

	while (b->conns < conns) {
		bench_add(&times, begin_piece(b));
		/* Ten million in half a minute: none of them expires. */
		b->now += PIECE * 3 * LVS_USEC;
	}
	row("new connection", b->conns, &times);
}

static void pass(struct bench *b)
{
	struct bench_times times = { 0 };
	struct lvs_prng prng;

	lvs_prng_seed(&prng, b->conns);
	for (uint32_t i = 0; i < PIECES; i++)
		bench_add(&times, pass_piece(b, &prng));
	row("NAT packet", b->conns, &times);
}

static void run(uint32_t most)
{
	static const uint32_t sizes[] = { 1000, 1000000, 10000000 };
	static struct bench b;

	memset(&b, 0, sizeof(b));
	b.now = LVS_SEC;
	b.server = calloc(most + PIECE, 1);
	b.bufs = aligned_alloc(64, (size_t)PIECE * ROOM);
	if (!b.server || !b.bufs)
		exit(1);
	open_director(&b);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		if (sizes[i] > most)
			break;
		grow_to(&b, sizes[i]);
		pass(&b);
	}
	lvs_engine_free(b.eng);
	lvs_director_free(b.dir);
	free(b.bufs);
	free(b.server);
}

int main(int argc, char **argv)
{
	uint32_t most = argc > 1 ? (uint32_t)atol(argv[1]) : 10000000;

	bench_machine();
	bench_counters_open(&counters);
	printf("# ns a packet (of pieces of %u packets, 10 %%, half and 90 %% "
	       "took no longer), and what was counted;\n"
	       "# new connections are scheduled by wlc over %u real servers\n",
	       PIECE, SERVERS);
	printf("%-14s %s %10s %7s %7s %7s", "what", "pg", "connections", "10 %",
	       "50 %", "90 %");
	for (unsigned i = 0; i < BENCH_COUNTERS; i++)
		printf(" %7s", bench_events[i].name);
	putchar('\n');
	run(most);
	must(lvs_pages_new(NULL, &pages), "huge pages");
	run(most);
	lvs_pages_free(pages);
	pages = NULL;
	make_table();
	run(most);
	free(table.flows);
	bench_counters_close(&counters);
	return 0;
}
