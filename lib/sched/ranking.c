/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ranking.c - the tournament.
 */
#include "sched/ranking.h"

#include "base/mem.h"
#include "model/director.h"
#include "model/news.h"

/* Not more than these are walked through: twice as fast for 10 of them. */
#define FEW 16

#define SIZE_MIN 32

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

static void set_rank(struct lvs_ranking *ranking, uint32_t place,
		     struct lvs_rank rank)
{
	struct lvs_rank *old = &ranking->ranks[place];

	if (old->weight) {
		ranking->sum.load -= old->load;
		ranking->sum.weight -= old->weight;
	}
	if (rank.weight) {
		ranking->sum.load += rank.load;
		ranking->sum.weight += rank.weight;
	}
	*old = rank;
}

/* MASK: all bits or none. */
static uint64_t select_bits(uint64_t mask, uint64_t if_all, uint64_t if_none)
{
	return if_none ^ ((if_none ^ if_all) & mask);
}

/*
 * Who stands at PLACE has another rank: all matches on the way to the root
 * anew.  Without branches on who wins, which is as good as random, and with
 * the winner in registers: a way is a third faster so.
 */
static void play(struct lvs_ranking *ranking, uint32_t place)
{
	uint32_t node = ranking->size + place, other = place ^ 1;
	uint64_t load = ranking->ranks[place].load;
	uint64_t weight = ranking->ranks[place].weight;
	uint64_t who = place;

	for (;;) {
		const struct lvs_rank *rank = &ranking->ranks[other];
		/* Of two equals the left one, whose node is even. */
		uint64_t lost = -(uint64_t)(rank->load * weight <
					    load * rank->weight + (node & 1));

		load = select_bits(lost, rank->load, load);
		weight = select_bits(lost, rank->weight, weight);
		who = select_bits(lost, other, who);
		node /= 2;
		ranking->won[node] = (uint32_t)who;
		if (node == 1)
			return;
		other = ranking->won[node ^ 1];
	}
}

static uint32_t winner(const struct lvs_ranking *ranking, uint32_t left,
		       uint32_t right)
{
	return lvs_rank_better(&ranking->ranks[right], &ranking->ranks[left])
		       ? right
		       : left;
}

static void play_all(struct lvs_ranking *ranking)
{
	uint32_t *won = ranking->won, half = ranking->size / 2;

	for (uint32_t i = 0; i < half; i++)
		won[half + i] = winner(ranking, 2 * i, 2 * i + 1);
	for (uint32_t i = half - 1; i; i--)
		won[i] = winner(ranking, won[2 * i], won[2 * i + 1]);
}

/* DEST is listened to from now on, and its rank is the present one. */
static void look_at(struct lvs_ranking *ranking, struct lvs_dest *dest)
{
	lvs_news_listen(dest);
	set_rank(ranking, dest->place, rank_of(ranking, dest));
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

/* ---- places -------------------------------------------------------------- */

static void drop_tree(struct lvs_ranking *ranking, struct lvs_service *svc)
{
	const struct lvs_allocator *mem = &svc->dir->mem;

	lvs_mem_free(mem, ranking->ranks,
		     ranking->size * sizeof(*ranking->ranks));
	lvs_mem_free(mem, ranking->won, ranking->size * sizeof(*ranking->won));
	lvs_mem_free(mem, ranking->dests,
		     ranking->size * sizeof(*ranking->dests));
	lvs_news_take(svc);
	*ranking = (struct lvs_ranking){ .of = ranking->of };
}

/* Places for COUNT destinations, of which a quarter or more is free. */
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

	ranking->ranks = lvs_mem_array(mem, size, sizeof(*ranking->ranks));
	ranking->won = lvs_mem_array(mem, size, sizeof(*ranking->won));
	ranking->dests = lvs_mem_array(mem, size, sizeof(*ranking->dests));
	ranking->size = size;
	ranking->many = size / (uint32_t)__builtin_ctz(size);
	if (!ranking->ranks || !ranking->won || !ranking->dests)
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
		set_rank(ranking, i, nobody);
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
	set_rank(ranking, dest->place, nobody);
	play(ranking, dest->place);
}

static void look_at_all(struct lvs_ranking *ranking)
{
	for (uint32_t i = 0; i < ranking->size; i++)
		if (ranking->dests[i])
			set_rank(ranking, i,
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
		set_rank(ranking, dest->place, rank_of(ranking, dest));
		play(ranking, dest->place);
	}
}

/* ---- asked --------------------------------------------------------------- */

struct lvs_dest *lvs_ranking_best(struct lvs_ranking *ranking,
				  struct lvs_service *svc)
{
	struct lvs_dest *best;
	uint32_t place;

	if (!ranking->size)
		return walk(ranking, svc);
	catch_up(ranking, svc);
	place = ranking->won[1];
	if (!ranking->ranks[place].weight)
		return NULL;
	best = ranking->dests[place];
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
		.weight = (uint64_t)dest->weight,
	};
}

struct lvs_rank lvs_rank_soonest(const struct lvs_dest *dest)
{
	return (struct lvs_rank){
		.load = (uint64_t)lvs_dest_active_now(dest) + 1,
		.weight = (uint64_t)dest->weight,
	};
}
