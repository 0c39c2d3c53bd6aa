/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packet_steps.c - steps that hand a packet in, and look at what comes out.
 */
#include "net.h"
#include "packet.h"
#include "steps.h"
#include "who.h"
#include <stdlib.h>
#include <string.h>

static uint16_t link_len(uint32_t link)
{
	return link == LINK_C || link == LINK_S ? 14 : 0;
}

/* A link header of LINK in front of the IP packet at IP. */
static void lay_link(uint32_t link, unsigned char *ip)
{
	net_mac(link == LINK_C ? "DC" : "DS", ip - 14);
	net_mac(link == LINK_C ? "C" : "R1", ip - 8);
	ip[-2] = ip[0] >> 4 == 6 ? 0x86 : 0x08;
	ip[-1] = ip[0] >> 4 == 6 ? 0xdd : 0x00;
}

/* The packet of words W as it arrives by LINK, into BUF; its length. */
static uint32_t lay(struct run *r, unsigned char *buf, struct lvs_offload *off,
		    char **w, size_t n)
{
	uint32_t link = net_link(w[0]);
	uint16_t l2 = link_len(link);
	unsigned char *data = buf + LVS_PKT_HEADROOM;
	char text[1024];
	int len;

	memset(buf, 0xee, BUFFER);
	if (strcmp(w[1], "who") == 0 && n == 5)
		return (uint32_t)who_build(w[2], w[4], r->af, data);
	len = packet_build(join(w + 1, n - 1, text, sizeof(text)), r->af,
			   data + l2, LVS_PKT_MAX, off);
	if (len < 0)
		FAIL(r, "no packet: %s", text);
	off->csum_start = (uint16_t)(off->csum_start + l2);
	if (l2)
		lay_link(link, data + l2);
	return l2 + (uint32_t)len;
}

/* One more packet of words W for the burst. */
static void queue(struct run *r, char **w, size_t n, bool to_host)
{
	unsigned char *buf;
	struct lvs_offload off = { 0 };
	struct lvs_pkt *pkt;
	uint32_t len;

	if (!r->queueing)
		r->count = 0;
	r->queueing = true;
	if (r->count == MAX_PACKETS)
		FAIL(r, "too many packets in a burst");
	buf = r->bufs + r->count * BUFFER;
	pkt = &r->pkts[r->count++];
	len = lay(r, buf, &off, w, n);
	lvs_pkt_init(pkt, buf, BUFFER, LVS_PKT_HEADROOM, len,
		     link_len(net_link(w[0])));
	pkt->off = off;
	pkt->link_in = net_link(w[0]);
	pkt->mark = r->mark;
	pkt->to_host = to_host;
}

static void hand_in(struct run *r)
{
	struct lvs_pkt *pkts[MAX_PACKETS];

	for (size_t i = 0; i < r->count; i++)
		pkts[i] = &r->pkts[i];
	r->queueing = false;
	r->next = 0;
	lvs_engine_input(r->eng, pkts, r->count, r->now);
}

static void do_queue(struct run *r, char **w, size_t n)
{
	queue(r, w, n, true);
}

static void do_in(struct run *r, char **w, size_t n)
{
	queue(r, w, n, true);
	hand_in(r);
}

static void do_other(struct run *r, char **w, size_t n)
{
	queue(r, w, n, false);
	hand_in(r);
}

/* The next packet of the burst. */
static const struct lvs_pkt *next(struct run *r)
{
	if (r->queueing || r->next == r->count)
		FAIL(r, "no packet to look at");
	return &r->pkts[r->next++];
}

static const char *verdict(const struct lvs_pkt *pkt, char *buf, size_t size)
{
	static const char *const names[] = { "pass", "sent", "drop", "held",
					     "host" };

	if (pkt->verdict != LVS_DROP)
		return names[pkt->verdict];
	snprintf(buf, size, "drop %s", lvs_reason_name(pkt->reason));
	return buf;
}

/* PKT as "LINK MAC PACKET". */
static void show_sent(const struct lvs_pkt *pkt, char *text, size_t size)
{
	struct lvs_offload off = pkt->off;
	uint16_t l2 = pkt->l2_len;
	int n = snprintf(text, size, "%s %s ", net_link_name(pkt->link_out),
			 l2 ? net_mac_name(pkt->data) : "-");
	unsigned type = l2 ? (unsigned)pkt->data[12] << 8 | pkt->data[13] : 0;
	unsigned version = pkt->data[l2] >> 4;

	off.csum_start = (uint16_t)(off.csum_start - l2);
	if (l2 && who_show(pkt->data, pkt->len, text + n, size - (size_t)n))
		return;
	packet_show(pkt->data + l2, pkt->len - l2, &off, text + n,
		    size - (size_t)n);
	if (l2 && type != (version == 6 ? 0x86dd : 0x0800))
		snprintf(text + strlen(text), size - strlen(text),
			 " !ethertype");
}

/* What the line W says, in the words that show_sent would use. */
static void show_wanted(struct run *r, char **w, size_t n, char *text,
			size_t size)
{
	static unsigned char buf[LVS_PKT_BUFSIZE];
	struct lvs_offload off;
	char line[1024];
	int len, used;

	if (n > 3 && strcmp(w[3], "is") == 0) {
		join(w, n, text, size);
		return;
	}
	len = packet_build(join(w + 2, n - 2, line, sizeof(line)), r->af, buf,
			   sizeof(buf), &off);
	if (len < 0)
		FAIL(r, "no packet: %s", line);
	used = snprintf(text, size, "%s %s ", w[0], w[1]);
	packet_show(buf, (size_t)len, &off, text + used, size - (size_t)used);
}

static void compare(struct run *r, const struct lvs_pkt *pkt, char **w,
		    size_t n)
{
	char got[2048], wanted[2048];

	if (n < 3)
		FAIL(r, "out LINK HOST PACKET");
	show_sent(pkt, got, sizeof(got));
	show_wanted(r, w, n, wanted, sizeof(wanted));
	if (strcmp(got, wanted) != 0)
		FAIL(r, "sent was\n\t%s\nnot\n\t%s", got, wanted);
}

static void do_out(struct run *r, char **w, size_t n)
{
	const struct lvs_pkt *pkt = next(r);
	char what[64];

	if (pkt->verdict != LVS_SEND)
		FAIL(r, "it was not sent: %s",
		     verdict(pkt, what, sizeof(what)));
	compare(r, pkt, w, n);
}

static void do_made(struct run *r, char **w, size_t n)
{
	struct lvs_pkt *pkt[1];

	if (lvs_engine_output(r->eng, pkt, 1, r->now) != 1)
		FAIL(r, "the engine had nothing to send");
	if (pkt[0]->verdict != LVS_SEND)
		FAIL(r, "it is not to be sent");
	compare(r, pkt[0], w, n);
}

static void do_given(struct run *r, char **w, size_t n)
{
	static unsigned char buf[LVS_PKT_BUFSIZE];
	char got[1024], wanted[1024], line[1024];
	struct lvs_offload off;
	struct lvs_pkt *pkt[1];
	int len;

	if (lvs_engine_output(r->eng, pkt, 1, r->now) != 1 ||
	    (pkt[0]->verdict != LVS_PASS && pkt[0]->verdict != LVS_HOST))
		FAIL(r, "nothing is left to the host");
	len = packet_build(join(w, n, line, sizeof(line)), r->af, buf,
			   sizeof(buf), &off);
	if (len < 0)
		FAIL(r, "no packet: %s", line);
	packet_show(buf, (size_t)len, &off, wanted, sizeof(wanted));
	packet_show(pkt[0]->data + pkt[0]->l2_len, pkt[0]->len - pkt[0]->l2_len,
		    &off, got, sizeof(got));
	if (strcmp(got, wanted) != 0)
		FAIL(r, "the host has\n\t%s\nnot\n\t%s", got, wanted);
}

static void do_none(struct run *r, char **w, size_t n)
{
	struct lvs_pkt *pkt[1];
	char got[2048];

	(void)w, (void)n;
	if (lvs_engine_output(r->eng, pkt, 1, r->now) == 0)
		return;
	show_sent(pkt[0], got, sizeof(got));
	FAIL(r, "the engine sent\n\t%s", got);
}

static void expect(struct run *r, const char *wanted)
{
	char what[64];
	const char *got = verdict(next(r), what, sizeof(what));

	if (strcmp(got, wanted) != 0)
		FAIL(r, "verdict is %s, not %s", got, wanted);
}

static void do_pass(struct run *r, char **w, size_t n)
{
	(void)w, (void)n;
	expect(r, "pass");
}

static void do_host(struct run *r, char **w, size_t n)
{
	(void)w, (void)n;
	expect(r, "host");
}

static void do_held(struct run *r, char **w, size_t n)
{
	(void)w, (void)n;
	expect(r, "held");
}

static void do_drop(struct run *r, char **w, size_t n)
{
	char wanted[64];

	(void)n;
	snprintf(wanted, sizeof(wanted), "drop %s", w[0]);
	expect(r, wanted);
}

static void do_counted(struct run *r, char **w, size_t n)
{
	struct lvs_engine_stats stats = LVS_OPTS(struct lvs_engine_stats);

	if (n < 2)
		FAIL(r, "counted REASON N");
	lvs_engine_stats(r->eng, &stats);
	for (unsigned i = 0; i < LVS_REASON_COUNT; i++)
		if (strcmp(lvs_reason_name(i), w[0]) == 0 &&
		    stats.dropped[i] != (uint64_t)atoi(w[1]))
			FAIL(r, "%s were %llu", w[0],
			     (unsigned long long)stats.dropped[i]);
}

const struct step packet_steps[] = {
	{ "queue", 3, do_queue }, { "in", 3, do_in },
	{ "other", 3, do_other }, { "out", 3, do_out },
	{ "made", 3, do_made },	  { "given", 4, do_given },
	{ "none", 0, do_none },	  { "pass", 0, do_pass },
	{ "host", 0, do_host },	  { "held", 0, do_held },
	{ "drop", 1, do_drop },	  { "counted", 2, do_counted },
	{ NULL, 0, NULL },
};
