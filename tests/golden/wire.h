/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wire.h - small IP packets, built and read without the library's help.
 */
#ifndef LVS_GOLDEN_WIRE_H
#define LVS_GOLDEN_WIRE_H

#include "case.h"

#define WIRE_FIN 0x01
#define WIRE_SYN 0x02
#define WIRE_RST 0x04
#define WIRE_ACK 0x10

/* Bytes of the longest packet that is built here. */
#define WIRE_MAX 80

/*
 * A TCP segment with FLAGS, or a UDP datagram of four bytes, from SRC to DST
 * into BUF; its length.
 */
size_t wire_build(unsigned char *buf, uint8_t protocol,
		  const struct endpoint *src, const struct endpoint *dst,
		  uint8_t flags);

/*
 * Where a packet of LEN bytes is from and goes to; false if a length or a
 * checksum in it is wrong.
 */
bool wire_read(const unsigned char *buf, size_t len, struct endpoint *src,
	       struct endpoint *dst);

#endif
