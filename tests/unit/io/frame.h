/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frame.h - Ethernet frames with TCP in IPv4 or IPv6, made by hand.
 *
 * Byte by byte and with a checksum of its own, so that nothing here is right
 * only because the library makes the same mistake.
 */
#ifndef LVS_TESTS_UNIT_IO_FRAME_H
#define LVS_TESTS_UNIT_IO_FRAME_H

#include <lvs/pkt.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#define FRAME_L2  14
#define FRAME_MSS 1000

struct frame {
	size_t len;
	size_t payload; /* where it begins */
	struct lvs_offload off;
	unsigned char bytes[66000];
};

static inline void frame_put16(unsigned char *at, size_t value)
{
	at[0] = (unsigned char)(value >> 8);
	at[1] = (unsigned char)value;
}

/* RFC 1071: the sum of LEN bytes, and of what SUM has already. */
static inline uint32_t frame_sum(uint32_t sum, const unsigned char *at,
				 size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? at[i] : (uint32_t)at[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* The pseudo header's part of the TCP checksum of the IP packet at L3. */
static inline uint32_t frame_pseudo(const unsigned char *l3, size_t tcp_len)
{
	uint32_t sum = (uint32_t)(6 + tcp_len);

	if (l3[0] >> 4 == 4)
		return frame_sum(sum, l3 + 12, 8);
	return frame_sum(sum, l3 + 8, 32);
}

static inline void frame_ipv4(unsigned char *l3, size_t len,
			      unsigned char protocol)
{
	static const unsigned char addrs[] = { 10, 9, 0, 1, 10, 9, 0, 2 };

	memset(l3, 0, 20);
	l3[0] = 0x45;
	frame_put16(l3 + 2, len);
	l3[6] = 0x40;
	l3[8] = 64;
	l3[9] = protocol;
	memcpy(l3 + 12, addrs, sizeof(addrs));
	frame_put16(l3 + 10, 0xffff & ~frame_sum(0, l3, 20));
}

/*
 * PAYLOAD bytes of TCP as a local stack sends them: the checksum is only the
 * pseudo header's, and more than a segment's worth is still to be cut.
 */
static inline void frame_tcp(struct frame *f, int family, size_t payload)
{
	bool v6 = family == AF_INET6;
	unsigned char *l3 = f->bytes + FRAME_L2;
	unsigned char *tcp = l3 + (v6 ? 40 : 20);

	memset(f, 0, sizeof(*f));
	/* To a locally administered address, from another. */
	memcpy(f->bytes, "\x02\0\0\0\0\x01\x02\0\0\0\0\x02", 12);
	frame_put16(f->bytes + 12, v6 ? 0x86dd : 0x0800);
	if (v6) {
		l3[0] = 0x60;
		frame_put16(l3 + 4, 20 + payload);
		l3[6] = 6;
		l3[7] = 64;
		l3[8] = l3[24] = 0xfd;
		l3[23] = 1;
		l3[39] = 2;
	} else {
		frame_ipv4(l3, 40 + payload, 6);
	}
	frame_put16(tcp, 1234);
	frame_put16(tcp + 2, 80);
	tcp[12] = 0x50;
	tcp[13] = 0x10;
	for (size_t i = 0; i < payload; i++)
		tcp[20 + i] = (unsigned char)(i * 7 + i / 251);
	frame_put16(tcp + 16, frame_pseudo(l3, 20 + payload));
	f->payload = (size_t)(tcp + 20 - f->bytes);
	f->len = f->payload + payload;
	f->off.flags = LVS_OFF_CSUM;
	f->off.csum_start = (uint16_t)(tcp - f->bytes);
	f->off.csum_offset = 16;
	if (payload > FRAME_MSS) {
		f->off.gso = v6 ? LVS_GSO_TCPV6 : LVS_GSO_TCPV4;
		f->off.gso_size = FRAME_MSS;
	}
}

/* Complete the checksum of a frame that need not be cut. */
static inline void frame_finish(struct frame *f)
{
	unsigned char *tcp = f->bytes + f->off.csum_start;
	uint32_t sum = frame_sum(0, tcp, f->len - f->off.csum_start);

	frame_put16(tcp + f->off.csum_offset, 0xffff & ~sum);
	memset(&f->off, 0, sizeof(f->off));
}

/* An outer IPv4 header in front. */
static inline void frame_encap(struct frame *f)
{
	unsigned char *l3 = f->bytes + FRAME_L2;
	unsigned char protocol = l3[0] >> 4 == 4 ? 4 : 41;

	memmove(l3 + 20, l3, f->len - FRAME_L2);
	frame_put16(f->bytes + 12, 0x0800);
	f->len += 20;
	f->payload += 20;
	frame_ipv4(l3, f->len - FRAME_L2, protocol);
	f->off.csum_start = (uint16_t)(f->off.csum_start + 20);
	f->off.flags |= LVS_OFF_ENCAP;
}

/* An outer IPv6 header in front. */
static inline void frame_encap6(struct frame *f)
{
	unsigned char *l3 = f->bytes + FRAME_L2;
	unsigned char next = l3[0] >> 4 == 4 ? 4 : 41;
	size_t inner = f->len - FRAME_L2;

	memmove(l3 + 40, l3, inner);
	memset(l3, 0, 40);
	frame_put16(f->bytes + 12, 0x86dd);
	l3[0] = 0x60;
	frame_put16(l3 + 4, inner);
	l3[6] = next;
	l3[7] = 64;
	l3[8] = l3[24] = 0xfd;
	f->len += 40;
	f->payload += 40;
	f->off.csum_start = (uint16_t)(f->off.csum_start + 40);
	f->off.flags |= LVS_OFF_ENCAP;
}

/*
 * Whether F's checksums are right: the TCP packet's that begins at L3 bytes,
 * and the outer header's if L3 is not right behind the link header.
 */
static inline bool frame_right(const struct frame *f, size_t l3)
{
	const unsigned char *ip = f->bytes + l3;
	bool v4 = ip[0] >> 4 == 4;
	size_t tcp = l3 + (v4 ? 20 : 40);
	uint32_t sum = frame_pseudo(ip, f->len - tcp);

	if (l3 != FRAME_L2 && frame_sum(0, f->bytes + FRAME_L2, 20) != 0xffff)
		return false;
	if (v4 && frame_sum(0, ip, 20) != 0xffff)
		return false;
	return frame_sum(sum, f->bytes + tcp, f->len - tcp) == 0xffff;
}

#endif
