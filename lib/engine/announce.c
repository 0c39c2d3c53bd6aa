/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * announce.c - the frame that tells a link who has a virtual address now.
 *
 * When it is sent, and how often, is the caller's decision; the director has
 * no link to send it on by itself.
 */
#include "engine/engine.h"
#include "net/arp.h"
#include "net/nd.h"

_Static_assert(LVS_ANNOUNCEMENT_MAX >= LVS_ARP_FRAME_LEN &&
		       LVS_ANNOUNCEMENT_MAX >= LVS_ND_FRAME_LEN,
	       "a frame fits its buffer");

const struct lvs_link *lvs_director_speaks(const struct lvs_director *dir,
					   uint32_t index,
					   const struct lvs_addr *addr)
{
	const struct lvs_link *link = lvs_net_do_link(dir->net, index);

	if (!link || !link->ethernet || !link->up)
		return NULL;
	if (!lvs_director_is_vip(dir, addr) ||
	    lvs_net_host_answers(dir->net, index, addr))
		return NULL;
	return link;
}

size_t lvs_net_announcement(struct lvs_director *dir, uint32_t link,
			    const struct lvs_addr *addr,
			    uint8_t frame[LVS_ANNOUNCEMENT_MAX])
{
	const struct lvs_link *from;
	size_t len = 0;

	pthread_mutex_lock(&dir->lock);
	from = lvs_director_speaks(dir, link, addr);
	if (from && addr->family == AF_INET) {
		lvs_arp_announce(frame, from->lladdr, addr);
		len = LVS_ARP_FRAME_LEN;
	} else if (from) {
		lvs_nd_announce(frame, from->lladdr, addr);
		len = LVS_ND_FRAME_LEN;
	}
	pthread_mutex_unlock(&dir->lock);
	return len;
}
