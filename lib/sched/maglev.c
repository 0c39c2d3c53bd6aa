/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * maglev.c - filling a Maglev table, bit for bit as IPVS does.
 */
#include "sched/maglev.h"

#include "base/hash.h"
#include "base/mem.h"
#include "model/director.h"
#include <string.h>

/* A destination while the table is filled. */
struct filler {
	struct lvs_dest *dest;
	uint32_t slot; /* the next one it would like */
	uint32_t skip;
	uint32_t turns;
};

static const uint64_t key_slot[2] = { 2654435761u, 2654435761u };
static const uint64_t key_skip[2] = { 2654446892u, 2654446892u };

static uint32_t hash_word(const uint64_t key[2], uint32_t word)
{
	struct lvs_hash hash;

	lvs_hash_begin(&hash, key);
	/* The bytes of the word, and their number as SipHash ends with. */
	lvs_hash_add(&hash, word | (uint64_t)sizeof(word) << 56);
	return (uint32_t)lvs_hash_end(&hash);
}

uint32_t lvs_maglev_slot(const struct lvs_maglev *maglev, uint32_t word)
{
	return hash_word(key_slot, word) % maglev->size;
}

int lvs_maglev_init(struct lvs_maglev *maglev, struct lvs_service *svc,
		    uint32_t size, unsigned turns_bits)
{
	int err;

	maglev->size = size;
	maglev->turns_bits = turns_bits;
	maglev->slots =
		lvs_mem_array(&svc->dir->mem, size, sizeof(*maglev->slots));
	if (!maglev->slots)
		return LVS_ERR_NOMEM;
	err = lvs_maglev_rebuild(maglev, svc);
	if (err)
		lvs_maglev_fini(maglev, svc);
	return err;
}

void lvs_maglev_fini(struct lvs_maglev *maglev, struct lvs_service *svc)
{
	lvs_mem_free(&svc->dir->mem, maglev->slots,
		     maglev->size * sizeof(*maglev->slots));
	maglev->slots = NULL;
}

/* Of destinations, only what the service's own family has is hashed. */
static uint32_t fold_dest(const struct lvs_service *svc,
			  const struct lvs_dest *dest)
{
	if (svc->conf.id.addr.family == AF_INET)
		return ntohl(dest->conf.id.addr.ip.v4_be);
	return lvs_sched_fold(&dest->conf.id.addr);
}

static unsigned bits_of(uint32_t value)
{
	unsigned bits = 0;

	for (; value; value >>= 1)
		bits++;
	return bits;
}

/*
 * What turns are reckoned from: the weights' common divisor, and by how many
 * bits the greatest is too large then.
 */
static void measure(const struct lvs_maglev *maglev,
		    const struct lvs_service *svc, uint32_t *divisor,
		    unsigned *shift)
{
	uint32_t greatest = 0;
	unsigned bits;

	*divisor = 0;
	for (const struct lvs_dest *d = svc->first; d; d = d->next) {
		uint32_t weight = (uint32_t)d->last_weight;

		*divisor = lvs_sched_gcd(weight, *divisor);
		if (weight > greatest)
			greatest = weight;
	}
	if (!*divisor)
		*divisor = 1;
	bits = bits_of(greatest / *divisor);
	*shift = bits > maglev->turns_bits ? bits - maglev->turns_bits : 0;
}

static void prepare(const struct lvs_maglev *maglev,
		    const struct lvs_service *svc, struct filler *filler)
{
	uint32_t divisor;
	unsigned shift;

	measure(maglev, svc, &divisor, &shift);
	for (struct lvs_dest *d = svc->first; d; d = d->next, filler++) {
		uint32_t weight = (uint32_t)d->last_weight;
		uint32_t word = fold_dest(svc, d) + d->conf.id.port;
		uint32_t steps = maglev->size - 1;

		filler->dest = d;
		filler->slot = hash_word(key_slot, word) % maglev->size;
		filler->skip = hash_word(key_skip, word) % steps + 1;
		filler->turns = weight / divisor >> shift;
		if (weight && !filler->turns)
			filler->turns = 1;
	}
}

/*
 * Give FILLER its turns of a round; how many slots it took of at most MAX.
 * Near the end most of the slots it would like are taken, so which ones are is
 * read from a bit each in USED, which stays in the nearest cache.
 */
static uint32_t take(struct lvs_maglev *maglev, uint64_t *used,
		     struct filler *filler, uint32_t max)
{
	uint32_t slot = filler->slot, taken = 0;

	for (; taken < filler->turns && taken < max; taken++) {
		while (used[slot / 64] >> slot % 64 & 1) {
			slot += filler->skip;
			if (slot >= maglev->size)
				slot -= maglev->size;
		}
		used[slot / 64] |= UINT64_C(1) << slot % 64;
		maglev->slots[slot] = filler->dest;
	}
	filler->slot = slot;
	return taken;
}

static void fill(struct lvs_maglev *maglev, uint64_t *used,
		 struct filler *fillers, uint32_t count)
{
	uint32_t left = maglev->size;

	memset(maglev->slots, 0, maglev->size * sizeof(*maglev->slots));
	while (left) {
		uint32_t before = left;

		for (uint32_t i = 0; i < count; i++)
			left -= take(maglev, used, &fillers[i], left);
		if (left == before)
			return; /* nobody has turns */
	}
}

int lvs_maglev_rebuild(struct lvs_maglev *maglev, struct lvs_service *svc)
{
	const struct lvs_allocator *mem = &svc->dir->mem;
	uint32_t count = svc->num_dests;
	uint32_t words = (maglev->size + 63) / 64;
	struct filler *fillers;
	uint64_t *used;
	int err = LVS_ERR_NOMEM;

	if (count > maglev->size)
		return LVS_ERR_INVAL;
	/* One more than needed: no allocation is of nothing. */
	fillers = lvs_mem_array(mem, count + 1, sizeof(*fillers));
	used = lvs_mem_array(mem, words, sizeof(*used));
	if (fillers && used) {
		prepare(maglev, svc, fillers);
		fill(maglev, used, fillers, count);
		err = 0;
	}
	lvs_mem_free(mem, used, words * sizeof(*used));
	lvs_mem_free(mem, fillers, (count + 1) * sizeof(*fillers));
	return err;
}

static void forget(struct lvs_maglev *maglev, const struct lvs_dest *dest)
{
	for (uint32_t i = 0; i < maglev->size; i++)
		if (maglev->slots[i] == dest)
			maglev->slots[i] = NULL;
}

int lvs_maglev_changed(struct lvs_maglev *maglev, struct lvs_service *svc,
		       const struct lvs_dest *dest, enum lvs_dest_event event)
{
	int err = lvs_maglev_rebuild(maglev, svc);

	if (err && event == LVS_DEST_REMOVED)
		forget(maglev, dest);
	return err == LVS_ERR_INVAL ? 0 : err;
}
