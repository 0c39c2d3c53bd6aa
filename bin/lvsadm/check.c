/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check.c - what options mean together, and which go together at all.
 */
#include "names.h"
#include "options.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* WHAT is "command" or "tunnel type", NAME which one. */
static enum status check_rules(const struct rules *rules, uint64_t seen,
			       const char *name, const char *what)
{
	enum option_bit first = BIT_COUNT;

	for (enum option_bit bit = 0; bit < BIT_COUNT; bit++) {
		uint64_t opt = UINT64_C(1) << bit;
		const char *text = option_name(bit);

		if (!(seen & opt)) {
			if (rules->needs & opt)
				return fail(STATUS_INVALID,
					    "You need to supply the '%s' "
					    "option for the '%s' %s",
					    text, name, what);
			continue;
		}
		if (!((rules->needs | rules->allows) & opt))
			return fail(STATUS_INVALID,
				    "Illegal '%s' option with the '%s' %s",
				    text, name, what);
		if (!(rules->one_of & opt))
			continue;
		if (first != BIT_COUNT)
			return fail(STATUS_INVALID,
				    "The option '%s' conflicts with the '%s' "
				    "option in the '%s' %s",
				    text, option_name(first), name, what);
		first = bit;
	}
	return STATUS_OK;
}

/* ---- services ------------------------------------------------------------ */

static enum status check_sched_flags(struct request *req)
{
	const char *scheduler =
		req->svc.scheduler[0] ? req->svc.scheduler : "wlc";
	char bad[64];
	uint32_t flags = 0;

	if (!req->sched_flags)
		return STATUS_OK;
	switch (name_to_sched_flags(req->sched_flags, scheduler, &flags, bad)) {
	case FLAG_UNKNOWN:
		return fail(STATUS_INVALID, "invalid scheduler flag `%s'", bad);
	case FLAG_OF_ANOTHER:
		return fail(STATUS_INVALID, "incompatible scheduler flag `%s'",
			    bad);
	case FLAG_OK:
		break;
	}
	req->svc.flags |= flags;
	return STATUS_OK;
}

/* A mask of IPv4 is written as an address, one of IPv6 as its length. */
static enum status check_netmask(struct request *req)
{
	struct lvs_addr mask;
	int64_t len;

	if (!req->netmask)
		return STATUS_OK;
	if (req->svc.id.addr.family == AF_INET6) {
		if (!name_to_number(req->netmask, 1, 128, &len))
			return fail(STATUS_INVALID,
				    "illegal ipv6 netmask specified");
		req->svc.plen = (uint32_t)len;
		return STATUS_OK;
	}
	if (!name_to_ipv4(req->netmask, &mask))
		return fail(STATUS_INVALID, "illegal virtual server persistent "
					    "mask specified");
	req->svc.holes_be = ~mask.ip.v4_be;
	return STATUS_OK;
}

static enum status check_service(struct request *req)
{
	const struct lvs_service_id *id = &req->svc.id;
	enum status status = check_sched_flags(req);

	if (!status)
		status = check_netmask(req);
	if (status)
		return status;
	if (id->fwmark || !(req->command->rules.allows & OPT(SCHEDULER)))
		return STATUS_OK;
	if (id->port == 0 && !(req->svc.flags & LVS_SVC_PERSISTENT))
		return fail(STATUS_INVALID, "Zero port specified for "
					    "non-persistent service");
	if ((req->svc.flags & LVS_SVC_ONEPACKET) && id->protocol != IPPROTO_UDP)
		return fail(STATUS_INVALID, "One-Packet Scheduling is only for "
					    "UDP virtual services");
	return STATUS_OK;
}

/* ---- real servers -------------------------------------------------------- */

static const struct rules tunnel_rules[] = {
	[LVS_TUN_IPIP] = { .allows = OPT(TUNTYPE) },
	[LVS_TUN_GUE] = { .needs = OPT(TUNPORT),
			  .allows = OPT(TUNTYPE) | OPT(TUNNOCSUM) |
				    OPT(TUNCSUM) | OPT(TUNREMCSUM),
			  .one_of = OPT(TUNNOCSUM) | OPT(TUNCSUM) |
				    OPT(TUNREMCSUM) },
	[LVS_TUN_GRE] = { .allows =
				  OPT(TUNTYPE) | OPT(TUNNOCSUM) | OPT(TUNCSUM),
			  .one_of = OPT(TUNNOCSUM) | OPT(TUNCSUM) },
};

#define TUNNEL_OPTIONS                                                         \
	(OPT(TUNTYPE) | OPT(TUNPORT) | OPT(TUNNOCSUM) | OPT(TUNCSUM) |         \
	 OPT(TUNREMCSUM))

static enum status check_tunnel(const struct request *req)
{
	uint8_t type = req->dest.tun_type;

	if (req->dest.method == LVS_METHOD_TUN)
		return check_rules(&tunnel_rules[type],
				   req->seen & TUNNEL_OPTIONS,
				   name_tunnel(type), "tunnel type");
	if (req->seen & TUNNEL_OPTIONS)
		return fail(STATUS_INVALID,
			    "Tunnel options conflict with forward method");
	return STATUS_OK;
}

/*
 * A server that is reached as the packet is has the service's port; only NAT
 * can give it another.  A service by mark has no port.
 */
static void settle_port(struct request *req, bool given)
{
	bool nat = req->dest.method == LVS_METHOD_NAT;

	if (!given || (!nat && !req->svc.id.fwmark))
		req->dest.id.port = req->svc.id.port;
}

static bool has_port(const char *text)
{
	struct lvs_addr addr;

	return strchr(text, ':') && lvs_addr_parse(text, &addr) != 0;
}

static enum status check_server(struct request *req)
{
	struct lvs_dest_id *id = &req->dest.id;

	if (!req->server)
		return STATUS_OK;
	if (!name_to_endpoint(req->server, req->svc.id.protocol, &id->addr,
			      &id->port))
		return fail(STATUS_INVALID, "illegal real server address"
					    "[:port] specified");
	if (!(req->command->rules.allows & OPT(FORWARD))) {
		if (!has_port(req->server))
			id->port = req->svc.id.port;
		return STATUS_OK;
	}
	if (id->addr.family != req->svc.id.addr.family &&
	    req->dest.method != LVS_METHOD_TUN)
		return fail(STATUS_INVALID,
			    "Different address family is allowed only for "
			    "tunneling servers");
	settle_port(req, has_port(req->server));
	return check_tunnel(req);
}

/* ---- listings ------------------------------------------------------------ */

/* What is neither service nor connection has no counters to show. */
static enum status check_list(const struct request *req)
{
	uint64_t columns = OPT(STATS) | OPT(RATE) | OPT(THRESHOLDS);
	uint64_t others = OPT(TIMEOUT) | OPT(DAEMON);

	if ((req->seen & (others | OPT(CONNECTION)) && req->seen & columns) ||
	    (req->seen & others && req->seen & OPT(PERSISTENTCONN)))
		return fail(STATUS_INVALID,
			    "options conflicts in the list command");
	return STATUS_OK;
}

enum status request_check(struct request *req)
{
	enum status status = check_rules(&req->command->rules, req->seen,
					 req->command->name, "command");

	if (!status)
		status = check_list(req);
	if (!status)
		status = check_service(req);
	if (!status)
		status = check_server(req);
	return status;
}
