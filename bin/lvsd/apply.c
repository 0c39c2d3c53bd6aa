/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * apply.c - the difference between a configuration and a director, applied.
 *
 * New and changed things come first, then what goes: a real server that moves
 * to another service is never gone from both.
 */
#include "apply.h"
#include "log.h"
#include "name.h"
#include <stdlib.h>
#include <string.h>

/* Flags that a configuration decides; the others are the director's. */
#define CONF_FLAGS                                                             \
	(LVS_SVC_PERSISTENT | LVS_SVC_ONEPACKET | LVS_SVC_SCHED1 |             \
	 LVS_SVC_SCHED2 | LVS_SVC_SCHED3)

struct job {
	struct lvs_director *dir;
	struct apply_result *result;
};

static uint32_t whole(const struct lvs_service_conf *conf)
{
	return conf->plen ? conf->plen : lvs_family_bits(conf->id.addr.family);
}

static bool same_service(const struct lvs_service_conf *a,
			 const struct lvs_service_conf *b)
{
	return strcmp(a->scheduler, b->scheduler) == 0 &&
	       strcmp(a->pe, b->pe) == 0 &&
	       ((a->flags ^ b->flags) & CONF_FLAGS) == 0 &&
	       a->timeout == b->timeout && whole(a) == whole(b) &&
	       a->table_size == b->table_size && a->slow_start == b->slow_start;
}

static bool same_dest(const struct lvs_dest_conf *a,
		      const struct lvs_dest_conf *b)
{
	return a->method == b->method && a->tun_type == b->tun_type &&
	       a->tun_flags == b->tun_flags && a->tun_port == b->tun_port &&
	       a->weight == b->weight && a->u_threshold == b->u_threshold &&
	       a->l_threshold == b->l_threshold;
}

/* Count a change that ERR came of, or log that it failed. */
static bool done(struct job *job, int err, unsigned *counter,
		 const struct lvs_service_id *svc,
		 const struct lvs_dest_id *dest)
{
	char name[NAME_STRLEN];

	if (!err) {
		++*counter;
		return true;
	}
	job->result->failed++;
	log_err("%s: %s", name_of(svc, dest, name, sizeof(name)),
		lvs_strerror(err));
	return false;
}

static void set_dest(struct job *job, const struct lvs_service_id *svc,
		     const struct lvs_dest_conf *conf)
{
	struct apply_count *count = &job->result->dests;
	struct lvs_dest_info now;

	if (lvs_dest_get(job->dir, svc, &conf->id, &now))
		done(job, lvs_dest_add(job->dir, svc, conf), &count->added, svc,
		     &conf->id);
	else if (!same_dest(&now.conf, conf))
		done(job, lvs_dest_edit(job->dir, svc, conf), &count->changed,
		     svc, &conf->id);
}

static void set_service(struct job *job, const struct conf_service *svc)
{
	const struct lvs_service_id *id = &svc->conf.id;
	struct apply_count *count = &job->result->services;
	struct lvs_service_info now;
	bool there = true;

	if (lvs_service_get(job->dir, id, &now))
		there = done(job, lvs_service_add(job->dir, &svc->conf),
			     &count->added, id, NULL);
	else if (!same_service(&now.conf, &svc->conf))
		done(job, lvs_service_edit(job->dir, &svc->conf),
		     &count->changed, id, NULL);
	for (size_t i = 0; there && i < svc->num_dests; i++)
		set_dest(job, id, &svc->dests[i].conf);
}

/* lvsadm may have removed it before us. */
static void remove_dest(struct job *job, const struct lvs_service_id *svc,
			const struct lvs_dest_id *id)
{
	int err = lvs_dest_del(job->dir, svc, id);

	if (err != LVS_ERR_NOENT && err != LVS_ERR_SRCH)
		done(job, err, &job->result->dests.removed, svc, id);
}

static void remove_service(struct job *job, const struct lvs_service_id *id)
{
	int err = lvs_service_del(job->dir, id);

	if (err != LVS_ERR_SRCH)
		done(job, err, &job->result->services.removed, id, NULL);
}

/* What OLD had and its successor in CFG has not. */
static void remove_rest(struct job *job, const struct conf_service *old,
			const struct conf *cfg)
{
	const struct lvs_service_id *id = &old->conf.id;
	const struct conf_service *svc = conf_find_service(cfg, id);

	if (!svc) {
		remove_service(job, id);
		return;
	}
	for (size_t i = 0; i < old->num_dests; i++)
		if (!conf_find_dest(svc, &old->dests[i].conf.id))
			remove_dest(job, id, &old->dests[i].conf.id);
}

int apply_matches(struct lvs_director *dir, const struct conf *cfg)
{
	size_t count = cfg->num_matches;
	struct lvs_mark_rule *rules = calloc(count + 1, sizeof(*rules));
	int err;

	if (!rules)
		return LVS_ERR_NOMEM;
	for (size_t i = 0; i < count; i++)
		rules[i] = cfg->matches[i].rule;
	err = lvs_marks_set(dir, rules, count);
	free(rules);
	return err;
}

void apply_conf(struct lvs_director *dir, const struct conf *before,
		const struct conf *cfg, struct apply_result *result)
{
	struct job job = { .dir = dir, .result = result };
	int err;

	memset(result, 0, sizeof(*result));
	for (size_t i = 0; i < cfg->num_services; i++)
		set_service(&job, &cfg->services[i]);
	err = apply_matches(dir, cfg);
	if (err) {
		result->failed++;
		log_err("fwmark: %s", lvs_strerror(err));
	}
	for (size_t i = 0; before && i < before->num_services; i++)
		remove_rest(&job, &before->services[i], cfg);
	err = lvs_director_set_timeouts(dir, &cfg->timeouts);
	if (err) {
		result->failed++;
		log_err("timeouts: %s", lvs_strerror(err));
	}
}
