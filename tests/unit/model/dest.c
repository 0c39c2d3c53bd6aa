/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dest.c - destinations: added, edited, deleted; errors as IPVS has them;
 * thresholds.
 */
#include "unit/model/setup.h"

#include <limits.h>

#define TUN(type, port, csum) LVS_METHOD_TUN, LVS_TUN_##type, (csum), (port)
#define PLAIN(method)	      LVS_METHOD_##method, 0, 0, 0

static const struct {
	const char *what;
	const char *svc, *dest;
	uint8_t method, tun_type;
	uint16_t tun_flags, tun_port;
	int32_t weight;
	uint32_t upper, lower;
	int error;
} adds[] = {
	{ "NAT", "10.9.0.1:80", "10.0.1.1:80", PLAIN(NAT), 1, 0, 0, 0 },
	{ "NAT, IPv6", "[fd00:9::1]:80", "[fd00:16::1]:80", PLAIN(NAT), 1, 0, 0,
	  0 },
	{ "direct routing", "10.9.0.1:80", "10.0.1.1:80", PLAIN(DR), 1, 0, 0,
	  0 },
	{ "no port", "10.9.0.1:80", "10.0.1.1:0", PLAIN(NAT), 1, 0, 0, 0 },
	{ "an IPIP tunnel", "10.9.0.1:80", "10.0.1.1:80", TUN(IPIP, 0, 0), 1, 0,
	  0, 0 },
	{ "a tunnel between families", "10.9.0.1:80", "[fd00:16::1]:80",
	  TUN(IPIP, 0, 0), 1, 0, 0, 0 },
	{ "NAT between families", "10.9.0.1:80", "[fd00:16::1]:80", PLAIN(NAT),
	  1, 0, 0, LVS_ERR_INVAL },
	{ "GUE without port", "10.9.0.1:80", "10.0.1.1:80", TUN(GUE, 0, 0), 1,
	  0, 0, LVS_ERR_INVAL },
	{ "GUE", "10.9.0.1:80", "10.0.1.1:80", TUN(GUE, 6080, 0), 1, 0, 0,
	  LVS_ERR_NOTSUP },
	{ "GRE", "10.9.0.1:80", "10.0.1.1:80", TUN(GRE, 0, 0), 1, 0, 0,
	  LVS_ERR_NOTSUP },
	{ "IPIP with a checksum", "10.9.0.1:80", "10.0.1.1:80",
	  TUN(IPIP, 0, LVS_TUN_CSUM), 1, 0, 0, LVS_ERR_NOTSUP },
	{ "bypass", "10.9.0.1:80", "10.0.1.1:80", PLAIN(BYPASS), 1, 0, 0,
	  LVS_ERR_INVAL },
	{ "weight 0", "10.9.0.1:80", "10.0.1.1:80", PLAIN(NAT), 0, 0, 0, 0 },
	{ "a negative weight", "10.9.0.1:80", "10.0.1.1:80", PLAIN(NAT), -1, 0,
	  0, LVS_ERR_RANGE },
	{ "lower = upper threshold", "10.9.0.1:80", "10.0.1.1:80", PLAIN(NAT),
	  1, 5, 5, 0 },
	{ "lower over upper threshold", "10.9.0.1:80", "10.0.1.1:80",
	  PLAIN(NAT), 1, 5, 6, LVS_ERR_RANGE },
	{ "a lower one alone", "10.9.0.1:80", "10.0.1.1:80", PLAIN(NAT), 1, 0,
	  6, LVS_ERR_RANGE },
	{ "over INT_MAX", "10.9.0.1:80", "10.0.1.1:80", PLAIN(NAT), 1,
	  (uint32_t)INT_MAX + 1, 0, LVS_ERR_INVAL },
	{ "multicast", "10.9.0.1:80", "224.0.0.1:80", PLAIN(NAT), 1, 0, 0,
	  LVS_ERR_INVAL },
	{ "broadcast", "10.9.0.1:80", "255.255.255.255:80", PLAIN(NAT), 1, 0, 0,
	  LVS_ERR_INVAL },
	{ "multicast, IPv6", "[fd00:9::1]:80", "[ff02::1]:80", PLAIN(NAT), 1, 0,
	  0, LVS_ERR_INVAL },
	{ "for a mark", "mark4 1", "10.0.1.1:0", PLAIN(NAT), 1, 0, 0, 0 },
	{ "for a mark of the other family", "mark6 1", "10.0.1.1:0", PLAIN(NAT),
	  1, 0, 0, LVS_ERR_INVAL },
};

START_TEST(errors)
{
	for (size_t i = 0; i < sizeof(adds) / sizeof(*adds); i++) {
		struct lvs_director *dir = new_director();
		struct lvs_service_id svc =
			add_service(dir, adds[i].svc, "wlc");
		struct lvs_dest_conf conf =
			dest_conf(adds[i].dest, adds[i].weight);
		struct lvs_dest_info info;
		int err;

		conf.method = adds[i].method;
		conf.tun_type = adds[i].tun_type;
		conf.tun_flags = adds[i].tun_flags;
		conf.tun_port = adds[i].tun_port;
		conf.u_threshold = adds[i].upper;
		conf.l_threshold = adds[i].lower;
		err = lvs_dest_add(dir, &svc, &conf);
		ck_assert_msg(err == adds[i].error, "%s: %s", adds[i].what,
			      lvs_strerror(err));
		ck_assert_msg(lvs_dest_list(dir, &svc, 0, &info, 1) ==
				      (err ? 0 : 1),
			      "%s: listed or not", adds[i].what);
		if (!err) {
			ck_assert_mem_eq(&info.conf, &conf, sizeof(conf));
			ck_assert_int_eq(lvs_dest_add(dir, &svc, &conf),
					 LVS_ERR_EXIST);
			ck_assert_int_eq(lvs_dest_edit(dir, &svc, &conf), 0);
			ck_assert_int_eq(lvs_dest_del(dir, &svc, &conf.id), 0);
			ck_assert_int_eq(lvs_dest_del(dir, &svc, &conf.id),
					 LVS_ERR_NOENT);
			ck_assert_int_eq(lvs_dest_edit(dir, &svc, &conf),
					 LVS_ERR_NOENT);
		}
		lvs_director_free(dir);
	}
}
END_TEST

/* The same address with another port is another one. */
START_TEST(list_order)
{
	struct lvs_director *dir = new_director();
	struct lvs_service_id svc = add_service(dir, "10.9.0.1:80", "wlc");
	struct lvs_dest_info info[3];
	struct lvs_dest_conf edit = dest_conf("10.0.1.1:80", 9);

	add_dest(dir, &svc, "10.0.1.1:80", 1);
	add_dest(dir, &svc, "10.0.1.1:81", 2);
	add_dest(dir, &svc, "10.0.1.2:80", 3);
	ck_assert_int_eq(lvs_dest_edit(dir, &svc, &edit), 0);
	ck_assert_uint_eq(lvs_dest_list(dir, &svc, 0, info, 3), 3);
	ck_assert_int_eq(info[0].conf.weight, 3);
	ck_assert_int_eq(info[1].conf.weight, 2);
	ck_assert_int_eq(info[2].conf.weight, 9);
	ck_assert_uint_eq(lvs_dest_list(dir, &svc, 2, info, 3), 3);
	ck_assert_int_eq(info[0].conf.weight, 9);
	lvs_director_free(dir);
}
END_TEST

/*
 * Spec 3.10.  "+3" binds three connections, "-2" frees two, "t" binds a
 * template, "u8/5" edits thresholds, "=o" and "=-" say whether it must be
 * overloaded then.
 */
static const struct {
	const char *what;
	const char *script;
} thresholds[] = {
	{ "reached exactly at the upper one", "u4/0 +3 =- +1 =o" },
	{ "without lower one: below 3/4 of the upper",
	  "u4/0 +4 =o -1 =o -1 =-" },
	{ "3/4 is rounded up", "u5/0 +5 =o -1 =o -1 =-" },
	{ "below the lower one", "u5/2 +5 =o -3 =o -1 =-" },
	{ "and again", "u5/2 +5 -4 =- +3 =- +1 =o" },
	{ "one connection", "u1/0 +1 =o -1 =-" },
	{ "more than the upper one does not matter", "u2/0 +5 =o -3 =o -1 =-" },
	{ "templates are not counted", "u2/0 t t t =- +1 =- +1 =o" },
	{ "off: never", "u0/0 +99 =-" },
	{ "switched on with enough there", "+9 =- u9/0 =o" },
	{ "switched on between the two: as it was", "+4 u5/2 =-" },
	{ "lowered and raised: as it was between the two",
	  "u4/2 +4 =o u6/2 =o u9/5 =-" },
	{ "edited with as many as the new lower one: as it was",
	  "u4/2 +4 =o u9/4 =o" },
	{ "switched off", "u2/0 +2 =o u0/0 =-" },
};

static void threshold_step(struct lvs_director *dir,
			   const struct lvs_service_id *svc,
			   struct lvs_dest *dest, const char *step,
			   const char *what)
{
	struct lvs_dest_conf conf = dest->conf;
	unsigned upper, lower;

	switch (step[0]) {
	case '+':
		for (int i = 0; i < atoi(step + 1); i++)
			lvs_dest_bind(dest, false);
		return;
	case '-':
		for (int i = 0; i < atoi(step + 1); i++)
			lvs_dest_unbind(dest, false);
		return;
	case 't':
		lvs_dest_bind(dest, true);
		return;
	case 'u':
		ck_assert_int_eq(sscanf(step, "u%u/%u", &upper, &lower), 2);
		conf.u_threshold = upper;
		conf.l_threshold = lower;
		ck_assert_int_eq(lvs_dest_edit(dir, svc, &conf), 0);
		return;
	default:
		ck_assert_msg(lvs_dest_is(dest, LVS_DEST_OVERLOAD) ==
				      (step[1] == 'o'),
			      "%s: %s", what, step);
	}
}

START_TEST(overload)
{
	for (size_t i = 0; i < sizeof(thresholds) / sizeof(*thresholds); i++) {
		struct lvs_director *dir = new_director();
		struct lvs_service_id svc =
			add_service(dir, "10.9.0.1:80", "wlc");
		char script[128], *rest = script, *step;
		struct lvs_dest *dest;

		add_dest(dir, &svc, "10.0.1.1:80", 1);
		dest = the_dest(dir, &svc, "10.0.1.1:80");
		strncpy(script, thresholds[i].script, sizeof(script) - 1);
		while ((step = strtok_r(rest, " ", &rest)))
			threshold_step(dir, &svc, dest, step,
				       thresholds[i].what);
		lvs_director_free(dir);
	}
}
END_TEST

START_TEST(counts)
{
	struct lvs_director *dir = new_director();
	struct lvs_service_id svc = add_service(dir, "10.9.0.1:80", "wlc");
	struct lvs_dest_conf conf = dest_conf("10.0.1.1:80", 1);
	struct lvs_dest_info info;
	struct lvs_dest *dest;

	add_dest(dir, &svc, "10.0.1.1:80", 1);
	dest = the_dest(dir, &svc, "10.0.1.1:80");
	for (int i = 0; i < 5; i++)
		lvs_dest_bind(dest, false);
	lvs_dest_activity(dest, 1);
	lvs_dest_activity(dest, 1);
	lvs_dest_bind(dest, true);
	ck_assert_int_eq(lvs_dest_get(dir, &svc, &conf.id, &info), 0);
	ck_assert_uint_eq(info.active, 2);
	ck_assert_uint_eq(info.inact, 3);
	ck_assert_uint_eq(info.persist, 1);
	ck_assert_uint_eq(dest->refs, 6);
	lvs_dest_activity(dest, -1);
	lvs_dest_unbind(dest, false);
	lvs_dest_unbind(dest, true);
	ck_assert_int_eq(lvs_dest_get(dir, &svc, &conf.id, &info), 0);
	ck_assert_uint_eq(info.active, 1);
	ck_assert_uint_eq(info.inact, 3);
	ck_assert_uint_eq(info.persist, 0);
	lvs_director_free(dir);
}
END_TEST

LVS_TEST_MAIN("dest", errors, list_order, overload, counts)
