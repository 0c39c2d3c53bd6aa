/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scheduler.c - which of a scheduler's hooks is called when, and whether
 * engines stand still meanwhile.
 */
#include "unit/model/setup.h"

#define STORY 512

static struct fake_engine engine;
static char story[STORY];
static int prepare_answers, changed_answers;

/* NAME in lower case while engines run, with a "!" while they stand still. */
static void tell(const char *name, size_t count)
{
	size_t len = strlen(story);
	bool runs = pthread_mutex_trylock(&engine.slot.gate) == 0;

	if (runs)
		pthread_mutex_unlock(&engine.slot.gate);
	snprintf(story + len, STORY - len, "%s%s", name, runs ? "" : "!");
	len = strlen(story);
	if (count != SIZE_MAX)
		snprintf(story + len, STORY - len, "(%zu)", count);
	len = strlen(story);
	snprintf(story + len, STORY - len, " ");
}

static int told_prepare(struct lvs_service *svc, void *state,
			const struct lvs_sched_plan *plan)
{
	(void)svc;
	ck_assert_ptr_nonnull(state);
	tell("prepare", plan->count);
	for (size_t i = 0; i < plan->count; i++) {
		size_t len = strlen(story);

		snprintf(story + len - 1, STORY - len, ":%d/%d ",
			 plan->members[i].weight, plan->members[i].last_weight);
	}
	return prepare_answers;
}

static int told_bind(struct lvs_service *svc)
{
	(void)svc;
	tell("bind", SIZE_MAX);
	return 0;
}

static void told_unbind(struct lvs_service *svc)
{
	(void)svc;
	tell("unbind", SIZE_MAX);
}

static int told_changed(struct lvs_service *svc, struct lvs_dest *dest,
			enum lvs_dest_event event)
{
	(void)svc;
	(void)dest;
	(void)event;
	tell("changed", SIZE_MAX);
	return changed_answers;
}

static void told_settle(struct lvs_service *svc, void *state)
{
	(void)svc;
	(void)state;
	tell("settle", SIZE_MAX);
}

static struct lvs_dest *told_pick(struct lvs_service *svc,
				  const struct lvs_sched_flow *flow)
{
	(void)flow;
	return svc->first;
}

static const struct lvs_scheduler told = {
	.name = "told",
	.summary = "tells what it is told",
	.state_size = 1,
	.bind = told_bind,
	.unbind = told_unbind,
	.changed = told_changed,
	.pick = told_pick,
	.prepare = told_prepare,
	.settle = told_settle,
	.traits = LVS_SCHED_SIZED,
};

static const struct lvs_scheduler *const own[] = { &told, NULL };

static struct lvs_service_conf conf;

static int add_svc(struct lvs_director *dir)
{
	return lvs_service_add(dir, &conf);
}

static int other_size(struct lvs_director *dir)
{
	conf.table_size = 13;
	return lvs_service_edit(dir, &conf);
}

static int same_again(struct lvs_director *dir)
{
	return lvs_service_edit(dir, &conf);
}

static int other_sched(struct lvs_director *dir)
{
	conf.table_size = 0;
	strcpy(conf.scheduler, "rr");
	return lvs_service_edit(dir, &conf);
}

static int back(struct lvs_director *dir)
{
	strcpy(conf.scheduler, "told");
	return lvs_service_edit(dir, &conf);
}

static int flush(struct lvs_director *dir)
{
	lvs_service_flush(dir);
	return 0;
}

static int add_3(struct lvs_director *dir)
{
	struct lvs_dest_conf d = dest_conf("10.0.1.1:80", 3);

	return lvs_dest_add(dir, &conf.id, &d);
}

static int add_5(struct lvs_director *dir)
{
	struct lvs_dest_conf d = dest_conf("10.0.1.2:80", 5);

	return lvs_dest_add(dir, &conf.id, &d);
}

static int quiesce_5(struct lvs_director *dir)
{
	struct lvs_dest_conf d = dest_conf("10.0.1.2:80", 0);

	return lvs_dest_edit(dir, &conf.id, &d);
}

static int del_5(struct lvs_director *dir)
{
	return del_dest(dir, &conf.id, "10.0.1.2:80");
}

static int del_svc(struct lvs_director *dir)
{
	return lvs_service_del(dir, &conf.id);
}

/* One after the other, with the same director. */
static const struct {
	const char *what;
	int (*change)(struct lvs_director *dir);
	int prepare, changed; /* what the hooks answer */
	int err;
	const char *story; /* "!": while engines stand still */
} steps[] = {
	{ "a service that cannot be prepared", add_svc, LVS_ERR_NOMEM, 0,
	  LVS_ERR_NOMEM, "prepare(0) settle " },
	{ "a service", add_svc, 0, 0, 0, "prepare(0) bind settle " },
	{ "a first destination", add_3, 0, 0, 0,
	  "prepare(1):3/3 changed! settle " },
	{ "not prepared: not added", add_5, LVS_ERR_NOMEM, 0, LVS_ERR_NOMEM,
	  "prepare(2):5/5:3/3 settle " },
	{ "not liked: not added", add_5, 0, LVS_ERR_NOSPC, LVS_ERR_NOSPC,
	  "prepare(2):5/5:3/3 changed! settle " },
	{ "a second one, the newest first", add_5, 0, 0, 0,
	  "prepare(2):5/5:3/3 changed! settle " },
	{ "not prepared: not edited", quiesce_5, LVS_ERR_NOMEM, 0,
	  LVS_ERR_NOMEM, "prepare(2):0/5:3/3 settle " },
	{ "quiesced", quiesce_5, 0, 0, 0,
	  "prepare(2):0/5:3/3 changed! settle " },
	{ "another size", other_size, 0, 0, 0,
	  "prepare(2):0/5:3/3 bind! unbind! settle settle " },
	{ "nothing new", same_again, 0, 0, 0, "settle " },
	{ "a removal goes on unprepared", del_5, LVS_ERR_NOMEM, 0, 0,
	  "prepare(1):3/3 changed! settle " },
	{ "another scheduler", other_sched, 0, 0, 0, "unbind! settle " },
	{ "a destination that it need not know", add_5, 0, 0, 0, "" },
	{ "no way back", back, LVS_ERR_INVAL, 0, LVS_ERR_INVAL,
	  "prepare(2):5/5:3/3 settle " },
	{ "and back", back, 0, 0, 0, "prepare(2):5/5:3/3 bind! settle " },
	{ "the end of the service", del_svc, 0, 0, 0, "unbind! settle " },
	{ "again", add_svc, 0, 0, 0, "prepare(0) bind settle " },
	{ "the end of all", flush, 0, 0, 0, "unbind! settle " },
};

START_TEST(order)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_director *dir;

	opts.schedulers = own;
	ck_assert_int_eq(lvs_director_new(&opts, &dir), 0);
	fake_init(&engine, 0);
	ck_assert_int_eq(lvs_director_enter(dir, &engine.slot), 0);
	conf = service_conf("10.9.0.1:80", "told");
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		int err;

		prepare_answers = steps[i].prepare;
		changed_answers = steps[i].changed;
		*story = '\0';
		err = steps[i].change(dir);
		ck_assert_msg(err == steps[i].err &&
				      !strcmp(story, steps[i].story),
			      "%s: %d, %s", steps[i].what, err, story);
	}
	lvs_director_leave(dir, &engine.slot);
	lvs_director_free(dir);
}
END_TEST

LVS_TEST_MAIN("model scheduler", order)
