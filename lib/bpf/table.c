/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table.c - a BPF map that is to have what a list says.
 */
#include "bpf/table.h"

#include <bpf/bpf.h>
#include <string.h>

static const char *item_at(const struct lvs_bpf_list *list, size_t i)
{
	return (const char *)list->items + i * list->size;
}

/* The item of LIST with KEY; NULL: it has none. */
static const char *find(const struct lvs_bpf_list *list, const char *key)
{
	size_t from = 0, to = list->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		const char *item = item_at(list, middle);
		int order = memcmp(key, item, list->key);

		if (order == 0)
			return item;
		if (order < 0)
			to = middle;
		else
			from = middle + 1;
	}
	return NULL;
}

static int set(int map, const struct lvs_bpf_list *list, const char *item)
{
	return bpf_map_update_elem(map, item, item + list->key, BPF_ANY);
}

/* The key of ITEM is as in LIST again, or gone. */
static void put_back(int map, const struct lvs_bpf_list *list, const char *item)
{
	const char *old = find(list, item);

	if (old)
		set(map, list, old);
	else
		bpf_map_delete_elem(map, item);
}

int lvs_bpf_put(int map, const struct lvs_bpf_list *was,
		const struct lvs_bpf_list *now)
{
	for (size_t i = 0; i < now->count; i++) {
		const char *item = item_at(now, i), *old = find(was, item);
		int err;

		if (old && memcmp(old, item, now->size) == 0)
			continue;
		err = set(map, now, item);
		if (!err)
			continue;
		while (i-- > 0)
			put_back(map, was, item_at(now, i));
		/* A hash says it so, a trie so. */
		return err == -E2BIG || err == -ENOSPC ? LVS_ERR_NOSPC : err;
	}
	return 0;
}

void lvs_bpf_undo(int map, const struct lvs_bpf_list *was,
		  const struct lvs_bpf_list *now)
{
	for (size_t i = 0; i < now->count; i++)
		put_back(map, was, item_at(now, i));
}

void lvs_bpf_trim(int map, const struct lvs_bpf_list *was,
		  const struct lvs_bpf_list *now)
{
	for (size_t i = 0; i < was->count; i++)
		if (!find(now, item_at(was, i)))
			bpf_map_delete_elem(map, item_at(was, i));
}
