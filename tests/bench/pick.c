/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pick.c - what a new connection costs each scheduler, by number of real
 * servers.
 *
 *	tests/bench/pick [NAME...]      schedulers; all if none is given
 *
 * Beside the choice it has what is between two choices: one connection becomes
 * active, another is over, a third one is freed, each at random, as engines
 * report it.  rr, which has next to nothing to choose, shows what that costs
 * by itself.  Four connections for each real server are there all the time.
 */
#include "bench.h"

#include "base/prng.h"
#include "model/director.h"

#include <arpa/inet.h>

#define PIECE  1024u /* choices that are timed in one go */
#define PIECES 100u
#define LONG   300000000u /* ns after which there are enough pieces */
#define SHARE  4u	  /* connections of a real server */
#define VIPS   4096u	  /* addresses that bear the service's mark */

static const uint32_t sizes[] = { 10, 100, 1000, 10000 };

#define NUM_SIZES (sizeof(sizes) / sizeof(*sizes))

struct conn {
	struct lvs_dest *dest; /* NULL: nobody took it */
	bool active;
};

/* One turn of the wheel, made before it is timed. */
struct turn {
	struct lvs_sched_flow flow;
	uint32_t closed, finished; /* connections */
};

struct bench {
	struct lvs_director *dir;
	struct lvs_service *svc;
	struct lvs_service_conf conf;
	struct conn *conns;
	uint32_t num_conns;
	struct lvs_prng prng;
	struct turn turns[PIECE];
};

static void must(int ret, const char *what)
{
	if (ret >= 0)
		return;
	fprintf(stderr, "%s: %s\n", what, lvs_strerror(ret));
	exit(1);
}

static void open_director(struct bench *b, uint32_t dests)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);

	memset(b, 0, sizeof(*b));
	must(lvs_director_new(&opts, &b->dir), "director");
	b->conf = LVS_OPTS(struct lvs_service_conf);
	b->conf.id.addr.family = AF_INET;
	b->conf.id.fwmark = 1;
	strcpy(b->conf.scheduler, "rr");
	must(lvs_service_add(b->dir, &b->conf), "service");
	b->svc = lvs_director_exact(b->dir, &b->conf.id);
	for (uint32_t n = 0; n < dests; n++) {
		struct lvs_dest_conf dest = LVS_OPTS(struct lvs_dest_conf);

		dest.id.addr = lvs_addr_v4(htonl(0x0a000001 + n));
		dest.id.port = 80;
		dest.weight = 1 + (int32_t)(n % 3);
		must(lvs_dest_add(b->dir, &b->conf.id, &dest), "dest");
	}
	b->num_conns = dests * SHARE;
	b->conns = calloc(b->num_conns, sizeof(*b->conns));
	if (!b->conns)
		exit(1);
	lvs_prng_seed(&b->prng, dests);
}

static void prepare(struct bench *b)
{
	for (uint32_t i = 0; i < PIECE; i++) {
		uint64_t bits = lvs_prng_next(&b->prng);
		uint32_t client = (uint32_t)(bits >> 32);
		uint32_t virt = 0x0b000000 + (uint32_t)(bits >> 16) % VIPS;

		b->turns[i] = (struct turn){
			.flow.client = lvs_addr_v4(htonl(client)),
			.flow.virt = lvs_addr_v4(htonl(virt)),
			.flow.client_port = (uint16_t)bits,
			.flow.virt_port = 80,
			.flow.protocol = IPPROTO_TCP,
			.flow.now = LVS_SEC,
			.closed = (uint32_t)lvs_prng_below(&b->prng,
							   b->num_conns),
			.finished = (uint32_t)lvs_prng_below(&b->prng,
							     b->num_conns),
		};
	}
}

static void set_active(struct conn *conn, bool active)
{
	if (!conn->dest || conn->active == active)
		return;
	conn->active = active;
	lvs_dest_activity(conn->dest, active ? 1 : -1);
}

static void replace(struct conn *conn, struct lvs_dest *dest)
{
	set_active(conn, false);
	if (conn->dest)
		lvs_dest_unbind(conn->dest, false);
	conn->dest = dest;
	set_active(conn, true);
}

static uint64_t piece(struct bench *b)
{
	uint64_t begun;

	prepare(b);
	begun = bench_ns();
	for (uint32_t i = 0; i < PIECE; i++) {
		struct turn *turn = &b->turns[i];

		set_active(&b->conns[turn->finished], false);
		replace(&b->conns[turn->closed],
			lvs_service_schedule(b->svc, &turn->flow));
	}
	return bench_ns() - begun;
}

static void fill(struct bench *b)
{
	for (uint32_t i = 0; i < b->num_conns; i++) {
		if (i % PIECE == 0)
			prepare(b);
		replace(&b->conns[i],
			lvs_service_schedule(b->svc,
					     &b->turns[i % PIECE].flow));
	}
}

static void empty(struct bench *b)
{
	for (uint32_t i = 0; i < b->num_conns; i++)
		replace(&b->conns[i], NULL);
}

/* Nanoseconds a connection with the scheduler NAME; 0: not so many servers. */
static double measure(struct bench *b, const char *name)
{
	struct bench_times times = { 0 };
	uint64_t begun = bench_ns();
	double ns;

	snprintf(b->conf.scheduler, sizeof(b->conf.scheduler), "%s", name);
	if (lvs_service_edit(b->dir, &b->conf) < 0)
		return 0;
	fill(b);
	piece(b);
	do
		bench_add(&times, piece(b));
	while (times.count < PIECES && bench_ns() - begun < LONG);
	empty(b);
	ns = bench_percentile(&times, 10) / PIECE;
	bench_forget(&times);
	return ns;
}

static void row(struct bench *benches, const char *name)
{
	double ns[NUM_SIZES];

	for (size_t i = 0; i < NUM_SIZES; i++)
		ns[i] = measure(&benches[i], name);
	printf("%-8s", name);
	for (size_t i = 0; i < NUM_SIZES; i++) {
		if (ns[i] > 0)
			printf(" %9.1f", ns[i]);
		else
			printf(" %9s", "-");
	}
	if (ns[3] > 0)
		printf(" %9.2f", ns[3] / ns[1]);
	printf("\n");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static struct bench benches[NUM_SIZES];

	bench_machine();
	printf("# ns a connection, the rest of its life included; 10 %% of "
	       "pieces of %u took no longer\n"
	       "# servers:",
	       PIECE);
	for (size_t i = 0; i < NUM_SIZES; i++) {
		open_director(&benches[i], sizes[i]);
		printf(" %8u ", sizes[i]);
	}
	printf("10000:100\n");
	for (int i = 1; i < argc; i++)
		row(benches, argv[i]);
	for (size_t i = 0; argc == 1 && lvs_scheduler_at(i); i++)
		row(benches, lvs_scheduler_at(i)->name);
	for (size_t i = 0; i < NUM_SIZES; i++) {
		lvs_director_free(benches[i].dir);
		free(benches[i].conns);
	}
	return 0;
}
