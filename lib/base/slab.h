/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slab.h - records of one size, each known by a 32-bit index.
 *
 * Records lie in chunks of 2048 and never move; half of a pointer's size
 * names one.  A bitmap per chunk says which are in use, so a walk in index
 * order passes over what is free without touching it.  A chunk that is empty
 * goes back to the allocator as long as another chunk's worth of free records
 * remains.  Not for several threads at once.
 */
#ifndef LVS_BASE_SLAB_H
#define LVS_BASE_SLAB_H

#include <lvs/base.h>

/* No record: what an allocation that failed gives. */
#define LVS_SLAB_NONE UINT32_MAX
/* Indices are below this; users may mark the two bits above. */
#define LVS_SLAB_MAX (1u << 30)

/* log2 of the records in a chunk. */
#define LVS_SLAB_SHIFT 11u

struct lvs_slab_use;

struct lvs_slab {
	unsigned char **chunks;	    /* by chunk number; NULL: given back */
	struct lvs_slab_use **uses; /* same */
	struct lvs_allocator mem;
	uint32_t size;	/* of a record */
	uint32_t room;	/* elements of chunks[] and uses[] */
	uint32_t count; /* of them ever used */
	uint32_t holes; /* of those, given back */
	uint32_t first; /* chunk with a free record, or LVS_SLAB_NONE */
	uint32_t live;	/* records in use */
	size_t bytes;	/* taken from the allocator */
};

/*
 * An empty slab of records of SIZE bytes (aligned as SIZE is, to 64 at most).
 * MEM is copied; nothing is allocated yet.
 */
void lvs_slab_init(struct lvs_slab *slab, const struct lvs_allocator *mem,
		   uint32_t size);
/* Frees every record. */
void lvs_slab_fini(struct lvs_slab *slab);

/* The next COUNT (a chunk's at most) records are there; false: no memory. */
bool lvs_slab_reserve(struct lvs_slab *slab, uint32_t count);
/* A zeroed record, or LVS_SLAB_NONE: no memory, or no index is left. */
uint32_t lvs_slab_alloc(struct lvs_slab *slab);
void lvs_slab_free(struct lvs_slab *slab, uint32_t index);

/* The first record in use whose index is at least FROM, or LVS_SLAB_NONE. */
uint32_t lvs_slab_next(const struct lvs_slab *slab, uint32_t from);

static inline void *lvs_slab_at(const struct lvs_slab *slab, uint32_t index)
{
	uint32_t in_chunk = index % (1u << LVS_SLAB_SHIFT);

	return slab->chunks[index >> LVS_SLAB_SHIFT] +
	       (size_t)in_chunk * slab->size;
}

#endif
