/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * format.h - how a listing is written.
 *
 * A format is a const struct in one list (formats.c).  list.c asks lvsd, sorts,
 * and calls the format for one thing after the other; so a format knows
 * nothing of sockets, and another one is one more file.
 */
#ifndef LVSADM_FORMAT_H
#define LVSADM_FORMAT_H

#include <lvs/ctl.h>

/* Which columns services and destinations are listed with. */
enum columns {
	COLUMNS_PLAIN,
	COLUMNS_STATS,
	COLUMNS_RATE,
	COLUMNS_THRESHOLDS,
	COLUMNS_PERSISTENT,
	COLUMNS_TUNNEL,
};

/* What the user wants to see. */
struct view {
	enum columns columns;
	bool numeric;  /* no names of hosts and ports */
	bool exact;    /* large numbers in full */
	bool pe;       /* connections with what persistence engines know */
	bool whole;    /* a list, not one thing asked for */
	size_t before; /* how many of the list were written already */
};

/* What --status tells. */
struct daemon_status {
	struct lvs_ctl_info info;
	struct lvs_ctl_interface *interfaces;
	struct lvs_mark_rule *marks; /* rules, in their order */
	size_t num_interfaces, num_marks;
};

/* Members may be NULL: nothing is written then. */
struct format {
	const char *name;
	const char *summary;

	/* Services, each with its COUNT destinations. */
	void (*begin)(const struct view *view, const struct lvs_ctl_info *info);
	void (*service)(const struct view *view,
			const struct lvs_service_info *svc,
			const struct lvs_dest_info *dests, size_t count);
	void (*end)(const struct view *view);

	void (*conns_begin)(const struct view *view);
	void (*conn)(const struct view *view, const struct lvs_conn_info *conn);
	void (*conns_end)(const struct view *view);

	void (*timeouts)(const struct lvs_timeouts *timeouts);
	void (*sync)(const struct lvs_sync_conf *list, size_t count);
	void (*status)(const struct view *view, const struct daemon_status *s);
};

/* The INDEX-th format that can be asked for, or NULL; the first is usual. */
const struct format *format_at(size_t index);
/* The one called NAME, or NULL. */
const struct format *format_find(const char *name);

extern const struct format format_text; /* as ipvsadm writes */
extern const struct format format_json;
extern const struct format format_save; /* commands for -R; of -S only */

#endif
