/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conf.h - lvsd.conf(5), read and checked.
 *
 * A struct conf is what a good file says, with defaults filled in; a file
 * with any mistake gives none.  Reading changes nothing anywhere else.
 */
#ifndef LVSD_CONF_H
#define LVSD_CONF_H

#include <lvs/base.h>
#include <lvs/director.h>
#include <lvs/mark.h>
#include <lvs/port.h>
#include <net/if.h>

struct conf_interface {
	int line;
	char name[IFNAMSIZ];
	const struct lvs_backend *backend;
};

struct conf_dest {
	int line;
	struct lvs_dest_conf conf;
};

struct conf_service {
	int line;
	struct lvs_service_conf conf;
	struct conf_dest *dests;
	size_t num_dests;
};

struct conf_match {
	int line;
	struct lvs_mark_rule rule;
};

/* What to do about what the kernel would forward or answer as well. */
enum conf_conflicts {
	CONFLICTS_CLAIM,  /* keep it off; where that cannot be, refuse */
	CONFLICTS_REFUSE, /* do not run */
	CONFLICTS_WARN,	  /* say so */
};

/* Whether the kernel forwards what is established (programs.h). */
enum conf_fast_path {
	FAST_PATH_AUTO, /* where it can */
	FAST_PATH_YES,	/* where it cannot, do not run */
	FAST_PATH_NO,
};

struct conf {
	char *path;
	char *socket;
	char *user;		   /* NULL: stay who we are */
	uint32_t connection_limit; /* an engine; 0: by memory.h */
	uint32_t busy_poll;	   /* microseconds */
	bool huge_pages;
	bool mss_clamp;
	enum conf_conflicts conflicts;
	enum conf_fast_path fast_path;
	uint32_t fast_flows; /* at most */
	bool announce;	     /* VIPs that are new on an interface */
	struct lvs_timeouts timeouts;
	struct conf_interface *interfaces;
	size_t num_interfaces;
	struct conf_match *matches; /* of fwmark sections; the first counts */
	size_t num_matches;
	struct conf_service *services;
	size_t num_services;
};

/*
 * The file at PATH; NULL after a line in LOG, "file:line: what is wrong, what
 * is allowed", for each mistake found.
 */
struct conf *conf_load(const char *path, const struct lvs_log *log);

/* CFG may be NULL. */
void conf_free(struct conf *cfg);

/* The service or real server of that name; NULL: none. */
const struct conf_service *conf_find_service(const struct conf *cfg,
					     const struct lvs_service_id *id);
const struct conf_dest *conf_find_dest(const struct conf_service *svc,
				       const struct lvs_dest_id *id);

/* Packets of the others have no link header that programs could write. */
bool conf_is_af_packet(const struct lvs_backend *backend);
/* Whether an interface of CFG has that. */
bool conf_has_af_packet(const struct conf *cfg);

/* Whether CFG gives packets the mark of service ID, in its family. */
bool conf_has_match(const struct conf *cfg, const struct lvs_service_id *id);
bool conf_match_is_for(const struct conf_match *match,
		       const struct lvs_service_id *id);

#endif
