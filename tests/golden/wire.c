/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wire.c - IPv4 and IPv6 headers, TCP and UDP, with their checksums.
 *
 * RFC 791, 8200, 9293, 768; no options, no extension headers.
 */
#include "wire.h"

#include <netinet/in.h>
#include <string.h>

#define TTL	      64
#define V4_LEN	      20
#define V6_LEN	      40
#define TCP_LEN	      20
#define TCP_SUM	      16
#define UDP_LEN	      8
#define UDP_SUM	      6
#define UDP_DATA      4
#define V4_DF	      0x40
#define TCP_NO_OPTION 0x50

static void put16(unsigned char *p, size_t value)
{
	p[0] = (unsigned char)(value >> 8);
	p[1] = (unsigned char)value;
}

static uint16_t get16(const unsigned char *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t add(uint32_t sum, const unsigned char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Of the transport header and what follows, with the pseudo header. */
static uint16_t transport_sum(const unsigned char *ip, size_t l4, size_t len,
			      uint8_t protocol)
{
	size_t addrs = l4 == V4_LEN ? 8 : 32;
	uint32_t sum = add(0, ip + l4 - addrs, addrs);

	sum += protocol + (uint32_t)(len - l4);
	return fold(add(sum, ip + l4, len - l4));
}

/* Returns where the transport header begins. */
static size_t put_ip(unsigned char *buf, size_t payload, uint8_t protocol,
		     const struct lvs_addr *src, const struct lvs_addr *dst)
{
	if (src->family == AF_INET) {
		buf[0] = 0x45;
		put16(buf + 2, V4_LEN + payload);
		buf[6] = V4_DF;
		buf[8] = TTL;
		buf[9] = protocol;
		memcpy(buf + 12, src->ip.b, 4);
		memcpy(buf + 16, dst->ip.b, 4);
		put16(buf + 10, 0xffffu ^ fold(add(0, buf, V4_LEN)));
		return V4_LEN;
	}
	buf[0] = 0x60;
	put16(buf + 4, payload);
	buf[6] = protocol;
	buf[7] = TTL;
	memcpy(buf + 8, src->ip.b, 16);
	memcpy(buf + 24, dst->ip.b, 16);
	return V6_LEN;
}

size_t wire_build(unsigned char *buf, uint8_t protocol,
		  const struct endpoint *src, const struct endpoint *dst,
		  uint8_t flags)
{
	bool tcp = protocol == IPPROTO_TCP;
	size_t payload = tcp ? TCP_LEN : UDP_LEN + UDP_DATA;
	size_t l4, len;

	memset(buf, 0, WIRE_MAX);
	l4 = put_ip(buf, payload, protocol, &src->addr, &dst->addr);
	len = l4 + payload;
	put16(buf + l4, src->port);
	put16(buf + l4 + 2, dst->port);
	if (tcp) {
		buf[l4 + 12] = TCP_NO_OPTION;
		buf[l4 + 13] = flags;
	} else {
		put16(buf + l4 + 4, payload);
	}
	put16(buf + l4 + (tcp ? TCP_SUM : UDP_SUM),
	      0xffffu ^ transport_sum(buf, l4, len, protocol));
	return len;
}

bool wire_read(const unsigned char *buf, size_t len, struct endpoint *src,
	       struct endpoint *dst)
{
	bool v4 = len > V4_LEN && buf[0] == 0x45;
	size_t l4 = v4 ? V4_LEN : V6_LEN;
	uint8_t protocol;

	if (len < l4 + UDP_LEN)
		return false;
	if (v4 && (get16(buf + 2) != len || fold(add(0, buf, l4)) != 0xffff))
		return false;
	if (!v4 && (buf[0] >> 4 != 6 || get16(buf + 4) != len - l4))
		return false;
	protocol = buf[v4 ? 9 : 6];
	if (transport_sum(buf, l4, len, protocol) != 0xffff)
		return false;
	src->addr = lvs_addr_from_bytes(v4 ? AF_INET : AF_INET6,
					buf + (v4 ? 12 : 8));
	dst->addr = lvs_addr_from_bytes(v4 ? AF_INET : AF_INET6,
					buf + (v4 ? 16 : 24));
	src->port = get16(buf + l4);
	dst->port = get16(buf + l4 + 2);
	return true;
}
