/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * late.h - what late.bpf.c does to packets, as late.c tells it.
 */
#ifndef LVS_TESTS_UNIT_IO_LATE_H
#define LVS_TESTS_UNIT_IO_LATE_H

#include <linux/types.h>

struct treatment {
	__u32 len; /* of the frames it is for */
	__u32 mark;
	__u32 type; /* PACKET_* */
	__u32 drop; /* 1: they go no further */
	__u32 to;   /* they leave by this interface; 0: no */
};

#endif
