/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * counters.c - counters added up over shards, and rates as IPVS estimates them.
 */
#include "stats/counters.h"

#include "base/mem.h"
#include <string.h>

int lvs_meter_grow(struct lvs_meter *meter, const struct lvs_allocator *mem,
		   uint32_t num)
{
	struct lvs_shard *shards;

	if (num <= meter->num_shards)
		return 0;
	shards = lvs_mem_array(mem, num, sizeof(*shards));
	if (!shards)
		return LVS_ERR_NOMEM;
	for (uint32_t i = 0; i < meter->num_shards; i++)
		for (int c = 0; c < LVS_COUNTERS; c++)
			atomic_init(&shards[i].count[c],
				    meter->shards[i].count[c]);
	lvs_meter_fini(meter, mem);
	meter->shards = shards;
	meter->num_shards = num;
	return 0;
}

void lvs_meter_fini(struct lvs_meter *meter, const struct lvs_allocator *mem)
{
	lvs_mem_free(mem, meter->shards,
		     meter->num_shards * sizeof(*meter->shards));
	meter->shards = NULL;
	meter->num_shards = 0;
}

void lvs_meter_clear(struct lvs_meter *meter)
{
	for (uint32_t i = 0; i < meter->num_shards; i++)
		for (int c = 0; c < LVS_COUNTERS; c++)
			atomic_store_explicit(&meter->shards[i].count[c], 0,
					      memory_order_relaxed);
	memset(meter->base, 0, sizeof(meter->base));
	memset(meter->zero, 0, sizeof(meter->zero));
	memset(&meter->rates, 0, sizeof(meter->rates));
}

void lvs_meter_read(const struct lvs_meter *meter, uint64_t count[LVS_COUNTERS])
{
	memcpy(count, meter->base, sizeof(meter->base));
	for (uint32_t i = 0; i < meter->num_shards; i++)
		for (int c = 0; c < LVS_COUNTERS; c++)
			count[c] +=
				atomic_load_explicit(&meter->shards[i].count[c],
						     memory_order_relaxed);
}

void lvs_meter_zero(struct lvs_meter *meter, const uint64_t count[LVS_COUNTERS])
{
	memcpy(meter->zero, count, sizeof(meter->zero));
	memset(meter->rates.avg, 0, sizeof(meter->rates.avg));
}

/*
 * Averages are a second's worth in units of 1/1024 packet and 1/32 byte, so
 * what two seconds brought weighs half of that.
 */
static bool is_bytes(int counter)
{
	return counter == LVS_COUNT_INBYTES || counter == LVS_COUNT_OUTBYTES;
}

void lvs_rates_fold(struct lvs_rates *rates, const uint64_t count[LVS_COUNTERS])
{
	for (int c = 0; c < LVS_COUNTERS; c++) {
		uint64_t delta = count[c] - rates->last[c];
		int64_t sample = (int64_t)(delta << (is_bytes(c) ? 4 : 9));

		rates->last[c] = count[c];
		/* Down also when negative, as an arithmetic shift does. */
		rates->avg[c] += (sample - rates->avg[c]) >> 2;
	}
}

static uint64_t packets_rate(int64_t avg)
{
	return (uint64_t)(avg + 0x1ff) >> 10;
}

static uint64_t bytes_rate(int64_t avg)
{
	return (uint64_t)(avg + 0xf) >> 5;
}

void lvs_stats_show(struct lvs_stats *stats, const uint64_t count[LVS_COUNTERS],
		    const uint64_t zero[LVS_COUNTERS],
		    const struct lvs_rates *rates)
{
	uint64_t n[LVS_COUNTERS];

	for (int c = 0; c < LVS_COUNTERS; c++)
		n[c] = count[c] - zero[c];
	*stats = (struct lvs_stats){
		.conns = n[LVS_COUNT_CONNS],
		.inpkts = n[LVS_COUNT_INPKTS],
		.outpkts = n[LVS_COUNT_OUTPKTS],
		.inbytes = n[LVS_COUNT_INBYTES],
		.outbytes = n[LVS_COUNT_OUTBYTES],
		.cps = packets_rate(rates->avg[LVS_COUNT_CONNS]),
		.inpps = packets_rate(rates->avg[LVS_COUNT_INPKTS]),
		.outpps = packets_rate(rates->avg[LVS_COUNT_OUTPKTS]),
		.inbps = bytes_rate(rates->avg[LVS_COUNT_INBYTES]),
		.outbps = bytes_rate(rates->avg[LVS_COUNT_OUTBYTES]),
	};
}
