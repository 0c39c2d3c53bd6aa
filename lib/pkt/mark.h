/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mark.h - the marks by which BPF programs know packets of our backends.
 * Compiled for the BPF machine too.
 */
#ifndef LVS_PKT_MARK_H
#define LVS_PKT_MARK_H

/* af_packet's, "lvst"; it is off again before the packet leaves. */
#define LVS_TUNNEL_MARK 0x6c767374u

/*
 * The host backend's: a link's number, at most LVS_DOOR_LINKS, with "h" before
 * it.  Once on that link a packet has "lvsh", until the claim takes it off.
 */
#define LVS_DOOR_MARK	0x68000000u
#define LVS_DOOR_LINKS	0x00ffffffu
#define LVS_HANDED_MARK 0x6c767368u

/* The claim's, "lvsc": taken by the director, and seen by nobody but its ports. */
#define LVS_CLAIMED_MARK 0x6c767363u

#endif
