/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine.c - a fuzz target: a script of time, packets and administration.
 *
 * Each byte is a step or a parameter of one; what is missing is 0.  After each
 * step what destinations count must be what a walk finds, and nothing may
 * point to what is not there; what was sent must be right, unless what came
 * in was not.  Allocations fail when the script says so; in the end no byte of
 * memory may be left.
 *
 * Packets are lines of tests/flow/packet.h, in the network of tests/flow/net.h,
 * of one family for a whole script.
 */
#include "config.h"

#include "engine/engine.h"
#include "flow/net.h"
#include "flow/packet.h"
#include "unit/counted.h"

#include <netinet/in.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STEPS_MAX 300
#define BUFFER	  4096

struct fuzz {
	const uint8_t *data, *end;
	int af;
	lvs_tstamp now;
	struct counted counted;
	struct lvs_director *dir;
	struct lvs_engine *engines[2];
	struct lvs_engine *eng;
	unsigned char bufs[LVS_BURST][BUFFER];
	struct lvs_pkt pkts[LVS_BURST];
	bool wrong; /* what came in */
};

static uint8_t byte(struct fuzz *f)
{
	return f->data < f->end ? *f->data++ : 0;
}

static const char *const hosts[] = { "R1", "R2", "R3", "R4", "S",
				     "T",  "N",	 "DS", "C",  "V2" };
static const char *const clients[] = { "C", "C2", "F", "G" };

#define ONE_OF(list, n) (list)[(n) % (sizeof(list) / sizeof(*(list)))]

/* ---- administration -------------------------------------------------------
 */

static void name_service(struct fuzz *f, uint8_t n, struct lvs_service_id *id)
{
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP,
					     IPPROTO_SCTP, IPPROTO_UDP };
	static const uint16_t ports[] = { 80, 53, 9, 500 };

	memset(id, 0, sizeof(*id));
	if ((n & 7) == 7) {
		id->fwmark = 7;
		id->addr.family = (uint16_t)f->af;
		return;
	}
	id->protocol = protocols[n & 3];
	id->port = (n & 7) == 6 ? 0 : ports[n & 3];
	net_addr("V", f->af, &id->addr);
}

static void change_service(struct fuzz *f)
{
	static const char *const scheds[] = { "rr",   "wrr",   "lc", "wlc",
					      "lblc", "lblcr", "sh", "mh",
					      "ovf",  "fo",    "nq", "sed" };
	struct lvs_service_conf conf = LVS_OPTS(struct lvs_service_conf);
	uint8_t what = byte(f), flags = byte(f);

	name_service(f, what, &conf.id);
	snprintf(conf.scheduler, sizeof(conf.scheduler), "%s",
		 ONE_OF(scheds, flags >> 4));
	conf.flags = (flags & 1 ? LVS_SVC_PERSISTENT : 0) |
		     (flags & 2 ? LVS_SVC_ONEPACKET : 0);
	conf.timeout = 1u + (flags & 0xcu) * 10;
	switch (what >> 3 & 3) {
	case 0:
	case 1:
		lvs_service_add(f->dir, &conf);
		break;
	case 2:
		lvs_service_edit(f->dir, &conf);
		break;
	default:
		lvs_service_del(f->dir, &conf.id);
	}
}

static void change_dest(struct fuzz *f)
{
	static const uint8_t methods[] = { LVS_METHOD_NAT, LVS_METHOD_DR,
					   LVS_METHOD_TUN, LVS_METHOD_NAT };
	struct lvs_dest_conf conf = LVS_OPTS(struct lvs_dest_conf);
	uint8_t what = byte(f), how = byte(f);
	struct lvs_service_id id;

	name_service(f, what, &id);
	net_addr(ONE_OF(hosts, how), f->af, &conf.id.addr);
	conf.id.port = how & 0x80 ? id.port : 8000;
	conf.method = methods[how >> 4 & 3];
	conf.weight = what >> 6;
	conf.u_threshold = how & 0x40 ? 3 : 0;
	switch (what >> 3 & 7) {
	default:
		lvs_dest_add(f->dir, &id, &conf);
		break;
	case 5:
	case 6:
		lvs_dest_edit(f->dir, &id, &conf);
		break;
	case 7:
		lvs_dest_del(f->dir, &id, &conf.id);
	}
}

static void change_neigh(struct fuzz *f, uint8_t how)
{
	const char *name =
		how & 0x10 ? ONE_OF(clients, how & 3) : ONE_OF(hosts, how & 3);
	struct lvs_neigh neigh = {
		.link = how & 0x10 ? LINK_C : LINK_S,
		.state = how >> 2 & 3,
	};

	net_addr(name, f->af, &neigh.addr);
	net_mac(name, neigh.lladdr);
	lvs_net_neigh_set(f->dir, &neigh);
}

static void change_net(struct fuzz *f)
{
	uint8_t what = byte(f), how = byte(f);
	struct lvs_link link;
	uint32_t index;
	struct lvs_addr addr;

	switch (what & 7) {
	case 0:
	case 1:
	case 2:
		change_neigh(f, how);
		break;
	case 3:
		if (lvs_net_link_get(f->dir, 1 + how % 3, &link) < 0)
			break;
		link.up = how & 4;
		link.mtu = how & 8 ? 1500 : 100u * (how >> 4);
		lvs_net_link_set(f->dir, &link);
		break;
	case 4:
		lvs_net_wanted(f->dir, &index, &addr);
		break;
	case 5:
		lvs_net_clear(f->dir);
		break;
	default:
		f->counted.fail_at = 0;
		net_fill(f->dir, f->af);
	}
}

static void administer(struct fuzz *f)
{
	struct lvs_timeouts timeouts;

	switch (byte(f) & 7) {
	case 0:
	case 1:
		change_service(f);
		break;
	case 2:
	case 3:
	case 4:
		change_dest(f);
		break;
	case 5:
		timeouts = (struct lvs_timeouts){ byte(f), byte(f), byte(f) };
		lvs_director_set_timeouts(f->dir, &timeouts);
		break;
	case 6:
		change_net(f);
		break;
	default:
		f->counted.fail_at = f->counted.calls + 1 + byte(f) % 16;
	}
}

/* ---- packets --------------------------------------------------------------
 */

/* What says that a packet is not as it should be. */
static void spoil(struct fuzz *f, struct lvs_pkt *pkt)
{
	for (uint8_t n = byte(f) & 7; n > 0; n--) {
		uint32_t at = byte(f);

		pkt->data[at % pkt->len] ^= byte(f);
	}
	f->wrong = true;
}

/* The transport part of a line. */
static void add_rest(struct fuzz *f, char *line, size_t size)
{
	static const char *const flags[] = { "S",  "A",	 "FA", "RA",
					     "SA", "PA", "R",  "F" };
	static const char *const chunks[] = { "init",	   "initack", "echo",
					      "cookieack", "data",    "abort",
					      "shut",	   "shutack" };
	size_t used = strlen(line);
	uint8_t how = byte(f), len = byte(f);

	switch (how & 3) {
	case 0:
	case 1:
		used += (size_t)snprintf(line + used, size - used, "tcp %s",
					 ONE_OF(flags, how >> 2));
		break;
	case 2:
		used += (size_t)snprintf(line + used, size - used, "udp");
		break;
	default:
		used += (size_t)snprintf(line + used, size - used, "sctp %s",
					 ONE_OF(chunks, how >> 2));
	}
	used += (size_t)snprintf(line + used, size - used, " len %u",
				 len & 0x80 ? len * 10u : len);
	if (how & 0x20)
		used += (size_t)snprintf(line + used, size - used, " df");
	if (how & 0x40)
		used += (size_t)snprintf(line + used, size - used, " ttl %u",
					 len & 1);
	if (how & 0x80 && (how & 3) != 3)
		snprintf(line + used, size - used, " partial");
}

static void write_line(struct fuzz *f, char *line, size_t size, uint8_t kind)
{
	static const unsigned ports[] = { 80, 53, 9, 500, 8000, 81, 80, 53 };
	uint8_t who = byte(f), port = byte(f);
	unsigned cport = 1000u + (who >> 4), vport = ONE_OF(ports, port);
	const char *client = ONE_OF(clients, who & 3);
	const char *server = ONE_OF(hosts, port >> 3);
	const char *type = f->af == AF_INET ? "3/3" : "1/4";
	uint8_t frag = kind == 5 ? byte(f) : 0;

	switch (kind) {
	default:
		snprintf(line, size, "%s:%u > V:%u ", client, cport, vport);
		add_rest(f, line, size);
		break;
	case 2:
		snprintf(line, size, "%s:%u > %s:%u ", server, vport, client,
			 cport);
		add_rest(f, line, size);
		break;
	case 3:
		snprintf(line, size, "%s > V icmp %s ( V:%u > %s:%u udp )",
			 client, type, vport, client, cport);
		break;
	case 4:
		snprintf(line, size, "%s > %s icmp %s ( %s:%u > %s:%u udp )",
			 server, client, type, client, cport, server, vport);
		break;
	case 5:
		if (frag & 7)
			snprintf(line, size,
				 "%s > V proto 17 frag %u%s id %u len 8",
				 client, (frag & 7) * 8u, frag & 8 ? "+" : "",
				 frag >> 5);
		else
			snprintf(line, size,
				 "%s:%u > V:%u udp frag 0+ id %u len 8 nosum",
				 client, cport, vport, frag >> 5);
		break;
	case 6:
		snprintf(line, size, "%s > V %s", client,
			 port & 1 ? "esp" : "ah");
	}
}

static void lay(struct fuzz *f, struct lvs_pkt *pkt, unsigned char *buf)
{
	uint8_t kind = byte(f);
	bool reply = (kind & 7) == 2 || (kind & 7) == 4;
	uint16_t l2 = kind & 0x40 ? 0 : 14;
	unsigned char *ip = buf + LVS_PKT_HEADROOM + l2;
	struct lvs_offload off;
	char line[256];
	int len;

	memset(buf, 0, BUFFER);
	write_line(f, line, sizeof(line), kind & 7);
	len = packet_build(line, f->af, ip, BUFFER - LVS_PKT_HEADROOM - 64,
			   &off);
	need(len > 0);
	lvs_pkt_init(pkt, buf, BUFFER, LVS_PKT_HEADROOM, l2 + (uint32_t)len,
		     l2);
	if (l2) {
		ip[-2] = f->af == AF_INET ? 0x08 : 0x86;
		ip[-1] = f->af == AF_INET ? 0x00 : 0xdd;
	}
	pkt->off = off;
	pkt->off.csum_start = (uint16_t)(off.csum_start + l2);
	pkt->link_in = l2	  ? reply ? LINK_S : LINK_C
		       : kind & 8 ? LVS_LINK_NONE
				  : LINK_T;
	pkt->mark = kind & 0x10 ? 7 : 0;
	if (kind & 0x80)
		spoil(f, pkt);
}

/* Whether what is sent is a packet, and right as far as what came in was. */
static void judge(struct fuzz *f, const struct lvs_pkt *pkt)
{
	struct lvs_offload off = pkt->off;
	char text[4096];

	need(pkt->len >= pkt->l2_len + 20u);
	need(pkt->l2_len == 0 || pkt->l2_len == 14 || f->wrong);
	if (f->wrong)
		return;
	off.csum_start = (uint16_t)(off.csum_start - pkt->l2_len);
	packet_show(pkt->data + pkt->l2_len, pkt->len - pkt->l2_len, &off, text,
		    sizeof(text));
	if (!strchr(text, '!') && !strstr(text, "not a packet"))
		return;
	fprintf(stderr, "sent: %s\n", text);
	abort();
}

static void drain(struct fuzz *f)
{
	struct lvs_pkt *made[4];
	size_t n;

	while ((n = lvs_engine_output(f->eng, made, 4, f->now)))
		for (size_t i = 0; i < n; i++)
			judge(f, made[i]);
}

static void input(struct fuzz *f, size_t count)
{
	struct lvs_pkt *ptrs[LVS_BURST];

	for (size_t i = 0; i < count; i++) {
		lay(f, &f->pkts[i], f->bufs[i]);
		ptrs[i] = &f->pkts[i];
	}
	lvs_engine_input(f->eng, ptrs, count, f->now);
	for (size_t i = 0; i < count; i++) {
		const struct lvs_pkt *pkt = &f->pkts[i];

		need(pkt->data - f->bufs[i] == (ptrdiff_t)pkt->headroom);
		need(pkt->headroom + pkt->len + pkt->tailroom == BUFFER);
		need(pkt->verdict != LVS_DROP ||
		     pkt->reason != LVS_REASON_NONE);
		if (pkt->verdict == LVS_SEND)
			judge(f, pkt);
	}
	drain(f);
}

/* ---- what must always be so -----------------------------------------------
 */

#define DESTS_MAX 256

struct counts {
	uint32_t total[DESTS_MAX], active[DESTS_MAX], persist[DESTS_MAX];
	uint64_t controlled, controls;
};

static void count_template(void *ctx, const struct lvs_conn *conn)
{
	struct counts *c = ctx;

	c->controls += conn->packets;
	if (conn->dest != LVS_DEST_NONE)
		c->persist[conn->dest]++;
}

static void count_engine(struct fuzz *f, struct lvs_engine *eng,
			 struct counts *c)
{
	struct lvs_conn *conns[16];
	uint64_t cursor = 0;
	size_t n;

	while ((n = lvs_conn_walk(eng->conns, &cursor, conns, 16))) {
		for (size_t i = 0; i < n; i++) {
			need(conns[i]->dest < f->dir->dests_size);
			need(f->dir->dests[conns[i]->dest]);
			c->total[conns[i]->dest]++;
			if (conns[i]->flags & LVS_CONN_ACTIVE)
				c->active[conns[i]->dest]++;
			if (conns[i]->flags & LVS_CONN_CONTROLLED)
				c->controlled++;
		}
	}
	need(eng->held.count <= 64);
	need(eng->fragments.bytes <= LVS_FRAGMENTS_BYTES);
}

static void check(struct fuzz *f)
{
	struct counts c = { 0 };
	uint64_t cursor = 0;

	need(f->dir->dests_size <= DESTS_MAX);
	for (size_t i = 0; i < 2; i++)
		if (f->engines[i])
			count_engine(f, f->engines[i], &c);
	while (lvs_persist_walk(f->dir->persist, &cursor, 16, count_template,
				&c))
		;
	need(c.controlled == c.controls);
	for (uint32_t i = 0; i < f->dir->dests_size; i++) {
		const struct lvs_dest *dest = f->dir->dests[i];

		if (!dest) {
			need(!c.total[i] && !c.persist[i]);
			continue;
		}
		need(lvs_dest_total_now(dest) == c.total[i]);
		need(lvs_dest_active_now(dest) == c.active[i]);
		need(dest->persist == c.persist[i]);
		/* Schedulers with a cache refer to them too. */
		need(dest->refs >= c.total[i] + c.persist[i]);
	}
}

/* ---- the script -----------------------------------------------------------
 */

static void pass_time(struct fuzz *f)
{
	uint8_t how = byte(f);

	f->now += (LVS_MSEC << (how & 31)) / 16;
	if (how & 0x80)
		return;
	for (size_t i = 0; i < 2; i++)
		if (f->engines[i])
			while (lvs_engine_tick(f->engines[i], f->now) <= f->now)
				;
	if (how & 0x40)
		lvs_director_tick(f->dir, f->now);
	drain(f);
}

/* The second engine comes, is used, or goes. */
static void change_engine(struct fuzz *f)
{
	struct lvs_engine_opts opts = LVS_OPTS(struct lvs_engine_opts);
	uint8_t how = byte(f);

	opts.conn_limit = how >> 2;
	opts.resets = how & 2;
	if (!f->engines[1]) {
		if (lvs_engine_new(f->dir, &opts, &f->engines[1]) < 0)
			f->engines[1] = NULL;
	} else if ((how & 3) == 3) {
		lvs_engine_free(f->engines[1]);
		f->engines[1] = NULL;
	}
	f->eng = f->engines[how & 1] ? f->engines[how & 1] : f->engines[0];
}

static void step(struct fuzz *f)
{
	uint8_t what = byte(f);

	switch (what & 7) {
	case 0:
		administer(f);
		break;
	case 1:
		pass_time(f);
		break;
	case 2:
		input(f, 1 + (what >> 3) % LVS_BURST);
		break;
	case 3:
		change_engine(f);
		break;
	default:
		input(f, 1);
	}
}

static void begin(struct fuzz *f)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);

	counted_init(&f->counted);
	opts.mem = &f->counted.mem;
	f->af = byte(f) & 1 ? AF_INET6 : AF_INET;
	f->now = 1000 * LVS_SEC;
	need(lvs_director_new(&opts, &f->dir) == 0);
	net_fill(f->dir, f->af);
	need(lvs_engine_new(f->dir, NULL, &f->engines[0]) == 0);
	f->eng = f->engines[0];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz f;

	memset(&f, 0, sizeof(f));
	f.data = data;
	f.end = data + size;
	begin(&f);
	for (int i = 0; i < STEPS_MAX && f.data < f.end; i++) {
		step(&f);
		check(&f);
	}
	lvs_engine_free(f.engines[0]);
	lvs_engine_free(f.engines[1]);
	lvs_director_free(f.dir);
	need(f.counted.bytes == 0);
	return 0;
}
