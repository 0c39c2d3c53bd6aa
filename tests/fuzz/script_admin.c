/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * script_admin.c - what an administrator and the kernel tell a director.
 *
 * Calls may fail, for they are made of any bytes: what counts is what is left
 * behind.
 */
#include "config.h"

#include "script.h"

#include <lvs/sched.h>
#include <netinet/in.h>

const char *const script_hosts[10] = { "R1", "R2", "R3", "R4", "S",
				       "T",  "N",  "DS", "C",  "V2" };
const char *const script_clients[4] = { "C", "C2", "F", "G" };

static void name_service(struct script *s, uint8_t n, struct lvs_service_id *id)
{
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP,
					     IPPROTO_SCTP, IPPROTO_UDP };
	static const uint16_t ports[] = { 80, 53, 9, 500 };

	memset(id, 0, sizeof(*id));
	if ((n & 7) == 7) {
		id->fwmark = 7;
		id->addr.family = (uint16_t)s->af;
		return;
	}
	net_addr("V", s->af, &id->addr);
	if ((n & 7) == 5) { /* it has data connections */
		id->protocol = IPPROTO_TCP;
		id->port = 21;
		return;
	}
	id->protocol = protocols[n & 3];
	id->port = (n & 7) == 6 ? 0 : ports[n & 3];
}

/* One of all that there are, and now and then one that there is not. */
static const char *name_scheduler(uint8_t n)
{
	size_t count = 0, i;

	while (lvs_scheduler_at(count))
		count++;
	i = n % (count + 2);
	if (i < count)
		return lvs_scheduler_at(i)->name;
	return i == count ? "none" : "no-such";
}

/* What only some schedulers have: seldom of the others. */
static void ask_more(struct lvs_service_conf *conf, uint8_t n)
{
	static const uint32_t sizes[] = { 0, 251, 7, 8 };
	const struct lvs_scheduler *sched = lvs_scheduler_find(conf->scheduler);
	unsigned traits = sched ? sched->traits : 0;

	if (traits & LVS_SCHED_SIZED || n == 7)
		conf->table_size = ONE_OF(sizes, n);
	if (traits & LVS_SCHED_SLOW_START || n == 6)
		conf->slow_start = 5u * (n & 3);
}

static void change_service(struct script *s)
{
	static const uint32_t masks[] = { 0, 24, 128, 32 };
	struct lvs_service_conf conf = LVS_OPTS(struct lvs_service_conf);
	uint8_t what = script_byte(s), flags = script_byte(s);
	uint8_t scheduler = script_byte(s);

	name_service(s, what, &conf.id);
	snprintf(conf.scheduler, sizeof(conf.scheduler), "%s",
		 name_scheduler(scheduler & 31));
	conf.flags = (flags & 1 ? LVS_SVC_PERSISTENT : 0) |
		     (flags & 2 ? LVS_SVC_ONEPACKET : 0) |
		     (flags & 0x10 ? LVS_SVC_SCHED1 : 0) |
		     (flags & 0x20 ? LVS_SVC_SCHED2 : 0);
	conf.timeout = 1u + (flags & 0xcu) * 10;
	conf.plen = flags & 1 ? ONE_OF(masks, flags >> 6) : 0;
	ask_more(&conf, scheduler >> 5);
	switch (what >> 3 & 3) {
	case 0:
	case 1:
		lvs_service_add(s->dir, &conf);
		break;
	case 2:
		lvs_service_edit(s->dir, &conf);
		break;
	default:
		lvs_service_del(s->dir, &conf.id);
	}
}

static void change_dest(struct script *s)
{
	static const uint8_t methods[] = { LVS_METHOD_NAT, LVS_METHOD_DR,
					   LVS_METHOD_TUN, LVS_METHOD_NAT };
	struct lvs_dest_conf conf = LVS_OPTS(struct lvs_dest_conf);
	uint8_t what = script_byte(s), how = script_byte(s);
	struct lvs_service_id id;

	name_service(s, what, &id);
	net_addr(ONE_OF(script_hosts, how & 15), s->af, &conf.id.addr);
	conf.id.port = how & 0x80 ? id.port : 8000;
	conf.method = methods[how >> 4 & 3];
	conf.weight = what >> 6;
	conf.u_threshold = how & 0x40 ? 3 : 0;
	conf.l_threshold = how & 0x40 ? how >> 4 & 1 : 0;
	switch (what >> 3 & 7) {
	default:
		lvs_dest_add(s->dir, &id, &conf);
		break;
	case 5:
	case 6:
		lvs_dest_edit(s->dir, &id, &conf);
		break;
	case 7:
		lvs_dest_del(s->dir, &id, &conf.id);
	}
}

static void change_neigh(struct script *s, uint8_t how)
{
	const char *name = how & 0x10 ? ONE_OF(script_clients, how & 3)
				      : ONE_OF(script_hosts, how & 3);
	struct lvs_neigh neigh = {
		.link = how & 0x10 ? LINK_C : LINK_S,
		.state = how >> 2 & 3,
	};

	net_addr(name, s->af, &neigh.addr);
	net_mac(name, neigh.lladdr);
	lvs_net_neigh_set(s->dir, &neigh);
}

static void change_net(struct script *s)
{
	uint8_t what = script_byte(s), how = script_byte(s);
	struct lvs_link link;
	uint32_t index;
	struct lvs_addr addr;

	switch (what & 7) {
	case 0:
	case 1:
	case 2:
		change_neigh(s, how);
		break;
	case 3:
		if (lvs_net_link_get(s->dir, 1 + how % 3, &link) < 0)
			break;
		link.up = how & 4;
		link.mtu = how & 8 ? 1500 : 100u * (how >> 4);
		lvs_net_link_set(s->dir, &link);
		break;
	case 4:
		lvs_net_wanted(s->dir, &index, &addr);
		break;
	case 5:
		lvs_net_clear(s->dir);
		break;
	default:
		s->counted.fail_at = 0;
		net_fill(s->dir, s->af);
	}
}

/* What a monitor does: nothing is changed, but for counters. */
static void look(struct script *s)
{
	struct lvs_engine_stats stats = LVS_OPTS(struct lvs_engine_stats);
	struct lvs_service_info services[2];
	struct lvs_dest_info dests[2];
	struct lvs_conn_info conns[3];
	uint64_t cursor = 0;
	uint8_t how = script_byte(s);
	size_t count;

	while (lvs_director_conns(s->dir, &cursor, conns, 3, s->now) == 3)
		;
	lvs_director_engine_stats(s->dir, &stats);
	count = lvs_service_list(s->dir, how & 3, services, 2);
	if (count > (how & 3))
		lvs_dest_list(s->dir, &services[0].conf.id, how >> 2 & 3, dests,
			      2);
	if (how & 0x80)
		lvs_director_zero(s->dir, NULL);
	if (how == 0x7f)
		lvs_service_flush(s->dir);
}

static void change_timeouts(struct script *s)
{
	struct lvs_timeouts timeouts = {
		.tcp = script_byte(s),
		.tcp_fin = script_byte(s),
		.udp = script_byte(s),
	};

	lvs_director_set_timeouts(s->dir, &timeouts);
}

void script_administer(struct script *s)
{
	switch (script_byte(s) % 10) {
	case 0:
	case 1:
		change_service(s);
		break;
	case 2:
	case 3:
	case 4:
	case 5:
		change_dest(s);
		break;
	case 6:
		change_timeouts(s);
		break;
	case 7:
		change_net(s);
		break;
	case 8:
		look(s);
		break;
	default:
		s->counted.fail_at = s->counted.calls + 1 + script_byte(s) % 16;
	}
}
