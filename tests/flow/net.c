/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net.c - the test network: names, addresses, links.
 */
#include "net.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct host {
	const char *name;
	const char *v4, *v6;
	uint32_t link; /* that it is a neighbour on, or the director's own */
	uint8_t mac;   /* last byte of its link address; 0: none */
};

static const struct host hosts[] = {
	{ "C", "10.0.0.2", "fd00:c::2", LINK_C, 0x02 },
	{ "C2", "10.0.0.3", "fd00:c::3", LINK_C, 0x03 },
	{ "G", "10.0.0.254", "fd00:c::fe", LINK_C, 0xfe },
	{ "F", "198.51.100.7", "2001:db8:f::7", 0, 0 },
	{ "V", "10.9.0.1", "fd00:9::1", 0, 0 },
	{ "V2", "10.9.0.2", "fd00:9::2", 0, 0 },
	{ "R1", "172.16.0.11", "fd00:16::11", LINK_S, 0x11 },
	{ "R2", "172.16.0.12", "fd00:16::12", LINK_S, 0x12 },
	{ "R3", "172.16.0.13", "fd00:16::13", LINK_S, 0x13 },
	{ "R4", "172.16.0.14", "fd00:16::14", 0, 0x14 },
	{ "S", "172.17.0.1", "fd00:17::1", 0, 0 },
	{ "T", "10.8.0.2", "fd00:8::2", 0, 0 },
	{ "N", "203.0.113.9", "2001:db8:dead::9", 0, 0 },
	{ "DC", "10.0.0.1", "fd00:c::1", 0, 0x01 },
	{ "DS", "172.16.0.1", "fd00:16::1", 0, 0x10 },
	{ "DT", "10.8.0.1", "fd00:8::1", 0, 0 },
};

#define NUM_HOSTS (sizeof(hosts) / sizeof(*hosts))

static const struct host *find(const char *name)
{
	for (size_t i = 0; i < NUM_HOSTS; i++)
		if (strcmp(hosts[i].name, name) == 0)
			return &hosts[i];
	return NULL;
}

bool net_addr(const char *name, int af, struct lvs_addr *addr)
{
	const struct host *host = find(name);

	if (host)
		name = af == AF_INET6 ? host->v6 : host->v4;
	return lvs_addr_parse(name, addr) == 0;
}

const char *net_name(const struct lvs_addr *addr, char *buf, size_t size)
{
	struct lvs_addr one;

	for (size_t i = 0; i < NUM_HOSTS; i++)
		if (net_addr(hosts[i].name, addr->family, &one) &&
		    lvs_addr_equal(&one, addr))
			return hosts[i].name;
	return lvs_addr_format(addr, buf, size);
}

static const char *const links[] = { "-", "c", "s", "t" };

uint32_t net_link(const char *name)
{
	for (uint32_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		if (strcmp(links[i], name) == 0)
			return i;
	fprintf(stderr, "no link is called %s\n", name);
	abort();
}

const char *net_link_name(uint32_t link)
{
	return link < sizeof(links) / sizeof(*links) ? links[link] : "?";
}

void net_mac(const char *name, uint8_t mac[LVS_LLADDR_LEN])
{
	const struct host *host = find(name);

	memset(mac, strcmp(name, "*") == 0 ? 0xff : 0, LVS_LLADDR_LEN);
	if (host) {
		mac[0] = 0x02;
		mac[5] = host->mac;
	}
}

const char *net_mac_name(const uint8_t mac[LVS_LLADDR_LEN])
{
	uint8_t one[LVS_LLADDR_LEN];

	for (size_t i = 0; i < NUM_HOSTS; i++) {
		net_mac(hosts[i].name, one);
		if (hosts[i].mac && memcmp(mac, one, sizeof(one)) == 0)
			return hosts[i].name;
	}
	return mac[0] & 1 ? "*" : "?";
}

static void add_link(struct lvs_director *dir, uint32_t index, const char *name,
		     bool ethernet)
{
	struct lvs_link link = {
		.index = index,
		.mtu = 1500,
		.up = true,
		.ethernet = ethernet,
	};

	net_mac(name, link.lladdr);
	snprintf(link.name, sizeof(link.name), "%s", net_link_name(index));
	need(lvs_net_link_set(dir, &link) == 0);
}

/* A route to the network of NAME with PLEN bits. */
static void add_route(struct lvs_director *dir, int af, const char *name,
		      unsigned plen, uint32_t link, const char *gateway,
		      uint32_t mtu)
{
	struct lvs_route route = { .plen = (uint8_t)plen,
				   .link = link,
				   .mtu = mtu };
	struct lvs_addr addr;

	need(net_addr(name, af, &addr));
	route.dst = lvs_addr_mask(&addr, plen);
	if (gateway)
		need(net_addr(gateway, af, &route.gateway));
	need(lvs_net_route_set(dir, &route) == 0);
}

void net_route(struct lvs_director *dir, int af, const char *name,
	       uint32_t link, const char *gateway)
{
	struct lvs_route route = { .plen = af == AF_INET ? 24 : 64,
				   .link = link };
	struct lvs_addr addr;

	need(net_addr(name, af, &addr));
	route.dst = lvs_addr_mask(&addr, route.plen);
	need(net_addr(gateway, af, &route.gateway));
	need(lvs_net_route_replace(dir, &route) >= 0);
}

static void add_addr(struct lvs_director *dir, int af, const char *name,
		     uint32_t link)
{
	struct lvs_addr addr;

	need(net_addr(name, af, &addr));
	need(lvs_net_addr_set(dir, link, &addr, af == AF_INET ? 24 : 64) == 0);
}

void net_neigh(struct lvs_director *dir, int af, const char *name,
	       uint8_t state)
{
	const struct host *host = find(name);
	struct lvs_neigh neigh = { .state = state };

	need(host);
	neigh.link = host->link ? host->link : LINK_S;
	need(net_addr(name, af, &neigh.addr));
	net_mac(name, neigh.lladdr);
	need(lvs_net_neigh_set(dir, &neigh) == 0);
}

void net_fill(struct lvs_director *dir, int af)
{
	unsigned net = af == AF_INET ? 24 : 64;

	add_link(dir, LINK_C, "DC", true);
	add_link(dir, LINK_S, "DS", true);
	add_link(dir, LINK_T, "DT", false);
	add_addr(dir, af, "DC", LINK_C);
	add_addr(dir, af, "DS", LINK_S);
	add_addr(dir, af, "DT", LINK_T);
	add_route(dir, af, "C", net, LINK_C, NULL, 0);
	add_route(dir, af, "R1", net, LINK_S, NULL, 0);
	add_route(dir, af, "T", net, LINK_T, NULL, 0);
	add_route(dir, af, "S", net, LINK_S, "R3", 1400);
	add_route(dir, af, "F", net, LINK_C, "G", 0);
	for (size_t i = 0; i < NUM_HOSTS; i++)
		if (hosts[i].link)
			net_neigh(dir, af, hosts[i].name, LVS_NEIGH_REACHABLE);
}
