/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * claim_set.c - what is to be claimed for a director's configuration.
 */
#include "bpf/claim_set.h"

#include <arpa/inet.h>
#include <lvs/net.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct lvs_claim_key));
}

/* Room for one more; the list may move. */
static bool make_room(struct lvs_claim_set *set)
{
	size_t size = set->size ? set->size * 2 : 64;
	struct lvs_claim_entry *entries;

	if (set->count < set->size)
		return true;
	entries = realloc(set->entries, size * sizeof(*entries));
	if (!entries)
		return false;
	set->entries = entries;
	set->size = size;
	return true;
}

int lvs_claim_set_add(struct lvs_claim_set *set, const struct lvs_addr *addr,
		      uint16_t port, uint8_t protocol, uint32_t claims)
{
	struct lvs_claim_entry *entry;

	if (!make_room(set))
		return LVS_ERR_NOMEM;
	entry = &set->entries[set->count++];
	memset(entry, 0, sizeof(*entry));
	memcpy(&entry->key.addr, &addr->ip, sizeof(entry->key.addr));
	entry->key.port_be = htons(port);
	entry->key.protocol = protocol;
	entry->key.family = (uint8_t)addr->family;
	entry->claims = claims;
	set->any_port |= port == 0 && protocol != IPPROTO_ICMP &&
			 protocol != IPPROTO_ICMPV6;
	return 0;
}

int lvs_claim_set_add_echo(struct lvs_claim_set *set,
			   const struct lvs_addr *addr)
{
	return lvs_claim_set_add(set, addr, 0,
				 addr->family == AF_INET6 ? IPPROTO_ICMPV6
							  : IPPROTO_ICMP,
				 LVS_CLAIM_VIRTUAL);
}

/* In order, and each key once with the claims of all that had it. */
static void tidy(struct lvs_claim_set *set)
{
	size_t kept = 0;

	if (set->count == 0)
		return;
	qsort(set->entries, set->count, sizeof(*set->entries), compare);
	for (size_t i = 1; i < set->count; i++) {
		if (compare(&set->entries[kept], &set->entries[i]) == 0)
			set->entries[kept].claims |= set->entries[i].claims;
		else
			set->entries[++kept] = set->entries[i];
	}
	set->count = kept + 1;
}

static int leave_out(struct lvs_claim_set *set, const struct lvs_service_id *id)
{
	struct lvs_service_id *ids;

	ids = realloc(set->left_out, (set->num_left_out + 1) * sizeof(*ids));
	if (!ids)
		return LVS_ERR_NOMEM;
	ids[set->num_left_out++] = *id;
	set->left_out = ids;
	return 0;
}

/* By NAT only where there is nothing to translate; else it is refused. */
static bool is_on_host(struct lvs_director *dir,
		       const struct lvs_service_id *id,
		       const struct lvs_dest_info *dests, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct lvs_dest_conf *conf = &dests[i].conf;

		if (conf->method == LVS_METHOD_LOCAL ||
		    ((conf->method != LVS_METHOD_NAT ||
		      lvs_addr_equal(&conf->id.addr, &id->addr)) &&
		     lvs_net_is_local(dir, &conf->id.addr)))
			return true;
	}
	return false;
}

/* A mark that no rule gives is known to nobody but the packet. */
static bool is_unknown(const struct lvs_claim_set *set,
		       const struct lvs_service_id *id)
{
	return id->fwmark && !lvs_claim_nets_have(&set->nets, id);
}

static int add_service(struct lvs_claim_set *set,
		       const struct lvs_service_conf *svc,
		       const struct lvs_dest_info *dests, size_t count)
{
	const struct lvs_service_id *id = &svc->id;
	uint32_t claims = LVS_CLAIM_VIRTUAL;
	int err = 0;

	if (id->fwmark)
		return lvs_claim_nets_add(set, svc, dests, count);
	for (size_t i = 0; i < count && !err; i++) {
		const struct lvs_dest_conf *conf = &dests[i].conf;

		if (conf->method == LVS_METHOD_NAT)
			err = lvs_claim_set_add(set, &conf->id.addr,
						conf->id.port ? conf->id.port
							      : id->port,
						id->protocol, LVS_CLAIM_REAL);
		else
			claims |= LVS_CLAIM_ANSWERS;
	}
	if (!err)
		err = lvs_claim_set_add(set, &id->addr, id->port, id->protocol,
					claims);
	return err ? err : lvs_claim_set_add_echo(set, &id->addr);
}

/* All destinations of ID, owned by the caller; *COUNT of them. */
static int read_dests(struct lvs_director *dir, const struct lvs_service_id *id,
		      struct lvs_dest_info **dests, size_t *count)
{
	size_t max = lvs_dest_list(dir, id, 0, NULL, 0);

	*dests = calloc(max + 1, sizeof(**dests));
	if (!*dests)
		return LVS_ERR_NOMEM;
	*count = lvs_dest_list(dir, id, 0, *dests, max);
	/* More by now: whoever added them has the claim synced once more. */
	if (*count > max)
		*count = max;
	return 0;
}

static int read_service(struct lvs_claim_set *set, struct lvs_director *dir,
			const struct lvs_service_conf *svc, bool handed_back)
{
	const struct lvs_service_id *id = &svc->id;
	struct lvs_dest_info *dests;
	size_t count;
	int err = read_dests(dir, id, &dests, &count);

	if (err)
		return err;
	if (is_unknown(set, id) ||
	    (!handed_back && is_on_host(dir, id, dests, count)))
		err = leave_out(set, id);
	else
		err = add_service(set, svc, dests, count);
	free(dests);
	return err;
}

int lvs_claim_set_read(struct lvs_claim_set *set, struct lvs_director *dir,
		       bool handed_back)
{
	size_t max = lvs_service_list(dir, 0, NULL, 0), count;
	struct lvs_service_info *services;
	int err;

	services = calloc(max + 1, sizeof(*services));
	if (!services)
		return LVS_ERR_NOMEM;
	count = lvs_service_list(dir, 0, services, max);
	if (count > max)
		count = max;
	err = lvs_claim_nets_begin(&set->nets, dir);
	for (size_t i = 0; i < count && !err; i++)
		err = read_service(set, dir, &services[i].conf, handed_back);
	free(services);
	if (!err)
		err = lvs_claim_nets_end(set);
	if (err)
		lvs_claim_set_free(set);
	else
		tidy(set);
	return err;
}

void lvs_claim_set_free(struct lvs_claim_set *set)
{
	free(set->entries);
	free(set->left_out);
	lvs_claim_nets_free(&set->nets);
	memset(set, 0, sizeof(*set));
}

bool lvs_claim_set_leaves_out(const struct lvs_claim_set *set,
			      const struct lvs_service_id *id)
{
	for (size_t i = 0; i < set->num_left_out; i++) {
		const struct lvs_service_id *other = &set->left_out[i];

		if (other->fwmark == id->fwmark && other->port == id->port &&
		    other->protocol == id->protocol &&
		    lvs_addr_equal(&other->addr, &id->addr))
			return true;
	}
	return false;
}
