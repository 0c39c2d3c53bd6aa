/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trash.c - removed destinations, kept while connections refer to them.
 *
 * One that is added again while it lies here comes back with its counts, as
 * its connections never left it.
 */
#include "model/director.h"

/* IPVS's: how often the trash is looked at, and for how long one is kept. */
#define TRASH_INTERVAL (60 * LVS_SEC)
#define TRASH_IDLE     (120 * LVS_SEC)

static void tell_engines(struct lvs_director *dir, struct lvs_dest *dest)
{
	for (unsigned i = 0; i < LVS_ENGINES_MAX; i++)
		if (dir->engines[i])
			dir->engines[i]->dest_gone(dir->engines[i], dest);
}

void lvs_trash_put(struct lvs_service *svc, struct lvs_dest *dest)
{
	struct lvs_director *dir = svc->dir;
	uint64_t count[LVS_COUNTERS];

	lvs_meter_read(&dest->meter, count);
	for (int c = 0; c < LVS_COUNTERS; c++)
		svc->meter.base[c] += count[c];
	tell_engines(dir, dest);
	dest->idle_since = 0;
	dest->prev = NULL;
	dest->next = dir->trash;
	if (dir->trash)
		dir->trash->prev = dest;
	dir->trash = dest;
}

static void trash_unlink(struct lvs_director *dir, struct lvs_dest *dest)
{
	if (dest->prev)
		dest->prev->next = dest->next;
	else
		dir->trash = dest->next;
	if (dest->next)
		dest->next->prev = dest->prev;
}

static bool was(const struct lvs_dest *dest, const struct lvs_service_id *svc,
		const struct lvs_dest_id *id)
{
	return dest->conf.id.port == id->port &&
	       lvs_addr_equal(&dest->conf.id.addr, &id->addr) &&
	       dest->svc_id.fwmark == svc->fwmark &&
	       dest->svc_id.protocol == svc->protocol &&
	       dest->svc_id.port == svc->port &&
	       lvs_addr_equal(&dest->svc_id.addr, &svc->addr);
}

struct lvs_dest *lvs_trash_take(struct lvs_service *svc,
				const struct lvs_dest_id *id)
{
	struct lvs_dest *dest = svc->dir->trash;
	uint64_t count[LVS_COUNTERS];

	while (dest && !was(dest, &svc->conf.id, id))
		dest = dest->next;
	if (!dest)
		return NULL;
	trash_unlink(svc->dir, dest);
	if (dest->svc_serial != svc->serial) {
		lvs_meter_clear(&dest->meter);
		return dest;
	}
	/* The service has counted it as a deleted one; now it counts itself. */
	lvs_meter_read(&dest->meter, count);
	for (int c = 0; c < LVS_COUNTERS; c++)
		svc->meter.base[c] -= count[c];
	return dest;
}

void lvs_trash_free(struct lvs_director *dir, struct lvs_dest *dest)
{
	trash_unlink(dir, dest);
	lvs_dest_free(dir, dest);
}

static bool idle_long(struct lvs_dest *dest, lvs_tstamp now)
{
	if (atomic_load_explicit(&dest->refs, memory_order_acquire))
		return false;
	if (!dest->idle_since) {
		dest->idle_since = now;
		return false;
	}
	return now - dest->idle_since >= TRASH_IDLE;
}

/* One whose time has come, or NULL. */
static struct lvs_dest *find_idle(struct lvs_dest *dest, lvs_tstamp now)
{
	while (dest && !idle_long(dest, now))
		dest = dest->next;
	return dest;
}

void lvs_trash_tick(struct lvs_director *dir, lvs_tstamp now)
{
	struct lvs_dest *dest;

	if (!dir->trash) {
		dir->trash_at = 0;
		return;
	}
	if (!dir->trash_at)
		dir->trash_at = now + TRASH_INTERVAL;
	if (now < dir->trash_at)
		return;
	dir->trash_at = now + TRASH_INTERVAL;
	dest = find_idle(dir->trash, now);
	if (!dest)
		return;
	lvs_director_stop(dir);
	while (dest) {
		struct lvs_dest *next = dest->next;

		tell_engines(dir, dest);
		lvs_trash_free(dir, dest);
		dest = find_idle(next, now);
	}
	lvs_director_go(dir);
}
