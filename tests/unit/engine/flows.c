/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flows.c - the table of flows: what a program may see of it, and that the
 * array and the lists beside it lead to all flows and to no other.
 */
#include "check.h"

#include "base/mem.h"
#include "base/prng.h"
#include "engine/flows.h"
#include <lvs/engine.h>
#include <pthread.h>
#include <string.h>

#define BUCKETS 16u
#define PLACES	(BUCKETS * LVS_FAST_WAYS)
#define DESTS	20u

static _Alignas(64) struct lvs_fast_flow memory[PLACES];
static struct lvs_fast_state state;
static const struct lvs_fast_table table = { &state, memory, BUCKETS };
static const struct lvs_allocator *mem = &lvs_mem_default;

static void set_up(struct lvs_flows *flows)
{
	memset(memory, 0, sizeof(memory));
	memset(&state, 0, sizeof(state));
	memset(flows, 0, sizeof(*flows));
	ck_assert_int_eq(lvs_flows_init(flows, &table, 7, mem), 0);
}

static struct lvs_fast_flow flow_of(uint16_t number, uint32_t dest)
{
	return (struct lvs_fast_flow){
		.key = { .sport_be = number },
		.dest = dest,
		.used = 1000,
		.link = number,
		.packets = 77,
		.bytes = 77,
	};
}

/* Where flow NUMBER of DEST is now; NULL: there was no room. */
static struct lvs_fast_flow *put(struct lvs_flows *flows, uint16_t number,
				 uint32_t dest)
{
	struct lvs_fast_flow flow = flow_of(number, dest), *place;
	struct lvs_fast_count count;

	flow.packets = flow.bytes = 0;
	place = lvs_flows_room(flows, &flow.key, 500);
	if (!place)
		return NULL;
	if (lvs_flows_has(place))
		lvs_flows_take(flows, place, &count);
	ck_assert(lvs_flows_put(flows, place, &flow, mem));
	return place;
}

/* ---- what programs see ---------------------------------------------------
 */

START_TEST(versions_only_go_up)
{
	struct lvs_fast_count count;
	struct lvs_flows flows;
	uint32_t last = 0;

	set_up(&flows);
	for (int i = 0; i < 100; i++) {
		struct lvs_fast_flow *place = put(&flows, 1, 0);

		ck_assert(place->version % 2 == 0);
		ck_assert_uint_gt(place->version, last);
		last = place->version;
		ck_assert_uint_eq(place->generation, state.generation);
		lvs_flows_take(&flows, place, &count);
		ck_assert(place->version % 2 == 1);
		ck_assert_uint_gt(place->version, last);
		last = place->version;
	}
	lvs_flows_fini(&flows, mem);
	/* Another engine goes on from there. */
	memset(&flows, 0, sizeof(flows));
	ck_assert_int_eq(lvs_flows_init(&flows, &table, 7, mem), 0);
	ck_assert_uint_gt(put(&flows, 1, 0)->version, last);
	lvs_flows_fini(&flows, mem);
}
END_TEST

START_TEST(a_version_is_never_0_again)
{
	struct lvs_flows flows;
	struct lvs_fast_flow flow = flow_of(1, 0), *place;

	set_up(&flows);
	place = lvs_flows_room(&flows, &flow.key, 0);
	place->version = UINT32_MAX;
	place = put(&flows, 1, 0);
	ck_assert(lvs_flows_has(place));
	lvs_flows_fini(&flows, mem);
}
END_TEST

START_TEST(the_generation_moves_on)
{
	struct lvs_flows flows;
	uint32_t first;

	set_up(&flows);
	first = state.generation;
	ck_assert_uint_ne(first, 0);
	put(&flows, 1, 0);
	lvs_flows_move_on(&flows);
	ck_assert_uint_eq(state.generation, first + 1);
	ck_assert_uint_eq(put(&flows, 2, 0)->generation, first + 1);
	lvs_flows_fini(&flows, mem);
	ck_assert_uint_eq(state.generation, first + 2);
}
END_TEST

START_TEST(the_seed_is_made_once)
{
	struct lvs_flows flows;

	set_up(&flows);
	ck_assert_uint_eq(state.seed, 7);
	lvs_flows_fini(&flows, mem);
	memset(&flows, 0, sizeof(flows));
	ck_assert_int_eq(lvs_flows_init(&flows, &table, 8, mem), 0);
	ck_assert_uint_eq(state.seed, 7);
	lvs_flows_fini(&flows, mem);
	state.seed = 0;
	memset(&flows, 0, sizeof(flows));
	ck_assert_int_eq(lvs_flows_init(&flows, &table, 0, mem), 0);
	ck_assert_uint_ne(state.seed, 0);
	lvs_flows_fini(&flows, mem);
}
END_TEST

START_TEST(counts_are_taken_once)
{
	struct lvs_fast_count count;
	struct lvs_fast_flow *place;
	struct lvs_flows flows;

	set_up(&flows);
	place = put(&flows, 1, 0);
	ck_assert(!lvs_flows_counted(place));
	place->packets = 3;
	place->bytes = 300;
	place->used = 2000;
	ck_assert(lvs_flows_counted(place));
	lvs_flows_read(place, &count);
	ck_assert_uint_eq(count.packets, 3);
	ck_assert_uint_eq(count.bytes, 300);
	ck_assert_uint_eq(count.used, 2000);
	place->packets = 1;
	lvs_flows_take(&flows, place, &count);
	ck_assert_uint_eq(count.packets, 1);
	ck_assert_uint_eq(count.bytes, 0);
	ck_assert_uint_eq(count.used, 2000);
	/* A program that is late counts for nobody. */
	place->packets = 1;
	place = put(&flows, 1, 0);
	ck_assert(!lvs_flows_counted(place));
	lvs_flows_fini(&flows, mem);
}
END_TEST

/* ---- room ----------------------------------------------------------------
 */

/* The I-th flow whose bucket is that of flow 0. */
static uint16_t same_bucket(unsigned i)
{
	struct lvs_fast_key key = { .sport_be = 0 };
	uint32_t bucket = lvs_fast_hash(&key, 7) % BUCKETS;
	uint16_t number = 0;

	for (;; number++) {
		key.sport_be = number;
		if (lvs_fast_hash(&key, 7) % BUCKETS == bucket && i-- == 0)
			return number;
	}
}

START_TEST(a_full_bucket_has_room_for_who_is_worth_more)
{
	struct lvs_fast_flow flow = flow_of(same_bucket(4), 0);
	struct lvs_fast_flow *places[LVS_FAST_WAYS];
	struct lvs_flows flows;

	set_up(&flows);
	for (unsigned i = 0; i < LVS_FAST_WAYS; i++) {
		ck_assert(lvs_flows_room(&flows, &flow.key, 0));
		places[i] = put(&flows, same_bucket(i), 0);
		places[i]->used = 1000 + i;
	}
	ck_assert(!lvs_flows_room(&flows, &flow.key, 1000));
	places[2]->used = 900;
	ck_assert(!lvs_flows_room(&flows, &flow.key, 900));
	ck_assert(lvs_flows_room(&flows, &flow.key, 901) == places[2]);
	/* Its own is always the first choice. */
	flow = flow_of(same_bucket(3), 0);
	ck_assert(lvs_flows_room(&flows, &flow.key, 0) == places[3]);
	/* One of an old generation is worth nothing. */
	flow = flow_of(same_bucket(4), 0);
	lvs_flows_move_on(&flows);
	places[0]->generation = places[2]->generation = state.generation;
	places[3]->generation = state.generation;
	ck_assert(lvs_flows_room(&flows, &flow.key, 0) == places[1]);
	lvs_flows_fini(&flows, mem);
}
END_TEST

/* ---- array and lists -----------------------------------------------------
 */

/* Array and lists say the same as the places themselves. */
static void check_links(struct lvs_flows *flows)
{
	uint32_t all = 0, listed = 0;

	for (uint32_t i = 0; i < PLACES; i++) {
		const struct lvs_fast_flow *flow = &memory[i];
		uint32_t number = (uint32_t)flow->owner[LVS_OWN_NUMBER];

		if (!lvs_flows_has(flow))
			continue;
		all++;
		LVS_MUST(number < flows->count && flows->places[number] == i);
		LVS_MUST(lvs_flows_find(flows, &flow->key) == flow);
	}
	LVS_MUST(all == flows->count);
	for (uint32_t dest = 0; dest < DESTS; dest++) {
		const struct lvs_fast_flow *flow;

		lvs_flows_walk(flows, dest);
		while ((flow = lvs_flows_next(flows))) {
			LVS_MUST(lvs_flows_has(flow) && flow->dest == dest);
			listed++;
		}
	}
	LVS_MUST(listed == all);
}

START_TEST(all_are_found_by_every_way)
{
	struct lvs_fast_count count;
	struct lvs_flows flows;
	struct lvs_prng prng;

	set_up(&flows);
	lvs_prng_seed(&prng, 1);
	for (int i = 0; i < 20000; i++) {
		uint16_t number = (uint16_t)lvs_prng_below(&prng, 80);
		struct lvs_fast_flow flow = flow_of(number, 0), *place;

		place = lvs_flows_find(&flows, &flow.key);
		if (place && lvs_prng_below(&prng, 2))
			lvs_flows_take(&flows, place, &count);
		else
			put(&flows, number,
			    (uint32_t)lvs_prng_below(&prng, DESTS));
		check_links(&flows);
	}
	lvs_flows_fini(&flows, mem);
}
END_TEST

/* Flows that leave do not end a walk, and none is passed over. */
START_TEST(a_walk_goes_on)
{
	struct lvs_fast_count count;
	struct lvs_flows flows;

	set_up(&flows);
	for (uint16_t i = 0; i < 30; i++)
		put(&flows, i, 3);
	for (uint32_t left = flows.count; left > 0; left = flows.count) {
		struct lvs_fast_flow *flow, *next;

		lvs_flows_walk(&flows, 3);
		flow = lvs_flows_next(&flows);
		next = lvs_flows_first(&flows, 3);
		ck_assert(flow == next);
		/* The one that would be next leaves, and another comes. */
		if (flows.walk)
			lvs_flows_take(&flows, &memory[flows.walk - 1], &count);
		lvs_flows_take(&flows, flow, &count);
		for (left = 0; lvs_flows_next(&flows); left++)
			;
		ck_assert_uint_eq(left, flows.count);
	}
	ck_assert(!lvs_flows_first(&flows, 3));
	ck_assert(!lvs_flows_first(&flows, 1000000));
	lvs_flows_fini(&flows, mem);
}
END_TEST

/* ---- programs on other processors ----------------------------------------
 */

static int reader_over;

/*
 * Each of the two flows that take turns says the same in its key and in its
 * last words; so does all that is read between two looks at one version.
 */
static void *read_flows(void *arg)
{
	typedef uint64_t __attribute__((may_alias)) word;
	const struct lvs_fast_flow *place = arg;
	const word *from = (const word *)(const void *)place;
	uint64_t words[sizeof(*place) / sizeof(word)] = { 0 };
	struct lvs_fast_flow flow;
	uintptr_t good = 0;

	while (!__atomic_load_n(&reader_over, __ATOMIC_ACQUIRE) || !good) {
		uint32_t version =
			__atomic_load_n(&place->version, __ATOMIC_ACQUIRE);

		if (!version || version & 1)
			continue;
		/* What is the engine's own it writes at any time. */
		for (unsigned i = 0;
		     i < offsetof(struct lvs_fast_flow, owner) / sizeof(*words);
		     i++)
			words[i] = __atomic_load_n(&from[i], __ATOMIC_ACQUIRE);
		if (__atomic_load_n(&place->version, __ATOMIC_RELAXED) !=
		    version)
			continue;
		memcpy(&flow, words, sizeof(flow));
		if (flow.mtu != flow.link || flow.outer[39] != flow.link ||
		    flow.addr_be[3] != flow.link || flow.key.zero != flow.link)
			return NULL;
		good++;
	}
	return (void *)good;
}

START_TEST(no_program_sees_half_a_flow)
{
	struct lvs_fast_flow turns[2], *place;
	struct lvs_fast_count count;
	struct lvs_flows flows;
	pthread_t reader;
	void *good;

	set_up(&flows);
	for (uint16_t i = 0; i < 2; i++) {
		turns[i] = flow_of(0, 0);
		turns[i].link = turns[i].mtu = 100u + i;
		turns[i].key.zero = (uint16_t)(100u + i);
		turns[i].addr_be[3] = 100u + i;
		turns[i].outer[39] = (unsigned char)(100u + i);
	}
	place = &memory[0];
	__atomic_store_n(&reader_over, 0, __ATOMIC_RELEASE);
	pthread_create(&reader, NULL, read_flows, place);
	for (int i = 0; i < 300000; i++) {
		lvs_flows_put(&flows, place, &turns[i & 1], mem);
		if (i < 299999)
			lvs_flows_take(&flows, place, &count);
	}
	__atomic_store_n(&reader_over, 1, __ATOMIC_RELEASE);
	pthread_join(reader, &good);
	ck_assert_ptr_nonnull(good);
	lvs_flows_fini(&flows, mem);
}
END_TEST

/* ---- tables --------------------------------------------------------------
 */

START_TEST(tables_that_are_none)
{
	static const struct {
		const char *why;
		struct lvs_fast_table table;
	} rows[] = {
		{ "no state", { NULL, memory, BUCKETS } },
		{ "no flows", { &state, NULL, BUCKETS } },
		{ "no buckets", { &state, memory, 0 } },
		{ "not a power of two", { &state, memory, 12 } },
		{ "more than can be numbered", { &state, memory, 1u << 31 } },
		{ "not aligned",
		  { &state, (void *)((char *)memory + 8), BUCKETS } },
	};
	struct lvs_engine_opts opts = LVS_OPTS(struct lvs_engine_opts);
	struct lvs_director_opts none = LVS_OPTS(struct lvs_director_opts);
	struct lvs_director *dir;
	struct lvs_engine *eng = NULL;

	ck_assert_int_eq(lvs_director_new(&none, &dir), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		opts.fast = &rows[i].table;
		ck_assert_msg(lvs_engine_new(dir, &opts, &eng) == LVS_ERR_INVAL,
			      "%s", rows[i].why);
		ck_assert(!eng);
	}
	opts.fast = &table;
	ck_assert_int_eq(lvs_engine_new(dir, &opts, &eng), 0);
	lvs_engine_free(eng);
	lvs_director_free(dir);
}
END_TEST

LVS_TEST_MAIN("engine/flows", versions_only_go_up, a_version_is_never_0_again,
	      the_generation_moves_on, the_seed_is_made_once,
	      counts_are_taken_once,
	      a_full_bucket_has_room_for_who_is_worth_more,
	      all_are_found_by_every_way, a_walk_goes_on,
	      no_program_sees_half_a_flow, tables_that_are_none)
