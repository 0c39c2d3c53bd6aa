/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dest_admin.c - destinations of a service: added, edited, deleted, listed.
 */
#include "model/director.h"

#include "base/opts.h"
#include <limits.h>

/* What a tunnel asks for must be something we carry out. */
static int check_tunnel(const struct lvs_dest_conf *conf)
{
	if (conf->tun_type == LVS_TUN_GUE && !conf->tun_port)
		return LVS_ERR_INVAL;
	if (conf->tun_type != LVS_TUN_IPIP || conf->tun_flags)
		return LVS_ERR_NOTSUP;
	return 0;
}

static int check_method(const struct lvs_service *svc,
			const struct lvs_dest_conf *conf)
{
	if (conf->method > LVS_METHOD_DR || conf->tun_type > LVS_TUN_GRE)
		return LVS_ERR_INVAL;
	if (conf->method == LVS_METHOD_TUN)
		return check_tunnel(conf);
	if (conf->id.addr.family != svc->conf.id.addr.family)
		return LVS_ERR_INVAL;
	return 0;
}

static int check_conf(const struct lvs_service *svc,
		      const struct lvs_dest_conf *conf)
{
	int err = check_method(svc, conf);

	if (err)
		return err;
	if (conf->weight < 0 || conf->l_threshold > conf->u_threshold)
		return LVS_ERR_RANGE;
	if (conf->u_threshold > INT_MAX || !lvs_addr_is_unicast(&conf->id.addr))
		return LVS_ERR_INVAL;
	/* Which link it would be on, nothing tells. */
	if (conf->id.addr.family == AF_INET6 &&
	    lvs_addr_is_linklocal(&conf->id.addr))
		return LVS_ERR_INVAL;
	return 0;
}

static struct lvs_dest_id clean_id(const struct lvs_dest_id *id)
{
	return (struct lvs_dest_id){
		.addr = lvs_addr_from_bytes(id->addr.family, &id->addr.ip),
		.port = id->port,
	};
}

static int read_conf(const struct lvs_dest_conf *given,
		     struct lvs_dest_conf *conf)
{
	int err = lvs_opts_read(conf, sizeof(*conf), given);

	if (err)
		return err;
	if (!lvs_family_bits(conf->id.addr.family))
		return LVS_ERR_INVAL;
	conf->id = clean_id(&conf->id);
	return 0;
}

struct lvs_dest *lvs_service_dest(const struct lvs_service *svc,
				  const struct lvs_dest_id *id)
{
	struct lvs_dest *dest = svc->first;

	while (dest && (dest->conf.id.port != id->port ||
			!lvs_addr_equal(&dest->conf.id.addr, &id->addr)))
		dest = dest->next;
	return dest;
}

/* One with ID that belongs to nobody: revived, or new; NULL: no memory. */
static struct lvs_dest *loose_dest(struct lvs_director *dir,
				   struct lvs_service *svc,
				   const struct lvs_dest_conf *conf)
{
	struct lvs_dest *dest;

	lvs_director_stop(dir);
	dest = lvs_trash_take(svc, &conf->id);
	if (!dest)
		dest = lvs_dest_new(dir, conf);
	lvs_director_go(dir);
	return dest;
}

/* Engines are stopped. */
static int link_dest(struct lvs_service *svc, struct lvs_dest *dest,
		     const struct lvs_dest_conf *conf)
{
	int err;

	lvs_dest_configure(dest, conf, true);
	lvs_dest_link(svc, dest);
	err = lvs_service_changed(svc, dest, LVS_DEST_ADDED);
	if (err) {
		lvs_dest_unlink(dest);
		return err;
	}
	lvs_slow_start_begin(svc, dest);
	lvs_slow_start_reweigh(svc);
	return 0;
}

static int dest_add(struct lvs_director *dir, struct lvs_service *svc,
		    const struct lvs_dest_conf *conf)
{
	struct lvs_dest *dest;
	int err = check_conf(svc, conf);

	if (err)
		return err;
	if (lvs_service_dest(svc, &conf->id))
		return LVS_ERR_EXIST;
	dest = loose_dest(dir, svc, conf);
	if (!dest)
		return LVS_ERR_NOMEM;
	err = lvs_service_prepare(svc, dest, LVS_DEST_ADDED, conf);
	lvs_director_stop(dir);
	if (!err)
		err = link_dest(svc, dest, conf);
	if (err)
		lvs_trash_put(svc, dest);
	lvs_director_go(dir);
	lvs_service_settle(svc);
	return err;
}

/* Engines are stopped. */
static int change_dest(struct lvs_service *svc, struct lvs_dest *dest,
		       const struct lvs_dest_conf *conf)
{
	struct lvs_dest_conf old = dest->conf;
	int err;

	lvs_dest_configure(dest, conf, false);
	err = lvs_service_changed(svc, dest, LVS_DEST_EDITED);
	if (err)
		lvs_dest_configure(dest, &old, false);
	else if (!old.weight || !conf->weight)
		lvs_slow_start_begin(svc, dest);
	lvs_slow_start_reweigh(svc);
	return err;
}

static int dest_edit(struct lvs_director *dir, struct lvs_service *svc,
		     const struct lvs_dest_conf *conf)
{
	struct lvs_dest *dest;
	int err = check_conf(svc, conf);

	if (err)
		return err;
	dest = lvs_service_dest(svc, &conf->id);
	if (!dest)
		return LVS_ERR_NOENT;
	err = lvs_service_prepare(svc, dest, LVS_DEST_EDITED, conf);
	if (!err) {
		lvs_director_stop(dir);
		err = change_dest(svc, dest, conf);
		lvs_director_go(dir);
	}
	lvs_service_settle(svc);
	return err;
}

/* It goes whatever the scheduler says. */
static int dest_del(struct lvs_director *dir, struct lvs_service *svc,
		    const struct lvs_dest_id *id)
{
	struct lvs_dest *dest = lvs_service_dest(svc, id);

	if (!dest)
		return LVS_ERR_NOENT;
	lvs_service_prepare(svc, dest, LVS_DEST_REMOVED, NULL);
	lvs_director_stop(dir);
	lvs_director_withdraw(dir, dest);
	lvs_dest_unlink(dest);
	lvs_service_changed(svc, dest, LVS_DEST_REMOVED);
	lvs_slow_start_reweigh(svc);
	lvs_trash_put(svc, dest);
	lvs_director_go(dir);
	lvs_service_settle(svc);
	return 0;
}

static int with_conf(struct lvs_director *dir, const struct lvs_service_id *id,
		     const struct lvs_dest_conf *given,
		     int (*apply)(struct lvs_director *dir,
				  struct lvs_service *svc,
				  const struct lvs_dest_conf *conf))
{
	struct lvs_service_id clean = lvs_service_id_clean(id);
	struct lvs_dest_conf conf;
	struct lvs_service *svc;
	int err = read_conf(given, &conf);

	if (err)
		return err;
	pthread_mutex_lock(&dir->lock);
	svc = lvs_director_exact(dir, &clean);
	err = svc ? apply(dir, svc, &conf) : LVS_ERR_SRCH;
	pthread_mutex_unlock(&dir->lock);
	return err;
}

int lvs_dest_add(struct lvs_director *dir, const struct lvs_service_id *id,
		 const struct lvs_dest_conf *conf)
{
	return with_conf(dir, id, conf, dest_add);
}

int lvs_dest_edit(struct lvs_director *dir, const struct lvs_service_id *id,
		  const struct lvs_dest_conf *conf)
{
	return with_conf(dir, id, conf, dest_edit);
}

int lvs_dest_del(struct lvs_director *dir, const struct lvs_service_id *id,
		 const struct lvs_dest_id *dest)
{
	struct lvs_service_id clean = lvs_service_id_clean(id);
	struct lvs_dest_id which = clean_id(dest);
	struct lvs_service *svc;
	int err;

	pthread_mutex_lock(&dir->lock);
	svc = lvs_director_exact(dir, &clean);
	err = svc ? dest_del(dir, svc, &which) : LVS_ERR_SRCH;
	pthread_mutex_unlock(&dir->lock);
	return err;
}

static void info_fill(struct lvs_director *dir, const struct lvs_dest *dest,
		      struct lvs_dest_info *info)
{
	uint32_t active = lvs_dest_active_now(dest);
	uint32_t total = lvs_dest_total_now(dest);
	uint64_t count[LVS_COUNTERS];

	info->conf = dest->conf;
	info->overloaded = lvs_dest_is(dest, LVS_DEST_OVERLOAD);
	info->active = active;
	info->inact = total > active ? total - active : 0;
	info->persist =
		atomic_load_explicit(&dest->persist, memory_order_relaxed);
	lvs_director_gather(dir, dest);
	lvs_meter_read(&dest->meter, count);
	lvs_stats_show(&info->stats, count, dest->meter.zero,
		       &dest->meter.rates);
}

int lvs_dest_get(struct lvs_director *dir, const struct lvs_service_id *id,
		 const struct lvs_dest_id *dest, struct lvs_dest_info *info)
{
	struct lvs_service_id clean = lvs_service_id_clean(id);
	struct lvs_dest_id which = clean_id(dest);
	const struct lvs_service *svc;
	const struct lvs_dest *found = NULL;

	pthread_mutex_lock(&dir->lock);
	svc = lvs_director_exact(dir, &clean);
	if (svc)
		found = lvs_service_dest(svc, &which);
	if (found)
		info_fill(dir, found, info);
	pthread_mutex_unlock(&dir->lock);
	if (!svc)
		return LVS_ERR_SRCH;
	return found ? 0 : LVS_ERR_NOENT;
}

size_t lvs_dest_list(struct lvs_director *dir, const struct lvs_service_id *id,
		     size_t from, struct lvs_dest_info *info, size_t max)
{
	struct lvs_service_id clean = lvs_service_id_clean(id);
	const struct lvs_service *svc;
	size_t count = 0;

	pthread_mutex_lock(&dir->lock);
	svc = lvs_director_exact(dir, &clean);
	for (const struct lvs_dest *d = svc ? svc->first : NULL; d;
	     d = d->next, count++)
		if (count >= from && count - from < max)
			info_fill(dir, d, &info[count - from]);
	pthread_mutex_unlock(&dir->lock);
	return count;
}
