/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mark.h - the mark by which the BPF program of lvs/tunnel.h knows packets of
 * the af_packet backend.  Compiled for the BPF machine too.
 */
#ifndef LVS_PKT_MARK_H
#define LVS_PKT_MARK_H

/* "lvst"; it is off again before the packet leaves. */
#define LVS_TUNNEL_MARK 0x6c767374u

#endif
