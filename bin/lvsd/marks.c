/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * marks.c - what has been said of services by mark that get no packets.
 */
#include "marks.h"
#include "log.h"
#include "name.h"
#include <stdio.h>
#include <stdlib.h>

struct marks {
	struct lvs_director *dir;
	struct lvs_service_id *known; /* in order; their owners were told */
	size_t count;
};

struct marks *marks_new(struct lvs_director *dir)
{
	struct marks *marks = calloc(1, sizeof(*marks));

	if (marks)
		marks->dir = dir;
	return marks;
}

void marks_free(struct marks *marks)
{
	if (!marks)
		return;
	free(marks->known);
	free(marks);
}

static int compare(const void *a, const void *b)
{
	const struct lvs_service_id *x = a, *y = b;

	if (x->fwmark != y->fwmark)
		return x->fwmark < y->fwmark ? -1 : 1;
	return (x->addr.family > y->addr.family) -
	       (x->addr.family < y->addr.family);
}

/* Those that get no packets, in order; *COUNT of them.  NULL: no memory. */
static struct lvs_service_id *list(struct lvs_director *dir,
				   const struct conf *cfg, size_t *count)
{
	size_t max = lvs_service_list(dir, 0, NULL, 0), got;
	struct lvs_service_info *svcs = calloc(max + 1, sizeof(*svcs));
	struct lvs_service_id *ids = calloc(max + 1, sizeof(*ids));

	*count = 0;
	if (!svcs || !ids) {
		free(svcs);
		free(ids);
		return NULL;
	}
	got = lvs_service_list(dir, 0, svcs, max);
	for (size_t i = 0; i < got && i < max; i++)
		if (svcs[i].conf.id.fwmark &&
		    !conf_has_match(cfg, &svcs[i].conf.id))
			ids[(*count)++] = svcs[i].conf.id;
	free(svcs);
	qsort(ids, *count, sizeof(*ids), compare);
	return ids;
}

static void warn(const struct lvs_service_id *id, const struct conf *cfg)
{
	const struct conf_service *svc = conf_find_service(cfg, id);
	char name[NAME_STRLEN], place[32] = "";

	if (svc)
		snprintf(place, sizeof(place), ":%d: ", svc->line);
	log_warn("%s%s%s: no %s match gives packets this mark, so the service "
		 "gets none; in the configuration, fwmark %u { match = { \"tcp "
		 "ADDRESS:PORT\" } } does",
		 svc ? cfg->path : "", place,
		 name_of(id, NULL, name, sizeof(name)),
		 id->addr.family == AF_INET ? "IPv4" : "IPv6", id->fwmark);
}

void marks_look(struct marks *marks, const struct conf *cfg)
{
	size_t count;
	struct lvs_service_id *ids;

	/* Who forwards nothing misses no packets. */
	if (cfg->num_interfaces == 0)
		return;
	ids = list(marks->dir, cfg, &count);
	if (!ids)
		return;
	for (size_t i = 0; i < count; i++)
		if (!marks->count ||
		    !bsearch(&ids[i], marks->known, marks->count, sizeof(*ids),
			     compare))
			warn(&ids[i], cfg);
	free(marks->known);
	marks->known = ids;
	marks->count = count;
}
