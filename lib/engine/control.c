/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * control.c - which template a connection was made by.
 *
 * Few connections have one, so it is not in their records but here: a map from
 * connection to template.
 */
#include "engine/control.h"

static uint64_t hash_of(const struct lvs_conn *conn)
{
	uint64_t z = (uint64_t)(uintptr_t)conn * 0x9e3779b97f4a7c15u;

	return z ^ z >> 32;
}

static struct lvs_control *at(const struct lvs_controls *ctl, uint32_t index)
{
	return lvs_slab_at(&ctl->slab, index);
}

static uint64_t hash_value(void *ctx, uint32_t value)
{
	return hash_of(at(ctx, value)->conn);
}

int lvs_controls_init(struct lvs_controls *ctl, const struct lvs_allocator *mem)
{
	struct lvs_map_opts opts = {
		.mem = *mem,
		.hash = hash_value,
		.ctx = ctl,
	};

	lvs_slab_init(&ctl->slab, mem, sizeof(struct lvs_control));
	return lvs_map_init(&ctl->map, &opts);
}

void lvs_controls_fini(struct lvs_controls *ctl)
{
	lvs_map_fini(&ctl->map);
	lvs_slab_fini(&ctl->slab);
}

bool lvs_control_add(struct lvs_controls *ctl, struct lvs_conn *conn,
		     struct lvs_conn *by)
{
	uint32_t index = lvs_slab_alloc(&ctl->slab);

	if (index == LVS_SLAB_NONE)
		return false;
	*at(ctl, index) = (struct lvs_control){ conn, by };
	if (lvs_map_insert(&ctl->map, hash_of(conn), index) < 0) {
		lvs_slab_free(&ctl->slab, index);
		return false;
	}
	conn->flags |= LVS_CONN_CONTROLLED;
	return true;
}

/* The index of CONN's entry, or LVS_SLAB_NONE. */
static uint32_t find(const struct lvs_controls *ctl,
		     const struct lvs_conn *conn)
{
	uint64_t hash = hash_of(conn);
	struct lvs_bucket *b = lvs_map_first(&ctl->map, hash);

	for (; b; b = lvs_map_more(&ctl->map, b)) {
		unsigned slots = lvs_bucket_match(b, lvs_map_tag(hash));

		for (; slots; slots &= slots - 1) {
			uint32_t index = b->values[__builtin_ctz(slots)];

			if (at(ctl, index)->conn == conn)
				return index;
		}
	}
	return LVS_SLAB_NONE;
}

struct lvs_conn *lvs_control_of(const struct lvs_controls *ctl,
				const struct lvs_conn *conn)
{
	uint32_t index = find(ctl, conn);

	return index == LVS_SLAB_NONE ? NULL : at(ctl, index)->by;
}

struct lvs_conn *lvs_control_take(struct lvs_controls *ctl,
				  struct lvs_conn *conn)
{
	uint32_t index = find(ctl, conn);
	struct lvs_conn *by;

	if (index == LVS_SLAB_NONE)
		return NULL;
	by = at(ctl, index)->by;
	lvs_map_remove(&ctl->map, hash_of(conn), index);
	lvs_slab_free(&ctl->slab, index);
	conn->flags &= (uint16_t)~LVS_CONN_CONTROLLED;
	return by;
}
