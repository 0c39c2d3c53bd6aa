/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * setup.c - connections being set up, and since when.
 */
#include "engine/setup.h"

#include "base/mem.h"
#include <netinet/in.h>

#define PLACES ((size_t)1 << LVS_SETUPS_BITS)

/*
 * A record that is freed and used again for another connection has the same
 * place, which that one takes over when it begins.
 */
static struct lvs_setup *place_of(const struct lvs_setups *setups,
				  const struct lvs_conn *conn)
{
	uint64_t spread =
		(uint64_t)(uintptr_t)conn * UINT64_C(0x9e3779b97f4a7c15);

	return &setups->places[spread >> (64 - LVS_SETUPS_BITS)];
}

static bool is_asked_for(const struct lvs_dest *dest)
{
	const struct lvs_service *svc = dest->svc;

	return svc && svc->sched && svc->sched->traits & LVS_SCHED_SETUP_TIMES;
}

void lvs_setups_fini(struct lvs_setups *setups, const struct lvs_allocator *mem)
{
	lvs_mem_free(mem, setups->places, PLACES * sizeof(*setups->places));
	setups->places = NULL;
}

void lvs_setup_begin(struct lvs_setups *setups, const struct lvs_allocator *mem,
		     const struct lvs_conn *conn, const struct lvs_dest *dest,
		     lvs_tstamp now)
{
	if (!is_asked_for(dest) || conn->protocol != IPPROTO_TCP)
		return;
	if (!setups->places)
		setups->places =
			lvs_mem_array(mem, PLACES, sizeof(*setups->places));
	if (setups->places)
		*place_of(setups, conn) = (struct lvs_setup){ conn, now };
}

void lvs_setup_end(struct lvs_setups *setups, const struct lvs_conn *conn,
		   struct lvs_dest *dest, const struct lvs_parsed *p,
		   lvs_tstamp now)
{
	const uint8_t agreed = LVS_TCP_SYN | LVS_TCP_ACK;
	struct lvs_setup *place;

	if (!setups->places || conn->protocol != IPPROTO_TCP)
		return;
	place = place_of(setups, conn);
	if (place->conn != conn)
		return;
	place->conn = NULL;
	/* To refuse is quick, and nothing to prefer somebody for. */
	if ((p->tcp_flags & (agreed | LVS_TCP_RST)) == agreed)
		lvs_dest_setup_took(dest, now - place->begun, now);
}
