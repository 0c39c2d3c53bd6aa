/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * news.c - the list of destinations with news.
 *
 * Any thread puts in front, only whole lists are taken out: so no destination
 * can come back between a look at the list's head and its exchange unnoticed.
 */
#include "model/news.h"

void lvs_news_put(struct lvs_dest *dest)
{
	struct lvs_service *svc = dest->svc;
	struct lvs_dest *head;

	if (!lvs_news_claim(dest))
		return;
	head = atomic_load_explicit(&svc->news, memory_order_relaxed);
	do
		dest->news_next = head;
	while (!atomic_compare_exchange_weak(&svc->news, &head, dest));
}

void lvs_news_leave(struct lvs_dest *dest)
{
	struct lvs_dest *d;

	if (lvs_news_claim(dest))
		return;
	d = atomic_load(&dest->svc->news);
	if (d == dest) {
		atomic_store(&dest->svc->news, dest->news_next);
		return;
	}
	while (d && d->news_next != dest)
		d = d->news_next;
	if (d)
		d->news_next = dest->news_next;
}
