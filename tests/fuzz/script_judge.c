/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * script_judge.c - what an engine does to packets, and whether that is right:
 * verdicts that are counted, packets within their buffers, and in what is sent
 * lengths and checksums in the opinion of tests/flow, not of the library.
 */
#include "config.h"

#include "flow/packet.h"
#include "script.h"

static void judge(const struct script *s, const struct lvs_pkt *pkt)
{
	struct lvs_offload off = pkt->off;
	char text[4096];

	need(pkt->len >= pkt->l2_len + 20u);
	need(pkt->l2_len == 0 || pkt->l2_len == 14 || s->wrong);
	if (s->wrong)
		return;
	off.csum_start = (uint16_t)(off.csum_start - pkt->l2_len);
	packet_show(pkt->data + pkt->l2_len, pkt->len - pkt->l2_len, &off, text,
		    sizeof(text));
	if (!strchr(text, '!') && !strstr(text, "not a packet"))
		return;
	fprintf(stderr, "sent: %s\n", text);
	abort();
}

static bool is_arp(const struct lvs_pkt *pkt)
{
	return pkt->l2_len == 14 && pkt->data[12] == 0x08 &&
	       pkt->data[13] == 0x06;
}

/* A packet that was brought in buffer I. */
static void judge_brought(const struct script *s, unsigned i)
{
	const struct lvs_pkt *pkt = &s->pkts[i];

	need(pkt->data - s->bufs[i] == (ptrdiff_t)pkt->headroom);
	need(pkt->headroom + pkt->len + pkt->tailroom == SCRIPT_BUFFER);
	need(pkt->verdict != LVS_DROP || pkt->reason != LVS_REASON_NONE);
	if (pkt->verdict == LVS_SEND && !is_arp(pkt))
		judge(s, pkt);
}

static struct lvs_engine_stats stats_of(struct lvs_engine *eng)
{
	struct lvs_engine_stats stats = LVS_OPTS(struct lvs_engine_stats);

	lvs_engine_stats(eng, &stats);
	return stats;
}

static uint64_t dropped(const struct lvs_engine_stats *stats)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < LVS_REASON_COUNT; i++)
		sum += stats->dropped[i];
	return sum;
}

/*
 * At least what became of the packets brought is counted; others may be due.
 * Those that are held, or sent in pieces, are counted when they leave.
 */
static void compare(const struct lvs_engine_stats *before,
		    const struct lvs_engine_stats *after,
		    const unsigned verdicts[LVS_HOST + 1], unsigned count)
{
	need(after->packets == before->packets + count);
	need(after->passed >=
	     before->passed + verdicts[LVS_PASS] + verdicts[LVS_HOST]);
	need(after->sent >= before->sent + verdicts[LVS_SEND]);
	need(dropped(after) >= dropped(before) + verdicts[LVS_DROP]);
}

/* The program forwards what it can; how many of COUNT packets are left. */
static unsigned forward(struct script *s, unsigned count,
			struct lvs_pkt *left[LVS_BURST])
{
	bool runs = s->prog.table.buckets && s->eng == s->engines[0];
	unsigned n = 0;

	for (unsigned i = 0; i < count; i++)
		if (!runs || !program_forward(&s->prog, &s->pkts[i], s->now))
			left[n++] = &s->pkts[i];
	return n;
}

void script_input(struct script *s, unsigned count)
{
	struct lvs_engine_stats before = stats_of(s->eng), after;
	unsigned verdicts[LVS_HOST + 1] = { 0 }, left;
	struct lvs_pkt *ptrs[LVS_BURST];

	left = forward(s, count, ptrs);
	lvs_engine_input(s->eng, ptrs, left, s->now);
	for (unsigned i = 0; i < left; i++) {
		need(ptrs[i]->verdict <= LVS_HOST);
		verdicts[ptrs[i]->verdict]++;
	}
	for (unsigned i = 0; i < count; i++)
		judge_brought(s, i);
	after = stats_of(s->eng);
	compare(&before, &after, verdicts, left);
	need(after.fast_packets == before.fast_packets + count - left);
}

static void output(struct script *s, struct lvs_engine *eng)
{
	struct lvs_engine_stats before = stats_of(eng), after;
	struct lvs_pkt *made[4];
	uint64_t sent = 0;
	size_t n;

	while ((n = lvs_engine_output(eng, made, 4, s->now))) {
		for (size_t i = 0; i < n; i++) {
			judge(s, made[i]);
			sent += made[i]->verdict == LVS_SEND;
		}
	}
	after = stats_of(eng);
	need(after.sent - before.sent <= sent);
}

void script_output(struct script *s)
{
	for (unsigned i = 0; i < SCRIPT_ENGINES; i++)
		if (s->engines[i])
			output(s, s->engines[i]);
}
