/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * who.h - questions for link addresses, and answers: ARP and ND.
 *
 *	who V tell C      in IPv4 an ARP request, in IPv6 a solicitation
 *	V is DC tell C    the answer, which says DC's link address
 */
#ifndef LVS_TESTS_FLOW_WHO_H
#define LVS_TESTS_FLOW_WHO_H

#include <stdbool.h>
#include <stddef.h>

/* A whole frame of the question for TARGET by SENDER at BUF; its length. */
size_t who_build(const char *target, const char *sender, int af,
		 unsigned char *buf);

/* Write the answer in FRAME of LEN bytes as text; false: it is none. */
bool who_show(const unsigned char *frame, size_t len, char *text, size_t size);

#endif
