/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * threads.c - several engines on one director, each in a thread of its own,
 * while another thread configures: choices and counts stay exact.
 *
 * Worth most under ThreadSanitizer (-fsanitize=thread).
 */
#include "check.h"
#include "net.h"
#include "packet.h"
#include <lvs/engine.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define ENGINES 2
#define CLIENTS 4000 /* of each engine */

static struct lvs_director *dir;
static struct lvs_service_id svc;
static atomic_bool over;

/* What one thread does with its engine. */
struct worker {
	pthread_t thread;
	struct lvs_engine *eng;
	unsigned number;
	unsigned sent, dropped;
	lvs_tstamp now;
};

static uint8_t hand_in(struct worker *w, const char *format, unsigned port)
{
	unsigned char buf[512];
	struct lvs_pkt pkt, *pkts[] = { &pkt };
	struct lvs_offload off;
	char text[128];
	int len;

	snprintf(text, sizeof(text), format, w->number ? "C2" : "C", port);
	len = packet_build(text, AF_INET, buf + LVS_PKT_HEADROOM + 14,
			   sizeof(buf) - LVS_PKT_HEADROOM - 14, &off);
	lvs_pkt_init(&pkt, buf, sizeof(buf), LVS_PKT_HEADROOM,
		     14 + (uint32_t)len, 14);
	memset(pkt.data, 0, 12);
	memcpy(pkt.data + 12, (unsigned char[]){ 0x08, 0x00 }, 2);
	pkt.link_in = LINK_C;
	lvs_engine_input(w->eng, pkts, 1, w->now);
	return pkt.verdict;
}

/* A SYN and a packet on it, CLIENTS times; time goes on all the while. */
static void *work(void *arg)
{
	struct worker *w = arg;

	for (unsigned i = 0; i < CLIENTS; i++) {
		if (hand_in(w, "%s:%u > V:80 tcp S", 1024 + i) == LVS_SEND)
			w->sent++;
		if (hand_in(w, "%s:%u > V:80 tcp A", 1024 + i) == LVS_DROP)
			w->dropped++;
		w->now += LVS_MSEC;
		if (i % 64 == 0)
			lvs_engine_tick(w->eng, w->now);
	}
	return NULL;
}

static void set_dest(const char *name, uint32_t weight)
{
	struct lvs_dest_conf conf = LVS_OPTS(struct lvs_dest_conf);

	ck_assert(net_addr(name, AF_INET, &conf.id.addr));
	conf.id.port = 8000;
	conf.weight = (int32_t)weight;
	if (lvs_dest_add(dir, &svc, &conf) == LVS_ERR_EXIST)
		ck_assert_int_eq(lvs_dest_edit(dir, &svc, &conf), 0);
}

static struct lvs_dest_info info_of(const char *name)
{
	struct lvs_dest_info info = { 0 };
	struct lvs_dest_id id = { .port = 8000 };

	ck_assert(net_addr(name, AF_INET, &id.addr));
	ck_assert_int_eq(lvs_dest_get(dir, &svc, &id, &info), 0);
	return info;
}

static void set_up(struct worker workers[ENGINES], const char *scheduler,
		   uint32_t flags)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_service_conf conf = LVS_OPTS(struct lvs_service_conf);

	ck_assert_int_eq(lvs_director_new(&opts, &dir), 0);
	net_fill(dir, AF_INET);
	conf.id.protocol = IPPROTO_TCP;
	conf.id.port = 80;
	conf.flags = flags;
	conf.timeout = 300;
	ck_assert(net_addr("V", AF_INET, &conf.id.addr));
	strcpy(conf.scheduler, scheduler);
	svc = conf.id;
	ck_assert_int_eq(lvs_service_add(dir, &conf), 0);
	set_dest("R1", 1);
	set_dest("R2", 1);
	atomic_store(&over, false);
	for (unsigned i = 0; i < ENGINES; i++) {
		workers[i] = (struct worker){ .number = i, .now = LVS_SEC };
		ck_assert_int_eq(lvs_engine_new(dir, NULL, &workers[i].eng), 0);
	}
}

static void run(struct worker workers[ENGINES])
{
	for (unsigned i = 0; i < ENGINES; i++)
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
}

static void join(struct worker workers[ENGINES])
{
	for (unsigned i = 0; i < ENGINES; i++)
		pthread_join(workers[i].thread, NULL);
}

static void tear_down(struct worker workers[ENGINES])
{
	for (unsigned i = 0; i < ENGINES; i++)
		lvs_engine_free(workers[i].eng);
	lvs_director_free(dir);
}

/* All connections stay, so by load they are dealt as by turns. */
static void deal(const char *scheduler)
{
	struct worker workers[ENGINES];
	struct lvs_dest_info r1, r2;

	set_up(workers, scheduler, 0);
	run(workers);
	join(workers);
	r1 = info_of("R1");
	r2 = info_of("R2");
	ck_assert_uint_eq(workers[0].sent + workers[1].sent, ENGINES * CLIENTS);
	ck_assert_uint_eq(r1.stats.conns, CLIENTS * ENGINES / 2);
	ck_assert_uint_eq(r2.stats.conns, CLIENTS * ENGINES / 2);
	ck_assert_uint_eq(r1.stats.inpkts + r2.stats.inpkts,
			  2ull * CLIENTS * ENGINES);
	ck_assert_uint_eq(r1.active + r2.active, CLIENTS * ENGINES);
	tear_down(workers);
}

START_TEST(choices_are_exact)
{
	deal("rr");
	deal("wrr");
}
END_TEST

START_TEST(choices_by_load_are_exact)
{
	deal("lc");
	deal("wlc");
	deal("sed");
	deal("nq");
}
END_TEST

/* What an administrator does, all at once. */
static void *administer(void *arg)
{
	struct lvs_engine_stats stats = LVS_OPTS(struct lvs_engine_stats);
	struct lvs_conn_info conns[16];
	struct lvs_dest_id id = { .port = 8000 };
	lvs_tstamp now = LVS_SEC;

	(void)arg;
	ck_assert(net_addr("R3", AF_INET, &id.addr));
	for (unsigned i = 0; !atomic_load(&over); i++) {
		uint64_t cursor = 0;

		set_dest("R3", i % 3);
		set_dest("R1", i % 2);
		if (i % 4 == 0)
			lvs_dest_del(dir, &svc, &id);
		net_neigh(dir, AF_INET, "R3",
			  i % 5 ? LVS_NEIGH_REACHABLE : LVS_NEIGH_FAILED);
		lvs_director_conns(dir, &cursor, conns, 16, now);
		lvs_director_engine_stats(dir, &stats);
		info_of("R2");
		lvs_director_tick(dir, now += LVS_SEC);
	}
	return NULL;
}

/* Nothing is left of a removed real server but its connections. */
static void check_counts(void)
{
	struct lvs_dest_info info[4];
	struct lvs_engine_stats stats = LVS_OPTS(struct lvs_engine_stats);
	uint64_t conns = 0;
	size_t n;

	set_dest("R3", 1);
	n = lvs_dest_list(dir, &svc, 0, info, 4);
	ck_assert_uint_eq(n, 3);
	for (size_t i = 0; i < n; i++)
		conns += info[i].active + info[i].inact;
	lvs_director_engine_stats(dir, &stats);
	ck_assert_uint_eq(conns, stats.conns);
}

static void churn(const char *scheduler, uint32_t flags)
{
	struct worker workers[ENGINES];
	pthread_t admin;

	set_up(workers, scheduler, flags);
	pthread_create(&admin, NULL, administer, NULL);
	run(workers);
	join(workers);
	atomic_store(&over, true);
	pthread_join(admin, NULL);
	if (!flags)
		check_counts();
	tear_down(workers);
}

START_TEST(counts_survive_changes)
{
	churn("rr", 0);
	churn("wlc", 0);
	churn("p2c", 0);
	churn("chbl", 0);
}
END_TEST

START_TEST(persistent_services_too)
{
	churn("wlc", LVS_SVC_PERSISTENT);
}
END_TEST

LVS_TEST_MAIN("flow/threads", choices_are_exact, choices_by_load_are_exact,
	      counts_survive_changes, persistent_services_too)
