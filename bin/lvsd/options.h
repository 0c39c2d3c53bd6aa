/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options.h - lvsd's command line.
 */
#ifndef LVSD_OPTIONS_H
#define LVSD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* Exit statuses, as lvsd(8) has them. */
#define LVSD_EXIT_OK	 0
#define LVSD_EXIT_FAILED 1 /* something that lvsd needs cannot be had */
#define LVSD_EXIT_USAGE	 2 /* command line or configuration is wrong */

#define LVSD_CONFIG "/etc/lvs/lvsd.conf"

/* The strings are borrowed from argv. */
struct options {
	const char *config;
	const char *socket; /* NULL: as the configuration says */
	const char *replay; /* NULL: run as a daemon */
	const char *output; /* NULL: none */
	int ready_fd;	    /* -1: none */
	uint16_t vlan;	    /* of --replay; 0: none */
	bool check;
	bool debug;
	bool syslog;
};

/*
 * ARGV into OPT.  Returns -1 to go on, or an exit status: help and version
 * have been printed, or what is wrong.
 */
int options_parse(int argc, char *argv[], struct options *opt);

#endif
