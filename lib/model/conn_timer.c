/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conn_timer.c - the lists in the wheel's slots, and what time does to them.
 *
 * A slot's list is circular and begins and ends in lists[slot].  A connection
 * is in one list from its addition to its deletion.  It need not be told where
 * it is: what goes before it knows its identifier.
 */
#include "model/conn_table.h"

/* Buckets that an advance may split. */
#define GROW_STEP 16u
/* And merge: these are done when nothing else is. */
#define SHRINK_STEP 16u
/* Connections whose memory is asked for while others are worked on. */
#define GROUP 16u

static struct lvs_wheel_link *link_at(struct lvs_conn_table *tab, uint32_t id)
{
	return id & LVS_ID_LIST ? &tab->lists[id & ~LVS_ID_LIST]
				: &lvs_conn_at(tab, id)->timer;
}

void lvs_conn_timers_init(struct lvs_conn_table *tab, lvs_tstamp now)
{
	tab->wheel.tick = lvs_tick(now);
	for (uint32_t i = 0; i < LVS_NUM_LISTS; i++) {
		tab->lists[i].next = i | LVS_ID_LIST;
		tab->lists[i].prev = i | LVS_ID_LIST;
	}
}

uint32_t lvs_conn_id(const struct lvs_conn_table *tab,
		     const struct lvs_conn *conn)
{
	uint32_t prev = conn->timer.prev;

	return prev & LVS_ID_LIST ? tab->lists[prev & ~LVS_ID_LIST].next
				  : lvs_conn_at(tab, prev)->timer.next;
}

void lvs_conn_timer_start(struct lvs_conn_table *tab, uint32_t id,
			  uint64_t ticks)
{
	uint32_t reach =
		ticks < LVS_WHEEL_REACH ? (uint32_t)ticks : LVS_WHEEL_REACH;
	uint32_t slot =
		reach ? lvs_wheel_slot(&tab->wheel, reach) : LVS_LIST_DUE;
	struct lvs_wheel_link *list = &tab->lists[slot];
	struct lvs_wheel_link *timer = &lvs_conn_at(tab, id)->timer;

	timer->prev = slot | LVS_ID_LIST;
	timer->next = list->next;
	link_at(tab, list->next)->prev = id;
	list->next = id;
	if (reach)
		lvs_wheel_fill(&tab->wheel, slot);
}

void lvs_conn_timer_stop(struct lvs_conn_table *tab, struct lvs_conn *conn)
{
	uint32_t next = conn->timer.next, prev = conn->timer.prev;

	link_at(tab, prev)->next = next;
	link_at(tab, next)->prev = prev;
	/* Both ends are the list itself: it is empty. */
	if (prev == next && prev & LVS_ID_LIST &&
	    prev != (LVS_LIST_DUE | LVS_ID_LIST))
		lvs_wheel_empty(&tab->wheel, prev & ~LVS_ID_LIST);
}

void lvs_conn_set_timeout(struct lvs_conn_table *tab, struct lvs_conn *conn,
			  uint32_t ticks)
{
	bool longer = ticks >= conn->timeout;
	int64_t idle, left;
	uint32_t id;

	conn->timeout = ticks;
	if (longer)
		return;
	/* Negative where the wheel is behind the last packet. */
	idle = (int32_t)(tab->wheel.tick - conn->seen);
	left = ticks - idle;
	id = lvs_conn_id(tab, conn);
	lvs_conn_timer_stop(tab, conn);
	lvs_conn_timer_start(tab, id, left > 0 ? (uint64_t)left : 0);
}

/* All of SLOT to the end of the list of those to look at. */
static void make_due(struct lvs_conn_table *tab, unsigned slot)
{
	struct lvs_wheel_link *list = &tab->lists[slot];
	struct lvs_wheel_link *due = &tab->lists[LVS_LIST_DUE];

	link_at(tab, list->next)->prev = due->prev;
	link_at(tab, due->prev)->next = list->next;
	link_at(tab, list->prev)->next = LVS_LIST_DUE | LVS_ID_LIST;
	due->prev = list->prev;
	list->next = list->prev = slot | LVS_ID_LIST;
	lvs_wheel_empty(&tab->wheel, slot);
}

/* On to the next slot that holds something, or to TICK if that is sooner. */
static void turn(struct lvs_conn_table *tab, uint32_t tick)
{
	unsigned slots[LVS_WHEEL_RINGS], count;
	uint32_t step = lvs_wheel_next(&tab->wheel);

	if (step == 0 || step > tick - tab->wheel.tick)
		step = tick - tab->wheel.tick;
	tab->wheel.tick += step;
	count = lvs_wheel_begun(&tab->wheel, slots);
	for (unsigned i = 0; i < count; i++)
		make_due(tab, slots[i]);
}

/* A connection to look at; `hashes` are known if it was due. */
struct due {
	uint32_t id;
	bool hashed;
	struct lvs_conn_hashes hashes;
};

/* A connection's slot has come: its time is over, or it is not yet. */
static void look_at(struct lvs_conn_table *tab, struct due *due, uint32_t tick)
{
	struct lvs_conn *conn = lvs_conn_at(tab, due->id);
	uint64_t behind = tick - tab->wheel.tick;
	uint32_t left = lvs_conn_left(conn, tick);

	if (left == 0 && tab->opts.expired) {
		left = tab->opts.expired(tab->opts.ctx, conn);
		if (left == LVS_CONN_SEEN) {
			left = lvs_conn_left(conn, tick);
		} else if (left != 0) {
			conn->seen = tick;
			conn->timeout = left;
		}
	}
	lvs_conn_timer_stop(tab, conn);
	if (left != 0) {
		lvs_conn_timer_start(tab, due->id, behind + left);
		return;
	}
	if (!due->hashed) /* `expired` of another made it due */
		due->hashes = lvs_conn_hashes(tab, conn);
	lvs_conn_drop(tab, due->id, &due->hashes);
}

/* The first of those that are due, at most MAX; how many were looked at. */
static size_t look_at_some(struct lvs_conn_table *tab, size_t max,
			   uint32_t tick)
{
	struct due group[GROUP];
	uint32_t id = tab->lists[LVS_LIST_DUE].next;
	size_t count = 0;

	for (; count < max && count < GROUP && !(id & LVS_ID_LIST); count++) {
		const struct lvs_conn *conn = lvs_conn_at(tab, id);
		struct due *due = &group[count];

		due->id = id;
		due->hashed = lvs_conn_left(conn, tick) == 0;
		if (due->hashed)
			due->hashes = lvs_conn_hashes(tab, conn);
		id = conn->timer.next;
	}
	for (size_t i = 0; i < count; i++)
		look_at(tab, &group[i], tick);
	return count;
}

bool lvs_conn_table_advance(struct lvs_conn_table *tab, lvs_tstamp now,
			    size_t max, lvs_tstamp *next)
{
	uint32_t tick = lvs_tick(now);
	uint32_t step;

	lvs_conn_settle(tab);
	lvs_map_grow(&tab->map, GROW_STEP);
	for (;;) {
		if (!(tab->lists[LVS_LIST_DUE].next & LVS_ID_LIST)) {
			if (max == 0)
				return true;
			max -= look_at_some(tab, max, tick);
		} else if (tab->wheel.tick != tick) {
			turn(tab, tick);
		} else {
			break;
		}
	}
	if (lvs_map_shrink(&tab->map, SHRINK_STEP))
		return true;
	step = lvs_wheel_next(&tab->wheel);
	*next = step ? ((now >> LVS_TICK_SHIFT) + step) << LVS_TICK_SHIFT
		     : UINT64_MAX;
	return false;
}
