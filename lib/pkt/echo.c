/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * echo.c - the answer to an ICMP or ICMPv6 echo request.
 */
#include "config.h"

#include "pkt/echo.h"

#include "pkt/answer.h"
#include "pkt/csum.h"
#include "pkt/offload.h"
#include "pkt/wire.h"

bool lvs_echo_is_request(const struct lvs_parsed *p)
{
	uint8_t type =
		p->flow.family == AF_INET6 ? LVS_ICMP6_ECHO : LVS_ICMP_ECHO;

	return p->kind == LVS_PKT_ICMP && p->icmp_type == type;
}

static void put_icmp(unsigned char *l4, uint16_t family)
{
	struct lvs_icmp *icmp = (struct lvs_icmp *)l4;
	uint16_t was, now;

	memcpy(&was, icmp, sizeof(was));
	icmp->type =
		family == AF_INET6 ? LVS_ICMP6_ECHO_REPLY : LVS_ICMP_ECHO_REPLY;
	memcpy(&now, icmp, sizeof(now));
	icmp->csum = lvs_csum_patch(icmp->csum, lvs_csum_diff16(was, now));
}

/* The message stays where it is, and what is before it comes closer. */
void lvs_echo_make(struct lvs_pkt *pkt, const struct lvs_parsed *p, uint16_t id)
{
	uint32_t head =
		p->flow.family == AF_INET6 ? LVS_IPV6_LEN : LVS_IPV4_LEN;
	uint32_t between = (uint32_t)(p->l4 - p->l3) - head;
	uint32_t len = p->l3_len - (uint32_t)(p->l4 - p->l3);
	uint32_t room = pkt->len + pkt->tailroom - between;
	unsigned char *data = pkt->data + between;
	const struct lvs_answer reply = {
		.len = len,
		.protocol = p->flow.protocol,
		.tos = p->tos, /* RFC 1122 3.2.2.6 */
		.id = id,
	};

	lvs_csum_complete(pkt);
	put_icmp(pkt->data + p->l4, p->flow.family);
	lvs_answer_put_link(data, pkt, p->l3);
	lvs_answer_put_ip(data + p->l3, p, &reply);
	pkt->data = data;
	pkt->headroom += between;
	pkt->len = p->l3 + head + len;
	pkt->tailroom = room - pkt->len;
	pkt->off = (struct lvs_offload){ 0 };
}
