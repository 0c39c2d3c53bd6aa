/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mem.c - the allocator used when the caller gives none: the C library's.
 */
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static void *libc_alloc(void *ctx, size_t size)
{
	void *ptr;

	(void)ctx;
	if (size == 0 || size % 64 != 0)
		return calloc(1, size ? size : 1);
	ptr = aligned_alloc(64, size);
	return ptr ? memset(ptr, 0, size) : NULL;
}

static void libc_free(void *ctx, void *ptr, size_t size)
{
	(void)ctx;
	(void)size;
	free(ptr);
}

const struct lvs_allocator lvs_mem_default = { libc_alloc, libc_free, NULL };
