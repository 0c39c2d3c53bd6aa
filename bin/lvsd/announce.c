/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * announce.c - gratuitous ARP and unsolicited neighbour advertisements.
 *
 * A place is an address on an interface where the director answers for it.  A
 * new one, or one on an interface that has another link address now, is
 * announced at once and again a second and two later, as frames get lost (RFC
 * 4861, 7.2.6: three at most).
 */
#include "announce.h"
#include "log.h"
#include <lvs/mark.h>
#include <lvs/net.h>
#include <stdlib.h>
#include <string.h>

#define TIMES 3

/* Frames in one second at most; what is left has to wait for the next. */
#define RATE_MAX 1024

struct place {
	struct lvs_addr addr;
	uint32_t link;
	uint8_t lladdr[LVS_LLADDR_LEN]; /* of the link */
	uint32_t left;			/* times to announce it yet */
	lvs_tstamp due;
};

struct announce {
	struct lvs_director *dir;
	struct worker *worker;
	const struct interfaces *ifs;
	bool wanted;
	struct place *places; /* in order */
	size_t count;
	uint32_t allowance; /* frames in this second */
};

struct announce *announce_new(struct lvs_director *dir, struct worker *worker,
			      const struct interfaces *ifs)
{
	struct announce *a = calloc(1, sizeof(*a));

	if (a) {
		a->dir = dir;
		a->worker = worker;
		a->ifs = ifs;
		a->allowance = RATE_MAX;
	}
	return a;
}

void announce_free(struct announce *a)
{
	if (!a)
		return;
	free(a->places);
	free(a);
}

/* ---- what there is to announce ------------------------------------------- */

static int compare(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->link != y->link)
		return x->link < y->link ? -1 : 1;
	return memcmp(&x->addr, &y->addr, sizeof(x->addr));
}

static const struct place *find(const struct announce *a,
				const struct place *place)
{
	return a->count ? bsearch(place, a->places, a->count,
				  sizeof(*a->places), compare)
			: NULL;
}

/* The director answers for PLACE; with which link address, the frame says. */
static bool is_ours(const struct announce *a, struct place *place)
{
	uint8_t frame[LVS_ANNOUNCEMENT_MAX];

	if (!lvs_net_announcement(a->dir, place->link, &place->addr, frame))
		return false;
	memcpy(place->lladdr, frame + LVS_LLADDR_LEN, LVS_LLADDR_LEN);
	return true;
}

/* In order, each once, and only where the director answers. */
static size_t tidy(const struct announce *a, struct place *places, size_t count)
{
	size_t kept = 0;

	if (count == 0)
		return 0;
	qsort(places, count, sizeof(*places), compare);
	for (size_t i = 0; i < count; i++) {
		if (kept && compare(&places[kept - 1], &places[i]) == 0)
			continue;
		if (is_ours(a, &places[i]))
			places[kept++] = places[i];
	}
	return kept;
}

/* Addresses of services, and such that rules mark; *COUNT of them. */
static struct lvs_addr *all_addrs(struct lvs_director *dir, size_t *count)
{
	struct lvs_mark_rule rules[LVS_MARK_RULES_MAX];
	size_t num_rules = lvs_marks_list(dir, 0, rules, LVS_MARK_RULES_MAX);
	size_t max = lvs_service_list(dir, 0, NULL, 0), got;
	struct lvs_service_info *svcs = calloc(max + 1, sizeof(*svcs));
	struct lvs_addr *addrs = calloc(max + num_rules + 1, sizeof(*addrs));

	*count = 0;
	if (!svcs || !addrs) {
		free(svcs);
		free(addrs);
		return NULL;
	}
	got = lvs_service_list(dir, 0, svcs, max);
	for (size_t i = 0; i < got && i < max; i++)
		if (!svcs[i].conf.id.fwmark)
			addrs[(*count)++] = svcs[i].conf.id.addr;
	for (size_t i = 0; i < num_rules; i++)
		if (rules[i].plen == lvs_family_bits(rules[i].addr.family))
			addrs[(*count)++] = rules[i].addr;
	free(svcs);
	return addrs;
}

/* Every such address on every interface; *COUNT of them. */
static struct place *all_places(const struct announce *a, size_t *count)
{
	struct lvs_port *ports[WORKER_PORTS_MAX];
	size_t num_ports = interfaces_ports(a->ifs, ports, WORKER_PORTS_MAX);
	size_t num_addrs;
	struct lvs_addr *addrs = all_addrs(a->dir, &num_addrs);
	struct place *places =
		calloc(num_addrs * num_ports + 1, sizeof(*places));

	*count = 0;
	for (size_t i = 0; places && i < num_addrs; i++)
		for (size_t j = 0; j < num_ports; j++)
			places[(*count)++] = (struct place){
				.addr = addrs[i],
				.link = lvs_port_link(ports[j]),
				.left = TIMES,
			};
	if (!addrs) {
		free(places);
		places = NULL;
	}
	free(addrs);
	return places;
}

/* ---- sending ---------------------------------------------------------------
 */

/* NULL: it is gone. */
static struct lvs_port *port_of(const struct announce *a, uint32_t link)
{
	struct lvs_port *ports[WORKER_PORTS_MAX];
	size_t count = interfaces_ports(a->ifs, ports, WORKER_PORTS_MAX);

	for (size_t i = 0; i < count; i++)
		if (lvs_port_link(ports[i]) == link)
			return ports[i];
	return NULL;
}

/* Announce COUNT of PLACES, which are of one interface. */
static void send_some(struct announce *a, struct place *const places[],
		      size_t count)
{
	uint8_t frames[LVS_BURST][LVS_ANNOUNCEMENT_MAX];
	struct lvs_pkt pkts[LVS_BURST], *list[LVS_BURST];
	struct lvs_port *port = port_of(a, places[0]->link);
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		size_t len = lvs_net_announcement(a->dir, places[i]->link,
						  &places[i]->addr, frames[n]);

		if (len == 0)
			continue;
		lvs_pkt_init(&pkts[n], frames[n], sizeof(frames[n]), 0,
			     (uint32_t)len, 14);
		list[n] = &pkts[n];
		n++;
	}
	if (port && n > 0)
		worker_send(a->worker, port, list, n);
}

static void send_due(struct announce *a, lvs_tstamp now)
{
	struct place *some[LVS_BURST];
	size_t n = 0;

	for (size_t i = 0; i < a->count && a->allowance > 0; i++) {
		struct place *place = &a->places[i];

		if (place->left == 0 || place->due > now)
			continue;
		if (n == LVS_BURST || (n > 0 && some[0]->link != place->link)) {
			send_some(a, some, n);
			n = 0;
		}
		some[n++] = place;
		place->left--;
		place->due = now + LVS_SEC;
		a->allowance--;
	}
	if (n > 0)
		send_some(a, some, n);
}

/* ---- calls of the daemon ---------------------------------------------------
 */

void announce_set(struct announce *a, bool wanted)
{
	a->wanted = wanted;
}

void announce_look(struct announce *a, lvs_tstamp now)
{
	struct place *places = NULL;
	size_t count = 0;

	if (a->wanted) {
		places = all_places(a, &count);
		if (!places) {
			log_err("addresses not announced: %s",
				lvs_strerror(LVS_ERR_NOMEM));
			return;
		}
		count = tidy(a, places, count);
	}
	for (size_t i = 0; i < count; i++) {
		const struct place *was = find(a, &places[i]);

		if (!was ||
		    memcmp(was->lladdr, places[i].lladdr, LVS_LLADDR_LEN) != 0)
			continue;
		places[i].left = was->left;
		places[i].due = was->due;
	}
	free(a->places);
	a->places = places;
	a->count = count;
	send_due(a, now);
}

void announce_repeat(struct announce *a, lvs_tstamp now)
{
	a->allowance = RATE_MAX;
	send_due(a, now);
}
