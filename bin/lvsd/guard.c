/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guard.c - virtual addresses that are the host's own, and IP forwarding; real
 * servers that are the host.
 *
 * The kernel forwards IPv4 by a setting of the interface a packet came in on,
 * and IPv6 by one for all interfaces or one to force it on a single one
 * (Documentation/networking/ip-sysctl.rst).
 */
#include "guard.h"
#include "log.h"
#include "name.h"
#include <lvs/net.h>
#include <stdio.h>

struct guard {
	struct lvs_director *dir;
	const struct conf *cfg;
	bool claimed;
	enum lvs_level level;
	unsigned found;
};

/* NAME is a path below /proc/sys; a setting that is not there is off. */
static bool is_on(const char *name)
{
	char path[128];
	int value = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (fscanf(file, "%d", &value) != 1)
		value = 0;
	fclose(file);
	return value != 0;
}

static void forwarding_found(struct guard *g, const char *setting,
			     const char *family)
{
	g->found++;
	log_write(g->level,
		  "the kernel forwards %s as well, so packets for virtual "
		  "services would be sent twice: sysctl -w %s=0",
		  family, setting);
}

/* Real servers of SVC that are this host itself, if it has SVC's address. */
static size_t count_local(const struct guard *g, const struct conf_service *svc)
{
	size_t count = 0;

	for (size_t i = 0; i < svc->num_dests; i++)
		if (svc->dests[i].conf.method != LVS_METHOD_NAT &&
		    lvs_net_is_local(g->dir, &svc->dests[i].conf.id.addr))
			count++;
	return count;
}

/*
 * Whether the kernel sees the packets of SVC as well.  A mark that no match
 * gives brings no packets at all.
 */
static bool is_shared(const struct guard *g, const struct conf_service *svc)
{
	const struct lvs_service_id *id = &svc->conf.id;

	return !g->claimed && (!id->fwmark || conf_has_match(g->cfg, id));
}

/* All connections are the host's own: it is to answer. */
static bool is_host_service(const struct guard *g,
			    const struct conf_service *svc)
{
	return svc->num_dests > 0 && count_local(g, svc) == svc->num_dests;
}

/* A service of FAMILY that the kernel sees the packets of. */
static bool has_family(const struct guard *g, uint16_t family)
{
	for (size_t i = 0; i < g->cfg->num_services; i++) {
		const struct conf_service *svc = &g->cfg->services[i];

		if (svc->conf.id.addr.family == family && is_shared(g, svc))
			return true;
	}
	return false;
}

/* Setting DIR/IFNAME/NAME, which sysctl(8) takes with slashes too. */
static void check_setting(struct guard *g, const char *dir, const char *ifname,
			  const char *name, const char *family)
{
	char setting[80];

	snprintf(setting, sizeof(setting), "%s/%s/%s", dir, ifname, name);
	if (is_on(setting))
		forwarding_found(g, setting, family);
}

static void check_forwarding(struct guard *g)
{
	const struct conf *cfg = g->cfg;
	bool v4 = has_family(g, AF_INET), v6 = has_family(g, AF_INET6);

	for (size_t i = 0; i < cfg->num_interfaces; i++) {
		const char *ifname = cfg->interfaces[i].name;

		if (v4)
			check_setting(g, "net/ipv4/conf", ifname, "forwarding",
				      "IPv4");
		if (v6)
			check_setting(g, "net/ipv6/conf", ifname,
				      "force_forwarding", "IPv6");
	}
	if (v6 && cfg->num_interfaces)
		check_setting(g, "net/ipv6/conf", "all", "forwarding", "IPv6");
}

/* ADDR, which LINE gives to service ID. */
static void check_address(struct guard *g, int line,
			  const struct lvs_service_id *id,
			  const struct lvs_addr *addr)
{
	char name[NAME_STRLEN], text[LVS_ADDR_STRLEN];

	if (!lvs_net_is_local(g->dir, addr))
		return;
	g->found++;
	lvs_addr_format(addr, text, sizeof(text));
	log_write(g->level,
		  "%s:%d: %s: %s is an address of this host, which would "
		  "answer as well: ip address del %s/%u dev INTERFACE",
		  g->cfg->path, line, name_of(id, NULL, name, sizeof(name)),
		  text, text, lvs_family_bits(addr->family));
}

/* Which addresses of a network the host has, and will have, is not known. */
static void check_match(struct guard *g, const struct conf_match *match,
			const struct lvs_service_id *id)
{
	const struct lvs_addr *addr = &match->rule.addr;
	char text[LVS_ADDR_STRLEN];

	if (match->rule.plen == lvs_family_bits(addr->family)) {
		check_address(g, match->line, id, addr);
		return;
	}
	g->found++;
	log_write(g->level,
		  "%s:%d: %s/%u: without the claim, this host would answer for "
		  "those that are its own as well: name addresses, not a "
		  "network",
		  g->cfg->path, match->line,
		  lvs_addr_format(addr, text, sizeof(text)), match->rule.plen);
}

static void check_addresses(struct guard *g, const struct conf_service *svc)
{
	const struct lvs_service_id *id = &svc->conf.id;

	if (!is_shared(g, svc) || is_host_service(g, svc))
		return;
	if (!id->fwmark)
		check_address(g, svc->line, id, &id->addr);
	for (size_t i = 0; id->fwmark && i < g->cfg->num_matches; i++)
		if (conf_match_is_for(&g->cfg->matches[i], id))
			check_match(g, &g->cfg->matches[i], id);
}

/* By NAT the host's own replies would have to be translated on their way out.
 */
static void refuse_nat(struct guard *g, const struct conf_service *svc,
		       const struct conf_dest *dest)
{
	char name[NAME_STRLEN];

	g->found++;
	log_write(g->level,
		  "%s:%d: %s is this host, which can't be a real server by "
		  "NAT: method = dr, with the virtual address on this host and "
		  "the server on the virtual port",
		  g->cfg->path, dest->line,
		  name_of(&svc->conf.id, &dest->conf.id, name, sizeof(name)));
}

/* It may well get the address later, as one of a pair of directors does. */
static void warn_of_absence(const struct guard *g,
			    const struct conf_service *svc,
			    const struct conf_dest *dest)
{
	const struct lvs_addr *virt = &svc->conf.id.addr;
	char name[NAME_STRLEN], addr[LVS_ADDR_STRLEN];

	lvs_addr_format(virt, addr, sizeof(addr));
	log_warn("%s:%d: %s is this host, which serves nothing for %s while "
		 "that is no address of its own: ip address add %s/%u dev lo",
		 g->cfg->path, dest->line,
		 name_of(&svc->conf.id, &dest->conf.id, name, sizeof(name)),
		 addr, addr, lvs_family_bits(virt->family));
}

static void check_dests(struct guard *g, const struct conf_service *svc)
{
	for (size_t i = 0; i < svc->num_dests; i++) {
		const struct conf_dest *dest = &svc->dests[i];
		const struct lvs_dest_conf *conf = &dest->conf;

		if (!lvs_net_is_local(g->dir, &conf->id.addr) ||
		    lvs_net_is_real_server(g->dir, &svc->conf.id, conf))
			continue;
		if (conf->method == LVS_METHOD_NAT)
			refuse_nat(g, svc, dest);
		else
			warn_of_absence(g, svc, dest);
	}
}

bool guard_allows(struct lvs_director *dir, const struct conf *cfg,
		  bool claimed)
{
	struct guard g = {
		.dir = dir,
		.cfg = cfg,
		.claimed = claimed,
		.level = LVS_LOG_ERR,
	};

	if (cfg->conflicts == CONFLICTS_WARN)
		g.level = LVS_LOG_WARNING;
	if (cfg->num_interfaces == 0)
		return true;
	for (size_t i = 0; i < cfg->num_services; i++)
		check_addresses(&g, &cfg->services[i]);
	for (size_t i = 0; i < cfg->num_services; i++)
		check_dests(&g, &cfg->services[i]);
	check_forwarding(&g);
	if (g.found && g.level == LVS_LOG_ERR)
		log_err("kernel_conflicts = warn in the configuration lets "
			"lvsd run all the same");
	return !g.found || g.level == LVS_LOG_WARNING;
}
