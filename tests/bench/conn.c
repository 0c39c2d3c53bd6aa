/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conn.c - the connection table: time and memory by size.
 *
 *	tests/bench/conn [MOST [LEAST]]	  connections, 10 million if not given
 *
 * NAT connections with random addresses, looked up at random in both
 * directions, in bursts of 32.  Beside it, in the same run, a table as kernels
 * have them: chains of entries of 320 bytes, each entered once under the
 * client's address and port, looked up one by one.
 */
#include "bench.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/prng.h"
#include "model/conn.h"

#include <lvs/engine.h>
#include <lvs/pages.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#define VIP   0xc0a80001
#define FLOWS (128 * LVS_BURST) /* made before, looked up in one piece */
/* Of the pieces: a busy machine, not the table, makes the slow ones slow. */
#define PERCENT 10
#define LOOKUPS (4u << 20)
#define ADVANCE 64 /* connections looked at in a call */

static const uint64_t key[2] = { 0x0123456789abcdef, 0xfedcba9876543210 };

/* The request, or the reply, of connection NUMBER. */
static void make_flow(struct lvs_flow *flow, uint32_t number, bool v6,
		      bool reply)
{
	struct lvs_prng prng;
	union lvs_ip client = { .d = { 0, 0 } }, server = { .d = { 0, 0 } };
	uint64_t bits;

	lvs_prng_seed(&prng, number);
	bits = lvs_prng_next(&prng);
	/* An odd factor: no two numbers have the same client. */
	client.v4_be = number * 0x9e3779b1u;
	server.v4_be =
		reply ? htonl(0x0a000000 | (bits >> 48 & 0xff)) : htonl(VIP);
	if (v6) {
		client.w_be[2] = client.v4_be;
		client.w_be[3] = number;
		server.w_be[3] = server.v4_be;
	}
	memset(flow, 0, sizeof(*flow));
	flow->family = v6 ? AF_INET6 : AF_INET;
	flow->protocol = IPPROTO_TCP;
	flow->src = reply ? server : client;
	flow->dst = reply ? client : server;
	flow->sport_be = (uint16_t)(bits >> 32);
	flow->dport_be = htons(80);
	if (reply) {
		flow->dport_be = flow->sport_be;
		flow->sport_be = htons(8080);
	}
}

/* PIECES: to be timed as piece NUMBER; NULL: not. */
static void add(struct lvs_conn_table *tab, uint32_t number, bool v6,
		uint32_t timeout, struct bench_pieces *pieces)
{
	struct lvs_flow request, reply;
	const struct lvs_conn *conn;

	make_flow(&request, number, v6, false);
	make_flow(&reply, number, v6, true);
	if (pieces)
		bench_begin(pieces);
	conn = lvs_conn_add(tab, &request, &reply.src, reply.sport_be,
			    LVS_CONN_REPLY, timeout, 0);
	if (pieces)
		bench_end(pieces, number);
	if (!conn)
		abort();
}

static struct lvs_pages *pages; /* NULL: ordinary ones */

/* What another thread does, between what is timed. */
static void tend(void)
{
	while (pages && lvs_pages_tend(pages))
		;
}

static struct lvs_conn_table *new_table(void)
{
	struct lvs_conn_table_opts opts = {
		.mem = pages ? lvs_pages_allocator(pages) : NULL,
		.hash_key = { key[0], key[1] },
	};
	struct lvs_conn_table *tab;

	if (lvs_conn_table_new(&opts, 0, &tab) != 0)
		abort();
	return tab;
}

/* ---- chains ------------------------------------------------------------- */

struct entry {
	struct entry *next;
	struct lvs_flow flow;
	unsigned char rest[320 - sizeof(void *) - sizeof(struct lvs_flow)];
};

struct chains {
	struct entry **heads;
	uint32_t mask;
};

static uint32_t chain_of(const struct chains *chains, const struct lvs_flow *f,
			 bool reply)
{
	const union lvs_ip *client = reply ? &f->dst : &f->src;
	uint16_t cport_be = reply ? f->dport_be : f->sport_be;
	struct lvs_hash hash;

	lvs_hash_begin(&hash, key);
	lvs_hash_add(&hash, client->v4_be | (uint64_t)cport_be << 32);
	return (uint32_t)lvs_hash_end(&hash) & chains->mask;
}

static void chains_new(struct chains *chains, uint32_t count)
{
	uint32_t size = 4096;

	while (size < count)
		size *= 2;
	chains->heads = calloc(size, sizeof(*chains->heads));
	chains->mask = size - 1;
	for (uint32_t i = 0; i < count; i++) {
		struct entry *entry = calloc(1, sizeof(*entry));
		struct entry **head;

		if (!entry)
			abort();
		make_flow(&entry->flow, i, false, false);
		head = &chains->heads[chain_of(chains, &entry->flow, false)];
		entry->next = *head;
		*head = entry;
	}
}

static void chains_free(struct chains *chains)
{
	for (uint32_t i = 0; i <= chains->mask; i++) {
		while (chains->heads[i]) {
			struct entry *entry = chains->heads[i];

			chains->heads[i] = entry->next;
			free(entry);
		}
	}
	free(chains->heads);
}

static struct entry *chains_find(const struct chains *chains,
				 const struct lvs_flow *f)
{
	bool reply = f->dst.v4_be != htonl(VIP);
	struct entry *entry = chains->heads[chain_of(chains, f, reply)];

	for (; entry; entry = entry->next) {
		const struct lvs_flow *e = &entry->flow;

		if (e->src.v4_be == (reply ? f->dst : f->src).v4_be &&
		    e->sport_be == (reply ? f->dport_be : f->sport_be) &&
		    e->protocol == f->protocol)
			return entry;
	}
	return NULL;
}

/* ---- measured ----------------------------------------------------------- */

enum which {
	HITS,
	MISSES,
	CHAINS,
};

/* Nanoseconds for a look-up among COUNT connections. */
static double lookups(struct lvs_conn_table *tab, const struct chains *chains,
		      uint32_t count, bool v6, enum which which)
{
	static struct lvs_flow flows[FLOWS];
	static const struct lvs_flow *ptrs[FLOWS];
	struct lvs_conn_aims aims;
	struct lvs_conn *conns[LVS_BURST];
	uint8_t dirs[LVS_BURST];
	struct bench_times times = { .count = 0 };
	uint64_t found = 0, begun;
	struct lvs_prng prng;
	double ns;

	lvs_prng_seed(&prng, which);
	for (uint32_t done = 0; done < LOOKUPS; done += FLOWS) {
		for (uint32_t i = 0; i < FLOWS; i++) {
			uint64_t bits = lvs_prng_next(&prng);
			uint32_t number = (uint32_t)(bits % count);

			if (which == MISSES)
				number += count;
			make_flow(&flows[i], number, v6, bits >> 63);
			ptrs[i] = &flows[i];
		}
		begun = bench_ns();
		for (uint32_t i = 0; i < FLOWS; i += LVS_BURST) {
			if (which == CHAINS) {
				for (uint32_t k = i; k < i + LVS_BURST; k++)
					found += chains_find(chains, ptrs[k]) !=
						 NULL;
				continue;
			}
			for (uint32_t k = 0; k < LVS_BURST; k += LVS_CONN_AIM)
				lvs_conn_aim(tab, ptrs + i, &aims, k,
					     LVS_CONN_AIM);
			lvs_conn_find(tab, ptrs + i, &aims, conns, dirs,
				      LVS_BURST);
			for (uint32_t k = 0; k < LVS_BURST; k++)
				found += conns[k] != NULL;
		}
		bench_add(&times, bench_ns() - begun);
	}
	if (found != (which == MISSES ? 0 : LOOKUPS))
		fprintf(stderr, "found %llu of %u\n", (unsigned long long)found,
			LOOKUPS);
	ns = bench_percentile(&times, PERCENT) / FLOWS;
	bench_forget(&times);
	return ns;
}

struct filled {
	double ns;	/* for an addition */
	double longest; /* of them, us */
	double bytes;	/* for a connection, at the end */
	double most;	/* from 32k on */
};

/* COUNT connections into a table, RUNS times; the last one stays. */
static struct lvs_conn_table *fill(uint32_t count, bool v6, unsigned runs,
				   struct filled *filled)
{
	struct lvs_conn_table *tab = NULL;
	struct bench_pieces pieces;

	bench_pieces_init(&pieces, count);
	while (runs-- > 0) {
		lvs_conn_table_free(tab);
		tab = new_table();
		filled->most = 0;
		for (uint32_t i = 0; i < count; i++) {
			double bytes;

			if (i % 1024 == 0)
				tend();
			add(tab, i, v6, 1000, &pieces);
			filled->bytes = bytes =
				(double)lvs_conn_table_bytes(tab) / (i + 1);
			if (i >= 32768 && bytes > filled->most)
				filled->most = bytes;
		}
	}
	filled->longest = bench_pieces_fini(&pieces, &filled->ns);
	return tab;
}

/* Nanoseconds for a deletion and an addition in a table that stays as big. */
static double churn(struct lvs_conn_table *tab, uint32_t count)
{
	struct bench_times times = { .count = 0 };
	struct lvs_prng prng;
	uint64_t begun;
	uint8_t dir;
	double ns;

	lvs_prng_seed(&prng, 9);
	for (uint32_t round = 0; round < 400; round++) {
		struct lvs_conn *conns[500];
		uint32_t numbers[500];

		for (unsigned i = 0; i < 500; i++) {
			struct lvs_flow flow;

			numbers[i] = (round * 500 + i) % count;
			make_flow(&flow, numbers[i], false, false);
			conns[i] = lvs_conn_find_one(tab, &flow, &dir);
		}
		begun = bench_ns();
		for (unsigned i = 0; i < 500; i++) {
			lvs_conn_del(tab, conns[i]);
			add(tab, numbers[i], false, 1000, NULL);
		}
		bench_add(&times, bench_ns() - begun);
	}
	ns = bench_percentile(&times, PERCENT) / 500;
	bench_forget(&times);
	return ns;
}

static unsigned runs_for(uint32_t count)
{
	return count <= 1000000 ? 5 : count <= 10000000 ? 3 : 1;
}

static void by_size(uint32_t count)
{
	struct filled filled;
	struct lvs_conn_table *tab =
		fill(count, false, runs_for(count), &filled);

	printf("%9u %s %6.1f", count, pages ? "2M" : "4K",
	       lookups(tab, NULL, count, false, HITS));
	printf("  %6.1f", lookups(tab, NULL, count, false, MISSES));
	printf("  %6.0f  %8.0f  %8.1f  %6.1f", filled.ns, churn(tab, count),
	       filled.longest, filled.bytes);
	if (filled.most > 0)
		printf("  %6.1f", filled.most);
	else
		printf("       -");
	lvs_conn_table_free(tab);
}

static void compared(uint32_t count)
{
	struct chains chains;

	if (count > 10000000) { /* 32 GB */
		printf("       -\n");
		return;
	}
	chains_new(&chains, count);
	printf("  %6.1f\n", lookups(NULL, &chains, count, false, CHAINS));
	chains_free(&chains);
	fflush(stdout);
}

static void ipv6(uint32_t count)
{
	struct filled filled;
	struct lvs_conn_table *tab = fill(count, true, 3, &filled);

	printf("# IPv6, %u: look-up %.1f ns, addition %.0f ns, longest %.1f "
	       "us; "
	       "%.1f bytes each, at most %.1f\n",
	       count, lookups(tab, NULL, count, true, HITS), filled.ns,
	       filled.longest, filled.bytes, filled.most);
	lvs_conn_table_free(tab);
}

/* All of COUNT are due at once, in random order, and go ADVANCE by call. */
static void expiry(uint32_t count)
{
	struct bench_pieces pieces;
	double mean, longest;
	size_t calls = 0;

	bench_pieces_init(&pieces, count / ADVANCE + 2);
	for (int run = 0; run < 5; run++) {
		struct lvs_conn_table *tab = new_table();
		struct lvs_prng prng;
		lvs_tstamp next;
		bool more;

		/* Renewed in random order, so that no list is in order. */
		for (uint32_t i = 0; i < count; i++)
			add(tab, i, false, 2000, NULL);
		lvs_prng_seed(&prng, 5);
		for (uint32_t i = 0; i < count; i++) {
			struct lvs_flow flow;
			uint8_t dir;

			make_flow(&flow, (uint32_t)lvs_prng_below(&prng, count),
				  false, false);
			lvs_conn_set_timeout(
				tab, lvs_conn_find_one(tab, &flow, &dir),
				1000 + (uint32_t)lvs_prng_below(&prng, 500));
		}
		calls = 0;
		do {
			bench_begin(&pieces);
			more = lvs_conn_table_advance(tab,
						      (lvs_tstamp)2000
							      << LVS_TICK_SHIFT,
						      ADVANCE, &next);
			bench_end(&pieces, calls++);
		} while (more);
		if (lvs_conn_count(tab) != 0)
			abort();
		lvs_conn_table_free(tab);
	}
	longest = bench_pieces_fini(&pieces, &mean);
	printf("# expiry of %u at once: %.0f ns each, in %zu calls of %u; "
	       "longest call %.1f us\n",
	       count, mean / ADVANCE, calls, ADVANCE, longest);
}

int main(int argc, char **argv)
{
	static const uint32_t sizes[] = { 1000, 65536, 1000000, 10000000,
					  100000000 };
	uint32_t most =
		argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 10000000;
	uint32_t least = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;

	bench_machine();
	bench_noise();
	printf("# ns: look-up that finds, that does not, addition while "
	       "growing, deletion and addition;\n"
	       "# us: longest addition; bytes for a connection: now, at most; "
	       "ns: look-up in chains\n"
	       "    count pg    hit    miss     add   del+add   longest   bytes"
	       "    most  chains\n");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		if (sizes[i] > most)
			break;
		if (sizes[i] < least)
			continue;
		by_size(sizes[i]);
		compared(sizes[i]);
		if (sizes[i] < 1000000)
			continue;
		if (lvs_pages_new(NULL, &pages) != 0)
			abort();
		by_size(sizes[i]);
		putchar('\n');
		lvs_pages_free(pages);
		pages = NULL;
	}
	ipv6(most < 1000000 ? most : 1000000);
	expiry(most < 1000000 ? most : 1000000);
	return 0;
}
