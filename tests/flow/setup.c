/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * setup.c - p2c by how long real servers take to agree, packet by packet: one
 * that is slow, one that refuses, one whose replies do not come by.
 */
#include "check.h"

#include "engine/engine.h"
#include "net.h"
#include "packet.h"
#include <netinet/in.h>
#include <string.h>

#define CONNS 2000u
#define ETH   14u

struct world {
	int af;
	struct lvs_director *dir;
	struct lvs_engine *eng;
	struct lvs_service_id svc;
	lvs_tstamp now;
	unsigned char buf[512];
	unsigned got[2]; /* connections of R1 and R2 */
};

static enum lvs_verdict packet(struct world *w, uint32_t link,
			       const char *format, unsigned port)
{
	unsigned char *ip = w->buf + LVS_PKT_HEADROOM + ETH;
	struct lvs_pkt pkt, *pkts[] = { &pkt };
	struct lvs_offload off;
	char text[128];
	int len;

	snprintf(text, sizeof(text), format, port);
	len = packet_build(text, w->af, ip, 256, &off);
	ck_assert_int_gt(len, 0);
	lvs_pkt_init(&pkt, w->buf, sizeof(w->buf), LVS_PKT_HEADROOM,
		     ETH + (uint32_t)len, ETH);
	memset(pkt.data, 0, 12);
	pkt.data[12] = w->af == AF_INET ? 0x08 : 0x86;
	pkt.data[13] = w->af == AF_INET ? 0x00 : 0xdd;
	pkt.link_in = link;
	lvs_engine_input(w->eng, pkts, 1, w->now);
	return pkt.verdict;
}

static void set_up(struct world *w, int af, const char *scheduler,
		   uint8_t method)
{
	static const char *const names[] = { "R1", "R2" };
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_service_conf conf = LVS_OPTS(struct lvs_service_conf);

	memset(w, 0, sizeof(*w));
	w->af = af;
	w->now = 1000 * LVS_SEC;
	ck_assert_int_eq(lvs_director_new(&opts, &w->dir), 0);
	net_fill(w->dir, af);
	ck_assert_int_eq(lvs_engine_new(w->dir, NULL, &w->eng), 0);
	conf.id.protocol = IPPROTO_TCP;
	conf.id.port = 80;
	strcpy(conf.scheduler, scheduler);
	ck_assert(net_addr("V", af, &conf.id.addr));
	ck_assert_int_eq(lvs_service_add(w->dir, &conf), 0);
	w->svc = conf.id;
	for (size_t i = 0; i < 2; i++) {
		struct lvs_dest_conf dest = LVS_OPTS(struct lvs_dest_conf);

		dest.id.port = method == LVS_METHOD_NAT ? 8000 : 80;
		dest.weight = 1;
		dest.method = method;
		ck_assert(net_addr(names[i], af, &dest.id.addr));
		ck_assert_int_eq(lvs_dest_add(w->dir, &w->svc, &dest), 0);
	}
}

/* Which one the newest connection went to: 0 for R1, 1 for R2. */
static unsigned chosen(struct world *w)
{
	struct lvs_dest_info info[2]; /* R2 comes first */
	unsigned which;

	ck_assert_uint_eq(lvs_dest_list(w->dir, &w->svc, 0, info, 2), 2);
	which = info[0].stats.conns != w->got[1];
	w->got[which]++;
	ck_assert_uint_eq(info[1].stats.conns, w->got[0]);
	return which;
}

/*
 * Connections one after the other: R1 answers 100 us later, R2 after SLOW, as
 * REPLY says.  Share of R2.
 */
static double share(struct world *w, uint64_t slow, const char *reply)
{
	for (unsigned n = 0; n < CONNS; n++) {
		char text[64];
		unsigned which;

		ck_assert_int_eq(packet(w, LINK_C, "C:%u > V:80 tcp S",
					1024 + n),
				 LVS_SEND);
		which = chosen(w);
		w->now += which ? slow : 100000;
		snprintf(text, sizeof(text), "R%u:8000 > C:%%u tcp %s",
			 which + 1, which ? reply : "SA");
		if (*reply)
			ck_assert_int_eq(packet(w, LINK_S, text, 1024 + n),
					 LVS_SEND);
	}
	return (double)w->got[1] / CONNS;
}

static const struct {
	const char *what, *scheduler;
	uint8_t method;
	uint64_t slow;	   /* ns */
	const char *reply; /* of R2; "": neither one's comes by */
	double at_least, at_most;
} rows[] = {
	{ "as fast: half of it", "p2c", LVS_METHOD_NAT, 100000, "SA", 0.48,
	  0.52 },
	{ "slow: a tenth", "p2c", LVS_METHOD_NAT, 9900000, "SA", 0.085, 0.12 },
	{ "another scheduler does not look", "rr", LVS_METHOD_NAT, 9900000,
	  "SA", 0.5, 0.5 },
	{ "nothing is seen of replies", "p2c", LVS_METHOD_DR, 9900000, "", 0.48,
	  0.52 },
};

static void walk(int af)
{
	static struct world w;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		double got;

		set_up(&w, af, rows[i].scheduler, rows[i].method);
		got = share(&w, rows[i].slow, rows[i].reply);
		ck_assert_msg(got >= rows[i].at_least && got <= rows[i].at_most,
			      "%s: %.3f", rows[i].what, got);
		lvs_engine_free(w.eng);
		lvs_director_free(w.dir);
	}
}

static const struct {
	const char *what, *reply;
	uint64_t known; /* ns, of which 64 are told apart */
} replies[] = {
	{ "agrees", "SA", 100032 },
	{ "agrees, with ECN", "SAE", 100032 },
	{ "refuses", "RA", 0 },
	{ "says something else", "A", 0 },
};

/* What a first reply tells of R2, and that a second one tells nothing. */
START_TEST(first_replies)
{
	static struct world w;

	for (size_t i = 0; i < sizeof(replies) / sizeof(*replies); i++) {
		const struct lvs_service *svc;
		uint64_t known;
		char text[64];

		set_up(&w, AF_INET, "p2c", LVS_METHOD_NAT);
		svc = lvs_director_exact(w.dir, &w.svc);
		do
			packet(&w, LINK_C, "C:%u > V:80 tcp S",
			       1024 + w.got[0]);
		while (!chosen(&w));
		snprintf(text, sizeof(text), "R2:8000 > C:%%u tcp %s",
			 replies[i].reply);
		w.now += 100050;
		packet(&w, LINK_S, text, 1024 + w.got[0]);
		w.now += LVS_SEC;
		packet(&w, LINK_S, "R2:8000 > C:%u tcp SA", 1024 + w.got[0]);
		known = lvs_dest_setup_time(svc->first, w.now);
		ck_assert_msg(known == replies[i].known, "%s: %lu ns",
			      replies[i].what, (unsigned long)known);
		lvs_engine_free(w.eng);
		lvs_director_free(w.dir);
	}
}
END_TEST

START_TEST(slow_server_v4)
{
	walk(AF_INET);
}
END_TEST

START_TEST(slow_server_v6)
{
	walk(AF_INET6);
}
END_TEST

LVS_TEST_MAIN("flow/setup", first_replies, slow_server_v4, slow_server_v6)
