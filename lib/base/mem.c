/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mem.c - the allocator used when the caller gives none, and regrowing.
 */
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/*
 * From here on memory comes as whole pages from the kernel: zero without our
 * writing to it, so that a large table costs what is used of it, and given
 * back when it is freed.
 */
#define PAGES_FROM ((size_t)64 << 10)

static void *libc_alloc(void *ctx, size_t size)
{
	void *ptr;

	(void)ctx;
	if (size >= PAGES_FROM) {
		ptr = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		return ptr == MAP_FAILED ? NULL : ptr;
	}
	if (size == 0 || size % 64 != 0)
		return calloc(1, size ? size : 1);
	ptr = aligned_alloc(64, size);
	return ptr ? memset(ptr, 0, size) : NULL;
}

static void libc_free(void *ctx, void *ptr, size_t size)
{
	(void)ctx;
	if (size >= PAGES_FROM)
		munmap(ptr, size);
	else
		free(ptr);
}

const struct lvs_allocator lvs_mem_default = { libc_alloc, libc_free, NULL };

void *lvs_mem_regrow(const struct lvs_allocator *mem, void *ptr,
		     size_t old_size, size_t size)
{
	void *bigger = lvs_mem_alloc(mem, size);

	if (!bigger)
		return NULL;
	if (ptr)
		memcpy(bigger, ptr, old_size);
	lvs_mem_free(mem, ptr, old_size);
	return bigger;
}
