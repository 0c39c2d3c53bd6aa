/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pieces.c - packets that come in fragments, to virtual services and back.
 *
 * They are put together, and the whole goes through the engine as one packet
 * (input.c).  Whose it is, a datagram's first fragment tells: until that is
 * here, the others are the host's too, with a copy kept; from then on they are
 * only the engine's or only the host's.  So what is the host's reaches it as
 * if no engine were there, and of what is not it never sees the first fragment.
 *
 * Nothing is kept of a datagram that is neither to a virtual service's address
 * (or mark, or network of a rule) nor from a real server's, nor of a
 * connection.
 */
#include "engine/engine.h"

/* Datagrams that end in one call of lvs_engine_tick. */
#define EXPIRE_BUDGET 64

/* D's fragments were in vain: they count under REASON. */
static void lose(struct lvs_engine *eng, struct lvs_datagram *d,
		 enum lvs_reason reason)
{
	eng->count.dropped[reason] += d->join.count;
	lvs_join_free(&d->join, eng->fragments.mem, &eng->fragments.bytes);
}

static void give_up(struct lvs_engine *eng, struct lvs_datagram *d,
		    enum lvs_reason reason)
{
	lose(eng, d, reason);
	lvs_fragments_del(&eng->fragments, d);
}

/* D's first fragment as it came; NULL: it is not here, or no memory. */
static struct lvs_parcel *first_of(const struct lvs_engine *eng,
				   const struct lvs_datagram *d)
{
	const unsigned char *ip;
	struct lvs_parcel *parcel;
	uint32_t len;

	ip = lvs_join_first(&d->join, &len);
	parcel = ip ? lvs_parcel_new(&eng->dir->mem, len) : NULL;
	if (!parcel)
		return NULL;
	memcpy(parcel->pkt.data, ip, len);
	parcel->pkt.len = len;
	parcel->pkt.tailroom -= len;
	lvs_came_put(&d->came, &parcel->pkt);
	return parcel;
}

/*
 * D has waited long enough.  Who sent it to a virtual service is told, if the
 * first fragment is here (RFC 1122 3.3.2, RFC 8200 4.5); of what has to go for
 * lack of room nobody is, which only a flood makes.
 */
static void time_out(struct lvs_engine *eng, struct lvs_datagram *d)
{
	struct lvs_parcel *first = d->request ? first_of(eng, d) : NULL;
	struct lvs_parsed p;

	/* That one is counted as what becomes of its answer. */
	if (first)
		d->join.count--;
	give_up(eng, d, LVS_REASON_FRAG_TIMEOUT);
	if (!first)
		return;
	lvs_parse(&first->pkt, &p);
	lvs_engine_answer(eng, &first->pkt, &p, LVS_ICMP_PART, 0,
			  LVS_REASON_FRAG_TIMEOUT);
	lvs_engine_settle(eng, first);
}

/* D can't become whole: nothing of it is taken any more (RFC 5722). */
static void kill(struct lvs_engine *eng, struct lvs_datagram *d,
		 enum lvs_reason reason)
{
	lose(eng, d, reason);
	d->dead = (uint8_t)reason;
}

/* Whether a fragment without a known datagram may be for the engine at all. */
static bool may_be_ours(const struct lvs_engine *eng, const struct lvs_pkt *pkt,
			const struct lvs_parsed *p)
{
	struct lvs_addr to = { .family = p->flow.family, .ip = p->flow.dst };
	struct lvs_addr from = { .family = p->flow.family, .ip = p->flow.src };

	if (lvs_director_is_vip(eng->dir, &to) ||
	    lvs_director_real(eng->dir, &from, NULL))
		return true;
	if (!pkt->mark)
		return lvs_director_marks(eng->dir, &to, true);
	return lvs_director_service(eng->dir, p->flow.family, p->flow.protocol,
				    &p->flow.dst, 0, pkt->mark);
}

/* Whether the datagram with the first fragment P would be forwarded, or handed
 * to a host that may have been kept from that fragment. */
static bool is_ours(struct lvs_engine *eng, const struct lvs_pkt *pkt,
		    const struct lvs_parsed *p, const struct lvs_conn *conn,
		    enum lvs_direction dir)
{
	const struct lvs_action_pair *pair;
	const struct lvs_action *act;
	const struct lvs_dest *dest;

	if (!conn)
		return lvs_engine_service(eng, pkt, p) ||
		       lvs_engine_is_pinged(eng, p);
	dest = lvs_director_dest(eng->dir, conn->dest);
	if (!dest)
		return true;
	pair = lvs_engine_actions(eng, dest, conn);
	act = dir == LVS_REQUEST ? &pair->request : &pair->reply;
	return !(act->steps & (LVS_ACT_HOST | LVS_ACT_PASS)) ||
	       lvs_engine_hands(eng, pkt, act, conn);
}

/* D, the first fragment of which is PKT, is the engine's. */
static void take_over(struct lvs_datagram *d, const struct lvs_pkt *pkt,
		      const struct lvs_parsed *p, bool request)
{
	d->state = LVS_DATAGRAM_OURS;
	d->request = request;
	lvs_came_note(&d->came, pkt, p->l3);
}

/* D is the host's, which has all of its fragments that came so far. */
static void leave_to_host(struct lvs_engine *eng, struct lvs_datagram *d)
{
	d->state = LVS_DATAGRAM_HOST;
	d->seen = d->join.have;
	d->end = d->join.end;
	lvs_join_free(&d->join, eng->fragments.mem, &eng->fragments.bytes);
}

/* A fragment of D, the host's, goes by; with the last one D is forgotten. */
static void see_host(struct lvs_engine *eng, struct lvs_datagram *d,
		     const struct lvs_frag_info *info)
{
	d->seen += info->len;
	if (!info->more)
		d->end = info->at + info->len;
	if (d->end && d->seen >= d->end)
		lvs_fragments_del(&eng->fragments, d);
}

/* D, all of whose fragments are there, as a packet that came as its first. */
static void put_together(struct lvs_engine *eng, struct lvs_datagram *d)
{
	uint32_t len = lvs_join_len(&d->join);
	uint32_t max = LVS_PKT_MAX + (d->family == AF_INET6 ? LVS_IPV6_LEN : 0);
	struct lvs_parcel *parcel;

	parcel = len <= max ? lvs_parcel_new(&eng->dir->mem, len) : NULL;
	if (!parcel) {
		give_up(eng, d,
			len <= max ? LVS_REASON_NO_MEMORY
				   : LVS_REASON_FRAGMENT);
		return;
	}
	lvs_join_make(&d->join, &parcel->pkt, &parcel->how);
	parcel->how.id = d->id;
	lvs_came_put(&d->came, &parcel->pkt);
	lvs_fragments_del(&eng->fragments, d);
	lvs_parcels_put(&eng->whole, parcel);
}

/* Keep a copy of PKT for D, which is the engine's or may be. */
static void keep(struct lvs_engine *eng, struct lvs_pkt *pkt,
		 const struct lvs_parsed *p, struct lvs_datagram *d,
		 const struct lvs_frag_info *info)
{
	struct lvs_fragments *frags = &eng->fragments;
	enum lvs_reason reason = LVS_REASON_NONE;
	bool ours = d->state == LVS_DATAGRAM_OURS;

	switch (lvs_join_add(&d->join, frags->mem, pkt, p, info,
			     &frags->bytes)) {
	case LVS_JOIN_TAKEN:
		break;
	case LVS_JOIN_WHOLE:
		put_together(eng, d);
		break;
	case LVS_JOIN_TWICE:
		reason = LVS_REASON_FRAGMENT;
		break;
	case LVS_JOIN_NO_MEMORY:
		reason = LVS_REASON_NO_MEMORY;
		break;
	case LVS_JOIN_OVERLAP:
		kill(eng, d, reason = LVS_REASON_FRAG_OVERLAP);
		break;
	case LVS_JOIN_BAD:
		kill(eng, d, reason = LVS_REASON_FRAGMENT);
		break;
	case LVS_JOIN_MANY:
		kill(eng, d, reason = LVS_REASON_FRAG_LIMIT);
		break;
	}
	if (!ours)
		lvs_pkt_pass(pkt);
	else if (reason != LVS_REASON_NONE)
		lvs_pkt_drop(pkt, reason);
	else
		pkt->verdict = LVS_HELD;
	eng->count.held += pkt->verdict == LVS_HELD;
}

/* The datagram of P, an old or a new one; NULL: PKT has its verdict. */
static struct lvs_datagram *datagram_of(struct lvs_engine *eng,
					struct lvs_pkt *pkt,
					const struct lvs_parsed *p,
					const struct lvs_conn *conn)
{
	struct lvs_fragments *frags = &eng->fragments;
	struct lvs_datagram *d = lvs_fragments_find(frags, p);

	if (d && d->until <= eng->now) {
		time_out(eng, d);
		d = NULL;
	}
	if (d)
		return d;
	if (!conn && !may_be_ours(eng, pkt, p)) {
		lvs_pkt_pass(pkt);
		return NULL;
	}
	d = lvs_fragments_add(frags, p, eng->now);
	if (!d)
		lvs_pkt_drop(pkt, LVS_REASON_NO_MEMORY);
	return d;
}

void lvs_engine_piece(struct lvs_engine *eng, struct lvs_pkt *pkt,
		      const struct lvs_parsed *p, struct lvs_conn *conn,
		      enum lvs_direction dir)
{
	struct lvs_datagram *d = datagram_of(eng, pkt, p, conn);
	struct lvs_frag_info info;

	if (!d)
		return;
	lvs_frag_read(pkt, p, &info);
	if (p->first_fragment && d->state == LVS_DATAGRAM_OPEN) {
		if (is_ours(eng, pkt, p, conn, dir))
			take_over(d, pkt, p, !conn || dir == LVS_REQUEST);
		else
			leave_to_host(eng, d);
	}
	if (d->state == LVS_DATAGRAM_HOST) {
		lvs_pkt_pass(pkt);
		see_host(eng, d, &info);
	} else if (d->dead && d->state == LVS_DATAGRAM_OURS) {
		lvs_pkt_drop(pkt, d->dead);
	} else if (d->dead) {
		lvs_pkt_pass(pkt);
	} else {
		keep(eng, pkt, p, d, &info);
	}
	while (eng->fragments.bytes > LVS_FRAGMENTS_BYTES)
		give_up(eng, lvs_fragments_oldest(&eng->fragments),
			LVS_REASON_FRAG_LIMIT);
}

bool lvs_engine_expire_pieces(struct lvs_engine *eng)
{
	struct lvs_datagram *d;

	for (int i = 0; i < EXPIRE_BUDGET; i++) {
		d = lvs_fragments_over(&eng->fragments, eng->now);
		if (!d)
			return false;
		time_out(eng, d);
	}
	return true;
}
