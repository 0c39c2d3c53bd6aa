/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parcel.c - packets of the engine's own, and queues of them.
 */
#include "engine/parcel.h"
#include "base/mem.h"

void lvs_parcels_init(struct lvs_parcels *queue)
{
	queue->first = NULL;
	queue->last = &queue->first;
	queue->count = 0;
}

void lvs_parcels_put(struct lvs_parcels *queue, struct lvs_parcel *parcel)
{
	parcel->next = NULL;
	*queue->last = parcel;
	queue->last = &parcel->next;
	queue->count++;
}

struct lvs_parcel *lvs_parcels_take(struct lvs_parcels *queue)
{
	struct lvs_parcel *parcel = queue->first;

	if (!parcel)
		return NULL;
	queue->first = parcel->next;
	if (!queue->first)
		queue->last = &queue->first;
	queue->count--;
	return parcel;
}

void lvs_parcels_free(struct lvs_parcels *queue,
		      const struct lvs_allocator *mem)
{
	struct lvs_parcel *parcel;

	while ((parcel = lvs_parcels_take(queue)))
		lvs_parcel_free(parcel, mem);
}

struct lvs_parcel *lvs_parcel_new(const struct lvs_allocator *mem,
				  uint32_t room)
{
	struct lvs_parcel *parcel;

	room += LVS_PKT_HEADROOM;
	parcel = lvs_mem_alloc(mem, sizeof(*parcel) + room);
	if (!parcel)
		return NULL;
	parcel->room = room;
	lvs_pkt_init(&parcel->pkt, parcel->buf, room, LVS_PKT_HEADROOM, 0, 0);
	return parcel;
}

void lvs_parcel_free(struct lvs_parcel *parcel, const struct lvs_allocator *mem)
{
	lvs_mem_free(mem, parcel, sizeof(*parcel) + parcel->room);
}

struct lvs_parcel *lvs_parcel_copy(const struct lvs_allocator *mem,
				   const struct lvs_pkt *pkt, uint16_t l3)
{
	uint32_t len = pkt->len - l3;
	struct lvs_parcel *parcel = lvs_parcel_new(mem, len);

	if (!parcel)
		return NULL;
	memcpy(parcel->pkt.data, pkt->data + l3, len);
	parcel->pkt.len = len;
	parcel->pkt.tailroom -= len;
	parcel->pkt.link_in = pkt->link_in;
	parcel->pkt.mark = pkt->mark;
	parcel->pkt.off = pkt->off;
	if (pkt->off.flags & LVS_OFF_CSUM)
		parcel->pkt.off.csum_start =
			(uint16_t)(pkt->off.csum_start - l3);
	return parcel;
}
