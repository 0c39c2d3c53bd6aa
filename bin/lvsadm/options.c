/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options.c - the options, as one list, and what each does to a request.
 *
 * An option looks at its own value only.  What it means together with others
 * is found out in check.c, when all are there.
 */
#include "options.h"
#include "format.h"
#include "names.h"
#include <netinet/in.h>
#include <string.h>

#define TIMEOUT_MAX        (31 * 24 * 60 * 60) /* seconds */
#define PERSISTENT_DEFAULT 360

static void copy_name(char *to, size_t size, const char *from)
{
	size_t len = strnlen(from, size - 1);

	memcpy(to, from, len);
	to[len] = '\0';
}

/* ---- services ------------------------------------------------------------ */

static enum status take_service(struct request *req, const struct option *o,
				const char *value)
{
	struct lvs_service_id *id = &req->svc.id;

	id->protocol = (uint8_t)o->number;
	if (!name_to_endpoint(value, id->protocol, &id->addr, &id->port))
		return fail(STATUS_INVALID, "illegal virtual server "
					    "address[:port] specified");
	return STATUS_OK;
}

static enum status take_fwmark(struct request *req, const struct option *o,
			       const char *value)
{
	int64_t mark;

	(void)o;
	if (!name_to_number(value, 1, UINT32_MAX, &mark))
		return fail(STATUS_INVALID,
			    "invalid fwmark value `%s' "
			    "specified",
			    value);
	req->svc.id.fwmark = (uint32_t)mark;
	req->svc.id.addr.family = AF_INET;
	return STATUS_OK;
}

static enum status take_ipv6(struct request *req, const struct option *o,
			     const char *value)
{
	(void)o;
	(void)value;
	if (!req->svc.id.fwmark)
		return fail(STATUS_INVALID, "-6 used before -f\n");
	req->svc.id.addr.family = AF_INET6;
	return STATUS_OK;
}

static enum status take_scheduler(struct request *req, const struct option *o,
				  const char *value)
{
	(void)o;
	copy_name(req->svc.scheduler, sizeof(req->svc.scheduler), value);
	return STATUS_OK;
}

static enum status take_pe(struct request *req, const struct option *o,
			   const char *value)
{
	(void)o;
	copy_name(req->svc.pe, sizeof(req->svc.pe), value);
	return STATUS_OK;
}

static enum status take_persistent(struct request *req, const struct option *o,
				   const char *value)
{
	int64_t timeout = PERSISTENT_DEFAULT;

	(void)o;
	if (value && !name_to_number(value, 1, TIMEOUT_MAX, &timeout))
		return fail(STATUS_INVALID,
			    "invalid timeout value `%s' "
			    "specified",
			    value);
	req->svc.flags |= LVS_SVC_PERSISTENT;
	req->svc.timeout = (uint32_t)timeout;
	return STATUS_OK;
}

static enum status take_ops(struct request *req, const struct option *o,
			    const char *value)
{
	(void)o;
	(void)value;
	req->svc.flags |= LVS_SVC_ONEPACKET;
	return STATUS_OK;
}

static enum status take_netmask(struct request *req, const struct option *o,
				const char *value)
{
	(void)o;
	req->netmask = value;
	return STATUS_OK;
}

static enum status take_table_size(struct request *req, const struct option *o,
				   const char *value)
{
	int64_t size;

	(void)o;
	if (!name_to_number(value, 0, LVS_TABLE_SIZE_MAX, &size))
		return fail(STATUS_INVALID, "illegal table size specified");
	req->svc.table_size = (uint32_t)size;
	return STATUS_OK;
}

static enum status take_slow_start(struct request *req, const struct option *o,
				   const char *value)
{
	int64_t seconds;

	(void)o;
	if (!name_to_number(value, 0, TIMEOUT_MAX, &seconds))
		return fail(STATUS_INVALID, "illegal slow start specified");
	req->svc.slow_start = (uint32_t)seconds;
	return STATUS_OK;
}

static enum status take_sched_flags(struct request *req, const struct option *o,
				    const char *value)
{
	(void)o;
	req->sched_flags = value;
	return STATUS_OK;
}

/* ---- real servers -------------------------------------------------------- */

static enum status take_server(struct request *req, const struct option *o,
			       const char *value)
{
	(void)o;
	req->server = value;
	return STATUS_OK;
}

static enum status take_method(struct request *req, const struct option *o,
			       const char *value)
{
	(void)value;
	req->dest.method = (uint8_t)o->number;
	return STATUS_OK;
}

static enum status take_weight(struct request *req, const struct option *o,
			       const char *value)
{
	int64_t weight;

	(void)o;
	if (!name_to_number(value, 0, INT32_MAX, &weight))
		return fail(STATUS_INVALID, "illegal weight specified");
	req->dest.weight = (int32_t)weight;
	return STATUS_OK;
}

static enum status take_threshold(struct request *req, const struct option *o,
				  const char *value)
{
	int64_t threshold;

	if (!name_to_number(value, 0, INT32_MAX, &threshold))
		return fail(STATUS_INVALID, "illegal %c_threshold specified",
			    o->bit == BIT_UTHRESHOLD ? 'u' : 'l');
	if (o->bit == BIT_UTHRESHOLD)
		req->dest.u_threshold = (uint32_t)threshold;
	else
		req->dest.l_threshold = (uint32_t)threshold;
	return STATUS_OK;
}

static enum status take_tun_type(struct request *req, const struct option *o,
				 const char *value)
{
	int type = name_to_tunnel(value);

	(void)o;
	if (type < 0)
		return fail(STATUS_INVALID, "illegal tunnel type specified");
	req->dest.tun_type = (uint8_t)type;
	return STATUS_OK;
}

static enum status take_tun_port(struct request *req, const struct option *o,
				 const char *value)
{
	int64_t port;

	(void)o;
	if (!name_to_number(value, 1, UINT16_MAX, &port))
		return fail(STATUS_INVALID, "illegal tunnel port specified");
	req->dest.tun_port = (uint16_t)port;
	return STATUS_OK;
}

static enum status take_tun_flag(struct request *req, const struct option *o,
				 const char *value)
{
	(void)value;
	req->dest.tun_flags = (uint16_t)o->number;
	return STATUS_OK;
}

/* ---- synchronisation ----------------------------------------------------- */

static enum status take_link(struct request *req, const struct option *o,
			     const char *value)
{
	(void)o;
	copy_name(req->sync.link, sizeof(req->sync.link), value);
	return STATUS_OK;
}

static enum status take_group(struct request *req, const struct option *o,
			      const char *value)
{
	(void)o;
	if (!name_to_group(value, &req->sync.group))
		return fail(STATUS_INVALID, "invalid IPv%c mcast-group `%s'",
			    strchr(value, ':') ? '6' : '4', value);
	return STATUS_OK;
}

static enum status take_sync_number(struct request *req, const struct option *o,
				    const char *value)
{
	int64_t low = o->bit == BIT_SYNCID ? 0 : 1;
	int64_t n;

	if (!name_to_number(value, low, o->number, &n))
		return fail(STATUS_INVALID, "illegal %s specified",
			    option_name(o->bit));
	if (o->bit == BIT_SYNCID)
		req->sync.id = (uint32_t)n;
	else if (o->bit == BIT_MCASTPORT)
		req->sync.port = (uint16_t)n;
	else if (o->bit == BIT_MCASTTTL)
		req->sync.ttl = (uint8_t)n;
	else
		req->sync.max_len = (uint16_t)n;
	return STATUS_OK;
}

/* ---- listings ------------------------------------------------------------ */

/* The option's word is the format's name. */
static enum status take_format(struct request *req, const struct option *o,
			       const char *value)
{
	(void)value;
	req->format = format_find(o->word);
	if (!req->format)
		return fail(STATUS_INVALID,
			    "--%s: lvsadm was built without it (configure "
			    "--with-jansson)",
			    o->word);
	return STATUS_OK;
}

/* ---- the program --------------------------------------------------------- */

static enum status take_socket(struct request *req, const struct option *o,
			       const char *value)
{
	(void)o;
	req->app->socket = value;
	return STATUS_OK;
}

/* ---- the list ------------------------------------------------------------ */

#define NOTHING TAKES_NOTHING
#define VALUE   TAKES_VALUE

static const struct option options[] = {
	{ 't', "tcp-service", VALUE, BIT_SERVICE, take_service, IPPROTO_TCP,
	  "HOST[:PORT]", "the service at this address, TCP" },
	{ 'u', "udp-service", VALUE, BIT_SERVICE, take_service, IPPROTO_UDP,
	  "HOST[:PORT]", "the same, UDP" },
	{ 0, "sctp-service", VALUE, BIT_SERVICE, take_service, IPPROTO_SCTP,
	  "HOST[:PORT]", "the same, SCTP" },
	{ 'f', "fwmark-service", VALUE, BIT_SERVICE, take_fwmark, 0, "MARK",
	  "the service of packets with this mark" },
	{ '6', "ipv6", NOTHING, BIT_NONE, take_ipv6, 0, NULL,
	  "that service is IPv6's (after -f)" },
	{ 's', "scheduler", VALUE, BIT_SCHEDULER, take_scheduler, 0, "NAME",
	  "who gets a new connection; default wlc" },
	{ 'b', "sched-flags", VALUE, BIT_SCHEDFLAGS, take_sched_flags, 0,
	  "FLAG,...", "of the scheduler: sh-port, mh-fallback, flag-1, ..." },
	{ 0, "table-size", VALUE, BIT_TABLESIZE, take_table_size, 0, "PRIME",
	  "slots of mh, mh64k or chbl; 0: its own number" },
	{ 0, "slow-start", VALUE, BIT_SLOWSTART, take_slow_start, 0, "SECONDS",
	  "in which a server that comes up gets its full weight" },
	{ 'p', "persistent", TAKES_OPTIONAL, BIT_PERSISTENT, take_persistent, 0,
	  "[SECONDS]", "a client keeps its server so long; default 360" },
	{ 'M', "netmask", VALUE, BIT_NETMASK, take_netmask, 0, "MASK",
	  "clients of one network are one client; IPv6: a length" },
	{ 0, "pe", VALUE, BIT_PENAME, take_pe, 0, "NAME",
	  "persistence engine" },
	{ 'o', "ops", NOTHING, BIT_ONEPACKET, take_ops, 0, NULL,
	  "each packet is a connection (UDP)" },

	{ 'r', "real-server", VALUE, BIT_SERVER, take_server, 0, "HOST[:PORT]",
	  "the real server; without port: the service's" },
	{ 'g', "gatewaying", NOTHING, BIT_FORWARD, take_method, LVS_METHOD_DR,
	  NULL, "direct routing (default)" },
	{ 'i', "ipip", NOTHING, BIT_FORWARD, take_method, LVS_METHOD_TUN, NULL,
	  "tunnel" },
	{ 'm', "masquerading", NOTHING, BIT_FORWARD, take_method,
	  LVS_METHOD_NAT, NULL, "NAT" },
	{ 'w', "weight", VALUE, BIT_WEIGHT, take_weight, 0, "N",
	  "capacity, default 1; 0: no new connections" },
	{ 'x', "u-threshold", VALUE, BIT_UTHRESHOLD, take_threshold, 0, "N",
	  "no new ones from N connections on; 0: no limit" },
	{ 'y', "l-threshold", VALUE, BIT_LTHRESHOLD, take_threshold, 0, "N",
	  "until there are fewer than N again" },
	{ 0, "tun-type", VALUE, BIT_TUNTYPE, take_tun_type, 0, "TYPE",
	  "ipip (default), gue or gre" },
	{ 0, "tun-port", VALUE, BIT_TUNPORT, take_tun_port, 0, "PORT",
	  "UDP port of gue" },
	{ 0, "tun-nocsum", NOTHING, BIT_TUNNOCSUM, take_tun_flag,
	  LVS_TUN_NOCSUM, NULL, "gue, gre: no checksum (default)" },
	{ 0, "tun-csum", NOTHING, BIT_TUNCSUM, take_tun_flag, LVS_TUN_CSUM,
	  NULL, "gue, gre: with checksum" },
	{ 0, "tun-remcsum", NOTHING, BIT_TUNREMCSUM, take_tun_flag,
	  LVS_TUN_REMCSUM, NULL, "gue: remote checksum" },

	{ 'n', "numeric", NOTHING, BIT_NUMERIC, NULL, 0, NULL,
	  "no names of hosts and ports" },
	{ 'c', "connection", NOTHING, BIT_CONNECTION, NULL, 0, NULL,
	  "list connections" },
	{ 0, "timeout", NOTHING, BIT_TIMEOUT, NULL, 0, NULL, "list timeouts" },
	{ 0, "daemon", NOTHING, BIT_DAEMON, NULL, 0, NULL,
	  "list synchronisation daemons" },
	{ 0, "stats", NOTHING, BIT_STATS, NULL, 0, NULL, "with counters" },
	{ 0, "rate", NOTHING, BIT_RATE, NULL, 0, NULL, "with rates" },
	{ 0, "thresholds", NOTHING, BIT_THRESHOLDS, NULL, 0, NULL,
	  "with thresholds" },
	{ 0, "persistent-conn", NOTHING, BIT_PERSISTENTCONN, NULL, 0, NULL,
	  "with persistence templates" },
	{ 0, "tun-info", NOTHING, BIT_TUNINFO, NULL, 0, NULL,
	  "with tunnel types" },
	{ 'X', "exact", NOTHING, BIT_EXACT, NULL, 0, NULL,
	  "large numbers in full" },
	{ 0, "nosort", NOTHING, BIT_NOSORT, NULL, 0, NULL,
	  "in the order of lvsd's own list" },
	{ 0, "sort", NOTHING, BIT_NONE, NULL, 0, NULL,
	  "does nothing: it is the default" },
	{ 0, "json", NOTHING, BIT_FORMAT, take_format, 0, NULL,
	  "all there is, for programs" },

	{ 0, "mcast-interface", VALUE, BIT_MCAST, take_link, 0, "LINK",
	  "to send on or listen at; default eth0" },
	{ 0, "syncid", VALUE, BIT_SYNCID, take_sync_number, 255, "N",
	  "0 (default) to 255" },
	{ 0, "mcast-group", VALUE, BIT_MCASTGROUP, take_group, 0, "ADDRESS",
	  "default 224.0.0.81" },
	{ 0, "mcast-port", VALUE, BIT_MCASTPORT, take_sync_number, 65535,
	  "PORT", "default 8848" },
	{ 0, "mcast-ttl", VALUE, BIT_MCASTTTL, take_sync_number, 255, "N",
	  "default 1" },
	{ 0, "sync-maxlen", VALUE, BIT_SYNCMAXLEN, take_sync_number, 65507,
	  "BYTES", "of a message; default 1472" },

	{ 0, "socket", VALUE, BIT_SOCKET, take_socket, 0, "PATH",
	  "where lvsd listens; default $LVSD_SOCKET or " LVS_CTL_SOCKET },
};

#define COUNT (sizeof(options) / sizeof(*options))

const struct option *option_at(size_t index)
{
	return index < COUNT ? &options[index] : NULL;
}

const struct option *option_find(const char *word, size_t len)
{
	for (size_t i = 0; i < COUNT; i++) {
		if (strlen(options[i].word) == len &&
		    memcmp(options[i].word, word, len) == 0)
			return &options[i];
	}
	return NULL;
}

const struct option *option_letter(char letter)
{
	for (size_t i = 0; i < COUNT; i++) {
		if (options[i].letter == letter && letter)
			return &options[i];
	}
	return NULL;
}

const char *option_name(enum option_bit bit)
{
	static const char *const names[] = {
#define OPTION_TEXT(name, text) [BIT_##name] = text,
		OPTION_NAMES(OPTION_TEXT)
#undef OPTION_TEXT
	};

	return names[bit];
}
