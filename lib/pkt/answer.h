/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * answer.h - the headers of what goes back to a packet's sender: ICMP errors,
 * echo replies, resets.
 */
#ifndef LVS_PKT_ANSWER_H
#define LVS_PKT_ANSWER_H

#include "pkt/parse.h"

struct lvs_answer {
	const union lvs_ip *src; /* whom it is from; NULL: who was asked */
	uint32_t len;		 /* bytes behind the IP header */
	uint8_t protocol;
	/* Of IPv4 only: */
	uint8_t tos;
	uint16_t id;
	uint16_t frag; /* LVS_IPV4_DF or 0 */
};

/*
 * The link header of FROM, L3 bytes, with its ends exchanged, at TO: an answer
 * goes back by the way the packet came.  They may overlap, or be the same.
 */
void lvs_answer_put_link(unsigned char *to, const struct lvs_pkt *from,
			 uint16_t l3);

/*
 * The IP header of ANSWER to P at L3, without options; its length.  It may lie
 * over that of what is answered.
 */
uint32_t lvs_answer_put_ip(unsigned char *l3, const struct lvs_parsed *p,
			   const struct lvs_answer *answer);

#endif
