/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * format_save.c - services and destinations as commands that lvsadm -R and
 * ipvsadm -R take.
 *
 * Not in it, as in ipvsadm's: thresholds, timeouts, synchronisation.
 */
#include "format.h"
#include "names.h"
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>

static void put_service(const struct view *view,
			const struct lvs_service_id *id)
{
	char name[NAME_ENDPOINT_MAX];

	if (id->fwmark) {
		printf("-f %" PRIu32 "%s", id->fwmark,
		       id->addr.family == AF_INET6 ? " -6" : "");
		return;
	}
	name_endpoint(name, &id->addr, id->port, id->protocol, view->numeric);
	printf("%s %s",
	       id->protocol == IPPROTO_TCP   ? "-t"
	       : id->protocol == IPPROTO_UDP ? "-u"
					     : "--sctp-service",
	       name);
}

static void put_add(const struct view *view,
		    const struct lvs_service_conf *conf)
{
	char flags[64], mask[LVS_ADDR_STRLEN];

	printf("-A ");
	put_service(view, &conf->id);
	printf(" -s %s", conf->scheduler);
	if (conf->flags & LVS_SVC_PERSISTENT) {
		printf(" -p %" PRIu32, conf->timeout);
		if (name_netmask(mask, conf))
			printf(" -M %s", mask);
	}
	if (conf->pe[0])
		printf(" --pe %s", conf->pe);
	if (conf->flags & LVS_SVC_ONEPACKET)
		printf(" -o");
	name_sched_flags(flags, conf->scheduler, conf->flags);
	if (flags[0])
		printf(" -b %s", flags);
	if (conf->table_size)
		printf(" --table-size %" PRIu32, conf->table_size);
	if (conf->slow_start)
		printf(" --slow-start %" PRIu32, conf->slow_start);
	putchar('\n');
}

static void put_tunnel(const struct lvs_dest_conf *conf)
{
	const char *type = name_tunnel(conf->tun_type);

	printf(" --tun-type %s", type ? type : "ipip");
	if (conf->tun_type == LVS_TUN_GUE)
		printf(" --tun-port %u", conf->tun_port);
	if (conf->tun_type == LVS_TUN_GUE || conf->tun_type == LVS_TUN_GRE)
		printf(" --tun-%s", name_tunnel_csum(conf->tun_flags));
}

/* A server that is this host is found out anew: it is saved as routed. */
static char method_letter(uint8_t method)
{
	return method == LVS_METHOD_NAT   ? 'm'
	       : method == LVS_METHOD_TUN ? 'i'
					  : 'g';
}

static void put_add_server(const struct view *view,
			   const struct lvs_service_id *id,
			   const struct lvs_dest_conf *conf)
{
	char name[NAME_ENDPOINT_MAX];

	name_endpoint(name, &conf->id.addr, conf->id.port, id->protocol,
		      view->numeric);
	printf("-a ");
	put_service(view, id);
	printf(" -r %s -%c -w %" PRId32, name, method_letter(conf->method),
	       conf->weight);
	if (conf->method == LVS_METHOD_TUN)
		put_tunnel(conf);
	putchar('\n');
}

static void save_service(const struct view *view,
			 const struct lvs_service_info *svc,
			 const struct lvs_dest_info *dests, size_t count)
{
	put_add(view, &svc->conf);
	for (size_t i = 0; i < count; i++)
		put_add_server(view, &svc->conf.id, &dests[i].conf);
}

const struct format format_save = {
	.name = "save",
	.service = save_service,
};
