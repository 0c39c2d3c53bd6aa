/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lvs/addr.h - an IPv4 or IPv6 address.
 *
 * Plain data: comparing, copying and hashing need no allocation.  Bytes that
 * the family does not use are zero, so two equal addresses are equal as bytes.
 * Not here: names.  liblvs resolves none.
 */
#ifndef LVS_ADDR_H
#define LVS_ADDR_H

#include <lvs/base.h>
#include <sys/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The 16 bytes of an address; IPv4 lies in the first four, the rest is 0. */
union lvs_ip {
	uint32_t v4_be;
	uint32_t w_be[4];
	uint64_t d[2];
	uint8_t b[16];
};

struct lvs_addr {
	uint16_t family; /* AF_INET, AF_INET6; AF_UNSPEC: none */
	uint16_t zero;
	uint32_t zero2;
	union lvs_ip ip;
};

/* Longest text of an address, and of "[address]:port", with the final 0. */
#define LVS_ADDR_STRLEN 46
#define LVS_ENDPOINT_STRLEN 54

/* An IPv4 address from its 32 bits in network order. */
static inline struct lvs_addr lvs_addr_v4(uint32_t v4_be)
{
	struct lvs_addr addr = { AF_INET, 0, 0, { 0 } };

	addr.ip.v4_be = v4_be;
	return addr;
}

/* Bits of an address of FAMILY: 32, 128, or 0 for no family. */
static inline unsigned lvs_family_bits(uint16_t family)
{
	return family == AF_INET ? 32 : family == AF_INET6 ? 128 : 0;
}

static inline bool lvs_ip_equal(const union lvs_ip *a, const union lvs_ip *b)
{
	return ((a->d[0] ^ b->d[0]) | (a->d[1] ^ b->d[1])) == 0;
}

static inline bool lvs_addr_equal(const struct lvs_addr *a,
				  const struct lvs_addr *b)
{
	return a->family == b->family && lvs_ip_equal(&a->ip, &b->ip);
}

/* An address from its FAMILY and 4 or 16 raw bytes in network order. */
LVS_API struct lvs_addr lvs_addr_from_bytes(uint16_t family, const void *raw);

/*
 * TEXT ("192.0.2.1", "2001:db8::1", no brackets) into *ADDR.
 * LVS_ERR_INVAL if it is neither; *ADDR is then as before.
 */
LVS_API int lvs_addr_parse(const char *text, struct lvs_addr *addr);

/* ADDR as text (RFC 5952 for IPv6) in BUF of SIZE bytes; returns BUF. */
LVS_API char *lvs_addr_format(const struct lvs_addr *addr, char *buf,
			      size_t size);

/* "192.0.2.1:80" or "[2001:db8::1]:80" in BUF of SIZE bytes; returns BUF. */
LVS_API char *lvs_endpoint_format(const struct lvs_addr *addr, uint16_t port,
				  char *buf, size_t size);

/*
 * "192.0.2.1:80", "[2001:db8::1]:80", "192.0.2.1" or "2001:db8::1"; without a
 * port *PORT becomes 0.  LVS_ERR_INVAL, and nothing changed, otherwise.
 */
LVS_API int lvs_endpoint_parse(const char *text, struct lvs_addr *addr,
			       uint16_t *port);

/* ADDR with all but its first PLEN bits zeroed. */
LVS_API struct lvs_addr lvs_addr_mask(const struct lvs_addr *addr,
				      unsigned plen);

/* Neither unspecified, multicast nor IPv4 broadcast. */
LVS_API bool lvs_addr_is_unicast(const struct lvs_addr *addr);

/* fe80::/10 or 169.254.0.0/16. */
LVS_API bool lvs_addr_is_linklocal(const struct lvs_addr *addr);

#ifdef __cplusplus
}
#endif

#endif
