/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ranking.c - the tournament.
 */
#include "sched/ranking.h"

#include "base/mem.h"
#include "model/director.h"
#include "model/news.h"

/* Not more than these are walked through. */
#define FEW 8

#define SIZE_MIN 16

/* Loses to everybody who has a weight, and is not better than nobody. */
static const struct lvs_rank nobody = { .load = 1, .weight = 0 };

static struct lvs_rank rank_of(const struct lvs_ranking *ranking,
			       const struct lvs_dest *dest)
{
	return lvs_dest_eligible(dest) ? ranking->of(dest) : nobody;
}

/* ---- walked through ------------------------------------------------------ */

static struct lvs_dest *walk(const struct lvs_ranking *ranking,
			     const struct lvs_service *svc)
{
	struct lvs_rank best = nobody;
	struct lvs_dest *dest = NULL;

	for (struct lvs_dest *d = svc->first; d; d = d->next) {
		struct lvs_rank rank = rank_of(ranking, d);

		if (!lvs_rank_better(&rank, &best))
			continue;
		best = rank;
		dest = d;
	}
	return dest;
}

static struct lvs_rank_sum add_up(const struct lvs_ranking *ranking,
				  const struct lvs_service *svc)
{
	struct lvs_rank_sum sum = { 0, 0 };

	for (const struct lvs_dest *d = svc->first; d; d = d->next) {
		struct lvs_rank rank = rank_of(ranking, d);

		if (!rank.weight)
			continue;
		sum.load += rank.load;
		sum.weight += rank.weight;
	}
	return sum;
}

/* ---- the tree ------------------------------------------------------------ */

static void set_leaf(struct lvs_ranking *ranking, uint32_t place,
		     struct lvs_rank rank)
{
	struct lvs_rank *leaf = &ranking->nodes[ranking->size + place];

	if (leaf->weight) {
		ranking->sum.load -= leaf->load;
		ranking->sum.weight -= leaf->weight;
	}
	if (rank.weight) {
		ranking->sum.load += rank.load;
		ranking->sum.weight += rank.weight;
	}
	rank.place = place;
	*leaf = rank;
}

/* Of two equals the left one, which comes first in the list. */
static const struct lvs_rank *winner(const struct lvs_rank *left)
{
	return lvs_rank_better(left + 1, left) ? left + 1 : left;
}

/* The leaf at PLACE is another; it plays until somebody else wins as before. */
static void play(struct lvs_ranking *ranking, uint32_t place)
{
	struct lvs_rank *nodes = ranking->nodes;

	for (uint32_t i = (ranking->size + place) / 2; i; i /= 2) {
		const struct lvs_rank *won = winner(&nodes[2 * i]);

		if (won->place != place && won->place == nodes[i].place)
			return;
		nodes[i] = *won;
	}
}

static void play_all(struct lvs_ranking *ranking)
{
	struct lvs_rank *nodes = ranking->nodes;

	for (uint32_t i = ranking->size - 1; i; i--)
		nodes[i] = *winner(&nodes[2 * i]);
}

/* DEST is listened to from now on, and its leaf is what it is. */
static void look_at(struct lvs_ranking *ranking, struct lvs_dest *dest)
{
	lvs_news_listen(dest);
	set_leaf(ranking, dest->place, rank_of(ranking, dest));
}

/*
 * Everybody with news plays again.  If that is many, all matches anew are
 * fewer than theirs.
 */
static void catch_up(struct lvs_ranking *ranking, struct lvs_service *svc)
{
	struct lvs_dest *dest = lvs_news_take(svc), *next;
	uint32_t count = 0;

	if (ranking->chosen) {
		look_at(ranking, ranking->chosen);
		play(ranking, ranking->chosen->place);
		ranking->chosen = NULL;
	}
	for (; dest; dest = next) {
		next = dest->news_next;
		look_at(ranking, dest);
		if (++count < ranking->many)
			play(ranking, dest->place);
	}
	if (count >= ranking->many)
		play_all(ranking);
}

/* ---- its leaves ---------------------------------------------------------- */

static void drop_tree(struct lvs_ranking *ranking, struct lvs_service *svc)
{
	const struct lvs_allocator *mem = &svc->dir->mem;

	lvs_mem_free(mem, ranking->nodes,
		     2 * (size_t)ranking->size * sizeof(*ranking->nodes));
	lvs_mem_free(mem, ranking->dests,
		     ranking->size * sizeof(*ranking->dests));
	lvs_news_take(svc);
	*ranking = (struct lvs_ranking){ .of = ranking->of };
}

/* Leaves for COUNT destinations, of which at least a quarter is free. */
static uint32_t size_for(uint32_t count)
{
	uint32_t size = SIZE_MIN;

	while (size - size / 4 < count)
		size *= 2;
	return size;
}

static void new_tree(struct lvs_ranking *ranking, struct lvs_service *svc,
		     uint32_t size)
{
	const struct lvs_allocator *mem = &svc->dir->mem;

	ranking->nodes =
		lvs_mem_array(mem, 2 * (size_t)size, sizeof(*ranking->nodes));
	ranking->dests = lvs_mem_array(mem, size, sizeof(*ranking->dests));
	ranking->size = size;
	ranking->many = size / (uint32_t)__builtin_ctz(size);
	if (!ranking->nodes || !ranking->dests)
		drop_tree(ranking, svc);
}

/* Everybody to the right, in the order of the list. */
static void rebuild(struct lvs_ranking *ranking, struct lvs_service *svc)
{
	uint32_t place;

	drop_tree(ranking, svc);
	if (svc->num_dests > FEW)
		new_tree(ranking, svc, size_for(svc->num_dests));
	if (!ranking->size)
		return;
	place = ranking->free = ranking->size - svc->num_dests;
	for (uint32_t i = 0; i < place; i++)
		set_leaf(ranking, i, nobody);
	for (struct lvs_dest *d = svc->first; d; d = d->next) {
		ranking->dests[place] = d;
		d->place = place++;
		look_at(ranking, d);
	}
	play_all(ranking);
}

void lvs_ranking_init(struct lvs_ranking *ranking, struct lvs_service *svc,
		      lvs_rank_of *of)
{
	*ranking = (struct lvs_ranking){ .of = of };
	rebuild(ranking, svc);
}

void lvs_ranking_fini(struct lvs_ranking *ranking, struct lvs_service *svc)
{
	drop_tree(ranking, svc);
}

static void add(struct lvs_ranking *ranking, struct lvs_service *svc,
		struct lvs_dest *dest)
{
	if (!ranking->free) {
		rebuild(ranking, svc);
		return;
	}
	dest->place = --ranking->free;
	ranking->dests[dest->place] = dest;
	look_at(ranking, dest);
	play(ranking, dest->place);
}

static void erase(struct lvs_ranking *ranking, struct lvs_service *svc,
		  struct lvs_dest *dest)
{
	if (svc->num_dests < ranking->size / 8) {
		rebuild(ranking, svc);
		return;
	}
	if (ranking->chosen == dest)
		ranking->chosen = NULL;
	ranking->dests[dest->place] = NULL;
	set_leaf(ranking, dest->place, nobody);
	play(ranking, dest->place);
}

static void look_at_all(struct lvs_ranking *ranking)
{
	for (uint32_t i = 0; i < ranking->size; i++)
		if (ranking->dests[i])
			set_leaf(ranking, i,
				 rank_of(ranking, ranking->dests[i]));
	play_all(ranking);
}

void lvs_ranking_changed(struct lvs_ranking *ranking, struct lvs_service *svc,
			 struct lvs_dest *dest, enum lvs_dest_event event)
{
	if (event == LVS_DEST_ADDED) {
		add(ranking, svc, dest);
	} else if (!ranking->size) {
		return;
	} else if (event == LVS_DEST_REMOVED) {
		erase(ranking, svc, dest);
	} else if (event == LVS_DEST_REWEIGHED) {
		look_at_all(ranking);
	} else {
		set_leaf(ranking, dest->place, rank_of(ranking, dest));
		play(ranking, dest->place);
	}
}

/* ---- asked --------------------------------------------------------------- */

struct lvs_dest *lvs_ranking_best(struct lvs_ranking *ranking,
				  struct lvs_service *svc)
{
	struct lvs_dest *best;

	if (!ranking->size)
		return walk(ranking, svc);
	catch_up(ranking, svc);
	if (!ranking->nodes[1].weight)
		return NULL;
	best = ranking->dests[ranking->nodes[1].place];
	if (lvs_news_claim(best))
		ranking->chosen = best;
	return best;
}

struct lvs_rank_sum lvs_ranking_sum(struct lvs_ranking *ranking,
				    struct lvs_service *svc)
{
	if (!ranking->size)
		return add_up(ranking, svc);
	catch_up(ranking, svc);
	return ranking->sum;
}

/* ---- a scheduler that is no more than that ------------------------------- */

void lvs_ranked_unbind(struct lvs_service *svc)
{
	lvs_ranking_fini(svc->sched_state, svc);
}

int lvs_ranked_changed(struct lvs_service *svc, struct lvs_dest *dest,
		       enum lvs_dest_event event)
{
	lvs_ranking_changed(svc->sched_state, svc, dest, event);
	return 0;
}

struct lvs_dest *lvs_ranked_pick(struct lvs_service *svc,
				 const struct lvs_sched_flow *flow)
{
	(void)flow;
	return lvs_ranking_best(svc->sched_state, svc);
}

struct lvs_rank lvs_rank_lightest(const struct lvs_dest *dest)
{
	return (struct lvs_rank){
		.load = lvs_sched_load(dest),
		.weight = (uint32_t)dest->weight,
	};
}

struct lvs_rank lvs_rank_soonest(const struct lvs_dest *dest)
{
	return (struct lvs_rank){
		.load = (uint64_t)lvs_dest_active_now(dest) + 1,
		.weight = (uint32_t)dest->weight,
	};
}
