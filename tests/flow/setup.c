/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * setup.c - p2c by how long real servers take to agree, packet by packet: one
 * that is slow, one that refuses, one whose replies do not come by.
 */
#include "check.h"

#include "engine/engine.h"
#include "world.h"
#include <string.h>

#define CONNS 2000u

struct setup {
	struct world w;
	unsigned got[2]; /* connections of R1 and R2 */
};

static void set_up(struct setup *s, int af, const char *scheduler,
		   uint8_t method)
{
	uint16_t port = method == LVS_METHOD_NAT ? 8000 : 80;

	memset(s, 0, sizeof(*s));
	world_open(&s->w, af, NULL);
	world_engine(&s->w, 0);
	world_service(&s->w, scheduler, 0);
	world_dest(&s->w, "R1", port, method);
	world_dest(&s->w, "R2", port, method);
}

/* Which one the newest connection went to: 0 for R1, 1 for R2. */
static unsigned chosen(struct setup *s)
{
	struct lvs_dest_info info[2]; /* R2 comes first */
	unsigned which;

	ck_assert_uint_eq(lvs_dest_list(s->w.dir, &s->w.svc, 0, info, 2), 2);
	which = info[0].stats.conns != s->got[1];
	s->got[which]++;
	ck_assert_uint_eq(info[1].stats.conns, s->got[0]);
	return which;
}

/*
 * Connections one after the other: R1 answers 100 us later, R2 after SLOW, as
 * REPLY says.  Share of R2.
 */
static double share(struct setup *s, uint64_t slow, const char *reply)
{
	for (unsigned n = 0; n < CONNS; n++) {
		unsigned which;

		ck_assert(world_sends(&s->w, LINK_C, "C:%u > V:80 tcp S",
				      1024 + n));
		which = chosen(s);
		s->w.now += which ? slow : 100000;
		if (*reply)
			ck_assert(world_sends(&s->w, LINK_S,
					      "R%u:8000 > C:%u tcp %s",
					      which + 1, 1024 + n,
					      which ? reply : "SA"));
	}
	return (double)s->got[1] / CONNS;
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
	static struct setup s;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		double got;

		set_up(&s, af, rows[i].scheduler, rows[i].method);
		got = share(&s, rows[i].slow, rows[i].reply);
		ck_assert_msg(got >= rows[i].at_least && got <= rows[i].at_most,
			      "%s: %.3f", rows[i].what, got);
		world_close(&s.w);
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
	static struct setup s;

	for (size_t i = 0; i < sizeof(replies) / sizeof(*replies); i++) {
		const struct lvs_service *svc;
		uint64_t known;

		set_up(&s, AF_INET, "p2c", LVS_METHOD_NAT);
		svc = lvs_director_exact(s.w.dir, &s.w.svc);
		do
			world_sends(&s.w, LINK_C, "C:%u > V:80 tcp S",
				    1024 + s.got[0]);
		while (!chosen(&s));
		s.w.now += 100050;
		world_sends(&s.w, LINK_S, "R2:8000 > C:%u tcp %s",
			    1024 + s.got[0], replies[i].reply);
		s.w.now += LVS_SEC;
		world_sends(&s.w, LINK_S, "R2:8000 > C:%u tcp SA",
			    1024 + s.got[0]);
		known = lvs_dest_setup_time(svc->first, s.w.now);
		ck_assert_msg(known == replies[i].known, "%s: %lu ns",
			      replies[i].what, (unsigned long)known);
		world_close(&s.w);
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
