/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flows.c - the table of lvs/fast.h: finding, writing, counting, leaving.
 *
 * A program reads the version of a flow, then the flow, then its version again.
 * So the version is odd before the first of the other words is written, and
 * even after the last one: each word is stored with release, which on most
 * machines costs nothing, and needs no fence that a sanitizer would not know.
 */
#include "engine/flows.h"

#include "base/mem.h"
#include <string.h>

#define WORDS (sizeof(struct lvs_fast_flow) / sizeof(uint64_t))

typedef uint64_t __attribute__((may_alias)) word;

/* Version and generation; they are written by themselves. */
#define VERSION_WORD (offsetof(struct lvs_fast_flow, version) / 8)

#define BUCKETS_MAX (1u << 28)

_Static_assert(sizeof(struct lvs_fast_flow) == 192, "three cache lines");
_Static_assert(offsetof(struct lvs_fast_flow, used) == 64, "the second");
_Static_assert(offsetof(struct lvs_fast_flow, version) % 8 == 0, "a word");

static bool fits(const struct lvs_fast_table *table)
{
	uint32_t n = table->buckets;

	return table->state && table->flows && n && n <= BUCKETS_MAX &&
	       !(n & (n - 1)) && (uintptr_t)table->flows % 64 == 0;
}

int lvs_flows_init(struct lvs_flows *flows, const struct lvs_fast_table *table,
		   uint64_t seed, const struct lvs_allocator *mem)
{
	size_t size;

	if (!table)
		return 0;
	if (!fits(table))
		return LVS_ERR_INVAL;
	size = (size_t)table->buckets * LVS_FAST_WAYS;
	flows->places = lvs_mem_array(mem, size, sizeof(*flows->places));
	if (!flows->places)
		return LVS_ERR_NOMEM;
	flows->state = table->state;
	flows->flows = table->flows;
	flows->num_buckets = table->buckets;
	flows->generation = table->state->generation;
	if (!table->state->seed)
		__atomic_store_n(&table->state->seed, seed ? seed : 1,
				 __ATOMIC_RELAXED);
	lvs_flows_move_on(flows);
	flows->moved = false; /* for nobody */
	return 0;
}

void lvs_flows_fini(struct lvs_flows *flows, const struct lvs_allocator *mem)
{
	size_t size = (size_t)flows->num_buckets * LVS_FAST_WAYS;

	if (!flows->state)
		return;
	lvs_flows_move_on(flows);
	lvs_mem_free(mem, flows->places, size * sizeof(*flows->places));
	lvs_mem_free(mem, flows->heads,
		     flows->num_heads * sizeof(*flows->heads));
	flows->state = NULL;
}

void lvs_flows_move_on(struct lvs_flows *flows)
{
	flows->generation++;
	flows->moved = true;
	__atomic_store_n(&flows->state->generation, flows->generation,
			 __ATOMIC_RELEASE);
}

static struct lvs_fast_flow *bucket_of(const struct lvs_flows *flows,
				       const struct lvs_fast_key *key)
{
	uint32_t hash = lvs_fast_hash(key, flows->state->seed);

	return flows->flows +
	       (size_t)(hash & (flows->num_buckets - 1)) * LVS_FAST_WAYS;
}

static bool is_for(const struct lvs_fast_flow *place,
		   const struct lvs_fast_key *key)
{
	return lvs_flows_has(place) &&
	       memcmp(&place->key, key, sizeof(*key)) == 0;
}

struct lvs_fast_flow *lvs_flows_find(const struct lvs_flows *flows,
				     const struct lvs_fast_key *key)
{
	struct lvs_fast_flow *bucket = bucket_of(flows, key);

	for (unsigned i = 0; i < LVS_FAST_WAYS; i++)
		if (is_for(&bucket[i], key))
			return &bucket[i];
	return NULL;
}

static uint64_t used(const struct lvs_fast_flow *flow)
{
	return __atomic_load_n(&flow->used, __ATOMIC_RELAXED);
}

/* How much a place is worth to somebody else: the less, the sooner it goes. */
static uint64_t worth(const struct lvs_flows *flows,
		      const struct lvs_fast_flow *place)
{
	if (!lvs_flows_has(place) || place->generation != flows->generation)
		return 0;
	return used(place);
}

struct lvs_fast_flow *lvs_flows_room(const struct lvs_flows *flows,
				     const struct lvs_fast_key *key,
				     uint64_t unused)
{
	struct lvs_fast_flow *bucket = bucket_of(flows, key), *least = bucket;

	for (unsigned i = 0; i < LVS_FAST_WAYS; i++) {
		if (is_for(&bucket[i], key))
			return &bucket[i];
		if (worth(flows, &bucket[i]) < worth(flows, least))
			least = &bucket[i];
	}
	if (worth(flows, least) == 0 || worth(flows, least) < unused)
		return least;
	return NULL;
}

/* ---- lists ---------------------------------------------------------------
 */

static uint32_t place_of(const struct lvs_flows *flows,
			 const struct lvs_fast_flow *flow)
{
	return (uint32_t)(flow - flows->flows);
}

/* By place + 1, as it stands in lists; 0: NULL. */
static struct lvs_fast_flow *flow_at(const struct lvs_flows *flows,
				     uint64_t link)
{
	return link ? &flows->flows[link - 1] : NULL;
}

static bool make_heads(struct lvs_flows *flows, uint32_t index,
		       const struct lvs_allocator *mem)
{
	uint32_t old = flows->num_heads, size = old ? old : 16;
	uint32_t *heads;

	while (size <= index)
		size *= 2;
	heads = lvs_mem_regrow(mem, flows->heads, old * sizeof(*heads),
			       size * sizeof(*heads));
	if (!heads)
		return false;
	flows->heads = heads;
	flows->num_heads = size;
	return true;
}

static void link_flow(struct lvs_flows *flows, struct lvs_fast_flow *flow)
{
	uint32_t place = place_of(flows, flow);
	uint32_t *head = &flows->heads[flow->dest];

	flow->owner[LVS_OWN_NUMBER] = flows->count;
	flows->places[flows->count++] = place;
	flow->owner[LVS_OWN_PREV] = 0;
	flow->owner[LVS_OWN_NEXT] = *head;
	if (*head)
		flow_at(flows, *head)->owner[LVS_OWN_PREV] = place + 1;
	*head = place + 1;
}

static void unlink_flow(struct lvs_flows *flows, struct lvs_fast_flow *flow)
{
	uint32_t number = (uint32_t)flow->owner[LVS_OWN_NUMBER];
	uint32_t last = flows->places[--flows->count];
	uint64_t next = flow->owner[LVS_OWN_NEXT];
	uint64_t prev = flow->owner[LVS_OWN_PREV];

	flows->places[number] = last;
	flows->flows[last].owner[LVS_OWN_NUMBER] = number;
	if (next)
		flow_at(flows, next)->owner[LVS_OWN_PREV] = prev;
	if (prev)
		flow_at(flows, prev)->owner[LVS_OWN_NEXT] = next;
	else
		flows->heads[flow->dest] = (uint32_t)next;
	if (flows->walk == place_of(flows, flow) + 1)
		flows->walk = (uint32_t)next;
}

struct lvs_fast_flow *lvs_flows_first(const struct lvs_flows *flows,
				      uint32_t index)
{
	return index < flows->num_heads ? flow_at(flows, flows->heads[index])
					: NULL;
}

void lvs_flows_walk(struct lvs_flows *flows, uint32_t index)
{
	flows->walk = index < flows->num_heads ? flows->heads[index] : 0;
}

struct lvs_fast_flow *lvs_flows_next(struct lvs_flows *flows)
{
	struct lvs_fast_flow *flow = flow_at(flows, flows->walk);

	if (flow)
		flows->walk = (uint32_t)flow->owner[LVS_OWN_NEXT];
	return flow;
}

/* ---- writing, as others read ----------------------------------------------
 */

/* PLACE, whose version is odd, becomes as FLOW in all other words. */
static void write_words(struct lvs_fast_flow *place,
			const struct lvs_fast_flow *flow)
{
	const word *from = (const word *)(const void *)flow;
	word *to = (word *)(void *)place;

	for (unsigned i = 0; i < WORDS; i++)
		if (i != VERSION_WORD)
			__atomic_store_n(&to[i], from[i], __ATOMIC_RELEASE);
}

bool lvs_flows_put(struct lvs_flows *flows, struct lvs_fast_flow *place,
		   const struct lvs_fast_flow *flow,
		   const struct lvs_allocator *mem)
{
	uint32_t version = place->version | 1;

	if (flow->dest >= flows->num_heads &&
	    !make_heads(flows, flow->dest, mem))
		return false;
	__atomic_store_n(&place->version, version, __ATOMIC_RELAXED);
	write_words(place, flow);
	__atomic_store_n(&place->generation, flows->generation,
			 __ATOMIC_RELEASE);
	link_flow(flows, place);
	if (++version == 0) /* none */
		version = 2;
	__atomic_store_n(&place->version, version, __ATOMIC_RELEASE);
	return true;
}

void lvs_flows_read(struct lvs_fast_flow *flow, struct lvs_fast_count *count)
{
	count->packets =
		__atomic_exchange_n(&flow->packets, 0, __ATOMIC_RELAXED);
	count->bytes = __atomic_exchange_n(&flow->bytes, 0, __ATOMIC_RELAXED);
	count->used = used(flow);
}

void lvs_flows_take(struct lvs_flows *flows, struct lvs_fast_flow *flow,
		    struct lvs_fast_count *count)
{
	__atomic_store_n(&flow->version, flow->version + 1, __ATOMIC_RELEASE);
	lvs_flows_read(flow, count);
	unlink_flow(flows, flow);
}
