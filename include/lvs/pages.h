/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lvs/pages.h - an allocator of huge pages that are made ready ahead of need.
 *
 * A table of millions of connections, hit at random, is slowed down less by
 * its memory than by finding out where that is: with pages of 2 MiB a look-up
 * among ten million takes half the time.  But the kernel needs some 200 us to
 * make such a page ready, and no packet should wait for that.  So somebody
 * else asks for pages before they are needed: lvs_pages_tend, in a thread that
 * can wait.  Where that comes too late ordinary pages are given.
 *
 * Not for small pieces: those come from malloc(3).
 */
#ifndef LVS_PAGES_H
#define LVS_PAGES_H

#include <lvs/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lvs_pages;

struct lvs_pages_opts {
	size_t sz;
	size_t most;    /* bytes in huge pages at most; 0: 16 GiB */
	size_t from;    /* bytes in ordinary pages first; 0: 16 MiB */
	unsigned ahead; /* huge pages to keep ready; 0: 8 */
};

/*
 * An allocator; address space for `most` bytes is set aside, but no memory.
 * OPTS is copied and may be NULL.  LVS_ERR_NOMEM: not that much address space;
 * LVS_ERR_INVAL: OPTS sets what this version does not know.
 */
LVS_API int lvs_pages_new(const struct lvs_pages_opts *opts,
			  struct lvs_pages **pages);
/* All of it must have been given back.  PAGES may be NULL. */
LVS_API void lvs_pages_free(struct lvs_pages *pages);

/*
 * To be given to whoever needs memory, for any number of threads; borrowed,
 * and good until lvs_pages_free.
 */
LVS_API const struct lvs_allocator *
lvs_pages_allocator(struct lvs_pages *pages);

/*
 * Make one more page ready if fewer than `ahead` are.  True: another one is
 * wanted, call again; false: enough for now, call again in some 10 ms.  Takes
 * a fraction of a millisecond, longer if the kernel has to make room.  From
 * any thread; of two at a time one does nothing.
 */
LVS_API bool lvs_pages_tend(struct lvs_pages *pages);

#ifdef __cplusplus
}
#endif

#endif
