/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packet.h - packets as one line of text, and text as packets, for tests.
 *
 * Independent of the library's own packet code: headers are laid byte by byte
 * and checksums summed naively, so that what the engine does is judged by
 * something that it did not write.  The line
 *
 *	C:1000 > V:80 tcp SA len 3 ttl 63
 *
 * is a packet (of seq 1000, ack 2000, unless "seq N ack N" say so); so are
 *
 *	C:1000 > V:53 udp nosum          no UDP checksum
 *	C:1000 > V:80 sctp init
 *	V > C icmp 3/3 ( C:1 > V:53 udp )
 *	DS > R1 ipip ( C:1000 > V:80 tcp A )
 *	C > V esp                        or ah, proto N
 *
 * with, in any order behind it: len N (payload), ttl N (64), tos N, df (IPv4),
 * id N, frag OFFSET or frag OFFSET+ (bytes; more to come; of nothing), part AT
 * LEN (a fragment of the packet that the line says), gso N, partial (the
 * checksum is still to be completed), badsum, badipsum, badlen (of UDP), cut N
 * (bytes short), mtu N (of an ICMP error), mss N (of TCP), pad N (bytes behind the packet).
 *
 * Names are addresses of the test network (see net.h) in the family of the
 * case, so one line is two tests.
 */
#ifndef LVS_TESTS_FLOW_PACKET_H
#define LVS_TESTS_FLOW_PACKET_H

#include <lvs/addr.h>
#include <lvs/pkt.h>
#include <stdio.h>

/*
 * The packet of TEXT for family AF, as IP packet at BUF, which has SIZE bytes;
 * offload state into OFF, its csum_start from BUF.  Returns the length, or -1
 * with a complaint on stderr.
 */
int packet_build(const char *text, int af, unsigned char *buf, size_t size,
		 struct lvs_offload *off);

/*
 * Write the IP packet of LEN bytes at BUF as a line in canonical order.  Wrong
 * checksums and lengths show as "!ipsum", "!sum", "!len".
 */
void packet_show(const unsigned char *buf, size_t len,
		 const struct lvs_offload *off, char *text, size_t size);

#endif
