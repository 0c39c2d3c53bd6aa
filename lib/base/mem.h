/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mem.h - memory through the caller's allocator.
 */
#ifndef LVS_BASE_MEM_H
#define LVS_BASE_MEM_H

#include <lvs/base.h>

/* malloc(3), aligned to 64 bytes where the size is a multiple of 64. */
extern const struct lvs_allocator lvs_mem_default;

/* SIZE zeroed bytes, or NULL. */
static inline void *lvs_mem_alloc(const struct lvs_allocator *mem, size_t size)
{
	return mem->alloc(mem->ctx, size);
}

/* COUNT zeroed elements of SIZE bytes; NULL also if the product overflows. */
static inline void *lvs_mem_array(const struct lvs_allocator *mem, size_t count,
				  size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	return mem->alloc(mem->ctx, bytes);
}

/*
 * PTR (NULL: nothing) moved to SIZE bytes, of which those after the first
 * OLD_SIZE are zero.  NULL: no memory, and PTR is as before.
 */
void *lvs_mem_regrow(const struct lvs_allocator *mem, void *ptr,
		     size_t old_size, size_t size);

/* PTR may be NULL. */
static inline void lvs_mem_free(const struct lvs_allocator *mem, void *ptr,
				size_t size)
{
	if (ptr)
		mem->free(mem->ctx, ptr, size);
}

#endif
