/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * claim_nets.c - what is to be claimed for services by mark.
 *
 * One port of one address is an entry like that of any service, if no other
 * rule has it: a look-up of one key is all it costs.  All else becomes areas: a
 * network, and the ports from which on something else is claimed.
 *
 *	rules	10.0.0.0/24 ports 80-89 (mark 1), 10.0.0.7 port 80 (mark 2)
 *	areas	10.0.0.0/24	0: nothing  80: of mark 1  90: nothing
 *		10.0.0.7/32	0: nothing  80: of mark 1  90: nothing
 *
 * Ports change hands where a rule begins or where one has ended, so no area
 * has more steps than LVS_CLAIM_STEPS.
 */
#include "bpf/claim_nets.h"

#include "bpf/claim_set.h"
#include <stdlib.h>
#include <string.h>

_Static_assert(LVS_CLAIM_STEPS > 2 * LVS_MARK_RULES_MAX,
	       "room for the beginning and the end of every rule");

int lvs_claim_nets_begin(struct lvs_claim_nets *nets, struct lvs_director *dir)
{
	struct lvs_mark_rule rules[LVS_MARK_RULES_MAX];
	size_t count = lvs_marks_list(dir, 0, rules, LVS_MARK_RULES_MAX);

	nets->rules = calloc(count + 1, sizeof(*nets->rules));
	if (!nets->rules)
		return LVS_ERR_NOMEM;
	nets->num_rules = count;
	for (size_t i = 0; i < count; i++)
		nets->rules[i].rule = rules[i];
	return 0;
}

static bool is_for(const struct lvs_mark_rule *rule,
		   const struct lvs_service_id *id)
{
	return rule->mark == id->fwmark && rule->addr.family == id->addr.family;
}

bool lvs_claim_nets_have(const struct lvs_claim_nets *nets,
			 const struct lvs_service_id *id)
{
	for (size_t i = 0; i < nets->num_rules; i++)
		if (is_for(&nets->rules[i].rule, id))
			return true;
	return false;
}

static struct lvs_claim_net net_of(const struct lvs_addr *addr, uint32_t plen,
				   uint8_t protocol)
{
	struct lvs_claim_net net = {
		.plen = LVS_CLAIM_NET_HEAD + plen,
		.family = (uint8_t)addr->family,
		.protocol = protocol,
	};

	memcpy(&net.addr, &addr->ip, sizeof(net.addr));
	return net;
}

/* ---- services ------------------------------------------------------------ */

static int add_range(struct lvs_claim_nets *nets, const struct lvs_addr *addr,
		     const struct lvs_mark_rule *rule)
{
	size_t size = nets->size ? nets->size * 2 : 16;
	struct lvs_claim_range *ranges = nets->ranges;

	if (nets->num_ranges == nets->size) {
		ranges = realloc(ranges, size * sizeof(*ranges));
		if (!ranges)
			return LVS_ERR_NOMEM;
		nets->ranges = ranges;
		nets->size = size;
	}
	ranges[nets->num_ranges++] = (struct lvs_claim_range){
		.net = net_of(addr, lvs_family_bits(addr->family),
			      rule->protocol),
		.min = rule->port_min,
		.max = rule->port_max,
	};
	return 0;
}

/*
 * Where replies about RULE come from.  Persistence keeps the packet's own port,
 * whatever the real server's (lib/persist).
 */
static int add_real(struct lvs_claim_set *set,
		    const struct lvs_service_conf *svc,
		    const struct lvs_mark_rule *rule,
		    const struct lvs_dest_id *dest)
{
	uint16_t port = svc->flags & LVS_SVC_PERSISTENT ? 0 : dest->port;

	if (!port && rule->port_min == rule->port_max)
		port = rule->port_min;
	if (!port)
		return add_range(&set->nets, &dest->addr, rule);
	return lvs_claim_set_add(set, &dest->addr, port, rule->protocol,
				 LVS_CLAIM_REAL);
}

/* Whether an earlier rule of ID leads to the same ports of real servers. */
static bool is_repeated(const struct lvs_claim_nets *nets, size_t i,
			const struct lvs_service_id *id)
{
	const struct lvs_mark_rule *rule = &nets->rules[i].rule;

	while (i-- > 0) {
		const struct lvs_mark_rule *other = &nets->rules[i].rule;

		if (is_for(other, id) && other->protocol == rule->protocol &&
		    other->port_min == rule->port_min &&
		    other->port_max == rule->port_max)
			return true;
	}
	return false;
}

int lvs_claim_nets_add(struct lvs_claim_set *set,
		       const struct lvs_service_conf *conf,
		       const struct lvs_dest_info *dests, size_t count)
{
	struct lvs_claim_nets *nets = &set->nets;
	uint32_t claims = LVS_CLAIM_VIRTUAL;
	int err = 0;

	for (size_t d = 0; d < count; d++)
		if (dests[d].conf.method != LVS_METHOD_NAT)
			claims |= LVS_CLAIM_ANSWERS;
	for (size_t i = 0; i < nets->num_rules && !err; i++) {
		struct lvs_claim_rule *rule = &nets->rules[i];

		if (!is_for(&rule->rule, &conf->id))
			continue;
		rule->claims = claims;
		/* What it answers ARP for: no network. */
		if (rule->rule.plen == lvs_family_bits(rule->rule.addr.family))
			err = lvs_claim_set_add_echo(set, &rule->rule.addr);
		if (is_repeated(nets, i, &conf->id))
			continue;
		for (size_t d = 0; d < count && !err; d++)
			if (dests[d].conf.method == LVS_METHOD_NAT)
				err = add_real(set, conf, &rule->rule,
					       &dests[d].conf.id);
	}
	return err;
}

/* ---- areas --------------------------------------------------------------- */

static bool has_net(const struct lvs_mark_rule *rule,
		    const struct lvs_claim_net *net)
{
	struct lvs_addr addr = lvs_addr_from_bytes(net->family, &net->addr);

	if (rule->addr.family != net->family ||
	    rule->protocol != net->protocol ||
	    rule->plen > net->plen - LVS_CLAIM_NET_HEAD)
		return false;
	addr = lvs_addr_mask(&addr, rule->plen);
	return lvs_addr_equal(&addr, &rule->addr);
}

static struct lvs_claim_net net_of_rule(const struct lvs_mark_rule *rule)
{
	return net_of(&rule->addr, rule->plen, rule->protocol);
}

static bool is_alone(const struct lvs_claim_nets *nets, size_t i)
{
	const struct lvs_mark_rule *rule = &nets->rules[i].rule;
	struct lvs_claim_net net = net_of_rule(rule);

	if (rule->plen != lvs_family_bits(rule->addr.family) ||
	    rule->port_min != rule->port_max)
		return false;
	for (size_t j = 0; j < nets->num_rules; j++) {
		const struct lvs_mark_rule *other = &nets->rules[j].rule;

		if (j != i && has_net(other, &net) &&
		    other->port_min <= rule->port_min &&
		    rule->port_min <= other->port_max)
			return false;
	}
	return true;
}

/* What there is to say about the ports of one network. */
struct view {
	const struct lvs_claim_rule *rules[LVS_MARK_RULES_MAX];
	size_t num_rules;
	const struct lvs_claim_range *ranges;
	size_t num_ranges;
};

static uint16_t claims_at(const struct view *view, uint32_t port)
{
	uint32_t claims = 0;

	for (size_t i = 0; i < view->num_rules; i++) {
		const struct lvs_mark_rule *rule = &view->rules[i]->rule;

		if (rule->port_min <= port && port <= rule->port_max) {
			claims = view->rules[i]->claims;
			break;
		}
	}
	for (size_t i = 0; i < view->num_ranges; i++)
		if (view->ranges[i].min <= port && port <= view->ranges[i].max)
			claims |= LVS_CLAIM_REAL;
	return (uint16_t)claims;
}

static int compare_ports(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* All ports from which on something else may be claimed; how many. */
static size_t find_starts(const struct view *view, uint32_t *starts)
{
	size_t count = 0;

	starts[count++] = 0;
	for (size_t i = 0; i < view->num_rules; i++) {
		starts[count++] = view->rules[i]->rule.port_min;
		starts[count++] = view->rules[i]->rule.port_max + 1u;
	}
	for (size_t i = 0; i < view->num_ranges; i++) {
		starts[count++] = view->ranges[i].min;
		starts[count++] = view->ranges[i].max + 1u;
	}
	qsort(starts, count, sizeof(*starts), compare_ports);
	return count;
}

static void fill(struct lvs_claim_ports *ports, const struct view *view,
		 uint32_t *starts)
{
	size_t count = find_starts(view, starts), kept = 0;
	struct lvs_claim_step *steps = ports->steps;

	for (size_t i = 0; i < count && starts[i] <= UINT16_MAX; i++) {
		uint16_t claims = claims_at(view, starts[i]);

		if (kept == 0 || steps[kept - 1].claims != claims)
			steps[kept++] = (struct lvs_claim_step){
				.port = (uint16_t)starts[i],
				.claims = claims,
			};
	}
	for (size_t i = kept; i < LVS_CLAIM_STEPS; i++)
		steps[i] = (struct lvs_claim_step){
			.port = UINT16_MAX,
			.claims = steps[kept - 1].claims,
		};
}

static int compare_ranges(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct lvs_claim_range));
}

static int compare_nets(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct lvs_claim_net));
}

/* Without those that are there already, COUNT elements of SIZE in order. */
static size_t tidy(void *array, size_t count, size_t size,
		   int (*compare)(const void *a, const void *b))
{
	char *at = array;
	size_t kept = 0;

	if (count == 0)
		return 0;
	qsort(array, count, size, compare);
	for (size_t i = 1; i < count; i++)
		if (compare(at + kept * size, at + i * size) != 0)
			memmove(at + ++kept * size, at + i * size, size);
	return kept + 1;
}

/* The networks of rules and ranges, in order; *COUNT of them. */
static struct lvs_claim_net *all_nets(const struct lvs_claim_nets *nets,
				      size_t *count)
{
	struct lvs_claim_net *all =
		calloc(nets->num_rules + nets->num_ranges + 1, sizeof(*all));

	*count = 0;
	if (!all)
		return NULL;
	for (size_t i = 0; i < nets->num_rules; i++)
		if (!nets->rules[i].alone)
			all[(*count)++] = net_of_rule(&nets->rules[i].rule);
	for (size_t i = 0; i < nets->num_ranges; i++)
		all[(*count)++] = nets->ranges[i].net;
	*count = tidy(all, *count, sizeof(*all), compare_nets);
	return all;
}

static void look(const struct lvs_claim_nets *nets,
		 const struct lvs_claim_net *net, size_t *range,
		 struct view *view)
{
	view->num_rules = 0;
	for (size_t i = 0; i < nets->num_rules; i++)
		if (!nets->rules[i].alone && has_net(&nets->rules[i].rule, net))
			view->rules[view->num_rules++] = &nets->rules[i];
	/* Both are in order, so they are gone through side by side. */
	view->ranges = &nets->ranges[*range];
	view->num_ranges = 0;
	while (*range < nets->num_ranges &&
	       compare_nets(&nets->ranges[*range].net, net) == 0) {
		view->num_ranges++;
		++*range;
	}
}

static int make_areas(struct lvs_claim_nets *nets)
{
	size_t count, range = 0;
	struct lvs_claim_net *all = all_nets(nets, &count);
	uint32_t *starts = calloc(2 * (nets->num_rules + nets->num_ranges) + 1,
				  sizeof(*starts));
	struct view view;

	nets->areas = calloc(count + 1, sizeof(*nets->areas));
	if (!all || !starts || !nets->areas) {
		free(all);
		free(starts);
		return LVS_ERR_NOMEM;
	}
	nets->count = count;
	for (size_t i = 0; i < count; i++) {
		nets->areas[i].net = all[i];
		look(nets, &all[i], &range, &view);
		fill(&nets->areas[i].ports, &view, starts);
	}
	free(all);
	free(starts);
	return 0;
}

/* Whether anything is claimed; rules alone are nothing to look up. */
static bool is_any(const struct lvs_claim_nets *nets)
{
	for (size_t i = 0; i < nets->num_rules; i++)
		if (nets->rules[i].claims && !nets->rules[i].alone)
			return true;
	return nets->num_ranges > 0;
}

int lvs_claim_nets_end(struct lvs_claim_set *set)
{
	struct lvs_claim_nets *nets = &set->nets;
	int err = 0;

	for (size_t i = 0; i < nets->num_rules && !err; i++) {
		struct lvs_claim_rule *rule = &nets->rules[i];

		rule->alone = is_alone(nets, i);
		if (rule->alone && rule->claims)
			err = lvs_claim_set_add(set, &rule->rule.addr,
						rule->rule.port_min,
						rule->rule.protocol,
						rule->claims);
	}
	if (err || !is_any(nets))
		return err;
	nets->num_ranges = tidy(nets->ranges, nets->num_ranges,
				sizeof(*nets->ranges), compare_ranges);
	return make_areas(nets);
}

void lvs_claim_nets_free(struct lvs_claim_nets *nets)
{
	free(nets->areas);
	free(nets->rules);
	free(nets->ranges);
	memset(nets, 0, sizeof(*nets));
}
