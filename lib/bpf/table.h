/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table.h - a BPF map that is to have what a list says.
 *
 * Lists are arrays in order of their keys, each once.  Of an old and a new one
 * the map gets the difference, so that what stays is never gone.
 */
#ifndef LVS_BPF_TABLE_H
#define LVS_BPF_TABLE_H

#include <lvs/base.h>

struct lvs_bpf_list {
	const void *items;
	size_t count;
	size_t size; /* of an item: key, then value */
	size_t key;  /* of its key; compared as bytes */
};

/*
 * Into MAP, which has WAS, what NOW has otherwise or besides.  LVS_ERR_NOSPC,
 * LVS_ERR_NOMEM: it has WAS again.
 */
int lvs_bpf_put(int map, const struct lvs_bpf_list *was,
		const struct lvs_bpf_list *now);

/* Take back what lvs_bpf_put did. */
void lvs_bpf_undo(int map, const struct lvs_bpf_list *was,
		  const struct lvs_bpf_list *now);

/* Out of MAP what WAS has and NOW has not. */
void lvs_bpf_trim(int map, const struct lvs_bpf_list *was,
		  const struct lvs_bpf_list *now);

#endif
