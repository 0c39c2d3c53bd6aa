/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frame.c - frames written as hexadecimal digits, for tables of tests.
 */
#include "frame.h"

#include <stdio.h>
#include <string.h>

static uint32_t count_bytes(const char *hex)
{
	uint32_t digits = 0;

	for (; *hex; hex++)
		digits += *hex != ' ';
	ck_assert_uint_eq(digits % 2, 0);
	return digits / 2;
}

static void read_bytes(const char *hex, unsigned char *out)
{
	unsigned byte;
	int used;

	while (sscanf(hex, " %2x%n", &byte, &used) == 1) {
		*out++ = (unsigned char)byte;
		hex += used;
	}
}

void frame_read(struct frame *frame, const char *hex, uint32_t tailroom)
{
	uint32_t len = count_bytes(hex);

	frame->buf = calloc(1, len + tailroom);
	ck_assert_ptr_nonnull(frame->buf);
	read_bytes(hex, frame->buf);
	lvs_pkt_init(&frame->pkt, frame->buf, len + tailroom, 0, len, 14);
}

void frame_free(struct frame *frame)
{
	free(frame->buf);
}

void frame_same(const char *what, const struct lvs_pkt *pkt, const char *hex)
{
	uint32_t len = count_bytes(hex);
	unsigned char *expected = malloc(len);

	ck_assert_ptr_nonnull(expected);
	read_bytes(hex, expected);
	ck_assert_msg(pkt->len == len, "%s: %u bytes, not %u", what, pkt->len,
		      len);
	for (uint32_t i = 0; i < len; i++)
		ck_assert_msg(pkt->data[i] == expected[i],
			      "%s: byte %u is %02x, not %02x", what, i,
			      pkt->data[i], expected[i]);
	free(expected);
}

void frame_same_addr(const char *what, const struct lvs_addr *addr,
		     const char *text)
{
	struct lvs_addr expected = { 0 };
	char buf[LVS_ADDR_STRLEN] = "none";

	if (text)
		ck_assert_int_eq(lvs_addr_parse(text, &expected), 0);
	if (addr->family)
		lvs_addr_format(addr, buf, sizeof(buf));
	ck_assert_msg(lvs_addr_equal(addr, &expected), "%s: %s, not %s", what,
		      buf, text ? text : "none");
}
