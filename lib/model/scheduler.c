/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scheduler.c - a service and its scheduler: given, taken, told of changes.
 *
 * What takes long is done by prepare and settle while engines run; they are
 * held up only for what pick could see half done.
 */
#include "model/director.h"

#include "base/mem.h"

/* With room for one that is added; and no allocation is of nothing. */
static size_t members_max(const struct lvs_service *svc)
{
	return (size_t)svc->num_dests + 1;
}

/* The destinations of SVC, but for LESS, in MEMBERS; how many. */
static size_t list_members(const struct lvs_service *svc,
			   const struct lvs_dest *less,
			   struct lvs_sched_member *members)
{
	size_t count = 0;

	for (struct lvs_dest *d = svc->first; d; d = d->next) {
		if (d == less)
			continue;
		members[count++] = (struct lvs_sched_member){
			.dest = d,
			.weight = d->conf.weight,
			.last_weight = d->last_weight,
		};
	}
	return count;
}

static void edit_member(struct lvs_sched_member *members, size_t count,
			const struct lvs_dest *dest, int32_t weight)
{
	for (size_t i = 0; i < count; i++) {
		if (members[i].dest != dest)
			continue;
		members[i].weight = weight;
		if (weight)
			members[i].last_weight = weight;
	}
}

int lvs_service_prepare(struct lvs_service *svc, struct lvs_dest *dest,
			enum lvs_dest_event event,
			const struct lvs_dest_conf *conf)
{
	const struct lvs_allocator *mem = &svc->dir->mem;
	struct lvs_sched_plan plan = { .conf = &svc->conf };
	struct lvs_sched_member *members;
	size_t max = members_max(svc);
	int err;

	if (!svc->sched || !svc->sched->prepare)
		return 0;
	members = lvs_mem_array(mem, max, sizeof(*members));
	if (!members)
		return LVS_ERR_NOMEM;
	if (event == LVS_DEST_ADDED)
		members[plan.count++] = (struct lvs_sched_member){
			.dest = dest,
			.weight = conf->weight,
			.last_weight = conf->weight,
		};
	plan.count += list_members(svc, event == LVS_DEST_REMOVED ? dest : NULL,
				   members + plan.count);
	if (event == LVS_DEST_EDITED)
		edit_member(members, plan.count, dest, conf->weight);
	plan.members = members;
	err = svc->sched->prepare(svc, svc->sched_state, &plan);
	lvs_mem_free(mem, members, max * sizeof(*members));
	return err;
}

int lvs_service_changed(struct lvs_service *svc, struct lvs_dest *dest,
			enum lvs_dest_event event)
{
	int err = 0;

	pthread_mutex_lock(&svc->lock);
	if (svc->sched && svc->sched->changed)
		err = svc->sched->changed(svc, dest, event);
	pthread_mutex_unlock(&svc->lock);
	return err;
}

void lvs_service_settle(struct lvs_service *svc)
{
	if (svc->sched && svc->sched->settle)
		svc->sched->settle(svc, svc->sched_state);
}

int lvs_service_reconfigured(struct lvs_service *svc)
{
	int err = 0;

	pthread_mutex_lock(&svc->lock);
	if (svc->sched && svc->sched->reconfigured)
		err = svc->sched->reconfigured(svc);
	pthread_mutex_unlock(&svc->lock);
	return err;
}

static int prepare_binding(struct lvs_service *svc,
			   const struct lvs_service_conf *conf,
			   const struct lvs_binding *binding)
{
	const struct lvs_allocator *mem = &svc->dir->mem;
	struct lvs_sched_plan plan = { .conf = conf };
	struct lvs_sched_member *members;
	size_t max = members_max(svc);
	int err;

	if (!binding->sched->prepare)
		return 0;
	members = lvs_mem_array(mem, max, sizeof(*members));
	if (!members)
		return LVS_ERR_NOMEM;
	plan.count = list_members(svc, NULL, members);
	plan.members = members;
	err = binding->sched->prepare(svc, binding->state, &plan);
	lvs_mem_free(mem, members, max * sizeof(*members));
	return err;
}

int lvs_binding_prepare(struct lvs_service *svc,
			const struct lvs_service_conf *conf,
			const struct lvs_scheduler *sched,
			struct lvs_binding *binding)
{
	struct lvs_binding made = { .sched = sched };
	int err = 0;

	if (sched && sched->state_size) {
		made.state = lvs_mem_alloc(&svc->dir->mem, sched->state_size);
		if (!made.state)
			return LVS_ERR_NOMEM;
	}
	if (sched)
		err = prepare_binding(svc, conf, &made);
	if (err)
		lvs_binding_settle(svc, &made);
	else
		*binding = made;
	return err;
}

static struct lvs_binding exchange(struct lvs_service *svc,
				   const struct lvs_binding *binding)
{
	struct lvs_binding old = { svc->sched, svc->sched_state };

	svc->sched = binding->sched;
	svc->sched_state = binding->state;
	return old;
}

int lvs_binding_change(struct lvs_service *svc, struct lvs_binding *binding)
{
	struct lvs_binding old = exchange(svc, binding);
	int err = 0;

	pthread_mutex_lock(&svc->lock);
	if (svc->sched && svc->sched->bind)
		err = svc->sched->bind(svc);
	*binding = exchange(svc, &old);
	if (!err) {
		if (svc->sched && svc->sched->unbind)
			svc->sched->unbind(svc);
		*binding = exchange(svc, binding);
	}
	pthread_mutex_unlock(&svc->lock);
	return err;
}

void lvs_service_unbind(struct lvs_service *svc)
{
	pthread_mutex_lock(&svc->lock);
	if (svc->sched && svc->sched->unbind)
		svc->sched->unbind(svc);
	pthread_mutex_unlock(&svc->lock);
}

void lvs_binding_settle(struct lvs_service *svc, struct lvs_binding *binding)
{
	const struct lvs_scheduler *sched = binding->sched;

	if (!sched)
		return;
	if (sched->settle)
		sched->settle(svc, binding->state);
	lvs_mem_free(&svc->dir->mem, binding->state, sched->state_size);
}
