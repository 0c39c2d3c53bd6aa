/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c - sim [SCHEDULER...]: the table of lvs-sched(7).
 *
 * Of all schedulers that there are, or those named.  It is the same every
 * time, so the manual can be held to it; table.sh does.
 */
#include "figures.h"

#include <lvs/sched.h>
#include <stdio.h>

#define TITLE "%-6s %-11s %6s  %-29s  %-11s %7s\n"
#define HEADS "%-6s %5s %5s %6s  %5s %5s %5s %5s %5s  %5s %5s %7s\n"
#define ROW                                                                    \
	"%-6s %5.2f %5.2f %6.2f  %5.1f %5.1f %5.1f %5.1f %5.1f  %5.1f %5.1f"   \
	" %7.1f\n"

static void print_title(void)
{
	printf(TITLE, "", "load by", "slow", "clients moved by a change, %",
	       "broken, %", "calls");
	printf(TITLE, "", "weight", "server", "", "", "refused");
	printf(HEADS, "", "worst", "cv", "gets", "none", "add", "del", "x 2",
	       "to 0", "del", "lost", "to 0, %");
}

static void print_row(const char *scheduler)
{
	struct sim_figures f = sim_figures_of(scheduler);
	const struct sim_effect *by = f.effects;

	printf(ROW, scheduler, f.evenness.worst, f.evenness.cv, f.slow,
	       100 * by[SIM_NONE].moved, 100 * by[SIM_ADDED].moved,
	       100 * by[SIM_REMOVED].moved, 100 * by[SIM_WEIGHED].moved,
	       100 * by[SIM_QUIESCED].moved, 100 * by[SIM_REMOVED].broken,
	       100 * f.disagreed, 100 * by[SIM_QUIESCED].refused);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const struct lvs_scheduler *scheduler;

	print_title();
	for (int i = 1; i < argc; i++)
		print_row(argv[i]);
	if (argc > 1)
		return 0;
	for (size_t i = 0; (scheduler = lvs_scheduler_at(i)); i++)
		print_row(scheduler->name);
	return 0;
}
