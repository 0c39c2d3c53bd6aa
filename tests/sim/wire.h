/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wire.h - the simulation's packets: TCP in IPv4 without payload.
 */
#ifndef LVS_TESTS_SIM_WIRE_H
#define LVS_TESTS_SIM_WIRE_H

#include <stdint.h>

#define SIM_WIRE_LEN 40u

/* Who it is from and to, as numbers in host byte order. */
struct sim_wire {
	uint32_t src, dst;
	uint16_t sport, dport;
};

/*
 * Lay a packet at BUF.  Its TCP checksum is left to be completed: it is the
 * one that a sender with checksum offload would leave.
 */
void sim_wire_write(unsigned char buf[SIM_WIRE_LEN],
		    const struct sim_wire *wire, uint8_t flags);

struct sim_wire sim_wire_read(const unsigned char buf[SIM_WIRE_LEN]);

#endif
