/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lvs/mark.h - rules by which the director marks packets itself.
 *
 * A service by mark takes what bears its mark.  Whoever can see the marks of a
 * packet filter says so in struct lvs_pkt; a packet socket comes before the
 * filter, so there the director has rules of its own, which make one service
 * of several ports, protocols or addresses.
 *
 * Rules are looked at, in their order, for packets that would begin a
 * connection and come without a mark; the first that fits gives its own.  No
 * packet of a connection pays for them, and no mark is ever written.
 */
#ifndef LVS_MARK_H
#define LVS_MARK_H

#include <lvs/addr.h>
#include <lvs/base.h>
#include <lvs/director.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Rules of one director, at most. */
#define LVS_MARK_RULES_MAX 255

/* What a packet must be, all of it, to get MARK. */
struct lvs_mark_rule {
	struct lvs_addr addr; /* the network that it is sent to, masked */
	uint32_t mark;	      /* not 0 */
	uint16_t port_min;    /* to which port, in host order: */
	uint16_t port_max;    /* these and all between; 0 and 0: every one */
	uint8_t plen;	      /* of addr; 0: every address of the family */
	uint8_t protocol;     /* IPPROTO_TCP, UDP or SCTP */
	uint8_t zero[6];
};

/*
 * COUNT rules (copied; 0: none) in place of all that DIR had, between two
 * bursts.  Connections stay with the service that they have.
 *
 * A rule alone does nothing: there must be a service of its mark and family,
 * added before or afterwards.  Then the director answers for the rule's
 * address where it would for a service's own (lvs/net.h), if that is a single
 * one, and lvs/claim.h claims what the rule fits.
 *
 * LVS_ERR_INVAL (mark 0, addr with bits beyond plen, plen too long, port_min
 * above port_max, another protocol), LVS_ERR_AFNOSUPPORT, LVS_ERR_NOSPC (over
 * LVS_MARK_RULES_MAX), LVS_ERR_NOMEM: nothing has changed.
 */
LVS_API int lvs_marks_set(struct lvs_director *dir,
			  const struct lvs_mark_rule *rules, size_t count);

/*
 * The rules in their order, but for the first FROM: up to MAX of them into
 * RULES.  Returns how many there are in all.
 */
LVS_API size_t lvs_marks_list(struct lvs_director *dir, size_t from,
			      struct lvs_mark_rule *rules, size_t max);

#ifdef __cplusplus
}
#endif

#endif
