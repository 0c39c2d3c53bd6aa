/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sort.c - the order of listings, which is ipvsadm's.
 *
 * ipvsadm compares by differences of 32 bits, so what is more than 2^31 apart
 * is in the wrong order: 172.16.0.1 comes before 10.0.0.1.  Scripts compare
 * its listings, so these are the same.  Such a comparison is not transitive,
 * and qsort(3) promises nothing then; merging cannot leave the array.
 */
#include "sort.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static int difference(uint32_t a, uint32_t b)
{
	return (int)(int32_t)(a - b);
}

/* Whatever their families: those of a service's servers may be mixed. */
static int compare_addr(const struct lvs_addr *a, const struct lvs_addr *b)
{
	int d = 0;

	for (int i = 0; i < 4 && d == 0; i++)
		d = difference(ntohl(a->ip.w_be[i]), ntohl(b->ip.w_be[i]));
	return d;
}

static int compare_services(const void *a, const void *b)
{
	const struct lvs_service_id *x =
		&((const struct lvs_service_info *)a)->conf.id;
	const struct lvs_service_id *y =
		&((const struct lvs_service_info *)b)->conf.id;
	int d = difference(x->fwmark, y->fwmark);

	if (d == 0)
		d = x->addr.family - y->addr.family;
	if (d == 0)
		d = x->protocol - y->protocol;
	if (d == 0)
		d = compare_addr(&x->addr, &y->addr);
	return d ? d : x->port - y->port;
}

static int compare_dests(const void *a, const void *b)
{
	const struct lvs_dest_id *x =
		&((const struct lvs_dest_info *)a)->conf.id;
	const struct lvs_dest_id *y =
		&((const struct lvs_dest_info *)b)->conf.id;
	int d = compare_addr(&x->addr, &y->addr);

	return d ? d : x->port - y->port;
}

struct sort {
	size_t size; /* of an item */
	int (*compare)(const void *a, const void *b);
};

/* COUNT items at FROM, of which the halves are sorted, into TO. */
static void merge(const struct sort *s, char *to, const char *from,
		  size_t count)
{
	const char *a = from, *b = from + count / 2 * s->size;
	const char *a_end = b, *b_end = from + count * s->size;

	for (; a < a_end || b < b_end; to += s->size) {
		bool first = b == b_end || (a < a_end && s->compare(a, b) <= 0);
		const char **take = first ? &a : &b;

		memcpy(to, *take, s->size);
		*take += s->size;
	}
}

static void sort_part(const struct sort *s, char *items, char *room,
		      size_t count)
{
	if (count < 2)
		return;
	sort_part(s, items, room, count / 2);
	sort_part(s, items + count / 2 * s->size, room, count - count / 2);
	merge(s, room, items, count);
	memcpy(items, room, count * s->size);
}

/* Without memory for a second array the order stays lvsd's. */
static void sort(void *items, size_t count, const struct sort *s)
{
	char *room = reallocarray(NULL, count, s->size);

	if (room)
		sort_part(s, items, room, count);
	free(room);
}

void sort_services(struct lvs_service_info *services, size_t count)
{
	sort(services, count,
	     &(struct sort){ sizeof(*services), compare_services });
}

void sort_dests(struct lvs_dest_info *dests, size_t count)
{
	sort(dests, count, &(struct sort){ sizeof(*dests), compare_dests });
}
