/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slab.c - records of one size: which are free, and where chunks come from.
 *
 * Chunks with a free record are in a list; the first of them is filled from
 * its lowest free record upwards.  So records in use stay close together, and
 * after a peak whole chunks become free.
 */
#include "base/slab.h"

#include "base/mem.h"

#include <assert.h>
#include <string.h>

#define FIRST_ROOM    16u
#define CHUNK_RECORDS (1u << LVS_SLAB_SHIFT)
#define CHUNK_WORDS   (CHUNK_RECORDS / 64)

struct lvs_slab_use {
	uint32_t next, prev; /* chunks with a free record */
	uint32_t live;
	uint32_t hint;		    /* no word of used[] before this has a 0 */
	uint64_t used[CHUNK_WORDS]; /* a bit per record */
};

static size_t chunk_bytes(const struct lvs_slab *slab)
{
	return (size_t)slab->size << LVS_SLAB_SHIFT;
}

void lvs_slab_init(struct lvs_slab *slab, const struct lvs_allocator *mem,
		   uint32_t size)
{
	memset(slab, 0, sizeof(*slab));
	slab->mem = *mem;
	slab->size = size;
	slab->first = LVS_SLAB_NONE;
}

static void *take(struct lvs_slab *slab, size_t bytes)
{
	void *ptr = lvs_mem_alloc(&slab->mem, bytes);

	if (ptr)
		slab->bytes += bytes;
	return ptr;
}

static void give(struct lvs_slab *slab, void *ptr, size_t bytes)
{
	if (ptr)
		slab->bytes -= bytes;
	lvs_mem_free(&slab->mem, ptr, bytes);
}

static void give_chunk(struct lvs_slab *slab, uint32_t number)
{
	give(slab, slab->chunks[number], chunk_bytes(slab));
	give(slab, slab->uses[number], sizeof(**slab->uses));
	slab->chunks[number] = NULL;
	slab->uses[number] = NULL;
}

void lvs_slab_fini(struct lvs_slab *slab)
{
	for (uint32_t i = 0; i < slab->count; i++)
		give_chunk(slab, i);
	give(slab, slab->chunks, slab->room * sizeof(*slab->chunks));
	give(slab, slab->uses, slab->room * sizeof(*slab->uses));
}

static void list_push(struct lvs_slab *slab, uint32_t number)
{
	struct lvs_slab_use *use = slab->uses[number];

	use->prev = LVS_SLAB_NONE;
	use->next = slab->first;
	if (use->next != LVS_SLAB_NONE)
		slab->uses[use->next]->prev = number;
	slab->first = number;
}

static void list_remove(struct lvs_slab *slab, uint32_t number)
{
	const struct lvs_slab_use *use = slab->uses[number];

	if (use->prev != LVS_SLAB_NONE)
		slab->uses[use->prev]->next = use->next;
	else
		slab->first = use->next;
	if (use->next != LVS_SLAB_NONE)
		slab->uses[use->next]->prev = use->prev;
}

/* Twice as many chunk numbers. */
static bool widen(struct lvs_slab *slab)
{
	uint32_t room = slab->room ? 2 * slab->room : FIRST_ROOM;
	size_t old_bytes = slab->room * sizeof(void *);
	size_t bytes = room * sizeof(void *);
	void *chunks = take(slab, bytes);
	void *uses = take(slab, bytes);

	if (!chunks || !uses) {
		give(slab, chunks, bytes);
		give(slab, uses, bytes);
		return false;
	}
	if (slab->room) {
		memcpy(chunks, slab->chunks, old_bytes);
		memcpy(uses, slab->uses, old_bytes);
	}
	give(slab, slab->chunks, old_bytes);
	give(slab, slab->uses, old_bytes);
	slab->chunks = chunks;
	slab->uses = uses;
	slab->room = room;
	return true;
}

/* A chunk number that is free, or LVS_SLAB_NONE. */
static uint32_t free_number(struct lvs_slab *slab)
{
	for (uint32_t i = 0; slab->holes && i < slab->count; i++) {
		if (!slab->chunks[i])
			return i;
	}
	if (slab->count == LVS_SLAB_MAX >> LVS_SLAB_SHIFT)
		return LVS_SLAB_NONE;
	if (slab->count == slab->room && !widen(slab))
		return LVS_SLAB_NONE;
	return slab->count;
}

static bool add_chunk(struct lvs_slab *slab)
{
	uint32_t number = free_number(slab);

	if (number == LVS_SLAB_NONE)
		return false;
	slab->chunks[number] = take(slab, chunk_bytes(slab));
	slab->uses[number] = take(slab, sizeof(**slab->uses));
	if (!slab->chunks[number] || !slab->uses[number]) {
		give_chunk(slab, number);
		return false;
	}
	if (number == slab->count)
		slab->count++;
	else
		slab->holes--;
	list_push(slab, number);
	return true;
}

/* Records that are free. */
static uint64_t num_free(const struct lvs_slab *slab)
{
	uint64_t chunks = slab->count - slab->holes;

	return chunks * CHUNK_RECORDS - slab->live;
}

bool lvs_slab_reserve(struct lvs_slab *slab, uint32_t count)
{
	return num_free(slab) >= count || add_chunk(slab);
}

uint32_t lvs_slab_alloc(struct lvs_slab *slab)
{
	struct lvs_slab_use *use;
	uint32_t number, bit, index;

	if (slab->first == LVS_SLAB_NONE && !add_chunk(slab))
		return LVS_SLAB_NONE;
	number = slab->first;
	use = slab->uses[number];
	while (use->used[use->hint] == UINT64_MAX)
		use->hint++;
	bit = (uint32_t)__builtin_ctzll(~use->used[use->hint]);
	use->used[use->hint] |= UINT64_C(1) << bit;
	if (++use->live == CHUNK_RECORDS)
		list_remove(slab, number);
	slab->live++;
	index = (number << LVS_SLAB_SHIFT) + use->hint * 64 + bit;
	memset(lvs_slab_at(slab, index), 0, slab->size);
	return index;
}

/* Are there a chunk's worth of free records without this empty chunk? */
static bool dispensable(const struct lvs_slab *slab)
{
	return num_free(slab) >= 2 * CHUNK_RECORDS;
}

void lvs_slab_free(struct lvs_slab *slab, uint32_t index)
{
	uint32_t number = index >> LVS_SLAB_SHIFT;
	uint32_t in_chunk = index % CHUNK_RECORDS;
	struct lvs_slab_use *use = slab->uses[number];

	assert(use->used[in_chunk / 64] >> in_chunk % 64 & 1);
	use->used[in_chunk / 64] &= ~(UINT64_C(1) << in_chunk % 64);
	if (use->hint > in_chunk / 64)
		use->hint = in_chunk / 64;
	slab->live--;
	if (use->live-- == CHUNK_RECORDS)
		list_push(slab, number);
	if (use->live == 0 && dispensable(slab)) {
		list_remove(slab, number);
		give_chunk(slab, number);
		slab->holes++;
	}
}

uint32_t lvs_slab_next(const struct lvs_slab *slab, uint32_t from)
{
	uint64_t mask = UINT64_MAX << from % 64; /* of the first word only */
	uint32_t word = from % CHUNK_RECORDS / 64;

	for (uint32_t i = from >> LVS_SLAB_SHIFT; i < slab->count; i++) {
		const struct lvs_slab_use *use = slab->uses[i];

		for (; use && use->live && word < CHUNK_WORDS; word++) {
			uint64_t used = use->used[word] & mask;

			mask = UINT64_MAX;
			if (used)
				return (i << LVS_SLAB_SHIFT) + word * 64 +
				       (uint32_t)__builtin_ctzll(used);
		}
		mask = UINT64_MAX;
		word = 0;
	}
	return LVS_SLAB_NONE;
}
