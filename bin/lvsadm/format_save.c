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

static void put_netmask(const struct lvs_service_conf *conf)
{
	struct lvs_addr all = { .family = AF_INET,
				.ip.v4_be = UINT32_MAX & ~conf->holes_be };
	struct lvs_addr mask =
		lvs_addr_mask(&all, conf->plen ? conf->plen : 32);
	char text[LVS_ADDR_STRLEN];

	if (conf->id.addr.family == AF_INET6) {
		if (conf->plen && conf->plen != 128)
			printf(" -M %" PRIu32, conf->plen);
	} else if (mask.ip.v4_be != UINT32_MAX) {
		printf(" -M %s", lvs_addr_format(&mask, text, sizeof(text)));
	}
}

static void save_service(const struct view *view,
			 const struct lvs_service_info *svc)
{
	const struct lvs_service_conf *conf = &svc->conf;
	char flags[64];

	printf("-A ");
	put_service(view, &conf->id);
	printf(" -s %s", conf->scheduler);
	if (conf->flags & LVS_SVC_PERSISTENT) {
		printf(" -p %" PRIu32, conf->timeout);
		put_netmask(conf);
	}
	if (conf->pe[0])
		printf(" --pe %s", conf->pe);
	if (conf->flags & LVS_SVC_ONEPACKET)
		printf(" -o");
	name_sched_flags(flags, conf->scheduler, conf->flags);
	if (flags[0])
		printf(" -b %s", flags);
	putchar('\n');
}

static void put_tunnel(const struct lvs_dest_conf *conf)
{
	const char *type = name_tunnel(conf->tun_type);

	printf(" --tun-type %s", type ? type : "ipip");
	if (conf->tun_type == LVS_TUN_GUE)
		printf(" --tun-port %u", conf->tun_port);
	if (conf->tun_type == LVS_TUN_GUE || conf->tun_type == LVS_TUN_GRE)
		printf(" --tun-%s",
		       conf->tun_flags & LVS_TUN_REMCSUM ? "remcsum"
		       : conf->tun_flags & LVS_TUN_CSUM  ? "csum"
							 : "nocsum");
}

/* A server that is this host is found out anew: it is saved as routed. */
static char method_letter(uint8_t method)
{
	return method == LVS_METHOD_NAT   ? 'm'
	       : method == LVS_METHOD_TUN ? 'i'
					  : 'g';
}

static void save_dest(const struct view *view,
		      const struct lvs_service_info *svc,
		      const struct lvs_dest_info *dest)
{
	const struct lvs_dest_conf *conf = &dest->conf;
	char name[NAME_ENDPOINT_MAX];

	name_endpoint(name, &conf->id.addr, conf->id.port,
		      svc->conf.id.protocol, view->numeric);
	printf("-a ");
	put_service(view, &svc->conf.id);
	printf(" -r %s -%c -w %" PRId32, name, method_letter(conf->method),
	       conf->weight);
	if (conf->method == LVS_METHOD_TUN)
		put_tunnel(conf);
	putchar('\n');
}

const struct format format_save = {
	.name = "save",
	.service = save_service,
	.dest = save_dest,
};
