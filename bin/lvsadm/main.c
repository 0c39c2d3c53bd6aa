/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c - lvsadm: ipvsadm's command line for lvsd.
 */
#include "lvsadm.h"
#include <stdio.h>
#include <stdlib.h>

/* Nothing but a command line with no argument at all lists everything. */
static char *list_all[] = { "lvsadm", "--list", NULL };

int main(int argc, char **argv)
{
	struct app app = { .socket = getenv("LVSD_SOCKET") };
	enum status status;

	if (!app.socket || !app.socket[0])
		app.socket = LVS_CTL_SOCKET;
	status = argc > 1 ? request_run(&app, argc, argv)
			  : request_run(&app, 2, list_all);
	lvs_ctl_close(app.ctl);
	if (fflush(stdout) || ferror(stdout)) {
		perror("lvsadm: standard output");
		return status ? (int)status : STATUS_LIST;
	}
	return (int)status;
}
