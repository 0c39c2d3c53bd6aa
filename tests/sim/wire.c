/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wire.c - TCP packets byte by byte (RFC 791, RFC 9293).
 */
#include "wire.h"

#include <netinet/in.h>
#include <string.h>

static void put16(unsigned char *at, uint32_t value)
{
	at[0] = (unsigned char)(value >> 8);
	at[1] = (unsigned char)value;
}

static void put32(unsigned char *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

static uint16_t get16(const unsigned char *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const unsigned char *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static uint32_t fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

static uint32_t sum16(const unsigned char *at, unsigned len)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < len; i += 2)
		sum += get16(at + i);
	return fold(sum);
}

void sim_wire_write(unsigned char buf[SIM_WIRE_LEN],
		    const struct sim_wire *wire, uint8_t flags)
{
	unsigned char *tcp = buf + 20;

	memset(buf, 0, SIM_WIRE_LEN);
	buf[0] = 4 << 4 | 5;
	put16(buf + 2, SIM_WIRE_LEN);
	buf[6] = 0x40; /* may not be fragmented */
	buf[8] = 64;
	buf[9] = IPPROTO_TCP;
	put32(buf + 12, wire->src);
	put32(buf + 16, wire->dst);
	put16(buf + 10, ~sum16(buf, 20));
	put16(tcp, wire->sport);
	put16(tcp + 2, wire->dport);
	tcp[12] = 5 << 4;
	tcp[13] = flags;
	/* The pseudo-header: addresses, protocol, length. */
	put16(tcp + 16, fold(sum16(buf + 12, 8) + IPPROTO_TCP + 20));
}

struct sim_wire sim_wire_read(const unsigned char buf[SIM_WIRE_LEN])
{
	return (struct sim_wire){
		.src = get32(buf + 12),
		.dst = get32(buf + 16),
		.sport = get16(buf + 20),
		.dport = get16(buf + 22),
	};
}
