/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * service.c - services: added, edited, deleted, listed.
 */
#include "model/director.h"

#include "base/mem.h"
#include "base/opts.h"
#include <netinet/in.h>
#include <string.h>

/* How often the log says that nobody takes a service's connections. */
#define COMPLAINT_PERIOD (5 * LVS_SEC)

#define FLAGS_KNOWN                                                            \
	(LVS_SVC_PERSISTENT | LVS_SVC_HASHED | LVS_SVC_ONEPACKET |             \
	 LVS_SVC_SCHED1 | LVS_SVC_SCHED2 | LVS_SVC_SCHED3)

struct lvs_service_id lvs_service_id_clean(const struct lvs_service_id *id)
{
	if (id->fwmark)
		return (struct lvs_service_id){
			.addr.family = id->addr.family,
			.fwmark = id->fwmark,
		};
	return (struct lvs_service_id){
		.addr = lvs_addr_from_bytes(id->addr.family, &id->addr.ip),
		.port = id->port,
		.protocol = id->protocol,
	};
}

static bool named(const char name[LVS_NAME_MAX])
{
	return memchr(name, 0, LVS_NAME_MAX) != NULL;
}

/* The scheduler that CONF names; NULL in *SCHED: "none". */
static int find_scheduler(const struct lvs_director *dir,
			  const struct lvs_service_conf *conf,
			  const struct lvs_scheduler **sched)
{
	const struct lvs_scheduler *const *own = dir->schedulers;

	*sched = NULL;
	if (!strcmp(conf->scheduler, "none"))
		return 0;
	*sched = lvs_scheduler_find(conf->scheduler);
	for (; !*sched && own && *own; own++)
		if (!strcmp((*own)->name, conf->scheduler))
			*sched = *own;
	return *sched ? 0 : LVS_ERR_NOENT;
}

/* A step through a table reaches all slots if their number is a prime. */
static bool is_prime(uint32_t number)
{
	for (uint32_t d = 2; d * d <= number; d++)
		if (number % d == 0)
			return false;
	return number > 1;
}

/* What CONF asks of SCHED must be what that can do. */
static int check_sched(const struct lvs_service_conf *conf,
		       const struct lvs_scheduler *sched)
{
	uint32_t traits = sched ? sched->traits : 0;

	if (conf->slow_start && !(traits & LVS_SCHED_SLOW_START))
		return LVS_ERR_NOTSUP;
	if (!conf->table_size)
		return 0;
	if (!(traits & LVS_SCHED_SIZED))
		return LVS_ERR_NOTSUP;
	return conf->table_size <= LVS_TABLE_SIZE_MAX &&
			       is_prime(conf->table_size)
		       ? 0
		       : LVS_ERR_RANGE;
}

/* What CONF asks for must be something we carry out. */
static int check_conf(const struct lvs_service_conf *conf,
		      const struct lvs_scheduler *sched)
{
	if (conf->pe[0])
		return strcmp(conf->pe, "sip") ? LVS_ERR_NOENT : LVS_ERR_NOTSUP;
	if (conf->flags & ~FLAGS_KNOWN)
		return LVS_ERR_NOTSUP;
	if (conf->plen > lvs_family_bits(conf->id.addr.family) ||
	    conf->timeout > LVS_TIMEOUT_MAX ||
	    conf->slow_start > LVS_TIMEOUT_MAX)
		return LVS_ERR_INVAL;
	return check_sched(conf, sched);
}

/* GIVEN as ours, in CONF; with what can be said without the director. */
static int read_conf(const struct lvs_service_conf *given,
		     struct lvs_service_conf *conf)
{
	int err = lvs_opts_read(conf, sizeof(*conf), given);

	if (err)
		return err;
	if (!lvs_family_bits(conf->id.addr.family))
		return LVS_ERR_AFNOSUPPORT;
	if (!named(conf->scheduler) || !named(conf->pe))
		return LVS_ERR_INVAL;
	conf->id = lvs_service_id_clean(&conf->id);
	if (!conf->id.fwmark && conf->id.protocol != IPPROTO_TCP &&
	    conf->id.protocol != IPPROTO_UDP &&
	    conf->id.protocol != IPPROTO_SCTP)
		return LVS_ERR_INVAL;
	if (!conf->scheduler[0])
		memcpy(conf->scheduler, "wlc", sizeof("wlc"));
	conf->flags &= ~LVS_SVC_HASHED;
	return 0;
}

/* SVC is nobody's, its scheduler unbound. */
static void service_free(struct lvs_service *svc)
{
	struct lvs_binding binding = { svc->sched, svc->sched_state };

	lvs_binding_settle(svc, &binding);
	pthread_mutex_destroy(&svc->lock);
	lvs_mem_free(&svc->dir->mem, svc, sizeof(*svc));
}

static int service_new(struct lvs_director *dir,
		       const struct lvs_service_conf *conf,
		       const struct lvs_scheduler *sched,
		       struct lvs_service **out)
{
	struct lvs_service *svc = lvs_mem_alloc(&dir->mem, sizeof(*svc));
	struct lvs_binding binding;
	int err;

	if (!svc)
		return LVS_ERR_NOMEM;
	svc->dir = dir;
	svc->conf = *conf;
	svc->serial = ++dir->next_serial;
	lvs_prng_seed(&svc->prng, dir->hash_key[0] ^ svc->serial);
	pthread_mutex_init(&svc->lock, NULL);
	lvs_limit_init(&svc->complaints, COMPLAINT_PERIOD, 1);
	err = lvs_binding_prepare(svc, conf, sched, &binding);
	if (!err) {
		err = lvs_binding_change(svc, &binding);
		lvs_binding_settle(svc, &binding);
	}
	if (err) {
		service_free(svc);
		return err;
	}
	lvs_service_settle(svc);
	*out = svc;
	return 0;
}

static int service_add(struct lvs_director *dir,
		       const struct lvs_service_conf *conf)
{
	const struct lvs_scheduler *sched;
	struct lvs_service *svc;
	int err;

	if (lvs_director_exact(dir, &conf->id))
		return LVS_ERR_EXIST;
	err = find_scheduler(dir, conf, &sched);
	if (!err)
		err = check_conf(conf, sched);
	if (!err)
		err = service_new(dir, conf, sched, &svc);
	if (err)
		return err;
	lvs_director_stop(dir);
	err = lvs_director_insert(dir, svc);
	if (err)
		lvs_service_unbind(svc);
	lvs_director_go(dir);
	if (err)
		service_free(svc);
	return err;
}

static int with_conf(struct lvs_director *dir,
		     const struct lvs_service_conf *given,
		     int (*apply)(struct lvs_director *dir,
				  const struct lvs_service_conf *conf))
{
	struct lvs_service_conf conf;
	int err = read_conf(given, &conf);

	if (err)
		return err;
	pthread_mutex_lock(&dir->lock);
	err = apply(dir, &conf);
	pthread_mutex_unlock(&dir->lock);
	return err;
}

int lvs_service_add(struct lvs_director *dir,
		    const struct lvs_service_conf *given)
{
	return with_conf(dir, given, service_add);
}

/* Whether SVC can't keep the state of its scheduler when it is as CONF. */
static bool needs_binding(const struct lvs_service *svc,
			  const struct lvs_service_conf *conf,
			  const struct lvs_scheduler *sched)
{
	return sched != svc->sched || conf->table_size != svc->conf.table_size;
}

/* Engines are stopped.  BINDING: the new one, NULL if it keeps its own. */
static int change_conf(struct lvs_service *svc,
		       const struct lvs_service_conf *conf,
		       struct lvs_binding *binding)
{
	struct lvs_service_conf old = svc->conf;
	int err = 0;

	svc->conf = *conf;
	if (binding)
		err = lvs_binding_change(svc, binding);
	else if (conf->flags != old.flags)
		err = lvs_service_reconfigured(svc);
	if (err)
		svc->conf = old;
	lvs_slow_start_reweigh(svc);
	return err;
}

static int service_edit(struct lvs_director *dir,
			const struct lvs_service_conf *conf)
{
	struct lvs_service *svc = lvs_director_exact(dir, &conf->id);
	struct lvs_binding binding = { .sched = NULL };
	const struct lvs_scheduler *sched;
	bool other;
	int err;

	if (!svc)
		return LVS_ERR_SRCH;
	err = find_scheduler(dir, conf, &sched);
	if (!err)
		err = check_conf(conf, sched);
	if (err)
		return err;
	other = needs_binding(svc, conf, sched);
	if (other)
		err = lvs_binding_prepare(svc, conf, sched, &binding);
	if (err)
		return err;
	lvs_director_stop(dir);
	err = change_conf(svc, conf, other ? &binding : NULL);
	lvs_director_go(dir);
	lvs_service_settle(svc);
	lvs_binding_settle(svc, &binding);
	return err;
}

int lvs_service_edit(struct lvs_director *dir,
		     const struct lvs_service_conf *given)
{
	return with_conf(dir, given, service_edit);
}

/*
 * Engines are stopped.  SVC is only to be freed then; what it has counted is
 * the director's from now on.
 */
static void service_retire(struct lvs_director *dir, struct lvs_service *svc)
{
	uint64_t count[LVS_COUNTERS];

	for (struct lvs_dest *d = svc->first; d; d = d->next)
		lvs_director_withdraw(dir, d);
	lvs_service_counts(svc, count);
	for (int c = 0; c < LVS_COUNTERS; c++)
		dir->meter.base[c] += count[c];
	lvs_service_unbind(svc);
	while (svc->first) {
		struct lvs_dest *dest = svc->first;

		lvs_dest_unlink(dest);
		lvs_trash_put(svc, dest);
	}
	lvs_director_remove(dir, svc);
}

int lvs_service_del(struct lvs_director *dir, const struct lvs_service_id *id)
{
	struct lvs_service_id clean = lvs_service_id_clean(id);
	struct lvs_service *svc;

	pthread_mutex_lock(&dir->lock);
	svc = lvs_director_exact(dir, &clean);
	if (svc) {
		lvs_director_stop(dir);
		service_retire(dir, svc);
		lvs_director_go(dir);
		service_free(svc);
	}
	pthread_mutex_unlock(&dir->lock);
	return svc ? 0 : LVS_ERR_SRCH;
}

void lvs_service_flush(struct lvs_director *dir)
{
	struct lvs_service *retired = NULL;

	pthread_mutex_lock(&dir->lock);
	lvs_director_stop(dir);
	while (dir->first) {
		struct lvs_service *svc = dir->first;

		service_retire(dir, svc);
		svc->next = retired;
		retired = svc;
	}
	lvs_director_go(dir);
	while (retired) {
		struct lvs_service *svc = retired;

		retired = svc->next;
		service_free(svc);
	}
	pthread_mutex_unlock(&dir->lock);
}

static void info_fill(const struct lvs_service *svc,
		      struct lvs_service_info *info)
{
	uint64_t count[LVS_COUNTERS];

	info->conf = svc->conf;
	info->conf.flags |= LVS_SVC_HASHED;
	info->num_dests = svc->num_dests;
	lvs_service_gather(svc);
	lvs_service_counts(svc, count);
	lvs_stats_show(&info->stats, count, svc->meter.zero, &svc->meter.rates);
}

int lvs_service_get(struct lvs_director *dir, const struct lvs_service_id *id,
		    struct lvs_service_info *info)
{
	struct lvs_service_id clean = lvs_service_id_clean(id);
	const struct lvs_service *svc;

	pthread_mutex_lock(&dir->lock);
	svc = lvs_director_exact(dir, &clean);
	if (svc)
		info_fill(svc, info);
	pthread_mutex_unlock(&dir->lock);
	return svc ? 0 : LVS_ERR_SRCH;
}

size_t lvs_service_list(struct lvs_director *dir, size_t from,
			struct lvs_service_info *info, size_t max)
{
	size_t count = 0;

	pthread_mutex_lock(&dir->lock);
	for (const struct lvs_service *s = dir->first; s; s = s->next, count++)
		if (count >= from && count - from < max)
			info_fill(s, &info[count - from]);
	pthread_mutex_unlock(&dir->lock);
	return count;
}
