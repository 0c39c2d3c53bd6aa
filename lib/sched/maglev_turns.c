/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * maglev_turns.c - turns at a Maglev table, as IPVS gives them and our way.
 *
 * IPVS divides the weights by their common divisor and gives each destination
 * that many turns in a round.  So a weight of 101 among many of 100 makes
 * rounds a hundred times as long, and nearly all slots change hands.
 *
 * Ours is a clock for each destination: its turns are 1 / weight apart, and
 * the first one is where a hash of its address says.  A round is a stretch of
 * that time, the same for all.  A change of one weight moves the turns of that
 * destination and of no other.
 */
#include "sched/maglev_turns.h"

#include "base/hash.h"
#include <netinet/in.h>
#include <stdlib.h>

static const uint64_t key_slot[2] = { 2654435761u, 2654435761u };
static const uint64_t key_skip[2] = { 2654446892u, 2654446892u };

uint32_t lvs_maglev_hash(const uint64_t key[2], uint32_t word)
{
	struct lvs_hash hash;

	lvs_hash_begin(&hash, key);
	/* The bytes of the word, and their number as SipHash ends with. */
	lvs_hash_add(&hash, word | (uint64_t)sizeof(word) << 56);
	return (uint32_t)lvs_hash_end(&hash);
}

static unsigned bits_of(uint64_t value)
{
	unsigned bits = 0;

	for (; value; value >>= 1)
		bits++;
	return bits;
}

/* ---- as IPVS ---------------------------------------------------------------
 */

/* Of destinations, only what the service's own family has is hashed. */
static uint32_t word_of(const struct lvs_service_conf *conf,
			const struct lvs_dest *dest)
{
	const struct lvs_addr *addr = &dest->conf.id.addr;
	uint32_t fold = conf->id.addr.family == AF_INET ? ntohl(addr->ip.v4_be)
							: lvs_sched_fold(addr);

	return fold + dest->conf.id.port;
}

/* How far weights divided by *DIVISOR are shifted: turns stay below a limit. */
static unsigned measure(const struct lvs_sched_plan *plan, uint32_t size,
			uint32_t *divisor)
{
	unsigned bits_max = bits_of(size) / 2;
	uint32_t greatest = 0;
	unsigned bits;

	*divisor = 0;
	for (size_t i = 0; i < plan->count; i++) {
		uint32_t weight = (uint32_t)plan->members[i].last_weight;

		*divisor = lvs_sched_gcd(weight, *divisor);
		if (weight > greatest)
			greatest = weight;
	}
	if (!*divisor)
		*divisor = 1;
	bits = bits_of(greatest / *divisor);
	return bits > bits_max ? bits - bits_max : 0;
}

static void as_ipvs(struct lvs_maglev_filler *filler,
		    const struct lvs_sched_plan *plan, uint32_t size)
{
	uint32_t divisor;
	unsigned shift = measure(plan, size, &divisor);

	for (size_t i = 0; i < plan->count; i++, filler++) {
		struct lvs_dest *dest = plan->members[i].dest;
		uint32_t weight = (uint32_t)plan->members[i].last_weight;
		uint32_t word = word_of(plan->conf, dest);
		uint32_t turns = weight / divisor >> shift;

		if (weight && !turns)
			turns = 1;
		*filler = (struct lvs_maglev_filler){
			.dest = dest,
			.slot = lvs_maglev_hash(key_slot, word) % size,
			.skip = lvs_maglev_hash(key_skip, word) % (size - 1) +
				1,
			.step = (uint64_t)turns << 32,
		};
	}
}

/* ---- steady ----------------------------------------------------------------
 */

static uint64_t hash_dest(const uint64_t key[2], const struct lvs_dest *dest)
{
	const struct lvs_dest_id *id = &dest->conf.id;
	struct lvs_hash hash;

	lvs_hash_begin(&hash, key);
	lvs_hash_add(&hash, ntohl(id->addr.ip.w_be[0]));
	lvs_hash_add(&hash, ntohl(id->addr.ip.w_be[1]));
	lvs_hash_add(&hash, ntohl(id->addr.ip.w_be[2]));
	lvs_hash_add(&hash, ntohl(id->addr.ip.w_be[3]));
	lvs_hash_add(&hash, (uint64_t)id->addr.family << 16 | id->port);
	return lvs_hash_end(&hash);
}

/*
 * A round is a power of two of time in which an average weight has one to two
 * turns: shorter ones cost more, in longer ones the order is coarse.
 */
static unsigned round_bits(const struct lvs_sched_plan *plan)
{
	uint64_t sum = 0, count = 0;

	for (size_t i = 0; i < plan->count; i++) {
		sum += (uint32_t)plan->members[i].last_weight;
		count += plan->members[i].last_weight > 0;
	}
	return count ? bits_of(sum / count) - 1 : 0;
}

static int by_start(const void *left, const void *right)
{
	const struct lvs_maglev_filler *a = left, *b = right;

	if (a->slot != b->slot)
		return a->slot < b->slot ? -1 : 1;
	return a->skip < b->skip ? -1 : a->skip > b->skip;
}

static void steady(struct lvs_maglev_filler *fillers,
		   const struct lvs_sched_plan *plan, uint32_t size)
{
	unsigned shift = round_bits(plan);

	for (size_t i = 0; i < plan->count; i++) {
		struct lvs_dest *dest = plan->members[i].dest;
		uint32_t weight = (uint32_t)plan->members[i].last_weight;
		uint64_t order = hash_dest(key_slot, dest);

		fillers[i] = (struct lvs_maglev_filler){
			.dest = dest,
			.slot = (uint32_t)order % size,
			.skip = (uint32_t)(order >> 32) % (size - 1) + 1,
			.step = (uint64_t)weight << 32 >> shift,
			.credit = (uint32_t)hash_dest(key_skip, dest),
		};
	}
	qsort(fillers, plan->count, sizeof(*fillers), by_start);
}

bool lvs_maglev_turns(struct lvs_maglev_filler *fillers,
		      const struct lvs_sched_plan *plan,
		      enum lvs_maglev_way way, uint32_t size)
{
	bool any = false;

	if (way == LVS_MAGLEV_IPVS)
		as_ipvs(fillers, plan, size);
	else
		steady(fillers, plan, size);
	for (size_t i = 0; i < plan->count; i++)
		any |= fillers[i].step != 0;
	return any;
}
