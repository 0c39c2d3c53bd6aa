/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * service.c - services: added, edited, deleted, listed; errors as IPVS has
 * them; schedulers exchanged.
 */
#include "unit/model/setup.h"

static void no_family(struct lvs_service_conf *c)
{
	c->id.addr.family = AF_UNSPEC;
}

static void icmp(struct lvs_service_conf *c)
{
	c->id.protocol = IPPROTO_ICMP;
}

static void pe_sip(struct lvs_service_conf *c)
{
	memcpy(c->pe, "sip", 4);
}

static void pe_other(struct lvs_service_conf *c)
{
	memcpy(c->pe, "http", 5);
}

static void long_name(struct lvs_service_conf *c)
{
	memset(c->scheduler, 'r', sizeof(c->scheduler));
}

static void unknown_flag(struct lvs_service_conf *c)
{
	c->flags = 1u << 20;
}

static void all_flags(struct lvs_service_conf *c)
{
	c->flags = LVS_SVC_PERSISTENT | LVS_SVC_HASHED | LVS_SVC_ONEPACKET |
		   LVS_SVC_SCHED1 | LVS_SVC_SCHED2 | LVS_SVC_SCHED3;
}

static void plen_33(struct lvs_service_conf *c)
{
	c->plen = 33;
}

static void plen_129(struct lvs_service_conf *c)
{
	c->plen = 129;
}

static void too_long(struct lvs_service_conf *c)
{
	c->timeout = LVS_TIMEOUT_MAX + 1;
}

static void mark_with_more(struct lvs_service_conf *c)
{
	c->id.port = 80;
	c->id.protocol = IPPROTO_TCP;
	c->id.addr.ip.b[0] = 10;
}

static void no_size(struct lvs_service_conf *c)
{
	c->sz = 0;
}

/* One change to a good configuration, and what adding it then gives. */
static const struct {
	const char *what;
	const char *addr, *scheduler;
	void (*spoil)(struct lvs_service_conf *conf);
	int error;
} adds[] = {
	{ "an IPv4 service", "10.9.0.1:80", "rr", NULL, 0 },
	{ "an IPv6 service", "[fd00:9::1]:80", "rr", NULL, 0 },
	{ "a mark, IPv4", "mark4 7", "rr", NULL, 0 },
	{ "a mark, IPv6", "mark6 7", "rr", NULL, 0 },
	{ "a mark whose other members are not zero", "mark4 7", "rr",
	  mark_with_more, 0 },
	{ "no scheduler named", "10.9.0.1:80", "", NULL, 0 },
	{ "\"none\"", "10.9.0.1:80", "none", NULL, 0 },
	{ "port 0", "10.9.0.1:0", "rr", NULL, 0 },
	{ "every flag of IPVS", "10.9.0.1:80", "rr", all_flags, 0 },
	{ "no family", "10.9.0.1:80", "rr", no_family, LVS_ERR_AFNOSUPPORT },
	{ "ICMP", "10.9.0.1:80", "rr", icmp, LVS_ERR_INVAL },
	{ "an unknown scheduler", "10.9.0.1:80", "xyz", NULL, LVS_ERR_NOENT },
	{ "a name without end", "10.9.0.1:80", "rr", long_name, LVS_ERR_INVAL },
	{ "the engine that we do not have yet", "10.9.0.1:80", "rr", pe_sip,
	  LVS_ERR_NOTSUP },
	{ "an unknown engine", "10.9.0.1:80", "rr", pe_other, LVS_ERR_NOENT },
	{ "a flag IPVS has not", "10.9.0.1:80", "rr", unknown_flag,
	  LVS_ERR_NOTSUP },
	{ "33 bits of IPv4", "10.9.0.1:80", "rr", plen_33, LVS_ERR_INVAL },
	{ "33 bits of IPv6", "[fd00:9::1]:80", "rr", plen_33, 0 },
	{ "129 bits of IPv6", "[fd00:9::1]:80", "rr", plen_129, LVS_ERR_INVAL },
	{ "a timeout over 31 days", "10.9.0.1:80", "rr", too_long,
	  LVS_ERR_INVAL },
	{ "no size", "10.9.0.1:80", "rr", no_size, LVS_ERR_INVAL },
};

START_TEST(errors)
{
	for (size_t i = 0; i < sizeof(adds) / sizeof(*adds); i++) {
		struct lvs_director *dir = new_director();
		struct lvs_service_conf conf =
			service_conf(adds[i].addr, adds[i].scheduler);
		struct lvs_service_info info;
		int err;

		if (adds[i].spoil)
			adds[i].spoil(&conf);
		err = lvs_service_add(dir, &conf);
		ck_assert_msg(err == adds[i].error, "%s: %s", adds[i].what,
			      lvs_strerror(err));
		ck_assert_msg(lvs_service_list(dir, 0, &info, 1) ==
				      (err ? 0 : 1),
			      "%s: listed or not", adds[i].what);
		ck_assert_msg(err || !lvs_service_get(dir, &conf.id, &info),
			      "%s: found", adds[i].what);
		ck_assert_msg(err || lvs_service_add(dir, &conf) ==
					      LVS_ERR_EXIST,
			      "%s: twice", adds[i].what);
		lvs_director_free(dir);
	}
}
END_TEST

START_TEST(no_such_service)
{
	struct lvs_director *dir = new_director();
	struct lvs_service_conf conf = service_conf("10.9.0.1:80", "rr");
	struct lvs_dest_conf dest = dest_conf("10.0.1.1:80", 1);
	struct lvs_service_info info = { .num_dests = 77 };
	struct lvs_dest_info dest_info;

	ck_assert_int_eq(lvs_service_edit(dir, &conf), LVS_ERR_SRCH);
	ck_assert_int_eq(lvs_service_del(dir, &conf.id), LVS_ERR_SRCH);
	ck_assert_int_eq(lvs_service_get(dir, &conf.id, &info), LVS_ERR_SRCH);
	ck_assert_uint_eq(info.num_dests, 77);
	ck_assert_int_eq(lvs_director_zero(dir, &conf.id), LVS_ERR_SRCH);
	ck_assert_int_eq(lvs_dest_add(dir, &conf.id, &dest), LVS_ERR_SRCH);
	ck_assert_int_eq(lvs_dest_edit(dir, &conf.id, &dest), LVS_ERR_SRCH);
	ck_assert_int_eq(lvs_dest_del(dir, &conf.id, &dest.id), LVS_ERR_SRCH);
	ck_assert_int_eq(lvs_dest_get(dir, &conf.id, &dest.id, &dest_info),
			 LVS_ERR_SRCH);
	ck_assert_uint_eq(lvs_dest_list(dir, &conf.id, 0, &dest_info, 1), 0);
	lvs_director_free(dir);
}
END_TEST

START_TEST(lists_newest_first)
{
	static const char *const names[] = { "10.9.0.1:1", "[fd00:9::1]:2",
					     "mark4 3", "10.9.0.1:4" };
	struct lvs_director *dir = new_director();
	struct lvs_service_info info[4];
	struct lvs_service_id ids[4];

	for (int i = 0; i < 4; i++)
		ids[i] = add_service(dir, names[i], "wlc");
	ck_assert_uint_eq(lvs_service_list(dir, 0, info, 4), 4);
	for (int i = 0; i < 4; i++)
		ck_assert_mem_eq(&info[i].conf.id, &ids[3 - i], sizeof(ids[0]));
	/* From the third on, and no more than asked for. */
	ck_assert_uint_eq(lvs_service_list(dir, 2, info, 1), 4);
	ck_assert_mem_eq(&info[0].conf.id, &ids[1], sizeof(ids[0]));
	ck_assert_mem_eq(&info[1].conf.id, &ids[2], sizeof(ids[0]));
	ck_assert_uint_eq(lvs_service_list(dir, 9, NULL, 0), 4);
	lvs_service_flush(dir);
	ck_assert_uint_eq(lvs_service_list(dir, 0, info, 4), 0);
	lvs_director_free(dir);
}
END_TEST

START_TEST(edits_replace_all)
{
	struct lvs_director *dir = new_director();
	struct lvs_service_conf conf = service_conf("10.9.0.1:80", "rr");
	struct lvs_service_info info;

	conf.flags = LVS_SVC_PERSISTENT;
	conf.timeout = 300;
	conf.plen = 24;
	ck_assert_int_eq(lvs_service_add(dir, &conf), 0);
	add_dest(dir, &conf.id, "10.0.1.1:80", 1);
	conf = service_conf("10.9.0.1:80", "mh");
	conf.flags = LVS_SVC_SCHED1;
	ck_assert_int_eq(lvs_service_edit(dir, &conf), 0);
	ck_assert_int_eq(lvs_service_get(dir, &conf.id, &info), 0);
	ck_assert_str_eq(info.conf.scheduler, "mh");
	ck_assert_uint_eq(info.conf.flags, LVS_SVC_SCHED1 | LVS_SVC_HASHED);
	ck_assert_uint_eq(info.conf.timeout, 0);
	ck_assert_uint_eq(info.conf.plen, 0);
	ck_assert_uint_eq(info.num_dests, 1);
	/* A bad one changes nothing. */
	conf = service_conf("10.9.0.1:80", "xyz");
	ck_assert_int_eq(lvs_service_edit(dir, &conf), LVS_ERR_NOENT);
	ck_assert_int_eq(lvs_service_get(dir, &conf.id, &info), 0);
	ck_assert_str_eq(info.conf.scheduler, "mh");
	lvs_director_free(dir);
}
END_TEST

/* A scheduler of the caller's own, which counts what is asked of it. */
static struct {
	int binds, unbinds, changes, reconfigures, ticks;
	int bind_result, change_result;
} own;

static int own_bind(struct lvs_service *svc)
{
	*(int *)lvs_service_state(svc) = 42;
	own.binds++;
	return own.bind_result;
}

static void own_unbind(struct lvs_service *svc)
{
	ck_assert_int_eq(*(int *)lvs_service_state(svc), 42);
	own.unbinds++;
}

static int own_changed(struct lvs_service *svc, struct lvs_dest *dest,
		       enum lvs_dest_event event)
{
	bool listed = false;

	for (struct lvs_dest *d = lvs_service_first(svc); d;
	     d = lvs_dest_next(d))
		listed |= d == dest;
	ck_assert(listed == (event != LVS_DEST_REMOVED));
	own.changes++;
	return own.change_result;
}

static int own_reconfigured(struct lvs_service *svc)
{
	ck_assert_uint_eq(lvs_service_flags(svc), LVS_SVC_SCHED3);
	own.reconfigures++;
	return 0;
}

static struct lvs_dest *own_pick(struct lvs_service *svc,
				 const struct lvs_sched_flow *flow)
{
	(void)flow;
	return lvs_service_first(svc);
}

static void own_tick(struct lvs_service *svc, lvs_tstamp now)
{
	(void)svc;
	(void)now;
	own.ticks++;
}

static const struct lvs_scheduler own_sched = {
	.name = "own",
	.summary = "a test's",
	.state_size = sizeof(int),
	.bind = own_bind,
	.unbind = own_unbind,
	.changed = own_changed,
	.reconfigured = own_reconfigured,
	.pick = own_pick,
	.tick = own_tick,
};

static struct lvs_director *own_director(void)
{
	static const struct lvs_scheduler *const list[] = { &own_sched, NULL };
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_director *dir;

	memset(&own, 0, sizeof(own));
	opts.schedulers = list;
	ck_assert_int_eq(lvs_director_new(&opts, &dir), 0);
	return dir;
}

START_TEST(own_scheduler)
{
	struct lvs_director *dir = own_director();
	struct lvs_service_conf conf = service_conf("10.9.0.1:80", "own");
	struct lvs_dest_conf dest = dest_conf("10.0.1.1:80", 1);

	ck_assert_int_eq(lvs_service_add(dir, &conf), 0);
	ck_assert_int_eq(lvs_dest_add(dir, &conf.id, &dest), 0);
	ck_assert_int_eq(lvs_dest_edit(dir, &conf.id, &dest), 0);
	ck_assert_int_eq(lvs_dest_del(dir, &conf.id, &dest.id), 0);
	ck_assert_int_eq(own.changes, 3);
	/* The same again: it is told only when flags changed. */
	ck_assert_int_eq(lvs_service_edit(dir, &conf), 0);
	ck_assert_int_eq(own.reconfigures, 0);
	conf.flags = LVS_SVC_SCHED3;
	ck_assert_int_eq(lvs_service_edit(dir, &conf), 0);
	ck_assert_int_eq(own.reconfigures, 1);
	lvs_director_tick(dir, LVS_SEC);
	ck_assert_int_eq(own.ticks, 1);
	ck_assert_int_eq(own.binds, 1);
	ck_assert_int_eq(own.unbinds, 0);
	lvs_director_free(dir);
	ck_assert_int_eq(own.unbinds, 1);
}
END_TEST

START_TEST(hooks_that_fail)
{
	struct lvs_director *dir = own_director();
	struct lvs_service_id id = add_service(dir, "10.9.0.1:80", "rr");
	struct lvs_service_conf conf = service_conf("10.9.0.1:80", "own");
	struct lvs_dest_conf dest = dest_conf("10.0.1.1:80", 1);
	struct lvs_service_info info;
	struct lvs_dest_info dest_info;

	own.bind_result = LVS_ERR_NOMEM;
	ck_assert_int_eq(lvs_service_edit(dir, &conf), LVS_ERR_NOMEM);
	ck_assert_int_eq(lvs_service_get(dir, &id, &info), 0);
	ck_assert_str_eq(info.conf.scheduler, "rr");
	own.bind_result = 0;
	ck_assert_int_eq(lvs_service_edit(dir, &conf), 0);
	own.change_result = LVS_ERR_NOMEM;
	ck_assert_int_eq(lvs_dest_add(dir, &id, &dest), LVS_ERR_NOMEM);
	ck_assert_uint_eq(lvs_dest_list(dir, &id, 0, NULL, 0), 0);
	own.change_result = 0;
	ck_assert_int_eq(lvs_dest_add(dir, &id, &dest), 0);
	own.change_result = LVS_ERR_NOMEM;
	dest.weight = 9;
	ck_assert_int_eq(lvs_dest_edit(dir, &id, &dest), LVS_ERR_NOMEM);
	ck_assert_int_eq(lvs_dest_get(dir, &id, &dest.id, &dest_info), 0);
	ck_assert_int_eq(dest_info.conf.weight, 1);
	/* A removal cannot be refused. */
	ck_assert_int_eq(lvs_dest_del(dir, &id, &dest.id), 0);
	ck_assert_uint_eq(lvs_dest_list(dir, &id, 0, NULL, 0), 0);
	lvs_director_free(dir);
}
END_TEST

START_TEST(names_are_unique)
{
	static const struct lvs_scheduler bad[] = {
		{ .name = "rr", .pick = own_pick },
		{ .name = "none", .pick = own_pick },
		{ .name = "", .pick = own_pick },
		{ .name = "a-name-of-16-chr", .pick = own_pick },
		{ .name = "no-pick" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const struct lvs_scheduler *const list[] = { &bad[i], NULL };
		struct lvs_director_opts opts =
			LVS_OPTS(struct lvs_director_opts);
		struct lvs_director *dir;

		opts.schedulers = list;
		ck_assert_msg(lvs_director_new(&opts, &dir) == LVS_ERR_INVAL,
			      "\"%s\"", bad[i].name);
	}
}
END_TEST

/* Whom a service without scheduler, or on all ports, sends a client to. */
START_TEST(nobody)
{
	static const struct {
		const char *what, *addr, *scheduler;
		uint32_t flags;
		bool somebody;
	} rows[] = {
		{ "\"none\"", "10.9.0.1:80", "none", 0, false },
		{ "all ports", "10.9.0.1:0", "rr", 0, false },
		{ "all ports, persistent", "10.9.0.1:0", "rr",
		  LVS_SVC_PERSISTENT, true },
		{ "a mark", "mark4 1", "rr", 0, true },
		{ "one port", "10.9.0.1:80", "rr", 0, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct lvs_director *dir = new_director();
		struct lvs_service_conf conf =
			service_conf(rows[i].addr, rows[i].scheduler);
		struct lvs_sched_flow flow = flow_of(&conf.id, 1);
		struct lvs_dest *dest;

		conf.flags = rows[i].flags;
		ck_assert_int_eq(lvs_service_add(dir, &conf), 0);
		add_dest(dir, &conf.id, "10.0.1.1:80", 1);
		dest = lvs_service_schedule(lvs_director_exact(dir, &conf.id),
					    &flow);
		ck_assert_msg((dest != NULL) == rows[i].somebody, "%s",
			      rows[i].what);
		if (dest)
			lvs_dest_unbind(dest, false);
		lvs_director_free(dir);
	}
}
END_TEST

LVS_TEST_MAIN("service", errors, no_such_service, lists_newest_first,
	      edits_replace_all, own_scheduler, hooks_that_fail,
	      names_are_unique, nobody)
