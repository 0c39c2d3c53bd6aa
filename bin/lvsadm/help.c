/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * help.c - lvsadm -h and -v, made of the lists of commands and options.
 */
#include "options.h"
#include <stdio.h>

static void put_line(char letter, const char *word, const char *value,
		     const char *help)
{
	char spelling[64];

	snprintf(spelling, sizeof(spelling), "%c%c%s--%s%s%s",
		 letter ? '-' : ' ', letter ? letter : ' ',
		 letter ? ", " : "  ", word, value ? " " : "",
		 value ? value : "");
	printf("  %-34s %s\n", spelling, help);
}

enum status version_run(struct request *req)
{
	(void)req;
	printf("lvsadm v%s (liblvs, IPVS v1.2.1)\n", lvs_version());
	return STATUS_OK;
}

enum status help_run(struct request *req)
{
	version_run(req);
	puts("Usage:\n"
	     "  lvsadm -A|-E SERVICE [-s NAME] [-p [SECONDS]] [-M MASK] "
	     "[-b FLAG,...]\n"
	     "  lvsadm -D SERVICE\n"
	     "  lvsadm -a|-e SERVICE -r HOST[:PORT] [-g|-i|-m] [-w N] ...\n"
	     "  lvsadm -d SERVICE -r HOST[:PORT]\n"
	     "  lvsadm -L [SERVICE|-c|--timeout|--daemon] [-n] ...\n"
	     "  lvsadm -C | -Z [SERVICE] | -S [-n] | -R\n"
	     "  lvsadm --set TCP TCPFIN UDP\n"
	     "  lvsadm --start-daemon|--stop-daemon master|backup ...\n"
	     "SERVICE is -t|-u|--sctp-service HOST[:PORT] or -f MARK [-6].\n"
	     "\nCommands, the first option:");
	for (size_t i = 0; command_at(i); i++) {
		const struct command *c = command_at(i);

		put_line(c->letter, c->word, c->takes, c->help);
	}
	puts("\nOptions:");
	for (size_t i = 0; option_at(i); i++) {
		const struct option *o = option_at(i);

		put_line(o->letter, o->word, o->value, o->help);
	}
	return STATUS_OK;
}
