/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * twins.c - two directors side by side, and whether they are the same.
 */
#include "twins.h"

#include "engine/engine.h"
#include "packet.h"
#include "sum.h"
#include <netinet/in.h>
#include <stdarg.h>
#include <string.h>

#define ETH  14u
#define ROOM 4096u

/* Most that is listed at a time. */
#define MANY 64

static void fill_both_families(struct lvs_director *dir)
{
	net_fill(dir, AF_INET);
	net_fill(dir, AF_INET6);
}

void twins_open(struct twins *t, int af, uint32_t buckets, uint32_t limit)
{
	memset(t, 0, sizeof(*t));
	t->af = af;
	program_open(&t->prog, buckets);
	TWINS_BOTH(t, w, world_open(w, af, NULL));
	TWINS_BOTH(t, w, fill_both_families(w->dir));
	t->fast.table = &t->prog.table;
	TWINS_BOTH(t, w, world_engine(w, limit));
}

void twins_close(struct twins *t)
{
	TWINS_BOTH(t, w, world_close(w));
	need(program_flows(&t->prog) == 0);
	program_close(&t->prog);
}

static void add_service(struct world *w, struct lvs_service_conf *conf)
{
	need(lvs_service_add(w->dir, conf) == 0);
	w->svc = conf->id;
}

void twins_service(struct twins *t, uint8_t protocol, uint16_t port,
		   uint32_t mark, const char *scheduler, uint32_t flags)
{
	struct lvs_service_conf conf = LVS_OPTS(struct lvs_service_conf);

	conf.flags = flags;
	conf.timeout = 300;
	snprintf(conf.scheduler, sizeof(conf.scheduler), "%s", scheduler);
	if (mark) {
		conf.id.fwmark = mark;
		conf.id.addr.family = (uint16_t)t->af;
	} else {
		conf.id.protocol = protocol;
		conf.id.port = port;
		need(net_addr("V", t->af, &conf.id.addr));
	}
	TWINS_BOTH(t, w, add_service(w, &conf));
}

void twins_dest(struct twins *t, const char *name, int af, uint16_t port,
		uint8_t method)
{
	struct lvs_dest_conf dest = LVS_OPTS(struct lvs_dest_conf);

	dest.id.port = port;
	dest.weight = 1;
	dest.method = method;
	need(net_addr(name, af, &dest.id.addr));
	TWINS_BOTH(t, w, need(lvs_dest_add(w->dir, &w->svc, &dest) == 0));
}

void twins_del_dest(struct twins *t, const char *name, int af, uint16_t port)
{
	struct lvs_dest_id id = { .port = port };

	need(net_addr(name, af, &id.addr));
	TWINS_BOTH(t, w, need(lvs_dest_del(w->dir, &w->svc, &id) == 0));
}

/* ---- packets -------------------------------------------------------------
 */

static void need_same_pkt(const struct lvs_pkt *a, const struct lvs_pkt *b)
{
	need(a->verdict == b->verdict);
	need(a->reason == b->reason);
	need(a->len == b->len);
	need(memcmp(a->data, b->data, a->len) == 0);
	need(a->verdict != LVS_SEND || a->link_out == b->link_out);
}

/* What engines send of themselves. */
static void need_same_output(struct twins *t)
{
	struct lvs_pkt *plain[8], *fast[8];
	size_t n;

	do {
		n = lvs_engine_output(t->plain.eng, plain, 8, t->plain.now);
		need(lvs_engine_output(t->fast.eng, fast, 8, t->plain.now) ==
		     n);
		for (size_t i = 0; i < n; i++)
			need_same_pkt(plain[i], fast[i]);
	} while (n > 0);
}

/* The LEN bytes at IP as a packet in BUF that comes in by LINK. */
static void lay(struct lvs_pkt *pkt, unsigned char buf[ROOM],
		const unsigned char *ip, uint32_t len, uint32_t link)
{
	lvs_pkt_init(pkt, buf, ROOM, LVS_PKT_HEADROOM, ETH + len, ETH);
	memset(pkt->data, 0, ETH);
	pkt->data[12] = ip[0] >> 4 == 4 ? 0x08 : 0x86;
	pkt->data[13] = ip[0] >> 4 == 4 ? 0x00 : 0xdd;
	memcpy(pkt->data + ETH, ip, len);
	pkt->link_in = link;
	pkt->mark = 7; /* of a service by mark, if there is one */
}

static void run(struct world *w, struct lvs_pkt *pkt)
{
	struct lvs_pkt *pkts[] = { pkt };

	lvs_engine_input(w->eng, pkts, 1, w->now);
}

static const char *both(struct twins *t, const unsigned char *ip, uint32_t len,
			const struct lvs_offload *off, uint32_t link)
{
	static const char *const verdicts[] = { "passed", "sent", "dropped",
						"held", "host" };
	unsigned char bufs[2][ROOM];
	struct lvs_pkt plain, fast;
	bool forwarded;

	lay(&plain, bufs[0], ip, len, link);
	lay(&fast, bufs[1], ip, len, link);
	plain.off = fast.off = *off;
	plain.off.csum_start = (uint16_t)(off->csum_start + ETH);
	fast.off.csum_start = plain.off.csum_start;
	/* Nobody says what identifications are; here they are the same. */
	t->fast.eng->ip_id = t->plain.eng->ip_id;
	t->prog.outer_id = t->plain.eng->ip_id;
	run(&t->plain, &plain);
	forwarded = program_forward(&t->prog, &fast, t->fast.now);
	if (!forwarded)
		run(&t->fast, &fast);
	need_same_pkt(&plain, &fast);
	if (!forwarded) /* or the engine would notice that time goes on */
		need_same_output(t);
	return forwarded ? "fast" : verdicts[plain.verdict];
}

/* The packet of LINE in IP; its length. */
static uint32_t build(const struct twins *t, const char *line,
		      unsigned char ip[ROOM], struct lvs_offload *off)
{
	int len = packet_build(line, t->af, ip, ROOM - LVS_PKT_HEADROOM - ETH,
			       off);

	need(len > 0);
	return (uint32_t)len;
}

const char *twins_packet(struct twins *t, uint32_t link, const char *format,
			 ...)
{
	unsigned char ip[ROOM];
	struct lvs_offload off;
	char text[256];
	va_list args;
	uint32_t len;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	len = build(t, text, ip, &off);
	return both(t, ip, len, &off, link);
}

const char *twins_udp(struct twins *t, const char *line, uint32_t link,
		      unsigned sum)
{
	unsigned char ip[ROOM];
	struct lvs_offload off;
	uint32_t len = build(t, line, ip, &off);
	unsigned rest, last;

	ip[len - 2] = ip[len - 1] = ip[26] = ip[27] = 0;
	/* The complement of all the rest, so that both add up to SUM's. */
	rest = ~sum_transport(ip, 20, len - 20, IPPROTO_UDP) & 0xffff;
	last = (~sum & 0xffff) + (~rest & 0xffff);
	last = (last & 0xffff) + (last >> 16);
	ip[len - 2] = (unsigned char)(last >> 8);
	ip[len - 1] = (unsigned char)last;
	ip[26] = (unsigned char)(sum >> 8);
	ip[27] = (unsigned char)sum;
	return both(t, ip, len, &off, link);
}

void twins_burst(struct twins *t, uint32_t link, const char *const lines[2])
{
	unsigned char bufs[4][ROOM], ip[ROOM];
	struct lvs_pkt pkts[4], *plain[2], *fast[2];
	struct lvs_offload off;

	for (unsigned i = 0; i < 2; i++) {
		uint32_t len = build(t, lines[i], ip, &off);

		plain[i] = &pkts[i];
		fast[i] = &pkts[2 + i];
		lay(plain[i], bufs[i], ip, len, link);
		lay(fast[i], bufs[2 + i], ip, len, link);
	}
	lvs_engine_input(t->plain.eng, plain, 2, t->plain.now);
	lvs_engine_input(t->fast.eng, fast, 2, t->fast.now);
	for (unsigned i = 0; i < 2; i++)
		need_same_pkt(plain[i], fast[i]);
}

/* ---- time ----------------------------------------------------------------
 */

/* When it has to be called again. */
static lvs_tstamp tick(struct world *w, lvs_tstamp now)
{
	lvs_tstamp due;

	w->now = now;
	while ((due = lvs_engine_tick(w->eng, now)) <= now)
		;
	lvs_director_tick(w->dir, now);
	return due;
}

void twins_pass(struct twins *t, lvs_tstamp now)
{
	t->due = tick(&t->plain, now);
	tick(&t->fast, now);
	need_same_output(t);
}

void twins_idle(struct twins *t, lvs_tstamp now)
{
	if (now < t->due)
		t->plain.now = t->fast.now = now;
	else
		twins_pass(t, now);
}

/* ---- what can be asked ---------------------------------------------------
 */

static void compare_dests(struct twins *t, const struct lvs_service_id *id)
{
	struct lvs_dest_info plain[MANY], fast[MANY];
	size_t n;

	memset(plain, 0, sizeof(plain));
	memset(fast, 0, sizeof(fast));
	n = lvs_dest_list(t->plain.dir, id, 0, plain, MANY);
	need(n <= MANY);
	need(lvs_dest_list(t->fast.dir, id, 0, fast, MANY) == n);
	for (size_t i = 0; i < n; i++)
		need(memcmp(&plain[i], &fast[i], sizeof(plain[i])) == 0);
}

static void compare_services(struct twins *t)
{
	struct lvs_service_info plain[MANY], fast[MANY];
	size_t n;

	memset(plain, 0, sizeof(plain));
	memset(fast, 0, sizeof(fast));
	n = lvs_service_list(t->plain.dir, 0, plain, MANY);
	need(n <= MANY);
	need(lvs_service_list(t->fast.dir, 0, fast, MANY) == n);
	for (size_t i = 0; i < n; i++) {
		need(memcmp(&plain[i], &fast[i], sizeof(plain[i])) == 0);
		compare_dests(t, &plain[i].conf.id);
	}
}

static void compare_director(struct twins *t)
{
	struct lvs_stats plain, fast;

	memset(&plain, 0, sizeof(plain));
	memset(&fast, 0, sizeof(fast));
	lvs_director_stats(t->plain.dir, &plain);
	lvs_director_stats(t->fast.dir, &fast);
	need(memcmp(&plain, &fast, sizeof(plain)) == 0);
}

static void compare_conns(struct twins *t)
{
	struct lvs_conn_info plain[MANY], fast[MANY];
	uint64_t at[2] = { 0, 0 };
	size_t n;

	do {
		memset(plain, 0, sizeof(plain));
		memset(fast, 0, sizeof(fast));
		n = lvs_director_conns(t->plain.dir, &at[0], plain, MANY,
				       t->plain.now);
		need(lvs_director_conns(t->fast.dir, &at[1], fast, MANY,
					t->plain.now) == n);
		for (size_t i = 0; i < n; i++)
			need(memcmp(&plain[i], &fast[i], sizeof(plain[i])) ==
			     0);
	} while (n > 0);
}

/* What is told of engines is the same, but for who has forwarded. */
static void compare_engines(struct twins *t)
{
	struct lvs_engine_stats plain = LVS_OPTS(struct lvs_engine_stats);
	struct lvs_engine_stats fast = LVS_OPTS(struct lvs_engine_stats);

	lvs_director_engine_stats(t->plain.dir, &plain);
	lvs_director_engine_stats(t->fast.dir, &fast);
	need(fast.fast_packets == t->prog.forwarded);
	need(fast.fast_flows >= program_flows(&t->prog));
	fast.packets += fast.fast_packets;
	fast.sent += fast.fast_packets;
	fast.fast_packets = 0;
	fast.fast_flows = 0;
	need(memcmp(&plain, &fast, sizeof(plain)) == 0);
}

/* Each question makes engines count; so each comes first now and then. */
void twins_compare(struct twins *t)
{
	static void (*const parts[])(struct twins *
				     t) = { compare_services, compare_conns,
					    compare_director, compare_engines };
	unsigned first = t->compared++;

	for (unsigned i = 0; i < 4; i++)
		parts[(first + i) % 4](t);
	need(lvs_net_wants(t->plain.dir) == lvs_net_wants(t->fast.dir));
}
