/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engines.c - a director's engines: stopping them, asking all of them.
 *
 * What an engine is, is not known here: a slot with callbacks.
 */
#include "model/director.h"

#include "base/opts.h"

void lvs_director_stop(struct lvs_director *dir)
{
	for (unsigned i = 0; i < LVS_ENGINES_MAX; i++)
		if (dir->engines[i])
			pthread_mutex_lock(&dir->engines[i]->gate);
}

void lvs_director_go(struct lvs_director *dir)
{
	for (unsigned i = LVS_ENGINES_MAX; i-- > 0;)
		if (dir->engines[i])
			pthread_mutex_unlock(&dir->engines[i]->gate);
}

void lvs_slot_gather(struct lvs_engine_slot *slot, const struct lvs_dest *dest)
{
	uint32_t from = LVS_GATHER_ALL;

	while (slot->gather && from) {
		pthread_mutex_lock(&slot->gate);
		from = slot->gather(slot, dest, from);
		pthread_mutex_unlock(&slot->gate);
	}
}

void lvs_director_gather(struct lvs_director *dir, const struct lvs_dest *dest)
{
	for (unsigned i = 0; i < LVS_ENGINES_MAX; i++)
		if (dir->engines[i])
			lvs_slot_gather(dir->engines[i], dest);
}

void lvs_director_gather_stopped(struct lvs_director *dir)
{
	for (unsigned i = 0; i < LVS_ENGINES_MAX; i++) {
		struct lvs_engine_slot *slot = dir->engines[i];
		uint32_t from = LVS_GATHER_ALL;

		while (slot && slot->gather && from)
			from = slot->gather(slot, NULL, from);
	}
}

void lvs_director_withdraw(struct lvs_director *dir, struct lvs_dest *dest)
{
	for (unsigned i = 0; i < LVS_ENGINES_MAX; i++) {
		struct lvs_engine_slot *slot = dir->engines[i];

		if (slot && slot->dest_leaves)
			slot->dest_leaves(slot, dest);
	}
}

/* Every destination gets a shard for engine NUM - 1; engines are stopped. */
static int shards_grow(struct lvs_director *dir, uint32_t num)
{
	for (uint32_t i = 0; i < dir->dests_size; i++) {
		struct lvs_dest *dest = dir->dests[i];
		int err;

		if (!dest)
			continue;
		err = lvs_meter_grow(&dest->meter, &dir->mem, num);
		if (err)
			return err;
	}
	if (num > dir->num_shards)
		dir->num_shards = num;
	return 0;
}

static int enter_locked(struct lvs_director *dir, struct lvs_engine_slot *slot)
{
	unsigned number = 0;
	int err;

	while (number < LVS_ENGINES_MAX && dir->engines[number])
		number++;
	if (number == LVS_ENGINES_MAX)
		return LVS_ERR_NOSPC;
	lvs_director_stop(dir);
	err = shards_grow(dir, number + 1);
	lvs_director_go(dir);
	if (err)
		return err;
	pthread_mutex_init(&slot->gate, NULL);
	slot->number = number;
	dir->engines[number] = slot;
	return 0;
}

int lvs_director_enter(struct lvs_director *dir, struct lvs_engine_slot *slot)
{
	int err;

	pthread_mutex_lock(&dir->lock);
	err = enter_locked(dir, slot);
	pthread_mutex_unlock(&dir->lock);
	return err;
}

void lvs_director_leave(struct lvs_director *dir, struct lvs_engine_slot *slot)
{
	pthread_mutex_lock(&dir->lock);
	dir->engines[slot->number] = NULL;
	pthread_mutex_unlock(&dir->lock);
	pthread_mutex_destroy(&slot->gate);
}

/* A cursor is an engine's number above that engine's own cursor. */
#define CURSOR_BITS 56
#define CURSOR_MASK ((UINT64_C(1) << CURSOR_BITS) - 1)

size_t lvs_director_conns(struct lvs_director *dir, uint64_t *cursor,
			  struct lvs_conn_info *info, size_t max,
			  lvs_tstamp now)
{
	uint64_t number = *cursor >> CURSOR_BITS;
	uint64_t inner = *cursor & CURSOR_MASK;
	size_t got = 0;

	pthread_mutex_lock(&dir->lock);
	for (; number < LVS_ENGINES_MAX; number++, inner = 0) {
		struct lvs_engine_slot *slot = dir->engines[number];

		if (!slot)
			continue;
		pthread_mutex_lock(&slot->gate);
		got = slot->conns(slot, &inner, info, max, now);
		pthread_mutex_unlock(&slot->gate);
		if (got)
			break;
	}
	pthread_mutex_unlock(&dir->lock);
	*cursor = number << CURSOR_BITS | (inner & CURSOR_MASK);
	return got;
}

static void stats_add(struct lvs_engine_stats *sum,
		      const struct lvs_engine_stats *one)
{
	sum->conns += one->conns;
	sum->packets += one->packets;
	sum->passed += one->passed;
	sum->sent += one->sent;
	sum->held += one->held;
	sum->conn_limit += one->conn_limit;
	for (int i = 0; i < LVS_EVICT_COUNT; i++)
		sum->evicted[i] += one->evicted[i];
	for (int i = 0; i < LVS_REASON_COUNT; i++)
		sum->dropped[i] += one->dropped[i];
	sum->fast_flows += one->fast_flows;
	sum->fast_packets += one->fast_packets;
}

void lvs_director_engine_stats(struct lvs_director *dir,
			       struct lvs_engine_stats *stats)
{
	struct lvs_engine_stats sum = LVS_OPTS(struct lvs_engine_stats);

	pthread_mutex_lock(&dir->lock);
	for (unsigned i = 0; i < LVS_ENGINES_MAX; i++) {
		struct lvs_engine_slot *slot = dir->engines[i];
		struct lvs_engine_stats one = LVS_OPTS(struct lvs_engine_stats);

		if (!slot)
			continue;
		lvs_slot_gather(slot, NULL);
		pthread_mutex_lock(&slot->gate);
		slot->stats(slot, &one);
		pthread_mutex_unlock(&slot->gate);
		stats_add(&sum, &one);
	}
	pthread_mutex_unlock(&dir->lock);
	lvs_opts_write(stats, &sum, sizeof(sum));
}
