/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * format_json.c - listings for programs: everything, in full, as JSON.
 *
 * Which columns were asked for does not matter here: a service and its
 * destinations are written with all that is known.  Addresses and ports are
 * never names.  A list is written item by item, so that millions of
 * connections need no memory.  Counters above 2^63 - 1 would be negative:
 * JSON has no larger integers that programs agree on.
 */
#include "format.h"
#include "names.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Writes VALUE and frees it.  NULL: there was no memory to make it, and half a
 * document is of no use.  What cannot be written is seen at the end of main.
 */
static void put(json_t *value)
{
	if (!value) {
		fprintf(stderr, "lvsadm: out of memory\n");
		exit(EXIT_FAILURE);
	}
	json_dumpf(value, stdout, JSON_COMPACT);
	json_decref(value);
}

static void put_item(const struct view *view, json_t *value)
{
	if (view->whole)
		fputs(view->before ? ",\n" : "\n", stdout);
	put(value);
}

static json_int_t number(uint64_t n)
{
	return (json_int_t)n;
}

static json_t *address(const struct lvs_addr *addr)
{
	char text[LVS_ADDR_STRLEN];

	return json_string(lvs_addr_format(addr, text, sizeof(text)));
}

static json_t *endpoint(const struct lvs_addr *addr, uint16_t port)
{
	return json_pack("{s:o, s:i}", "address", address(addr), "port",
			 (int)port);
}

/* ---- services ------------------------------------------------------------ */

static json_t *counters(const struct lvs_stats *s)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "connections",
			 number(s->conns), "packets_in", number(s->inpkts),
			 "packets_out", number(s->outpkts), "bytes_in",
			 number(s->inbytes), "bytes_out", number(s->outbytes));
}

static json_t *rates(const struct lvs_stats *s)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "connections",
			 number(s->cps), "packets_in", number(s->inpps),
			 "packets_out", number(s->outpps), "bytes_in",
			 number(s->inbps), "bytes_out", number(s->outbps));
}

static json_t *flags(const struct lvs_service_conf *conf)
{
	char text[64], *rest, *word;
	json_t *list = json_array();

	name_sched_flags(text, conf->scheduler, conf->flags);
	for (word = strtok_r(text, ",", &rest); word;
	     word = strtok_r(NULL, ",", &rest))
		json_array_append_new(list, json_string(word));
	return list;
}

/* NULL: not persistent. */
static json_t *persistence(const struct lvs_service_conf *conf)
{
	char mask[LVS_ADDR_STRLEN];

	if (!(conf->flags & LVS_SVC_PERSISTENT))
		return NULL;
	name_netmask(mask, conf);
	return json_pack("{s:I, s:s}", "timeout", number(conf->timeout),
			 "netmask", mask);
}

static json_t *tunnel(const struct lvs_dest_conf *conf)
{
	const char *type = name_tunnel(conf->tun_type);

	if (conf->method != LVS_METHOD_TUN)
		return NULL;
	return json_pack("{s:s, s:i, s:s}", "type", type ? type : "?", "port",
			 (int)conf->tun_port, "checksum",
			 name_tunnel_csum(conf->tun_flags));
}

static const char *method(uint8_t method)
{
	static const char *const names[] = {
		[LVS_METHOD_NAT] = "nat",	[LVS_METHOD_LOCAL] = "local",
		[LVS_METHOD_TUN] = "tunnel",	[LVS_METHOD_DR] = "direct",
		[LVS_METHOD_BYPASS] = "bypass",
	};

	return method <= LVS_METHOD_BYPASS ? names[method] : "?";
}

static json_t *destination(const struct lvs_dest_info *d)
{
	const struct lvs_dest_conf *conf = &d->conf;

	return json_pack(
		"{s:o, s:i, s:s, s:o*, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}",
		"address", address(&conf->id.addr), "port", (int)conf->id.port,
		"method", method(conf->method), "tunnel", tunnel(conf),
		"weight", (json_int_t)conf->weight, "upper_threshold",
		number(conf->u_threshold), "lower_threshold",
		number(conf->l_threshold), "active", number(d->active),
		"inactive", number(d->inact), "persistent", number(d->persist),
		"total", counters(&d->stats), "per_second", rates(&d->stats));
}

static json_t *service_name(const struct lvs_service_id *id)
{
	if (id->fwmark)
		return json_pack("{s:I, s:s}", "mark", number(id->fwmark),
				 "family",
				 id->addr.family == AF_INET6 ? "ipv6" : "ipv4");
	return json_pack("{s:s, s:o, s:i}", "protocol",
			 name_protocol(id->protocol), "address",
			 address(&id->addr), "port", (int)id->port);
}

static void json_begin(const struct view *view, const struct lvs_ctl_info *info)
{
	(void)info;
	if (view->whole)
		fputs("{\"services\":[", stdout);
}

static void json_service(const struct view *view,
			 const struct lvs_service_info *svc,
			 const struct lvs_dest_info *dests, size_t count)
{
	const struct lvs_service_conf *conf = &svc->conf;
	json_t *value = service_name(&conf->id);
	json_t *rest, *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, destination(&dests[i]));
	rest = json_pack("{s:s, s:o, s:I, s:I, s:b, s:o*, s:s*, s:o, s:o, s:o}",
			 "scheduler", conf->scheduler, "flags", flags(conf),
			 "table_size", number(conf->table_size), "slow_start",
			 number(conf->slow_start), "one_packet",
			 !!(conf->flags & LVS_SVC_ONEPACKET), "persistence",
			 persistence(conf), "persistence_engine",
			 conf->pe[0] ? conf->pe : NULL, "total",
			 counters(&svc->stats), "per_second",
			 rates(&svc->stats), "destinations", list);
	json_object_update(value, rest);
	json_decref(rest);
	put_item(view, value);
}

static void json_end(const struct view *view)
{
	puts(view->whole ? "\n]}" : "");
}

/* ---- connections and the rest -------------------------------------------- */

static void json_conns_begin(const struct view *view)
{
	(void)view;
	fputs("{\"connections\":[", stdout);
}

static void json_conn(const struct view *view, const struct lvs_conn_info *c)
{
	put_item(view,
		 json_pack("{s:s, s:o, s:o, s:o, s:s, s:s, s:I, s:b, s:I}",
			   "protocol", name_protocol(c->protocol), "client",
			   endpoint(&c->client, c->client_port), "virtual",
			   endpoint(&c->virt, c->virt_port), "destination",
			   endpoint(&c->dest, c->dest_port), "method",
			   method(c->method), "state", c->state, "expires",
			   number(c->expires), "template",
			   (int)c->persist_template, "flags",
			   number(c->flags)));
}

static void json_conns_end(const struct view *view)
{
	(void)view;
	puts("\n]}");
}

static void json_timeouts(const struct lvs_timeouts *t)
{
	put(json_pack("{s:I, s:I, s:I}", "tcp", number(t->tcp), "tcp_fin",
		      number(t->tcp_fin), "udp", number(t->udp)));
	putchar('\n');
}

static void json_sync(const struct lvs_sync_conf *list, size_t count)
{
	json_t *daemons = json_array();

	for (size_t i = 0; i < count; i++) {
		const struct lvs_sync_conf *s = &list[i];
		json_t *group = s->group.family ? address(&s->group) : NULL;

		json_array_append_new(
			daemons,
			json_pack("{s:s, s:s, s:I, s:o*, s:i, s:i, s:i}",
				  "role",
				  s->role == LVS_SYNC_MASTER ? "master"
							     : "backup",
				  "interface", s->link, "id", number(s->id),
				  "group", group, "port", (int)s->port, "ttl",
				  (int)s->ttl, "max_length", (int)s->max_len));
	}
	put(json_pack("{s:o}", "daemons", daemons));
	putchar('\n');
}

static json_t *one_way(uint64_t packets, uint64_t bytes, uint64_t dropped,
		       uint64_t errors)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "packets", number(packets),
			 "bytes", number(bytes), "dropped", number(dropped),
			 "errors", number(errors));
}

static json_t *interfaces(const struct lvs_ctl_interface *list, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		const struct lvs_port_stats *s = &list[i].stats;

		json_array_append_new(
			array,
			json_pack("{s:s, s:s, s:o, s:o}", "name", list[i].name,
				  "backend", list[i].backend, "received",
				  one_way(s->rx_packets, s->rx_bytes,
					  s->rx_dropped, s->rx_errors),
				  "sent",
				  one_way(s->tx_packets, s->tx_bytes,
					  s->tx_dropped, s->tx_errors)));
	}
	return array;
}

static json_t *fast_path(const struct lvs_engine_stats *e)
{
	return json_pack("{s:I, s:I}", "packets", number(e->fast_packets),
			 "flows", number(e->fast_flows));
}

static json_t *marks(const struct lvs_mark_rule *rules, size_t count)
{
	json_t *array = json_array();
	char match[NAME_MATCH_MAX];

	for (size_t i = 0; i < count; i++) {
		name_match(match, &rules[i]);
		json_array_append_new(array, json_pack("{s:I, s:s}", "mark",
						       number(rules[i].mark),
						       "match", match));
	}
	return array;
}

static void json_status(const struct view *view, const struct daemon_status *s)
{
	const struct lvs_engine_stats *e = &s->info.engine;
	json_t *dropped = json_object(), *evicted = json_object();

	for (unsigned r = LVS_REASON_NONE + 1; r < LVS_REASON_COUNT; r++)
		json_object_set_new(dropped, lvs_reason_name(r),
				    json_integer(number(e->dropped[r])));
	for (unsigned i = 0; i < LVS_EVICT_COUNT; i++)
		json_object_set_new(evicted, lvs_eviction_name(i),
				    json_integer(number(e->evicted[i])));
	(void)view;
	put(json_pack("{s:s, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:o, s:o, s:o, "
		      "s:o, s:o, s:o}",
		      "version", s->info.daemon, "connections",
		      number(e->conns), "connection_limit",
		      number(e->conn_limit), "evicted", evicted, "packets",
		      number(e->packets), "sent", number(e->sent), "passed",
		      number(e->passed), "held", number(e->held), "fast_path",
		      fast_path(e), "dropped", dropped, "total",
		      counters(&s->info.stats), "per_second",
		      rates(&s->info.stats), "interfaces",
		      interfaces(s->interfaces, s->num_interfaces), "marks",
		      marks(s->marks, s->num_marks)));
	putchar('\n');
}

const struct format format_json = {
	.name = "json",
	.summary = "everything, for programs",
	.begin = json_begin,
	.service = json_service,
	.end = json_end,
	.conns_begin = json_conns_begin,
	.conn = json_conn,
	.conns_end = json_conns_end,
	.timeouts = json_timeouts,
	.sync = json_sync,
	.status = json_status,
};
