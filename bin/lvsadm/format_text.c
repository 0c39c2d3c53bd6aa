/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * format_text.c - listings as ipvsadm writes them, to the last blank.
 *
 * A kind of columns is two header lines and how a service and a destination
 * go on after their names; all are in one list.
 */
#include "format.h"
#include "names.h"
#include <inttypes.h>
#include <stdio.h>

/* Width of a name in the first column. */
#define NAME_WIDTH 28

/* ---- numbers ------------------------------------------------------------- */

/* Nine columns: in full below 10^8, then in thousands, millions and so on. */
static void put_number(const struct view *view, uint64_t n)
{
	static const struct {
		uint64_t below, unit;
		char letter;
	} scale[] = {
		{ 1000000000u, 1000u, 'K' },
		{ 100000000000u, 1000000u, 'M' },
		{ 100000000000000u, 1000000000u, 'G' },
		{ UINT64_MAX, 1000000000000u, 'T' },
	};
	size_t i = 0;

	if (view->exact || n < 100000000) {
		printf(" %8" PRIu64, n);
		return;
	}
	while (n >= scale[i].below && i < 3)
		i++;
	printf("%8" PRIu64 "%c", n / scale[i].unit, scale[i].letter);
}

static void put_plain(uint64_t n)
{
	printf(" %8" PRIu64, n);
}

/* ---- names --------------------------------------------------------------- */

/*
 * The name in its column.  One of IPv4 that is wider is cut; one of IPv6 is
 * not, and pushes the rest of the line to the right.
 */
static void put_name(const struct view *view, const struct lvs_addr *addr,
		     uint16_t port, uint8_t protocol, int width)
{
	char name[NAME_ENDPOINT_MAX];

	name_endpoint(name, addr, port, protocol, view->numeric);
	if (addr->family == AF_INET)
		printf("%-*.*s", width, NAME_WIDTH, name);
	else
		printf("%-*s", width, name);
}

/* "TCP  name" or "FWM  mark"; padded to WIDTH behind the first five. */
static void put_service(const struct view *view,
			const struct lvs_service_id *id, int width)
{
	char mark[32];

	if (!id->fwmark) {
		printf("%-4s ", name_protocol(id->protocol));
		put_name(view, &id->addr, id->port, id->protocol, width);
		return;
	}
	snprintf(mark, sizeof(mark), "%" PRIu32 "%s", id->fwmark,
		 id->addr.family == AF_INET6 ? " IPv6" : "");
	printf("FWM  %-*s", width, mark);
}

static const char *method_name(uint8_t method)
{
	static const char *const names[] = {
		[LVS_METHOD_NAT] = "Masq",	[LVS_METHOD_LOCAL] = "Local",
		[LVS_METHOD_TUN] = "Tunnel",	[LVS_METHOD_DR] = "Route",
		[LVS_METHOD_BYPASS] = "Bypass",
	};

	return method <= LVS_METHOD_BYPASS ? names[method] : "?";
}

/* ---- services ------------------------------------------------------------ */

static void scheduler(const struct view *view,
		      const struct lvs_service_info *svc)
{
	const struct lvs_service_conf *conf = &svc->conf;
	char flags[64], mask[LVS_ADDR_STRLEN];

	put_service(view, &conf->id, 0);
	printf(" %s", conf->scheduler);
	name_sched_flags(flags, conf->scheduler, conf->flags);
	if (flags[0])
		printf(" (%s)", flags);
	if (conf->flags & LVS_SVC_PERSISTENT) {
		printf(" persistent %" PRIu32, conf->timeout);
		if (name_netmask(mask, conf))
			printf(" mask %s", mask);
	}
	if (conf->pe[0])
		printf(" pe %s", conf->pe);
	if (conf->flags & LVS_SVC_ONEPACKET)
		printf(" ops");
}

static void service_stats(const struct view *view,
			  const struct lvs_service_info *svc)
{
	put_service(view, &svc->conf.id, NAME_WIDTH);
	put_number(view, svc->stats.conns);
	put_number(view, svc->stats.inpkts);
	put_number(view, svc->stats.outpkts);
	put_number(view, svc->stats.inbytes);
	put_number(view, svc->stats.outbytes);
}

static void service_rate(const struct view *view,
			 const struct lvs_service_info *svc)
{
	put_service(view, &svc->conf.id, NAME_WIDTH);
	put_number(view, svc->stats.cps);
	put_number(view, svc->stats.inpps);
	put_number(view, svc->stats.outpps);
	put_number(view, svc->stats.inbps);
	put_number(view, svc->stats.outbps);
}

/* ---- destinations -------------------------------------------------------- */

static void put_conns(const struct lvs_dest_info *dest)
{
	printf(" %-10" PRIu32 " %-10" PRIu32, dest->active, dest->inact);
}

static void dest_plain(const struct view *view,
		       const struct lvs_dest_info *dest)
{
	(void)view;
	printf(" %-7s %-6" PRId32, method_name(dest->conf.method),
	       dest->conf.weight);
	put_conns(dest);
}

static void dest_stats(const struct view *view,
		       const struct lvs_dest_info *dest)
{
	put_number(view, dest->stats.conns);
	put_number(view, dest->stats.inpkts);
	put_number(view, dest->stats.outpkts);
	put_number(view, dest->stats.inbytes);
	put_number(view, dest->stats.outbytes);
}

/* Only bytes are shortened here, as ipvsadm has it. */
static void dest_rate(const struct view *view, const struct lvs_dest_info *dest)
{
	put_plain(dest->stats.cps);
	put_plain(dest->stats.inpps);
	put_plain(dest->stats.outpps);
	put_number(view, dest->stats.inbps);
	put_number(view, dest->stats.outbps);
}

static void dest_thresholds(const struct view *view,
			    const struct lvs_dest_info *dest)
{
	(void)view;
	printf(" %-10" PRIu32 " %-10" PRIu32, dest->conf.u_threshold,
	       dest->conf.l_threshold);
	put_conns(dest);
}

static void dest_persistent(const struct view *view,
			    const struct lvs_dest_info *dest)
{
	(void)view;
	printf(" %-9" PRId32 " %-11" PRIu32, dest->conf.weight, dest->persist);
	put_conns(dest);
}

/* "ipip", "gue:6080:-c", "gre:+c"; "n/a" for what is no tunnel. */
static void tunnel_text(char *buf, size_t size,
			const struct lvs_dest_conf *conf)
{
	const char *csum = conf->tun_flags & LVS_TUN_REMCSUM ? "r+c"
			   : conf->tun_flags & LVS_TUN_CSUM  ? "+c"
							     : "-c";

	if (conf->method != LVS_METHOD_TUN)
		snprintf(buf, size, "n/a");
	else if (conf->tun_type == LVS_TUN_GUE)
		snprintf(buf, size, "gue:%u:%s", conf->tun_port, csum);
	else if (conf->tun_type == LVS_TUN_GRE)
		snprintf(buf, size, "gre:%s", csum);
	else
		snprintf(buf, size, "ipip");
}

static void dest_tunnel(const struct view *view,
			const struct lvs_dest_info *dest)
{
	char text[16];

	(void)view;
	tunnel_text(text, sizeof(text), &dest->conf);
	printf(" %-7s %-13s %-6" PRId32, method_name(dest->conf.method), text,
	       dest->conf.weight);
	put_conns(dest);
}

/* ---- the columns --------------------------------------------------------- */

#define REMOTE "  -> RemoteAddress:Port"

static const struct {
	const char *header, *header2;
	void (*service)(const struct view *view,
			const struct lvs_service_info *svc);
	void (*dest)(const struct view *view, const struct lvs_dest_info *dest);
} columns[] = {
	[COLUMNS_PLAIN] = { "Prot LocalAddress:Port Scheduler Flags",
			    REMOTE
			    "           Forward Weight ActiveConn InActConn",
			    scheduler, dest_plain },
	[COLUMNS_STATS] = { "Prot LocalAddress:Port               Conns   "
			    "InPkts  OutPkts"
			    "  InBytes OutBytes",
			    REMOTE, service_stats, dest_stats },
	[COLUMNS_RATE] = { "Prot LocalAddress:Port                 CPS    "
			   "InPPS   OutPPS"
			   "    InBPS   OutBPS",
			   REMOTE, service_rate, dest_rate },
	[COLUMNS_THRESHOLDS] = { "Prot LocalAddress:Port            Uthreshold "
				 "Lthreshold "
				 "ActiveConn InActConn ",
				 REMOTE, scheduler, dest_thresholds },
	[COLUMNS_PERSISTENT] = { "Prot LocalAddress:Port            Weight    "
				 "PersistConn "
				 "ActiveConn InActConn ",
				 REMOTE, scheduler, dest_persistent },
	[COLUMNS_TUNNEL] = { "Prot LocalAddress:Port Scheduler Flags",
			     REMOTE "           Forward TunnelInfo    Weight "
				    "ActiveConn "
				    "InActConn",
			     scheduler, dest_tunnel },
};

static void text_begin(const struct view *view, const struct lvs_ctl_info *info)
{
	if (view->whole)
		printf("IP Virtual Server version %" PRIu32 ".%" PRIu32
		       ".%" PRIu32 " (size=%" PRIu32 ")\n",
		       info->version >> 16 & 0xff, info->version >> 8 & 0xff,
		       info->version & 0xff, info->conn_tab_size);
	puts(columns[view->columns].header);
	puts(columns[view->columns].header2);
}

static void text_service(const struct view *view,
			 const struct lvs_service_info *svc,
			 const struct lvs_dest_info *dests, size_t count)
{
	columns[view->columns].service(view, svc);
	putchar('\n');
	for (size_t i = 0; i < count; i++) {
		const struct lvs_dest_id *id = &dests[i].conf.id;

		printf("  -> ");
		put_name(view, &id->addr, id->port, svc->conf.id.protocol,
			 NAME_WIDTH);
		columns[view->columns].dest(view, &dests[i]);
		putchar('\n');
	}
}

/* ---- connections and the rest -------------------------------------------- */

static void text_conns_begin(const struct view *view)
{
	puts("IPVS connection entries");
	printf("pro expire state       source             virtual            "
	       "destination%s\n",
	       view->pe ? "        pe name          pe_data" : "");
}

static void text_conn(const struct view *view, const struct lvs_conn_info *conn)
{
	char client[NAME_ENDPOINT_MAX], virt[NAME_ENDPOINT_MAX];
	char dest[NAME_ENDPOINT_MAX], expires[24];

	name_endpoint(client, &conn->client, conn->client_port, conn->protocol,
		      view->numeric);
	name_endpoint(virt, &conn->virt, conn->virt_port, conn->protocol,
		      view->numeric);
	name_endpoint(dest, &conn->dest, conn->dest_port, conn->protocol,
		      view->numeric);
	snprintf(expires, sizeof(expires), "%02" PRIu32 ":%02" PRIu32,
		 conn->expires / 60, conn->expires % 60);
	printf("%-3s %-6s %-11s %-18s %-18s %s\n",
	       name_protocol(conn->protocol), expires, conn->state, client,
	       virt, dest);
}

static void text_timeouts(const struct lvs_timeouts *t)
{
	printf("Timeout (tcp tcpfin udp): %" PRIu32 " %" PRIu32 " %" PRIu32
	       "\n",
	       t->tcp, t->tcp_fin, t->udp);
}

static void text_sync(const struct lvs_sync_conf *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct lvs_sync_conf *s = &list[i];
		char group[LVS_ADDR_STRLEN];

		printf("%s sync daemon (mcast=%s, syncid=%" PRIu32,
		       s->role == LVS_SYNC_MASTER ? "master" : "backup",
		       s->link, s->id);
		if (s->max_len)
			printf(", maxlen=%u", s->max_len);
		if (s->group.family)
			printf(", group=%s", lvs_addr_format(&s->group, group,
							     sizeof(group)));
		if (s->port)
			printf(", port=%u", s->port);
		if (s->ttl)
			printf(", ttl=%u", s->ttl);
		puts(")");
	}
}

/* Names as long as they may be; a header of ipvsadm's kind. */
static void put_interfaces(const struct view *view,
			   const struct lvs_ctl_interface *list, size_t count)
{
	if (count)
		printf("%-15s %-9s   InPkts  InBytes  Dropped   Errors"
		       "  OutPkts OutBytes  Dropped   Errors\n",
		       "Interface", "Backend");
	for (size_t i = 0; i < count; i++) {
		const struct lvs_port_stats *s = &list[i].stats;
		const uint64_t counts[] = {
			s->rx_packets, s->rx_bytes, s->rx_dropped, s->rx_errors,
			s->tx_packets, s->tx_bytes, s->tx_dropped, s->tx_errors,
		};

		printf("%-15s %-9s", list[i].name, list[i].backend);
		for (size_t j = 0; j < sizeof(counts) / sizeof(*counts); j++)
			put_number(view, counts[j]);
		putchar('\n');
	}
}

static void put_marks(const struct lvs_mark_rule *rules, size_t count)
{
	char text[NAME_MATCH_MAX];

	if (count)
		puts("Mark       Match");
	for (size_t i = 0; i < count; i++) {
		name_match(text, &rules[i]);
		printf("%-10" PRIu32 " %s\n", rules[i].mark, text);
	}
}

static void text_status(const struct view *view, const struct daemon_status *s)
{
	const struct lvs_engine_stats *e = &s->info.engine;

	printf("lvsd %s\n", s->info.daemon);
	printf("Connections %14" PRIu64, e->conns);
	if (e->conn_limit)
		printf("  of at most %" PRIu64, e->conn_limit);
	putchar('\n');
	for (unsigned i = 0; i < LVS_EVICT_COUNT; i++) {
		if (e->evicted[i])
			printf("  evicted   %14" PRIu64 "  %s: %s\n",
			       e->evicted[i], lvs_eviction_name(i),
			       lvs_eviction_text(i));
	}
	printf("Packets     %14" PRIu64 "\n", e->packets);
	printf("  sent      %14" PRIu64 "\n", e->sent);
	printf("  passed    %14" PRIu64 "  left to this host\n", e->passed);
	printf("  held      %14" PRIu64 "  until their next hop is known\n",
	       e->held);
	printf("Fast path   %14" PRIu64 "  more, forwarded by the kernel; "
	       "%" PRIu64 " flows now\n",
	       e->fast_packets, e->fast_flows);
	for (unsigned r = 0; r < LVS_REASON_COUNT; r++) {
		if (e->dropped[r])
			printf("Dropped     %14" PRIu64 "  %s: %s\n",
			       e->dropped[r], lvs_reason_name(r),
			       lvs_reason_text(r));
	}
	put_interfaces(view, s->interfaces, s->num_interfaces);
	put_marks(s->marks, s->num_marks);
}

const struct format format_text = {
	.name = "text",
	.summary = "tables, as ipvsadm writes them",
	.begin = text_begin,
	.service = text_service,
	.conns_begin = text_conns_begin,
	.conn = text_conn,
	.timeouts = text_timeouts,
	.sync = text_sync,
	.status = text_status,
};
