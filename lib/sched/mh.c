/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mh.c - Maglev hashing (Eisenbud and others, NSDI 2016).
 *
 * All connections of one client go to one destination, and few clients move
 * when destinations come or go.  Each destination has its own order in which
 * it would like the table's slots; in turns, as many a round as its weight
 * says, each takes the first one still free.
 *
 * The hash is not secret: directors side by side must choose alike.  Slots go
 * by the last weight that was not 0, so quiescing a destination moves nobody
 * else; its own clients are refused without mh-fallback.
 */
#include "sched/sched.h"

#include "base/hash.h"
#include "base/mem.h"
#include "model/director.h"
#include <string.h>

#define MH_SIZE	      4093 /* a prime: every step reaches every slot */
#define MH_TURNS_BITS 6	   /* a round gives one destination at most 2^6 */

struct mh {
	struct lvs_dest *table[MH_SIZE]; /* NULL: nobody's */
};

/* A destination while the table is filled. */
struct filler {
	struct lvs_dest *dest;
	uint32_t slot; /* the next one it would like */
	uint32_t skip;
	uint32_t turns;
};

static const uint64_t key_slot[2] = { 2654435761u, 2654435761u };
static const uint64_t key_skip[2] = { 2654446892u, 2654446892u };

static uint32_t mh_hash(const uint64_t key[2], uint32_t word)
{
	struct lvs_hash hash;

	lvs_hash_begin(&hash, key);
	/* The bytes of the word, and their number as SipHash ends with. */
	lvs_hash_add(&hash, word | (uint64_t)sizeof(word) << 56);
	return (uint32_t)lvs_hash_end(&hash);
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

/* Turns are weights divided by what they have in common, to MH_TURNS_BITS. */
static void prepare(const struct lvs_service *svc, struct filler *fillers)
{
	uint32_t divisor = 0, greatest = 0;
	unsigned bits, shift;

	for (const struct lvs_dest *d = svc->first; d; d = d->next) {
		uint32_t weight = (uint32_t)d->last_weight;

		divisor = lvs_sched_gcd(weight, divisor);
		if (weight > greatest)
			greatest = weight;
	}
	if (!divisor)
		divisor = 1;
	bits = bits_of(greatest / divisor);
	shift = bits > MH_TURNS_BITS ? bits - MH_TURNS_BITS : 0;
	for (struct lvs_dest *d = svc->first; d; d = d->next, fillers++) {
		uint32_t weight = (uint32_t)d->last_weight;
		uint32_t word = fold_dest(svc, d) + d->conf.id.port;

		fillers->dest = d;
		fillers->slot = mh_hash(key_slot, word) % MH_SIZE;
		fillers->skip = mh_hash(key_skip, word) % (MH_SIZE - 1) + 1;
		fillers->turns = weight / divisor >> shift;
		if (weight && !fillers->turns)
			fillers->turns = 1;
	}
}

/* Give FILLER its turns of a round; how many slots it took of at most MAX. */
static uint32_t take(struct mh *mh, struct filler *filler, uint32_t max)
{
	uint32_t taken = 0;

	for (; taken < filler->turns && taken < max; taken++) {
		while (mh->table[filler->slot])
			filler->slot = (filler->slot + filler->skip) % MH_SIZE;
		mh->table[filler->slot] = filler->dest;
	}
	return taken;
}

static void fill(struct mh *mh, struct filler *fillers, uint32_t count)
{
	uint32_t left = MH_SIZE;

	while (left) {
		uint32_t before = left;

		for (uint32_t i = 0; i < count; i++)
			left -= take(mh, &fillers[i], left);
		if (left == before)
			return; /* nobody has turns */
	}
}

static int rebuild(struct lvs_service *svc)
{
	const struct lvs_allocator *mem = &svc->dir->mem;
	uint32_t count = svc->num_dests;
	struct mh *mh = svc->sched_state;
	struct filler *fillers;

	if (count > MH_SIZE)
		return LVS_ERR_INVAL;
	if (!count) {
		memset(mh->table, 0, sizeof(mh->table));
		return 0;
	}
	fillers = lvs_mem_array(mem, count, sizeof(*fillers));
	if (!fillers)
		return LVS_ERR_NOMEM;
	prepare(svc, fillers);
	memset(mh->table, 0, sizeof(mh->table));
	fill(mh, fillers, count);
	lvs_mem_free(mem, fillers, count * sizeof(*fillers));
	return 0;
}

static void forget(struct mh *mh, const struct lvs_dest *dest)
{
	for (uint32_t i = 0; i < MH_SIZE; i++)
		if (mh->table[i] == dest)
			mh->table[i] = NULL;
}

/*
 * More destinations than slots: the ones too many are added all the same, as
 * with IPVS, and get no client.
 */
static int mh_changed(struct lvs_service *svc, struct lvs_dest *dest,
		      enum lvs_dest_event event)
{
	int err = rebuild(svc);

	if (err && event == LVS_DEST_REMOVED)
		forget(svc->sched_state, dest);
	return err == LVS_ERR_INVAL ? 0 : err;
}

static struct lvs_dest *fall_back(const struct mh *mh, uint32_t word,
				  uint32_t first)
{
	for (uint32_t i = 0; i < MH_SIZE; i++) {
		uint32_t offset = (i + first) % MH_SIZE;
		uint32_t slot = mh_hash(key_slot, offset + word) % MH_SIZE;
		struct lvs_dest *dest = mh->table[slot];

		if (!dest || lvs_dest_eligible(dest))
			return dest;
	}
	return NULL;
}

static struct lvs_dest *mh_pick(struct lvs_service *svc,
				const struct lvs_sched_flow *flow)
{
	const struct mh *mh = svc->sched_state;
	uint32_t flags = svc->conf.flags;
	uint32_t port = flags & LVS_SCHED_PORT ? flow->client_port : 0;
	uint32_t word = port + lvs_sched_fold(&flow->client);
	uint32_t slot = mh_hash(key_slot, word) % MH_SIZE;
	struct lvs_dest *dest = mh->table[slot];

	if (!dest || lvs_dest_eligible(dest))
		return dest;
	return flags & LVS_SCHED_FALLBACK ? fall_back(mh, word, slot) : NULL;
}

const struct lvs_scheduler lvs_sched_mh = {
	.name = "mh",
	.summary = "Maglev hashing",
	.state_size = sizeof(struct mh),
	.bind = rebuild,
	.changed = mh_changed,
	.pick = mh_pick,
};
