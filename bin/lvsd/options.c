/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options.c - lvsd's command line, from one table that is also its help.
 */
#include "options.h"
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <lvs/base.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Keys of options without a short form. */
enum {
	KEY_SOCKET = 256,
	KEY_READY_FD,
	KEY_REPLAY,
	KEY_SYSLOG,
	KEY_VLAN,
};

static const struct {
	int key;
	const char *name;
	const char *arg; /* NULL: takes none */
	const char *help;
} table[] = {
	{ 'c', "config", "FILE", "configuration file (" LVSD_CONFIG ")" },
	{ 'n', "check", NULL, "check the configuration file and exit" },
	{ KEY_SOCKET, "socket", "PATH", "control socket" },
	{ KEY_READY_FD, "ready-fd", "N", "write READY=1 there when ready" },
	{ KEY_REPLAY, "replay", "PCAP", "take a capture through, and exit" },
	{ 'o', "output", "PCAP", "with --replay: write what is sent" },
	{ KEY_VLAN, "vlan", "ID", "with --replay: frames of this VLAN" },
	{ KEY_SYSLOG, "syslog", NULL, "log to syslog, not standard error" },
	{ 'd', "debug", NULL, "log more" },
	{ 'f', "foreground", NULL, "accepted: lvsd never forks" },
	{ 'v', "version", NULL, "print the version and exit" },
	{ 'h', "help", NULL, "print this and exit" },
};
#define NUM_OPTIONS (sizeof(table) / sizeof(table[0]))

static void print_help(void)
{
	puts("Usage: lvsd [OPTION]...\n"
	     "Balance connections to virtual services over real servers.\n");
	for (size_t i = 0; i < NUM_OPTIONS; i++) {
		char text[40];

		snprintf(text, sizeof(text), "%c%c%c --%s%s%s",
			 table[i].key < 256 ? '-' : ' ',
			 table[i].key < 256 ? table[i].key : ' ',
			 table[i].key < 256 ? ',' : ' ', table[i].name,
			 table[i].arg ? " " : "",
			 table[i].arg ? table[i].arg : "");
		printf("  %-24s %s\n", text, table[i].help);
	}
}

/* A decimal number from LOW to HIGH, all of TEXT; -1: none. */
static int number(const char *text, int low, int high)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || end == text || *end || value < low || value > high)
		return -1;
	return (int)value;
}

static int parse_vlan(const char *text, uint16_t *vlan)
{
	int value = number(text, 1, 4094);

	if (value < 0) {
		fprintf(stderr, "lvsd: --vlan %s: not from 1 to 4094\n", text);
		return LVSD_EXIT_USAGE;
	}
	*vlan = (uint16_t)value;
	return -1;
}

static int parse_fd(const char *text, int *fd)
{
	int value = number(text, 0, INT_MAX);

	if (value < 0 || fcntl(value, F_GETFD) < 0) {
		fprintf(stderr,
			"lvsd: --ready-fd %s: not a descriptor that is open\n",
			text);
		return LVSD_EXIT_USAGE;
	}
	*fd = value;
	return -1;
}

static int take(struct options *opt, int key, const char *arg)
{
	switch (key) {
	case 'c':
		opt->config = arg;
		return -1;
	case 'n':
		opt->check = true;
		return -1;
	case KEY_SOCKET:
		opt->socket = arg;
		return -1;
	case KEY_READY_FD:
		return parse_fd(arg, &opt->ready_fd);
	case KEY_REPLAY:
		opt->replay = arg;
		return -1;
	case 'o':
		opt->output = arg;
		return -1;
	case KEY_VLAN:
		return parse_vlan(arg, &opt->vlan);
	case KEY_SYSLOG:
		opt->syslog = true;
		return -1;
	case 'd':
		opt->debug = true;
		return -1;
	case 'f':
		return -1;
	case 'v':
		printf("lvsd %s\n", lvs_version());
		return LVSD_EXIT_OK;
	case 'h':
		print_help();
		return LVSD_EXIT_OK;
	default: /* getopt_long has said what is wrong */
		fputs("Try 'lvsd --help' for what is allowed.\n", stderr);
		return LVSD_EXIT_USAGE;
	}
}

int options_parse(int argc, char *argv[], struct options *opt)
{
	struct option longs[NUM_OPTIONS + 1];
	char shorts[2 * NUM_OPTIONS + 1];
	char *s = shorts;
	int key;

	memset(longs, 0, sizeof(longs));
	for (size_t i = 0; i < NUM_OPTIONS; i++) {
		longs[i].name = table[i].name;
		longs[i].has_arg = table[i].arg != NULL;
		longs[i].val = table[i].key;
		if (table[i].key >= 256)
			continue;
		*s++ = (char)table[i].key;
		if (table[i].arg)
			*s++ = ':';
	}
	*s = '\0';

	*opt = (struct options){ .config = LVSD_CONFIG, .ready_fd = -1 };
	while ((key = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		int status = take(opt, key, optarg);

		if (status >= 0)
			return status;
	}
	if ((opt->output || opt->vlan) && !opt->replay) {
		fprintf(stderr, "lvsd: --%s: only together with --replay\n",
			opt->output ? "output" : "vlan");
		return take(opt, '?', NULL);
	}
	if (optind < argc) {
		fprintf(stderr, "lvsd: %s: not an option\n", argv[optind]);
		return take(opt, '?', NULL);
	}
	return -1;
}
