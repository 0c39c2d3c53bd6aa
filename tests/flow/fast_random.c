/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fast_random.c - a director with a table of flows and one without are played
 * whatever comes to mind: packets of a few connections in any order, time, and
 * all that an administrator and the network do.
 *
 * After each packet what came out is compared, after each ten steps everything
 * that can be asked (twins.h).  The seed of a script that fails is in its name.
 */
#include "check.h"

#include "base/prng.h"
#include "twins.h"
#include <netinet/in.h>

#define SCRIPTS 150u
#define STEPS	400u

struct script {
	struct twins t;
	struct lvs_prng prng;
	struct lvs_service_id svcs[4];
	unsigned num_svcs;
};

static unsigned below(struct script *s, unsigned bound)
{
	return (unsigned)lvs_prng_below(&s->prng, bound);
}

#define ONE_OF(s, list)                                                        \
	(list)[below(s, (unsigned)(sizeof(list) / sizeof(*(list))))]

static const char *const clients[] = { "C", "C2", "F" };
static const char *const servers[] = { "R1", "R2", "R3", "S" };
static const uint8_t methods[] = { LVS_METHOD_NAT, LVS_METHOD_NAT,
				   LVS_METHOD_DR, LVS_METHOD_TUN };

/* ---- packets -------------------------------------------------------------
 */

/* Mostly what established connections send. */
static const char *tcp_flags(struct script *s)
{
	static const char *const all[] = { "S",	 "SA", "A", "A",  "A",	"A",
					   "PA", "A",  "A", "FA", "RA", "P" };

	return below(s, 3) ? "A" : ONE_OF(s, all);
}

static const char *extras(struct script *s)
{
	static const char *const all[] = {
		"len 9",	  "len 1400", "len 1", "len 60 tos 3",
		"len 9 ttl 1",	  "len 1900", "len 0", "len 1401 df",
		"len 99 badsum",  "pad 6",    "df",    "len 9 partial",
		"len 700 tos 17", "ttl 2",
	};

	return ONE_OF(s, all);
}

static void bring_packet(struct script *s)
{
	static const unsigned ports[] = { 80, 81, 53 };
	static const unsigned real_ports[] = { 8000, 8000, 5353 };
	unsigned n = below(s, 3), cport = 1 + below(s, 3);
	const char *client = ONE_OF(s, clients);
	char transport[32];

	snprintf(transport, sizeof(transport), "%s %s", n == 2 ? "udp" : "tcp",
		 n == 2 ? "" : tcp_flags(s));
	if (below(s, 2))
		twins_packet(&s->t, LINK_C, "%s:%u > V:%u %s %s", client, cport,
			     ports[n], transport, extras(s));
	else
		twins_packet(&s->t, LINK_S, "%s:%u > %s:%u %s %s",
			     ONE_OF(s, servers),
			     below(s, 4) ? real_ports[n] : ports[n], client,
			     cport, transport, extras(s));
}

/* A handshake and some more, so that there is something to lose. */
static void bring_connection(struct script *s)
{
	unsigned cport = 1 + below(s, 3), port = 80 + below(s, 2);
	const char *client = ONE_OF(s, clients);
	unsigned more = below(s, 8);

	twins_packet(&s->t, LINK_C, "%s:%u > V:%u tcp S", client, cport, port);
	for (size_t i = 0; i < 4; i++)
		twins_packet(&s->t, LINK_S, "%s:8000 > %s:%u tcp SA",
			     servers[i], client, cport);
	while (more--) {
		twins_packet(&s->t, LINK_C, "%s:%u > V:%u tcp A %s", client,
			     cport, port, extras(s));
		if (more & 1)
			twins_packet(&s->t, LINK_S, "%s:8000 > %s:%u tcp A %s",
				     ONE_OF(s, servers), client, cport,
				     extras(s));
	}
}

/* Somebody on a tunnel's way says that less fits through. */
static void bring_error(struct script *s)
{
	twins_packet(&s->t, LINK_S,
		     "R3 > DS icmp %s mtu %u ( DS > %s ipip ( C:%u > V:80 tcp "
		     "A len 1400 ) )",
		     s->t.af == AF_INET ? "3/4" : "2/0",
		     1280 + 100 * below(s, 4), ONE_OF(s, servers),
		     1 + below(s, 3));
}

/* ---- what else happens ---------------------------------------------------
 */

static void pass_time(struct script *s)
{
	lvs_tstamp now =
		s->t.plain.now + (LVS_MSEC << below(s, below(s, 4) ? 12 : 21));

	if (below(s, 3))
		twins_pass(&s->t, now);
	else
		twins_idle(&s->t, now);
}

static void change_dest(struct script *s)
{
	struct lvs_dest_conf conf = LVS_OPTS(struct lvs_dest_conf);
	const struct lvs_service_id *svc = &s->svcs[below(s, s->num_svcs)];
	unsigned what = below(s, 6);

	net_addr(ONE_OF(s, servers), s->t.af, &conf.id.addr);
	conf.id.port = svc->protocol == IPPROTO_UDP ? 5353 : 8000;
	conf.method = ONE_OF(s, methods);
	if (conf.method != LVS_METHOD_NAT)
		conf.id.port = svc->port;
	conf.weight = (int32_t)below(s, 4);
	TWINS_BOTH(&s->t, w,
		   what < 3   ? lvs_dest_add(w->dir, svc, &conf)
		   : what < 5 ? lvs_dest_edit(w->dir, svc, &conf)
			      : lvs_dest_del(w->dir, svc, &conf.id));
}

static void change_net(struct script *s)
{
	static const uint8_t states[] = { LVS_NEIGH_REACHABLE,
					  LVS_NEIGH_REACHABLE, LVS_NEIGH_STALE,
					  LVS_NEIGH_FAILED,
					  LVS_NEIGH_INCOMPLETE };
	static const char *const names[] = { "R1", "R2", "R3", "C", "C2", "G" };
	const char *name = ONE_OF(s, names);
	uint8_t state = ONE_OF(s, states);
	const char *gateway = ONE_OF(s, names);
	uint32_t link = gateway[0] == 'R' ? LINK_S : LINK_C;

	if (below(s, 4)) {
		TWINS_BOTH(&s->t, w, net_neigh(w->dir, s->t.af, name, state));
		return;
	}
	TWINS_BOTH(&s->t, w, net_route(w->dir, s->t.af, "F", link, gateway));
}

static void change_timeouts(struct script *s)
{
	struct lvs_timeouts timeouts = {
		.tcp = 1 + below(s, 900),
		.tcp_fin = below(s, 100),
		.udp = below(s, 300),
	};

	TWINS_BOTH(&s->t, w, lvs_director_set_timeouts(w->dir, &timeouts));
}

static void step(struct script *s)
{
	unsigned what = below(s, 100);

	if (what < 70)
		bring_packet(s);
	else if (what < 78)
		bring_connection(s);
	else if (what < 80)
		bring_error(s);
	else if (what < 90)
		pass_time(s);
	else if (what < 94)
		change_dest(s);
	else if (what < 97)
		change_net(s);
	else if (what < 98)
		change_timeouts(s);
	else
		twins_compare(&s->t);
}

static void add_service(struct script *s, uint8_t protocol, uint16_t port)
{
	static const char *const schedulers[] = { "rr", "wlc", "sh" };

	twins_service(&s->t, protocol, port, 0, ONE_OF(s, schedulers),
		      below(s, 3) ? 0 : LVS_SVC_PERSISTENT);
	s->svcs[s->num_svcs++] = s->t.plain.svc;
	for (unsigned i = 0; i < 6; i++)
		change_dest(s);
}

static uint64_t play(uint64_t seed)
{
	struct script s;
	uint64_t forwarded;

	memset(&s, 0, sizeof(s));
	lvs_prng_seed(&s.prng, seed);
	twins_open(&s.t, seed & 1 ? AF_INET6 : AF_INET, 1u << below(&s, 6),
		   below(&s, 4) ? 0 : 5 + below(&s, 8));
	add_service(&s, IPPROTO_TCP, 80);
	add_service(&s, IPPROTO_TCP, 81);
	add_service(&s, IPPROTO_UDP, 53);
	for (unsigned i = 0; i < STEPS; i++) {
		step(&s);
		if (i % 10 == 0)
			twins_compare(&s.t);
	}
	twins_compare(&s.t);
	forwarded = s.t.prog.forwarded;
	twins_close(&s.t);
	return forwarded;
}

START_TEST(whatever_happens)
{
	const char *only = getenv("SEED");
	uint64_t forwarded = 0;

	for (uint64_t seed = 1; seed <= SCRIPTS; seed++) {
		uint64_t this = only ? strtoull(only, NULL, 0) : seed;

		fprintf(stderr, "seed %llu\n", (unsigned long long)this);
		forwarded += play(this);
	}
	/* A tenth of all that was brought, or nothing was tried. */
	ck_assert_uint_gt(forwarded, SCRIPTS * STEPS / 10);
}
END_TEST

LVS_TEST_MAIN("flow/fast_random", whatever_happens)
