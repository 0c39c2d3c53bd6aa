/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * offload.c - segments put together again are what was cut; offload state
 * goes to the kernel's form and back.
 */
#include "config.h"

#include "check.h"
#include "pkt/encap.h"
#include "pkt/offload.h"
#include "unit/pkt/oracle.h"

#include <linux/virtio_net.h>
#include <stdlib.h>

#define GSO_UDP_L4 5 /* <linux/virtio_net.h> has it since 6.2 */
#define ID	   0x7fff
#define ALL_FLAGS  0xd9 /* CWR ECE ACK PSH FIN */

/* A GSO packet: TCP or UDP, in either family, with any outer header. */
struct super {
	const char *what;
	struct oracle_spec spec;
	int outer; /* family, or 0 */
	unsigned size;
	bool ecn;
};

#define SIX  .family = AF_INET6
#define FOUR .family = AF_INET
#define TCP  .protocol = IPPROTO_TCP, .flags = ALL_FLAGS
#define UDP  .protocol = IPPROTO_UDP

static const struct super supers[] = {
	{ "TCP", { FOUR, TCP, .link = 14, .payload = 5000 }, 0, 1448, false },
	{ "TCP, IPv6", { SIX, TCP, .link = 14, .payload = 5000 }, 0, 1428, 0 },
	{ "TCP, congestion reported once",
	  { FOUR, TCP, .link = 14, .payload = 5000 },
	  0,
	  1448,
	  true },
	{ "TCP, a full last segment",
	  { FOUR, TCP, .link = 14, .payload = 4000 },
	  0,
	  1000,
	  false },
	{ "TCP, a last segment of one byte",
	  { FOUR, TCP, .link = 14, .payload = 4001 },
	  0,
	  1000,
	  false },
	{ "TCP, one segment",
	  { FOUR, TCP, .link = 14, .payload = 40 },
	  0,
	  1000,
	  false },
	{ "TCP, no payload", { FOUR, TCP, .link = 14 }, 0, 1000, true },
	{ "TCP, one byte a segment", { FOUR, TCP, .payload = 7 }, 0, 1, false },
	{ "TCP, VLAN tag, IPv4 options",
	  { FOUR, TCP, .link = 18, .payload = 3000, .options = 8 },
	  0,
	  999,
	  true },
	{ "TCP, VLAN tag, extension header",
	  { SIX, TCP, .link = 18, .payload = 3000, .options = 16 },
	  0,
	  999,
	  true },
	{ "TCP, the longest",
	  { FOUR, TCP, .link = 14, .payload = 65495 },
	  0,
	  1448,
	  false },
	{ "TCP, the longest, IPv6",
	  { SIX, TCP, .link = 14, .payload = 65515 },
	  0,
	  1428,
	  false },
	{ "TCP, a padded frame",
	  { FOUR, TCP, .link = 14, .payload = 3, .padding = 9 },
	  0,
	  2,
	  false },
	{ "datagrams", { FOUR, UDP, .link = 14, .payload = 5000 }, 0, 1200, 0 },
	{ "datagrams, IPv6",
	  { SIX, UDP, .link = 14, .payload = 5000 },
	  0,
	  1200,
	  false },
	{ "TCP in IPv4 in IPv4",
	  { FOUR, TCP, .link = 14, .payload = 5000 },
	  AF_INET,
	  1428,
	  true },
	{ "TCP in IPv6 in IPv4",
	  { SIX, TCP, .link = 14, .payload = 5000 },
	  AF_INET,
	  1408,
	  true },
	{ "TCP in IPv4 in IPv6",
	  { FOUR, TCP, .link = 18, .payload = 5000 },
	  AF_INET6,
	  1408,
	  true },
	{ "TCP in IPv6 in IPv6",
	  { SIX, TCP, .payload = 5000 },
	  AF_INET6,
	  1388,
	  true },
	{ "datagrams in a tunnel",
	  { FOUR, UDP, .link = 14, .payload = 999 },
	  AF_INET,
	  100,
	  false },
	{ "longer than an outer header can say",
	  { FOUR, TCP, .link = 14, .payload = 65495 },
	  AF_INET,
	  1428,
	  false },
	{ "longer than an outer header can say, IPv6",
	  { SIX, TCP, .link = 14, .payload = 65515 },
	  AF_INET6,
	  1388,
	  false },
};

static struct lvs_pkt *super_pkt(const struct super *s, struct lvs_parsed *p)
{
	struct lvs_pkt *pkt = oracle_pkt(&s->spec);
	int six = oracle_index(s->outer);
	struct lvs_encap enc;

	pkt->off.gso = s->spec.protocol == IPPROTO_UDP ? LVS_GSO_UDP_L4
		       : s->spec.family == AF_INET     ? LVS_GSO_TCPV4
						       : LVS_GSO_TCPV6;
	pkt->off.gso_size = (uint16_t)s->size;
	pkt->off.flags = s->ecn ? LVS_OFF_ECN : 0;
	pkt->mark = 77;
	pkt->link_out = 5;
	lvs_parse(pkt, p);
	ck_assert_msg(p->kind == LVS_PKT_FLOW, "%s", s->what);
	pkt->off.flags |= LVS_OFF_CSUM;
	pkt->off.csum_start = p->l4;
	pkt->off.csum_offset = s->spec.protocol == IPPROTO_UDP ? 6 : 16;
	if (s->outer) {
		lvs_encap_init(&enc, (uint16_t)s->outer, &oracle_vip[six].ip,
			       &oracle_rs[six].ip, true);
		ck_assert_uint_eq(lvs_encap(pkt, p, &enc, ID), LVS_REASON_NONE);
	}
	return pkt;
}

/* The I-th of a packet's segments; LAST if there is none behind it. */
static void check_segment(const struct super *s, const struct lvs_pkt *seg,
			  size_t i, bool last, unsigned outer)
{
	const unsigned char *ip = seg->data + s->spec.link + outer;
	struct lvs_parsed p;
	struct lvs_pkt view;
	const char *wrong;
	unsigned flags = ALL_FLAGS;

	wrong = oracle_judge(seg->data + s->spec.link, seg->len - s->spec.link);
	ck_assert_msg(!wrong, "%s, segment %zu: %s", s->what, i, wrong);
	ck_assert_uint_eq(seg->mark, 77);
	ck_assert_uint_eq(seg->link_out, 5);
	ck_assert_uint_eq(seg->off.flags, 0);
	ck_assert_uint_eq(seg->off.gso, LVS_GSO_NONE);
	if (ip[0] >> 4 == 4)
		ck_assert_uint_eq(lvs_get16(ip + 4), 0x1234 + i);
	if (outer == 20 && lvs_get16(ip - 20 + 4))
		ck_assert_uint_eq(lvs_get16(ip - 20 + 4), ID + i);

	lvs_pkt_init(&view, seg->data + s->spec.link + outer,
		     seg->len - s->spec.link - outer, 0,
		     seg->len - s->spec.link - outer, 0);
	lvs_parse(&view, &p);
	ck_assert_uint_eq(p.kind, LVS_PKT_FLOW);
	if (s->spec.protocol != IPPROTO_TCP)
		return;
	ck_assert_uint_eq(lvs_get32(view.data + p.l4 + 4),
			  0x01080f16 + i * s->size);
	if (i && s->ecn)
		flags &= ~(unsigned)LVS_TCP_CWR;
	if (!last)
		flags &= ~(unsigned)(LVS_TCP_FIN | LVS_TCP_PSH);
	ck_assert_msg(p.tcp_flags == flags, "%s, segment %zu: flags %02x",
		      s->what, i, p.tcp_flags);
}

START_TEST(segments_make_up_the_packet)
{
	static unsigned char buf[70000], whole[70000];

	for (size_t n = 0; n < sizeof(supers) / sizeof(*supers); n++) {
		const struct super *s = &supers[n];
		unsigned outer = !s->outer ? 0 : s->outer == AF_INET ? 20 : 40;
		struct lvs_parsed p;
		struct lvs_pkt *pkt = super_pkt(s, &p), out;
		uint32_t at = 0, largest = 0, count = s->spec.payload / s->size;
		struct lvs_seg seg;
		size_t i = 0;

		if (s->spec.payload % s->size || !s->spec.payload)
			count++;
		memcpy(whole, pkt->data, pkt->len);
		ck_assert_msg(!lvs_seg_init(&seg, pkt), "%s", s->what);
		lvs_pkt_init(&out, buf, lvs_seg_bytes(&seg), 0, 0, 0);
		while (lvs_seg_next(&seg, &out)) {
			unsigned head = p.payload + outer;

			ck_assert_uint_eq(out.len + out.tailroom,
					  lvs_seg_bytes(&seg));
			check_segment(s, &out, i, i + 1 == count, outer);
			ck_assert_msg(!memcmp(out.data + head,
					      pkt->data + head + at,
					      out.len - head),
				      "%s, segment %zu: payload", s->what, i);
			at += out.len - head;
			if (out.len > largest)
				largest = out.len;
			i++;
		}
		ck_assert_msg(at == s->spec.payload && i == count,
			      "%s: %u bytes in %zu segments", s->what, at, i);
		ck_assert_uint_eq(largest, lvs_seg_bytes(&seg));
		ck_assert_uint_eq(largest,
				  lvs_seg_max_len(pkt, &p) + p.l3 + outer);
		ck_assert(!memcmp(whole, pkt->data, pkt->len));
		oracle_free(pkt);
	}
}
END_TEST

START_TEST(datagrams_without_checksum_stay_so)
{
	static unsigned char buf[2000];
	struct oracle_spec spec = { FOUR, UDP, .link = 14, .payload = 300,
				    .no_csum = true };
	struct lvs_pkt *pkt = oracle_pkt(&spec), out;
	struct lvs_seg seg;
	size_t count = 0;

	pkt->off.gso = LVS_GSO_UDP_L4;
	pkt->off.gso_size = 100;
	ck_assert_int_eq(lvs_seg_init(&seg, pkt), 0);
	lvs_pkt_init(&out, buf, sizeof(buf), 0, 0, 0);
	while (lvs_seg_next(&seg, &out)) {
		ck_assert_uint_eq(lvs_get16(out.data + 34 + 6), 0);
		ck_assert_uint_eq(lvs_get16(out.data + 34 + 4), 108);
		count++;
	}
	ck_assert_uint_eq(count, 3);
	oracle_free(pkt);
}
END_TEST

/* One of 65536 payloads has a sum whose checksum would be 0. */
START_TEST(no_datagram_loses_its_checksum)
{
	static unsigned char buf[100];
	struct oracle_spec spec = { FOUR, UDP, .payload = 4 };

	for (unsigned word = 0; word <= 0xffff; word++) {
		struct lvs_pkt *pkt = oracle_pkt(&spec), out;
		struct lvs_seg seg;

		lvs_store16(pkt->data + 28, (uint16_t)word);
		oracle_make_partial(pkt, 0, 20, IPPROTO_UDP);
		lvs_csum_complete(pkt);
		ck_assert_uint_ne(lvs_load16(pkt->data + 26), 0);
		pkt->off.gso = LVS_GSO_UDP_L4;
		pkt->off.gso_size = 2;
		ck_assert_int_eq(lvs_seg_init(&seg, pkt), 0);
		lvs_pkt_init(&out, buf, sizeof(buf), 0, 0, 0);
		ck_assert(lvs_seg_next(&seg, &out));
		ck_assert_uint_ne(lvs_load16(out.data + 26), 0);
		oracle_free(pkt);
	}
}
END_TEST

static const struct {
	const char *what;
	int protocol;
	struct lvs_offload off;
} not_gso[] = {
	{ "no GSO packet", IPPROTO_TCP, { 0 } },
	{ "another protocol",
	  IPPROTO_UDP,
	  { .gso = LVS_GSO_TCPV4, .gso_size = 10 } },
	{ "another family",
	  IPPROTO_TCP,
	  { .gso = LVS_GSO_TCPV6, .gso_size = 10 } },
	{ "no size", IPPROTO_TCP, { .gso = LVS_GSO_TCPV4 } },
	{ "an outer header that is none",
	  IPPROTO_TCP,
	  { .flags = LVS_OFF_ENCAP, .gso = LVS_GSO_TCPV4, .gso_size = 10 } },
	{ "a checksum before the header",
	  IPPROTO_TCP,
	  { .flags = LVS_OFF_CSUM,
	    .gso = LVS_GSO_TCPV4,
	    .gso_size = 10,
	    .csum_start = 3,
	    .csum_offset = 16 } },
};

START_TEST(what_cannot_be_cut)
{
	for (size_t i = 0; i < sizeof(not_gso) / sizeof(*not_gso); i++) {
		struct oracle_spec spec = { FOUR,
					    .protocol = not_gso[i].protocol,
					    .link = 14, .payload = 100 };
		struct lvs_pkt *pkt = oracle_pkt(&spec);
		struct lvs_seg seg;

		pkt->off = not_gso[i].off;
		ck_assert_msg(lvs_seg_init(&seg, pkt) == LVS_ERR_PROTO, "%s",
			      not_gso[i].what);
		oracle_free(pkt);
	}
}
END_TEST

START_TEST(checksums_of_every_packet)
{
	for (const struct oracle_spec *s = oracle_specs; s->what; s++) {
		struct lvs_pkt *pkt = oracle_pkt(s);
		struct lvs_parsed p;
		const char *wrong;

		lvs_parse(pkt, &p);
		if (p.kind == LVS_PKT_FLOW && !p.first_fragment &&
		    !s->padding) {
			oracle_make_partial(pkt, p.l3, p.l4, p.flow.protocol);
			lvs_csum_complete(pkt);
			wrong = oracle_judge(pkt->data + p.l3, p.l3_len);
			ck_assert_msg(!wrong, "%s: %s", s->what, wrong);
			ck_assert_uint_eq(pkt->off.flags, 0);
			lvs_csum_complete(pkt); /* done: nothing to do */
			ck_assert_pstr_eq(oracle_judge(pkt->data + p.l3,
						       p.l3_len),
					  NULL);
		}
		oracle_free(pkt);
	}
}
END_TEST

static const struct {
	const char *what;
	struct lvs_offload off;
	bool as_is, with_csum, with_gso; /* with_gso: both */
} fits[] = {
	{ "complete", { 0 }, true, true, true },
	{ "known to be right", { .flags = LVS_OFF_VALID }, true, true, true },
	{ "TCP to complete",
	  { .flags = LVS_OFF_CSUM, .csum_start = 34, .csum_offset = 16 },
	  false,
	  true,
	  true },
	{ "SCTP to complete",
	  { .flags = LVS_OFF_CSUM, .csum_start = 34, .csum_offset = 8 },
	  false,
	  false,
	  false },
	{ "to complete behind an outer header",
	  { .flags = LVS_OFF_CSUM | LVS_OFF_ENCAP,
	    .csum_start = 34,
	    .csum_offset = 16 },
	  false,
	  false,
	  false },
	{ "GSO",
	  { .flags = LVS_OFF_CSUM,
	    .gso = LVS_GSO_TCPV4,
	    .gso_size = 9,
	    .csum_start = 34,
	    .csum_offset = 16 },
	  false,
	  false,
	  true },
	{ "GSO with all checksums there",
	  { .gso = LVS_GSO_UDP_L4, .gso_size = 9 },
	  false,
	  false,
	  false },
	{ "GSO behind an outer header",
	  { .flags = LVS_OFF_CSUM | LVS_OFF_ENCAP,
	    .gso = LVS_GSO_TCPV4,
	    .gso_size = 9,
	    .csum_start = 34,
	    .csum_offset = 16 },
	  false,
	  false,
	  false },
};

START_TEST(what_an_interface_can_take)
{
	for (size_t i = 0; i < sizeof(fits) / sizeof(*fits); i++) {
		struct lvs_pkt pkt = { .len = 100, .off = fits[i].off };

		ck_assert_msg(lvs_offload_fits(&pkt, false, false) ==
				      fits[i].as_is,
			      "%s", fits[i].what);
		ck_assert_msg(lvs_offload_fits(&pkt, true, false) ==
				      fits[i].with_csum,
			      "%s", fits[i].what);
		ck_assert_msg(lvs_offload_fits(&pkt, true, true) ==
				      fits[i].with_gso,
			      "%s", fits[i].what);
	}
}
END_TEST

#define NEEDS VIRTIO_NET_HDR_F_NEEDS_CSUM

static const struct {
	const char *what;
	struct virtio_net_hdr vnet;
	int err;
	struct lvs_offload off;
} vnets[] = {
	{ "nothing", { 0 }, 0, { 0 } },
	{ "valid",
	  { .flags = VIRTIO_NET_HDR_F_DATA_VALID },
	  0,
	  { .flags = LVS_OFF_VALID } },
	{ "to complete",
	  { .flags = NEEDS, .csum_start = 34, .csum_offset = 16 },
	  0,
	  { .flags = LVS_OFF_CSUM, .csum_start = 34, .csum_offset = 16 } },
	{ "the last two bytes",
	  { .flags = NEEDS, .csum_start = 90, .csum_offset = 8 },
	  0,
	  { .flags = LVS_OFF_CSUM, .csum_start = 90, .csum_offset = 8 } },
	{ "a byte too far",
	  { .flags = NEEDS, .csum_start = 91, .csum_offset = 8 },
	  LVS_ERR_PROTO,
	  { 0 } },
	{ "far too far",
	  { .flags = NEEDS, .csum_start = 65535, .csum_offset = 65535 },
	  LVS_ERR_PROTO,
	  { 0 } },
	{ "TCP with ECN",
	  { .flags = NEEDS,
	    .csum_start = 34,
	    .csum_offset = 16,
	    .gso_type = VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN,
	    .gso_size = 1448 },
	  0,
	  { .flags = LVS_OFF_CSUM | LVS_OFF_ECN,
	    .csum_start = 34,
	    .csum_offset = 16,
	    .gso = LVS_GSO_TCPV4,
	    .gso_size = 1448 } },
	{ "TCP over IPv6",
	  { .gso_type = VIRTIO_NET_HDR_GSO_TCPV6, .gso_size = 1428 },
	  0,
	  { .gso = LVS_GSO_TCPV6, .gso_size = 1428 } },
	{ "datagrams",
	  { .gso_type = GSO_UDP_L4, .gso_size = 1200 },
	  0,
	  { .gso = LVS_GSO_UDP_L4, .gso_size = 1200 } },
	{ "no size",
	  { .gso_type = VIRTIO_NET_HDR_GSO_TCPV4 },
	  LVS_ERR_PROTO,
	  { 0 } },
	{ "UDP to be fragmented",
	  { .gso_type = VIRTIO_NET_HDR_GSO_UDP, .gso_size = 1480 },
	  LVS_ERR_NOTSUP,
	  { 0 } },
	{ "a kind yet to be invented",
	  { .gso_type = 0x60, .gso_size = 1480 },
	  LVS_ERR_NOTSUP,
	  { 0 } },
};

START_TEST(offload_state_from_the_kernel)
{
	for (size_t i = 0; i < sizeof(vnets) / sizeof(*vnets); i++) {
		struct lvs_offload off = { .flags = 0xee };
		int err = lvs_offload_from_vnet(&off, &vnets[i].vnet, 100);

		ck_assert_msg(err == vnets[i].err, "%s: %d", vnets[i].what,
			      err);
		if (err)
			ck_assert_uint_eq(off.flags, 0xee);
		else
			ck_assert_msg(!memcmp(&off, &vnets[i].off, sizeof(off)),
				      "%s", vnets[i].what);
	}
}
END_TEST

START_TEST(and_back_to_it)
{
	for (size_t n = 0; n < sizeof(supers) / sizeof(*supers); n++) {
		struct lvs_parsed p;
		struct lvs_pkt *pkt = super_pkt(&supers[n], &p);
		struct virtio_net_hdr vnet;
		struct lvs_offload off;

		if (lvs_offload_fits(pkt, true, true)) {
			lvs_offload_to_vnet(&vnet, pkt);
			ck_assert_uint_eq(vnet.hdr_len, p.payload);
			ck_assert_int_eq(lvs_offload_from_vnet(&off, &vnet,
							       pkt->len),
					 0);
			ck_assert(!memcmp(&off, &pkt->off, sizeof(off)));
		}
		oracle_free(pkt);
	}
}
END_TEST

START_TEST(a_complete_packet_needs_nothing_of_the_kernel)
{
	struct lvs_pkt pkt = { .off.flags = LVS_OFF_VALID };
	struct virtio_net_hdr vnet, none = { 0 };

	lvs_offload_to_vnet(&vnet, &pkt);
	ck_assert(!memcmp(&vnet, &none, sizeof(vnet)));
}
END_TEST

START_TEST(a_vlan_tag_goes_back_into_the_frame)
{
	struct oracle_spec tagged = { FOUR, UDP, .link = 18, .payload = 5 };
	struct oracle_spec bare = { FOUR, UDP, .link = 14, .payload = 5 };
	struct lvs_pkt *want = oracle_pkt(&tagged);
	struct lvs_pkt *pkt = oracle_pkt(&bare);
	uint32_t headroom = pkt->headroom;
	struct lvs_parsed p;

	ck_assert(lvs_vlan_push(pkt)); /* none to push */
	ck_assert_uint_eq(pkt->headroom, headroom);
	pkt->vlan = 42 | 1 << 12;
	pkt->headroom = 3;
	ck_assert(!lvs_vlan_push(pkt));
	pkt->headroom = headroom;
	pkt->l2_len = 0;
	ck_assert(!lvs_vlan_push(pkt));
	pkt->l2_len = 14;
	oracle_make_partial(pkt, 14, 34, IPPROTO_UDP);
	ck_assert(lvs_vlan_push(pkt));
	ck_assert_uint_eq(pkt->vlan, 0);
	ck_assert_uint_eq(pkt->headroom, headroom - 4);
	lvs_parse(pkt, &p);
	ck_assert_uint_eq(p.kind, LVS_PKT_FLOW);
	ck_assert_uint_eq(p.l3, 18);
	lvs_csum_complete(pkt);
	ck_assert_uint_eq(pkt->len, want->len);
	ck_assert(!memcmp(pkt->data, want->data, want->len));
	oracle_free(pkt);
	oracle_free(want);
}
END_TEST

LVS_TEST_MAIN("pkt/offload", segments_make_up_the_packet,
	      datagrams_without_checksum_stay_so,
	      no_datagram_loses_its_checksum, what_cannot_be_cut,
	      checksums_of_every_packet, what_an_interface_can_take,
	      offload_state_from_the_kernel, and_back_to_it,
	      a_complete_packet_needs_nothing_of_the_kernel,
	      a_vlan_tag_goes_back_into_the_frame)
