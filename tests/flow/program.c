/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program.c - what a program of lvs/fast.h does to a packet.
 */
#include "program.h"

#include "net.h"
#include <netinet/in.h>
#include <string.h>

#define ETH 14u

/* TCP flags. */
#define FIN 0x01
#define SYN 0x02
#define RST 0x04
#define ACK 0x10

/* What of a packet decides, and where its parts are. */
struct seen {
	unsigned char *ip, *l4;
	uint32_t len; /* of the IP packet */
	unsigned head;
	bool v6;
	struct lvs_fast_key key;
};

void program_open(struct program *prog, uint32_t buckets)
{
	size_t size = buckets * LVS_FAST_WAYS * sizeof(struct lvs_fast_flow);

	memset(prog, 0, sizeof(*prog));
	prog->table.state = &prog->state;
	prog->table.flows = aligned_alloc(64, size);
	need(prog->table.flows);
	memset(prog->table.flows, 0, size);
	prog->table.buckets = buckets;
}

void program_close(struct program *prog)
{
	free(prog->table.flows);
}

static unsigned get16(const unsigned char *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static void put16(unsigned char *at, unsigned value)
{
	at[0] = (unsigned char)(value >> 8);
	at[1] = (unsigned char)value;
}

/* ---- checksums (RFC 1624, 3) ---------------------------------------------
 */

static unsigned fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* Write LEN bytes of NOW at WAS, under the checksums FIRST and SECOND. */
static void write_summed(unsigned char *was, const void *now, unsigned len,
			 unsigned char *first, unsigned char *second)
{
	const unsigned char *bytes = now;
	unsigned char *fields[] = { first, second };

	for (unsigned f = 0; f < 2; f++) {
		uint32_t sum;

		if (!fields[f])
			continue;
		sum = ~get16(fields[f]) & 0xffff;
		for (unsigned i = 0; i < len; i += 2)
			sum += (~get16(was + i) & 0xffff) + get16(bytes + i);
		put16(fields[f], ~fold(sum) & 0xffff);
	}
	memcpy(was, bytes, len);
}

static unsigned header_sum(const unsigned char *ip)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < 20; i += 2)
		sum += get16(ip + i);
	return fold(sum);
}

/* ---- reading -------------------------------------------------------------
 */

static bool see_v4(struct seen *s, uint32_t room)
{
	const unsigned char *ip = s->ip;

	if (room < 20 || ip[0] != 0x45 || header_sum(ip) != 0xffff ||
	    get16(ip + 6) & 0x3fff || ip[8] <= 1)
		return false;
	s->len = get16(ip + 2);
	s->head = 20;
	s->key.family = AF_INET;
	s->key.protocol = ip[9];
	memcpy(s->key.src_be, ip + 12, 4);
	memcpy(s->key.dst_be, ip + 16, 4);
	return s->len <= room;
}

static bool see_v6(struct seen *s, uint32_t room)
{
	const unsigned char *ip = s->ip;

	if (room < 40 || ip[0] >> 4 != 6 || ip[7] <= 1)
		return false;
	s->len = 40 + get16(ip + 4);
	s->head = 40;
	s->v6 = true;
	s->key.family = AF_INET6;
	s->key.protocol = ip[6];
	memcpy(s->key.src_be, ip + 8, 16);
	memcpy(s->key.dst_be, ip + 24, 16);
	return s->len <= room;
}

static bool see_tcp(const unsigned char *l4, uint32_t len)
{
	return len >= 20 && l4[12] >> 4 >= 5 && l4[12] / 16u * 4 <= len &&
	       (l4[13] & (FIN | SYN | RST | ACK)) == ACK;
}

static bool see_udp(const unsigned char *l4, uint32_t len)
{
	return len >= 8 && get16(l4 + 4) >= 8 && get16(l4 + 4) <= len;
}

/* False: a packet that only the engine understands. */
static bool see(const struct lvs_pkt *pkt, struct seen *s)
{
	uint32_t len;
	unsigned type;

	memset(s, 0, sizeof(*s));
	if (!pkt->to_host || pkt->l2_len != ETH || pkt->vlan ||
	    pkt->len < ETH || pkt->off.flags & (LVS_OFF_CSUM | LVS_OFF_ENCAP) ||
	    pkt->off.gso)
		return false;
	s->ip = pkt->data + ETH;
	type = get16(s->ip - 2);
	if (type == 0x0800 ? !see_v4(s, pkt->len - ETH)
			   : type != 0x86dd || !see_v6(s, pkt->len - ETH))
		return false;
	if (s->len < s->head + 8)
		return false;
	s->l4 = s->ip + s->head;
	len = s->len - s->head;
	memcpy(&s->key.sport_be, s->l4, 2);
	memcpy(&s->key.dport_be, s->l4 + 2, 2);
	if (s->key.protocol == IPPROTO_TCP)
		return see_tcp(s->l4, len);
	return s->key.protocol == IPPROTO_UDP && see_udp(s->l4, len);
}

/* ---- the table -----------------------------------------------------------
 */

/* PLACE as it is between two looks at its version; false: it is no flow. */
static bool copy_flow(const struct lvs_fast_flow *place,
		      struct lvs_fast_flow *flow)
{
	typedef uint64_t __attribute__((may_alias)) word;
	const word *from = (const word *)(const void *)place;
	word *to = (word *)(void *)flow;
	uint32_t version = __atomic_load_n(&place->version, __ATOMIC_ACQUIRE);

	if (!version || version & 1)
		return false;
	/* What is the engine's own it writes at any time. */
	for (unsigned i = 0;
	     i < offsetof(struct lvs_fast_flow, owner) / sizeof(word); i++)
		to[i] = __atomic_load_n(&from[i], __ATOMIC_ACQUIRE);
	return __atomic_load_n(&place->version, __ATOMIC_RELAXED) == version;
}

static bool is_good(const struct program *prog,
		    const struct lvs_fast_flow *flow)
{
	return flow->generation ==
	       __atomic_load_n(&prog->state.generation, __ATOMIC_ACQUIRE);
}

/* The flow of KEY into FLOW, and where it stands; NULL: it is not there. */
static struct lvs_fast_flow *find(const struct program *prog,
				  const struct lvs_fast_key *key,
				  struct lvs_fast_flow *flow)
{
	uint32_t hash = lvs_fast_hash(key, prog->state.seed);
	uint32_t bucket = hash & (prog->table.buckets - 1);
	struct lvs_fast_flow *place =
		&prog->table.flows[(size_t)bucket * LVS_FAST_WAYS];

	for (unsigned i = 0; i < LVS_FAST_WAYS; i++, place++)
		if (copy_flow(place, flow) && is_good(prog, flow) &&
		    memcmp(&flow->key, key, sizeof(*key)) == 0)
			return place;
	return NULL;
}

uint32_t program_flows(const struct program *prog)
{
	size_t places = (size_t)prog->table.buckets * LVS_FAST_WAYS;
	struct lvs_fast_flow flow;
	uint32_t count = 0;

	for (size_t i = 0; i < places; i++)
		count += copy_flow(&prog->table.flows[i], &flow) &&
			 is_good(prog, &flow);
	return count;
}

/* ---- writing -------------------------------------------------------------
 */

static void take_ttl(const struct seen *s)
{
	unsigned char word[2] = { s->ip[8], s->ip[9] };

	if (s->v6) {
		s->ip[7]--;
		return;
	}
	word[0]--;
	write_summed(s->ip + 8, word, 2, s->ip + 10, NULL);
}

static void rewrite(const struct seen *s, const struct lvs_fast_flow *flow)
{
	bool source = flow->steps & LVS_FAST_SRC;
	bool udp = s->key.protocol == IPPROTO_UDP;
	unsigned char *sum = s->l4 + (udp ? 6 : 16);
	unsigned char *addr =
		s->ip + (s->v6 ? 24 : 16) - (source ? s->v6 ? 16 : 4 : 0);

	write_summed(addr, flow->addr_be, s->v6 ? 16 : 4,
		     s->v6 ? NULL : s->ip + 10, sum);
	write_summed(s->l4 + (source ? 0 : 2), &flow->port_be, 2, sum, NULL);
	if (udp && !get16(sum))
		put16(sum, 0xffff);
}

static void fill_outer(struct program *prog, unsigned char *outer,
		       const struct seen *s, const struct lvs_fast_flow *flow)
{
	bool df = flow->steps & LVS_FAST_DF && s->ip[6] & 0x40;
	unsigned tos = s->v6 ? get16(s->ip) >> 4 & 0xff : s->ip[1];
	unsigned ttl = s->v6 ? s->ip[7] : s->ip[8];

	if ((tos & 3) == 3)
		tos = (tos & 0xfc) | 2;
	memcpy(outer, flow->outer, flow->outer_len);
	if (flow->outer_family == AF_INET6) {
		outer[0] = (unsigned char)(outer[0] | tos >> 4);
		outer[1] = (unsigned char)(outer[1] | (tos & 15) << 4);
		put16(outer + 4, s->len);
		outer[7] = (unsigned char)ttl;
		return;
	}
	outer[1] = (unsigned char)tos;
	put16(outer + 2, s->len + 20);
	put16(outer + 4, df ? 0 : prog->outer_id);
	put16(outer + 6, df ? 0x4000 : 0);
	outer[8] = (unsigned char)ttl;
	put16(outer + 10, ~header_sum(outer) & 0xffff);
}

/* In front of the packet, of which padding goes. */
static void put_outer(struct program *prog, struct lvs_pkt *pkt,
		      const struct seen *s, const struct lvs_fast_flow *flow)
{
	uint32_t more = flow->outer_len;

	need(pkt->headroom >= more);
	fill_outer(prog, s->ip - more, s, flow);
	pkt->tailroom += pkt->len - ETH - s->len;
	pkt->len = ETH + s->len + more;
	pkt->data -= more;
	pkt->headroom -= more;
}

static void count(struct lvs_fast_flow *place, uint32_t bytes, uint64_t now)
{
	__atomic_fetch_add(&place->packets, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&place->bytes, bytes, __ATOMIC_RELAXED);
	__atomic_store_n(&place->used, now, __ATOMIC_RELAXED);
}

bool program_forward(struct program *prog, struct lvs_pkt *pkt, uint64_t now)
{
	struct lvs_fast_flow flow, *place;
	struct seen s;

	if (!see(pkt, &s))
		return false;
	place = find(prog, &s.key, &flow);
	if (!place || s.len > flow.mtu)
		return false;
	if (s.key.protocol == IPPROTO_UDP && !get16(s.l4 + 6) &&
	    flow.steps & (LVS_FAST_SRC | LVS_FAST_DST))
		return false;
	if (flow.steps & (LVS_FAST_SRC | LVS_FAST_DST))
		rewrite(&s, &flow);
	take_ttl(&s);
	if (flow.steps & LVS_FAST_OUTER)
		put_outer(prog, pkt, &s, &flow);
	memcpy(pkt->data, flow.l2, ETH);
	pkt->link_out = flow.link;
	pkt->verdict = LVS_SEND;
	count(place, s.len, now);
	prog->forwarded++;
	return true;
}
