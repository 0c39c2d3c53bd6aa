/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mss.c - the maximum segment size that a TCP SYN announces.
 */
#include "config.h"

#include "pkt/mss.h"
#include "pkt/rewrite.h"
#include "pkt/wire.h"

#define OPT_END	    0
#define OPT_NOP	    1
#define OPT_MSS	    2
#define OPT_MSS_LEN 4

/* What everybody can take: RFC 9293 3.7.1. */
#define MSS_MIN_V4 536
#define MSS_MIN_V6 1220

/* Where in the options from AT to END the value of the MSS is; 0: nowhere. */
static uint32_t find(const unsigned char *data, uint32_t at, uint32_t end)
{
	while (at < end && data[at] != OPT_END) {
		uint32_t len = 1;

		if (data[at] != OPT_NOP) {
			if (end - at < 2 || data[at + 1] < 2 ||
			    data[at + 1] > end - at)
				return 0; /* malformed: left as it came */
			len = data[at + 1];
			if (data[at] == OPT_MSS)
				return len == OPT_MSS_LEN ? at + 2 : 0;
		}
		at += len;
	}
	return 0;
}

void lvs_mss_clamp(struct lvs_pkt *pkt, const struct lvs_parsed *p,
		   uint32_t mtu)
{
	bool v4 = p->flow.family == AF_INET;
	uint32_t head = (v4 ? LVS_IPV4_LEN : LVS_IPV6_LEN) + LVS_TCP_LEN;
	uint32_t at =
		find(pkt->data, p->l4 + (uint32_t)LVS_TCP_LEN, p->payload);
	struct lvs_tcp *tcp = (struct lvs_tcp *)(pkt->data + p->l4);
	uint32_t mss = mtu > head ? mtu - head : 0;
	uint16_t was, now;

	if (!at || mss < (v4 ? MSS_MIN_V4 : MSS_MIN_V6) ||
	    lvs_get16(pkt->data + at) <= mss)
		return;
	was = lvs_load16(pkt->data + at);
	lvs_put16(pkt->data + at, (uint16_t)mss);
	now = lvs_load16(pkt->data + at);
	if (lvs_csum_is_partial(pkt, p))
		return;
	/* Behind an odd number of bytes it is half of two words. */
	if ((at - p->l4) % 2) {
		was = __builtin_bswap16(was);
		now = __builtin_bswap16(now);
	}
	tcp->csum = lvs_csum_patch(tcp->csum, lvs_csum_diff16(was, now));
}
