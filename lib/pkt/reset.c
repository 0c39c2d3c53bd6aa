/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reset.c - the TCP segment that says "there is no such connection".
 */
#include "config.h"

#include "pkt/reset.h"

#include "pkt/answer.h"
#include "pkt/csum.h"
#include "pkt/icmp.h"
#include "pkt/wire.h"

/* What a reset says, of the segment it answers. */
struct reset {
	uint16_t sport_be, dport_be;
	uint32_t seq_be, ack_be;
	uint8_t flags;
};

static uint32_t tcp_len(const struct lvs_parsed *p)
{
	return p->l3_len - (uint32_t)(p->l4 - p->l3);
}

static bool csum_ok(const struct lvs_pkt *pkt, const struct lvs_parsed *p)
{
	uint32_t sum = lvs_csum_pseudo(pkt->data + p->l3, p->flow.family,
				       IPPROTO_TCP, tcp_len(p));

	if (pkt->off.flags & (LVS_OFF_CSUM | LVS_OFF_VALID))
		return true;
	sum = lvs_csum_add(sum, lvs_csum_bytes(pkt->data + p->l4, tcp_len(p)));
	return lvs_csum_fold(sum) == 0xffff;
}

bool lvs_reset_may_answer(const struct lvs_pkt *pkt, const struct lvs_parsed *p)
{
	return p->kind == LVS_PKT_FLOW && p->flow.protocol == IPPROTO_TCP &&
	       !(p->tcp_flags & LVS_TCP_RST) && !p->first_fragment &&
	       lvs_icmp_may_answer(pkt, p, LVS_ICMP_PORT) && csum_ok(pkt, p);
}

/*
 * RFC 9293 3.10.7.1: where the segment acknowledges something, that is where
 * its sender expects us to go on; else we acknowledge all that it sent.
 */
static struct reset answer_to(const struct lvs_tcp *tcp,
			      const struct lvs_parsed *p)
{
	struct reset r = {
		.sport_be = tcp->dport_be,
		.dport_be = tcp->sport_be,
		.flags = LVS_TCP_RST,
	};
	uint32_t len = tcp_len(p) - (uint32_t)(p->payload - p->l4);

	if (p->tcp_flags & LVS_TCP_ACK) {
		r.seq_be = tcp->ack_be;
		return r;
	}
	len += (p->tcp_flags & LVS_TCP_SYN) != 0;
	len += (p->tcp_flags & LVS_TCP_FIN) != 0;
	r.ack_be = lvs_swap32(lvs_swap32(tcp->seq_be) + len);
	r.flags |= LVS_TCP_ACK;
	return r;
}

static void put_tcp(unsigned char *l4, const unsigned char *l3,
		    const struct reset *r, uint16_t family)
{
	struct lvs_tcp *tcp = (struct lvs_tcp *)l4;
	uint32_t sum = lvs_csum_pseudo(l3, family, IPPROTO_TCP, LVS_TCP_LEN);

	memset(tcp, 0, sizeof(*tcp));
	tcp->sport_be = r->sport_be;
	tcp->dport_be = r->dport_be;
	tcp->seq_be = r->seq_be;
	tcp->ack_be = r->ack_be;
	tcp->offset = LVS_TCP_LEN / 4 << 4;
	tcp->flags = r->flags;
	sum = lvs_csum_add(sum, lvs_csum_bytes(tcp, LVS_TCP_LEN));
	tcp->csum = (uint16_t)~lvs_csum_fold(sum);
}

/* It is no longer than what it answers, which had both headers too. */
void lvs_reset_make(struct lvs_pkt *pkt, const struct lvs_parsed *p)
{
	const struct lvs_answer answer = {
		.len = LVS_TCP_LEN,
		.protocol = IPPROTO_TCP,
		.frag = LVS_IPV4_DF, /* so it needs no id: RFC 6864 */
	};
	struct reset r =
		answer_to((const struct lvs_tcp *)(pkt->data + p->l4), p);
	unsigned char *l3 = pkt->data + p->l3;
	uint32_t room = pkt->len + pkt->tailroom;
	uint32_t head = lvs_answer_put_ip(l3, p, &answer);

	put_tcp(l3 + head, l3, &r, p->flow.family);
	lvs_answer_put_link(pkt->data, pkt, p->l3);
	pkt->len = p->l3 + head + LVS_TCP_LEN;
	pkt->tailroom = room - pkt->len;
	pkt->off = (struct lvs_offload){ 0 };
}
