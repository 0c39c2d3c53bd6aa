/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reasons.c - the words to enum lvs_reason and enum lvs_eviction.
 */
#include <lvs/stats.h>

static const struct {
	const char *name;
	const char *text;
} reasons[LVS_REASON_COUNT] = {
#define REASON_ROW(id, label, sentence) [LVS_REASON_##id] = { label, sentence },
	LVS_REASONS(REASON_ROW)
#undef REASON_ROW
};

const char *lvs_reason_name(unsigned reason)
{
	return reason < LVS_REASON_COUNT ? reasons[reason].name : "?";
}

const char *lvs_reason_text(unsigned reason)
{
	return reason < LVS_REASON_COUNT ? reasons[reason].text
					 : "unknown reason";
}

static const struct {
	const char *name;
	const char *text;
} evictions[LVS_EVICT_COUNT] = {
#define EVICT_ROW(id, label, sentence) [LVS_EVICT_##id] = { label, sentence },
	LVS_EVICTIONS(EVICT_ROW)
#undef EVICT_ROW
};

const char *lvs_eviction_name(unsigned eviction)
{
	return eviction < LVS_EVICT_COUNT ? evictions[eviction].name : "?";
}

const char *lvs_eviction_text(unsigned eviction)
{
	return eviction < LVS_EVICT_COUNT ? evictions[eviction].text
					  : "unknown class";
}
