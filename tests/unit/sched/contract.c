/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * contract.c - what holds for every scheduler in the list, so also for the one
 * that was added yesterday.
 *
 * Never a destination that cannot be used; nobody exactly when there is nobody;
 * shares as the weights say; and any sequence of changes is survived.  Where a
 * scheduler of IPVS does otherwise by design, that stands in a table.
 */
#include "unit/model/setup.h"

#include <arpa/inet.h>

/* May give nobody although somebody is usable; or may so without fallback. */
#define MAY_REFUSE	    (1u << 0)
#define REFUSES_NO_FALLBACK (1u << 1)
/* May give one that is over its threshold. */
#define MAY_OVERLOAD (1u << 2)

static const struct {
	const char *name;
	unsigned flags;
	const char *why;
} exceptions[] = {
	{ "dh", MAY_REFUSE, "nobody stands in for a bucket's destination" },
	{ "sh", REFUSES_NO_FALLBACK, "likewise, without sh-fallback" },
	{ "mh", REFUSES_NO_FALLBACK, "likewise, without mh-fallback" },
	{ "mh64k", REFUSES_NO_FALLBACK, "likewise" },
	{ "ovf", MAY_REFUSE, "all are full" },
	{ "lblc", MAY_OVERLOAD, "who is remembered is not asked" },
};

static unsigned exceptions_of(const char *name)
{
	for (size_t i = 0; i < sizeof(exceptions) / sizeof(*exceptions); i++)
		if (!strcmp(exceptions[i].name, name))
			return exceptions[i].flags;
	return 0;
}

static const char *const families[] = { "mark4 1", "mark6 1" };

/* The N-th of a few destinations, for services of either family. */
static struct lvs_dest_conf nth_dest(const struct lvs_service_id *svc,
				     unsigned n, int32_t weight)
{
	char text[LVS_ENDPOINT_STRLEN];

	snprintf(text, sizeof(text),
		 svc->addr.family == AF_INET ? "10.0.1.%u:80"
					     : "[fd00:16::%x]:80",
		 n + 1);
	return dest_conf(text, weight);
}

/* A flow of the N-th client to one of 1000 addresses that the mark covers. */
static struct lvs_sched_flow mark_flow(const struct lvs_service_id *svc,
				       uint32_t n)
{
	struct lvs_sched_flow flow = flow_of(svc, n);

	flow.virt.ip.w_be[svc->addr.family == AF_INET ? 0 : 3] =
		htonl(0x0a090000 + n % 1000);
	flow.virt_port = 80;
	return flow;
}

static bool somebody(const struct lvs_service *svc)
{
	for (const struct lvs_dest *d = svc->first; d; d = d->next)
		if (lvs_dest_eligible(d))
			return true;
	return false;
}

static bool listed(const struct lvs_service *svc, const struct lvs_dest *dest)
{
	const struct lvs_dest *d = svc->first;

	while (d && d != dest)
		d = d->next;
	return d != NULL;
}

/* One pick, held to the contract. */
static struct lvs_dest *pick(struct lvs_service *svc, uint32_t n)
{
	struct lvs_sched_flow flow = mark_flow(&svc->conf.id, n);
	const char *name = svc->sched->name;
	unsigned except = exceptions_of(name);
	bool any = somebody(svc);
	struct lvs_dest *dest;

	if (except & REFUSES_NO_FALLBACK && !(svc->conf.flags & LVS_SVC_SCHED1))
		except |= MAY_REFUSE;
	dest = svc->sched->pick(svc, &flow);
	ck_assert_msg(dest || !any || except & MAY_REFUSE,
		      "%s: nobody, though somebody is usable", name);
	if (!dest)
		return NULL;
	ck_assert_msg(listed(svc, dest), "%s: a removed one", name);
	ck_assert_msg(dest->weight > 0, "%s: a quiesced one", name);
	ck_assert_msg(any || except & MAY_OVERLOAD,
		      "%s: somebody, though nobody is usable", name);
	ck_assert_msg(lvs_dest_eligible(dest) || except & MAY_OVERLOAD,
		      "%s: an overloaded one", name);
	return dest;
}

/* Connections that are open, as a ring: the oldest is closed first. */
struct conns {
	struct lvs_dest *of[64];
	unsigned next;
};

static void open_conn(struct conns *conns, struct lvs_dest *dest)
{
	struct lvs_dest **slot = &conns->of[conns->next++ % 64];

	if (*slot) {
		lvs_dest_activity(*slot, -1);
		lvs_dest_unbind(*slot, false);
	}
	*slot = dest;
	if (dest) {
		lvs_dest_bind(dest, false);
		lvs_dest_activity(dest, 1);
	}
}

#define NUM_DESTS 6

/* A random change of the set, or of the service. */
static void change(struct lvs_director *dir, struct lvs_service *svc,
		   struct lvs_prng *prng)
{
	static const uint32_t flags[] = { 0, LVS_SVC_SCHED1, LVS_SVC_SCHED2,
					  LVS_SVC_SCHED1 | LVS_SVC_SCHED2 };
	struct lvs_service_conf service = svc->conf;
	struct lvs_dest_conf conf =
		nth_dest(&service.id, (unsigned)lvs_prng_below(prng, NUM_DESTS),
			 (int32_t)lvs_prng_below(prng, 5));

	conf.u_threshold = (uint32_t)lvs_prng_below(prng, 12);
	conf.l_threshold = (uint32_t)lvs_prng_below(prng, conf.u_threshold + 1);
	switch (lvs_prng_below(prng, 5)) {
	case 0:
	case 1:
		lvs_dest_add(dir, &service.id, &conf);
		break;
	case 2:
		lvs_dest_edit(dir, &service.id, &conf);
		break;
	case 3:
		lvs_dest_del(dir, &service.id, &conf.id);
		break;
	default:
		service.flags = flags[lvs_prng_below(prng, 4)];
		ck_assert_int_eq(lvs_service_edit(dir, &service), 0);
	}
}

static void survive(const char *name, const char *family, uint64_t seed)
{
	struct lvs_director *dir = new_director();
	struct lvs_service_id id = add_service(dir, family, name);
	struct lvs_service *svc = lvs_director_exact(dir, &id);
	struct conns conns = { .next = 0 };
	lvs_tstamp now = LVS_SEC;
	struct lvs_prng prng;

	lvs_prng_seed(&prng, seed);
	for (int step = 0; step < 3000; step++) {
		uint64_t dice = lvs_prng_below(&prng, 16);

		if (dice == 0) {
			now += 30 * LVS_SEC;
			lvs_director_tick(dir, now);
		} else if (dice < 4) {
			change(dir, svc, &prng);
		} else {
			uint32_t n = (uint32_t)lvs_prng_below(&prng, 200);

			open_conn(&conns, pick(svc, n));
		}
	}
	for (int i = 0; i < 64; i++)
		open_conn(&conns, NULL);
	lvs_director_free(dir);
}

START_TEST(any_sequence)
{
	for (size_t s = 0; lvs_scheduler_at(s); s++)
		for (uint64_t seed = 0; seed < 6; seed++)
			survive(lvs_scheduler_at(s)->name, families[seed % 2],
				seed);
}
END_TEST

START_TEST(no_destinations)
{
	for (size_t s = 0; lvs_scheduler_at(s); s++) {
		const char *name = lvs_scheduler_at(s)->name;
		struct lvs_director *dir = new_director();
		struct lvs_service_id id = add_service(dir, "mark4 1", name);
		struct lvs_service *svc = lvs_director_exact(dir, &id);
		struct lvs_dest_conf conf = nth_dest(&id, 0, 0);

		ck_assert_msg(!pick(svc, 1), "%s: nobody there", name);
		ck_assert_int_eq(lvs_dest_add(dir, &id, &conf), 0);
		for (uint32_t n = 0; n < 100; n++)
			ck_assert_msg(!pick(svc, n), "%s: quiesced", name);
		conf.weight = 1;
		ck_assert_int_eq(lvs_dest_edit(dir, &id, &conf), 0);
		for (uint32_t n = 0; n < 100; n++)
			ck_assert_msg(pick(svc, n), "%s: the only one", name);
		ck_assert_int_eq(lvs_dest_del(dir, &id, &conf.id), 0);
		ck_assert_msg(!pick(svc, 1), "%s: nobody any more", name);
		lvs_director_free(dir);
	}
}
END_TEST

/*
 * Shares that destinations of weights 0 1 2 3 4 get of many connections that
 * all stay open, from many clients to many addresses.  sh gives the quiesced
 * one a bucket too, so the others lack an eleventh.
 */
enum share {
	UNPROMISED, /* only: weight 0 gets nothing, the others together all */
	EQUAL,
	BY_WEIGHT,
	GREATEST, /* all to the greatest weight */
};

static const struct {
	const char *name;
	enum share share;
	double tolerance; /* of each share, relative */
} shares[] = {
	{ "rr", EQUAL, 0.001 },	      { "wrr", BY_WEIGHT, 0.001 },
	{ "lc", EQUAL, 0.001 },	      { "wlc", BY_WEIGHT, 0.01 },
	{ "sed", BY_WEIGHT, 0.01 },   { "nq", BY_WEIGHT, 0.01 },
	{ "twos", BY_WEIGHT, 0.02 },  { "fo", GREATEST, 0 },
	{ "sh", BY_WEIGHT, 0.15 },    { "mh", BY_WEIGHT, 0.1 },
	{ "mh64k", BY_WEIGHT, 0.05 }, { "chbl", BY_WEIGHT, 0.1 },
	{ "p2c", BY_WEIGHT, 0.02 },   { "lblcr", BY_WEIGHT, 0.1 },
	{ "ovf", UNPROMISED, 0 },     { "lblc", UNPROMISED, 0 },
	{ "dh", UNPROMISED, 0 },
};

#define WEIGHTS 5
#define PICKS	20000

static double expected(enum share share, int32_t weight)
{
	switch (share) {
	case EQUAL:
		return weight ? 0.25 : 0;
	case BY_WEIGHT:
		return weight / 10.0;
	case GREATEST:
		return weight == WEIGHTS - 1 ? 1 : 0;
	default:
		return -1;
	}
}

static void check_shares(const char *name, const unsigned got[WEIGHTS])
{
	enum share share = UNPROMISED;
	double tolerance = 0;

	for (size_t i = 0; i < sizeof(shares) / sizeof(*shares); i++)
		if (!strcmp(shares[i].name, name)) {
			share = shares[i].share;
			tolerance = shares[i].tolerance;
		}
	ck_assert_msg(!got[0], "%s: weight 0 got %u", name, got[0]);
	for (int32_t w = 1; w < WEIGHTS && share != UNPROMISED; w++) {
		double want = expected(share, w) * PICKS;
		double off = got[w] > want ? got[w] - want : want - got[w];

		ck_assert_msg(off <= want * tolerance + 1,
			      "%s: weight %d got %u, not %.0f", name, w, got[w],
			      want);
	}
}

START_TEST(weights)
{
	for (size_t s = 0; lvs_scheduler_at(s); s++) {
		const char *name = lvs_scheduler_at(s)->name;
		struct lvs_director *dir = new_director();
		struct lvs_service_id id = add_service(dir, "mark4 1", name);
		struct lvs_service *svc = lvs_director_exact(dir, &id);
		unsigned got[WEIGHTS] = { 0 };

		for (int32_t w = 0; w < WEIGHTS; w++) {
			struct lvs_dest_conf conf =
				nth_dest(&id, (unsigned)w, w);

			ck_assert_int_eq(lvs_dest_add(dir, &id, &conf), 0);
		}
		for (uint32_t n = 0; n < PICKS; n++) {
			struct lvs_dest *dest = pick(svc, n * 2654435761u >> 8);

			if (!dest)
				continue;
			lvs_dest_bind(dest, false);
			lvs_dest_activity(dest, 1);
			got[dest->weight]++;
		}
		check_shares(name, got);
		lvs_director_free(dir);
	}
}
END_TEST

/* An unusable destination, at each place of the list, is passed over. */
START_TEST(one_of_three)
{
	for (size_t s = 0; lvs_scheduler_at(s); s++) {
		for (unsigned usable = 0; usable < 3; usable++) {
			struct lvs_director *dir = new_director();
			struct lvs_service_conf conf =
				service_conf("mark6 1",
					     lvs_scheduler_at(s)->name);
			struct lvs_service *svc;

			conf.flags = LVS_SVC_SCHED1;
			ck_assert_int_eq(lvs_service_add(dir, &conf), 0);
			for (unsigned n = 0; n < 3; n++) {
				struct lvs_dest_conf d =
					nth_dest(&conf.id, n, n == usable);

				ck_assert_int_eq(lvs_dest_add(dir, &conf.id,
							      &d),
						 0);
			}
			svc = lvs_director_exact(dir, &conf.id);
			for (uint32_t n = 0; n < 50; n++)
				pick(svc, n);
			lvs_director_free(dir);
		}
	}
}
END_TEST

START_TEST(list_is_sound)
{
	for (size_t s = 0; lvs_scheduler_at(s); s++) {
		const struct lvs_scheduler *sched = lvs_scheduler_at(s);

		ck_assert_ptr_eq(lvs_scheduler_find(sched->name), sched);
		ck_assert_uint_lt(strlen(sched->name), LVS_NAME_MAX);
		ck_assert_uint_gt(strlen(sched->summary), 0);
		ck_assert_ptr_nonnull(sched->pick);
	}
	ck_assert_ptr_null(lvs_scheduler_find("none"));
	for (size_t i = 0; i < sizeof(exceptions) / sizeof(*exceptions); i++)
		ck_assert_ptr_nonnull(lvs_scheduler_find(exceptions[i].name));
	for (size_t i = 0; i < sizeof(shares) / sizeof(*shares); i++)
		ck_assert_ptr_nonnull(lvs_scheduler_find(shares[i].name));
}
END_TEST

/* Each name once, and each flag has one of any scheduler, after the others. */
START_TEST(flag_names_are_sound)
{
	const struct lvs_sched_flag *flag, *other;
	uint32_t any = 0;

	for (size_t i = 0; (flag = lvs_sched_flag_at(i)); i++) {
		for (size_t j = 0; j < i; j++) {
			other = lvs_sched_flag_at(j);
			ck_assert_str_ne(flag->name, other->name);
		}
		ck_assert_uint_eq(any & flag->flag, 0);
		if (!flag->scheduler)
			any |= flag->flag;
		else
			ck_assert_ptr_nonnull(
				lvs_scheduler_find(flag->scheduler));
	}
	ck_assert_uint_eq(any,
			  LVS_SVC_SCHED1 | LVS_SVC_SCHED2 | LVS_SVC_SCHED3);
}
END_TEST

LVS_TEST_MAIN("sched contract", list_is_sound, flag_names_are_sound,
	      no_destinations, one_of_three, weights, any_sequence)
