/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flow.h - the tuple of a packet, in the direction in which it travels.
 *
 * Not a connection: a request and its reply are two flows.
 */
#ifndef LVS_PKT_FLOW_H
#define LVS_PKT_FLOW_H

#include <lvs/addr.h>

struct lvs_flow {
	union lvs_ip src, dst;
	uint16_t sport_be, dport_be; /* 0 where the protocol has none */
	uint8_t family;              /* AF_INET, AF_INET6 */
	uint8_t protocol;
	uint16_t zero;
};

#endif
