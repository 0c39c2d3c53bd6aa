/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine.c - an engine comes, does what is due, says what it counted, goes.
 */
#include "engine/engine.h"
#include "base/mem.h"
#include "base/opts.h"

/*
 * Connections looked at in one call of lvs_engine_tick.  To take one out of the
 * table costs some 250 ns on average and several times that where memory is
 * cold: 128 of them were seen to take over 100 us, 64 were not.
 */
#define TICK_BUDGET 64

/* Errors and resets that are sent, as Linux does: icmp_msgs_per_sec, _burst. */
#define ANSWER_RATE  1000
#define ANSWER_BURST 50

/* How often the log says that the connection table is full. */
#define FULL_LOG_PERIOD (60 * LVS_SEC)

/* Held packets are looked at as often while there are any. */
#define HOLD_PERIOD (10 * LVS_MSEC)

static uint32_t expired(void *ctx, struct lvs_conn *conn)
{
	if (lvs_engine_was_used(ctx, conn))
		return LVS_CONN_SEEN;
	lvs_engine_release(ctx, conn);
	return 0;
}

static void shadowed(void *ctx, struct lvs_conn *conn)
{
	if (conn->flags & LVS_CONN_FASTS)
		lvs_fast_leave(ctx, conn);
}

static void drained(void *ctx, struct lvs_conn *conn)
{
	lvs_engine_release(ctx, conn);
}

/* DEST's index may be another's soon. */
static void dest_gone(struct lvs_engine_slot *slot, struct lvs_dest *dest)
{
	struct lvs_engine *eng = lvs_engine_of(slot);

	if (dest->index < eng->actions_size)
		eng->actions[dest->index].made = false;
}

static void dest_leaves(struct lvs_engine_slot *slot, struct lvs_dest *dest)
{
	lvs_fast_leave_dest(lvs_engine_of(slot), dest);
}

static uint32_t gather(struct lvs_engine_slot *slot,
		       const struct lvs_dest *dest, uint32_t from)
{
	struct lvs_engine *eng = lvs_engine_of(slot);

	return dest ? lvs_fast_gather_dest(eng, dest, from)
		    : lvs_fast_gather(eng, from);
}

static void net_changed(struct lvs_engine_slot *slot)
{
	struct lvs_engine *eng = lvs_engine_of(slot);

	eng->look = true;
	if (eng->flows.state)
		lvs_fast_net_changed(eng);
}

static void slot_stats(struct lvs_engine_slot *slot,
		       struct lvs_engine_stats *stats)
{
	struct lvs_engine *eng = lvs_engine_of(slot);

	*stats = eng->count;
	stats->sz = sizeof(*stats);
	stats->conns = lvs_conn_count(eng->conns);
	stats->conn_limit = eng->conn_limit;
	stats->fast_flows = eng->flows.count;
}

static const struct lvs_proto *const transports[LVS_TRANSPORTS] = {
	&lvs_proto_tcp,
	&lvs_proto_udp,
	&lvs_proto_sctp,
};

static void engine_init(struct lvs_engine *eng, struct lvs_director *dir)
{
	eng->dir = dir;
	eng->slot.conns = lvs_engine_conns;
	eng->slot.stats = slot_stats;
	eng->slot.dest_gone = dest_gone;
	eng->slot.net_changed = net_changed;
	eng->generation = lvs_net_generation(dir->net);
	for (size_t i = 0; i < LVS_TRANSPORTS; i++)
		eng->transports[i].proto = transports[i];
	lvs_parcels_init(&eng->held);
	lvs_parcels_init(&eng->made);
	lvs_parcels_init(&eng->lent);
	lvs_parcels_init(&eng->whole);
	lvs_fragments_init(&eng->fragments, &dir->mem, dir->hash_key);
	lvs_limit_init(&eng->full_log, FULL_LOG_PERIOD, 1);
}

static void take_opts(struct lvs_engine *eng,
		      const struct lvs_engine_opts *opts)
{
	uint32_t rate = opts->answer_rate ? opts->answer_rate : ANSWER_RATE;
	uint32_t burst = opts->answer_burst ? opts->answer_burst : ANSWER_BURST;

	eng->conn_limit = opts->conn_limit;
	eng->resets = opts->resets != 0;
	eng->mss_clamp = opts->mss_clamp != 0;
	lvs_limit_init(&eng->answers, LVS_SEC / rate, burst);
	lvs_limit_init(&eng->echoes, LVS_SEC / rate, burst);
}

/* The table of flows, of which nothing can be told from our own hashes. */
static int take_table(struct lvs_engine *eng,
		      const struct lvs_engine_opts *opts)
{
	struct lvs_director *dir = eng->dir;
	uint64_t seed = lvs_hash_pair(dir->hash_key, UINT64_MAX, UINT64_MAX);

	if (!opts->fast)
		return 0;
	eng->slot.gather = gather;
	eng->slot.dest_leaves = dest_leaves;
	eng->flow_hops = lvs_net_hop_losses(dir->net);
	eng->flow_generation = lvs_net_generation(dir->net);
	return lvs_flows_init(&eng->flows, opts->fast, seed, &dir->mem);
}

/* What ENG needs of its own and with others; undone by engine_fini. */
static int engine_fill(struct lvs_engine *eng)
{
	struct lvs_director *dir = eng->dir;
	struct lvs_conn_table_opts opts = {
		.mem = &dir->mem,
		.hash_key = { dir->hash_key[0], dir->hash_key[1] },
		.limit = eng->conn_limit,
		.expired = expired,
		.shadowed = shadowed,
		.ctx = eng,
	};
	int ret = lvs_conn_table_new(&opts, 0, &eng->conns);

	if (ret < 0)
		return ret;
	ret = lvs_controls_init(&eng->controls, &dir->mem);
	if (ret == 0) {
		ret = lvs_persist_join(dir, eng->conn_limit);
		if (ret == 0)
			return 0;
		lvs_controls_fini(&eng->controls);
	}
	lvs_conn_table_free(eng->conns);
	return ret;
}

static void engine_fini(struct lvs_engine *eng)
{
	const struct lvs_allocator *mem = &eng->dir->mem;

	/* Without a gate, the lock keeps destinations where they are. */
	pthread_mutex_lock(&eng->dir->lock);
	lvs_conn_table_drain(eng->conns, drained, eng);
	pthread_mutex_unlock(&eng->dir->lock);
	lvs_persist_leave(eng->dir, eng->conn_limit);
	lvs_controls_fini(&eng->controls);
	lvs_setups_fini(&eng->setups, mem);
	lvs_parcels_free(&eng->held, mem);
	lvs_parcels_free(&eng->made, mem);
	lvs_parcels_free(&eng->lent, mem);
	lvs_fragments_free(&eng->fragments);
	lvs_flows_fini(&eng->flows, mem);
	lvs_mem_free(mem, eng->actions,
		     eng->actions_size * sizeof(*eng->actions));
}

int lvs_engine_new(struct lvs_director *dir, const struct lvs_engine_opts *opts,
		   struct lvs_engine **eng)
{
	struct lvs_engine_opts o = LVS_OPTS(struct lvs_engine_opts);
	struct lvs_engine *new;
	int ret;

	if (opts && lvs_opts_read(&o, sizeof(o), opts) < 0)
		return LVS_ERR_INVAL;
	new = lvs_mem_alloc(&dir->mem, sizeof(*new));
	if (!new)
		return LVS_ERR_NOMEM;
	engine_init(new, dir);
	take_opts(new, &o);
	ret = take_table(new, &o);
	if (ret == 0)
		ret = engine_fill(new);
	if (ret == 0) {
		ret = lvs_director_enter(dir, &new->slot);
		if (ret < 0)
			engine_fini(new);
	}
	if (ret < 0) {
		lvs_flows_fini(&new->flows, &dir->mem);
		lvs_mem_free(&dir->mem, new, sizeof(*new));
		return ret;
	}
	*eng = new;
	return 0;
}

void lvs_engine_free(struct lvs_engine *eng)
{
	if (!eng)
		return;
	/* While the counters of its number are its own. */
	pthread_mutex_lock(&eng->slot.gate);
	lvs_fast_leave_all(eng);
	pthread_mutex_unlock(&eng->slot.gate);
	lvs_director_leave(eng->dir, &eng->slot);
	engine_fini(eng);
	lvs_mem_free(&eng->dir->mem, eng, sizeof(*eng));
}

/* Connections and templates whose time is over go; when is the next due? */
static lvs_tstamp expire(struct lvs_engine *eng)
{
	lvs_tstamp next = eng->now + LVS_SEC, due;

	if (lvs_conn_table_advance(eng->conns, eng->now, TICK_BUDGET, &due))
		return eng->now;
	if (due < next)
		next = due;
	if (lvs_persist_advance(eng->dir->persist, eng->now, TICK_BUDGET, &due))
		return eng->now;
	return due < next ? due : next;
}

lvs_tstamp lvs_engine_tick(struct lvs_engine *eng, lvs_tstamp now)
{
	lvs_tstamp next, tend;

	pthread_mutex_lock(&eng->slot.gate);
	lvs_engine_begin(eng, now);
	tend = lvs_fast_tend(eng);
	next = expire(eng);
	if (tend < next)
		next = tend;
	if (lvs_engine_expire_pieces(eng))
		next = now;
	if (eng->held.first)
		lvs_engine_look(eng);
	if (eng->held.first && next > now + HOLD_PERIOD)
		next = now + HOLD_PERIOD;
	pthread_mutex_unlock(&eng->slot.gate);
	return next;
}

void lvs_engine_stats(struct lvs_engine *eng, struct lvs_engine_stats *stats)
{
	struct lvs_engine_stats now;

	lvs_slot_gather(&eng->slot, NULL);
	pthread_mutex_lock(&eng->slot.gate);
	slot_stats(&eng->slot, &now);
	pthread_mutex_unlock(&eng->slot.gate);
	lvs_opts_write(stats, &now, sizeof(now));
}

void lvs_engine_count_tx_drop(struct lvs_engine *eng, uint64_t count)
{
	pthread_mutex_lock(&eng->slot.gate);
	eng->count.dropped[LVS_REASON_TX] += count;
	pthread_mutex_unlock(&eng->slot.gate);
}
