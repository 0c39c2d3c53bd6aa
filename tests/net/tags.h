/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tags.h - what tags.bpf.c does to frames, as tags.c tells it.
 */
#ifndef LVS_TESTS_NET_TAGS_H
#define LVS_TESTS_NET_TAGS_H

#include <linux/types.h>

/* Frames of a VLAN have its number; others have these. */
#define TAGS_ANY      0xffffffffu
#define TAGS_UNTAGGED 0xfffffffeu

#define TAGS_PUSH_MAX 2

struct tags {
	__u32 of;  /* which frames: TAGS_*, or of this VLAN; others stay */
	__u32 pop; /* 1: without their outer tag */
	__u32 count;
	struct {
		__u16 type; /* as it is called, 0x8100 */
		__u16 tci;
	} push[TAGS_PUSH_MAX]; /* with these, the last one outside */
	__u32 to;	       /* another interface; 0: where they were going */
	__u32 in;	       /* 1: as if it had received them */
};

#endif
