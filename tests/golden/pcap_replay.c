/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pcap_replay.c - the engine beside a kernel's IPVS, packet by packet.
 *
 * pcap/ holds what was recorded around a director of Linux 6.1: for each case
 * the frames on its client's side and on its real servers' side, at the same
 * time.  What arrived at the director is given to the engine; what it sends
 * must be what the kernel sent, byte by byte, in order, but for
 *
 *	- identifications that the director itself chose, and their checksum
 *	- the flow label of its own ICMPv6 errors
 */
#include "check.h"
#include <arpa/inet.h>
#include <lvs/engine.h>
#include <lvs/net.h>
#include <netinet/in.h>
#include <string.h>

#define MAX_FRAMES 64
#define MAX_FRAME  2048

enum {
	LINK_C = 1,
	LINK_S
};

struct frame {
	uint64_t usec;
	uint32_t link;
	uint32_t len;
	unsigned char data[MAX_FRAME];
};

/* A case, as it is played back. */
struct play {
	const char *name;
	lvs_tstamp now;
	struct lvs_director *dir;
	struct lvs_engine *eng;
	struct frame in[MAX_FRAMES], out[MAX_FRAMES];
	size_t num_in, num_out;
	size_t next[3]; /* of `out`, by link */
	struct lvs_service_id svc;
};

/* The director's address on LINK, as recorded. */
static void own_mac(uint32_t link, uint8_t mac[6])
{
	memcpy(mac, (const uint8_t[]){ 2, 0, 0, 0, (uint8_t)link, 1 }, 6);
}

/* ---- captures -------------------------------------------------------------
 */

static uint32_t get32(const unsigned char *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

/* An IP frame from or to the director goes to `in` or `out`. */
static void sort_in(struct play *p, const struct frame *f)
{
	unsigned type = (unsigned)f->data[12] << 8 | f->data[13];
	uint8_t mac[6];

	own_mac(f->link, mac);
	if (type != 0x0800 && type != 0x86dd)
		return;
	ck_assert_uint_lt(p->num_in, MAX_FRAMES);
	ck_assert_uint_lt(p->num_out, MAX_FRAMES);
	if (memcmp(f->data, mac, 6) == 0)
		p->in[p->num_in++] = *f;
	else if (memcmp(f->data + 6, mac, 6) == 0)
		p->out[p->num_out++] = *f;
}

static void read_capture(struct play *p, const char *point, uint32_t link)
{
	unsigned char head[24];
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/golden/pcap/%s.%s.pcap", TESTS_DIR,
		 p->name, point);
	f = fopen(path, "rb");
	ck_assert_msg(f, "%s: not there", path);
	ck_assert_uint_eq(fread(head, 1, 24, f), 24);
	while (fread(head, 1, 16, f) == 16) {
		struct frame frame = { .link = link, .len = get32(head + 8) };

		frame.usec = get32(head) * 1000000ull + get32(head + 4);
		ck_assert_uint_le(frame.len, MAX_FRAME);
		ck_assert_uint_eq(fread(frame.data, 1, frame.len, f),
				  frame.len);
		sort_in(p, &frame);
	}
	fclose(f);
}

static int earlier(const void *a, const void *b)
{
	const struct frame *x = a, *y = b;

	return x->usec < y->usec ? -1 : x->usec > y->usec;
}

/* ---- the director as it was -----------------------------------------------
 */

static void add_link(struct play *p, uint32_t index, uint32_t mtu)
{
	struct lvs_link link = {
		.index = index, .mtu = mtu, .up = true, .ethernet = true
	};

	own_mac(index, link.lladdr);
	ck_assert_int_eq(lvs_net_link_set(p->dir, &link), 0);
}

static void add_route(struct play *p, uint32_t link, const char *dst,
		      uint8_t plen, const char *own)
{
	struct lvs_route route = { .plen = plen, .link = link };
	struct lvs_addr addr;

	ck_assert_int_eq(lvs_addr_parse(dst, &route.dst), 0);
	ck_assert_int_eq(lvs_net_route_set(p->dir, &route), 0);
	ck_assert_int_eq(lvs_addr_parse(own, &addr), 0);
	ck_assert_int_eq(lvs_net_addr_set(p->dir, link, &addr, plen), 0);
}

static void add_neigh(struct play *p, uint32_t link, const char *text,
		      uint8_t last)
{
	struct lvs_neigh neigh = {
		.link = link,
		.state = LVS_NEIGH_REACHABLE,
		.lladdr = { 2, 0, 0, 0, (uint8_t)link, last },
	};

	ck_assert_int_eq(lvs_addr_parse(text, &neigh.addr), 0);
	ck_assert_int_eq(lvs_net_neigh_set(p->dir, &neigh), 0);
}

static void add_net(struct play *p)
{
	add_link(p, LINK_C, 1500);
	add_link(p, LINK_S, strstr(p->name, "br1400") ? 1400 : 1500);
	add_route(p, LINK_C, "10.0.0.0", 16, "10.0.0.1");
	add_route(p, LINK_S, "172.16.0.0", 24, "172.16.0.1");
	add_route(p, LINK_C, "fd00:c::", 32, "fd00:c::1");
	add_route(p, LINK_S, "fd00:16::", 64, "fd00:16::1");
	add_neigh(p, LINK_C, "10.0.1.1", 2);
	add_neigh(p, LINK_C, "fd00:c:1::1", 2);
	add_neigh(p, LINK_S, "172.16.0.11", 0x11);
	add_neigh(p, LINK_S, "fd00:16::11", 0x11);
}

/* "-A -t V:80 -s rr" or "-a -t V:80 -r R:80 -m" */
static void configure(struct play *p, const char *line)
{
	struct lvs_service_conf svc = LVS_OPTS(struct lvs_service_conf);
	struct lvs_dest_conf dest = LVS_OPTS(struct lvs_dest_conf);
	char protocol, virt[64], real[64], method;

	if (sscanf(line, "-A -%c %63s", &protocol, virt) == 2) {
		svc.id.protocol = protocol == 't' ? IPPROTO_TCP : IPPROTO_UDP;
		ck_assert_int_eq(lvs_endpoint_parse(virt, &svc.id.addr,
						    &svc.id.port),
				 0);
		strcpy(svc.scheduler, "rr");
		p->svc = svc.id;
		ck_assert_int_eq(lvs_service_add(p->dir, &svc), 0);
		return;
	}
	if (strstr(p->name, "nodest"))
		return;
	ck_assert_int_eq(sscanf(line, "-a -%c %63s -r %63s -%c", &protocol,
				virt, real, &method),
			 4);
	ck_assert_int_eq(lvs_endpoint_parse(real, &dest.id.addr, &dest.id.port),
			 0);
	dest.method = method == 'm'   ? LVS_METHOD_NAT
		      : method == 'g' ? LVS_METHOD_DR
				      : LVS_METHOD_TUN;
	dest.weight = 1;
	ck_assert_int_eq(lvs_dest_add(p->dir, &p->svc, &dest), 0);
}

/* ---- comparing ------------------------------------------------------------
 */

static void blank_id(unsigned char *ip)
{
	memset(ip + 4, 0, 2);
	memset(ip + 10, 0, 2);
}

/* Zero what the director chose freely in the frame that it sent. */
static void blank(unsigned char *frame, uint32_t link)
{
	unsigned char *ip = frame + 14;
	bool v4 = ip[0] >> 4 == 4;
	unsigned protocol = v4 ? ip[9] : ip[6];
	uint8_t ttl = v4 ? ip[8] : ip[7];

	if (v4 && link == LINK_S &&
	    (protocol == IPPROTO_IPIP || protocol == IPPROTO_IPV6))
		blank_id(ip);
	/* An error of its own has not lost a hop yet. */
	if (v4 && protocol == IPPROTO_ICMP && ttl == 64)
		blank_id(ip);
	if (!v4 && protocol == IPPROTO_ICMPV6 && ttl == 64)
		memset(ip + 1, 0, 3);
}

static void dump(const char *what, const unsigned char *data, size_t len)
{
	fprintf(stderr, "%s (%zu):", what, len);
	for (size_t i = 0; i < len && i < 128; i++)
		fprintf(stderr, "%s%02x", i % 16 ? " " : "\n\t", data[i]);
	fprintf(stderr, "\n");
}

static void compare(struct play *p, const struct lvs_pkt *pkt)
{
	unsigned char got[MAX_FRAME] = { 0 };
	uint32_t link = pkt->link_out;
	struct frame *want;

	while (p->next[link] < p->num_out && p->out[p->next[link]].link != link)
		p->next[link]++;
	ck_assert_msg(p->next[link] < p->num_out,
		      "%s: a packet on link %u that the kernel did not send",
		      p->name, link);
	want = &p->out[p->next[link]++];
	ck_assert_uint_le(pkt->len, MAX_FRAME);
	memcpy(got, pkt->data, pkt->len);
	blank(got, link);
	blank(want->data, link);
	if (pkt->len == want->len && memcmp(got, want->data, want->len) == 0)
		return;
	dump("kernel", want->data, want->len);
	dump("engine", got, pkt->len);
	ck_abort_msg("%s: frame %zu differs", p->name, p->next[link]);
}

static void give(struct play *p, const struct frame *f)
{
	static unsigned char buf[LVS_PKT_BUFSIZE];
	struct lvs_pkt pkt, *pkts[] = { &pkt }, *made[1];

	lvs_pkt_init(&pkt, buf, sizeof(buf), LVS_PKT_HEADROOM, f->len, 14);
	memcpy(pkt.data, f->data, f->len);
	pkt.link_in = f->link;
	p->now = f->usec * LVS_USEC;
	lvs_engine_input(p->eng, pkts, 1, p->now);
	ck_assert_msg(pkt.verdict != LVS_DROP, "%s: dropped (%s)", p->name,
		      lvs_reason_name(pkt.reason));
	if (pkt.verdict == LVS_SEND)
		compare(p, &pkt);
	while (lvs_engine_output(p->eng, made, 1, p->now))
		compare(p, made[0]);
}

/* Whether nothing that the kernel sent is missing. */
static void check_end(const struct play *p)
{
	for (uint32_t link = LINK_C; link <= LINK_S; link++)
		for (size_t i = p->next[link]; i < p->num_out; i++)
			ck_assert_msg(p->out[i].link != link,
				      "%s: frame %zu on link %u is missing",
				      p->name, i + 1, link);
}

static void play(char *line)
{
	static struct play p;
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	char *save = NULL;

	memset(&p, 0, sizeof(p));
	p.name = strtok_r(line, "|\n", &save);
	ck_assert_int_eq(lvs_director_new(&opts, &p.dir), 0);
	ck_assert_int_eq(lvs_engine_new(p.dir, NULL, &p.eng), 0);
	add_net(&p);
	for (char *w = strtok_r(NULL, "|\n", &save); w;
	     w = strtok_r(NULL, "|\n", &save))
		configure(&p, w);
	read_capture(&p, "dir-c1", LINK_C);
	read_capture(&p, "dir-br0", LINK_S);
	qsort(p.in, p.num_in, sizeof(*p.in), earlier);
	ck_assert_uint_gt(p.num_in, 0);
	for (size_t i = 0; i < p.num_in; i++)
		give(&p, &p.in[i]);
	check_end(&p);
	lvs_engine_free(p.eng);
	lvs_director_free(p.dir);
}

START_TEST(as_the_kernel)
{
	char line[512];
	FILE *f = fopen(TESTS_DIR "/golden/pcap/cases", "r");
	size_t count = 0;

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		play(line);
		count++;
	}
	fclose(f);
	ck_assert_uint_gt(count, 20);
}
END_TEST

LVS_TEST_MAIN("golden/pcap", as_the_kernel)
