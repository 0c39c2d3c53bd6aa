/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mark.c - the director's own rules for marks: replaced, listed, applied.
 */
#include "model/mark.h"

#include "base/mem.h"
#include "model/director.h"
#include <arpa/inet.h>
#include <netinet/in.h>

/* The first PLEN bits of an address of FAMILY. */
static union lvs_ip mask_of(uint16_t family, unsigned plen)
{
	struct lvs_addr all = { .family = family };

	for (unsigned i = 0; i < lvs_family_bits(family) / 8; i++)
		all.ip.b[i] = 0xff;
	return lvs_addr_mask(&all, plen).ip;
}

static int take_rule(const struct lvs_mark_rule *given,
		     struct lvs_mark_match *match)
{
	struct lvs_mark_rule *rule = &match->rule;
	struct lvs_addr net;

	if (!lvs_family_bits(given->addr.family))
		return LVS_ERR_AFNOSUPPORT;
	*rule = *given;
	rule->addr = lvs_addr_from_bytes(given->addr.family, &given->addr.ip);
	if (rule->port_min == 0 && rule->port_max == 0)
		rule->port_max = UINT16_MAX;
	if (rule->mark == 0 || rule->port_min > rule->port_max ||
	    rule->plen > lvs_family_bits(rule->addr.family) ||
	    (rule->protocol != IPPROTO_TCP && rule->protocol != IPPROTO_UDP &&
	     rule->protocol != IPPROTO_SCTP))
		return LVS_ERR_INVAL;
	net = lvs_addr_mask(&rule->addr, rule->plen);
	if (!lvs_addr_equal(&net, &rule->addr))
		return LVS_ERR_INVAL;
	match->mask = mask_of(rule->addr.family, rule->plen);
	return 0;
}

static size_t size_of(size_t count)
{
	return sizeof(struct lvs_marks) + count * sizeof(struct lvs_mark_match);
}

/* COUNT rules in *OUT; none: NULL, so that nobody need look at them. */
static int marks_new(struct lvs_director *dir,
		     const struct lvs_mark_rule *rules, size_t count,
		     struct lvs_marks **out)
{
	struct lvs_marks *marks;
	int err = 0;

	*out = NULL;
	if (count > LVS_MARK_RULES_MAX)
		return LVS_ERR_NOSPC;
	if (count == 0)
		return 0;
	marks = lvs_mem_alloc(&dir->mem, size_of(count));
	if (!marks)
		return LVS_ERR_NOMEM;
	marks->count = count;
	for (size_t i = 0; i < count && !err; i++)
		err = take_rule(&rules[i], &marks->matches[i]);
	if (err)
		lvs_mem_free(&dir->mem, marks, size_of(count));
	else
		*out = marks;
	return err;
}

static void marks_free(struct lvs_director *dir, struct lvs_marks *marks)
{
	if (marks)
		lvs_mem_free(&dir->mem, marks, size_of(marks->count));
}

int lvs_marks_set(struct lvs_director *dir, const struct lvs_mark_rule *rules,
		  size_t count)
{
	struct lvs_marks *marks, *old;
	int err = marks_new(dir, rules, count, &marks);

	if (err)
		return err;
	pthread_mutex_lock(&dir->lock);
	lvs_director_stop(dir);
	old = dir->marks;
	dir->marks = marks;
	lvs_director_go(dir);
	marks_free(dir, old);
	pthread_mutex_unlock(&dir->lock);
	return 0;
}

void lvs_marks_free(struct lvs_director *dir)
{
	marks_free(dir, dir->marks);
	dir->marks = NULL;
}

size_t lvs_marks_list(struct lvs_director *dir, size_t from,
		      struct lvs_mark_rule *rules, size_t max)
{
	size_t count;

	pthread_mutex_lock(&dir->lock);
	count = dir->marks ? dir->marks->count : 0;
	for (size_t i = from; i < count && i - from < max; i++)
		rules[i - from] = dir->marks->matches[i].rule;
	pthread_mutex_unlock(&dir->lock);
	return count;
}

static bool has_addr(const struct lvs_mark_match *match,
		     const union lvs_ip *addr)
{
	const uint64_t *net = match->rule.addr.ip.d, *mask = match->mask.d;

	return (((addr->d[0] & mask[0]) ^ net[0]) |
		((addr->d[1] & mask[1]) ^ net[1])) == 0;
}

uint32_t lvs_marks_find(const struct lvs_marks *marks, uint16_t family,
			uint8_t protocol, const union lvs_ip *addr,
			uint16_t port_be)
{
	uint16_t port = ntohs(port_be);

	for (size_t i = 0; i < marks->count; i++) {
		const struct lvs_mark_match *match = &marks->matches[i];
		const struct lvs_mark_rule *rule = &match->rule;

		if (rule->addr.family == family && rule->protocol == protocol &&
		    rule->port_min <= port && port <= rule->port_max &&
		    has_addr(match, addr))
			return rule->mark;
	}
	return 0;
}

bool lvs_director_marks(const struct lvs_director *dir,
			const struct lvs_addr *addr, bool nets)
{
	for (size_t i = 0; dir->marks && i < dir->marks->count; i++) {
		const struct lvs_mark_match *match = &dir->marks->matches[i];
		const struct lvs_mark_rule *rule = &match->rule;
		const struct lvs_service_id id = {
			.addr.family = rule->addr.family,
			.fwmark = rule->mark,
		};

		if (rule->addr.family == addr->family &&
		    (nets || rule->plen == lvs_family_bits(addr->family)) &&
		    has_addr(match, &addr->ip) && lvs_director_exact(dir, &id))
			return true;
	}
	return false;
}
