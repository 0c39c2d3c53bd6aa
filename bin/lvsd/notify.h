/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * notify.h - telling whoever started lvsd how far it is.
 *
 * systemd is told by sd_notify(3)'s protocol, which is a datagram to the
 * socket that $NOTIFY_SOCKET names; a script by a line on a descriptor it
 * gave with --ready-fd.  Where nobody asked, nothing is done.
 */
#ifndef LVSD_NOTIFY_H
#define LVSD_NOTIFY_H

/* READY_FD: -1 for none.  Takes $NOTIFY_SOCKET out of the environment. */
void notify_open(int ready_fd);

/* Packets are forwarded and commands answered; also after a reload. */
void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);

#endif
