/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names.c - hosts, ports, numbers and flags as people write them.
 */
#include "names.h"
#include <arpa/inet.h>
#include <errno.h>
#include <lvs/sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

bool name_to_number(const char *text, int64_t low, int64_t high, int64_t *n)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno || end == text || *end != '\0' || value < low || value > high)
		return false;
	*n = value;
	return true;
}

/* ---- protocols and ports ------------------------------------------------- */

/* NAME is the one of services(5), in small letters. */
static const struct protocol {
	uint8_t number;
	const char *text, *name;
} protocols[] = {
	{ IPPROTO_IP, "IP", NULL },
	{ IPPROTO_TCP, "TCP", "tcp" },
	{ IPPROTO_UDP, "UDP", "udp" },
	{ IPPROTO_SCTP, "SCTP", "sctp" },
};

static const struct protocol *protocol_of(uint8_t number)
{
	for (size_t i = 0; i < COUNT(protocols); i++) {
		if (protocols[i].number == number)
			return &protocols[i];
	}
	return NULL;
}

const char *name_protocol(uint8_t protocol)
{
	const struct protocol *p = protocol_of(protocol);

	return p ? p->text : "?";
}

void name_match(char buf[NAME_MATCH_MAX], const struct lvs_mark_rule *rule)
{
	const struct protocol *p = protocol_of(rule->protocol);
	char addr[LVS_ADDR_STRLEN], length[8] = "", ports[16] = "";
	bool v6 = rule->addr.family == AF_INET6 && rule->port_max;

	if (rule->plen != lvs_family_bits(rule->addr.family))
		snprintf(length, sizeof(length), "/%u", rule->plen);
	if (rule->port_min != rule->port_max)
		snprintf(ports, sizeof(ports), ":%u-%u", rule->port_min,
			 rule->port_max);
	else if (rule->port_max)
		snprintf(ports, sizeof(ports), ":%u", rule->port_max);
	snprintf(buf, NAME_MATCH_MAX, "%s %s%s%s%s%s",
		 p && p->name ? p->name : "?", v6 ? "[" : "",
		 lvs_addr_format(&rule->addr, addr, sizeof(addr)), length,
		 v6 ? "]" : "", ports);
}

static bool to_port(const char *text, uint8_t protocol, uint16_t *port)
{
	const struct protocol *p = protocol_of(protocol);
	const struct servent *service;
	int64_t n;

	if (name_to_number(text, 0, UINT16_MAX, &n)) {
		*port = (uint16_t)n;
		return true;
	}
	service = p && p->name ? getservbyname(text, p->name) : NULL;
	if (!service)
		return false;
	*port = ntohs((uint16_t)service->s_port);
	return true;
}

static void port_text(char buf[NI_MAXSERV], uint16_t port, uint8_t protocol,
		      bool numeric)
{
	const struct protocol *p = protocol_of(protocol);
	const struct servent *service = NULL;

	if (!numeric && p && p->name)
		service = getservbyport(htons(port), p->name);
	if (service)
		snprintf(buf, NI_MAXSERV, "%s", service->s_name);
	else
		snprintf(buf, NI_MAXSERV, "%u", port);
}

/* ---- addresses ----------------------------------------------------------- */

bool name_to_ipv4(const char *text, struct lvs_addr *addr)
{
	const struct addrinfo hints = { .ai_family = AF_INET };
	struct addrinfo *found;
	const struct sockaddr_in *sin;

	if (text[0] == '\0' || getaddrinfo(text, NULL, &hints, &found))
		return false;
	sin = (const void *)found->ai_addr;
	*addr = lvs_addr_v4(sin->sin_addr.s_addr);
	freeaddrinfo(found);
	return true;
}

/* TEXT ends where its port begins, if it has one. */
static bool to_bracketed(char *text, uint8_t protocol, struct lvs_addr *addr,
			 uint16_t *port)
{
	char *end = strchr(text, ']');

	if (!end || end[1] != ':')
		return false;
	*end = '\0';
	return lvs_addr_parse(text + 1, addr) == 0 &&
	       addr->family == AF_INET6 && to_port(end + 2, protocol, port);
}

static bool to_host(char *text, uint8_t protocol, struct lvs_addr *addr,
		    uint16_t *port)
{
	char *colon = strchr(text, ':');

	*port = 0;
	/* "80" alone is a forgotten address, not the host 0.0.0.80. */
	if (!colon && text[strspn(text, "0123456789")] == '\0')
		return false;
	if (colon) {
		*colon = '\0';
		if (!to_port(colon + 1, protocol, port))
			return false;
	}
	return name_to_ipv4(text, addr);
}

bool name_to_endpoint(const char *text, uint8_t protocol, struct lvs_addr *addr,
		      uint16_t *port)
{
	char copy[NAME_ENDPOINT_MAX];
	struct lvs_addr got;

	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	if (lvs_addr_parse(text, &got) == 0)
		*port = 0;
	else if (!(copy[0] == '[' ? to_bracketed(copy, protocol, &got, port)
				  : to_host(copy, protocol, &got, port)))
		return false;
	*addr = got;
	return true;
}

bool name_to_group(const char *text, struct lvs_addr *addr)
{
	struct lvs_addr got;

	if (lvs_addr_parse(text, &got))
		return false;
	if (got.family == AF_INET ? (got.ip.b[0] & 0xf0) != 0xe0
				  : got.ip.b[0] != 0xff)
		return false;
	*addr = got;
	return true;
}

static bool host_name(char buf[NI_MAXHOST], const struct lvs_addr *addr)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} sa = { .any.sa_family = addr->family };
	socklen_t len = sizeof(sa.v4);

	if (addr->family == AF_INET) {
		sa.v4.sin_addr.s_addr = addr->ip.v4_be;
	} else {
		memcpy(&sa.v6.sin6_addr, &addr->ip, sizeof(addr->ip));
		len = sizeof(sa.v6);
	}
	return getnameinfo(&sa.any, len, buf, NI_MAXHOST, NULL, 0,
			   NI_NAMEREQD) == 0;
}

void name_endpoint(char buf[NAME_ENDPOINT_MAX], const struct lvs_addr *addr,
		   uint16_t port, uint8_t protocol, bool numeric)
{
	char host[NI_MAXHOST], serv[NI_MAXSERV];

	if (numeric || !host_name(host, addr))
		lvs_addr_format(addr, host, sizeof(host));
	port_text(serv, port, protocol, numeric);
	snprintf(buf, NAME_ENDPOINT_MAX,
		 addr->family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, serv);
}

bool name_netmask(char buf[LVS_ADDR_STRLEN],
		  const struct lvs_service_conf *conf)
{
	unsigned bits = lvs_family_bits(conf->id.addr.family);
	unsigned plen = conf->plen && conf->plen < bits ? conf->plen : bits;
	struct lvs_addr mask = lvs_addr_v4(UINT32_MAX & ~conf->holes_be);

	if (conf->id.addr.family == AF_INET6) {
		snprintf(buf, LVS_ADDR_STRLEN, "%u", plen);
		return plen != bits;
	}
	mask = lvs_addr_mask(&mask, plen);
	lvs_addr_format(&mask, buf, LVS_ADDR_STRLEN);
	return mask.ip.v4_be != UINT32_MAX;
}

/* ---- tunnels and schedulers ---------------------------------------------- */

static const char *const tunnels[] = {
	[LVS_TUN_IPIP] = "ipip",
	[LVS_TUN_GUE] = "gue",
	[LVS_TUN_GRE] = "gre",
};

int name_to_tunnel(const char *text)
{
	for (size_t i = 0; i < COUNT(tunnels); i++) {
		if (strcmp(tunnels[i], text) == 0)
			return (int)i;
	}
	return -1;
}

const char *name_tunnel(uint8_t type)
{
	return type < COUNT(tunnels) ? tunnels[type] : NULL;
}

const char *name_tunnel_csum(uint16_t flags)
{
	return flags & LVS_TUN_REMCSUM ? "remcsum"
	       : flags & LVS_TUN_CSUM  ? "csum"
				       : "nocsum";
}

static const struct lvs_sched_flag *sched_flag_named(const char *name,
						     size_t len)
{
	const struct lvs_sched_flag *flag;

	for (size_t i = 0; (flag = lvs_sched_flag_at(i)); i++) {
		if (strlen(flag->name) == len &&
		    memcmp(flag->name, name, len) == 0)
			return flag;
	}
	return NULL;
}

enum flag_answer name_to_sched_flags(const char *text, const char *scheduler,
				     uint32_t *flags, char bad[64])
{
	*flags = 0;
	for (;;) {
		size_t len;
		const struct lvs_sched_flag *flag;

		text += strspn(text, ",");
		len = strcspn(text, ",");
		if (len == 0)
			return FLAG_OK;
		flag = sched_flag_named(text, len);
		snprintf(bad, 64, "%.*s", (int)len, text);
		if (!flag)
			return FLAG_UNKNOWN;
		if (flag->scheduler && strcmp(flag->scheduler, scheduler) != 0)
			return FLAG_OF_ANOTHER;
		*flags |= flag->flag;
		text += len;
	}
}

void name_sched_flags(char buf[64], const char *scheduler, uint32_t flags)
{
	const struct lvs_sched_flag *f;
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; (f = lvs_sched_flag_at(i)); i++) {
		bool named = f->scheduler && !strcmp(f->scheduler, scheduler);

		if (!(flags & f->flag) || (f->scheduler && !named))
			continue;
		len += (size_t)snprintf(buf + len, 64 - len, "%s%s",
					len ? "," : "", f->name);
		flags &= ~f->flag;
	}
}
