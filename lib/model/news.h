/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * news.h - which destinations' counts have changed since somebody looked.
 *
 * A scheduler that keeps its destinations in order listens to each of them.
 * The first change of connections or overload of one that is listened to, in
 * whatever thread, puts it on its service's list, where it stays until the
 * scheduler takes the list.  Of the others nobody is told, and they cost a
 * look at a flag that lies beside the count.
 *
 * A change may come from any engine; to listen, take and claim is for a hook
 * of the service's scheduler, under the service's lock.
 *
 * Who changes a count looks at `told` afterwards; who takes the list clears
 * `told` and reads the counts afterwards.  All of that is sequentially
 * consistent, so that at least one of the two sees what the other did.
 */
#ifndef LVS_MODEL_NEWS_H
#define LVS_MODEL_NEWS_H

#include "model/service.h"

/* Hear of the next change of DEST; its counts are to be read after this. */
static inline void lvs_news_listen(struct lvs_dest *dest)
{
	atomic_store(&dest->told, false);
}

/*
 * Hear of no change of DEST for now, without a place on the list, because the
 * caller will look at it anyway.  False: it is on the list already.
 */
static inline bool lvs_news_claim(struct lvs_dest *dest)
{
	return !atomic_exchange(&dest->told, true);
}

/*
 * The destinations of SVC with news, linked by news_next; the list is empty
 * then.  Each is listened to again after its news_next was read.
 */
static inline struct lvs_dest *lvs_news_take(struct lvs_service *svc)
{
	if (!atomic_load_explicit(&svc->news, memory_order_relaxed))
		return NULL;
	return atomic_exchange(&svc->news, NULL);
}

/* With engines stopped: DEST leaves its service, listened to or not. */
void lvs_news_leave(struct lvs_dest *dest);

#endif
