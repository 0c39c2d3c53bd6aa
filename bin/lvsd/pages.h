/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pages.h - huge pages for the tables of a director, lvs/pages.h, where memory
 * is plentiful.
 */
#ifndef LVSD_PAGES_H
#define LVSD_PAGES_H

#include <lvs/pages.h>

/* For up to half of the machine's memory.  NULL: it has too little. */
struct lvs_pages *pages_open(void);

/* Once a second, off the packet path; PAGES may be NULL. */
void pages_tend(struct lvs_pages *pages);

#endif
