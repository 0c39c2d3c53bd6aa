/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * maglev.c - a Maglev table as a scheduler's state, and the filling of one.
 *
 * Who has which turns is maglev_turns.c's.
 */
#include "sched/maglev_turns.h"

#include "base/hash.h"
#include "base/mem.h"
#include "model/director.h"

/* At most so many free slots are listed. */
#define TAIL_MAX 1024u

static const uint64_t key_slot[2] = { 2654435761u, 2654435761u };

uint32_t lvs_maglev_slot(const struct lvs_maglev *maglev, uint32_t word)
{
	return lvs_maglev_hash(key_slot, word) % maglev->size;
}

/* A table while it is filled. */
struct filling {
	struct lvs_dest **slots;
	uint64_t *used; /* a bit for each slot, to stay in the nearest cache */
	uint32_t size;
	uint32_t left;		 /* slots that are nobody's */
	uint32_t tail;		 /* as soon as so few are left ... */
	uint32_t free[TAIL_MAX]; /* ... these are they */
};

static void give(struct filling *fill, struct lvs_maglev_filler *filler,
		 uint32_t slot)
{
	fill->used[slot / 64] |= UINT64_C(1) << slot % 64;
	fill->slots[slot] = filler->dest;
	filler->slot = slot;
	fill->left--;
}

/* The first free slot in the order of FILLER: one after the other is tried. */
static void walk(struct filling *fill, struct lvs_maglev_filler *filler)
{
	uint32_t slot = filler->slot;

	while (fill->used[slot / 64] >> slot % 64 & 1) {
		slot += filler->skip;
		if (slot >= fill->size)
			slot -= fill->size;
	}
	give(fill, filler, slot);
}

/* The number whose product with VALUE is 1 modulo SIZE, a prime (Euclid). */
static uint64_t inverse(uint32_t value, uint32_t size)
{
	int64_t a = size, b = value, x = 0, y = 1;

	while (b) {
		int64_t quotient = a / b, rest = a % b, z = x - quotient * y;

		a = b;
		b = rest;
		x = y;
		y = z;
	}
	return (uint64_t)(x < 0 ? x + size : x);
}

/*
 * The same when few are free, and a walk would be long: of each it is reckoned
 * how many steps away it is.
 */
static void leap(struct filling *fill, struct lvs_maglev_filler *filler)
{
	uint64_t per_slot = inverse(filler->skip, fill->size);
	uint64_t least = UINT64_MAX;
	uint32_t nearest = 0, slot;

	for (uint32_t i = 0; i < fill->left; i++) {
		uint64_t ahead =
			(uint64_t)fill->free[i] + fill->size - filler->slot;
		uint64_t steps = ahead * per_slot % fill->size;

		if (steps < least) {
			least = steps;
			nearest = i;
		}
	}
	slot = fill->free[nearest];
	fill->free[nearest] = fill->free[fill->left - 1];
	give(fill, filler, slot);
}

static void list_free(struct filling *fill)
{
	uint32_t count = 0;

	for (uint32_t slot = 0; slot < fill->size; slot++)
		if (!(fill->used[slot / 64] >> slot % 64 & 1))
			fill->free[count++] = slot;
}

static void take(struct filling *fill, struct lvs_maglev_filler *filler)
{
	if (fill->left <= fill->tail) {
		leap(fill, filler);
		return;
	}
	walk(fill, filler);
	if (fill->left == fill->tail)
		list_free(fill);
}

/* Round after round, until no slot is left. */
static void fill_table(struct filling *fill, struct lvs_maglev_filler *fillers,
		       size_t count)
{
	/* Walks of size / left slots, leaps over all that are left. */
	while (fill->tail < TAIL_MAX &&
	       (fill->tail + 1) * (fill->tail + 1) < fill->size)
		fill->tail++;
	while (fill->left) {
		for (size_t i = 0; i < count; i++) {
			struct lvs_maglev_filler *f = &fillers[i];
			uint64_t due = f->credit + f->step;

			f->credit = (uint32_t)due;
			for (due >>= 32; due && fill->left; due--)
				take(fill, f);
		}
	}
}

/* SLOTS, which are nobody's, for the members of PLAN. */
static int build(const struct lvs_service *svc,
		 const struct lvs_sched_plan *plan, enum lvs_maglev_way way,
		 struct lvs_dest **slots, uint32_t size)
{
	const struct lvs_allocator *mem = &svc->dir->mem;
	struct filling fill = { .slots = slots, .size = size, .left = size };
	size_t words = (size + 63) / 64;
	struct lvs_maglev_filler *fillers;
	int err = LVS_ERR_NOMEM;

	/* One more than needed: no allocation is of nothing. */
	fillers = lvs_mem_array(mem, plan->count + 1, sizeof(*fillers));
	fill.used = lvs_mem_array(mem, words, sizeof(*fill.used));
	if (fillers && fill.used) {
		if (lvs_maglev_turns(fillers, plan, way, size))
			fill_table(&fill, fillers, plan->count);
		err = 0;
	}
	lvs_mem_free(mem, fill.used, words * sizeof(*fill.used));
	lvs_mem_free(mem, fillers, (plan->count + 1) * sizeof(*fillers));
	return err;
}

int lvs_maglev_prepare(struct lvs_service *svc, struct lvs_maglev *maglev,
		       const struct lvs_sched_plan *plan, uint32_t size,
		       enum lvs_maglev_way way)
{
	if (plan->conf->table_size)
		size = plan->conf->table_size;
	if (plan->count > size)
		return maglev->slots ? 0 : LVS_ERR_INVAL;
	maglev->spare =
		lvs_mem_array(&svc->dir->mem, size, sizeof(*maglev->spare));
	if (!maglev->spare)
		return LVS_ERR_NOMEM;
	/* A table in use has this size already. */
	if (!maglev->slots)
		maglev->size = size;
	return build(svc, plan, way, maglev->spare, size);
}

static void exchange(struct lvs_maglev *maglev)
{
	struct lvs_dest **slots = maglev->slots;

	maglev->slots = maglev->spare;
	maglev->spare = slots;
}

int lvs_maglev_bind(struct lvs_service *svc)
{
	exchange(svc->sched_state);
	return 0;
}

void lvs_maglev_unbind(struct lvs_service *svc)
{
	exchange(svc->sched_state);
}

static void forget(struct lvs_maglev *maglev, const struct lvs_dest *dest)
{
	for (uint32_t i = 0; i < maglev->size; i++)
		if (maglev->slots[i] == dest)
			maglev->slots[i] = NULL;
}

/* Without memory for a new table, a removed one still has to be out of it. */
int lvs_maglev_changed(struct lvs_service *svc, struct lvs_dest *dest,
		       enum lvs_dest_event event)
{
	struct lvs_maglev *maglev = svc->sched_state;

	if (maglev->spare)
		exchange(maglev);
	else if (event == LVS_DEST_REMOVED)
		forget(maglev, dest);
	return 0;
}

void lvs_maglev_settle(struct lvs_service *svc, void *state)
{
	struct lvs_maglev *maglev = state;

	lvs_mem_free(&svc->dir->mem, maglev->spare,
		     maglev->size * sizeof(*maglev->spare));
	maglev->spare = NULL;
}
