/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * counters.h - what a destination, a service or the whole has counted.
 *
 * Counters are sharded by engine: each engine writes its own cache line and
 * nobody else's, so counting costs no locked instruction; readers add up.
 */
#ifndef LVS_STATS_COUNTERS_H
#define LVS_STATS_COUNTERS_H

#include <lvs/base.h>
#include <lvs/stats.h>
#include <stdatomic.h>

enum lvs_counter {
	LVS_COUNT_CONNS,
	LVS_COUNT_INPKTS,
	LVS_COUNT_OUTPKTS,
	LVS_COUNT_INBYTES,
	LVS_COUNT_OUTBYTES,
	LVS_COUNTERS
};

struct lvs_shard {
	_Atomic uint64_t count[LVS_COUNTERS];
	uint64_t pad[3]; /* to 64 bytes */
};

/* Rates as IPVS estimates them (spec section 5). */
struct lvs_rates {
	uint64_t last[LVS_COUNTERS];
	int64_t avg[LVS_COUNTERS]; /* scaled */
};

struct lvs_meter {
	struct lvs_shard *shards; /* by engine; NULL until first used */
	uint32_t num_shards;
	uint64_t base[LVS_COUNTERS]; /* counted elsewhere, by now deleted */
	uint64_t zero[LVS_COUNTERS]; /* at the last -Z */
	struct lvs_rates rates;
};

/* Count on METER's shard of engine NUMBER; the shard must exist. */
static inline void lvs_meter_add(struct lvs_meter *meter, uint32_t number,
				 enum lvs_counter which, uint64_t amount)
{
	_Atomic uint64_t *c = &meter->shards[number].count[which];

	/* One writer: a plain load and store, only not torn. */
	atomic_store_explicit(c,
			      atomic_load_explicit(c, memory_order_relaxed) +
				      amount,
			      memory_order_relaxed);
}

/* Everything counted since the beginning, base included, zero not taken off. */
void lvs_meter_read(const struct lvs_meter *meter,
		    uint64_t count[LVS_COUNTERS]);

/*
 * Give METER shards for engines 0 to NUM - 1, if it has fewer.  What was
 * counted stays; nobody may be counting.  LVS_ERR_NOMEM.
 */
int lvs_meter_grow(struct lvs_meter *meter, const struct lvs_allocator *mem,
		   uint32_t num);
void lvs_meter_fini(struct lvs_meter *meter, const struct lvs_allocator *mem);

/* Forget everything counted; nobody may be counting. */
void lvs_meter_clear(struct lvs_meter *meter);

/* COUNT is where METER counts from now on, and its rates begin anew. */
void lvs_meter_zero(struct lvs_meter *meter,
		    const uint64_t count[LVS_COUNTERS]);

/* How often rates are folded. */
#define LVS_RATES_INTERVAL (2 * LVS_SEC)

/* Two seconds have passed, and COUNT (as lvs_meter_read has it) is reached. */
void lvs_rates_fold(struct lvs_rates *rates,
		    const uint64_t count[LVS_COUNTERS]);

/* COUNT less ZERO, and RATES, as users see them. */
void lvs_stats_show(struct lvs_stats *stats, const uint64_t count[LVS_COUNTERS],
		    const uint64_t zero[LVS_COUNTERS],
		    const struct lvs_rates *rates);

#endif
