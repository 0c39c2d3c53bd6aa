/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine.c - what a packet costs in the engine, by number of connections.
 *
 *	tests/bench/engine [MOST]      connections, 1 million if not given;
 *	                               in ordinary pages, then in huge ones
 *
 * TCP by NAT over Ethernet, in bursts of 32: first each connection's SYN,
 * scheduled by wlc over 100 real servers, then packets of connections hit at
 * random, a request and a reply by turns.  Packets lie in buffers of their own
 * and are made before the clock starts; only lvs_engine_input is timed.
 */
#include "bench.h"

#include "base/prng.h"

#include <arpa/inet.h>
#include <lvs/engine.h>
#include <lvs/net.h>
#include <lvs/pages.h>
#include <netinet/in.h>

#define PIECE	4096u /* packets that are made before they are timed */
#define ROOM	2048u /* bytes of a packet's buffer */
#define SERVERS 100u
#define FRAME	60u /* TCP, IPv4, Ethernet, padded */

enum {
	LINK_C = 1,
	LINK_S
};

struct bench {
	struct lvs_director *dir;
	struct lvs_engine *eng;
	lvs_tstamp now;
	uint32_t conns;
	uint8_t *server; /* which one each connection has */
	unsigned char *bufs;
	struct lvs_pkt pkts[PIECE];
	struct lvs_pkt *ptrs[PIECE];
	uint32_t numbers[PIECE];
};

static struct lvs_pages *pages; /* NULL: ordinary ones */

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
	must(lvs_engine_new(b->dir, NULL, &b->eng), "engine");
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
	b->numbers[i] = number;
}

static uint64_t input(struct bench *b)
{
	uint64_t begun = bench_ns();

	for (uint32_t i = 0; i < PIECE; i += LVS_BURST)
		lvs_engine_input(b->eng, b->ptrs + i, LVS_BURST, b->now);
	return bench_ns() - begun;
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

/* A piece of new connections. */
static uint64_t begin_piece(struct bench *b)
{
	uint64_t ns;

	while (pages && lvs_pages_tend(pages))
		;
	for (uint32_t i = 0; i < PIECE; i++)
		make(b, i, b->conns + i, false, 0x02);
	ns = input(b);
	check(b);
	for (uint32_t i = 0; i < PIECE; i++)
		b->server[b->numbers[i]] = b->pkts[i].data[14 + 19];
	b->conns += PIECE;
	return ns;
}

/* A piece of packets of connections that are there. */
static uint64_t pass_piece(struct bench *b, struct lvs_prng *prng)
{
	uint64_t ns;

	for (uint32_t i = 0; i < PIECE; i++)
		make(b, i, (uint32_t)lvs_prng_below(prng, b->conns), i & 1,
		     0x10);
	ns = input(b);
	check(b);
	return ns;
}

static void row(const char *what, uint32_t conns, struct bench_times *times)
{
	double unit = PIECE;

	printf("%-14s %s %10u %8.1f %8.1f %8.1f\n", what, pages ? "2M" : "4K",
	       conns, bench_percentile(times, 10) / unit,
	       bench_percentile(times, 50) / unit,
	       bench_percentile(times, 90) / unit);
	bench_forget(times);
}

static void grow_to(struct bench *b, uint32_t conns)
{
	struct bench_times times = { 0 };

	while (b->conns < conns) {
		bench_add(&times, begin_piece(b));
		/* A minute for a million: none of them expires. */
		b->now += PIECE * 60 * LVS_USEC;
	}
	row("new connection", b->conns, &times);
}

static void pass(struct bench *b)
{
	struct bench_times times = { 0 };
	struct lvs_prng prng;

	lvs_prng_seed(&prng, b->conns);
	/* All of them established, whatever their state was. */
	for (uint32_t i = 0; i < 512; i++) {
		uint64_t ns = pass_piece(b, &prng);

		if (i >= 64)
			bench_add(&times, ns);
	}
	row("NAT packet", b->conns, &times);
}

static void run(uint32_t most)
{
	static struct bench b;

	memset(&b, 0, sizeof(b));
	b.now = LVS_SEC;
	b.server = calloc(most + 2 * PIECE, 1);
	b.bufs = aligned_alloc(4096, (size_t)PIECE * ROOM);
	if (!b.server || !b.bufs)
		exit(1);
	open_director(&b);
	for (uint32_t conns = PIECE; conns < most; conns *= 16) {
		grow_to(&b, conns);
		pass(&b);
	}
	grow_to(&b, most);
	pass(&b);
	lvs_engine_free(b.eng);
	lvs_director_free(b.dir);
	free(b.bufs);
	free(b.server);
}

int main(int argc, char **argv)
{
	uint32_t most = argc > 1 ? (uint32_t)atol(argv[1]) : 1000000;

	bench_machine();
	printf("# ns a packet; of pieces of %u packets, 10 %%, half and 90 %% "
	       "took no longer\n",
	       PIECE);
	printf("%-14s %s %10s %8s %8s %8s\n", "what", "pg", "connections",
	       "10 %", "50 %", "90 %");
	run(most);
	must(lvs_pages_new(NULL, &pages), "huge pages");
	run(most);
	lvs_pages_free(pages);
	return 0;
}
