/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pages.c - huge pages for the tables of a director.
 */
#include "pages.h"
#include "log.h"
#include "memory.h"

/* Of less memory a few huge pages too many would be missed. */
#define PLENTY ((uint64_t)4 << 30)

/*
 * Huge pages of 2 MiB made ready ahead: what 700,000 new connections take, and
 * we look once a second.
 */
#define AHEAD 32

struct lvs_pages *pages_open(void)
{
	uint64_t memory = memory_bytes();
	struct lvs_pages_opts opts = LVS_OPTS(struct lvs_pages_opts);
	struct lvs_pages *pages;
	int err;

	if (memory < PLENTY)
		return NULL;
	opts.most = (size_t)(memory / 2);
	opts.ahead = AHEAD;
	err = lvs_pages_new(&opts, &pages);
	if (!err)
		return pages;
	log_warn("huge pages: %s", lvs_strerror(err));
	return NULL;
}

void pages_tend(struct lvs_pages *pages)
{
	while (pages && lvs_pages_tend(pages))
		;
}
