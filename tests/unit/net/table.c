/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table.c - the hash table of records that carry their own node.
 */
#include "check.h"

#include "net/table.h"

#define COUNT 5000

struct record {
	struct lvs_net_node node;
	uint64_t value;
};

static struct record records[COUNT];

static const struct record *find(const struct lvs_net_table *tab, uint64_t hash,
				 uint64_t value)
{
	const struct lvs_net_node *node = lvs_net_table_find(tab, hash);

	while (node &&
	       ((const struct record *)(const void *)node)->value != value)
		node = lvs_net_table_more(node);
	return (const void *)node;
}

/* SPREAD: how many hashes there are, so that many records share one. */
static void fill(struct lvs_net_table *tab, uint64_t spread)
{
	ck_assert_int_eq(lvs_net_table_init(tab, &lvs_mem_default), 0);
	for (uint64_t i = 0; i < COUNT; i++) {
		records[i].value = i;
		lvs_net_table_add(tab, &records[i].node, i % spread);
	}
	ck_assert_uint_eq(tab->count, COUNT);
}

static const uint64_t spreads[] = { 1, 7, 1000, UINT64_MAX };

START_TEST(found_and_deleted)
{
	for (size_t s = 0; s < sizeof(spreads) / sizeof(*spreads); s++) {
		struct lvs_net_table tab;

		fill(&tab, spreads[s]);
		for (uint64_t i = 0; i < COUNT; i += 10)
			ck_assert_ptr_eq(find(&tab, i % spreads[s], i),
					 &records[i]);
		ck_assert_ptr_null(find(&tab, 3 % spreads[s], COUNT));
		for (uint64_t i = 0; i < COUNT; i += 2)
			lvs_net_table_del(&tab, &records[i].node);
		ck_assert_uint_eq(tab.count, COUNT / 2);
		for (uint64_t i = 0; i < COUNT; i += 11)
			ck_assert_ptr_eq(find(&tab, i % spreads[s], i),
					 i % 2 ? &records[i] : NULL);
		lvs_net_table_fini(&tab);
	}
}
END_TEST

START_TEST(oldest_first)
{
	struct lvs_net_table tab;
	uint64_t expected = 3;

	fill(&tab, 7);
	for (const struct lvs_net_node *node = lvs_net_table_find(&tab, 3);
	     node; node = lvs_net_table_more(node), expected += 7)
		ck_assert_uint_eq(
			((const struct record *)(const void *)node)->value,
			expected);
	ck_assert_uint_ge(expected, COUNT);
	lvs_net_table_fini(&tab);
}
END_TEST

static bool is_odd(void *ctx, struct lvs_net_node *node)
{
	++*(size_t *)ctx;
	return ((const struct record *)(const void *)node)->value % 2;
}

START_TEST(filtered)
{
	struct lvs_net_table tab;
	size_t seen = 0;

	fill(&tab, 1000);
	lvs_net_table_filter(&tab, is_odd, &seen);
	ck_assert_uint_eq(seen, COUNT);
	ck_assert_uint_eq(tab.count, COUNT / 2);
	ck_assert_ptr_null(find(&tab, 501, 501));
	ck_assert_ptr_eq(find(&tab, 500, 500), &records[500]);
	lvs_net_table_fini(&tab);
}
END_TEST

LVS_TEST_MAIN("net/table", found_and_deleted, oldest_first, filtered)
