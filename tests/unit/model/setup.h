/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * setup.h - directors, services and destinations for tests, in one line each.
 */
#ifndef LVS_TESTS_MODEL_SETUP_H
#define LVS_TESTS_MODEL_SETUP_H

#include "check.h"

#include "model/director.h"

#include <netinet/in.h>
#include <string.h>

static inline struct lvs_director *new_director(void)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_director *dir;

	opts.hash_key[0] = 1;
	ck_assert_int_eq(lvs_director_new(&opts, &dir), 0);
	return dir;
}

/* TEXT: "10.9.0.1:80", "[fd00:9::1]:80", or "mark4 7", "mark6 7". */
static inline struct lvs_service_conf service_conf(const char *text,
						   const char *scheduler)
{
	struct lvs_service_conf conf = LVS_OPTS(struct lvs_service_conf);

	strncpy(conf.scheduler, scheduler, LVS_NAME_MAX - 1);
	if (!strncmp(text, "mark", 4)) {
		conf.id.addr.family = text[4] == '4' ? AF_INET : AF_INET6;
		conf.id.fwmark = (uint32_t)strtoul(text + 6, NULL, 10);
		return conf;
	}
	conf.id.protocol = IPPROTO_TCP;
	ck_assert_int_eq(lvs_endpoint_parse(text, &conf.id.addr, &conf.id.port),
			 0);
	return conf;
}

static inline struct lvs_service_id
add_service(struct lvs_director *dir, const char *text, const char *scheduler)
{
	struct lvs_service_conf conf = service_conf(text, scheduler);

	ck_assert_int_eq(lvs_service_add(dir, &conf), 0);
	return conf.id;
}

static inline struct lvs_dest_conf dest_conf(const char *text, int32_t weight)
{
	struct lvs_dest_conf conf = LVS_OPTS(struct lvs_dest_conf);

	conf.weight = weight;
	ck_assert_int_eq(lvs_endpoint_parse(text, &conf.id.addr, &conf.id.port),
			 0);
	return conf;
}

static inline void add_dest(struct lvs_director *dir,
			    const struct lvs_service_id *svc, const char *text,
			    int32_t weight)
{
	struct lvs_dest_conf conf = dest_conf(text, weight);

	ck_assert_int_eq(lvs_dest_add(dir, svc, &conf), 0);
}

static inline int del_dest(struct lvs_director *dir,
			   const struct lvs_service_id *svc, const char *text)
{
	struct lvs_dest_conf conf = dest_conf(text, 0);

	return lvs_dest_del(dir, svc, &conf.id);
}

/* The destination itself, as an engine would have it. */
static inline struct lvs_dest *the_dest(struct lvs_director *dir,
					const struct lvs_service_id *svc,
					const char *text)
{
	struct lvs_dest_conf conf = dest_conf(text, 0);
	struct lvs_service *s = lvs_director_exact(dir, svc);

	ck_assert_ptr_nonnull(s);
	return lvs_service_dest(s, &conf.id);
}

/* A flow to the service from the N-th client. */
static inline struct lvs_sched_flow flow_of(const struct lvs_service_id *svc,
					    uint32_t n)
{
	struct lvs_sched_flow flow = {
		.client.family = svc->addr.family,
		.virt = svc->addr,
		.client_port = (uint16_t)(1024 + n % 60000),
		.virt_port = svc->port,
		.protocol = IPPROTO_TCP,
		.now = LVS_SEC,
	};

	flow.client.ip.w_be[svc->addr.family == AF_INET ? 0 : 3] =
		htonl(0x0a000000 + n);
	return flow;
}

/* An engine without packets: a slot that says what it is told. */
struct fake_engine {
	struct lvs_engine_slot slot;
	unsigned gone;	/* destinations it was told to forget */
	uint64_t conns; /* connections it pretends to have */
};

static inline size_t fake_conns(struct lvs_engine_slot *slot, uint64_t *cursor,
				struct lvs_conn_info *info, size_t max,
				lvs_tstamp now)
{
	struct fake_engine *e = (struct fake_engine *)slot;
	size_t got = 0;

	(void)now;
	for (; got < max && *cursor < e->conns; got++, ++*cursor)
		info[got].expires = (uint32_t)*cursor;
	return got;
}

static inline void fake_stats(struct lvs_engine_slot *slot,
			      struct lvs_engine_stats *stats)
{
	stats->conns = ((struct fake_engine *)slot)->conns;
	stats->dropped[LVS_REASON_TTL] = 1;
}

static inline void fake_gone(struct lvs_engine_slot *slot,
			     struct lvs_dest *dest)
{
	(void)dest;
	((struct fake_engine *)slot)->gone++;
}

static inline void fake_init(struct fake_engine *e, uint64_t conns)
{
	*e = (struct fake_engine){ .conns = conns };
	e->slot.conns = fake_conns;
	e->slot.stats = fake_stats;
	e->slot.dest_gone = fake_gone;
}

#endif
