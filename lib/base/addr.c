/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * addr.c - addresses and endpoints as text and as bytes.
 *
 * Reading and writing an address itself is libc's (inet_pton(3)); it follows
 * RFC 5952 when it writes.
 */
#include "config.h"

#include <arpa/inet.h>
#include <lvs/addr.h>
#include <stdio.h>
#include <string.h>

struct lvs_addr lvs_addr_from_bytes(uint16_t family, const void *raw)
{
	struct lvs_addr addr = { .family = family };

	memcpy(addr.ip.b, raw, lvs_family_bits(family) / 8);
	return addr;
}

int lvs_addr_parse(const char *text, struct lvs_addr *addr)
{
	struct lvs_addr new = { .family = AF_INET };

	if (inet_pton(AF_INET, text, new.ip.b) != 1) {
		new.family = AF_INET6;
		if (inet_pton(AF_INET6, text, new.ip.b) != 1)
			return LVS_ERR_INVAL;
	}
	*addr = new;
	return 0;
}

char *lvs_addr_format(const struct lvs_addr *addr, char *buf, size_t size)
{
	if (!size)
		return buf;
	if ((addr->family != AF_INET && addr->family != AF_INET6) ||
	    !inet_ntop(addr->family, addr->ip.b, buf, (socklen_t)size))
		*buf = '\0';
	return buf;
}

char *lvs_endpoint_format(const struct lvs_addr *addr, uint16_t port, char *buf,
			  size_t size)
{
	char text[LVS_ADDR_STRLEN];
	const char *shape = addr->family == AF_INET6 ? "[%s]:%u" : "%s:%u";

	lvs_addr_format(addr, text, sizeof(text));
	snprintf(buf, size, shape, text, (unsigned)port);
	return buf;
}

/* All of TEXT, 1 to 5 digits and no more than 65535. */
static int parse_port(const char *text, uint16_t *port)
{
	unsigned value = 0;
	size_t len = strlen(text);

	if (len < 1 || len > 5)
		return LVS_ERR_INVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return LVS_ERR_INVAL;
		value = value * 10 + (unsigned)(*text - '0');
	}
	if (value > UINT16_MAX)
		return LVS_ERR_INVAL;
	*port = (uint16_t)value;
	return 0;
}

/* LEN characters of TEXT as an address of FAMILY, and PORT_TEXT behind it. */
static int parse_pair(const char *text, size_t len, const char *port_text,
		      uint16_t family, struct lvs_addr *addr, uint16_t *port)
{
	char copy[LVS_ADDR_STRLEN];
	struct lvs_addr new;
	uint16_t new_port;

	if (len >= sizeof(copy))
		return LVS_ERR_INVAL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (lvs_addr_parse(copy, &new) || new.family != family ||
	    parse_port(port_text, &new_port))
		return LVS_ERR_INVAL;
	*addr = new;
	*port = new_port;
	return 0;
}

int lvs_endpoint_parse(const char *text, struct lvs_addr *addr, uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	const char *close = strchr(text, ']');

	if (text[0] == '[') {
		if (!close || close + 1 != colon)
			return LVS_ERR_INVAL;
		return parse_pair(text + 1, (size_t)(close - text) - 1,
				  colon + 1, AF_INET6, addr, port);
	}
	/* One colon is a port's; more belong to an IPv6 address. */
	if (colon && strchr(text, ':') == colon)
		return parse_pair(text, (size_t)(colon - text), colon + 1,
				  AF_INET, addr, port);
	if (lvs_addr_parse(text, addr))
		return LVS_ERR_INVAL;
	*port = 0;
	return 0;
}

struct lvs_addr lvs_addr_mask(const struct lvs_addr *addr, unsigned plen)
{
	unsigned bytes = lvs_family_bits(addr->family) / 8;
	struct lvs_addr masked = *addr;

	for (unsigned i = 0; i < bytes; i++) {
		if (plen >= 8)
			plen -= 8;
		else {
			masked.ip.b[i] &= (uint8_t)(0xff00 >> plen);
			plen = 0;
		}
	}
	return masked;
}

bool lvs_addr_is_unicast(const struct lvs_addr *addr)
{
	static const union lvs_ip none;

	if (lvs_ip_equal(&addr->ip, &none))
		return false;
	switch (addr->family) {
	case AF_INET:
		return addr->ip.b[0] >> 4 != 0xe &&
		       addr->ip.v4_be != 0xffffffff;
	case AF_INET6:
		return addr->ip.b[0] != 0xff;
	default:
		return false;
	}
}

bool lvs_addr_is_linklocal(const struct lvs_addr *addr)
{
	const uint8_t *b = addr->ip.b;

	if (addr->family == AF_INET)
		return b[0] == 169 && b[1] == 254;
	return addr->family == AF_INET6 && b[0] == 0xfe &&
	       (b[1] & 0xc0) == 0x80;
}
