/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pages.c - pieces of equal size, cut from huge pages that are ready.
 *
 * Tables ask for memory in pieces of a few sizes.  Each size has a page of its
 * own that it is cutting up, and a list of pieces that were given back: they
 * are used again, not returned to the kernel.
 *
 *	 area                                        area + most
 *	+-----------+-----------+---------------------+
 *	| taken     | ready     | not made ready yet  |
 *	+-----------+-----------+---------------------+
 */
#include "base/mem.h"
#include "base/opts.h"

#include <lvs/pages.h>

#include <pthread.h>
#include <sys/mman.h>

#define HUGE_PAGE     ((size_t)2 << 20)
#define SMALL_PAGE    ((size_t)4 << 10)
#define PIECE_MIN     ((size_t)32 << 10)
#define PIECE_MAX     (HUGE_PAGE / 4)
#define NUM_CUTS      8u
#define DEFAULT_MOST  ((size_t)16 << 30)
#define DEFAULT_FROM  ((size_t)16 << 20)
#define DEFAULT_AHEAD 8u

struct piece {
	struct piece *next;
};

/* What is cut into pieces of one size. */
struct cut {
	size_t size;
	size_t left; /* bytes of the page, from `at` */
	unsigned char *at;
	struct piece *back; /* given back */
};

struct lvs_pages {
	struct lvs_allocator mem;
	struct lvs_pages_opts opts;
	pthread_mutex_t lock; /* of all below */
	unsigned char *map;   /* as mmap gave it: not aligned */
	unsigned char *area;
	size_t taken, ready; /* bytes from the beginning of the area */
	size_t ordinary;     /* bytes given that are not from the area */
	bool tending;
	struct cut cuts[NUM_CUTS];
};

static bool in_area(const struct lvs_pages *pages, const void *ptr)
{
	const unsigned char *at = ptr;

	return at >= pages->area && at < pages->area + pages->opts.most;
}

/* For pieces of SIZE; NULL: there are too many sizes already. */
static struct cut *cut_for(struct lvs_pages *pages, size_t size)
{
	for (unsigned i = 0; i < NUM_CUTS; i++) {
		struct cut *cut = &pages->cuts[i];

		if (cut->size == 0)
			cut->size = size;
		if (cut->size == size)
			return cut;
	}
	return NULL;
}

/* A piece from a page that is ready, or NULL; *USED: it is not zero. */
static void *take(struct lvs_pages *pages, size_t size, bool *used)
{
	struct cut *cut = cut_for(pages, size);
	void *ptr;

	if (!cut)
		return NULL;
	ptr = cut->back;
	*used = ptr != NULL;
	if (ptr) {
		cut->back = cut->back->next;
		return ptr;
	}
	if (cut->left < size) {
		if (pages->taken == pages->ready)
			return NULL;
		cut->at = pages->area + pages->taken;
		cut->left = HUGE_PAGE;
		pages->taken += HUGE_PAGE;
	}
	ptr = cut->at;
	cut->at += size;
	cut->left -= size;
	return ptr;
}

static bool is_piece(size_t size)
{
	return size >= PIECE_MIN && size <= PIECE_MAX && size % 64 == 0;
}

static void *pages_alloc(void *ctx, size_t size)
{
	struct lvs_pages *pages = ctx;
	bool used = false;
	void *ptr = NULL;

	if (!is_piece(size))
		return lvs_mem_alloc(&lvs_mem_default, size);
	pthread_mutex_lock(&pages->lock);
	if (pages->ordinary >= pages->opts.from)
		ptr = take(pages, size, &used);
	if (!ptr)
		pages->ordinary += size;
	pthread_mutex_unlock(&pages->lock);
	if (ptr)
		return used ? memset(ptr, 0, size) : ptr;
	ptr = lvs_mem_alloc(&lvs_mem_default, size);
	if (!ptr) {
		pthread_mutex_lock(&pages->lock);
		pages->ordinary -= size;
		pthread_mutex_unlock(&pages->lock);
	}
	return ptr;
}

static void pages_give_back(void *ctx, void *ptr, size_t size)
{
	struct lvs_pages *pages = ctx;
	bool from_area = in_area(pages, ptr);

	if (!from_area)
		lvs_mem_free(&lvs_mem_default, ptr, size);
	if (!is_piece(size))
		return;
	pthread_mutex_lock(&pages->lock);
	if (from_area) {
		struct cut *cut = cut_for(pages, size);
		struct piece *piece = ptr;

		piece->next = cut->back;
		cut->back = piece;
	} else {
		pages->ordinary -= size;
	}
	pthread_mutex_unlock(&pages->lock);
}

int lvs_pages_new(const struct lvs_pages_opts *opts, struct lvs_pages **pages)
{
	struct lvs_pages_opts known = { .sz = sizeof(known) };
	struct lvs_pages *new;
	uintptr_t begin;
	int ret;

	if (opts) {
		ret = lvs_opts_read(&known, sizeof(known), opts);
		if (ret)
			return ret;
	}
	new = lvs_mem_alloc(&lvs_mem_default, sizeof(*new));
	if (!new)
		return LVS_ERR_NOMEM;
	new->opts = known;
	new->opts.most =
		(known.most ? known.most : DEFAULT_MOST) & ~(HUGE_PAGE - 1);
	new->opts.from = known.from ? known.from : DEFAULT_FROM;
	new->opts.ahead = known.ahead ? known.ahead : DEFAULT_AHEAD;
	new->mem = (struct lvs_allocator){
		.alloc = pages_alloc,
		.free = pages_give_back,
		.ctx = new,
	};
	new->map =
		mmap(NULL, new->opts.most + HUGE_PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (new->map == MAP_FAILED) {
		lvs_mem_free(&lvs_mem_default, new, sizeof(*new));
		return LVS_ERR_NOMEM;
	}
	begin = (uintptr_t) new->map;
	new->area = new->map + (HUGE_PAGE - begin % HUGE_PAGE) % HUGE_PAGE;
	/* A kernel without huge pages: ordinary ones are made ready. */
	(void)madvise(new->area, new->opts.most, MADV_HUGEPAGE);
	pthread_mutex_init(&new->lock, NULL);
	*pages = new;
	return 0;
}

void lvs_pages_free(struct lvs_pages *pages)
{
	if (!pages)
		return;
	munmap(pages->map, pages->opts.most + HUGE_PAGE);
	pthread_mutex_destroy(&pages->lock);
	lvs_mem_free(&lvs_mem_default, pages, sizeof(*pages));
}

const struct lvs_allocator *lvs_pages_allocator(struct lvs_pages *pages)
{
	return &pages->mem;
}

/* How many pages should be ready and are not; none while tables are small. */
static size_t wanted(const struct lvs_pages *pages)
{
	size_t left = (pages->opts.most - pages->ready) / HUGE_PAGE;
	size_t ready = (pages->ready - pages->taken) / HUGE_PAGE;
	size_t want = pages->opts.ahead - ready;

	if (pages->ordinary < pages->opts.from / 2 ||
	    ready >= pages->opts.ahead)
		return 0;
	return want < left ? want : left;
}

bool lvs_pages_tend(struct lvs_pages *pages)
{
	volatile unsigned char *page;
	bool more;

	pthread_mutex_lock(&pages->lock);
	if (pages->tending || wanted(pages) == 0) {
		pthread_mutex_unlock(&pages->lock);
		return false;
	}
	pages->tending = true;
	page = pages->area + pages->ready;
	pthread_mutex_unlock(&pages->lock);

	/* The first write gets all of a huge page, or each its own small. */
	for (size_t at = 0; at < HUGE_PAGE; at += SMALL_PAGE)
		page[at] = 0;

	pthread_mutex_lock(&pages->lock);
	pages->ready += HUGE_PAGE;
	pages->tending = false;
	more = wanted(pages) > 0;
	pthread_mutex_unlock(&pages->lock);
	return more;
}
