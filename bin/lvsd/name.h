/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * name.h - services and real servers as messages name them.
 */
#ifndef LVSD_NAME_H
#define LVSD_NAME_H

#include <lvs/director.h>

/* "sctp [2001:db8::1]:65535, real server [2001:db8::2]:65535" and a 0. */
#define NAME_STRLEN (2 * LVS_ENDPOINT_STRLEN + 32)

/*
 * "tcp 10.0.0.1:80" or "fwmark 7", with DEST (may be NULL) followed by
 * ", real server 10.0.1.1:80"; in BUF of SIZE bytes, which it returns.
 */
const char *name_of(const struct lvs_service_id *svc,
		    const struct lvs_dest_id *dest, char *buf, size_t size);

#endif
