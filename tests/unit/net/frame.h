/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frame.h - frames written as hexadecimal digits, for tables of tests.
 */
#ifndef LVS_TESTS_FRAME_H
#define LVS_TESTS_FRAME_H

#include "check.h"

#include <lvs/addr.h>
#include <lvs/pkt.h>

struct frame {
	struct lvs_pkt pkt;
	unsigned char *buf; /* ends where the packet may end, to the byte */
};

/* HEX, spaces anywhere, as an Ethernet frame with so much TAILROOM. */
void frame_read(struct frame *frame, const char *hex, uint32_t tailroom);
void frame_free(struct frame *frame);

/* WHAT fails unless PKT is as HEX, or ADDR as TEXT (NULL: none). */
void frame_same(const char *what, const struct lvs_pkt *pkt, const char *hex);
void frame_same_addr(const char *what, const struct lvs_addr *addr,
		     const char *text);

#endif
