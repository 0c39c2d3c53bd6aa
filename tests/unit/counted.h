/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * counted.h - an allocator that counts, and fails when told to.
 */
#ifndef LVS_TESTS_UNIT_COUNTED_H
#define LVS_TESTS_UNIT_COUNTED_H

#include "base/mem.h"

struct counted {
	struct lvs_allocator mem;
	size_t bytes;	  /* taken and not given back */
	uint64_t calls;	  /* of alloc */
	uint64_t fail_at; /* the call that fails, from 1; 0: none */
	bool fail_after;  /* and all after it */
};

static void *counted_alloc(void *ctx, size_t size)
{
	struct counted *counted = ctx;
	void *ptr;

	counted->calls++;
	if (counted->fail_at &&
	    (counted->calls == counted->fail_at ||
	     (counted->fail_after && counted->calls > counted->fail_at)))
		return NULL;
	ptr = lvs_mem_alloc(&lvs_mem_default, size);
	if (ptr)
		counted->bytes += size;
	return ptr;
}

static void counted_free(void *ctx, void *ptr, size_t size)
{
	struct counted *counted = ctx;

	counted->bytes -= size;
	lvs_mem_free(&lvs_mem_default, ptr, size);
}

static inline void counted_init(struct counted *counted)
{
	*counted = (struct counted){
		.mem = { counted_alloc, counted_free, counted },
	};
}

#endif
